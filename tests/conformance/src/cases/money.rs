//! Cards, top-ups and what is reserved.

use farthing_protocol::api::{Card, CardRequest, CardsResponse, TopUpRequest, TopUpResponse, TopUpState};
use farthing_protocol::{Allowance, Currency, Money, ProblemKind, Statement, TopUpStatement};
use farthing_threats::raw::{Answer, RawDevice, json, read};
use http::{Method, StatusCode};

use super::access::{problem, refused};
use crate::{Target, usd};

fn request(number: &str) -> CardRequest {
    CardRequest { number: number.into(), expiry_month: 12, expiry_year: 2040, cvc: "123".into() }
}

async fn add(device: &mut RawDevice, number: &str) -> Card {
    read(&device.post("/v1/cards", &request(number)).await.unwrap())
}

/// Asks for a top-up under an idempotency key.
async fn charge(target: &Target, device: &mut RawDevice, key: &str, amount: Money, card: &Card) -> Answer {
    let (body, token) = (json(&TopUpRequest { amount, card: card.id }), device.token.clone());
    let mut request = device.courier.request(Method::POST, "/v1/top-ups", token.as_deref(), Some(&body));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    target.transport.send(request).await.unwrap()
}

/// What the account has, reserved or not.
async fn total(device: &mut RawDevice) -> i64 {
    let answer: farthing_protocol::api::AccountResponse = read(&device.get("/v1/account").await.unwrap());
    let statement: Statement = device.open(&answer.statement);
    let dollars = |money: &&Money| money.currency() == Currency::USD;
    let available = statement.available.iter().find(dollars).map_or(0, |money| money.micros());
    let drawn = statement.drawn.iter().find(|drawn| drawn.total.currency() == Currency::USD);
    let reserved =
        answer.allowances.iter().map(|token| device.open::<Allowance>(token)).map(|allowance| allowance.limit);
    let reserved = reserved.filter(|limit| limit.currency() == Currency::USD).map(|limit| limit.micros()).sum::<i64>();
    available + reserved - drawn.map_or(0, |drawn| drawn.total.micros())
}

pub(super) async fn card(target: Target) {
    let mut device = target.device().await;
    let first = add(&mut device, &target.card).await;
    assert_eq!(add(&mut device, &target.card).await, first);
    assert!(target.card.ends_with(&first.last_four) && first.last_four.len() == 4);
    let listed: CardsResponse = read(&device.get("/v1/cards").await.unwrap());
    assert_eq!(listed.cards, [first]);
}

pub(super) async fn wrong_card(target: Target) {
    let mut device = target.device().await;
    let mut digits = target.card.clone();
    let last = digits.pop().and_then(|digit| digit.to_digit(10)).expect("the card's number ends in a digit");
    let wrong_number = request(&format!("{digits}{}", (last + 1) % 10));
    let (mut past, mut month) = (request(&target.card), request(&target.card));
    past.expiry_year = 2020;
    month.expiry_month = 13;
    for (request, field) in [(wrong_number, "number"), (past, "expiry_year"), (month, "expiry_month")] {
        let answer = problem(&device.post("/v1/cards", &request).await.unwrap());
        assert_eq!((answer.kind, answer.field.as_deref()), (ProblemKind::CardInvalid, Some(field)));
    }
}

pub(super) async fn removed_card(target: Target) {
    let mut device = target.device().await;
    let card = add(&mut device, &target.card).await;
    let remove = |device: &RawDevice| {
        device.courier.request(Method::DELETE, &format!("/v1/cards/{}", card.id), device.token.as_deref(), None)
    };
    assert_eq!(target.transport.send(remove(&device)).await.unwrap().status(), StatusCode::NO_CONTENT);
    let listed: CardsResponse = read(&device.get("/v1/cards").await.unwrap());
    assert_eq!(listed.cards, []);
    let answer = charge(&target, &mut device, "one", usd("5.00"), &card).await;
    refused(&answer, ProblemKind::CardInvalid);
    let stranger = target.device().await;
    refused(&target.transport.send(remove(&stranger)).await.unwrap(), ProblemKind::NotFound);
}

pub(super) async fn top_up(target: Target) {
    let mut device = target.device().await;
    let card = add(&mut device, &target.card).await;
    for _ in 0..3 {
        let answer: TopUpResponse = read(&charge(&target, &mut device, "once", usd("5.00"), &card).await);
        assert_eq!(answer.state, TopUpState::Succeeded);
        assert_eq!(total(&mut device).await, 5_000_000);
    }
    let _: TopUpResponse = read(&charge(&target, &mut device, "again", usd("5.00"), &card).await);
    assert_eq!(total(&mut device).await, 10_000_000);
}

pub(super) async fn idempotency_conflict(target: Target) {
    let mut device = target.device().await;
    let card = add(&mut device, &target.card).await;
    let _: TopUpResponse = read(&charge(&target, &mut device, "key", usd("5.00"), &card).await);
    let other = charge(&target, &mut device, "key", usd("6.00"), &card).await;
    refused(&other, ProblemKind::IdempotencyConflict);
    // The key is looked for before the amount: a wallet that wants no charge any more asks so whether there is one.
    let nothing = charge(&target, &mut device, "key", usd("0"), &card).await;
    refused(&nothing, ProblemKind::IdempotencyConflict);
    let never = charge(&target, &mut device, "another-key", usd("0"), &card).await;
    refused(&never, ProblemKind::AmountInvalid);
    assert_eq!(total(&mut device).await, 5_000_000);
}

pub(super) async fn top_up_statement(target: Target) {
    let mut device = target.device().await;
    let card = add(&mut device, &target.card).await;
    let answer: TopUpResponse = read(&charge(&target, &mut device, "signed", usd("5.00"), &card).await);
    let statement: TopUpStatement = device.open(&answer.statement);
    assert_eq!((statement.idempotency_key.as_str(), statement.account), ("signed", device.enrolment.account));
    assert_eq!((statement.amount, statement.state), (usd("5.00"), answer.state));
}

pub(super) async fn allowance(target: Target) {
    let player = target.player().await;
    let allowance = player.device.allowance.clone().expect("there is an allowance once there is money");
    assert_eq!(
        (allowance.device, allowance.account),
        (player.device.enrolment.device, player.device.enrolment.account)
    );
    assert_eq!(allowance.key, player.device.public_key().thumbprint(), "it is bound to the device's key");
    assert!((1..=5_000_000).contains(&allowance.limit.micros()), "{}", allowance.limit);
    assert!(allowance.issued_at < allowance.expires_at && allowance.expires_at <= allowance.settle_by);
}
