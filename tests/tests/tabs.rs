//! Tabs as a player lives through them: opened, spent without a network, owed at any time, charged once; with answers that
//! are lost, banks that ask or refuse, authorisations that end, and money that is due.

use std::time::Duration;

use farthing_core::{
    Card, Currency, DeclineCode, LimitsChange, Money, SpendingLimits, Tab, TabId, TabState, Timestamp, TopUpCap,
    Wallet, WalletError,
};
use farthing_tests::{Device, GOOD_CARD, HeldAnswer, Weather, World, add_card, owned, usd};

const DAY: u64 = 86_400;

/// The sandbox's card that authorises and can't be charged afterwards.
const FAILING_CARD: &str = "4000000000000341";

/// The sandbox's card whose bank is slow to decide.
const SLOW_CARD: &str = "4000000000004202";

/// A wallet with a card, and no money.
async fn with_card(device: &Device, number: &str) -> (Wallet, Card) {
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    let card = add_card(&wallet, number).await.unwrap();
    (wallet, card)
}

async fn tab(wallet: &Wallet, id: TabId) -> Tab {
    wallet.tabs().await.unwrap().into_iter().find(|tab| tab.id == id).unwrap()
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

/// What is the players' at the gateway, for devices or not.
async fn players(world: &World) -> Money {
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    usd("0").minus(owed).unwrap()
}

/// Time goes by for the phone and for the gateway.
fn pass(world: &World, device: &Device, days: u64) {
    device.clock.pass(Duration::from_secs(days * DAY));
    let now = world.clock.clock().now().as_millisecond() + i64::try_from(days * DAY * 1_000).unwrap();
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

#[tokio::test]
async fn what_was_spent_without_a_network_is_owed_at_once_and_charged_once() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, GOOD_CARD).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    assert_eq!((opened.state, opened.owed, total(&wallet)), (TabState::Open, usd("0"), usd("10.00")));

    world.network.set(Weather::Cut);
    for _ in 0..3 {
        wallet.buy("extra_life".into()).await.unwrap();
    }
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0.75"));
    // Neither the end of the app nor settlement changes what is owed.
    wallet.close().await;
    let wallet = device.open().await;
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0.75"));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0.75"));

    wallet.buy("hint".into()).await.unwrap();
    let closed = wallet.close_tab(opened.id).await.unwrap();
    assert_eq!((closed.state, closed.owed), (TabState::Closed { charged: usd("0.80") }, usd("0")));
    assert_eq!((total(&wallet), owned(&wallet, "extra_life").await), (usd("0"), 3));
    assert_eq!((players(&world).await, world.ledger("card_authorised").await), (usd("0"), usd("0")));
    world.assert_balanced().await;

    let error = wallet.buy("hint".into()).await.unwrap_err();
    assert!(matches!(error, WalletError::InsufficientFunds { .. }), "{error:?}");
    // Nothing spent, nothing charged; and an account may have one tab after the other.
    let idle = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    let closed = wallet.close_tab(idle.id).await.unwrap();
    assert_eq!(closed.state, TabState::Closed { charged: usd("0") });
    assert_eq!(wallet.tabs().await.unwrap().iter().map(|tab| tab.id).collect::<Vec<_>>(), [idle.id, opened.id]);
    world.assert_balanced().await;
}

#[tokio::test]
async fn money_of_the_player_s_own_is_spent_first_and_stays_theirs() {
    let world = World::new();
    let wallet = world.device("phone").open_with("3.00").await;
    let card = wallet.cards().await.unwrap().remove(0);
    let opened = wallet.open_tab(usd("5.00"), card.id).await.unwrap();
    assert_eq!(total(&wallet), usd("8.00"));
    wallet.buy("golden_key".into()).await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0"));
    for _ in 0..3 {
        wallet.buy("golden_key".into()).await.unwrap();
    }
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0.96"));
    // A top-up pays for what was spent.
    wallet.top_up(usd("2.00"), card.id).await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0"));
    let closed = wallet.close_tab(opened.id).await.unwrap();
    assert_eq!(closed.state, TabState::Closed { charged: usd("0") });
    assert_eq!((total(&wallet), players(&world).await), (usd("1.04"), usd("1.04")));
    // What was given back to close it is reserved for this device again.
    wallet.set_offline(true);
    wallet.buy("golden_key".into()).await.unwrap();
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_a_meter_has_counted_is_charged() {
    let world = World::new();
    let (wallet, card) = with_card(&world.device("phone"), GOOD_CARD).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.meter("api_calls").record(1_500).await.unwrap();
    let owed = tab(&wallet, opened.id).await.owed;
    let closed = wallet.close_tab(opened.id).await.unwrap();
    assert!(owed.is_positive());
    assert_eq!(closed.state, TabState::Closed { charged: owed });
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_whose_answer_is_lost_is_opened_once() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, GOOD_CARD).await;
    world.network.set(Weather::AnswersLost);
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    assert_eq!((&opened.state, opened.owed, players(&world).await), (&TabState::Created, usd("0"), usd("10.00")));
    // Another one meanwhile would be a second authorisation.
    let error = wallet.open_tab(usd("10.00"), card.id).await.unwrap_err();
    assert!(error.to_string().contains("there is a tab"), "{error}");
    wallet.close().await;
    let wallet = device.open().await;
    assert_eq!(tab(&wallet, opened.id).await.state, TabState::Created);
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    let known = tab(&wallet, opened.id).await;
    assert_eq!((known.state, known.owed, total(&wallet)), (TabState::Open, usd("0"), usd("10.00")));
    assert_eq!(players(&world).await, usd("10.00"));

    // Where the gateway is not heard, it is not closed, and nothing is given back.
    wallet.buy("extra_life".into()).await.unwrap();
    for weather in [Weather::AnswersLost, Weather::Doubled, Weather::Garbled, Weather::Portal, Weather::Cut] {
        world.network.set(weather);
        wallet.close_tab(opened.id).await.unwrap_err();
        let known = tab(&wallet, opened.id).await;
        assert_eq!((known.state, known.owed), (TabState::Open, usd("0.25")), "{weather:?}");
        assert_eq!(wallet.balance().of_currency(Currency::USD).offline_spendable, usd("9.75"), "{weather:?}");
    }
    world.network.set(Weather::Fair);
    assert_eq!(wallet.close_tab(opened.id).await.unwrap().state, TabState::Closed { charged: usd("0.25") });
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_that_never_left_leaves_nothing() {
    let world = World::new();
    let (wallet, card) = with_card(&world.device("phone"), GOOD_CARD).await;
    world.network.set(Weather::Cut);
    let error = wallet.open_tab(usd("10.00"), card.id).await.unwrap_err();
    assert!(matches!(error, WalletError::Offline { .. }), "{error:?}");
    assert_eq!(wallet.tabs().await.unwrap(), []);
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(players(&world).await, usd("0"));
    // It is no hindrance to the next one.
    assert_eq!(wallet.open_tab(usd("10.00"), card.id).await.unwrap().state, TabState::Open);
}

#[tokio::test]
async fn a_tab_whose_closing_the_app_did_not_live_to_see_is_closed_once() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, GOOD_CARD).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    world.network.take_sent();
    wallet.sync().await.unwrap();
    let path = world.network.take_sent().into_iter().find(|path| path.starts_with("/v1/tabs/")).unwrap();

    let HeldAnswer { answered, release: _never } = world.network.hold(&format!("{path}/close"));
    let closing = tokio::spawn({
        let wallet = std::sync::Arc::new(wallet);
        async move { wallet.close_tab(opened.id).await }
    });
    answered.await.unwrap();
    closing.abort();
    assert!(closing.await.unwrap_err().is_cancelled());

    let wallet = open_again(&device).await;
    let known = tab(&wallet, opened.id).await;
    assert_eq!((known.state, known.owed), (TabState::Closing, usd("0.25")));
    wallet.sync().await.unwrap();
    let known = tab(&wallet, opened.id).await;
    assert_eq!((known.state, known.owed), (TabState::Closed { charged: usd("0.25") }, usd("0")));
    assert_eq!((total(&wallet), players(&world).await), (usd("0"), usd("0")));
    world.assert_balanced().await;
}

/// Opens the wallet of an app that was killed, once the system has let go of its folder.
async fn open_again(device: &Device) -> Wallet {
    loop {
        match Wallet::open(device.config(), device.keys()).await {
            Err(WalletError::AlreadyOpen) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

/// Closes a tab. The gateway still says how far it is, settles what is given back for it, and is gone before it could
/// close it.
async fn close_as_the_gateway_goes(world: &World, wallet: &Wallet, id: TabId) -> Tab {
    let HeldAnswer { answered, release } = world.network.hold("/v1/journal");
    let gone = async {
        answered.await.unwrap();
        world.network.set(Weather::Cut);
        release.send(()).unwrap();
    };
    tokio::join!(wallet.close_tab(id), gone).0.unwrap()
}

#[tokio::test]
async fn what_is_given_back_to_close_a_tab_is_not_taken_for_spent_while_the_gateway_is_silent() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, GOOD_CARD).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();

    let known = close_as_the_gateway_goes(&world, &wallet, opened.id).await;
    assert_eq!((known.state, known.owed, total(&wallet)), (TabState::Closing, usd("0.25"), usd("9.75")));

    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.state, TabState::Closed { charged: usd("0.25") });
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_comes_in_while_a_tab_is_being_closed_is_not_charged_as_if_it_were_spent() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, GOOD_CARD).await;
    let slow = add_card(&wallet, SLOW_CARD).await.unwrap();
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();

    let known = close_as_the_gateway_goes(&world, &wallet, opened.id).await;
    assert_eq!(known.state, TabState::Closing);

    // A top-up that the bank is slow to decide comes in with the sync that closes the tab, and is reserved for the phone.
    world.network.set(Weather::Fair);
    wallet.top_up(usd("5.00"), slow.id).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.state, TabState::Closed { charged: usd("0") });
    assert_eq!((total(&wallet), players(&world).await), (usd("4.75"), usd("4.75")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_reserved_is_not_charged_where_a_second_tab_is_closed_in_the_middle() {
    let world = World::new();
    let (wallet, card) = with_card(&world.device("phone"), GOOD_CARD).await;
    let dollars = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    let ten_euros = Money::parse("10.00", Currency::EUR).unwrap();
    let euros = wallet.open_tab(ten_euros, card.id).await.unwrap();
    assert_eq!(wallet.balance().of_currency(Currency::EUR).offline_spendable, ten_euros);
    wallet.buy("extra_life".into()).await.unwrap();

    // The dollars have been given back and the euros not when the player closes the other one, too.
    let HeldAnswer { answered, release } = world.network.hold("/v1/journal");
    let wallet = std::sync::Arc::new(wallet);
    let close = |id| {
        tokio::spawn({
            let wallet = wallet.clone();
            async move { wallet.close_tab(id).await.unwrap() }
        })
    };
    let first = close(dollars.id);
    answered.await.unwrap();
    let second = close(euros.id);
    while tab(&wallet, euros.id).await.state != TabState::Closing {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();

    assert_eq!(first.await.unwrap().state, TabState::Closed { charged: usd("0.25") });
    let nothing = Money::zero(Currency::EUR);
    assert_eq!(second.await.unwrap().state, TabState::Closed { charged: nothing });
    assert_eq!((total(&wallet), wallet.balance().of_currency(Currency::EUR).total), (usd("0"), nothing));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_is_reserved_while_a_tab_is_being_closed_is_not_charged() {
    let world = World::new();
    let (wallet, card) = with_card(&world.device("phone"), GOOD_CARD).await;
    wallet.open_tab(Money::parse("10.00", Currency::EUR).unwrap(), card.id).await.unwrap();
    world.network.take_sent();
    wallet.sync().await.unwrap();
    let euros = world.network.take_sent().into_iter().find(|path| path.starts_with("/v1/tabs/")).unwrap();
    let dollars = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();

    // What the dollars had reserved is given back, and the gateway is asked of the euros before it closes the dollars.
    let HeldAnswer { answered, release } = world.network.hold(&euros);
    let wallet = std::sync::Arc::new(wallet);
    let closed = tokio::spawn({
        let wallet = wallet.clone();
        async move { wallet.close_tab(dollars.id).await.unwrap() }
    });
    answered.await.unwrap();
    // Just then the player sets a limit, after which the gateway is asked for a new allowance.
    let limits = SpendingLimits { day: Some(usd("5.00")), ..SpendingLimits::default() };
    let limited = tokio::spawn({
        let (wallet, currency) = (wallet.clone(), Currency::USD);
        let change = LimitsChange { currency, limits, pin: None, utc_offset_minutes: None };
        async move { wallet.set_limits(change).await.unwrap() }
    });
    for _ in 0..100_000 {
        if limited.is_finished() {
            break;
        }
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();

    assert_eq!(closed.await.unwrap().state, TabState::Closed { charged: usd("0.25") });
    limited.await.unwrap();
    assert_eq!(total(&wallet), usd("0"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_that_is_declined_on_the_bank_s_page_is_none() {
    let world = World::new();
    let (wallet, card) = with_card(&world.device("phone"), "4000002760003184").await;
    let asked = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    let TabState::RequiresAction { url } = &asked.state else { panic!("{asked:?}") };
    let error = wallet.close_tab(asked.id).await.unwrap_err();
    assert!(matches!(&error, WalletError::InvalidArgument { field, .. } if field == "tab"), "{error:?}");
    world.answer_bank_page(url, "decline").await;
    wallet.sync().await.unwrap();
    let known = tab(&wallet, asked.id).await;
    let code = DeclineCode::AuthenticationFailed;
    assert_eq!((known.state, known.owed, total(&wallet)), (TabState::Failed { code }, usd("0"), usd("0")));
    // The next one is confirmed.
    let asked = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    let TabState::RequiresAction { url } = &asked.state else { panic!("{asked:?}") };
    world.answer_bank_page(url, "confirm").await;
    wallet.sync().await.unwrap();
    assert_eq!((tab(&wallet, asked.id).await.state, total(&wallet)), (TabState::Open, usd("10.00")));
}

#[tokio::test]
async fn a_tab_that_nobody_closes_is_charged_after_six_days_with_what_is_reserved_which_stays_the_player_s() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, GOOD_CARD).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.set_offline(true);
    wallet.buy("extra_life".into()).await.unwrap();
    pass(&world, &device, 5);
    world.gateway().close_lapsing_tabs().await.unwrap();
    assert_eq!(world.ledger("card_clearing").await, usd("0"));
    pass(&world, &device, 2);
    world.gateway().close_lapsing_tabs().await.unwrap();
    // The phone has not heard of it, and goes on.
    wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("0.50"));
    wallet.set_offline(false);
    wallet.sync().await.unwrap();
    let known = tab(&wallet, opened.id).await;
    assert_eq!((known.state, known.owed), (TabState::Closed { charged: usd("10.00") }, usd("0")));
    assert_eq!((total(&wallet), players(&world).await), (usd("9.50"), usd("9.50")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_could_not_be_charged_is_due_until_it_is_paid_out_of_the_balance() {
    let world = World::new();
    let device = world.device("phone");
    let (wallet, card) = with_card(&device, FAILING_CARD).await;
    let opened = wallet.open_tab(usd("10.00"), card.id).await.unwrap();
    wallet.buy("sword_of_dawn".into()).await.unwrap();
    let revenue = world.ledger("platform_revenue").await;
    let failed = wallet.close_tab(opened.id).await.unwrap();
    assert_eq!((failed.state, failed.owed), (TabState::Failed { code: DeclineCode::Other }, usd("4.99")));
    assert_eq!(players(&world).await, usd("0"));
    world.assert_balanced().await;

    // It stays due over a restart and a sync, and the gateway opens no other tab for any of the player's devices.
    wallet.close().await;
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(tab(&wallet, opened.id).await.owed, usd("4.99"));
    let good = add_card(&wallet, GOOD_CARD).await.unwrap();
    let error = wallet.open_tab(usd("10.00"), good.id).await.unwrap_err();
    assert!(matches!(&error, WalletError::InvalidArgument { field, .. } if field == "limit"), "{error:?}");
    let error = wallet.close_tab(opened.id).await.unwrap_err();
    assert_eq!(error, WalletError::InsufficientFunds { available: usd("0"), needed: usd("4.99") });

    wallet.top_up(usd("10.00"), good.id).await.unwrap();
    let paid = wallet.close_tab(opened.id).await.unwrap();
    assert_eq!((paid.state, paid.owed), (TabState::Closed { charged: usd("4.99") }, usd("0")));
    assert_eq!((total(&wallet), players(&world).await), (usd("5.01"), usd("5.01")));
    // Paid once, whatever is asked.
    wallet.close_tab(opened.id).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(players(&world).await, usd("5.01"));
    // The platform, which had stood in, is back at what it earned by the sale, less what the second charge cost.
    let left = world.ledger("platform_revenue").await.minus(revenue).unwrap();
    assert!(left.micros().abs() < usd("1.00").micros(), "{left}");
    world.assert_balanced().await;

    // The next one is smaller, by any card, until one is charged.
    let refused = wallet.open_tab(usd("10.00"), good.id).await.unwrap_err();
    let most = usd("5.00");
    assert_eq!(refused, WalletError::TopUpCapReached { cap: TopUpCap::Tab, most, room: most });
    assert!(refused.to_string().contains("a tab may be at most 5.00 USD"), "{refused}");
    assert_eq!(wallet.tabs().await.unwrap().len(), 1);
    let small = wallet.open_tab(most, good.id).await.unwrap();
    assert_eq!(small.state, TabState::Open);
    for _ in 0..6 {
        wallet.buy("golden_key".into()).await.unwrap();
    }
    assert_eq!(wallet.close_tab(small.id).await.unwrap().state, TabState::Closed { charged: usd("0.93") });
    assert_eq!(wallet.open_tab(usd("10.00"), good.id).await.unwrap().state, TabState::Open);
    world.assert_balanced().await;
}

#[tokio::test]
async fn devices_of_a_player_share_one_tab() {
    let mut world = World::new();
    world
        .edit_policy(|policy| policy.replace("reserve = { default = \"20.00\"", "reserve = { default = \"2.00\""))
        .await;
    let (phone, tablet) =
        (world.wallet_of("ada", &world.device("phone")).await, world.wallet_of("ada", &world.device("tablet")).await);
    let card = add_card(&phone, GOOD_CARD).await.unwrap();
    let opened = phone.open_tab(usd("10.00"), card.id).await.unwrap();
    tablet.sync().await.unwrap();
    assert_eq!(total(&tablet), usd("8.00"));
    // The tablet has two dollars in hand, which it may spend at any moment.
    phone.sync().await.unwrap();
    assert_eq!(tab(&phone, opened.id).await.owed, usd("2.00"));

    // A second tab is refused, also where its first try was lost on the way; it holds nothing up.
    let error = tablet.open_tab(usd("5.00"), card.id).await.unwrap_err();
    assert!(matches!(&error, WalletError::Refused { reason } if reason.contains("tab")), "{error:?}");
    assert_eq!(tablet.tabs().await.unwrap(), []);

    tablet.buy("extra_life".into()).await.unwrap();
    tablet.sync().await.unwrap();
    let closed = phone.close_tab(opened.id).await.unwrap();
    // What the tablet holds is charged, too, and stays the player's.
    assert_eq!(closed.state, TabState::Closed { charged: usd("2.25") });
    assert_eq!(players(&world).await, usd("2.00"));
    tablet.sync().await.unwrap();
    assert_eq!(total(&tablet), usd("2.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tab_that_the_gateway_refuses_after_all_holds_nothing_up() {
    let world = World::new();
    let (phone, tablet) =
        (world.wallet_of("ada", &world.device("phone")).await, world.wallet_of("ada", &world.device("tablet")).await);
    let card = add_card(&phone, GOOD_CARD).await.unwrap();
    // A portal swallows the tablet's request, and meanwhile the phone opens one.
    world.network.set(Weather::Portal);
    let asked = tablet.open_tab(usd("5.00"), card.id).await.unwrap();
    assert_eq!(asked.state, TabState::Created);
    world.network.set(Weather::Fair);
    phone.open_tab(usd("10.00"), card.id).await.unwrap();
    tablet.sync().await.unwrap();
    let known = tab(&tablet, asked.id).await;
    assert_eq!((known.state, known.owed), (TabState::Failed { code: DeclineCode::ProcessingError }, usd("0")));
    assert_eq!(players(&world).await, usd("10.00"));
}
