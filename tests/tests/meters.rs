//! Pay-per-use: real wallets count, a real gateway judges, and networks, processes and clocks fail.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use farthing_core::{
    Currency, Money, PurchaseFilter, PurchaseKind, PurchaseState, SoftwareKeyStore, Wallet, WalletConfig, WalletError,
    WalletEvent,
};
use farthing_protocol::usage_price;
use farthing_tests::{ADDRESS, Device, DeviceClock, Weather, World, usd};
use serde_json::json;

const CALLS: &str = "api_calls";

/// The sample catalog, with another meter in it.
async fn world(meter: &str) -> World {
    let mut world = World::new();
    publish(&mut world, meter).await;
    world
}

async fn publish(world: &mut World, meter: &str) {
    let file = world.gateway_folder().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    let known = catalog.lines().find(|line| line.starts_with("meter = ")).unwrap();
    std::fs::write(&file, catalog.replace(known, &format!("meter = {meter}"))).unwrap();
    world.restart_gateway().await;
}

async fn offline(world: &World, device: &Device, amount: &str) -> Wallet {
    let wallet = device.open_with(amount).await;
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    wallet
}

/// Units and prices of what was used, newest first.
async fn used(wallet: &Wallet) -> Vec<(u32, Money)> {
    let purchases = wallet.purchases(PurchaseFilter { limit: 1_000, waiting_only: false }).await.unwrap();
    let used = purchases.into_iter().filter(|purchase| purchase.kind == PurchaseKind::Usage);
    used.map(|purchase| (purchase.quantity, purchase.total)).collect()
}

fn sum(used: &[(u32, Money)]) -> (u64, Money) {
    used.iter()
        .fold((0, usd("0")), |(units, total), (more, price)| (units + u64::from(*more), total.plus(*price).unwrap()))
}

fn dollars(wallet: &Wallet) -> farthing_core::CurrencyBalance {
    wallet.balance().of_currency(Currency::USD)
}

#[tokio::test]
async fn a_million_units_are_a_handful_of_entries_and_cost_what_a_million_cost() {
    let world = world("{ per_units = 300_000, flush_after_units = 100_000 }").await;
    let wallet = offline(&world, &world.device("phone"), "5.00").await;
    let calls = wallet.meter(CALLS);
    for _ in 0..1_000_000 {
        calls.record(1).await.unwrap();
    }
    // Shown at once, written or not.
    let all = usage_price(usd("1"), 300_000, 1_000_000).unwrap();
    assert_eq!((dollars(&wallet).total, dollars(&wallet).pending), (usd("5").minus(all).unwrap(), all));
    calls.flush().await.unwrap();
    let entries = used(&wallet).await;
    assert!(entries.len() <= 20, "{} entries", entries.len());
    assert_eq!(sum(&entries), (1_000_000, all));

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (entries.len() as u64, 0, 0));
    assert_eq!(sum(&used(&wallet).await), (1_000_000, all));
    world.assert_balanced().await;
    let paid = ["merchant_payable", "platform_revenue"].map(|account| world.ledger(account));
    let [merchant, platform] = paid;
    let shares = merchant.await.plus(platform.await).unwrap();
    assert!(shares.is_negative() && -shares.micros() <= all.micros(), "{shares}");
}

#[tokio::test]
async fn what_was_counted_offline_survives_a_close_and_settles_with_receipts() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&world, &device, "5.00").await;
    let calls = wallet.meter(CALLS);
    calls.record(70).await.unwrap();
    calls.record(30).await.unwrap();
    assert_eq!(used(&wallet).await, []);
    assert_eq!((dollars(&wallet).total, dollars(&wallet).pending), (usd("4.99"), usd("0.01")));
    wallet.close().await;
    assert_eq!(calls.record(1).await, Err(WalletError::Closed));
    assert!(!calls.try_record(1));

    let wallet = device.open().await;
    assert_eq!(used(&wallet).await, [(100, usd("0.01"))]);
    assert_eq!((dollars(&wallet).total, dollars(&wallet).pending), (usd("4.99"), usd("0.01")));
    wallet.meter(CALLS).record(50).await.unwrap();
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    let purchases = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    assert_eq!(purchases.iter().map(|purchase| purchase.quantity).collect::<Vec<_>>(), [50, 100]);
    for purchase in purchases {
        let PurchaseState::Settled { split, .. } = purchase.state else { panic!("{purchase:?}") };
        assert_eq!(split.total().unwrap(), purchase.total);
        assert_eq!(wallet.receipt(purchase.id).await.unwrap().split('.').count(), 3);
    }
    assert_eq!((dollars(&wallet).total, dollars(&wallet).pending), (usd("4.985"), usd("0")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_waits_in_memory_is_written_in_time() {
    let world = World::new();
    let wallet = offline(&world, &world.device("phone"), "5.00").await;
    tokio::time::pause();
    wallet.meter(CALLS).record(5).await.unwrap();
    // No real time passes: the clock jumps to whoever waits for it.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if !used(&wallet).await.is_empty() {
            break;
        }
    }
    assert_eq!(used(&wallet).await, [(5, usd("0.0005"))]);
}

#[tokio::test]
async fn a_kill_loses_what_is_in_memory_and_never_more_than_may_be_lost() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&world, &device, "5.00").await;
    let calls = wallet.meter(CALLS);
    for _ in 0..2_499 {
        calls.record(1).await.unwrap();
    }
    // What the disk has at this moment is all that a killed process leaves.
    let killed = device.back_up();
    wallet.close().await;
    device.restore(&killed);

    let wallet = device.open().await;
    let (units, paid) = sum(&used(&wallet).await);
    assert_eq!((units, paid), (2_000, usd("0.20")));
    assert_eq!(dollars(&wallet).total, usd("4.80"));
}

#[tokio::test]
async fn a_wallet_that_is_dropped_writes_what_was_counted() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&world, &device, "5.00").await;
    let calls = wallet.meter(CALLS);
    calls.record(9).await.unwrap();
    drop(wallet);
    let wallet = loop {
        match Wallet::open(device.config(), device.keys()).await {
            Err(WalletError::AlreadyOpen) => tokio::task::yield_now().await,
            opened => break opened.unwrap(),
        }
    };
    assert_eq!(used(&wallet).await, [(9, usd("0.0009"))]);
    assert_eq!(calls.record(1).await, Err(WalletError::Closed));
}

#[tokio::test]
async fn a_purchase_sees_what_was_counted_and_what_was_not_counted_is_free_for_it() {
    let world = World::new();
    let wallet = offline(&world, &world.device("phone"), "0.60").await;
    let calls = wallet.meter(CALLS);
    // A lease of a thousand units holds ten cents back; one unit is counted.
    calls.record(1).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(dollars(&wallet).total, usd("0.0999"));
    let refused = wallet.buy("health_potion".into()).await;
    assert!(matches!(refused, Err(WalletError::InsufficientFunds { .. })), "{refused:?}");
    calls.record(999).await.unwrap();
    let refused = calls.record(1).await;
    assert!(matches!(refused, Err(WalletError::InsufficientFunds { .. })), "{refused:?}");
    assert_eq!(dollars(&wallet).total, usd("0"));

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!(report.rejected, 0);
    assert_eq!(sum(&used(&wallet).await), (1_000, usd("0.10")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_cap_warns_at_eighty_percent_and_ends_with_the_day() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&world, &device, "20.00").await;
    let calls = wallet.meter(CALLS);
    let mut events = wallet.events();
    calls.record(15_900).await.unwrap();
    calls.record(100).await.unwrap();
    calls.record(1).await.unwrap();
    let told = async {
        loop {
            if let WalletEvent::UsageNearLimit { spent, limit, .. } = events.recv().await.unwrap() {
                return (spent, limit);
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(30), told).await.expect("there came no warning");
    assert_eq!(told, (usd("1.60"), usd("2")));
    calls.record(3_999).await.unwrap();
    let Err(WalletError::UsageCapReached { cap, resets_at, .. }) = calls.record(1).await else { panic!() };
    assert_eq!((cap, resets_at), (usd("2"), "2026-06-02T00:00:00Z".parse().unwrap()));
    device.clock.pass(Duration::from_secs(16 * 3_600));
    calls.record(1).await.unwrap();
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    assert_eq!(sum(&used(&wallet).await), (20_001, usd("2.0001")));
}

#[tokio::test]
async fn units_counted_in_time_settle_though_they_are_written_after_the_allowance_ended() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&world, &device, "5.00").await;
    let calls = wallet.meter(CALLS);
    calls.record(10).await.unwrap();
    device.clock.pass(Duration::from_secs(31 * 86_400));
    let refused = calls.record(1).await;
    assert!(
        matches!(refused, Err(WalletError::CatalogExpired { .. } | WalletError::AllowanceExpired { .. })),
        "{refused:?}"
    );
    calls.flush().await.unwrap();
    let written = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    assert!(written[0].purchased_at <= "2026-07-01T08:00:00Z".parse().unwrap(), "{written:?}");
    world.clock.set("2026-07-02T08:00:00Z".parse().unwrap());
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0));
    calls.record(1).await.unwrap();
}

#[tokio::test]
async fn a_rejected_entry_costs_nothing_and_those_behind_it_stand() {
    let world = World::new();
    let wallet = offline(&world, &world.device("phone"), "5.00").await;
    let calls = wallet.meter(CALLS);
    for _ in 0..3 {
        calls.record(100).await.unwrap();
        calls.flush().await.unwrap();
    }
    world.network.set(Weather::Fair);
    reject_once(&world, &wallet).await;
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (2, 1));
    assert_eq!(dollars(&wallet).total, usd("4.98"));
    calls.record(100).await.unwrap();
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0));
    assert_eq!(dollars(&wallet).total, usd("4.97"));
    world.assert_balanced().await;
}

/// Has the next entry that something is paid by rejected.
async fn reject_once(world: &World, wallet: &Wallet) {
    let device = wallet.device().await.unwrap().unwrap();
    world.order_faults(device, json!({"reject": {"reason": "wrong_price", "count": 1}})).await;
}

#[tokio::test]
async fn a_restored_backup_goes_on_from_the_gateway_s_totals() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.meter(CALLS).record(33).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.close().await;
    let backup = device.back_up();
    let wallet = device.open().await;
    wallet.meter(CALLS).record(44).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.close().await;
    device.restore(&backup);

    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert_eq!(wallet.meter(CALLS).record(1).await, Err(WalletError::SyncRequired));
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    wallet.meter(CALLS).record(55).await.unwrap();
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0));
    assert_eq!(dollars(&wallet).total, usd("4.9868"));
}

#[tokio::test]
async fn a_new_price_is_asked_for_at_the_next_unit() {
    let mut world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let calls = wallet.meter(CALLS);
    calls.record(10).await.unwrap();
    publish(&mut world, "{ per_units = 5_000 }").await;
    wallet.sync().await.unwrap();
    calls.record(10).await.unwrap();
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0));
    assert_eq!(used(&wallet).await, [(10, usd("0.002")), (10, usd("0.001"))]);
}

#[tokio::test]
async fn many_tasks_count_on_one_meter_and_none_of_their_units_is_lost_or_doubled() {
    let world = world("{ per_units = 10_000, flush_after_units = 7 }").await;
    let wallet = std::sync::Arc::new(offline(&world, &world.device("phone"), "5.00").await);
    let tasks = (0..8).map(|_| {
        let wallet = wallet.clone();
        tokio::spawn(async move {
            let calls = wallet.meter(CALLS);
            for _ in 0..100 {
                calls.record(1).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    wallet.meter(CALLS).flush().await.unwrap();
    wallet.meter(CALLS).record(1).await.unwrap();
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    assert_eq!(sum(&used(&wallet).await), (801, usd("0.0801")));
}

#[tokio::test]
async fn what_is_not_metered_is_not_counted_and_what_is_metered_is_not_bought() {
    let world = World::new();
    let wallet = offline(&world, &world.device("phone"), "5.00").await;
    assert!(matches!(wallet.meter("arrow").record(1).await, Err(WalletError::InvalidArgument { .. })));
    assert!(matches!(wallet.meter("moon").record(1).await, Err(WalletError::UnknownItem { .. })));
    assert!(matches!(wallet.meter(CALLS).record(0).await, Err(WalletError::InvalidArgument { .. })));
    assert!(matches!(wallet.buy(CALLS.into()).await, Err(WalletError::InvalidArgument { .. })));
    assert_eq!(used(&wallet).await, []);
}

/// Where the process that is killed finds its wallet, and the gateway's keys.
const VICTIM: [&str; 3] = ["FARTHING_METER_FOLDER", "FARTHING_METER_KEY", "FARTHING_METER_ROOT"];

#[tokio::test]
async fn a_process_that_is_killed_loses_no_more_than_it_may() {
    let world = World::new();
    let device = world.device("phone");
    offline(&world, &device, "5.00").await.close().await;
    let values = [
        device.folder.display().to_string(),
        world.gateway().publishable_key().to_owned(),
        world.gateway().root_key().to_string(),
    ];
    for kill_at in [350, 1_250, 4_999] {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "meters::the_process_that_is_killed", "--ignored", "--nocapture"])
            .envs(VICTIM.into_iter().zip(&values))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
        let counts = lines.filter_map(|line| line.strip_prefix("counted ")?.parse::<u64>().ok());
        let wallet_before = counts.take_while(|count| *count < kill_at).last().unwrap_or(0);
        victim.kill().unwrap();
        victim.wait().unwrap();

        let wallet = device.open().await;
        let (units, paid) = sum(&used(&wallet).await);
        assert!(units + 1_000 > wallet_before, "{units} of {wallet_before} are there");
        assert_eq!(Some(paid), usage_price(usd("1"), 10_000, units));
        assert_eq!(dollars(&wallet).total, usd("5").minus(paid).unwrap());
        world.network.set(Weather::Fair);
        assert_eq!(wallet.sync().await.unwrap().rejected, 0);
        world.assert_balanced().await;
        wallet.close().await;
    }
}

#[tokio::test]
#[ignore = "it is run by the test above, in a process of its own"]
async fn the_process_that_is_killed() {
    // By itself it has nothing to do.
    let [Ok(folder), Ok(key), Ok(root)] = VICTIM.map(std::env::var) else { return };
    let folder = std::path::PathBuf::from(folder);
    let clock = std::sync::Arc::new(DeviceClock::new("2026-06-01T08:00:00Z".parse().unwrap()));
    let config =
        WalletConfig::new(ADDRESS, key, folder.join("wallet")).root_key(root).clock(clock).syncs_by_itself(false);
    let keys = std::sync::Arc::new(SoftwareKeyStore::new(folder.join("keys.json")));
    let wallet = Wallet::open(config, keys).await.unwrap();
    let before = sum(&used(&wallet).await).0;
    let calls = wallet.meter(CALLS);
    for count in before + 1.. {
        calls.record(1).await.unwrap();
        println!("counted {count}");
    }
}
