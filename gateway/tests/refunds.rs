//! What a merchant and a player are promised of a purchase whose price is given back.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::api::{LedgerBalance, TopUpResponse};
use farthing_protocol::{EntryId, ProblemKind, TopUpId};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, World, send, usd};

async fn ask(world: &World, method: Method, path: &str, key: Option<&str>, body: &Value) -> Answer {
    let secret = world.gateway.secret_key().expose_secret();
    let mut request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
    request = request.header("Authorization", format!("Bearer {secret}")).header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    send(&world.gateway.router(), request.body(Body::from(body.to_string())).unwrap()).await
}

async fn refund(world: &World, key: &str, body: Value) -> Answer {
    ask(world, Method::POST, "/v1/refunds", Some(key), &body).await
}

async fn balances(world: &World) -> Vec<LedgerBalance> {
    let mut balances = world.gateway.trial_balance().await.unwrap().balances;
    balances.retain(|line| !line.balance.is_zero());
    balances
}

#[tokio::test]
async fn a_refund_puts_everyone_where_they_were_before_the_purchase() {
    let world = World::new();
    let mut device = world.funded("50.00").await;
    let before = balances(&world).await;
    let bought = [device.buy()];
    let receipt = device.upload(&bought).await.receipts.pop().unwrap();
    let revision = device.account().await.0.revision;
    let given: Value = refund(&world, "one", json!({"purchase": receipt.jti, "reason": "lag"})).await.json();
    assert_eq!((&given["amount"], given["state"].as_str()), (&json!(usd("0.25")), Some("succeeded")));
    assert_eq!((&given["account"], given["reason"].as_str()), (&json!(receipt.sub), Some("lag")));
    // The reserve was filled up again meanwhile: what is the player's is as it was.
    let after = balances(&world).await;
    let but_users = |lines: &[LedgerBalance]| -> Vec<LedgerBalance> {
        lines.iter().filter(|line| !line.account.starts_with("user_")).cloned().collect()
    };
    assert_eq!(but_users(&after), but_users(&before));
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    assert_eq!(owed, usd("-50.00"));
    // The wallet hears of it with the next sync.
    let (statement, _) = device.account().await;
    assert!(statement.revision > revision);
    assert_eq!(statement.available[0], usd("30.00"));
    world.assert_balanced().await;

    let path = format!("/v1/refunds/{}", given["id"].as_str().unwrap());
    let mut shown: Value = ask(&world, Method::GET, &path, None, &json!({})).await.json();
    // Its receipt is signed anew each time that it is asked for.
    assert!(shown["receipt"].is_string());
    shown["receipt"] = given["receipt"].clone();
    assert_eq!(shown, given);
    let again: Value = refund(&world, "one", json!({"purchase": receipt.jti})).await.json();
    assert_eq!(again["id"], given["id"]);
    assert_eq!(balances(&world).await, after);
}

#[tokio::test]
async fn no_more_goes_back_than_was_paid_however_often_it_is_asked_for() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let purchase = device.upload(&bought).await.receipts[0].jti;
    for (key, amount) in [("a", "0.10"), ("b", "0.000001"), ("c", "0.149999")] {
        let given = refund(&world, key, json!({"purchase": purchase, "amount": usd(amount)})).await;
        assert_eq!(given.status, StatusCode::CREATED, "{}", given.text());
    }
    let path = format!("/v1/purchases/{purchase}");
    let shown: Value = ask(&world, Method::GET, &path, None, &json!({})).await.json();
    assert_eq!((&shown["refunded"], shown["state"].as_str()), (&json!(usd("0.25")), Some("refunded")));
    let refused = refund(&world, "d", json!({"purchase": purchase, "amount": usd("0.000001")})).await;
    assert_eq!((refused.kind(), refused.problem().field.as_deref()), (ProblemKind::AmountInvalid, Some("amount")));
    assert_eq!(world.ledger("merchant_payable").await, usd("0"));
    assert_eq!(world.ledger("platform_revenue").await, usd("0"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_can_not_be_refunded_is_refused_and_changes_nothing() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let card = device.add_card("4000000000000002").await;
    let declined: TopUpResponse = device.top_up("declined", usd("5.00"), &card).await;
    let bought = [device.buy()];
    let purchase = device.upload(&bought).await.receipts[0].jti;
    let before = balances(&world).await;
    let euro = json!({"amount": "0.25", "currency": "EUR"});
    for (body, kind) in [
        (json!({}), ProblemKind::InvalidRequest),
        (json!({"purchase": purchase, "top_up": declined.id}), ProblemKind::InvalidRequest),
        (json!({"purchase": purchase, "reason": "a".repeat(501)}), ProblemKind::InvalidRequest),
        (json!({"purchase": purchase, "why": "lag"}), ProblemKind::InvalidRequest),
        (json!({"purchase": EntryId::generate()}), ProblemKind::NotFound),
        (json!({"top_up": TopUpId::generate()}), ProblemKind::NotFound),
        (json!({"top_up": declined.id}), ProblemKind::NotFound),
        (json!({"purchase": purchase, "amount": usd("0.26")}), ProblemKind::AmountInvalid),
        (json!({"purchase": purchase, "amount": usd("0")}), ProblemKind::AmountInvalid),
        (json!({"purchase": purchase, "amount": usd("-0.25")}), ProblemKind::AmountInvalid),
        (json!({"purchase": purchase, "amount": euro}), ProblemKind::AmountInvalid),
    ] {
        let refused = refund(&world, "key", body.clone()).await;
        assert_eq!(refused.kind(), kind, "{body}");
    }
    let no_key = ask(&world, Method::POST, "/v1/refunds", None, &json!({"purchase": purchase})).await;
    assert_eq!(no_key.problem().field.as_deref(), Some("Idempotency-Key"));
    assert_eq!(balances(&world).await, before);
    let stranger = device.post("/v1/refunds", &json!({"purchase": purchase})).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert_eq!(balances(&world).await, before);
}

#[tokio::test]
async fn two_refunds_of_one_purchase_at_once_give_its_price_back_once() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let purchase = device.upload(&bought).await.receipts[0].jti;
    let both = [refund(&world, "a", json!({"purchase": purchase})), refund(&world, "b", json!({"purchase": purchase}))];
    let answers = futures_util::future::join_all(both).await;
    let given = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(given, 1, "{answers:?}");
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    assert_eq!(owed, usd("-5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn after_a_refund_the_fee_is_borne_by_what_is_bought_next() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let first = device.upload(&bought).await.receipts.pop().unwrap();
    refund(&world, "one", json!({"purchase": first.jti})).await;
    // All twenty quarters, one after the other.
    device.raise_allowance(None).await;
    device.refresh().await;
    for _ in 0..20 {
        let bought = [device.buy()];
        let receipt = device.upload(&bought).await.receipts.pop().unwrap();
        assert_eq!(receipt.split, first.split);
    }
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0"));
    world.assert_balanced().await;
}
