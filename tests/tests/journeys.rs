//! What a player lives through: real wallets, a real gateway, a network that fails.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use farthing_core::{
    CardId, CardState, DeclineCode, PurchaseFilter, PurchaseRequest, PurchaseState, RejectionReason, Sku, SyncState,
    TopUpState, Wallet, WalletError, WalletEvent,
};
use farthing_protocol::limits::QUEUE_ENTRIES_MAX;
use farthing_tests::{Device, GOOD_CARD, HeldAnswer, Weather, World, add_card, owned, usd};
use tokio::task::JoinSet;

const DAY: Duration = Duration::from_secs(86_400);

async fn all(wallet: &Wallet) -> Vec<farthing_core::Purchase> {
    wallet.purchases(PurchaseFilter::default()).await.unwrap()
}

fn total(wallet: &Wallet) -> farthing_core::Money {
    wallet.balance().of_currency(farthing_core::Currency::USD).total
}

#[tokio::test]
async fn a_purchase_on_the_subway_is_granted_survives_and_settles_with_a_receipt() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    world.network.set(Weather::Cut);

    let purchase = wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(purchase.state, PurchaseState::Granted);
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (1, usd("4.75")));
    assert!(matches!(wallet.sync().await, Err(WalletError::Offline { .. })));
    wallet.close().await;

    // Cold start in the tunnel: nothing is asked of the network.
    world.network.take_sent();
    let wallet = device.open().await;
    let second = wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (2, usd("4.50")));
    assert_eq!(world.network.take_sent(), Vec::<String>::new());

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (2, 0, 0));
    let purchases = all(&wallet).await;
    assert_eq!(purchases.iter().map(|purchase| purchase.id).collect::<Vec<_>>(), [second.id, purchase.id]);
    let PurchaseState::Settled { split, .. } = purchases[0].state else { panic!("{:?}", purchases[0]) };
    assert_eq!(split.total().unwrap(), usd("0.25"));
    assert_eq!(total(&wallet), usd("4.50"));
    assert_eq!(wallet.receipt(second.id).await.unwrap().split('.').count(), 3);
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_fee_of_one_charge_is_spread_exactly_over_what_it_paid_for() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    for _ in 0..20 {
        wallet.buy("extra_life".into()).await.unwrap();
    }
    assert_eq!(
        wallet.buy("extra_life".into()).await.unwrap_err(),
        WalletError::InsufficientFunds { available: usd("0"), needed: usd("0.25") }
    );
    wallet.sync().await.unwrap();
    // 2.9 % of $5.00 and $0.30, rounded half up to the cent; 5 % of each purchase.
    assert_eq!(world.ledger("card_clearing").await, usd("4.55"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0"));
    assert_eq!(world.ledger("platform_revenue").await, usd("-0.25"));
    assert_eq!(world.ledger("merchant_payable").await, usd("-4.30"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_wallet_that_was_never_enrolled_says_so() {
    let world = World::new();
    world.network.set(Weather::Cut);
    let wallet = world.device("phone").open().await;
    assert_eq!(wallet.buy("extra_life".into()).await.unwrap_err(), WalletError::NotEnrolled);
    assert_eq!(wallet.consume("extra_life", 1, "a").await.unwrap_err(), WalletError::NotEnrolled);
    assert_eq!(wallet.catalog().await.unwrap_err(), WalletError::CatalogMissing);
    assert!(matches!(wallet.sync().await.unwrap_err(), WalletError::Offline { .. }));
}

#[tokio::test]
async fn lost_answers_and_doubled_requests_settle_each_purchase_once() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    for weather in [Weather::AnswersLost, Weather::Doubled, Weather::Garbled, Weather::Portal] {
        wallet.buy("extra_life".into()).await.unwrap();
        world.network.set(weather);
        let _ = wallet.sync().await;
        world.network.set(Weather::Fair);
        wallet.buy("extra_life".into()).await.unwrap();
        wallet.sync().await.unwrap();
    }
    assert_eq!(all(&wallet).await.iter().filter(|p| matches!(p.state, PurchaseState::Settled { .. })).count(), 8);
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (8, usd("3.00")));
    world.assert_balanced().await;
    assert_eq!(world.ledger("user_reserved").await, usd("-3.00"));
}

#[tokio::test]
async fn what_is_not_our_gateway_is_told_apart_and_nothing_leaves_the_queue() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    for weather in [Weather::Portal, Weather::Garbled] {
        world.network.set(weather);
        let error = wallet.sync().await.unwrap_err();
        assert!(matches!(error, WalletError::GatewayNotTrusted { .. }), "{weather:?}: {error:?}");
        assert_eq!(all(&wallet).await[0].state, PurchaseState::Granted);
    }
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
}

#[tokio::test]
async fn an_access_token_that_was_changed_on_the_way_is_not_kept() {
    let world = World::new();
    world.device("phone").open_with("5.00").await.close().await;
    let wallet = world.device("phone").open().await;
    world.network.set(Weather::Garbled);
    // The first answer asks for a nonce, the second one is the token.
    for _ in 0..2 {
        let error = wallet.sync().await.unwrap_err();
        assert!(matches!(error, WalletError::GatewayNotTrusted { .. }), "{error:?}");
    }
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
}

#[tokio::test]
async fn a_double_tap_is_one_purchase_also_after_it_settled() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let tap = || PurchaseRequest::new("extra_life").idempotency_key("tap-1");
    let (first, second) = tokio::join!(wallet.buy(tap()), wallet.buy(tap()));
    assert_eq!(first.unwrap().id, second.unwrap().id);
    wallet.sync().await.unwrap();
    let third = wallet.buy(tap()).await.unwrap();
    assert!(matches!(third.state, PurchaseState::Settled { .. }));
    assert_eq!(owned(&wallet, "extra_life").await, 1);
    let other = PurchaseRequest::new("golden_key").idempotency_key("tap-1");
    assert!(matches!(wallet.buy(other).await, Err(WalletError::InvalidArgument { .. })));
}

#[tokio::test]
async fn an_item_is_used_once_for_each_operation() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    wallet.buy(PurchaseRequest::new("extra_life").quantity(3)).await.unwrap();
    assert_eq!(wallet.consume("extra_life", 2, "level-1").await, Ok(1));
    assert_eq!(wallet.consume("extra_life", 2, "level-1").await, Ok(1));
    wallet.sync().await.unwrap();
    assert_eq!(wallet.consume("extra_life", 2, "level-1").await, Ok(1));
    let sku = Sku::new("extra_life").unwrap();
    assert_eq!(
        wallet.consume("extra_life", 2, "level-2").await,
        Err(WalletError::InsufficientItems { sku, owned: 1, needed: 2 })
    );
    for (sku, quantity, operation) in [("extra life", 1, "x"), ("extra_life", 0, "x"), ("extra_life", 1, "")] {
        let refused = wallet.consume(sku, quantity, operation).await;
        assert!(matches!(refused, Err(WalletError::InvalidArgument { .. })), "{sku} {quantity} {operation}");
    }
    // The same name never stands for two different actions.
    for (sku, quantity) in [("extra_life", 1), ("hint", 2)] {
        let refused = wallet.consume(sku, quantity, "level-1").await;
        assert!(matches!(&refused, Err(WalletError::InvalidArgument { field, .. }) if field == "operation"));
    }
    let refused = wallet.buy(PurchaseRequest::new("extra_life").idempotency_key("level-1")).await;
    assert!(matches!(refused, Err(WalletError::InvalidArgument { .. })));
    wallet.buy("lantern".into()).await.unwrap();
    assert!(matches!(wallet.consume("lantern", 1, "x").await, Err(WalletError::InvalidArgument { .. })));
    assert!(matches!(wallet.buy("lantern".into()).await, Err(WalletError::AlreadyOwned { .. })));
}

#[tokio::test]
async fn more_than_the_usual_reserve_can_be_bought_online() {
    let world = World::new();
    let wallet = world.device("phone").open_with("50.00").await;
    let balance = wallet.balance().of_currency(farthing_core::Currency::USD);
    assert_eq!((balance.total, balance.offline_spendable), (usd("50.00"), usd("20.00")));
    let six_swords = PurchaseRequest::new("golden_key").quantity(30);

    world.network.set(Weather::Cut);
    let refused = wallet.buy(six_swords.clone()).await.unwrap_err();
    assert_eq!(refused, WalletError::OfflineLimitReached { limit: usd("20.00"), remaining: usd("20.00") });

    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    wallet.buy(six_swords).await.unwrap();
    assert_eq!(total(&wallet), usd("20.30"));
}

#[tokio::test]
async fn a_declined_card_is_not_charged_and_a_wrong_one_is_named() {
    let world = World::new();
    let wallet = world.device("phone").open().await;
    wallet.sync().await.unwrap();
    let declined = add_card(&wallet, "4000 0000 0000 9995").await.unwrap();
    let error = wallet.top_up(usd("5.00"), declined.id).await.unwrap_err();
    assert!(matches!(error, WalletError::CardDeclined { code: DeclineCode::InsufficientFunds, .. }), "{error:?}");
    assert_eq!(total(&wallet), usd("0"));
    for amount in ["0.49", "500.01"] {
        let error = wallet.top_up(usd(amount), declined.id).await.unwrap_err();
        assert!(matches!(&error, WalletError::InvalidArgument { field, .. } if field == "amount"), "{error:?}");
    }
    assert!(matches!(add_card(&wallet, "4242424242424241").await, Err(WalletError::CardInvalid { .. })));

    assert_eq!(wallet.cards().await.unwrap()[0].state, CardState::Active);
    wallet.remove_card(declined.id).await.unwrap();
    assert_eq!(wallet.cards().await.unwrap(), []);
    let error = wallet.top_up(usd("5.00"), declined.id).await.unwrap_err();
    assert!(matches!(&error, WalletError::InvalidArgument { field, .. } if field == "card"), "{error:?}");
    wallet.remove_card(declined.id).await.unwrap();
    assert!(matches!(wallet.remove_card(CardId::generate()).await, Err(WalletError::Refused { .. })));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_is_made_once() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    let card = add_card(&wallet, farthing_tests::GOOD_CARD).await.unwrap();
    world.network.set(Weather::AnswersLost);
    let top_up = wallet.top_up(usd("5.00"), card.id).await.unwrap();
    assert_eq!(top_up.state, TopUpState::Created);
    wallet.close().await;

    world.network.set(Weather::Fair);
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(wallet.top_ups().await.unwrap()[0].state, TopUpState::Succeeded);
    assert_eq!(total(&wallet), usd("5.00"));
    assert_eq!(world.ledger("user_reserved").await, usd("-5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_top_up_that_never_left_leaves_nothing() {
    let world = World::new();
    let wallet = world.device("phone").open_with("1.00").await;
    let card = wallet.cards().await.unwrap()[0].clone();
    world.network.set(Weather::Cut);
    assert!(matches!(wallet.top_up(usd("5.00"), card.id).await, Err(WalletError::Offline { .. })));
    assert_eq!(wallet.top_ups().await.unwrap().len(), 1);
}

#[tokio::test]
async fn old_prices_end_and_a_clock_set_back_does_not_bring_them_back() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    world.network.set(Weather::Cut);
    device.clock.pass(29 * DAY);
    wallet.buy("extra_life".into()).await.unwrap();
    device.clock.pass(2 * DAY);
    assert!(matches!(wallet.buy("extra_life".into()).await, Err(WalletError::CatalogExpired { .. })));
    device.clock.set("2016-01-01T00:00:00Z".parse().unwrap());
    assert!(matches!(wallet.buy("extra_life".into()).await, Err(WalletError::CatalogExpired { .. })));

    world.network.set(Weather::Fair);
    world.clock.set("2026-07-02T08:00:00Z".parse().unwrap());
    wallet.sync().await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(owned(&wallet, "extra_life").await, 2);
}

#[tokio::test]
async fn a_rejected_purchase_is_paid_back_and_taken_back_as_far_as_it_is_unused() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let mut events = wallet.events();
    let purchase = wallet.buy(PurchaseRequest::new("extra_life").quantity(3)).await.unwrap();
    wallet.consume("extra_life", 1, "level-1").await.unwrap();
    // So late that the gateway need not accept it any more.
    world.clock.set("2027-06-01T08:00:00Z".parse().unwrap());
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 1));
    assert_eq!((owned(&wallet, "extra_life").await, total(&wallet)), (0, usd("5.00")));
    let reason = RejectionReason::AllowanceExpired;
    assert_eq!(all(&wallet).await[0].state, PurchaseState::Rejected { reason });
    let rejected = WalletEvent::Rejected { purchase: purchase.id, sku: purchase.sku, reason, revoked: 2 };
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        told.push(event);
    }
    assert!(told.contains(&rejected), "{told:?}");
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_restored_backup_spends_nothing_until_it_has_asked() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.close().await;
    let backup = device.back_up();

    let wallet = device.open().await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.close().await;
    device.restore(&backup);

    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert_eq!(wallet.buy("extra_life".into()).await.unwrap_err(), WalletError::SyncRequired);
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("4.50"));
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("4.25"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_gateway_that_was_restored_too_is_not_asked_for_ever() {
    let mut world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let old_gateway = world.back_up_gateway().await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.close().await;
    let old_wallet = device.back_up();
    let wallet = device.open().await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.close().await;

    device.restore(&old_wallet);
    world.restore_gateway(&old_gateway).await;
    let wallet = device.open().await;
    assert!(matches!(wallet.sync().await, Err(WalletError::GatewayNotTrusted { .. })));
    assert_eq!(wallet.buy("extra_life".into()).await.unwrap_err(), WalletError::SyncRequired);
}

#[tokio::test]
async fn a_clone_is_frozen_and_the_first_journal_stands() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.close().await;
    let clone = device.clone_to("clone");

    let (first, second) = (device.open().await, clone.open().await);
    first.buy("extra_life".into()).await.unwrap();
    first.sync().await.unwrap();
    second.buy("golden_key".into()).await.unwrap();
    assert_eq!(second.sync().await.unwrap_err(), WalletError::DeviceFrozen { fork_seq: 1 });
    assert_eq!(second.buy("extra_life".into()).await.unwrap_err(), WalletError::DeviceFrozen { fork_seq: 1 });
    assert!(matches!(second.sync_state(), SyncState::Stopped { .. }));

    assert!(matches!(first.sync().await.unwrap_err(), WalletError::DeviceFrozen { .. }));
    assert!(matches!(all(&first).await[0].state, PurchaseState::Settled { .. }));
    assert_eq!(world.ledger("user_reserved").await, usd("-4.75"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_was_settled_before_a_freeze_is_still_answered() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.close().await;
    let clone = device.clone_to("clone");

    let first = device.open().await;
    first.sync().await.unwrap();
    first.buy("extra_life".into()).await.unwrap();
    world.network.set(Weather::AnswersLost);
    let _ = first.sync().await;
    world.network.set(Weather::Fair);
    first.buy("golden_key".into()).await.unwrap();

    let second = clone.open().await;
    second.buy("golden_key".into()).await.unwrap();
    assert_eq!(second.sync().await.unwrap_err(), WalletError::DeviceFrozen { fork_seq: 1 });
    // The clone asks again and again, and never gets the other's receipts.
    assert!(matches!(second.sync().await, Err(WalletError::DeviceFrozen { .. })));
    assert!(all(&second).await.iter().all(|purchase| purchase.state == PurchaseState::Granted));

    for _ in 0..2 {
        assert_eq!(first.sync().await.unwrap_err(), WalletError::DeviceFrozen { fork_seq: 1 });
    }
    let purchases = all(&first).await;
    assert_eq!(purchases[0].state, PurchaseState::Granted);
    assert!(matches!(purchases[1].state, PurchaseState::Settled { .. }));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_wallet_is_opened_once_and_erased_only_when_nothing_waits() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let again = Wallet::open(device.config(), device.keys()).await;
    assert_eq!(again.unwrap_err(), WalletError::AlreadyOpen);

    wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(wallet.erase(false).await, Err(WalletError::UnsettledEntries { count: 1 }));
    assert_eq!(owned(&wallet, "extra_life").await, 1);
    wallet.sync().await.unwrap();
    wallet.erase(false).await.unwrap();
    assert_eq!(wallet.buy("extra_life".into()).await.unwrap_err(), WalletError::Closed);
    assert!(!device.folder.join("wallet/wallet.db").exists());
    assert!(!device.folder.join("keys.json").exists());

    let fresh = device.open_with("1.00").await;
    fresh.buy("extra_life".into()).await.unwrap();
    fresh.erase(true).await.unwrap();
    assert_eq!(owned(&device.open_with("1.00").await, "extra_life").await, 0);
}

#[tokio::test]
async fn a_dropped_wallet_lets_go_of_its_folder() {
    let world = World::new();
    let device = world.device("phone");
    drop(device.open_with("5.00").await);
    let wallet = loop {
        match Wallet::open(device.config(), device.keys()).await {
            Err(WalletError::AlreadyOpen) => tokio::task::yield_now().await,
            opened => break opened.unwrap(),
        }
    };
    assert_eq!(total(&wallet), usd("5.00"));
}

#[tokio::test]
async fn the_queue_has_an_end_and_a_full_one_still_drains() {
    let mut world = World::new();
    world
        .edit_policy(|policy| policy.replace("reserve = { default = \"20.00\"", "reserve = { default = \"200.00\""))
        .await;
    let wallet = Arc::new(world.device("phone").open_with("100.00").await);
    for _ in 0..10 {
        wallet.buy(PurchaseRequest::new("arrow").quantity(1_000)).await.unwrap();
    }
    let mut shots = JoinSet::new();
    for number in 10..QUEUE_ENTRIES_MAX {
        let wallet = wallet.clone();
        shots.spawn(async move { wallet.consume("arrow", 1, &format!("shot-{number}")).await.unwrap() });
    }
    shots.join_all().await;
    let full = WalletError::QueueFull { limit: QUEUE_ENTRIES_MAX };
    assert_eq!(wallet.consume("arrow", 1, "one-too-many").await, Err(full.clone()));
    world.network.set(Weather::Cut);
    let _ = wallet.sync().await;
    assert_eq!(wallet.buy("arrow".into()).await.unwrap_err(), full);

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.waiting), (QUEUE_ENTRIES_MAX, 0));
    assert_eq!(owned(&wallet, "arrow").await, 10);
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_gateway_may_restart_at_any_time() {
    let mut world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    for _ in 0..3 {
        wallet.buy("extra_life".into()).await.unwrap();
        world.restart_gateway().await;
        wallet.sync().await.unwrap();
    }
    assert_eq!(total(&wallet), usd("4.25"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_bank_that_asks_for_confirmation_is_answered_on_its_page() {
    let world = World::new();
    let wallet = world.device("phone").open().await;
    wallet.sync().await.unwrap();
    let card = add_card(&wallet, "4000002760003184").await.unwrap();
    let top_up = wallet.top_up(usd("5.00"), card.id).await.unwrap();
    let TopUpState::RequiresAction { url } = &top_up.state else { panic!("{top_up:?}") };
    assert_eq!(total(&wallet), usd("0"));

    let mut events = wallet.events();
    world.answer_bank_page(url, "confirm").await;
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
    let succeeded = std::iter::from_fn(|| events.try_recv().ok())
        .any(|event| matches!(event, WalletEvent::TopUpChanged { top_up } if top_up.state == TopUpState::Succeeded));
    assert!(succeeded);

    let second = wallet.top_up(usd("5.00"), card.id).await.unwrap();
    let TopUpState::RequiresAction { url } = &second.state else { panic!("{second:?}") };
    world.answer_bank_page(url, "decline").await;
    wallet.sync().await.unwrap();
    let code = DeclineCode::AuthenticationFailed;
    assert_eq!(wallet.top_ups().await.unwrap()[0].state, TopUpState::Failed { code });
    assert_eq!(total(&wallet), usd("5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_slow_bank_is_asked_again_until_it_says() {
    let world = World::new();
    let wallet = world.device("phone").open().await;
    wallet.sync().await.unwrap();
    let card = add_card(&wallet, "4000000000004202").await.unwrap();
    let top_up = wallet.top_up(usd("5.00"), card.id).await.unwrap();
    assert_eq!(top_up.state, TopUpState::Processing);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_card_that_comes_or_goes_while_sync_fetches_the_cards_does_so_for_good() {
    let world = World::new();
    let wallet = Arc::new(world.device("phone").open().await);
    wallet.sync().await.unwrap();
    let old = add_card(&wallet, "4242424242424242").await.unwrap();

    let HeldAnswer { answered, release } = world.network.hold("/v1/cards");
    let syncing = tokio::spawn({
        let wallet = wallet.clone();
        async move { wallet.sync().await }
    });
    answered.await.unwrap();
    // The list that is on its way has the old card and not the new one.
    let new = add_card(&wallet, "5555555555554444").await.unwrap();
    wallet.remove_card(old.id).await.unwrap();
    release.send(()).unwrap();
    syncing.await.unwrap().unwrap();
    assert_eq!(wallet.cards().await.unwrap(), [new]);
}

#[tokio::test]
async fn a_player_goes_on_with_the_same_money_on_a_new_phone() {
    let world = World::new();
    let (old, new) = (world.device("old"), world.device("new"));
    let open = async |device: &Device| {
        let config = device.config().enrolment_token(world.enrolment_token("ada", None).await);
        let wallet = Wallet::open(config, device.keys()).await.unwrap();
        wallet.sync().await.unwrap();
        wallet
    };
    let wallet = open(&old).await;
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("50.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();

    let wallet = open(&new).await;
    assert_eq!(total(&wallet), usd("29.75"), "the rest is reserved for the old phone");
    assert_eq!(wallet.cards().await.unwrap()[0].id, card.id);
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    world.assert_balanced().await;
    // A token is used once: a wallet that is opened again needs none.
    wallet.close().await;
    new.open().await.sync().await.unwrap();
}
