//! Bundles, as devices tell of them: what stands, what is rejected, and what a refund takes back.

use farthing_protocol::api::RefundReceiptResponse;
use farthing_protocol::{
    ConsumeBody, Content, EntryBody, IdempotencyKey, Outcome, ProblemKind, PurchaseBody, RefundReceipt,
    RejectionReason, Sku,
};
use serde_json::json;

use crate::device::{Device, World, usd};

fn content(sku: &str, quantity: u32) -> Content {
    Content { sku: Sku::new(sku).unwrap(), quantity, pass: None }
}

/// A purchase of the sample catalog's bundle, as an honest wallet writes it.
fn set(device: &Device) -> PurchaseBody {
    let contents = vec![content("lantern", 1), content("hint", 5), content("health_potion", 3)];
    let (sku, price) = (Sku::new("explorer_set").unwrap(), usd("1.79"));
    PurchaseBody { sku, unit_price: price, total: price, contents, ..device.purchase() }
}

#[tokio::test]
async fn a_bundle_has_what_is_in_it_on_its_receipt() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let body = set(&device);
    let entry = device.append(EntryBody::Purchase(body.clone()));
    let answer = device.upload(&[entry]).await;
    assert_eq!((&answer.receipts[0].contents, answer.receipts[0].total), (&body.contents, usd("1.79")));
    assert!(answer.receipts[0].passes.is_empty());
    world.assert_balanced().await;
}

#[tokio::test]
async fn other_contents_than_the_catalog_s_are_rejected() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let good = set(&device);
    let mut more = good.contents.clone();
    more[1].quantity = 6;
    let mut else_where = good.contents.clone();
    else_where.push(content("arrow", 1));
    let two = usd("1.79").times(2).unwrap();
    for (what, body, reason) in [
        ("more", PurchaseBody { contents: more, ..good.clone() }, RejectionReason::WrongPrice),
        ("one thing more", PurchaseBody { contents: else_where, ..good.clone() }, RejectionReason::WrongPrice),
        ("nothing", PurchaseBody { contents: Vec::new(), ..good.clone() }, RejectionReason::WrongPrice),
        (
            "a life with hints",
            PurchaseBody { contents: good.contents.clone(), ..device.purchase() },
            RejectionReason::WrongPrice,
        ),
        ("two lanterns", PurchaseBody { quantity: 2, total: two, ..good }, RejectionReason::WrongQuantity),
    ] {
        let entry = device.append(EntryBody::Purchase(body));
        let answer = device.upload(&[entry]).await;
        assert_eq!(answer.settlement.outcomes, [Outcome::Rejected { reason }], "{what}");
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_bundle_is_refunded_whole_or_not_at_all() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let body = set(&device);
    let entry = device.append(EntryBody::Purchase(body));
    let receipt = device.upload(&[entry]).await.receipts.remove(0);
    let used =
        ConsumeBody { sku: Sku::new("hint").unwrap(), quantity: 1, operation: IdempotencyKey::new("level-7").unwrap() };
    let entry = device.append(EntryBody::Consume(used));
    device.upload(&[entry]).await;
    let path = format!("/v1/purchases/{}/refund", receipt.jti);
    assert_eq!(device.post(&path, &json!({})).await.kind(), ProblemKind::RefundUsed);

    // Hints are alike: with one more, there are as many left as were in the set.
    let hint = PurchaseBody {
        sku: Sku::new("hint").unwrap(),
        unit_price: usd("0.05"),
        total: usd("0.05"),
        ..device.purchase()
    };
    let entry = device.append(EntryBody::Purchase(hint));
    device.upload(&[entry]).await;
    let answer: RefundReceiptResponse = device.post(&path, &json!({})).await.json();
    let refund: RefundReceipt = device.open(&answer.receipt);
    assert_eq!((refund.quantity, refund.amount), (1, usd("1.79")));
    // Asked again, it is the same refund.
    let again: RefundReceiptResponse = device.post(&path, &json!({})).await.json();
    assert_eq!(device.open::<RefundReceipt>(&again.receipt), refund);
    world.assert_balanced().await;
}
