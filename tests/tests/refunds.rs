//! Refunds as a player lives through them: asked for, given by the merchant, told late, told twice, told falsely.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use farthing_core::{
    Currency, EntryId, Money, Purchase, PurchaseFilter, PurchaseRequest, PurchaseState, Wallet, WalletError,
    WalletEvent,
};
use farthing_protocol::{KeySet, RefundReceipt, Thumbprint};
use farthing_tests::{ADDRESS, GOOD_CARD, Weather, World, add_card, owned, usd};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

async fn settled(wallet: &Wallet, request: impl Into<PurchaseRequest>) -> EntryId {
    let purchase = wallet.buy(request.into()).await.unwrap();
    wallet.sync().await.unwrap();
    purchase.id
}

async fn find(wallet: &Wallet, id: EntryId) -> Purchase {
    let all = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    all.into_iter().find(|purchase| purchase.id == id).unwrap()
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

fn told(events: &mut Receiver<WalletEvent>) -> Vec<WalletEvent> {
    let all = std::iter::from_fn(|| events.try_recv().ok());
    all.filter(|event| matches!(event, WalletEvent::PurchaseRefunded { .. })).collect()
}

/// What was refunded of a purchase, and how many items it took back.
fn refunded(purchase: &Purchase) -> (Money, u32) {
    match purchase.state {
        PurchaseState::Refunded { amount, quantity, .. } => (amount, quantity),
        _ => panic!("{purchase:?}"),
    }
}

#[tokio::test]
async fn an_unused_purchase_is_refunded_and_stays_so() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let mut events = wallet.events();
    // It was not even settled yet: that comes first.
    let purchase = wallet.buy("extra_life".into()).await.unwrap();
    let done = wallet.refund(purchase.id).await.unwrap();
    assert_eq!((refunded(&done), done.id), ((usd("0.25"), 1), purchase.id));
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (0, usd("5.00")));
    let event = WalletEvent::PurchaseRefunded {
        purchase: purchase.id,
        sku: purchase.sku,
        amount: usd("0.25"),
        quantity: 1,
        revoked: 1,
    };
    assert_eq!(told(&mut events), [event]);
    assert_eq!(wallet.refund(purchase.id).await, Err(WalletError::AlreadyRefunded));

    // A back end verifies the receipt with the gateway's keys.
    let receipts = wallet.refund_receipts(purchase.id).await.unwrap();
    let root: Thumbprint = world.gateway().root_key();
    let request = http::Request::get(format!("{ADDRESS}/v1/keys")).body(bytes::Bytes::new()).unwrap();
    let keys = farthing_core::Transport::send(&*world.network, request).await.unwrap();
    let keys: Value = serde_json::from_slice(keys.body()).unwrap();
    let keys = KeySet::verify(keys["key_set"].as_str().unwrap(), root).unwrap();
    let receipt = keys.open::<RefundReceipt>(&receipts[0]).unwrap().document;
    assert_eq!((receipt.purchase, receipt.amount, receipts.len()), (purchase.id, usd("0.25"), 1));

    // A restart and another sync change nothing.
    wallet.sync().await.unwrap();
    wallet.close().await;
    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert_eq!(find(&wallet, purchase.id).await, done);
    assert_eq!(wallet.refund_receipts(purchase.id).await.unwrap(), receipts);
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (0, usd("5.00")));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (0, usd("5.00")));
    assert_eq!(world.ledger("merchant_payable").await, usd("0"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_can_not_be_refunded_is_said_and_nothing_changes() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let used = settled(&wallet, "extra_life").await;
    wallet.consume("extra_life", 1, "level-1").await.unwrap();
    assert_eq!(wallet.refund(used).await, Err(WalletError::AlreadyUsed));
    let stranger = wallet.refund(EntryId::generate()).await;
    assert!(matches!(stranger, Err(WalletError::InvalidArgument { field, .. }) if field == "purchase"));

    world.network.set(Weather::Cut);
    let waiting = wallet.buy("hint".into()).await.unwrap();
    assert!(matches!(wallet.refund(waiting.id).await, Err(WalletError::Offline { .. })));
    // The gateway was not asked, so the item is of use as before.
    assert_eq!(wallet.consume("hint", 1, "level-2").await, Ok(0));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert!(told(&mut wallet.events()).is_empty());

    let old = settled(&wallet, "extra_life").await;
    world.clock.set("2026-06-03T08:00:00Z".parse().unwrap());
    let late = wallet.refund(old).await;
    assert!(matches!(&late, Err(WalletError::RefundTooLate { reason }) if reason.contains("48 hours")), "{late:?}");
    assert_eq!(owned(&wallet, "extra_life").await, 1);
    assert_eq!(wallet.consume("extra_life", 1, "level-3").await, Ok(0));
    wallet.sync().await.unwrap();
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_found_out_and_its_items_are_out_of_use_until_then() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let purchase = settled(&wallet, "extra_life").await;
    let held = world.network.hold(&format!("/v1/purchases/{purchase}/refund"));
    let asking = {
        let wallet = std::sync::Arc::new(wallet);
        let task = tokio::spawn({
            let wallet = wallet.clone();
            async move { wallet.refund(purchase).await }
        });
        held.answered.await.unwrap();
        // The gateway has done it; the phone does not know, and dies.
        task.abort();
        wallet
    };
    asking.close().await;
    drop(held.release);

    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert_eq!(owned(&wallet, "extra_life").await, 0);
    let used = wallet.consume("extra_life", 1, "level-1").await;
    assert!(matches!(used, Err(WalletError::InsufficientItems { owned: 0, .. })), "{used:?}");
    // A try that did not get through says nothing of the one before.
    assert!(matches!(wallet.refund(purchase).await, Err(WalletError::Offline { .. })));
    assert_eq!(owned(&wallet, "extra_life").await, 0);
    wallet.close().await;
    let wallet = device.open().await;
    let used = wallet.consume("extra_life", 1, "level-1").await;
    assert!(matches!(used, Err(WalletError::InsufficientItems { owned: 0, .. })), "{used:?}");
    world.network.set(Weather::Fair);
    let mut events = wallet.events();
    wallet.sync().await.unwrap();
    assert_eq!(told(&mut events).len(), 1);
    assert_eq!((refunded(&find(&wallet, purchase).await), total(&wallet)), ((usd("0.25"), 1), usd("5.00")));
    assert_eq!(wallet.refund(purchase).await, Err(WalletError::AlreadyRefunded));
    // What is bought from now on is of use at once.
    wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(wallet.consume("extra_life", 1, "level-1").await, Ok(0));
    wallet.sync().await.unwrap();
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_refund_asked_for_through_every_weather_is_given_once() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    for weather in [Weather::AnswersLost, Weather::Doubled, Weather::Garbled, Weather::Portal] {
        let purchase = settled(&wallet, "extra_life").await;
        world.network.set(weather);
        let _ = wallet.refund(purchase).await;
        world.network.set(Weather::Fair);
        wallet.sync().await.unwrap();
        match wallet.refund(purchase).await {
            Ok(_) | Err(WalletError::AlreadyRefunded) => {}
            other => panic!("{weather:?}: {other:?}"),
        }
        assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (0, usd("5.00")), "{weather:?}");
        assert_eq!(wallet.refund_receipts(purchase).await.unwrap().len(), 1, "{weather:?}");
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_the_merchant_refunds_while_the_phone_is_away_comes_and_what_was_used_stays_used() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let three = settled(&wallet, PurchaseRequest::new("extra_life").quantity(3)).await;
    let lantern = settled(&wallet, "lantern").await;
    let before = total(&wallet);
    world.network.set(Weather::Cut);
    wallet.consume("extra_life", 2, "level-1").await.unwrap();
    world.merchant(Method::POST, "/v1/refunds", Some(json!({"purchase": three, "amount": usd("0.05")}))).await;
    world.merchant(Method::POST, "/v1/refunds", Some(json!({"purchase": three, "reason": "lag"}))).await;
    world.merchant(Method::POST, "/v1/refunds", Some(json!({"purchase": lantern, "amount": usd("0.10")}))).await;
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (1, before));
    wallet.close().await;
    let wallet = device.open().await;
    let mut events = wallet.events();
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), before.plus(usd("0.85")).unwrap());
    let numbers = told(&mut events).into_iter().map(|event| match event {
        WalletEvent::PurchaseRefunded { purchase, quantity, revoked, .. } => (purchase, quantity, revoked),
        other => panic!("{other:?}"),
    });
    // Three were to be taken back, and one was left.
    assert_eq!(numbers.collect::<Vec<_>>(), [(three, 0, 0), (three, 3, 1), (lantern, 0, 0)]);
    assert_eq!(refunded(&find(&wallet, three).await), (usd("0.75"), 3));
    assert_eq!(refunded(&find(&wallet, lantern).await), (usd("0.10"), 0));
    assert_eq!((owned(&wallet, "extra_life").await, owned(&wallet, "lantern").await), (0, 1));
    assert_eq!(wallet.refund_receipts(three).await.unwrap().len(), 2);
    // What is owned for ever can't be used, so the rest of its price goes back with it.
    let rest = wallet.refund(lantern).await.unwrap();
    assert_eq!((refunded(&rest).1, owned(&wallet, "lantern").await), (1, 0));
    wallet.buy("lantern".into()).await.unwrap();
    wallet.sync().await.unwrap();
    world.assert_balanced().await;
}

#[tokio::test]
async fn each_device_of_an_account_hears_of_a_refund_and_only_one_gives_the_items_back() {
    let world = World::new();
    let (phone, tablet) = (world.device("phone"), world.device("tablet"));
    let first = world.wallet_of("ada", &phone).await;
    let card = add_card(&first, GOOD_CARD).await.unwrap();
    first.top_up(usd("50.00"), card.id).await.unwrap();
    let second = world.wallet_of("ada", &tablet).await;
    let purchase = settled(&first, "extra_life").await;
    settled(&second, "extra_life").await;
    let not_ours = second.refund(purchase).await;
    assert!(matches!(not_ours, Err(WalletError::InvalidArgument { .. })), "{not_ours:?}");

    let mut events = second.events();
    first.refund(purchase).await.unwrap();
    second.sync().await.unwrap();
    let event = told(&mut events);
    assert!(matches!(event[..], [WalletEvent::PurchaseRefunded { revoked: 0, quantity: 1, .. }]), "{event:?}");
    assert_eq!((owned(&first, "extra_life").await, owned(&second, "extra_life").await), (0, 1));
    second.sync().await.unwrap();
    assert!(told(&mut events).is_empty());
    // A device that comes later has nothing to give back.
    let third = world.device("laptop");
    let third = world.wallet_of("ada", &third).await;
    settled(&third, "extra_life").await;
    assert_eq!(owned(&third, "extra_life").await, 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_forged_refund_is_refused_and_a_true_one_still_comes() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let purchase = settled(&wallet, "extra_life").await;
    world.merchant(Method::POST, "/v1/refunds", Some(json!({"purchase": purchase}))).await;
    // Every answer is spoiled in its middle, so sooner or later the receipt's.
    world.network.set(Weather::Garbled);
    for _ in 0..4 {
        wallet.sync().await.unwrap_err();
        assert_eq!(owned(&wallet, "extra_life").await, 1);
    }
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (0, usd("5.00")));
}

#[tokio::test]
async fn a_backup_of_before_a_refund_brings_nothing_back() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let purchase = settled(&wallet, "lantern").await;
    wallet.close().await;
    let backup = device.back_up();
    let wallet = device.open().await;
    wallet.refund(purchase).await.unwrap();
    wallet.close().await;
    device.restore(&backup);
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    assert_eq!((owned(&wallet, "lantern").await, total(&wallet)), (0, usd("5.00")));
    assert_eq!(refunded(&find(&wallet, purchase).await).1, 1);
}

#[tokio::test]
async fn what_was_paid_by_use_is_refunded_by_the_merchant_alone() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let meter = wallet.meter("api_calls");
    meter.record(1_000).await.unwrap();
    meter.flush().await.unwrap();
    wallet.sync().await.unwrap();
    let [usage] = &wallet.purchases(PurchaseFilter::default()).await.unwrap()[..] else { panic!("one entry") };
    assert_eq!(wallet.refund(usage.id).await, Err(WalletError::AlreadyUsed));
    assert_eq!(total(&wallet), usd("4.90"));

    world.merchant(Method::POST, "/v1/refunds", Some(json!({ "purchase": usage.id.to_string() }))).await;
    wallet.sync().await.unwrap();
    assert_eq!(refunded(&find(&wallet, usage.id).await), (usd("0.10"), 0));
    assert_eq!((total(&wallet), wallet.inventory().await.unwrap()), (usd("5.00"), vec![]));
    // The meter goes on from where it was: what was refunded is not counted again.
    meter.record(1).await.unwrap();
    meter.flush().await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    assert_eq!(total(&wallet), usd("4.9999"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_was_used_is_not_refunded_on_the_player_s_word_after_the_merchant_gave_a_part() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let request = PurchaseRequest { quantity: 2, ..PurchaseRequest::from("extra_life") };
    let purchase = settled(&wallet, request).await;
    wallet.consume("extra_life", 2, "level-1").await.unwrap();
    wallet.sync().await.unwrap();
    // Support takes back what is left, which is nothing.
    let part = json!({ "amount": "0.10", "currency": "USD" });
    let wish = json!({ "purchase": purchase.to_string(), "amount": part, "quantity": 2 });
    world.merchant(Method::POST, "/v1/refunds", Some(wish)).await;
    wallet.sync().await.unwrap();
    assert_eq!((refunded(&find(&wallet, purchase).await), total(&wallet)), ((usd("0.10"), 2), usd("4.60")));
    assert_eq!(wallet.refund(purchase).await, Err(WalletError::AlreadyUsed));
    assert_eq!(total(&wallet), usd("4.60"));
    world.assert_balanced().await;
}
