//! What operators are promised of tabs whose card could not be charged: the player owes it, and the next one is smaller.

use axum::http::{Method, StatusCode};
use farthing_protocol::api::Card;
use farthing_protocol::{CapReached, Currency, Money, ProblemKind, TopUpCap};
use serde_json::{Value, json};

use crate::device::{Answer, Device, GOOD_CARD, World, usd};

/// Authorises a tab, and can't be charged at its end.
const FAILING_CARD: &str = "4000000000000341";
/// Authorises nothing.
const DECLINED_CARD: &str = "4000000000009995";

async fn try_open(device: &mut Device, key: &str, limit: Money, card: &Card) -> Answer {
    let body = json!({"limit": limit, "card": card.id}).to_string().into_bytes();
    device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", key)], Some(body)).await
}

/// Opens a tab and closes it again, with all of it reserved for the device, which counts as spent; says how far it is.
async fn open_and_close(device: &mut Device, key: &str, limit: Money, card: &Card) -> Value {
    let opened: Value = try_open(device, key, limit, card).await.json();
    assert_eq!(opened["state"]["state"], json!("open"), "{opened}");
    close(device, &opened).await
}

async fn close(device: &mut Device, tab: &Value) -> Value {
    let path = format!("/v1/tabs/{}/close", tab["id"].as_str().unwrap());
    device.call_with(Method::POST, &path, &[], None).await.json()
}

/// The device gives back what is reserved for it.
async fn give_back(device: &mut Device, amount: Money) {
    device.refresh().await;
    let release = [device.release(amount)];
    device.upload(&release).await;
}

/// A tab whose card could not be charged, and which the player has paid out of the balance.
async fn decline(device: &mut Device, key: &str, limit: Money, failing: &Card) {
    let failed = open_and_close(device, key, limit, failing).await;
    assert_eq!(failed["state"], json!({"state": "failed", "decline_code": "other", "due": limit}));
    give_back(device, limit).await;
    let paid = close(device, &failed).await;
    assert_eq!(paid["state"], json!({"state": "closed", "charged": limit}));
}

fn assert_refused(answer: &Answer, most: Money) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
    let problem = answer.problem();
    assert_eq!((problem.kind, problem.field.as_deref()), (ProblemKind::TopUpCapReached, Some("limit")));
    assert_eq!(problem.cap, Some(CapReached { cap: TopUpCap::Tab, most, room: most }));
}

#[tokio::test]
async fn after_each_decline_the_next_tab_is_half_as_large_and_after_a_charge_as_large_as_any() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let (good, failing) = (device.add_card(GOOD_CARD).await, device.add_card(FAILING_CARD).await);
    decline(&mut device, "first", usd("10.00"), &failing).await;
    // Whichever card: it is the player who was not good for it. What was refused is not there: its key is free.
    assert_refused(&try_open(&mut device, "second", usd("5.01"), &good).await, usd("5.00"));
    decline(&mut device, "second", usd("5.00"), &failing).await;
    assert_refused(&try_open(&mut device, "third", usd("5.00"), &good).await, usd("2.50"));
    // Other money is another matter.
    let euros = try_open(&mut device, "euros", Money::parse("10.00", Currency::EUR).unwrap(), &good).await;
    assert_eq!(euros.status, StatusCode::OK, "{}", euros.text());

    // One that no card was to be charged for says nothing.
    let idle: Value = try_open(&mut device, "idle", usd("2.50"), &good).await.json();
    give_back(&mut device, usd("2.50")).await;
    assert_eq!(close(&mut device, &idle).await["state"], json!({"state": "closed", "charged": usd("0")}));
    assert_refused(&try_open(&mut device, "third", usd("2.51"), &good).await, usd("2.50"));

    let charged = open_and_close(&mut device, "third", usd("2.00"), &good).await;
    assert_eq!(charged["state"], json!({"state": "closed", "charged": usd("2.00")}));
    assert_eq!(try_open(&mut device, "fourth", usd("10.00"), &good).await.status, StatusCode::OK);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_that_no_card_has_authorised_makes_none_smaller() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let (good, declined) = (device.add_card(GOOD_CARD).await, device.add_card(DECLINED_CARD).await);
    let none: Value = try_open(&mut device, "first", usd("10.00"), &declined).await.json();
    assert_eq!(none["state"]["state"], json!("failed"));
    assert_eq!(try_open(&mut device, "second", usd("10.00"), &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_tab_that_a_card_can_be_charged_for_is_always_open_to_a_player() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let (good, failing) = (device.add_card(GOOD_CARD).await, device.add_card(FAILING_CARD).await);
    decline(&mut device, "first", usd("0.60"), &failing).await;
    assert_refused(&try_open(&mut device, "second", usd("0.51"), &good).await, usd("0.50"));
    assert_eq!(try_open(&mut device, "third", usd("0.50"), &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_operator_sets_how_much_smaller_or_switches_it_off() {
    for (after_decline, allowed, refused) in [("20", "2.00", Some("2.01")), ("100", "500.00", None)] {
        let mut world = World::new();
        let file = world.folder.path().join("gateway.toml");
        let settings = std::fs::read_to_string(&file).unwrap();
        let changed = settings.replace("after_decline = \"50\"", &format!("after_decline = \"{after_decline}\""));
        assert_ne!(settings, changed);
        std::fs::write(&file, changed).unwrap();
        world.restart().await;
        let mut device = world.enrolled().await;
        let (good, failing) = (device.add_card(GOOD_CARD).await, device.add_card(FAILING_CARD).await);
        decline(&mut device, "first", usd("10.00"), &failing).await;
        if let Some(refused) = refused {
            assert_refused(&try_open(&mut device, "second", usd(refused), &good).await, usd(allowed));
        }
        assert_eq!(try_open(&mut device, "second", usd(allowed), &good).await.status, StatusCode::OK);
    }
}
