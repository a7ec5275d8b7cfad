//! What a player with several devices is promised of what is owned for ever: it is the account's, on each device, and it is
//! paid for once.

use axum::http::Method;
use farthing_protocol::api::{RefundReceiptsResponse, TopUpState};
use farthing_protocol::{
    Content, EncodedEntry, EntryBody, Money, Outcome, PurchaseBody, RefundReceipt, Sku, Statement,
};
use serde_json::{Value, json};

use crate::browser::execute;
use crate::device::{Device, GOOD_CARD, World, usd};

/// Two devices of one user, each with a reserve of 20 dollars; five are left.
async fn two_devices(world: &World) -> (Device, Device) {
    let (mut phone, mut tablet) = (world.device_of("ada").await, world.device_of("ada").await);
    let card = phone.add_card(GOOD_CARD).await;
    assert_eq!(phone.top_up("first", usd("45.00"), &card).await.state, TopUpState::Succeeded);
    for device in [&mut phone, &mut tablet] {
        device.raise_allowance(None).await;
        device.refresh().await;
    }
    (phone, tablet)
}

fn skus(names: &[&str]) -> Vec<Sku> {
    names.iter().map(|name| Sku::new(*name).unwrap()).collect()
}

fn buy(device: &mut Device, name: &str, price: &str) -> EncodedEntry {
    let (sku, price) = (Sku::new(name).unwrap(), usd(price));
    let body = PurchaseBody { sku, unit_price: price, total: price, ..device.purchase() };
    device.append(EntryBody::Purchase(body))
}

fn buy_lantern(device: &mut Device) -> EncodedEntry {
    buy(device, "lantern", "1.49")
}

/// The sample catalog's bundle, which has a lantern in it.
fn buy_set(device: &mut Device) -> EncodedEntry {
    let content = |sku: &str, quantity| Content { sku: Sku::new(sku).unwrap(), quantity, pass: None };
    let contents = vec![content("lantern", 1), content("hint", 5), content("health_potion", 3)];
    let (sku, price) = (Sku::new("explorer_set").unwrap(), usd("1.79"));
    let body = PurchaseBody { sku, unit_price: price, total: price, contents, ..device.purchase() };
    device.append(EntryBody::Purchase(body))
}

async fn statement(device: &mut Device) -> Statement {
    device.account().await.0
}

/// What is the user's, wherever it is reserved.
async fn owed(world: &World) -> Money {
    world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap()
}

async fn refunds(device: &mut Device) -> Vec<RefundReceipt> {
    let answer: RefundReceiptsResponse = device.get("/v1/account/refunds/0").await.json();
    answer.receipts.iter().map(|receipt| device.open(receipt)).collect()
}

fn is_settled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Settled { receipt: Some(_) })
}

#[tokio::test]
async fn each_device_of_an_account_is_told_what_the_account_owns() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let bought = [buy(&mut phone, "sword_of_dawn", "4.99"), buy_set(&mut phone), phone.buy()];
    let answer = phone.upload(&bought).await;
    // What is used up stays on the device that bought it; of a bundle, what is durable is the account's.
    assert_eq!(answer.settlement.statement.durables, skus(&["lantern", "sword_of_dawn"]));
    assert_eq!(statement(&mut tablet).await.durables, skus(&["lantern", "sword_of_dawn"]));
    let mut new = world.device_of("ada").await;
    assert_eq!(statement(&mut new).await.durables, skus(&["lantern", "sword_of_dawn"]));
    let mut stranger = world.device_of("bob").await;
    assert_eq!(statement(&mut stranger).await.durables, []);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_two_offline_devices_bought_is_paid_for_once_and_stays_owned() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let (first, second) = ([buy_lantern(&mut phone)], [tablet.buy(), buy_lantern(&mut tablet)]);
    phone.upload(&first).await;
    assert_eq!(owed(&world).await, usd("-43.51"));

    let answer = tablet.upload(&second).await;
    assert!(answer.settlement.outcomes.iter().all(is_settled), "what is within the allowance settles");
    assert_eq!(
        (answer.settlement.statement.durables.clone(), answer.settlement.statement.refunds),
        (skus(&["lantern"]), 1)
    );
    assert_eq!(owed(&world).await, usd("-43.26"), "a lantern and a life were paid for");
    let drawn = &answer.settlement.statement.drawn[0];
    assert_eq!((drawn.total, drawn.count), (usd("1.74"), 2), "the reserve's counters only go on");

    let receipts = refunds(&mut tablet).await;
    let [receipt] = &receipts[..] else { panic!("{receipts:?}") };
    assert_eq!((receipt.purchase, receipt.amount, receipt.quantity), (second[1].entry().id, usd("1.49"), 1));
    assert_eq!((receipt.partial, receipt.reason.as_str()), (false, "the account owned it already"));
    // Those who were paid twice have given it back.
    let split = &answer.receipts[1].split;
    assert_eq!(receipt.split, *split);

    // A lost answer is asked for again, and nothing is given back again.
    for _ in 0..2 {
        let again = tablet.upload(&second).await;
        assert_eq!((&again.settlement.outcomes, &again.receipts), (&answer.settlement.outcomes, &answer.receipts));
        assert_eq!((again.settlement.statement.refunds, again.settlement.statement.durables), (1, skus(&["lantern"])));
        assert_eq!(owed(&world).await, usd("-43.26"));
    }
    assert_eq!(statement(&mut phone).await.durables, skus(&["lantern"]));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_device_that_has_forgotten_what_it_owns_pays_for_it_once_too() {
    let world = World::new();
    let (mut phone, _) = two_devices(&world).await;
    let bought = [buy_lantern(&mut phone)];
    phone.upload(&bought).await;
    let again = [phone.buy(), buy_lantern(&mut phone)];
    let answer = phone.upload(&again).await;
    assert_eq!((answer.settlement.statement.refunds, owed(&world).await), (1, usd("-43.26")));
    assert_eq!(answer.settlement.statement.durables, skus(&["lantern"]));
    assert_eq!(refunds(&mut phone).await[0].purchase, again[1].entry().id);

    // No wallet buys it twice before it has synced: who tampers with one has one of them given back for each batch.
    let tampered: Vec<_> = (0..3).map(|_| buy_lantern(&mut phone)).collect();
    let answer = phone.upload(&tampered).await;
    assert_eq!((answer.settlement.statement.refunds, owed(&world).await), (2, usd("-40.28")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_bundle_is_not_given_back_for_what_was_owned_of_it() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let (set, lantern) = ([buy_set(&mut phone)], [buy_lantern(&mut tablet)]);
    let (phones, tablets) = (set.clone(), lantern.clone());
    // A lantern, then a set with one: both are paid.
    tablet.upload(&tablets).await;
    let answer = phone.upload(&phones).await;
    assert_eq!((answer.settlement.statement.refunds, owed(&world).await), (0, usd("-41.72")));
    // The other way round, the lantern is what there is twice.
    let late = [buy_lantern(&mut phone)];
    let answer = phone.upload(&late).await;
    assert_eq!((answer.settlement.statement.refunds, owed(&world).await), (1, usd("-41.72")));

    // Either can be taken back, and the other one still brings it.
    for (purchase, left) in [(lantern[0].entry().id, skus(&["lantern"])), (set[0].entry().id, vec![])] {
        let wish = json!({"purchase": purchase, "reason": "a courtesy"});
        let key = purchase.to_string();
        let given = world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", &key)], Some(wish)).await;
        assert!(given.status.is_success(), "{}", given.text());
        assert_eq!(statement(&mut tablet).await.durables, left);
    }
    assert_eq!(owed(&world).await, usd("-45.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_was_given_back_can_be_bought_anew_and_a_courtesy_takes_nothing() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let bought = [buy_lantern(&mut phone)];
    phone.upload(&bought).await;
    let refund = async |key: &str, wish: Value| {
        let given = world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", key)], Some(wish)).await;
        assert!(given.status.is_success(), "{}", given.text());
    };
    let purchase = bought[0].entry().id;
    // A part of the price, and the player keeps it.
    refund("part", json!({"purchase": purchase, "amount": usd("0.49"), "reason": "a scratch"})).await;
    assert_eq!(statement(&mut tablet).await.durables, skus(&["lantern"]));
    refund("rest", json!({"purchase": purchase, "reason": "broken"})).await;
    assert_eq!(statement(&mut tablet).await.durables, []);
    let anew = [buy_lantern(&mut tablet)];
    let answer = tablet.upload(&anew).await;
    assert_eq!((answer.settlement.statement.refunds, answer.settlement.statement.durables), (2, skus(&["lantern"])));
    assert_eq!(owed(&world).await, usd("-43.51"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_lost_device_takes_nothing_with_it_that_was_settled() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let bought = [buy_lantern(&mut phone)];
    phone.upload(&bought).await;
    let unsent = [buy(&mut phone, "sword_of_dawn", "4.99")];
    let name = phone.enrolment.as_ref().unwrap().device;
    let revoked = world.merchant(Method::DELETE, &format!("/v1/devices/{name}"), &[], None).await;
    assert!(revoked.status.is_success(), "{}", revoked.text());
    assert!(!phone.try_upload(&unsent).await.status.is_success());
    assert_eq!(statement(&mut tablet).await.durables, skus(&["lantern"]));
    // And so nobody pays for it again.
    let again = [buy_lantern(&mut tablet), buy(&mut tablet, "sword_of_dawn", "4.99")];
    let answer = tablet.upload(&again).await;
    assert_eq!((answer.settlement.statement.refunds, owed(&world).await), (1, usd("-38.52")));
    assert_eq!(answer.settlement.statement.durables, skus(&["lantern", "sword_of_dawn"]));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_merchant_hears_of_the_purchase_and_then_that_it_was_given_back() {
    let world = World::new();
    let hook = json!({"url": "https://studio.example/hooks"});
    let hooked = world.merchant(Method::POST, "/v1/webhook-endpoints", &[], Some(hook)).await;
    assert!(hooked.status.is_success(), "{}", hooked.text());
    let (mut phone, mut tablet) = two_devices(&world).await;
    let (first, second) = ([buy_lantern(&mut phone)], [buy_lantern(&mut tablet)]);
    phone.upload(&first).await;
    tablet.upload(&second).await;
    let id = second[0].entry().id.to_string();
    let mut told = crate::rows::rows(&world).await.remove("webhook_messages").unwrap();
    told.sort_by_key(|message| message["revision"].as_u64());
    let bodies = told.iter().map(|message| message["body"].as_str().unwrap()).filter(|body| body.contains(&id));
    let kinds: Vec<Value> = bodies.map(|body| serde_json::from_str::<Value>(body).unwrap()["type"].take()).collect();
    assert_eq!(kinds, ["purchases.settled", "refund.succeeded"]);
}

/// What was bought before the gateway had a table of it, it takes over from what the devices have left.
#[tokio::test]
async fn what_was_bought_before_an_update_is_there_after_it() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let bought = [buy_lantern(&mut phone), phone.buy(), buy(&mut phone, "sword_of_dawn", "4.99")];
    phone.upload(&bought).await;
    let wish = json!({"purchase": bought[2].entry().id, "reason": "broken"});
    let given = world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", "sword")], Some(wish)).await;
    assert!(given.status.is_success(), "{}", given.text());
    let known = crate::rows::rows(&world).await.remove("durables").unwrap();
    let migration = match crate::rows::database(&world) {
        Some(_) => include_str!("../src/store/postgres/migrations/0016_durables.sql"),
        None => include_str!("../src/store/sqlite/migrations/0016_durables.sql"),
    };
    execute(&world, &format!("DROP TABLE durables; {migration}")).await.unwrap();
    let taken_over = crate::rows::rows(&world).await.remove("durables").unwrap();
    let left = |rows: Vec<serde_json::Map<String, Value>>| -> Vec<_> {
        rows.into_iter().filter(|row| row["quantity"] != json!(0)).collect()
    };
    assert_eq!(left(taken_over), left(known));
    assert_eq!(statement(&mut tablet).await.durables, skus(&["lantern"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_settle_at_the_same_moment_pay_for_it_once() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let (first, second) = ([buy_lantern(&mut phone)], [buy_lantern(&mut tablet)]);
    tokio::join!(phone.upload(&first), tablet.upload(&second));
    for device in [&mut phone, &mut tablet] {
        let statement = statement(device).await;
        assert_eq!((statement.durables, statement.refunds), (skus(&["lantern"]), 1));
    }
    assert_eq!(owed(&world).await, usd("-43.51"));
    world.assert_balanced().await;
}
