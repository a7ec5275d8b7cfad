//! What an operator is promised of limits: whoever asks too often waits, and nobody else does.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::{ProblemKind, Timestamp};
use secrecy::ExposeSecret;

use crate::device::{ADDRESS, Answer, World, send};

/// A gateway that lets in few.
async fn strict(limits: &str) -> World {
    let mut world = World::new();
    let path = world.folder.path().join("gateway.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let (others, _) = settings.split_once("[limits]").unwrap();
    std::fs::write(path, format!("{others}[limits]\n{limits}")).unwrap();
    world.restart().await;
    world
}

fn pass_seconds(world: &World, seconds: i64) {
    let now = world.clock.clock().now().as_millisecond() + seconds * 1_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

/// Seconds that a refusal asks for.
fn wait(answer: &Answer) -> i64 {
    assert_eq!((answer.status, answer.kind()), (StatusCode::TOO_MANY_REQUESTS, ProblemKind::TooManyRequests));
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

async fn figures(world: &World) -> String {
    let key = world.gateway.secret_key().expose_secret();
    let request = Request::get(format!("{ADDRESS}/metrics")).header("Authorization", format!("Bearer {key}"));
    send(&world.gateway.router(), request.body(Default::default()).unwrap()).await.text()
}

#[tokio::test]
async fn a_device_that_asks_too_often_waits_and_goes_on_and_others_do_not_wait() {
    let world = strict("device = { per_minute = 30, burst = 12 }\n").await;
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let refused = loop {
        let answer = device.get("/v1/account").await;
        if !answer.status.is_success() {
            break answer;
        }
    };
    assert_eq!(wait(&refused), 2);
    let before = world.ledger("user_reserved").await;
    assert_eq!(wait(&device.try_upload(&bought).await), 2, "whatever it asks for");
    assert_eq!(world.ledger("user_reserved").await, before);
    let mut other = world.funded("5.00").await;
    let of_other = [other.buy()];
    other.upload(&of_other).await;

    // Somebody who has its token and not its key uses up nothing of it.
    let mut thief = world.device();
    (thief.token, thief.nonce) = (device.token.clone(), device.nonce.clone());
    pass_seconds(&world, 2);
    for _ in 0..5 {
        assert_eq!(thief.get("/v1/account").await.kind(), ProblemKind::Unauthorised);
    }
    assert_eq!(device.upload(&bought).await.receipts.len(), 1);
    assert_eq!(wait(&device.get("/v1/account").await), 2);
    let text = figures(&world).await;
    assert!(text.contains("farthing_requests_limited_total{caller=\"device\"} 3"), "{text}");
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_merchant_waits_for_itself_and_not_for_who_guesses_its_key() {
    let world = strict("merchant = { per_minute = 60, burst = 3 }\n").await;
    let ask = async |key: &str| {
        let request = Request::get(format!("{ADDRESS}/v1/ledger/trial-balance"));
        let request = request.header("Authorization", format!("Bearer {key}"));
        send(&world.gateway.router(), request.body(Default::default()).unwrap()).await
    };
    for _ in 0..10 {
        assert_eq!(ask("sk_test_guessed").await.status, StatusCode::UNAUTHORIZED);
    }
    let key = world.gateway.secret_key().expose_secret();
    for _ in 0..3 {
        assert_eq!(ask(key).await.status, StatusCode::OK);
    }
    assert_eq!(wait(&ask(key).await), 1);
    world.enrolled().await;
    pass_seconds(&world, 1);
    assert_eq!(ask(key).await.status, StatusCode::OK);
}

/// An enrolment that comes from an address; the first of each has no nonce and is refused for that.
async fn enrol_from(world: &World, peer: &str, forwarded: Option<&'static str>) -> Answer {
    let device = world.device();
    let proof = device.proof(&Method::POST, "/v1/enrolments", None);
    let mut request = device.request(&Method::POST, "/v1/enrolments", &proof, Some(b"{}".to_vec()));
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    if let Some(forwarded) = forwarded {
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    }
    send(&device.router, request).await
}

#[tokio::test]
async fn who_has_no_credential_yet_is_counted_by_the_address() {
    let world = strict("address = { per_minute = 60, burst = 2 }\n").await;
    for port in 1..=2 {
        let answer = enrol_from(&world, &format!("192.0.2.1:{port}"), Some("203.0.113.1")).await;
        assert_eq!(answer.kind(), ProblemKind::DpopNonceRequired);
    }
    // What a client says of itself counts for nothing.
    assert_eq!(wait(&enrol_from(&world, "192.0.2.1:3", Some("203.0.113.2")).await), 1);
    assert_eq!(enrol_from(&world, "192.0.2.2:1", None).await.kind(), ProblemKind::DpopNonceRequired);
    pass_seconds(&world, 1);
    assert_eq!(enrol_from(&world, "192.0.2.1:4", None).await.kind(), ProblemKind::DpopNonceRequired);
}

#[tokio::test]
async fn behind_a_proxy_that_is_trusted_the_address_is_the_one_that_it_saw() {
    let world = strict("address = { per_minute = 60, burst = 2 }\ntrusted_proxies = 1\n").await;
    for forwarded in ["198.51.100.1, 203.0.113.1", "198.51.100.2, 203.0.113.1"] {
        let answer = enrol_from(&world, "10.0.0.1:1", Some(forwarded)).await;
        assert_eq!(answer.kind(), ProblemKind::DpopNonceRequired);
    }
    assert_eq!(wait(&enrol_from(&world, "10.0.0.2:1", Some("198.51.100.3, 203.0.113.1")).await), 1);
    let other = enrol_from(&world, "10.0.0.1:1", Some("203.0.113.2")).await;
    assert_eq!(other.kind(), ProblemKind::DpopNonceRequired);
}
