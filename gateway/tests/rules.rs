//! What operators are promised of the rules that the law sets, once they have switched them on: strong authentication,
//! caps, ages. Off, none of them is there.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::api::{Card, EnrolmentRequest, EnrolmentResponse, TopUpState};
use farthing_protocol::{ProblemKind, TopUpCap};
use serde_json::{Value, json};

use crate::device::{ADDRESS, Device, GOOD_CARD, World, send, usd};

/// A gateway with rules.
async fn world(rules: &str) -> World {
    let mut world = World::new();
    let file = world.folder.path().join("gateway.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{settings}\n{rules}\n")).unwrap();
    world.restart().await;
    world
}

/// The cardholder decides on the bank's page.
async fn decide(world: &World, url: &str, decision: &str) {
    let path = url.strip_prefix(ADDRESS).unwrap();
    let request = Request::post(path).header("Content-Type", "application/x-www-form-urlencoded");
    let form = Body::from(format!("decision={decision}"));
    let answer = send(&world.gateway.router(), request.body(form).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

async fn confirm(world: &World, url: &str) {
    decide(world, url, "confirm").await;
}

/// Charges a card; says whether its cardholder was asked.
async fn charge(world: &World, device: &mut Device, key: &str, amount: &str, card: &Card) -> bool {
    match device.top_up(key, usd(amount), card).await.state {
        TopUpState::Succeeded => false,
        TopUpState::RequiresAction { url } => {
            confirm(world, &url).await;
            assert_eq!(device.top_up(key, usd(amount), card).await.state, TopUpState::Succeeded);
            true
        }
        other => panic!("{other:?}"),
    }
}

const AUTHENTICATION: &str = "[rules.authentication]
each = { default = \"30.00\" }
in_all = { default = \"100.00\" }
in_a_row = 5";

#[tokio::test]
async fn a_top_up_asks_for_strong_authentication_when_it_is_due_and_the_counting_begins_anew() {
    let world = world(AUTHENTICATION).await;
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    let mut asked = Vec::new();
    for (number, amount) in
        ["30.00", "30.00", "30.00", "30.00", "30.01", "1", "1", "1", "1", "1", "1", "1"].iter().enumerate()
    {
        asked.push(charge(&world, &mut device, &format!("number-{number}"), amount, &card).await);
    }
    // The fourth would make 120; 30.01 is no low value; the sixth of one dollar is more than five in a row.
    let expected = [false, false, false, true, true, false, false, false, false, false, true, false];
    assert_eq!(asked, expected);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_cardholder_who_does_not_prove_it_is_asked_again() {
    let world = world(AUTHENTICATION).await;
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    for number in 0..2 {
        let begun = device.top_up(&format!("number-{number}"), usd("31.00"), &card).await;
        let TopUpState::RequiresAction { url } = begun.state else { panic!("{:?}", begun.state) };
        decide(&world, &url, "decline").await;
    }
    assert_eq!(world.ledger("user_available").await, usd("0"));
}

#[tokio::test]
async fn without_rules_nobody_is_asked_and_nothing_is_capped() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    for number in 0..7 {
        assert!(!charge(&world, &mut device, &format!("number-{number}"), "100.00", &card).await);
    }
}

#[tokio::test]
async fn a_tab_is_counted_and_asks_too() {
    let world = world(AUTHENTICATION).await;
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    let body = serde_json::to_vec(&json!({"limit": usd("40.00"), "card": card.id})).unwrap();
    let tab = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "tab")], Some(body)).await;
    let tab: Value = tab.json();
    assert_eq!(tab["state"]["state"], json!("requires_action"), "{tab}");
    // The page is there for a tab, too.
    confirm(&world, tab["state"]["url"].as_str().unwrap()).await;
    let tab: Value = device.get(&format!("/v1/tabs/{}", tab["id"].as_str().unwrap())).await.json();
    assert_eq!(tab["state"]["state"], json!("open"), "{tab}");
}

#[tokio::test]
async fn a_top_up_that_would_pass_a_cap_is_refused_and_the_cap_is_named() {
    let rules = "[rules.caps]\nbalance = { default = \"150.00\" }\nmonthly_load = { default = \"200.00\" }";
    let world = world(rules).await;
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    charge(&world, &mut device, "one", "100.00", &card).await;
    let refused = device.try_top_up("two", usd("50.01"), &card).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem = refused.problem();
    let reached = problem.cap.unwrap();
    assert_eq!((problem.kind, reached.cap), (ProblemKind::TopUpCapReached, TopUpCap::Balance));
    assert_eq!((reached.most, reached.room), (usd("150.00"), usd("50.00")));
    charge(&world, &mut device, "three", "50.00", &card).await;

    // What was spent is not held any more, but it was loaded in this month.
    device.refresh().await;
    for _ in 0..4 {
        device.refresh().await;
        let bought: Vec<_> = (0..80).map(|_| device.buy()).collect();
        device.upload(&bought).await;
    }
    let reached = device.try_top_up("four", usd("60.00"), &card).await.problem().cap.unwrap();
    assert_eq!((reached.cap, reached.most, reached.room), (TopUpCap::MonthlyLoad, usd("200.00"), usd("50.00")));
    world.pass_days(30);
    device.renew_token().await;
    charge(&world, &mut device, "five", "60.00", &card).await;
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_under_way_counts_so_that_two_at_once_do_not_pass_a_cap_together() {
    let world = world("[rules.caps]\nbalance = { default = \"50.00\" }").await;
    let mut device = world.enrolled().await;
    let card = device.add_card("4000002760003184").await;
    let begun = device.top_up("one", usd("30.00"), &card).await;
    let TopUpState::RequiresAction { url } = begun.state else { panic!("{:?}", begun.state) };
    let reached = device.try_top_up("two", usd("30.00"), &card).await.problem().cap.unwrap();
    assert_eq!(reached.room, usd("20.00"));
    confirm(&world, &url).await;
    // The one that was let in is not refused by itself.
    assert_eq!(device.top_up("one", usd("30.00"), &card).await.state, TopUpState::Succeeded);
}

/// A device of whose user something is declared.
async fn declared(world: &World, body: Value) -> Device {
    let token: Value = world.merchant(Method::POST, "/v1/enrolment-tokens", &[], Some(body)).await.json();
    let mut device = world.device();
    let publishable_key = world.gateway.publishable_key().to_owned();
    let request = EnrolmentRequest { publishable_key, token: token["token"].as_str().map(str::to_owned) };
    let _: EnrolmentResponse = device.post("/v1/enrolments", &request).await.json();
    device.enrol(world.gateway.publishable_key()).await;
    device
}

#[tokio::test]
async fn the_young_can_not_charge_a_card_or_need_a_guardian() {
    let world = world("[rules.age]\ntop_ups_from = 13\nguardian_below = 18").await;
    for (user, age, expected) in [
        ("unknown", None, Some(ProblemKind::AgeRestricted)),
        ("child", Some(12), Some(ProblemKind::AgeRestricted)),
        ("teen", Some(15), Some(ProblemKind::GuardianRequired)),
        ("adult", Some(18), None),
    ] {
        let mut device = declared(&world, json!({"user": user, "age": age})).await;
        let card = device.add_card(GOOD_CARD).await;
        let answer = device.try_top_up("one", usd("5.00"), &card).await;
        match expected {
            Some(kind) => assert_eq!(answer.kind(), kind, "{user}"),
            None => assert_eq!(answer.status, StatusCode::OK, "{user}"),
        }
    }
    let old = world.merchant(Method::POST, "/v1/enrolment-tokens", &[], Some(json!({"user": "a", "age": 121}))).await;
    assert_eq!((old.kind(), old.problem().field.as_deref()), (ProblemKind::InvalidRequest, Some("age")));
}

#[tokio::test]
async fn a_receipt_says_the_tax_that_is_in_its_price() {
    let world = world("[rules.tax]\ncountry = \"DE\"\nrates = { DE = \"19\", FR = \"20\" }").await;
    for (user, country, rate, sums) in [
        ("ada", json!(null), Some(("DE", 190_000)), ["0.039915", "0.079831", "0.119747"]),
        ("marie", json!("FR"), Some(("FR", 200_000)), ["0.041666", "0.083333", "0.125"]),
        ("uri", json!("CH"), None, ["0", "0", "0"]),
    ] {
        let mut device = declared(&world, json!({"user": user, "country": country})).await;
        let card = device.add_card(GOOD_CARD).await;
        assert_eq!(device.top_up("one", usd("5.00"), &card).await.state, TopUpState::Succeeded);
        device.refresh().await;
        let bought = [device.buy(), device.buy(), device.buy()];
        let mut sum = usd("0");
        for (receipt, expected) in device.upload(&bought).await.receipts.iter().zip(sums) {
            let said = receipt.tax.as_ref().map(|tax| (tax.country.as_str(), tax.per_million));
            assert_eq!(said, rate, "{user}");
            sum = sum.plus(receipt.tax.as_ref().map_or(usd("0"), |tax| tax.amount)).unwrap();
            assert_eq!(sum, usd(expected), "{user}");
            assert_eq!(receipt.split.total().unwrap(), receipt.total);
        }
    }
    for bad in ["de", "DEU", "D1", ""] {
        let body = json!({"user": "a", "country": bad});
        let refused = world.merchant(Method::POST, "/v1/enrolment-tokens", &[], Some(body)).await;
        assert_eq!(
            (refused.kind(), refused.problem().field.as_deref()),
            (ProblemKind::InvalidRequest, Some("country"))
        );
    }
}

#[tokio::test]
async fn what_a_later_token_declares_counts_and_what_it_leaves_out_stays() {
    let world = world("[rules.age]\ntop_ups_from = 13\n[rules.tax]\ncountry = \"DE\"\nrates = { FR = \"20\" }").await;
    let mut phone = declared(&world, json!({"user": "ada", "age": 12, "country": "FR"})).await;
    let card = phone.add_card(GOOD_CARD).await;
    assert_eq!(phone.try_top_up("one", usd("5.00"), &card).await.kind(), ProblemKind::AgeRestricted);
    // A year later, on another phone.
    declared(&world, json!({"user": "ada", "age": 13})).await;
    assert_eq!(phone.top_up("two", usd("5.00"), &card).await.state, TopUpState::Succeeded);
    phone.refresh().await;
    let bought = [phone.buy()];
    let receipts = phone.upload(&bought).await.receipts;
    assert_eq!(receipts[0].tax.as_ref().unwrap().country, "FR");
}
