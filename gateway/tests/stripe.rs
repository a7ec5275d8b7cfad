//! What players, merchants and operators are promised where cards are charged through Stripe. Against a stateful fake
//! of ours (`tests/fake/mod.rs`), on both databases; that our requests are ones that Stripe takes is shown against
//! stripe-mock, in `src/processor/stripe/mock_tests.rs`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_gateway::{Gateway, ManualClock, StartError};
use farthing_protocol::api::{Card, DeclineCode, TopUpState};
use farthing_protocol::{DisputedCharge, IdempotencyKey, Money, ProblemKind, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, Device, World, send, usd};
use crate::fake::{Fake, SECRET_KEY, Trouble, WEBHOOK_SECRET, sign};

const SAMPLE: &str = include_str!("../src/gateway.toml");

/// A gateway that charges through the fake.
async fn set_up() -> (World, Fake) {
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    let fake = Fake::start(clock.clone()).await;
    let world = World::on(clock, |folder| prepare(folder, &fake.address, SECRET_KEY));
    (world, fake)
}

fn prepare(folder: &std::path::Path, api: &str, secret: &str) {
    let settings = format!(
        "{SAMPLE}\n[processors.stripe]\nreturn_url = \"game://paid\"\napi = \"{api}\"\n\
         fees = {{ percentage = \"2.9\", fixed = {{ default = \"0.30\" }} }}\n"
    );
    std::fs::write(folder.join("gateway.toml"), settings).unwrap();
    std::fs::write(folder.join("stripe-secret.key"), secret).unwrap();
    std::fs::write(folder.join("stripe-webhook.key"), WEBHOOK_SECRET).unwrap();
}

async fn add(device: &mut Device, method: &str) -> Card {
    device.post("/v1/payment-methods", &json!({"payment_method": method})).await.json()
}

/// A device that has topped up.
async fn funded(world: &World, amount: &str) -> (Device, Card) {
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    assert_eq!(device.top_up("first", usd(amount), &card).await.state, TopUpState::Succeeded);
    device.refresh().await;
    (device, card)
}

/// Stripe tells the gateway of something.
async fn tell(world: &World, (signature, body): (String, String)) -> Answer {
    let request =
        Request::post(format!("{ADDRESS}/v1/processors/stripe/webhook")).header("Stripe-Signature", signature);
    send(&world.gateway.router(), request.body(Body::from(body)).unwrap()).await
}

async fn tell_of(world: &World, fake: &Fake, kind: &str, id: &str) {
    assert_eq!(tell(world, fake.message(kind, id)).await.status, StatusCode::NO_CONTENT);
}

/// A request of the merchant's back end.
async fn ask(world: &World, method: Method, path: &str, key: &str, body: &Value) -> Answer {
    let secret = world.gateway.secret_key().expose_secret();
    let request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
    let request = request.header("Authorization", format!("Bearer {secret}")).header("Idempotency-Key", key);
    let request = request.header("Content-Type", "application/json");
    send(&world.gateway.router(), request.body(Body::from(body.to_string())).unwrap()).await
}

async fn refund(world: &World, key: &str, body: Value) -> Answer {
    ask(world, Method::POST, "/v1/refunds", key, &body).await
}

async fn open_tab(device: &mut Device, key: &str, limit: Money, card: &Card) -> Value {
    let body = json!({"limit": limit, "card": card.id}).to_string().into_bytes();
    device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", key)], Some(body)).await.json()
}

fn name(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

fn state(value: &Value) -> &str {
    value["state"]["state"].as_str().unwrap()
}

fn pass_hours(world: &World, hours: i64) {
    let now = world.clock.clock().now().as_millisecond() + hours * 3_600_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

/// What is the player's: available and reserved.
async fn players(world: &World) -> Money {
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    usd("0").minus(owed).unwrap()
}

#[tokio::test]
async fn a_card_is_kept_by_stripe_charged_once_and_the_receipt_has_the_fee_that_stripe_took() {
    let (world, fake) = set_up().await;
    let (mut device, card) = funded(&world, "5.00").await;
    assert_eq!((card.last_four.as_str(), card.expiry_year), ("4242", 2034));
    // The same card again is the same token; at Stripe it is one customer's.
    assert_eq!(add(&mut device, "pm_card_visa").await, card);
    assert_eq!(fake.all("customer").len(), 1);
    let again = device.top_up("first", usd("5.00"), &card).await;
    assert_eq!((again.state, fake.charged()), (TopUpState::Succeeded, 500));
    // Stripe took 46 cents, not the 45 of the price list; a twentieth of that is borne by a twentieth of the charge.
    assert_eq!(world.ledger("card_clearing").await, usd("4.54"));
    let bought = [device.buy()];
    let receipt = device.upload(&bought).await.receipts.pop().unwrap();
    assert_eq!(receipt.split.processor, usd("0.023"));
    world.assert_balanced().await;

    let removed = device.call_with(Method::DELETE, &format!("/v1/cards/{}", card.id), &[], None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(fake.all("payment_method").len(), 1, "the second attachment alone is left");
}

#[tokio::test]
async fn no_card_number_is_taken() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = json!({"number": "4242424242424242", "expiry_month": 12, "expiry_year": 2034, "cvc": "123"});
    let refused = device.post("/v1/cards", &card).await;
    assert_eq!((refused.kind(), refused.problem().field.as_deref()), (ProblemKind::CardInvalid, Some("number")));
    for bad in ["pm_none", "pm_", "card_1", "pm_../v1/charges", &format!("pm_{}", "a".repeat(253))] {
        let refused = device.post("/v1/payment-methods", &json!({"payment_method": bad})).await;
        assert_eq!(refused.kind(), ProblemKind::CardInvalid, "{bad}");
    }
    fake.trouble(Trouble::IsDown);
    let later = device.post("/v1/payment-methods", &json!({"payment_method": "pm_card_visa"})).await;
    assert_eq!((later.kind(), later.headers.contains_key("retry-after")), (ProblemKind::Unavailable, true));

    let sandbox = World::new();
    let refused =
        sandbox.enrolled().await.post("/v1/payment-methods", &json!({"payment_method": "pm_card_visa"})).await;
    assert_eq!(refused.kind(), ProblemKind::CardInvalid);
    assert_eq!(tell(&sandbox, fake.message("payment_intent.succeeded", "pi_1")).await.kind(), ProblemKind::NotFound);
}

#[tokio::test]
async fn a_declined_card_is_not_charged_and_says_why() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    for (method, decline_code) in [
        ("pm_card_chargeDeclinedInsufficientFunds", DeclineCode::InsufficientFunds),
        ("pm_card_chargeDeclinedStolenCard", DeclineCode::StolenCard),
    ] {
        let card = add(&mut device, method).await;
        for _ in 0..2 {
            assert_eq!(device.top_up(method, usd("5.00"), &card).await.state, TopUpState::Failed { decline_code });
        }
    }
    assert_eq!((fake.charged(), fake.all("payment_intent").len()), (0, 2));
    assert_eq!(players(&world).await, usd("0"));
}

#[tokio::test]
async fn the_bank_s_page_is_stripe_s_and_the_money_comes_in_by_its_webhook() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_authenticationRequired").await;
    for (key, is_confirmed) in [("confirmed", true), ("declined", false)] {
        let asked = device.top_up(key, usd("5.00"), &card).await;
        let TopUpState::RequiresAction { url } = &asked.state else { panic!("{:?}", asked.state) };
        assert!(url.starts_with("https://bank.example/pi_"), "{url}");
        assert_eq!(
            fake.all("payment_intent").pop().unwrap()["next_action"]["redirect_to_url"]["return_url"],
            "game://paid"
        );
        let intent = fake.authenticate(is_confirmed);
        let kind = if is_confirmed { "payment_intent.succeeded" } else { "payment_intent.payment_failed" };
        // Messages may come twice.
        tell_of(&world, &fake, kind, &intent).await;
        tell_of(&world, &fake, kind, &intent).await;
        assert_eq!(players(&world).await, usd("5.00"));
    }
    let declined = device.top_up("declined", usd("5.00"), &card).await;
    assert_eq!(declined.state, TopUpState::Failed { decline_code: DeclineCode::AuthenticationFailed });
    world.assert_balanced().await;
}

#[tokio::test]
async fn stripe_is_to_tell_again_what_it_could_not_be_asked_about() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_authenticationRequired").await;
    device.top_up("one", usd("5.00"), &card).await;
    let intent = fake.authenticate(true);
    fake.trouble(Trouble::IsDown);
    let told = tell(&world, fake.message("payment_intent.succeeded", &intent)).await;
    assert_eq!((told.kind(), players(&world).await), (ProblemKind::Unavailable, usd("0")));
    fake.trouble(Trouble::None);
    tell_of(&world, &fake, "payment_intent.succeeded", &intent).await;
    assert_eq!(players(&world).await, usd("5.00"));
}

#[tokio::test]
async fn an_answer_that_got_lost_is_asked_for_again_and_never_charged_again() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    fake.trouble(Trouble::LosesAnswers);
    for key in ["soon", "late"] {
        assert_eq!(device.top_up(key, usd("5.00"), &card).await.state, TopUpState::Processing);
    }
    fake.trouble(Trouble::None);
    assert_eq!(device.top_up("soon", usd("5.00"), &card).await.state, TopUpState::Succeeded);
    // When Stripe has forgotten the key, the same request would charge a second time.
    pass_hours(&world, 26);
    device.renew_token().await;
    assert_eq!(device.top_up("late", usd("5.00"), &card).await.state, TopUpState::Succeeded);
    assert_eq!((fake.charged(), players(&world).await), (1_000, usd("10.00")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_never_reached_stripe_is_not_charged_a_day_later() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    fake.trouble(Trouble::IsDown);
    assert_eq!(device.top_up("lost", usd("5.00"), &card).await.state, TopUpState::Processing);
    pass_hours(&world, 26);
    device.renew_token().await;
    assert_eq!(device.top_up("lost", usd("5.00"), &card).await.state, TopUpState::Processing);
    fake.trouble(Trouble::None);
    let TopUpState::Failed { .. } = device.top_up("lost", usd("5.00"), &card).await.state else { panic!("charged") };
    assert_eq!((fake.charged(), players(&world).await), (0, usd("0")));
}

#[tokio::test]
async fn a_card_that_is_removed_while_nobody_knows_leaves_no_money_behind() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    fake.trouble(Trouble::LosesAnswers);
    device.top_up("removed", usd("5.00"), &card).await;
    fake.trouble(Trouble::None);
    device.call_with(Method::DELETE, &format!("/v1/cards/{}", card.id), &[], None).await;
    // The request may still be under way.
    assert_eq!(device.top_up("removed", usd("5.00"), &card).await.state, TopUpState::Processing);
    pass_hours(&world, 2);
    device.renew_token().await;
    assert_eq!(device.top_up("removed", usd("5.00"), &card).await.state, TopUpState::Succeeded);
    assert_eq!((fake.charged(), players(&world).await), (500, usd("5.00")));
}

#[tokio::test]
async fn a_tab_is_one_charge_for_what_was_spent() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    let tab = open_tab(&mut device, "tab", usd("25.00"), &card).await;
    assert_eq!((state(&tab), fake.charged()), ("open", 0));
    assert_eq!(players(&world).await, usd("25.00"));
    let other = json!({"limit": usd("1.00"), "card": card.id}).to_string().into_bytes();
    let other = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "other")], Some(other)).await;
    assert_eq!(other.kind(), ProblemKind::TabUnpaid);
    let same_key = json!({"limit": usd("1.00"), "card": card.id}).to_string().into_bytes();
    let same_key = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "tab")], Some(same_key)).await;
    assert_eq!(same_key.kind(), ProblemKind::IdempotencyConflict);

    device.refresh().await;
    let bought = [device.buy(), device.buy(), device.buy()];
    device.upload(&bought).await;
    // The player wants to be charged for these alone, so the device gives back its reserve.
    let release = [device.release(usd("20.00"))];
    device.upload(&release).await;
    let path = format!("/v1/tabs/{}/close", name(&tab));
    fake.trouble(Trouble::LosesAnswers);
    assert_eq!(state(&device.call_with(Method::POST, &path, &[], None).await.json()), "closing");
    fake.trouble(Trouble::None);
    let closed: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!(closed["state"], json!({"state": "closed", "charged": usd("0.75")}));
    assert_eq!((fake.charged(), players(&world).await), (75, usd("0")));
    assert_eq!(world.ledger("card_authorised").await, usd("0"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0"));
    world.assert_balanced().await;

    // Nothing spent, nothing charged.
    let idle = open_tab(&mut device, "idle", usd("1.00"), &card).await;
    let release = [device.release(usd("1.00"))];
    device.upload(&release).await;
    let path = format!("/v1/tabs/{}/close", name(&idle));
    let closed: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!(closed["state"], json!({"state": "closed", "charged": usd("0")}));
    assert_eq!(fake.charged(), 75);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_that_nobody_closes_is_charged_before_its_authorisation_lapses() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    let tab = open_tab(&mut device, "tab", usd("5.00"), &card).await;
    world.gateway.close_lapsing_tabs().await.unwrap();
    assert_eq!(fake.charged(), 0);
    pass_hours(&world, 6 * 24 + 1);
    fake.trouble(Trouble::IsDown);
    world.gateway.close_lapsing_tabs().await.unwrap();
    assert_eq!(fake.charged(), 0);
    fake.trouble(Trouble::None);
    world.gateway.close_lapsing_tabs().await.unwrap();
    // All of it was reserved for the device, and stays the player's.
    assert_eq!((fake.charged(), players(&world).await), (500, usd("5.00")));
    device.renew_token().await;
    let shown: Value = device.get(&format!("/v1/tabs/{}", name(&tab))).await.json();
    assert_eq!(state(&shown), "closed");
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_whose_authorisation_has_lapsed_is_the_platform_s_loss_until_the_player_pays_it_out_of_the_balance() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    let tab = open_tab(&mut device, "tab", usd("5.00"), &card).await;
    let intent = fake.lapse();
    let path = format!("/v1/tabs/{}/close", name(&tab));
    let failed: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!(failed["state"], json!({"state": "failed", "decline_code": "other", "due": usd("5.00")}));
    tell_of(&world, &fake, "payment_intent.canceled", &intent).await;
    assert_eq!(world.ledger("card_authorised").await, usd("0"));
    assert_eq!(world.ledger("platform_revenue").await, usd("4.55"));
    world.assert_balanced().await;

    // Until it is paid there is no other tab, and a part of it is not taken.
    let body = json!({"limit": usd("5.00"), "card": card.id}).to_string().into_bytes();
    let other = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "other")], Some(body)).await;
    assert_eq!(other.kind(), ProblemKind::TabUnpaid);
    device.refresh().await;
    let release = [device.release(usd("4.99"))];
    device.upload(&release).await;
    let unpaid: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!((&unpaid["state"], players(&world).await), (&failed["state"], usd("5.00")));
    let release = [device.release(usd("0.01"))];
    device.upload(&release).await;
    let paid: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!(paid["state"], json!({"state": "closed", "charged": usd("5.00")}));
    let again: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!((&again["state"], players(&world).await), (&paid["state"], usd("0")));
    assert_eq!(world.ledger("platform_revenue").await, usd("0"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0"));
    world.assert_balanced().await;
    // The next one is smaller.
    let body = json!({"limit": usd("2.51"), "card": card.id}).to_string().into_bytes();
    let larger = device.call_with(Method::POST, "/v1/tabs", &[("idempotency-key", "next")], Some(body)).await;
    assert_eq!(larger.kind(), ProblemKind::TopUpCapReached);
    assert_eq!(state(&open_tab(&mut device, "next", usd("2.50"), &card).await), "open");
}

#[tokio::test]
async fn unspent_money_goes_back_to_the_card_and_what_could_not_be_sent_is_in_the_balance_again() {
    let (world, fake) = set_up().await;
    let (mut device, card) = funded(&world, "50.00").await;
    let top_up = device.top_up("first", usd("50.00"), &card).await.id;
    let before = world.gateway.trial_balance().await.unwrap().balances;
    fake.let_refunds_wait();
    let waiting: Value = refund(&world, "one", json!({"top_up": top_up, "amount": usd("10.00")})).await.json();
    assert_eq!((waiting["state"].as_str(), players(&world).await), (Some("pending"), usd("40.00")));
    let path = format!("/v1/refunds/{}", name(&waiting));
    tell_of(&world, &fake, "refund.updated", &fake.decide_refund("failed")).await;
    let failed: Value = ask(&world, Method::GET, &path, "", &json!({})).await.json();
    assert_eq!(failed["state"], "failed");
    let mut after = world.gateway.trial_balance().await.unwrap().balances;
    after.retain(|line| !line.balance.is_zero());
    assert_eq!(after, before, "as if it had never been asked for");

    let sent: Value = refund(&world, "two", json!({"top_up": top_up, "reason": "by mistake"})).await.json();
    assert_eq!(sent["amount"], json!(usd("30.00")), "what is reserved for the device stays there");
    tell_of(&world, &fake, "refund.updated", &fake.decide_refund("succeeded")).await;
    let done: Value = ask(&world, Method::GET, &path.replace(name(&waiting), name(&sent)), "", &json!({})).await.json();
    assert_eq!((done["state"].as_str(), players(&world).await), (Some("succeeded"), usd("20.00")));
    // The fee of what went back is the platform's: 1.76 was taken for 50.
    assert_eq!(world.ledger("platform_revenue").await, usd("1.056"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0.704"));
    let too_much = refund(&world, "three", json!({"top_up": top_up, "amount": usd("0.01")})).await;
    assert_eq!(too_much.kind(), ProblemKind::AmountInvalid);
    world.assert_balanced().await;
}

#[tokio::test]
async fn money_is_sent_back_once_whatever_gets_lost() {
    let (world, fake) = set_up().await;
    let (mut device, card) = funded(&world, "50.00").await;
    let top_up = device.top_up("first", usd("50.00"), &card).await.id;
    fake.trouble(Trouble::LosesAnswers);
    let lost: Value = refund(&world, "one", json!({"top_up": top_up, "amount": usd("10.00")})).await.json();
    assert_eq!(lost["state"], "pending");
    fake.trouble(Trouble::None);
    pass_hours(&world, 26);
    let again: Value = refund(&world, "one", json!({"top_up": top_up, "amount": usd("10.00")})).await.json();
    assert_eq!((name(&again), again["state"].as_str()), (name(&lost), Some("succeeded")));
    assert_eq!((fake.all("refund").len(), players(&world).await), (1, usd("40.00")));
    let other = refund(&world, "one", json!({"top_up": top_up, "amount": usd("11.00")})).await;
    assert_eq!(other.kind(), ProblemKind::IdempotencyConflict);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_disputed_charge_is_held_as_far_as_it_is_not_promised_and_comes_back_when_it_is_won() {
    for (outcome, players_after, revenue) in [("won", "50.00", "15.00"), ("lost", "20.00", "36.056")] {
        let (world, fake) = set_up().await;
        let (mut device, card) = funded(&world, "50.00").await;
        let top_up = device.top_up("first", usd("50.00"), &card).await.id;
        tell_of(&world, &fake, "charge.dispute.created", &fake.dispute("warning_needs_response")).await;
        assert_eq!(players(&world).await, usd("50.00"), "an inquiry moves nothing");
        tell_of(&world, &fake, "charge.dispute.created", &fake.dispute("needs_response")).await;
        tell_of(&world, &fake, "charge.dispute.updated", &fake.dispute("under_review")).await;
        assert_eq!(players(&world).await, usd("20.00"), "what is reserved for a device is promised to settle");
        let disputed = device.account().await.0.disputed;
        let held = DisputedCharge {
            idempotency_key: IdempotencyKey::new("first").unwrap(),
            held: usd("30.00"),
            is_lost: false,
        };
        assert_eq!(disputed, std::slice::from_ref(&held));
        let refused = refund(&world, "one", json!({"top_up": top_up})).await;
        assert_eq!(refused.kind(), ProblemKind::AmountInvalid, "it would go back twice");
        let dispute = fake.dispute(outcome);
        for kind in ["charge.dispute.closed", "charge.dispute.created"] {
            tell_of(&world, &fake, kind, &dispute).await;
        }
        assert_eq!(players(&world).await, usd(players_after));
        let lost = if outcome == "lost" { vec![DisputedCharge { is_lost: true, ..held }] } else { vec![] };
        assert_eq!(device.account().await.0.disputed, lost);
        assert_eq!(world.ledger("platform_revenue").await, usd(revenue));
        assert_eq!(world.ledger("chargebacks").await, usd("0"));
        world.assert_balanced().await;
    }
}

#[tokio::test]
async fn a_statement_names_a_disputed_tab_by_the_key_that_it_was_opened_with() {
    let (world, fake) = set_up().await;
    let mut device = world.enrolled().await;
    let card = add(&mut device, "pm_card_visa").await;
    let tab = open_tab(&mut device, "tab", usd("5.00"), &card).await;
    let path = format!("/v1/tabs/{}/close", name(&tab));
    let closed: Value = device.call_with(Method::POST, &path, &[], None).await.json();
    assert_eq!(state(&closed), "closed");
    assert_eq!(device.account().await.0.disputed, []);
    tell_of(&world, &fake, "charge.dispute.created", &fake.dispute("needs_response")).await;
    let disputed = device.account().await.0.disputed.remove(0);
    // All of it is reserved for the device, and promised to settle.
    assert_eq!((disputed.idempotency_key.as_str(), disputed.held), ("tab", usd("0")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn only_what_stripe_has_signed_just_now_is_listened_to() {
    let (world, fake) = set_up().await;
    let (signature, body) = fake.message("payment_intent.succeeded", "pi_of_another");
    let now = world.clock.clock().now().as_second();
    for bad in [
        String::new(),
        sign(&body, now, "whsec_other"),
        sign(&body, now - 301, WEBHOOK_SECRET),
        sign("{}", now, WEBHOOK_SECRET),
    ] {
        let refused = tell(&world, (bad.clone(), body.clone())).await;
        assert_eq!(refused.kind(), ProblemKind::InvalidRequest, "{bad}");
    }
    // What is of no payment of ours, or of a later version, is taken and does nothing.
    assert_eq!(tell(&world, (signature, body)).await.status, StatusCode::NO_CONTENT);
    for body in ["{}", r#"{"type": "customer.created", "data": {"object": {"id": "cus_1"}}}"#, "no JSON"] {
        let answer = tell(&world, (sign(body, now, WEBHOOK_SECRET), body.to_owned())).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{body}");
    }
}

#[tokio::test]
async fn an_operator_is_told_which_key_is_missing_and_live_keys_are_not_taken() {
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    for secret in ["", "sk_live_real", "sk_test_"] {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path(), "http://127.0.0.1:9", secret);
        let refused = Gateway::open(folder.path(), ADDRESS, clock.clock()).err().unwrap();
        assert!(matches!(refused, StartError::Keys(_)), "{refused:?}");
        let told = refused.to_string();
        assert!(told.contains("sk_test_") && told.contains("stripe-secret.key") && !told.contains("real"), "{told}");
    }
}
