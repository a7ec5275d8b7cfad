//! Who asks, and what is signed.

use bytes::Bytes;
use farthing_protocol::api::{CatalogResponse, EnrolmentRequest, EnrolmentResponse, JwksResponse, KeySetResponse};
use farthing_protocol::{Catalog, KeySet, Problem, ProblemKind};
use farthing_threats::raw::{Answer, Courier, json, read};
use http::{Method, Request, StatusCode};

use crate::Target;

/// The problem that an answer is.
pub(super) fn problem(answer: &Answer) -> Problem {
    let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(content_type.starts_with("application/problem+json"), "{} with {content_type}", answer.status());
    let problem: Problem = serde_json::from_slice(answer.body()).expect("a problem is JSON");
    assert_eq!(problem.status, answer.status().as_u16(), "the status in the problem is that of the answer");
    problem
}

pub(super) fn refused(answer: &Answer, kind: ProblemKind) {
    assert_eq!(problem(answer).kind, kind);
}

/// A request with nothing but its path.
async fn plain(target: &Target, method: Method, path: &str, body: Option<(&str, Bytes)>) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("{}{path}", target.address));
    if let Some((media_type, _)) = &body {
        request = request.header("content-type", *media_type);
    }
    let request = request.body(body.map(|(_, bytes)| bytes).unwrap_or_default()).unwrap();
    target.transport.send(request).await.expect("the gateway answers")
}

pub(super) async fn keys(target: Target) {
    let device = target.device().await;
    let root = KeySet::trust_on_first_use(&device.enrolment.key_set).unwrap().root.thumbprint();
    let told: KeySetResponse = read(&plain(&target, Method::GET, "/v1/keys", None).await);
    let keys = KeySet::verify(&told.key_set, root).expect("the key set is signed by the root key");
    let jwks: JwksResponse = read(&plain(&target, Method::GET, "/.well-known/jwks.json", None).await);
    for key in &keys.keys {
        let name = key.thumbprint().to_string();
        let known =
            jwks.keys.iter().find(|known| known.kid == name).expect("each key is in the JWKS by its thumbprint");
        assert_eq!((known.key, known.alg.as_str(), known.purpose.as_str()), (*key, "ES256", "sig"));
    }
}

pub(super) async fn catalog(target: Target) {
    let mut device = target.device().await;
    let answer = device.get("/v1/catalog").await.unwrap();
    let tag = answer.headers().get("etag").expect("the catalog has a tag").to_str().unwrap().to_owned();
    let catalog: Catalog = device.open(&read::<CatalogResponse>(&answer).catalog);
    catalog.check().expect("the catalog can be sold from");
    assert!(catalog.issued_at < catalog.expires_at);
    let token = device.token.clone();
    let mut request = device.courier.request(Method::GET, "/v1/catalog", token.as_deref(), None);
    request.headers_mut().insert("if-none-match", tag.parse().unwrap());
    assert_eq!(target.transport.send(request).await.unwrap().status(), StatusCode::NOT_MODIFIED);
}

pub(super) async fn enrolment(target: Target) {
    let mut device = target.device().await;
    let request = json(&EnrolmentRequest { publishable_key: target.publishable_key.clone(), token: None });
    let again = device.courier.exchange(Method::POST, "/v1/enrolments", None, Some(&request)).await.unwrap();
    let again: EnrolmentResponse = read(&again);
    assert_eq!((again.device, again.account), (device.enrolment.device, device.enrolment.account));
    assert_ne!(target.device().await.enrolment.device, again.device, "another key is another device");
}

pub(super) async fn unknown_key(target: Target) {
    let mut courier = Courier::new(target.transport.clone(), &target.address);
    let request = json(&EnrolmentRequest { publishable_key: "pk_test_that_nobody_has".into(), token: None });
    let answer = courier.exchange(Method::POST, "/v1/enrolments", None, Some(&request)).await.unwrap();
    refused(&answer, ProblemKind::EnrolmentRejected);
}

pub(super) async fn no_proof(target: Target) {
    let courier = Courier::new(target.transport.clone(), &target.address);
    let request = json(&EnrolmentRequest { publishable_key: target.publishable_key.clone(), token: None });
    let bare = plain(&target, Method::POST, "/v1/enrolments", Some(("application/json", request.clone()))).await;
    refused(&bare, ProblemKind::Unauthorised);
    let first = courier.request(Method::POST, "/v1/enrolments", None, Some(&request));
    let answer = target.transport.send(first).await.unwrap();
    refused(&answer, ProblemKind::DpopNonceRequired);
    assert!(answer.headers().contains_key("dpop-nonce"), "the answer has the nonce");
    let challenge = answer.headers().get("www-authenticate").expect("the answer says how to authorise");
    assert!(challenge.to_str().unwrap().contains("use_dpop_nonce"), "{challenge:?} (RFC 9449, section 8)");
}

pub(super) async fn replayed_proof(target: Target) {
    let device = target.device().await;
    let request = device.courier.request(Method::GET, "/v1/account", device.token.as_deref(), None);
    assert_eq!(target.transport.send(request.clone()).await.unwrap().status(), StatusCode::OK);
    refused(&target.transport.send(request).await.unwrap(), ProblemKind::Unauthorised);
}

pub(super) async fn other_request(target: Target) {
    let device = target.device().await;
    let mut other_path = device.courier.request(Method::GET, "/v1/account", device.token.as_deref(), None);
    *other_path.uri_mut() = format!("{}/v1/cards", target.address).parse().unwrap();
    refused(&target.transport.send(other_path).await.unwrap(), ProblemKind::Unauthorised);
    let mut other_method = device.courier.request(Method::GET, "/v1/cards", device.token.as_deref(), None);
    *other_method.method_mut() = Method::POST;
    refused(&target.transport.send(other_method).await.unwrap(), ProblemKind::Unauthorised);
}

pub(super) async fn stolen_token(target: Target) {
    let (victim, mut thief) = (target.device().await, target.device().await);
    thief.token = victim.token;
    refused(&thief.get("/v1/account").await.unwrap(), ProblemKind::Unauthorised);
}

pub(super) async fn problems(target: Target) {
    refused(&plain(&target, Method::GET, "/v1/nowhere", None).await, ProblemKind::NotFound);
    refused(&plain(&target, Method::DELETE, "/v1/keys", None).await, ProblemKind::MethodNotAllowed);
    let mut device = target.device().await;
    for body in ["", "[]", "{", "{\"card\": 1}", "\"text\""] {
        let answer = device.post_bytes("/v1/cards", &Bytes::copy_from_slice(body.as_bytes())).await.unwrap();
        refused(&answer, ProblemKind::InvalidRequest);
    }
    let token = device.token.clone();
    let mut request = device.courier.request(Method::POST, "/v1/cards", token.as_deref(), Some(&Bytes::from("{}")));
    request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    refused(&target.transport.send(request).await.unwrap(), ProblemKind::UnsupportedMediaType);
}
