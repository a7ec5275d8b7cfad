//! Who may ask: proofs, tokens, keys.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::api::{
    AccountResponse, EnrolmentRequest, EnrolmentResponse, JwksResponse, KeySetResponse, TokenRequest,
    TrialBalanceResponse,
};
use farthing_protocol::{Digest, DpopProof, KeySet, ProblemKind, SigningKey, Statement};
use secrecy::ExposeSecret;

use crate::device::{self, ADDRESS, Device, World, send};

#[tokio::test]
async fn a_key_is_enrolled_once() {
    let mut world = World::new();
    let mut device = world.device();
    let request = EnrolmentRequest { publishable_key: world.gateway.publishable_key().to_owned(), token: None };
    let first: EnrolmentResponse = device.post("/v1/enrolments", &request).await.json();
    world.restart().await;
    device.router = world.gateway.router();
    let again: EnrolmentResponse = device.post("/v1/enrolments", &request).await.json();
    assert_eq!((first.device, first.account, first.epoch), (again.device, again.account, again.epoch));
    let keys = KeySet::verify(&again.key_set, world.gateway.root_key()).unwrap();
    let statement = keys.open::<Statement>(&again.statement).unwrap().document;
    assert_eq!((statement.device, statement.journal.seq), (first.device, 0));
    let other: EnrolmentResponse = world.device().post("/v1/enrolments", &request).await.json();
    assert_ne!((other.device, other.account), (first.device, first.account));
}

#[tokio::test]
async fn an_unknown_publishable_key_enrols_nobody() {
    let world = World::new();
    let request = EnrolmentRequest { publishable_key: "pk_test_other".into(), token: None };
    assert_eq!(world.device().post("/v1/enrolments", &request).await.kind(), ProblemKind::EnrolmentRejected);
}

/// Asks for the account with a proof that was spoiled.
async fn ask(device: &Device, spoil: impl FnOnce(&mut DpopProof)) -> device::Answer {
    let mut proof = device.proof(&Method::GET, "/v1/account", device.token.as_deref());
    spoil(&mut proof);
    send(&device.router, device.request(&Method::GET, "/v1/account", &proof, None)).await
}

#[tokio::test]
async fn a_proof_is_good_for_one_request_only() {
    let world = World::new();
    let device = world.enrolled().await;
    assert_eq!(ask(&device, |_| {}).await.status, StatusCode::OK);
    let answer = ask(&device, |proof| proof.htm = "POST".into()).await;
    assert_eq!(answer.kind(), ProblemKind::Unauthorised);
    assert!(answer.headers["www-authenticate"].to_str().unwrap().contains("invalid_dpop_proof"));
    for htu in [
        format!("{ADDRESS}/v1/cards"),
        "http://other.test:8080/v1/account".to_owned(),
        "http://gateway.test/v1/account".to_owned(),
        "ftp://gateway.test:8080/v1/account".to_owned(),
        "/v1/account".to_owned(),
        String::new(),
    ] {
        let answer = ask(&device, |proof| proof.htu = htu.clone()).await;
        assert_eq!(answer.kind(), ProblemKind::Unauthorised, "{htu}");
    }
    for ath in [None, Some(Digest::of(b"another token"))] {
        assert_eq!(ask(&device, |proof| proof.ath = ath).await.kind(), ProblemKind::Unauthorised);
    }
}

#[tokio::test]
async fn a_proof_can_not_be_replayed() {
    let world = World::new();
    let device = world.enrolled().await;
    let proof = device.proof(&Method::GET, "/v1/account", device.token.as_deref());
    let request = || device.request(&Method::GET, "/v1/account", &proof, None);
    assert_eq!(send(&device.router, request()).await.status, StatusCode::OK);
    assert_eq!(send(&device.router, request()).await.kind(), ProblemKind::Unauthorised);
    // While its nonce is good, the proof is remembered; then the nonce is not.
    let later = world.clock.clock().now().as_millisecond() + 150_000;
    world.clock.set(farthing_protocol::Timestamp::from_millisecond(later).unwrap());
    assert_eq!(send(&device.router, request()).await.kind(), ProblemKind::Unauthorised);
    world.pass_days(1);
    assert_eq!(send(&device.router, request()).await.kind(), ProblemKind::DpopNonceRequired);
}

#[tokio::test]
async fn a_proof_needs_a_nonce_of_these_minutes() {
    let world = World::new();
    let device = world.enrolled().await;
    for nonce in [None, Some("guessed".to_owned()), Some(String::new())] {
        let answer = ask(&device, |proof| proof.nonce = nonce.clone()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.kind(), ProblemKind::DpopNonceRequired);
        assert!(answer.headers["www-authenticate"].to_str().unwrap().contains(r#"error="use_dpop_nonce""#));
        let nonce = answer.headers["dpop-nonce"].to_str().unwrap().to_owned();
        assert_eq!(ask(&device, |proof| proof.nonce = Some(nonce)).await.status, StatusCode::OK);
    }
    world.pass_days(1);
    assert_eq!(ask(&device, |_| {}).await.kind(), ProblemKind::DpopNonceRequired);
}

#[tokio::test]
async fn a_stolen_token_is_of_no_use_without_the_key() {
    let world = World::new();
    let device = world.enrolled().await;
    let mut thief = world.device();
    (thief.token, thief.nonce) = (device.token.clone(), device.nonce.clone());
    let answer = ask(&thief, |_| {}).await;
    assert_eq!(answer.kind(), ProblemKind::Unauthorised);
    assert!(answer.headers["www-authenticate"].to_str().unwrap().contains(r#"error="invalid_token""#));
    // Nor does the device's name get it another.
    let request = TokenRequest { device: device.enrolment.as_ref().unwrap().device };
    thief.token = None;
    assert_eq!(thief.post("/v1/token", &request).await.kind(), ProblemKind::Unauthorised);
}

#[tokio::test]
async fn a_token_ends_after_an_hour() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let later = world.clock.clock().now().as_millisecond() + 3_600_000;
    world.clock.set(farthing_protocol::Timestamp::from_millisecond(later).unwrap());
    assert_eq!(device.get("/v1/account").await.kind(), ProblemKind::Unauthorised);
    device.renew_token().await;
    assert!(device.get("/v1/account").await.status.is_success());
}

#[tokio::test]
async fn a_token_survives_a_restart() {
    let mut world = World::new();
    let mut device = world.enrolled().await;
    world.restart().await;
    device.router = world.gateway.router();
    assert!(device.get("/v1/account").await.status.is_success());
}

#[tokio::test]
async fn a_token_of_another_gateway_or_none_is_refused() {
    let (world, elsewhere) = (World::new(), World::new());
    let mut device = world.enrolled().await;
    device.token = elsewhere.enrolled().await.token;
    assert_eq!(ask(&device, |_| {}).await.kind(), ProblemKind::Unauthorised);
    for token in [None, Some("a.b.c".to_owned()), Some(String::new())] {
        device.token = token;
        assert_eq!(device.get("/v1/account").await.kind(), ProblemKind::Unauthorised);
    }
}

#[tokio::test]
async fn what_is_no_proof_is_refused() {
    let world = World::new();
    let router = world.gateway.router();
    let long = "a".repeat(5_000);
    for proof in ["", "a", "a.b.c", long.as_str()] {
        let request = Request::builder().uri(format!("{ADDRESS}/v1/account")).header("DPoP", proof);
        let request = request.header("Authorization", "DPoP a.b.c").body(Body::empty()).unwrap();
        assert_eq!(send(&router, request).await.kind(), ProblemKind::Unauthorised, "{proof}");
    }
    // Signed by another key than it carries.
    let device = world.enrolled().await;
    let proof = device.proof(&Method::GET, "/v1/account", device.token.as_deref());
    let other = SigningKey::generate().unwrap().0;
    let forged = proof.unsigned(device.key.public_key()).unwrap().sign(&other).unwrap();
    let mut request = device.request(&Method::GET, "/v1/account", &proof, None);
    request.headers_mut().insert("dpop", forged.parse().unwrap());
    assert_eq!(send(&router, request).await.kind(), ProblemKind::Unauthorised);
    // Two at once.
    let mut request = device.request(&Method::GET, "/v1/account", &proof, None);
    request.headers_mut().append("dpop", device.sign_proof(&proof).parse().unwrap());
    assert_eq!(send(&router, request).await.kind(), ProblemKind::Unauthorised);
}

#[tokio::test]
async fn behind_a_proxy_proofs_are_for_the_public_address() {
    let mut world = World::new();
    let path = world.folder.path().join("gateway.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let public =
        settings.replace("# public_url = \"https://gateway.example\"", "public_url = \"https://pay.test/farthing/\"");
    std::fs::write(path, public).unwrap();
    world.restart().await;
    assert_eq!(world.gateway.issuer(), "https://pay.test/farthing");
    let device = world.device();
    let request = EnrolmentRequest { publishable_key: world.gateway.publishable_key().to_owned(), token: None };
    let body = serde_json::to_vec(&request).unwrap();
    let enrol = async |address: &str, nonce: Option<String>| {
        let mut proof = device.proof(&Method::POST, "/v1/enrolments", None);
        (proof.htu, proof.nonce) = (format!("{address}/v1/enrolments"), nonce);
        send(&device.router, device.request(&Method::POST, "/v1/enrolments", &proof, Some(body.clone()))).await
    };
    let nonce = enrol("https://pay.test/farthing", None).await.headers["dpop-nonce"].to_str().unwrap().to_owned();
    assert!(enrol("https://pay.test/farthing", Some(nonce.clone())).await.status.is_success());
    assert_eq!(enrol(ADDRESS, Some(nonce)).await.kind(), ProblemKind::Unauthorised);
}

#[tokio::test]
async fn the_trial_balance_is_for_the_secret_key_only() {
    let world = World::new();
    let ask = async |authorisation: Option<&str>| {
        let mut request = Request::builder().uri("/v1/ledger/trial-balance");
        if let Some(authorisation) = authorisation {
            request = request.header("Authorization", authorisation);
        }
        send(&world.gateway.router(), request.body(Body::empty()).unwrap()).await
    };
    let secret = world.gateway.secret_key().expose_secret().to_owned();
    let good = ask(Some(&format!("Bearer {secret}"))).await;
    assert!(good.json::<TrialBalanceResponse>().totals.is_empty());
    let publishable = format!("Bearer {}", world.gateway.publishable_key());
    for bad in [None, Some("Bearer "), Some("Bearer sk_test_other"), Some(secret.as_str()), Some(&publishable)] {
        let answer = ask(bad).await;
        assert_eq!(answer.kind(), ProblemKind::Unauthorised);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn anyone_may_have_the_keys() {
    let world = World::new();
    let get = async |path: &str| send(&world.gateway.router(), Request::get(path).body(Body::empty()).unwrap()).await;
    let keys: KeySetResponse = get("/v1/keys").await.json();
    let keys = KeySet::verify(&keys.key_set, world.gateway.root_key()).unwrap();
    let jwks: JwksResponse = get("/.well-known/jwks.json").await.json();
    assert_eq!(jwks.keys[0].key, keys.keys[0]);
    assert_eq!(jwks.keys[0].kid, keys.keys[0].thumbprint().to_string());
    assert_eq!((jwks.keys[0].alg.as_str(), jwks.keys[0].purpose.as_str()), ("ES256", "sig"));
    let mut device = world.enrolled().await;
    let account: AccountResponse = device.get("/v1/account").await.json();
    assert!(keys.open::<Statement>(&account.statement).is_ok());
}

#[tokio::test]
async fn a_body_or_a_key_that_was_changed_on_its_way_is_refused() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let body = |amount: &str| format!(r#"{{"needed":{{"amount":"{amount}","currency":"USD"}}}}"#).into_bytes();
    device.get("/v1/account").await;
    for (key, sent, expected) in [
        ("a", body("1.00"), StatusCode::OK),
        ("a", body("7.00"), StatusCode::UNAUTHORIZED),
        ("b", body("1.00"), StatusCode::UNAUTHORIZED),
    ] {
        let mut proof = device.proof(&Method::POST, "/v1/allowances", device.token.as_deref());
        proof.content = Some(DpopProof::content_of(&body("1.00"), b"a"));
        let mut request = device.request(&Method::POST, "/v1/allowances", &proof, Some(sent));
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        assert_eq!(send(&device.router, request).await.status, expected);
    }
}
