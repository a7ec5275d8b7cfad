//! Cards and top-ups: where money comes in.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use farthing_protocol::api::{
    Card, CardBrand, CardRequest, CardsResponse, DeclineCode, TopUpRequest, TopUpResponse, TopUpState,
};
use farthing_protocol::{CardId, Currency, Money, ProblemKind, TopUpId};

use crate::device::{self, Answer, Device, GOOD_CARD, World, send, usd};
use crate::rows;

#[tokio::test]
async fn a_top_up_credits_the_balance_and_carries_the_fee() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    assert_eq!((card.brand, card.last_four.as_str()), (CardBrand::Visa, "4242"));
    let done = device.top_up("one", usd("5.00"), &card).await;
    assert_eq!((done.amount, done.state), (usd("5.00"), TopUpState::Succeeded));
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0.45"));
    // All of it is reserved for the device that asked, as its allowance says.
    assert_eq!(world.ledger("user_reserved").await, usd("-5.00"));
    let (statement, allowances) = device.account().await;
    assert_eq!((statement.available[0], allowances[0].limit), (usd("0"), usd("5.00")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_declined_card_is_not_charged_and_the_code_says_why() {
    let world = World::new();
    let mut device = world.enrolled().await;
    for (number, decline_code) in [
        ("4000000000000002", DeclineCode::GenericDecline),
        ("4000000000009995", DeclineCode::InsufficientFunds),
        ("4000000000009987", DeclineCode::LostCard),
        ("4000000000009979", DeclineCode::StolenCard),
        ("4000000000000069", DeclineCode::ExpiredCard),
        ("4000000000000127", DeclineCode::IncorrectCvc),
        ("4000000000000119", DeclineCode::ProcessingError),
    ] {
        let card = device.add_card(number).await;
        let declined = device.top_up(number, usd("5.00"), &card).await;
        assert_eq!(declined.state, TopUpState::Failed { decline_code });
        // It stays so.
        assert_eq!(said(device.top_up(number, usd("5.00"), &card).await), said(declined));
    }
    assert!(world.gateway.trial_balance().await.unwrap().balances.is_empty());
}

#[tokio::test]
async fn one_key_charges_once_also_at_once_and_after_a_restart() {
    let mut world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    let body = serde_json::to_vec(&TopUpRequest { amount: usd("5.00"), card: card.id }).unwrap();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let proof = device.proof(&axum::http::Method::POST, "/v1/top-ups", device.token.as_deref());
        let mut request = device.request(&axum::http::Method::POST, "/v1/top-ups", &proof, Some(body.clone()));
        request.headers_mut().insert("idempotency-key", "one".parse().unwrap());
        let router = device.router.clone();
        requests.spawn(async move { send(&router, request).await.json::<TopUpResponse>() });
    }
    let first = said(requests.join_next().await.unwrap().unwrap());
    while let Some(answer) = requests.join_next().await {
        assert_eq!(said(answer.unwrap()), first);
    }
    world.restart().await;
    device.router = world.gateway.router();
    assert_eq!(said(device.top_up("one", usd("5.00"), &card).await), first);
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));

    let other_amount = device.try_top_up("one", usd("6.00"), &card).await;
    assert_eq!(other_amount.kind(), ProblemKind::IdempotencyConflict);
    let other_card = device.add_card("5555555555554444").await;
    assert_eq!(device.try_top_up("one", usd("5.00"), &other_card).await.kind(), ProblemKind::IdempotencyConflict);
    // The same key of another account is another key.
    let mut neighbour = world.enrolled().await;
    let card = neighbour.add_card(GOOD_CARD).await;
    assert_ne!(neighbour.top_up("one", usd("5.00"), &card).await.id, first.0);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_top_up_that_was_given_up_charges_nothing_when_it_comes_late() {
    let mut world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    // The wallet can't know whether the first request has arrived: it asks for nothing under its key.
    for _ in 0..2 {
        assert_eq!(device.try_top_up("late", usd("0"), &card).await.kind(), ProblemKind::AmountInvalid);
    }
    world.restart().await;
    device.router = world.gateway.router();
    assert_eq!(device.try_top_up("late", usd("5.00"), &card).await.kind(), ProblemKind::IdempotencyConflict);
    assert_eq!(device.try_top_up("late", usd("0"), &card).await.kind(), ProblemKind::AmountInvalid);
    assert_eq!(world.ledger("card_clearing").await, usd("0"));
    // Once no request of before is taken any more, what is given up next forgets it.
    let later = world.clock.clock().now().checked_add(Duration::from_secs(601)).unwrap();
    world.clock.set(later);
    device.renew_token().await;
    assert_eq!(device.try_top_up("later", usd("0"), &card).await.kind(), ProblemKind::AmountInvalid);
    assert_eq!(rows::rows(&world).await["withdrawn_top_ups"].len(), 1);
    // What has arrived is the player's, and said to be.
    let charged = device.top_up("in-time", usd("5.00"), &card).await;
    assert_eq!(device.try_top_up("in-time", usd("0"), &card).await.kind(), ProblemKind::IdempotencyConflict);
    assert_eq!(device.top_up("in-time", usd("5.00"), &card).await.id, charged.id);
    // The same key of another account is another key.
    let mut neighbour = world.enrolled().await;
    let card = neighbour.add_card(GOOD_CARD).await;
    assert_eq!(neighbour.top_up("late", usd("5.00"), &card).await.state, TopUpState::Succeeded);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_top_up_that_timed_out_is_known_when_asked_again() {
    let mut world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card("4000000000004202").await;
    let begun = device.top_up("slow", usd("5.00"), &card).await;
    assert_eq!(begun.state, TopUpState::Processing);
    world.restart().await;
    device.router = world.gateway.router();
    let done: TopUpResponse = device.get(&format!("/v1/top-ups/{}", begun.id)).await.json();
    assert_eq!((done.id, done.state), (begun.id, TopUpState::Succeeded));
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));
}

/// What an answer says; it is signed anew each time.
fn said(answer: TopUpResponse) -> (TopUpId, Money, TopUpState) {
    (answer.id, answer.amount, answer.state)
}

/// Begins a top-up with 3-D Secure; returns it and the path of its page.
async fn authentication(device: &mut Device, number: &str) -> (TopUpResponse, Card, String) {
    let card = device.add_card(number).await;
    let begun = device.top_up(number, usd("5.00"), &card).await;
    let TopUpState::RequiresAction { url } = begun.state.clone() else { panic!("{:?}", begun.state) };
    let path = url.strip_prefix(device::ADDRESS).unwrap().to_owned();
    (begun, card, path)
}

async fn decide(world: &World, path: &str, form: &str) -> Answer {
    let request = Request::post(path).header("Content-Type", "application/x-www-form-urlencoded");
    send(&world.gateway.router(), request.body(Body::from(form.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_cardholder_confirms_on_the_banks_page() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let (begun, card, path) = authentication(&mut device, "4000002760003184").await;
    let page = send(&world.gateway.router(), Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text().contains("5.00 USD") && page.text().contains("Confirm"));
    assert_eq!(device.top_up("4000002760003184", usd("5.00"), &card).await.state, begun.state);
    assert_eq!(world.ledger("card_clearing").await, usd("0"));

    assert!(decide(&world, &path, "decision=confirm").await.text().contains("Confirmed"));
    // The balance does not wait for the wallet to ask, and a second decision changes nothing.
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));
    assert!(decide(&world, &path, "decision=decline").await.text().contains("Confirmed"));
    let done: TopUpResponse = device.get(&format!("/v1/top-ups/{}", begun.id)).await.json();
    assert_eq!(done.state, TopUpState::Succeeded);
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));
}

#[tokio::test]
async fn the_cardholder_declines_or_the_bank_does() {
    let world = World::new();
    for (number, decision, decline_code) in [
        ("4000002760003184", "decision=decline", DeclineCode::AuthenticationFailed),
        ("4000008400001629", "decision=confirm", DeclineCode::GenericDecline),
        ("4000008400001629", "decision=decline", DeclineCode::AuthenticationFailed),
    ] {
        let mut device = world.enrolled().await;
        let (begun, _, path) = authentication(&mut device, number).await;
        assert!(decide(&world, &path, decision).await.text().contains("Not charged"));
        let done: TopUpResponse = device.get(&format!("/v1/top-ups/{}", begun.id)).await.json();
        assert_eq!(done.state, TopUpState::Failed { decline_code });
    }
    assert!(world.gateway.trial_balance().await.unwrap().balances.is_empty());
}

#[tokio::test]
async fn the_page_takes_nothing_else() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let (begun, _, path) = authentication(&mut device, "4000002760003184").await;
    for form in ["", "decision=", "decision=maybe", "other=confirm", "%%%"] {
        assert_eq!(decide(&world, &path, form).await.kind(), ProblemKind::InvalidRequest, "{form}");
    }
    assert_eq!(decide(&world, &path, &"x".repeat(2_000)).await.kind(), ProblemKind::BodyTooLarge);
    let json = Request::post(&path).header("Content-Type", "application/json").body(Body::from("{}")).unwrap();
    assert_eq!(send(&world.gateway.router(), json).await.kind(), ProblemKind::UnsupportedMediaType);
    for name in ["x", "AAAAAAAAAAAAAAAAAAAAAA", &begun.id.to_string()] {
        let path = format!("/sandbox/authentication/{name}");
        assert_eq!(decide(&world, &path, "decision=confirm").await.kind(), ProblemKind::NotFound);
    }
    let still: TopUpResponse = device.get(&format!("/v1/top-ups/{}", begun.id)).await.json();
    assert_eq!(still.state, begun.state);
}

#[tokio::test]
async fn what_can_not_be_charged_is_refused() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    let gems = Money::parse("100", "gems".parse().unwrap()).unwrap();
    let half_a_yen = Money::parse("100.5", Currency::JPY).unwrap();
    for amount in
        [usd("0"), usd("-5"), usd("0.49"), usd("500.01"), usd("5.001"), usd("9223372036854"), gems, half_a_yen]
    {
        // Nothing withdraws its key, as the test of that says.
        let key = if amount.is_zero() { "nothing" } else { "key" };
        let answer = device.try_top_up(key, amount, &card).await;
        assert_eq!(answer.kind(), ProblemKind::AmountInvalid, "{amount}");
        assert_eq!(answer.problem().field.as_deref(), Some("amount"));
    }
    let unknown = Card { id: CardId::generate(), ..card.clone() };
    assert_eq!(device.try_top_up("key", usd("5"), &unknown).await.problem().field.as_deref(), Some("card"));
    let mut other = world.enrolled().await;
    assert_eq!(other.try_top_up("key", usd("5"), &card).await.kind(), ProblemKind::CardInvalid);
    assert_eq!(
        device.post("/v1/top-ups", &TopUpRequest { amount: usd("5"), card: card.id }).await.kind(),
        ProblemKind::InvalidRequest
    );
    let long = "k".repeat(65);
    for key in ["", "a b", long.as_str()] {
        assert_eq!(device.try_top_up(key, usd("5"), &card).await.kind(), ProblemKind::InvalidRequest, "{key}");
    }
    // A refused wish leaves its key free.
    assert_eq!(device.top_up("key", usd("5"), &card).await.state, TopUpState::Succeeded);
    let (mine, path) = (device.top_up("key", usd("5"), &card).await.id, "/v1/top-ups");
    assert_eq!(other.get(&format!("{path}/{mine}")).await.kind(), ProblemKind::NotFound);
    assert_eq!(device.get(&format!("{path}/{}", TopUpId::generate())).await.kind(), ProblemKind::NotFound);
    assert_eq!(device.get(&format!("{path}/none")).await.kind(), ProblemKind::InvalidRequest);
}

#[tokio::test]
async fn a_card_that_has_expired_since_is_not_charged() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    world.clock.set("2035-01-01T00:00:00Z".parse().unwrap());
    device.renew_token().await;
    let answer = device.try_top_up("late", usd("5"), &card).await;
    assert_eq!(answer.kind(), ProblemKind::CardInvalid);
    assert_eq!(answer.problem().field.as_deref(), Some("expiry_year"));
}

#[tokio::test]
async fn the_same_card_has_one_token_and_a_removed_card_has_none() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = device.add_card(GOOD_CARD).await;
    assert_eq!(device.add_card(GOOD_CARD).await, card);
    let amex = device.add_card("378282246310005").await;
    let cards: CardsResponse = device.get("/v1/cards").await.json();
    assert_eq!(cards.cards, [amex, card.clone()]);

    let path = format!("/v1/cards/{}", card.id);
    let mut other = world.enrolled().await;
    let delete = axum::http::Method::DELETE;
    assert_eq!(other.call_with(delete.clone(), &path, &[], None).await.kind(), ProblemKind::NotFound);
    for _ in 0..2 {
        assert_eq!(device.call_with(delete.clone(), &path, &[], None).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(device.try_top_up("removed", usd("5"), &card).await.kind(), ProblemKind::CardInvalid);
    let cards: CardsResponse = device.get("/v1/cards").await.json();
    assert_eq!(cards.cards.len(), 1);
    assert_ne!(device.add_card(GOOD_CARD).await.id, card.id);
}

#[tokio::test]
async fn a_card_that_can_not_be_right_is_refused_by_its_part() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let card = |number: &str, expiry_month, expiry_year, cvc: &str| CardRequest {
        number: number.into(),
        expiry_month,
        expiry_year,
        cvc: cvc.into(),
    };
    for (request, field) in [
        (card("4242424242424241", 12, 2034, "123"), "number"),
        (card("4111111111111111", 12, 2034, "123"), "number"),
        (card(GOOD_CARD, 13, 2034, "123"), "expiry_month"),
        (card(GOOD_CARD, 5, 2026, "123"), "expiry_year"),
        (card(GOOD_CARD, 12, 2034, "1234"), "cvc"),
    ] {
        let answer = device.post("/v1/cards", &request).await;
        assert_eq!(answer.kind(), ProblemKind::CardInvalid);
        assert_eq!(answer.problem().field.as_deref(), Some(field));
        let long_enough_to_tell = &request.number[..12];
        assert!(!answer.text().contains(long_enough_to_tell), "{}", answer.text());
    }
    let cards: CardsResponse = device.get("/v1/cards").await.json();
    assert!(cards.cards.is_empty());
}

#[tokio::test]
async fn a_card_number_is_nowhere_on_disk_and_in_no_refusal() {
    let world = World::new();
    let mut device = world.enrolled().await;
    // With a mistake in every place that a reader might quote.
    for body in [
        r#"{"number":4242424242424242,"expiry_month":12,"expiry_year":2034,"cvc":"123"}"#,
        r#"{"number":"4242424242424242","expiry_month":"4242424242424242","expiry_year":2034,"cvc":"123"}"#,
        r#"{"number":"4242424242424242","expiry_month":12,"expiry_year":4242424242424242,"cvc":"123"}"#,
        r#"{"4242424242424242":1,"number":"4242424242424242"}"#,
        r#"{"number":"4242424242424242""#,
        r#""4242424242424242""#,
    ] {
        let answer = device.post_raw("/v1/cards", body).await;
        assert_eq!(answer.kind(), ProblemKind::InvalidRequest);
        assert!(!answer.text().contains("4242"), "{}", answer.text());
    }
    let card = device.add_card(GOOD_CARD).await;
    device.top_up("one", usd("5.00"), &card).await;
    assert_eq!(files_with(world.folder.path(), GOOD_CARD), Vec::<String>::new());
    world.gateway.close().await;
    assert_eq!(files_with(world.folder.path(), GOOD_CARD), Vec::<String>::new());
}

/// The files that hold a text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}
