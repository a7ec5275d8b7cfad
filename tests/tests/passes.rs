//! Passes as a player lives through them: bought without a network, lengthened, renewed, refunded, over; with clocks that
//! are set and apps that are killed.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use farthing_core::{
    Currency, ItemKind, Money, Pass, PassState, PurchaseFilter, PurchaseState, Sku, Timestamp, Wallet, WalletError,
    WalletEvent,
};
use farthing_tests::{Device, GOOD_CARD, Weather, World, add_card, owned, usd};
use http::Method;
use serde_json::json;
use tokio::sync::broadcast::Receiver;

const SEASON: &str = "season_pass";
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// The sample catalog, whose pass costs 2.99 and has these terms: `length`, `grace` and `reminder` in hours.
async fn world(length: u64, grace: u64, reminder: u64) -> World {
    let mut world = World::new();
    sell(&mut world, "2.99", length, grace, reminder).await;
    world
}

async fn sell(world: &mut World, price: &str, length: u64, grace: u64, reminder: u64) {
    let file = world.gateway_folder().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    let (before, pass) = catalog.split_once("sku = \"season_pass\"").unwrap();
    let [length, grace, reminder] = [length, grace, reminder].map(|hours| hours * HOUR);
    let lines = pass.lines().map(|line| line.split_once(" = ").map_or("", |(name, _)| name));
    let known = |wanted| pass.lines().nth(lines.clone().position(|name| name == wanted).unwrap()).unwrap();
    let cost = format!("price = {{ amount = \"{price}\", currency = \"USD\" }}");
    let seconds = format!("length_seconds = {length}, grace_seconds = {grace}, reminder_seconds = {reminder}");
    let terms = format!("pass = {{ {seconds}, may_renew = true }}");
    let pass = pass.replacen(known("price"), &cost, 1).replacen(known("pass"), &terms, 1);
    std::fs::write(&file, format!("{before}sku = \"season_pass\"{pass}")).unwrap();
    world.restart_gateway().await;
}

/// Time passes, for the phone and for the gateway.
fn pass_time(world: &World, device: &Device, seconds: u64) {
    device.clock.pass(Duration::from_secs(seconds));
    world.clock.set(later(world.clock.clock().now(), seconds));
}

fn later(time: Timestamp, seconds: u64) -> Timestamp {
    time.checked_add(Duration::from_secs(seconds)).unwrap()
}

async fn season(wallet: &Wallet) -> Pass {
    wallet.pass(SEASON).await.unwrap().unwrap()
}

async fn state(wallet: &Wallet) -> PassState {
    season(wallet).await.state
}

async fn bought(wallet: &Wallet) -> usize {
    let purchases = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    purchases.iter().filter(|purchase| purchase.sku.as_str() == SEASON).count()
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

fn told(events: &mut Receiver<WalletEvent>) -> Vec<WalletEvent> {
    let all = std::iter::from_fn(|| events.try_recv().ok());
    let of_passes = |event: &WalletEvent| {
        matches!(
            event,
            WalletEvent::PassEnding { .. } | WalletEvent::PassNotRenewed { .. } | WalletEvent::PassEnded { .. }
        )
    };
    all.filter(of_passes).collect()
}

#[tokio::test]
async fn a_pass_bought_without_a_network_lasts_from_then_and_a_second_one_makes_it_longer() {
    let world = world(24, 2, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let item = wallet.catalog().await.unwrap();
    let item = item.items.iter().find(|item| item.sku.as_str() == SEASON).unwrap();
    assert_eq!((item.kind, item.pass.unwrap().length_seconds), (ItemKind::Pass, 86_400));
    assert_eq!((wallet.passes().await.unwrap(), wallet.pass(SEASON).await.unwrap()), (vec![], None));
    world.network.set(Weather::Cut);
    pass_time(&world, &device, HOUR);
    let begin = world.clock.clock().now();
    let purchase = wallet.buy(SEASON.into()).await.unwrap();
    let one = season(&wallet).await;
    assert_eq!((one.state, one.starts_at, purchase.purchased_at), (PassState::Active, begin, begin));
    assert_eq!((one.ends_at, one.grace_ends_at), (later(begin, DAY), later(begin, DAY + 2 * HOUR)));
    assert_eq!(one.renewal, None, "nobody has agreed to that");
    // It is had, and not owned.
    assert_eq!(owned(&wallet, SEASON).await, 0);
    let used = wallet.consume(SEASON, 1, "level-7").await;
    assert!(matches!(used, Err(WalletError::InsufficientItems { .. })), "{used:?}");

    pass_time(&world, &device, HOUR);
    wallet.buy(SEASON.into()).await.unwrap();
    assert_eq!(season(&wallet).await.ends_at, later(begin, 2 * DAY));
    wallet.close().await;
    let wallet = device.open().await;
    let two = season(&wallet).await;
    assert_eq!((two.starts_at, two.ends_at, wallet.passes().await.unwrap().len()), (begin, later(begin, 2 * DAY), 1));
    let both = wallet.buy(farthing_core::PurchaseRequest::new(SEASON).quantity(2)).await;
    assert!(matches!(&both, Err(WalletError::InvalidArgument { field, .. }) if field == "quantity"), "{both:?}");

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, total(&wallet)), (2, 0, usd("14.02")));
    assert_eq!(season(&wallet).await, two);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_pass_ends_with_its_grace_period_and_the_next_one_in_it_goes_on() {
    let world = world(24, 2, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let mut events = wallet.events();
    world.network.set(Weather::Cut);
    wallet.buy(SEASON.into()).await.unwrap();
    let ends_at = season(&wallet).await.ends_at;
    pass_time(&world, &device, 18 * HOUR);
    let _ = wallet.sync().await;
    let reminder = WalletEvent::PassEnding { sku: Sku::new(SEASON).unwrap(), ends_at, renewal: None };
    assert_eq!(told(&mut events), [reminder]);
    pass_time(&world, &device, 6 * HOUR - 1);
    assert_eq!(state(&wallet).await, PassState::Active);
    pass_time(&world, &device, 1);
    assert_eq!(state(&wallet).await, PassState::Grace);
    pass_time(&world, &device, HOUR);
    wallet.buy(SEASON.into()).await.unwrap();
    let longer = season(&wallet).await;
    assert_eq!((longer.state, longer.ends_at), (PassState::Active, later(ends_at, DAY)));

    pass_time(&world, &device, 25 * HOUR);
    let _ = wallet.sync().await;
    assert_eq!(state(&wallet).await, PassState::Ended);
    assert!(matches!(told(&mut events)[..], [WalletEvent::PassEnded { .. }]));
    let _ = wallet.sync().await;
    assert_eq!(told(&mut events), []);
    // A new one begins anew.
    let again = world.clock.clock().now();
    wallet.buy(SEASON.into()).await.unwrap();
    assert_eq!(season(&wallet).await.starts_at, again);
    assert_eq!(bought(&wallet).await, 3);
    world.network.set(Weather::Fair);
    let known = season(&wallet).await;
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    assert_eq!(season(&wallet).await, known, "the gateway adds up the same");
}

#[tokio::test]
async fn a_clock_that_is_set_back_revives_nothing() {
    let world = world(24, 0, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let begin = world.clock.clock().now();
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    device.clock.pass(Duration::from_secs(23 * HOUR));
    assert_eq!(state(&wallet).await, PassState::Active);
    device.clock.set(begin);
    device.clock.pass(Duration::from_secs(HOUR));
    assert_eq!(state(&wallet).await, PassState::Ended, "time went on meanwhile");

    // A restart forgets what only the process knew: the wallet has it on disk.
    wallet.close().await;
    device.clock.set(begin);
    let wallet = device.open().await;
    assert_eq!(state(&wallet).await, PassState::Ended);
    // Set back right after it was bought, it runs on from when the wallet was closed.
    wallet.buy(SEASON.into()).await.unwrap();
    device.clock.pass(Duration::from_secs(23 * HOUR));
    assert_eq!(state(&wallet).await, PassState::Active);
    wallet.close().await;
    device.clock.set(begin);
    let wallet = device.open().await;
    device.clock.pass(Duration::from_secs(2 * HOUR));
    assert_eq!(state(&wallet).await, PassState::Ended);

    // The gateway knows what time it is.
    world.clock.set(later(begin, 24 * HOUR));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(season(&wallet).await.starts_at, begin, "the second one goes on from the first: it was still running");
}

#[tokio::test]
async fn a_clock_that_was_set_ahead_buys_no_time() {
    let world = world(24, 0, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    world.network.set(Weather::Cut);
    let begin = world.clock.clock().now();
    device.clock.set(later(begin, 20 * DAY));
    wallet.buy(SEASON.into()).await.unwrap();
    assert_eq!(season(&wallet).await.ends_at, later(begin, 21 * DAY));
    device.clock.set(later(begin, HOUR));
    world.clock.set(later(begin, HOUR));
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    let pass = season(&wallet).await;
    assert_eq!((pass.starts_at, pass.ends_at), (later(begin, HOUR), later(begin, DAY + HOUR)));
}

#[tokio::test]
async fn without_consent_nothing_is_renewed_and_with_it_once() {
    let world = world(24, 2, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let early = wallet.set_pass_renewal(SEASON, true).await;
    assert!(matches!(&early, Err(WalletError::InvalidArgument { field, .. }) if field == "sku"), "{early:?}");
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.sync().await.unwrap();
    let first = season(&wallet).await;
    world.network.set(Weather::Cut);

    // Given, taken back, and given again: what was said last is on disk.
    assert_eq!(wallet.set_pass_renewal(SEASON, true).await.unwrap().renewal, Some(usd("2.99")));
    assert_eq!(wallet.set_pass_renewal(SEASON, false).await.unwrap(), first);
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    wallet.close().await;
    let wallet = device.open().await;
    assert_eq!(season(&wallet).await.renewal, Some(usd("2.99")));

    let mut events = wallet.events();
    pass_time(&world, &device, 23 * HOUR);
    let _ = wallet.sync().await;
    let reminder =
        WalletEvent::PassEnding { sku: Sku::new(SEASON).unwrap(), ends_at: first.ends_at, renewal: Some(usd("2.99")) };
    assert_eq!((told(&mut events), bought(&wallet).await), (vec![reminder], 1));
    // An hour after the reminder it is due. What the disk has just before and just after is what a kill leaves.
    pass_time(&world, &device, HOUR);
    let before = device.back_up();
    let _ = wallet.sync().await;
    let renewed = season(&wallet).await;
    assert_eq!((renewed.ends_at, bought(&wallet).await), (later(first.ends_at, DAY), 2));
    let after = device.back_up();
    wallet.close().await;
    for killed in [&before, &after] {
        device.restore(killed);
        let wallet = device.open().await;
        for _ in 0..3 {
            let _ = wallet.sync().await;
        }
        // A database from before the renewal is older than the key store remembers: it asks the gateway first.
        assert!(bought(&wallet).await <= 2);
        wallet.close().await;
    }
    let wallet = device.open().await;
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, bought(&wallet).await), (1, 0, 2));
    assert_eq!((season(&wallet).await.ends_at, total(&wallet)), (renewed.ends_at, usd("14.02")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_wallet_that_is_open_renews_by_itself() {
    let world = world(24, 2, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    let ends_at = season(&wallet).await.ends_at;
    let mut events = wallet.events();
    wallet.sync().await.unwrap();
    tokio::time::pause();
    // No real time passes: the clock jumps to whoever waits for it, and the phone's goes with it.
    for _ in 0..300 {
        if bought(&wallet).await == 2 {
            break;
        }
        pass_time(&world, &device, 600);
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    assert_eq!((season(&wallet).await.ends_at, bought(&wallet).await), (later(ends_at, DAY), 2));
    assert!(matches!(told(&mut events)[..], [WalletEvent::PassEnding { renewal: Some(_), .. }]));
}

#[tokio::test]
async fn what_the_player_took_back_is_not_renewed() {
    let world = world(24, 2, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    pass_time(&world, &device, 20 * HOUR);
    wallet.sync().await.unwrap();
    wallet.set_pass_renewal(SEASON, false).await.unwrap();
    let mut events = wallet.events();
    for _ in 0..8 {
        pass_time(&world, &device, HOUR);
        wallet.sync().await.unwrap();
    }
    assert_eq!((state(&wallet).await, bought(&wallet).await), (PassState::Ended, 1));
    assert!(matches!(told(&mut events)[..], [WalletEvent::PassEnded { .. }]));
    let over = wallet.set_pass_renewal(SEASON, true).await;
    assert!(matches!(&over, Err(WalletError::InvalidArgument { field, .. }) if field == "sku"), "{over:?}");
}

#[tokio::test]
async fn a_price_that_nobody_agreed_to_is_not_paid() {
    let mut world = world(24, 2, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    sell(&mut world, "3.99", 24, 2, 6).await;
    let mut events = wallet.events();
    for _ in 0..25 {
        pass_time(&world, &device, HOUR);
        wallet.sync().await.unwrap();
    }
    let told = told(&mut events);
    assert!(
        matches!(told[..], [WalletEvent::PassEnding { .. }, WalletEvent::PassNotRenewed { error: None, .. }]),
        "{told:?}"
    );
    assert_eq!((state(&wallet).await, bought(&wallet).await, total(&wallet)), (PassState::Grace, 1, usd("17.01")));
    // They agree to the new one.
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!((state(&wallet).await, bought(&wallet).await, total(&wallet)), (PassState::Active, 2, usd("13.02")));
}

#[tokio::test]
async fn a_renewal_that_lacks_funds_is_told_once_and_made_after_a_top_up_in_the_grace_period() {
    let world = world(24, 6, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("3.00").await;
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    let ends_at = season(&wallet).await.ends_at;
    let mut events = wallet.events();
    for _ in 0..25 {
        pass_time(&world, &device, HOUR);
        wallet.sync().await.unwrap();
    }
    let told = told(&mut events);
    let lacks = |error: &Option<WalletError>| matches!(error, Some(WalletError::InsufficientFunds { .. }));
    assert!(
        matches!(&told[..], [WalletEvent::PassEnding { .. }, WalletEvent::PassNotRenewed { error, .. }] if lacks(error)),
        "{told:?}"
    );
    assert_eq!(state(&wallet).await, PassState::Grace);
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!((season(&wallet).await.ends_at, bought(&wallet).await), (later(ends_at, DAY), 2));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_renewal_that_lacks_a_reserve_asks_the_gateway_for_one() {
    let mut world = world(24, 2, 6).await;
    world
        .edit_policy(|policy| policy.replacen("reserve = { default = \"20.00\"", "reserve = { default = \"2.00\"", 1))
        .await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    wallet.sync().await.unwrap();
    let mut events = wallet.events();
    // What is reserved by itself is less than the price.
    for _ in 0..24 {
        pass_time(&world, &device, HOUR);
        wallet.sync().await.unwrap();
    }
    assert_eq!(bought(&wallet).await, 2);
    assert!(matches!(told(&mut events)[..], [WalletEvent::PassEnding { .. }]));
}

#[tokio::test]
async fn a_pass_that_has_hardly_run_is_refunded_and_one_that_has_is_not() {
    let world = world(24, 6, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let first = wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    pass_time(&world, &device, 2 * HOUR);
    let done = wallet.refund(first.id).await.unwrap();
    assert!(matches!(done.state, PurchaseState::Refunded { quantity: 1, .. }), "{done:?}");
    assert_eq!((state(&wallet).await, total(&wallet)), (PassState::Ended, usd("20.00")));
    wallet.sync().await.unwrap();
    assert_eq!(season(&wallet).await.renewal, None, "what was given back is not renewed");

    let second = wallet.buy(SEASON.into()).await.unwrap();
    wallet.sync().await.unwrap();
    pass_time(&world, &device, 3 * HOUR);
    assert_eq!(wallet.refund(second.id).await, Err(WalletError::AlreadyUsed));
    assert_eq!((state(&wallet).await, total(&wallet)), (PassState::Active, usd("17.01")));
    // Of two, one has not begun: time is alike, so either may go.
    let third = wallet.buy(SEASON.into()).await.unwrap();
    let longer = season(&wallet).await;
    wallet.refund(third.id).await.unwrap();
    assert_eq!(season(&wallet).await.ends_at, later(longer.ends_at, 0).checked_sub(Duration::from_secs(DAY)).unwrap());
    assert_eq!(wallet.refund(second.id).await, Err(WalletError::AlreadyUsed));

    wallet.close().await;
    let wallet = device.open().await;
    assert_eq!((state(&wallet).await, total(&wallet)), (PassState::Active, usd("17.01")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_pass_that_was_asked_back_is_not_had_until_the_answer_is_known() {
    let world = world(24, 6, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let purchase = wallet.buy(SEASON.into()).await.unwrap();
    wallet.sync().await.unwrap();
    let held = world.network.hold(&format!("/v1/purchases/{}/refund", purchase.id));
    let wallet = std::sync::Arc::new(wallet);
    let task = tokio::spawn({
        let wallet = wallet.clone();
        async move { wallet.refund(purchase.id).await }
    });
    held.answered.await.unwrap();
    // The gateway has done it; the phone does not know, and dies.
    task.abort();
    wallet.close().await;
    drop(held.release);
    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert_eq!(state(&wallet).await, PassState::Ended);
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!((state(&wallet).await, total(&wallet)), (PassState::Ended, usd("20.00")));
    wallet.sync().await.unwrap();
    assert_eq!(state(&wallet).await, PassState::Ended);
}

#[tokio::test]
async fn a_merchant_refunds_a_pass_and_what_has_run_has_run() {
    let world = world(24, 6, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let first = wallet.buy(SEASON.into()).await.unwrap();
    wallet.sync().await.unwrap();
    let mut events = wallet.events();
    pass_time(&world, &device, 12 * HOUR);
    let (_, refund) = world.merchant(Method::POST, "/v1/refunds", Some(json!({ "purchase": first.id }))).await;
    assert_eq!((&refund["quantity"], &refund["state"]), (&json!(1), &json!("succeeded")));
    // Another was bought before the phone heard of it: it goes on from where the phone knew the end.
    world.network.set(Weather::Cut);
    wallet.buy(SEASON.into()).await.unwrap();
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    let pass = season(&wallet).await;
    assert_eq!((pass.state, pass.ends_at), (PassState::Active, later(world.clock.clock().now(), DAY)));
    let refunded = std::iter::from_fn(|| events.try_recv().ok())
        .any(|event| matches!(event, WalletEvent::PurchaseRefunded { quantity: 1, revoked: 1, .. }));
    assert!(refunded);
    assert_eq!(total(&wallet), usd("17.01"));

    // Of one that is over, there is nothing to take back.
    pass_time(&world, &device, 48 * HOUR);
    let last = wallet.purchases(PurchaseFilter::default()).await.unwrap().remove(0);
    let (_, refund) = world.merchant(Method::POST, "/v1/refunds", Some(json!({ "purchase": last.id }))).await;
    assert_eq!((&refund["quantity"], &refund["amount"]["amount"]), (&json!(0), &json!("2.99")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_rejected_pass_is_taken_back() {
    let world = world(24, 0, 0).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let name = wallet.device().await.unwrap().unwrap();
    world.order_faults(name, json!({"reject": {"reason": "wrong_price", "count": 1}})).await;
    let mut events = wallet.events();
    wallet.buy(SEASON.into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().rejected, 1);
    assert_eq!((wallet.pass(SEASON).await.unwrap(), total(&wallet)), (None, usd("20.00")));
    let revoked = std::iter::from_fn(|| events.try_recv().ok())
        .any(|event| matches!(event, WalletEvent::Rejected { revoked: 1, .. }));
    assert!(revoked);
}

#[tokio::test]
async fn a_wallet_whose_database_is_gone_has_its_pass_again_by_the_journal_and_renews_nothing() {
    let world = world(24, 2, 6).await;
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    wallet.buy(SEASON.into()).await.unwrap();
    wallet.set_pass_renewal(SEASON, true).await.unwrap();
    wallet.sync().await.unwrap();
    let known = season(&wallet).await;
    wallet.close().await;
    std::fs::remove_dir_all(device.folder.join("wallet")).unwrap();
    let wallet = device.open().await;
    assert_eq!(wallet.passes().await.unwrap(), []);
    wallet.sync().await.unwrap();
    assert_eq!(season(&wallet).await, Pass { renewal: None, ..known });
}
