//! What a player is promised who has more than one phone, or lost one: the money is the player's, not the phone's.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::api::{EnrolmentRequest, EnrolmentResponse, TopUpState};
use farthing_protocol::{Currency, ProblemKind, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, Device, GOOD_CARD, World, send, usd};

async fn ask(world: &World, method: Method, path: &str, key: &str, body: Value) -> Answer {
    let request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
    let request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "application/json");
    send(&world.gateway.router(), request.body(Body::from(body.to_string())).unwrap()).await
}

/// What a back end does for a player who has signed in.
async fn token(world: &World, user: &str) -> String {
    let key = world.gateway.secret_key().expose_secret();
    let answer: Value = ask(world, Method::POST, "/v1/enrolment-tokens", key, json!({"user": user})).await.json();
    answer["token"].as_str().unwrap().to_owned()
}

async fn try_to_enrol(world: &World, device: &mut Device, token: Option<&str>) -> Answer {
    let publishable_key = world.gateway.publishable_key().to_owned();
    // An enrolment is proven by the key alone.
    let access_token = device.token.take();
    let request = EnrolmentRequest { publishable_key, token: token.map(str::to_owned) };
    let answer = device.post("/v1/enrolments", &request).await;
    device.token = access_token;
    answer
}

/// A new device of a user.
async fn device_of(world: &World, user: &str) -> Device {
    let mut device = world.device();
    let token = token(world, user).await;
    let enrolment: EnrolmentResponse = try_to_enrol(world, &mut device, Some(&token)).await.json();
    // The key is known from now on, and needs no token.
    device.enrol(world.gateway.publishable_key()).await;
    assert_eq!(device.enrolment.as_ref().unwrap().device, enrolment.device);
    device
}

async fn top_up(device: &mut Device, amount: &str) {
    let card = device.add_card(GOOD_CARD).await;
    assert_eq!(device.top_up("first", usd(amount), &card).await.state, TopUpState::Succeeded);
    device.refresh().await;
}

fn account(device: &Device) -> String {
    device.enrolment.as_ref().unwrap().account.to_string()
}

#[tokio::test]
async fn two_phones_of_a_player_spend_from_one_account() {
    let world = World::new();
    let (mut phone, mut tablet) = (device_of(&world, "ada").await, device_of(&world, "ada").await);
    assert_eq!(account(&phone), account(&tablet));
    top_up(&mut phone, "50.00").await;
    // Each gets the usual reserve of 20 dollars, and what is left is for both.
    tablet.raise_allowance(None).await;
    tablet.refresh().await;
    assert_eq!(world.ledger("user_reserved").await, usd("-40.00"));
    for _ in 0..10 {
        let (on_phone, on_tablet) = ([phone.buy(), phone.buy()], [tablet.buy()]);
        phone.upload(&on_phone).await;
        tablet.upload(&on_tablet).await;
    }
    // Thirty purchases of a quarter.
    let owed = world.ledger("user_reserved").await.plus(world.ledger("user_available").await).unwrap();
    assert_eq!(owed, usd("-42.50"));
    for device in [&mut phone, &mut tablet] {
        let (statement, allowances) = device.account().await;
        assert_eq!(statement.available, [usd("2.50")]);
        let drawn = statement.drawn.iter().find(|drawn| drawn.total.currency() == Currency::USD).unwrap().total;
        assert_eq!(allowances[0].limit.minus(drawn).unwrap(), usd("20.00"), "its own reserve was made up");
    }
    world.assert_balanced().await;
    let stranger = device_of(&world, "bob").await;
    assert_ne!(account(&stranger), account(&phone));
}

#[tokio::test]
async fn a_player_who_lost_a_phone_has_the_money_on_the_next() {
    let world = World::new();
    let mut lost = device_of(&world, "ada").await;
    top_up(&mut lost, "5.00").await;
    let mut next = device_of(&world, "ada").await;
    let (statement, _) = next.raise_allowance(Some(usd("1.00"))).await;
    assert_eq!(statement.available, [usd("0")], "all of it is reserved for the lost one");
    let name = lost.enrolment.as_ref().unwrap().device.to_string();
    let key = world.gateway.secret_key().expose_secret();
    let revoked = ask(&world, Method::DELETE, &format!("/v1/devices/{name}"), key, json!({})).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    next.raise_allowance(Some(usd("1.00"))).await;
    next.refresh().await;
    let bought = [next.buy()];
    next.upload(&bought).await;
    assert_eq!(world.ledger("user_reserved").await, usd("-4.75"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_token_enrols_one_device_soon() {
    let world = World::new();
    let token = token(&world, "ada").await;
    let (mut first, mut second) = (world.device(), world.device());
    let enrolled: EnrolmentResponse = try_to_enrol(&world, &mut first, Some(&token)).await.json();
    let again: EnrolmentResponse = try_to_enrol(&world, &mut first, Some(&token)).await.json();
    assert_eq!((again.device, again.account), (enrolled.device, enrolled.account), "a lost answer is asked for again");
    let refused = try_to_enrol(&world, &mut second, Some(&token)).await.problem();
    assert_eq!((refused.kind, refused.field.as_deref()), (ProblemKind::EnrolmentRejected, Some("token")));

    let late = self::token(&world, "ada").await;
    let in_ten_minutes = world.clock.clock().now().as_second() + 600;
    world.clock.set(Timestamp::from_second(in_ten_minutes).unwrap());
    let mut third = world.device();
    assert_eq!(try_to_enrol(&world, &mut third, Some(&late)).await.kind(), ProblemKind::EnrolmentRejected);
}

#[tokio::test]
async fn what_is_no_enrolment_token_enrols_nobody() {
    let world = World::new();
    let other = World::new();
    let access = world.enrolled().await.token.unwrap();
    for bad in [String::new(), "token".into(), access, token(&other, "ada").await] {
        let refused = try_to_enrol(&world, &mut world.device(), Some(&bad)).await;
        assert_eq!(refused.kind(), ProblemKind::EnrolmentRejected, "{bad}");
    }
}

#[tokio::test]
async fn a_device_that_was_nobodys_becomes_a_players_with_its_money() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let before = account(&device);
    let first = token(&world, "ada").await;
    let enrolled: EnrolmentResponse = try_to_enrol(&world, &mut device, Some(&first)).await.json();
    assert_eq!(enrolled.account.to_string(), before);
    assert_eq!(account(&device_of(&world, "ada").await), before);
    // It does not change hands after that.
    let other = token(&world, "bob").await;
    assert_eq!(try_to_enrol(&world, &mut device, Some(&other)).await.kind(), ProblemKind::EnrolmentRejected);
    // And a player with an account does not take over another's.
    let mut nobodys = world.funded("5.00").await;
    let third = token(&world, "ada").await;
    assert_eq!(try_to_enrol(&world, &mut nobodys, Some(&third)).await.kind(), ProblemKind::EnrolmentRejected);
}

#[tokio::test]
async fn a_player_has_a_number_of_devices() {
    let world = World::new();
    let mut devices = Vec::new();
    for _ in 0..20 {
        devices.push(device_of(&world, "ada").await);
    }
    let one_more = token(&world, "ada").await;
    let refused = try_to_enrol(&world, &mut world.device(), Some(&one_more)).await;
    assert_eq!(refused.kind(), ProblemKind::EnrolmentRejected);
    let name = devices[0].enrolment.as_ref().unwrap().device;
    let key = world.gateway.secret_key().expose_secret();
    ask(&world, Method::DELETE, &format!("/v1/devices/{name}"), key, json!({})).await;
    try_to_enrol(&world, &mut world.device(), Some(&one_more)).await.json::<EnrolmentResponse>();
}

#[tokio::test]
async fn tokens_are_made_for_the_merchant_and_for_users_that_can_be_named() {
    let world = World::new();
    let key = world.gateway.secret_key().expose_secret();
    let path = "/v1/enrolment-tokens";
    let publishable = world.gateway.publishable_key();
    let refused = ask(&world, Method::POST, path, publishable, json!({"user": "ada"})).await;
    assert_eq!(refused.kind(), ProblemKind::Unauthorised);
    let long = "a".repeat(129);
    for (bad, field) in [
        (json!({"user": ""}), "user"),
        (json!({"user": long}), "user"),
        (json!({"user": "a\nb"}), "user"),
        (json!({"user": "ada", "valid_seconds": 0}), "valid_seconds"),
        (json!({"user": "ada", "valid_seconds": 86_401}), "valid_seconds"),
        (json!({}), "user"),
    ] {
        let refused = ask(&world, Method::POST, path, key, bad.clone()).await.problem();
        assert_eq!((refused.kind, refused.field.as_deref()), (ProblemKind::InvalidRequest, Some(field)), "{bad}");
    }
}
