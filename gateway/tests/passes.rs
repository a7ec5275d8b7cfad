//! Passes, as devices tell of them: what stands, what is rejected, how long each lasts, and what a refund takes back.

use axum::http::Method;
use farthing_protocol::api::RefundReceiptResponse;
use farthing_protocol::{
    EncodedEntry, Entry, EntryBody, Outcome, PassGrant, PassPeriod, ProblemKind, PurchaseBody, RefundReceipt,
    RejectionReason, Sku, Timestamp,
};
use serde_json::{Value, json};

use crate::device::{Device, World, usd};

const DAYS: u32 = 86_400;

fn grant() -> PassGrant {
    PassGrant { length_seconds: 30 * DAYS, grace_seconds: 3 * DAYS }
}

/// A purchase of the sample catalog's pass, as an honest wallet writes it.
fn pass(device: &Device) -> PurchaseBody {
    let (sku, price) = (Sku::new("season_pass").unwrap(), usd("2.99"));
    PurchaseBody { sku, unit_price: price, total: price, pass: Some(grant()), ..device.purchase() }
}

/// The next entry of the journal, at a time.
fn at(device: &mut Device, body: PurchaseBody, at: Timestamp) -> EncodedEntry {
    let known = device.journal.unwrap();
    let entry = device.entry_at(known, EntryBody::Purchase(body));
    let entry = EncodedEntry::new(Entry { at, ..entry.entry().clone() }).unwrap();
    device.journal = Some(known.after(entry.hash()));
    entry
}

fn days(from: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_second(from.as_second() + i64::from(days * DAYS)).unwrap()
}

#[tokio::test]
async fn each_purchase_has_the_time_it_is_for_in_its_receipt_and_the_statement_has_all_of_it() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let now = world.clock.clock().now();
    let bodies = [pass(&device), pass(&device)];
    let entries = bodies.map(|body| at(&mut device, body, now));
    let answer = device.upload(&entries).await;
    let period = |starts_at, ends_at| PassPeriod {
        sku: Sku::new("season_pass").unwrap(),
        starts_at,
        ends_at,
        grace_seconds: 3 * DAYS,
    };
    let had: Vec<_> = answer.receipts.iter().map(|receipt| receipt.passes[0].clone()).collect();
    assert_eq!(had, [period(now, days(now, 30)), period(days(now, 30), days(now, 60))]);
    assert_eq!(answer.settlement.statement.passes, [period(now, days(now, 60))]);
    let (statement, _) = device.account().await;
    assert_eq!(statement.passes, [period(now, days(now, 60))]);
    // Sent again, it is answered with the same, and lasts no longer.
    let again = device.upload(&entries).await;
    assert_eq!((again.receipts, again.settlement.statement.passes), (answer.receipts, statement.passes));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_the_catalog_does_not_sell_is_rejected_and_lasts_for_nothing() {
    let world = World::new();
    let mut device = world.funded("50.00").await;
    let two = usd("2.99").times(2).unwrap();
    let good = pass(&device);
    let longer = PassGrant { length_seconds: 31 * DAYS, ..grant() };
    let later = PassGrant { grace_seconds: 4 * DAYS, ..grant() };
    for (what, body, reason) in [
        ("longer", PurchaseBody { pass: Some(longer), ..good.clone() }, RejectionReason::WrongPrice),
        ("with more grace", PurchaseBody { pass: Some(later), ..good.clone() }, RejectionReason::WrongPrice),
        ("no pass", PurchaseBody { pass: None, ..good.clone() }, RejectionReason::WrongPrice),
        ("a life that lasts", PurchaseBody { pass: Some(grant()), ..device.purchase() }, RejectionReason::WrongPrice),
        ("two at once", PurchaseBody { quantity: 2, total: two, ..good }, RejectionReason::WrongQuantity),
    ] {
        let entry = device.append(EntryBody::Purchase(body));
        let answer = device.upload(&[entry]).await;
        assert_eq!(answer.settlement.outcomes, [Outcome::Rejected { reason }], "{what}");
        assert!(answer.settlement.statement.passes.is_empty(), "{what}");
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_device_whose_clock_is_ahead_has_no_time_beyond_the_gateway_s() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let now = world.clock.clock().now();
    let body = pass(&device);
    let entry = at(&mut device, body, days(now, 20));
    let answer = device.upload(&[entry]).await;
    assert_eq!(answer.settlement.statement.passes[0].ends_at, days(now, 30));
}

#[tokio::test]
async fn an_old_purchase_is_of_its_own_time() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let bought_at = world.clock.clock().now();
    let body = pass(&device);
    let entry = at(&mut device, body, bought_at);
    world.pass_days(40);
    device.renew_token().await;
    let answer = device.upload(&[entry]).await;
    assert_eq!(answer.settlement.statement.passes[0].ends_at, days(bought_at, 30));
}

#[tokio::test]
async fn a_player_refunds_a_pass_as_long_as_hardly_any_of_it_has_run() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let now = world.clock.clock().now();
    let bodies = [pass(&device), pass(&device)];
    let entries = bodies.map(|body| at(&mut device, body, now));
    let receipts = device.upload(&entries).await.receipts;
    world.pass_days(1);
    device.renew_token().await;
    let ask = |receipt: usize| (format!("/v1/purchases/{}/refund", receipts[receipt].jti), json!({}));
    let (path, body) = ask(0);
    let answer: RefundReceiptResponse = device.post(&path, &body).await.json();
    let refund: RefundReceipt = device.open(&answer.receipt);
    assert_eq!((refund.quantity, refund.amount), (1, usd("2.99")));
    let (statement, _) = device.account().await;
    assert_eq!(statement.passes[0].ends_at, days(now, 30));
    // Asked again, it is not taken twice.
    let _: RefundReceiptResponse = device.post(&path, &body).await.json();
    assert_eq!(device.account().await.0.passes[0].ends_at, days(now, 30));
    world.assert_balanced().await;

    // The other one is the one that runs now: three of thirty days may have.
    let (path, body) = ask(1);
    world.clock.set(Timestamp::from_second(now.as_second() + 2 * 86_400 - 1).unwrap());
    device.renew_token().await;
    let answer: RefundReceiptResponse = device.post(&path, &body).await.json();
    let _: RefundReceipt = device.open(&answer.receipt);
    let (statement, _) = device.account().await;
    assert_eq!((statement.passes[0].ends_at, statement.passes[0].grace_seconds), (world.clock.clock().now(), 0));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_pass_that_has_run_is_the_merchant_s_to_refund() {
    let mut world = World::new();
    let file = world.folder.path().join("gateway.toml");
    let policy = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, policy.replace("self_service_hours = 48", "self_service_hours = 2400")).unwrap();
    world.restart().await;
    let mut device = world.funded("20.00").await;
    let now = world.clock.clock().now();
    let body = pass(&device);
    let entry = at(&mut device, body, now);
    let receipt = device.upload(&[entry]).await.receipts.remove(0);
    let path = format!("/v1/purchases/{}/refund", receipt.jti);
    world.pass_days(4);
    device.renew_token().await;
    assert_eq!(device.post(&path, &json!({})).await.kind(), ProblemKind::RefundUsed);
    // A part of the price, and the player keeps it; then the rest, and it is over.
    let part = json!({ "purchase": receipt.jti, "amount": { "amount": "1.00", "currency": "USD" } });
    let refund: Value =
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", "a")], Some(part)).await.json();
    assert_eq!(refund["quantity"], json!(0));
    assert_eq!(device.account().await.0.passes[0].ends_at, days(now, 30));
    let rest = json!({ "purchase": receipt.jti });
    let refund: Value =
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", "b")], Some(rest)).await.json();
    assert_eq!((&refund["quantity"], &refund["amount"]["amount"]), (&json!(1), &json!("1.99")));
    assert_eq!(device.account().await.0.passes[0].ends_at, days(now, 4));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_refund_of_a_pass_whose_own_time_is_over_leaves_a_later_one_its_time() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let now = world.clock.clock().now();
    let bodies = [pass(&device), pass(&device)];
    let entries = bodies.map(|body| at(&mut device, body, now));
    let first = device.upload(&entries).await.receipts.remove(0);
    world.pass_days(35);
    device.renew_token().await;
    let wish = json!({ "purchase": first.jti });
    let refund: Value =
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", "a")], Some(wish)).await.json();
    assert_eq!((&refund["quantity"], &refund["amount"]["amount"]), (&json!(0), &json!("2.99")));
    assert_eq!(device.account().await.0.passes[0].ends_at, days(now, 60));
    world.assert_balanced().await;
}
