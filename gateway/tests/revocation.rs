//! What a player is promised whose device is lost: the merchant revokes it, and the money that was reserved for it is the
//! player's again.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::{DeviceState, ProblemKind};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, World, send, usd};

async fn ask(world: &World, method: Method, device: &str, key: &str) -> Answer {
    let request = Request::builder().method(method).uri(format!("{ADDRESS}/v1/devices/{device}"));
    let request = request.header("Authorization", format!("Bearer {key}")).body(Body::empty()).unwrap();
    send(&world.gateway.router(), request).await
}

#[tokio::test]
async fn a_lost_device_settles_nothing_more_and_its_reserve_is_given_back() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let settled = [device.buy()];
    device.upload(&settled).await;
    let unsent = [device.buy()];
    assert_eq!(world.ledger("user_reserved").await, usd("-4.75"));
    let (name, key) =
        (device.enrolment.as_ref().unwrap().device.to_string(), world.gateway.secret_key().expose_secret());

    let shown: Value = ask(&world, Method::GET, &name, key).await.json();
    assert_eq!((&shown["state"], &shown["journal"]["seq"]), (&json!("active"), &json!(1)));
    for _ in 0..2 {
        assert_eq!(ask(&world, Method::DELETE, &name, key).await.status, StatusCode::NO_CONTENT);
        assert_eq!(world.ledger("user_reserved").await, usd("0"));
        assert_eq!(world.ledger("user_available").await, usd("-4.75"));
    }
    world.assert_balanced().await;

    assert_eq!(device.try_upload(&unsent).await.kind(), ProblemKind::DeviceRevoked);
    // What was settled before is answered for ever.
    device.upload(&settled).await;
    let (statement, _) = device.account().await;
    assert_eq!((statement.device_state, statement.available), (DeviceState::Revoked, vec![usd("4.75")]));
    let shown: Value = ask(&world, Method::GET, &name, key).await.json();
    assert_eq!(shown["state"], json!("revoked"));
}

#[tokio::test]
async fn a_frozen_device_may_be_revoked_too() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let before = device.journal;
    let first = [device.buy()];
    device.upload(&first).await;
    device.journal = before;
    let other = [device.buy()];
    assert_eq!(device.try_upload(&other).await.kind(), ProblemKind::JournalFork);
    let (name, key) =
        (device.enrolment.as_ref().unwrap().device.to_string(), world.gateway.secret_key().expose_secret());
    assert_eq!(ask(&world, Method::DELETE, &name, key).await.status, StatusCode::NO_CONTENT);
    assert_eq!(device.account().await.0.device_state, DeviceState::Revoked);
    assert_eq!(world.ledger("user_available").await, usd("-4.75"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn only_the_merchant_revokes() {
    let world = World::new();
    let device = world.funded("5.00").await;
    let name = device.enrolment.as_ref().unwrap().device.to_string();
    for method in [Method::GET, Method::DELETE] {
        let refused = ask(&world, method.clone(), &name, world.gateway.publishable_key()).await;
        assert_eq!(refused.kind(), ProblemKind::Unauthorised);
        let key = world.gateway.secret_key().expose_secret();
        let unknown = ask(&world, method.clone(), "01a20da0-79c5-766f-986c-0f5ba27a3a4c", key).await;
        assert_eq!(unknown.kind(), ProblemKind::NotFound);
        assert_eq!(ask(&world, method, "phone", key).await.kind(), ProblemKind::InvalidRequest);
    }
    assert_eq!(world.ledger("user_reserved").await, usd("-5.00"));
}
