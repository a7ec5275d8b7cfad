//! What a player is promised who has an unused purchase refunded, and what every device hears of refunds.

use axum::http::{Method, StatusCode};
use farthing_protocol::api::{RefundReceiptResponse, RefundReceiptsResponse};
use farthing_protocol::{EntryId, Environment, Money, ProblemKind, Receipt, RefundReceipt, Split};
use serde_json::{Value, json};

use crate::device::{Answer, Device, World, usd};

async fn ask(device: &mut Device, purchase: EntryId) -> Answer {
    device.post(&format!("/v1/purchases/{purchase}/refund"), &json!({})).await
}

async fn refunded(device: &mut Device, purchase: EntryId) -> RefundReceipt {
    let answer: RefundReceiptResponse = ask(device, purchase).await.json();
    device.open(&answer.receipt)
}

async fn heard(device: &mut Device, after: u64) -> Vec<RefundReceipt> {
    let answer: RefundReceiptsResponse = device.get(&format!("/v1/account/refunds/{after}")).await.json();
    answer.receipts.iter().map(|receipt| device.open(receipt)).collect()
}

async fn by_merchant(world: &World, key: &str, body: Value) -> Answer {
    world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", key)], Some(body)).await
}

/// Buys one and settles it.
async fn bought(device: &mut Device) -> Receipt {
    let entries = [device.buy()];
    device.upload(&entries).await.receipts.pop().unwrap()
}

/// What the player has, reserved or not.
async fn owed(world: &World) -> Money {
    world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap()
}

#[tokio::test]
async fn an_unused_purchase_is_refunded_once_with_a_signed_receipt() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let receipt = bought(&mut device).await;
    let (before, _) = device.account().await;
    assert_eq!(before.refunds, 0);
    let refund = refunded(&mut device, receipt.jti).await;
    assert_eq!((refund.purchase, refund.sub, refund.device), (receipt.jti, receipt.sub, receipt.device));
    assert_eq!((refund.amount, refund.quantity, refund.partial, refund.number), (usd("0.25"), 1, false, 1));
    assert_eq!((refund.split, refund.environment), (receipt.split, Environment::Sandbox));
    assert_eq!(owed(&world).await, usd("-5.00"));
    assert_eq!(world.ledger("merchant_payable").await, usd("0"));
    assert_eq!(world.ledger("platform_revenue").await, usd("0"));
    world.assert_balanced().await;

    let (after, _) = device.account().await;
    assert_eq!((after.refunds, after.revision > before.revision), (1, true));
    assert_eq!(refunded(&mut device, receipt.jti).await, refund);
    assert_eq!(heard(&mut device, 0).await, std::slice::from_ref(&refund));
    assert_eq!(heard(&mut device, 1).await, []);
    assert_eq!(heard(&mut device, u64::MAX).await, []);
    assert_eq!(owed(&world).await, usd("-5.00"));
    // The merchant sees it as any other.
    let path = format!("/v1/refunds/{}", refund.jti);
    let shown: Value = world.merchant(Method::GET, &path, &[], None).await.json();
    assert_eq!((&shown["quantity"], &shown["purchase"]), (&json!(1), &json!(receipt.jti)));
    assert_eq!(device.open::<RefundReceipt>(shown["receipt"].as_str().unwrap()), refund);
}

#[tokio::test]
async fn what_was_used_is_not_refunded_and_of_alike_items_any_counts() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let first = bought(&mut device).await;
    let used = [device.consume()];
    device.upload(&used).await;
    assert_eq!(ask(&mut device, first.jti).await.kind(), ProblemKind::RefundUsed);
    let second = bought(&mut device).await;
    // One is left, so one is refunded: not both.
    refunded(&mut device, first.jti).await;
    assert_eq!(ask(&mut device, second.jti).await.kind(), ProblemKind::RefundUsed);
    assert_eq!(owed(&world).await, usd("-4.75"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn only_in_time_only_ones_own_and_only_if_the_operator_says_so() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let receipt = bought(&mut device).await;
    let mut stranger = world.funded("5.00").await;
    assert_eq!(ask(&mut stranger, receipt.jti).await.kind(), ProblemKind::NotFound);
    assert_eq!(ask(&mut device, EntryId::generate()).await.kind(), ProblemKind::NotFound);
    assert_eq!(heard(&mut stranger, 0).await, []);
    let waiting = device.buy();
    assert_eq!(ask(&mut device, waiting.entry().id).await.kind(), ProblemKind::NotFound);
    world.pass_days(2);
    device.renew_token().await;
    let late = ask(&mut device, receipt.jti).await;
    assert_eq!((late.kind(), late.status), (ProblemKind::RefundTooLate, StatusCode::CONFLICT));
    assert!(late.problem().detail.contains("48 hours"));

    let other = [waiting];
    let receipt = device.upload(&other).await.receipts.pop().unwrap();
    let file = world.folder.path().join("gateway.toml");
    let policy = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, policy.replace("self_service_hours = 48", "self_service_hours = 0")).unwrap();
    world.restart().await;
    device.router = world.gateway.router();
    assert_eq!(ask(&mut device, receipt.jti).await.kind(), ProblemKind::RefundTooLate);
    assert_eq!(owed(&world).await, usd("-9.50"));
}

#[tokio::test]
async fn the_merchant_gives_back_parts_and_takes_back_what_it_says() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let mut three = device.purchase();
    (three.quantity, three.total) = (3, usd("0.75"));
    let entries = [device.append(farthing_protocol::EntryBody::Purchase(three))];
    let receipt = device.upload(&entries).await.receipts.pop().unwrap();
    let of = |more: Value| {
        let mut body = json!({"purchase": receipt.jti, "reason": "sorry"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let too_many = by_merchant(&world, "a", of(json!({"amount": usd("0.10"), "quantity": 4}))).await;
    assert_eq!(too_many.problem().field.as_deref(), Some("quantity"));
    let kept: Value = by_merchant(&world, "b", of(json!({"amount": usd("0.10")}))).await.json();
    assert_eq!(kept["quantity"], 0);
    let taken: Value = by_merchant(&world, "c", of(json!({"amount": usd("0.25"), "quantity": 1}))).await.json();
    assert_eq!(taken["quantity"], 1);
    let other = by_merchant(&world, "c", of(json!({"amount": usd("0.25"), "quantity": 2}))).await;
    assert_eq!(other.kind(), ProblemKind::IdempotencyConflict);
    // What is left is the player's to give back.
    let rest = refunded(&mut device, receipt.jti).await;
    assert_eq!((rest.amount, rest.quantity, rest.number, rest.partial), (usd("0.40"), 2, 3, false));
    let all = heard(&mut device, 0).await;
    assert_eq!(all.iter().map(|one| (one.number, one.partial)).collect::<Vec<_>>(), [(1, true), (2, true), (3, false)]);
    assert_eq!(all[0].reason, "sorry");
    let sum = |share: fn(&Split) -> Money| all.iter().fold(usd("0"), |sum, one| sum.plus(share(&one.split)).unwrap());
    let split =
        Split { processor: sum(|s| s.processor), platform: sum(|s| s.platform), developer: sum(|s| s.developer) };
    assert_eq!(split, receipt.split);
    let done = by_merchant(&world, "d", of(json!({}))).await;
    assert_eq!(done.kind(), ProblemKind::AmountInvalid);
    assert_eq!(owed(&world).await, usd("-5.00"));
    world.assert_balanced().await;
    let of_a_card = json!({"top_up": EntryId::generate(), "quantity": 1});
    assert_eq!(by_merchant(&world, "e", of_a_card).await.problem().field.as_deref(), Some("quantity"));
}

#[tokio::test]
async fn what_the_merchant_has_refunded_in_full_is_not_refunded_again() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let receipt = bought(&mut device).await;
    by_merchant(&world, "a", json!({"purchase": receipt.jti})).await.json::<Value>();
    assert_eq!(ask(&mut device, receipt.jti).await.kind(), ProblemKind::RefundDone);
    let both = bought(&mut device).await;
    let mut twin = device.post(&format!("/v1/purchases/{}/refund", both.jti), &json!({})).await.json::<Value>();
    assert!(twin["receipt"].take().is_string());
    let late = by_merchant(&world, "b", json!({"purchase": both.jti})).await;
    assert_eq!(late.kind(), ProblemKind::AmountInvalid);
    assert_eq!(owed(&world).await, usd("-5.00"));
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[tokio::test]
async fn no_sequence_of_purchases_uses_and_refunds_makes_goods_or_money() {
    for seed in 0..8 {
        let (world, mut dice) = (World::new(), Dice(seed));
        let mut device = world.funded("5.00").await;
        // What is left of each purchase's price, in micros, and of its items; what the device has left.
        let mut purchases: Vec<(Receipt, i64)> = Vec::new();
        let (mut left, mut paid, mut back) = (0_u64, 0, 0);
        for step in 0..24 {
            match dice.roll(5) {
                0 | 1 if paid - back < 4_000_000 => {
                    purchases.push((bought(&mut device).await, 250_000));
                    (left, paid) = (left + 1, paid + 250_000);
                }
                2 if left > 0 => {
                    let used = [device.consume()];
                    device.upload(&used).await;
                    left -= 1;
                }
                3 if !purchases.is_empty() => {
                    let which = dice.roll(purchases.len() as u64) as usize;
                    let (receipt, rest) = &mut purchases[which];
                    let was_taken = *rest == 0;
                    let answer = ask(&mut device, receipt.jti).await;
                    if answer.status.is_success() && !was_taken {
                        assert!(left > 0, "a used item was refunded: seed {seed}, step {step}");
                        (left, back, *rest) = (left - 1, back + *rest, 0);
                    }
                }
                _ if !purchases.is_empty() => {
                    let which = dice.roll(purchases.len() as u64) as usize;
                    let (receipt, rest) = &mut purchases[which];
                    let part = Money::from_micros(i64::try_from(dice.roll(120_000)).unwrap() + 1, usd("0").currency());
                    let body = json!({"purchase": receipt.jti, "amount": part});
                    let answer = by_merchant(&world, &format!("{seed}-{step}"), body).await;
                    assert_eq!(answer.status.is_success(), part.micros() <= *rest, "{}", answer.text());
                    if answer.status.is_success() {
                        (*rest, back) = (*rest - part.micros(), back + part.micros());
                        // With the last of the price the goods go, too.
                        left = if *rest == 0 { left.saturating_sub(1) } else { left };
                    }
                }
                _ => {}
            }
            assert_eq!(owed(&world).await.micros(), paid - back - 5_000_000, "seed {seed}, step {step}");
            world.assert_balanced().await;
        }
        let (statement, _) = device.account().await;
        let receipts = heard(&mut device, 0).await;
        assert_eq!(receipts.len() as u64, statement.refunds);
        assert_eq!(receipts.iter().map(|receipt| receipt.amount.micros()).sum::<i64>(), back);
        for (receipt, rest) in purchases {
            let parts = receipts.iter().filter(|part| part.purchase == receipt.jti);
            let (sum, taken) = parts.fold((0, 0), |(sum, taken), part| {
                assert_eq!(part.split.total().unwrap(), part.amount);
                (sum + part.amount.micros(), taken + part.quantity)
            });
            assert_eq!((sum, taken), (250_000 - rest, u32::from(rest == 0)));
        }
    }
}
