//! What a player is told where a bank takes back what it was charged: why the balance falls, until when, and what is gone.
//! The bank is our stateful fake of Stripe.

#[path = "../../gateway/tests/fake/mod.rs"]
#[allow(dead_code, reason = "the gateway's own tests use the rest of it")]
mod fake;

use farthing_core::{
    AutoTopUp, AutoTopUpPause, Card, Currency, Money, TabState, TopUp, TopUpState, Wallet, WalletError, WalletEvent,
};
use farthing_tests::{ADDRESS, Device, Weather, World, usd};
use tokio::sync::broadcast::Receiver;

use fake::{Fake, SECRET_KEY, WEBHOOK_SECRET};

/// A gateway that charges through the fake, and reserves two dollars for a device.
async fn world() -> (World, Fake) {
    let mut world = World::new();
    let fake = Fake::start(world.clock.clone()).await;
    let folder = world.gateway_folder();
    std::fs::write(folder.join("stripe-secret.key"), SECRET_KEY).unwrap();
    std::fs::write(folder.join("stripe-webhook.key"), WEBHOOK_SECRET).unwrap();
    let stripe = format!(
        "\n[processors.stripe]\nreturn_url = \"game://paid\"\napi = \"{}\"\n\
         fees = {{ percentage = \"2.9\", fixed = {{ default = \"0.30\" }} }}\n",
        fake.address
    );
    let edit =
        |policy: String| policy.replace("reserve = { default = \"20.00\"", "reserve = { default = \"2.00\"") + &stripe;
    world.edit_policy(edit).await;
    (world, fake)
}

async fn with_card(device: &Device) -> (Wallet, Card) {
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    let card = wallet.add_payment_method("pm_card_visa").await.unwrap();
    (wallet, card)
}

/// The cardholder's bank decides so of the latest charge, and Stripe tells the gateway.
async fn decide(world: &World, fake: &Fake, status: &str) {
    let (signature, body) = fake.message("charge.dispute.updated", &fake.dispute(status));
    let request = http::Request::post(format!("{ADDRESS}/v1/processors/stripe/webhook"))
        .header("Stripe-Signature", signature)
        .body(axum::body::Body::from(body));
    let answer = tower::ServiceExt::oneshot(world.gateway().router(), request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), http::StatusCode::NO_CONTENT);
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

async fn only(wallet: &Wallet) -> TopUp {
    let mut top_ups = wallet.top_ups().await.unwrap();
    assert_eq!(top_ups.len(), 1, "{top_ups:?}");
    top_ups.remove(0)
}

/// The states of top-ups that were told.
fn told(events: &mut Receiver<WalletEvent>) -> Vec<TopUpState> {
    let events = std::iter::from_fn(|| events.try_recv().ok());
    let states = events.filter_map(|event| match event {
        WalletEvent::TopUpChanged { top_up } => Some(top_up.state),
        _ => None,
    });
    states.collect()
}

#[tokio::test]
async fn a_player_sees_that_the_bank_has_taken_a_charge_back_and_what_it_has_decided() {
    for (outcome, after, decided) in
        [("won", "9.75", TopUpState::Succeeded), ("lost", "1.75", TopUpState::ChargedBack { amount: usd("8.00") })]
    {
        let (world, fake) = world().await;
        let device = world.device("phone");
        let (wallet, card) = with_card(&device).await;
        let charged = wallet.top_up(usd("10.00"), card.id).await.unwrap();
        assert_eq!((charged.state, total(&wallet)), (TopUpState::Succeeded, usd("10.00")));

        let mut events = wallet.events();
        decide(&world, &fake, "needs_response").await;
        wallet.sync().await.unwrap();
        let held = TopUpState::Disputed { held: usd("8.00") };
        assert_eq!((only(&wallet).await.state, total(&wallet)), (held.clone(), usd("2.00")));
        assert_eq!(told(&mut events), std::slice::from_ref(&held));
        // What was reserved is spent offline as ever; and what is held is still known without a network, after a kill.
        world.network.set(Weather::Cut);
        wallet.buy("extra_life".into()).await.unwrap();
        let error = wallet.buy("sword_of_dawn".into()).await.unwrap_err();
        assert_eq!(error, WalletError::InsufficientFunds { available: usd("1.75"), needed: usd("4.99") });
        wallet.close().await;
        let wallet = device.open().await;
        assert_eq!((only(&wallet).await.state, total(&wallet)), (held, usd("1.75")));
        world.network.set(Weather::Fair);
        let mut events = wallet.events();
        wallet.sync().await.unwrap();
        assert_eq!(told(&mut events), [], "{outcome}: it is told once");

        decide(&world, &fake, outcome).await;
        wallet.sync().await.unwrap();
        assert_eq!((only(&wallet).await.state, total(&wallet)), (decided.clone(), usd(after)));
        assert_eq!(told(&mut events), std::slice::from_ref(&decided));
        wallet.close().await;
        let wallet = device.open().await;
        assert_eq!((only(&wallet).await.state, total(&wallet)), (decided, usd(after)));
        world.assert_balanced().await;
    }
}

#[tokio::test]
async fn a_tab_says_so_too() {
    let (world, fake) = world().await;
    let device = world.device("phone");
    let (wallet, card) = with_card(&device).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    let closed = TabState::Closed { charged: usd("0.25") };
    assert_eq!(wallet.close_tab(opened.id).await.unwrap().state, closed);

    let mut events = wallet.events();
    for (status, expected) in [("needs_response", TabState::Disputed { held: usd("0") }), ("won", closed)] {
        decide(&world, &fake, status).await;
        wallet.sync().await.unwrap();
        let tabs = wallet.tabs().await.unwrap();
        assert_eq!((tabs[0].state.clone(), total(&wallet)), (expected, usd("0")), "what was charged was spent");
        let told = std::iter::from_fn(|| events.try_recv().ok())
            .filter(|event| matches!(event, WalletEvent::TabChanged { tab } if *tab == tabs[0]));
        assert_eq!(told.count(), 1, "{status}");
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_charge_that_was_taken_back_is_not_made_again_by_the_wallet_itself() {
    let (world, fake) = world().await;
    let device = world.device("phone");
    let (wallet, card) = with_card(&device).await;
    let (below, amount, monthly_cap) = (usd("5.00"), usd("10.00"), usd("50.00"));
    let setting = AutoTopUp { below, amount, card: card.id, monthly_cap };
    wallet.set_auto_top_up(Some(setting)).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!((total(&wallet), fake.charged()), (usd("10.00"), 1_000));

    decide(&world, &fake, "needs_response").await;
    wallet.sync().await.unwrap();
    wallet.sync().await.unwrap();
    // The balance is low, because the player said at the bank that this charge was not theirs.
    assert_eq!((total(&wallet), fake.charged()), (usd("2.00"), 1_000));
    let consent = wallet.auto_top_up().await.unwrap().unwrap();
    assert_eq!(consent.pause, Some(AutoTopUpPause::Declined));
    world.assert_balanced().await;
}
