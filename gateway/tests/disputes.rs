//! What testers are promised of a sandbox's bank: it takes a charge back on order, and all that follows is as with a
//! real one.

use axum::http::{Method, StatusCode};
use farthing_protocol::api::TopUpState;
use farthing_protocol::{DisputedCharge, IdempotencyKey, Money, ProblemKind};
use serde_json::{Value, json};

use crate::device::{Answer, Device, GOOD_CARD, World, usd};

/// As wallets call a top-up.
const NAME: &str = "0f5ba27a-79c5-466f-986c-01a20da03a4c";
/// Authorises a tab, and can't be charged at its end.
const FAILING_CARD: &str = "4000000000000341";

async fn order(world: &World, payment: &str, state: &str) -> Answer {
    let path = format!("/v1/sandbox/disputes/{payment}");
    world.merchant(Method::PUT, &path, &[], Some(json!({"state": state}))).await
}

async fn ordered(world: &World, payment: &str, state: &str) -> Value {
    order(world, payment, state).await.json()
}

/// A device that has topped up fifty dollars, of which twenty are reserved for it.
async fn funded(world: &World) -> (Device, String) {
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    let top_up = device.top_up(NAME, usd("50.00"), &card).await;
    assert_eq!(top_up.state, TopUpState::Succeeded);
    device.refresh().await;
    (device, top_up.id.to_string())
}

/// What is the player's: available and reserved.
async fn players(world: &World) -> Money {
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    usd("0").minus(owed).unwrap()
}

async fn disputed(device: &mut Device) -> Vec<DisputedCharge> {
    device.account().await.0.disputed
}

/// The kinds of messages for the merchant's back end, the oldest first, with what they say of a dispute.
async fn told(world: &World, endpoint: &Value) -> Vec<(String, Value)> {
    let path = format!("/v1/webhook-endpoints/{}/messages", endpoint["id"].as_str().unwrap());
    let answer: Value = world.merchant(Method::GET, &path, &[], None).await.json();
    let messages = answer["messages"].as_array().unwrap().iter().rev();
    let of_disputes = messages.filter(|message| message["body"]["type"].as_str().unwrap().starts_with("dispute."));
    let told = of_disputes.map(|message| {
        let body = &message["body"];
        (body["type"].as_str().unwrap().to_owned(), body["data"].clone())
    });
    told.collect()
}

#[tokio::test]
async fn a_charge_that_is_taken_back_is_held_and_comes_back_when_it_is_won() {
    // The dispute costs the platform 15.00 (less its share of what is bought); a lost one also what was reserved, and the
    // part of the charge's fee that is not spread yet.
    for (outcome, players_after, clearing, revenue) in
        [("won", "50.00", "33.25", "14.9875"), ("lost", "20.00", "-16.75", "36.0375")]
    {
        let world = World::new();
        let hook = json!({"url": "https://studio.example/hooks"});
        let endpoint: Value = world.merchant(Method::POST, "/v1/webhook-endpoints", &[], Some(hook)).await.json();
        let (mut device, id) = funded(&world).await;
        let opened = ordered(&world, NAME, "open").await;
        let expected = json!({"payment": id, "amount": usd("50.00"), "held": usd("30.00"), "state": "open"});
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&opened[name], value, "{name}");
        }
        assert_eq!(players(&world).await, usd("20.00"), "what is reserved for a device is promised to settle");
        let charge =
            DisputedCharge { idempotency_key: IdempotencyKey::new(NAME).unwrap(), held: usd("30.00"), is_lost: false };
        assert_eq!(disputed(&mut device).await, std::slice::from_ref(&charge));
        // What was bought meanwhile settles.
        let bought = [device.buy()];
        assert_eq!(device.upload(&bought).await.receipts.len(), 1);

        // Whichever name, and asked again: it is one dispute.
        assert_eq!(ordered(&world, &id, "open").await, opened);
        let decided = ordered(&world, &id, outcome).await;
        assert_eq!((&decided["dispute"], decided["state"].as_str()), (&opened["dispute"], Some(outcome)));
        assert_eq!(ordered(&world, NAME, outcome).await, decided);
        let spent = usd("0.25");
        assert_eq!(players(&world).await, usd(players_after).minus(spent).unwrap());
        let lost = if outcome == "lost" { vec![DisputedCharge { is_lost: true, ..charge }] } else { vec![] };
        assert_eq!(disputed(&mut device).await, lost);
        assert_eq!(world.ledger("card_clearing").await, usd(clearing));
        assert_eq!(world.ledger("chargebacks").await, usd("0"));
        assert_eq!(world.ledger("platform_revenue").await, usd(revenue));
        world.assert_balanced().await;
        let data = |state: &Value| {
            let mut data = state.clone();
            data.as_object_mut().unwrap().remove("state");
            data
        };
        let expected = [("dispute.opened".to_owned(), data(&opened)), (format!("dispute.{outcome}"), data(&decided))];
        assert_eq!(told(&world, &endpoint).await, expected);

        // What is decided stays.
        for other in ["open", "won", "lost"].into_iter().filter(|state| *state != outcome) {
            let refused = order(&world, NAME, other).await;
            assert_eq!(refused.kind(), ProblemKind::DisputeRefused, "{other}");
        }
    }
}

#[tokio::test]
async fn a_closed_tab_s_charge_is_taken_back_too() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    let body = json!({"limit": usd("5.00"), "card": card.id}).to_string().into_bytes();
    let tab: Value = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", NAME)], Some(body)).await.json();
    assert_eq!(order(&world, NAME, "open").await.kind(), ProblemKind::DisputeRefused, "nothing is charged yet");
    let path = format!("/v1/tabs/{}/close", tab["id"].as_str().unwrap());
    device.call_with(Method::POST, &path, &[], None).await.json::<Value>();
    let lost = ordered(&world, NAME, "lost").await;
    // All of it is reserved for the device.
    assert_eq!((&lost["payment"], &lost["amount"], &lost["held"]), (&tab["id"], &json!(usd("5.00")), &json!(usd("0"))));
    let charge = DisputedCharge { idempotency_key: IdempotencyKey::new(NAME).unwrap(), held: usd("0"), is_lost: true };
    assert_eq!(disputed(&mut device).await, [charge]);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_no_card_was_charged_can_not_be_taken_back() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let declined = device.add_card("4000000000000002").await;
    let failed = device.top_up("declined", usd("5.00"), &declined).await.id.to_string();
    // The player has paid this one out of the balance: no bank is in it.
    let failing = device.add_card(FAILING_CARD).await;
    let body = json!({"limit": usd("5.00"), "card": failing.id}).to_string().into_bytes();
    let tab: Value = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "tab")], Some(body)).await.json();
    let (tab, close) = (tab["id"].as_str().unwrap(), format!("/v1/tabs/{}/close", tab["id"].as_str().unwrap()));
    device.call_with(Method::POST, &close, &[], None).await.json::<Value>();
    assert_eq!(order(&world, tab, "open").await.kind(), ProblemKind::DisputeRefused);
    device.refresh().await;
    let release = [device.release(usd("5.00"))];
    device.upload(&release).await;
    let paid: Value = device.call_with(Method::POST, &close, &[], None).await.json();
    assert_eq!(paid["state"], json!({"state": "closed", "charged": usd("5.00")}));
    for payment in [&failed, tab] {
        let refused = order(&world, payment, "open").await;
        assert_eq!((refused.status, refused.kind()), (StatusCode::CONFLICT, ProblemKind::DisputeRefused), "{payment}");
    }
    let unknown = order(&world, NAME, "open").await;
    assert_eq!(unknown.kind(), ProblemKind::NotFound);
    assert_eq!(order(&world, "first", "open").await.kind(), ProblemKind::InvalidRequest);
    world.assert_balanced().await;
}

#[tokio::test]
async fn money_goes_back_once_by_a_refund_or_by_the_bank() {
    let world = World::new();
    let (_, id) = funded(&world).await;
    let give_back = async |key: &str, amount: &str| {
        let body = json!({"top_up": id, "amount": usd(amount)});
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", key)], Some(body)).await
    };
    assert_eq!(give_back("one", "10.00").await.status, StatusCode::CREATED);
    let opened = ordered(&world, NAME, "open").await;
    assert_eq!((&opened["amount"], &opened["held"]), (&json!(usd("40.00")), &json!(usd("20.00"))));
    assert_eq!(give_back("two", "1.00").await.kind(), ProblemKind::AmountInvalid);
    ordered(&world, NAME, "won").await;
    assert_eq!(give_back("three", "20.00").await.status, StatusCode::CREATED);
    assert_eq!(ordered(&world, NAME, "won").await["amount"], json!(usd("40.00")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn only_the_secret_key_gives_orders_and_only_ones_that_are_right() {
    let world = World::new();
    let (mut device, _) = funded(&world).await;
    let path = format!("/v1/sandbox/disputes/{NAME}");
    for body in [json!({}), json!({"state": "closed"}), json!({"state": "open", "amount": usd("1.00")}), json!([])] {
        let refused = world.merchant(Method::PUT, &path, &[], Some(body.clone())).await;
        assert_eq!(refused.kind(), ProblemKind::InvalidRequest, "{body}");
    }
    let body = json!({"state": "open"}).to_string().into_bytes();
    let stranger = device.call_with(Method::PUT, &path, &[], Some(body)).await;
    assert_eq!(stranger.kind(), ProblemKind::Unauthorised);
    assert_eq!(disputed(&mut device).await, []);
}

#[tokio::test]
async fn no_fault_stands_between_a_tester_and_the_bank() {
    let world = World::new();
    funded(&world).await;
    let faults = json!({"error": {"status": 503}});
    let ordered_faults = world.merchant(Method::PUT, "/v1/sandbox/faults", &[], Some(faults)).await;
    assert_eq!(ordered_faults.status, StatusCode::OK);
    assert_eq!(ordered(&world, NAME, "open").await["state"], "open");
}
