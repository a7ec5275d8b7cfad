//! What a guardian is promised: limits hold on all of a player's phones together, offline, after a restart, and whatever
//! their clocks show.

use std::time::Duration;

use farthing_core::{
    ApprovalState, Currency, LimitPeriod, LimitsChange, Money, PurchaseRequest, SpendingLimits, Timestamp, Wallet,
    WalletError,
};
use farthing_tests::{GOOD_CARD, Weather, World, add_card, owned, usd};

const PIN: &str = "4711";
const DAY: Duration = Duration::from_secs(86_400);

fn a_day(amount: &str) -> SpendingLimits {
    SpendingLimits { day: Some(usd(amount)), ..SpendingLimits::default() }
}

fn change(limits: SpendingLimits, pin: Option<&str>) -> LimitsChange {
    LimitsChange { currency: Currency::USD, limits, pin: pin.map(str::to_owned), utc_offset_minutes: None }
}

fn spendable(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).offline_spendable
}

/// Buys as long as it is let, and says how many and why no more.
async fn spend_all(wallet: &Wallet) -> (u64, WalletError) {
    for bought in 0.. {
        if let Err(refused) = wallet.buy("extra_life".into()).await {
            return (bought, refused);
        }
    }
    unreachable!("a wallet has an end")
}

fn pass_a_day(world: &World) {
    let later = world.clock.clock().now().as_second() + 86_400;
    world.clock.set(Timestamp::from_second(later).unwrap());
}

#[tokio::test]
async fn two_phones_together_keep_a_guardian_s_limit_offline_and_after_a_restart() {
    let world = World::new();
    let (phone, tablet) = (world.device("phone"), world.device("tablet"));
    let (on_phone, on_tablet) = (world.wallet_of("ada", &phone).await, world.wallet_of("ada", &tablet).await);
    let card = add_card(&on_phone, GOOD_CARD).await.unwrap();
    on_phone.top_up(usd("50.00"), card.id).await.unwrap();
    let shown = on_phone.set_limits(change(a_day("2.00"), Some(PIN))).await.unwrap();
    assert!(shown.has_guardian && shown.limits[0].guardian == a_day("2.00"));
    on_tablet.sync().await.unwrap();
    on_phone.sync().await.unwrap();
    on_tablet.sync().await.unwrap();
    assert_eq!((spendable(&on_phone), spendable(&on_tablet)), (usd("1.00"), usd("1.00")));

    world.network.set(Weather::Cut);
    let (bought, refused) = spend_all(&on_phone).await;
    let WalletError::SpendingLimitReached { period, limit, remaining, resets } = refused else { panic!("{refused:?}") };
    assert_eq!((bought, period, limit, remaining), (4, LimitPeriod::Day, usd("2.00"), usd("0")));
    assert_eq!(resets, Some("2026-06-02T00:00:00Z".parse().unwrap()));
    assert_eq!(spend_all(&on_tablet).await.0, 4);
    // Another start and another clock open nothing.
    on_tablet.close().await;
    tablet.clock.pass(3 * DAY);
    let on_tablet = tablet.open().await;
    let (bought, refused) = spend_all(&on_tablet).await;
    assert!(bought == 0 && matches!(refused, WalletError::OfflineLimitReached { .. }), "{refused:?}");
    assert_eq!(on_tablet.limits().await.unwrap_err(), WalletError::Offline { operation: "the limits".into() });
    assert_eq!(on_phone.limits().await.unwrap(), shown, "as it was said last");

    world.network.set(Weather::Fair);
    for wallet in [&on_phone, &on_tablet] {
        let report = wallet.sync().await.unwrap();
        assert_eq!((report.settled, report.rejected), (4, 0));
    }
    let used = on_phone.limits().await.unwrap().limits[0].used[0];
    assert_eq!((used.used, used.limit), (usd("2.00"), usd("2.00")));
    assert_eq!(spend_all(&on_tablet).await.0, 0);
    // The next day begins at the gateway, and the one that is online may have what the other does not hold.
    pass_a_day(&world);
    on_phone.sync().await.unwrap();
    assert_eq!(spend_all(&on_phone).await.0, 8, "the tablet holds nothing of it");
    on_phone.sync().await.unwrap();
    assert_eq!(spend_all(&on_tablet).await.0, 0);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_sync_hears_of_a_limit_also_where_it_asks_for_an_answer_that_was_lost() {
    let world = World::new();
    let (phone, tablet) = (world.device("phone"), world.device("tablet"));
    let (on_phone, on_tablet) = (world.wallet_of("ada", &phone).await, world.wallet_of("ada", &tablet).await);
    let card = add_card(&on_phone, GOOD_CARD).await.unwrap();
    on_phone.top_up(usd("10.00"), card.id).await.unwrap();
    on_phone.buy("extra_life".into()).await.unwrap();
    world.network.set(Weather::AnswersLost);
    on_phone.sync().await.unwrap_err();
    world.network.set(Weather::Fair);

    on_tablet.set_limits(change(a_day("2.00"), None)).await.unwrap();
    on_phone.sync().await.unwrap();
    world.network.set(Weather::Cut);
    let (bought, refused) = spend_all(&on_phone).await;
    assert!(bought <= 8 && matches!(refused, WalletError::SpendingLimitReached { .. }), "{bought}: {refused:?}");
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_dear_is_bought_once_when_a_guardian_says_so_on_another_phone() {
    let world = World::new();
    let (phone, parents) = (world.device("phone"), world.device("parents"));
    let (child, parent) = (world.wallet_of("ada", &phone).await, world.wallet_of("ada", &parents).await);
    let card = add_card(&child, GOOD_CARD).await.unwrap();
    child.top_up(usd("20.00"), card.id).await.unwrap();
    let ask = SpendingLimits { ask_above: Some(usd("0.25")), ..SpendingLimits::default() };
    parent.set_limits(change(ask, Some(PIN))).await.unwrap();
    child.sync().await.unwrap();

    child.buy("extra_life".into()).await.unwrap();
    let key = PurchaseRequest::new("lantern").idempotency_key("tap-1");
    let refused = child.buy(key.clone()).await.unwrap_err();
    let WalletError::ApprovalRequired { approval, sku, total } = refused else { panic!("{refused:?}") };
    assert_eq!((sku.as_str(), total), ("lantern", usd("1.49")));
    assert!(
        matches!(child.buy(key.clone()).await, Err(WalletError::ApprovalRequired { approval: again, .. }) if again == approval)
    );
    let asked = parent.approvals().await.unwrap();
    assert_eq!((asked[0].id, asked[0].state), (approval, ApprovalState::Pending));
    let wrong = parent.answer_approval(approval, true, "0000").await.unwrap_err();
    assert!(matches!(wrong, WalletError::InvalidArgument { ref field, .. } if field == "pin"), "{wrong:?}");
    assert_eq!(parent.answer_approval(approval, true, PIN).await.unwrap().state, ApprovalState::Approved);

    // Once the child's phone has heard of it, it buys without a network; once.
    child.sync().await.unwrap();
    world.network.set(Weather::Cut);
    let bought = child.buy(key.clone()).await.unwrap();
    assert_eq!(child.buy(key).await.unwrap().id, bought.id);
    let hints = PurchaseRequest::new("hint").quantity(6);
    assert_eq!(child.buy(hints).await.unwrap_err(), WalletError::Offline { operation: "the approval".into() });
    child.close().await;
    let child = phone.open().await;
    world.network.set(Weather::Fair);
    let report = child.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0), "what was bought before was settled by a sync");
    assert_eq!(owned(&child, "lantern").await, 1);
    assert_eq!(parent.approvals().await.unwrap()[0].state, ApprovalState::Used);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_paid_by_use_is_spent_as_far_as_a_limit_goes() {
    let world = World::new();
    let wallet = world.wallet_of("ada", &world.device("phone")).await;
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    let limits = SpendingLimits { ask_above: Some(usd("0")), ..a_day("0.30") };
    wallet.set_limits(change(limits, Some(PIN))).await.unwrap();
    wallet.sync().await.unwrap();

    world.network.set(Weather::Cut);
    let meter = wallet.meter("api_calls"); // a dollar for 10,000
    meter.record(1_000).await.expect("a guardian is asked for what is bought");
    meter.record(2_000).await.unwrap();
    let refused = meter.record(1).await.unwrap_err();
    assert!(matches!(refused, WalletError::SpendingLimitReached { period: LimitPeriod::Day, .. }), "{refused:?}");
    assert_eq!(spendable(&wallet), usd("0"));

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert!(report.settled > 0 && report.rejected == 0, "{report:?}");
    assert_eq!(wallet.limits().await.unwrap().limits[0].used[0].used, usd("0.30"));
    pass_a_day(&world);
    wallet.sync().await.unwrap();
    meter.record(1).await.unwrap();
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_a_meter_may_count_and_has_not_is_there_for_purchases() {
    let world = World::new();
    let wallet = world.wallet_of("ada", &world.device("phone")).await;
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    wallet.set_limits(change(a_day("0.30"), Some(PIN))).await.unwrap();
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    wallet.meter("api_calls").record(1).await.unwrap();
    wallet.buy("extra_life".into()).await.expect("a quarter of the thirty cents");
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (2, 0));
}

#[tokio::test]
async fn what_was_counted_before_a_limit_came_is_paid() {
    let world = World::new();
    let wallet = world.wallet_of("ada", &world.device("phone")).await;
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    wallet.sync().await.unwrap();
    let meter = wallet.meter("api_calls");
    meter.record(400).await.unwrap();
    // It is still in memory when the limit leaves nothing.
    wallet.set_limits(change(a_day("0.00"), Some(PIN))).await.unwrap();
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0));
    assert!(matches!(meter.record(1).await, Err(WalletError::SpendingLimitReached { .. })));
    world.assert_balanced().await;
}
