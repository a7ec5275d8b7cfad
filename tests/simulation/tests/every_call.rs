//! Each call of the wallet to its disk goes wrong once, in each of five ways: while it is opened for the first time, while
//! it buys, syncs and salvages. What the app was told of is there afterwards, and what it was not told of is whole or
//! not there at all.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells what it covered")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use farthing_core::{
    Currency, EntryId, PurchaseFilter, PurchaseKind, PurchaseRequest, PurchaseState, Wallet, WalletError,
};
use farthing_machine::{Call, Disk, Fault};
use farthing_tests::{Device, World, in_memory, usd};

const FAULTS: [Fault; 5] = [Fault::Error, Fault::Broken, Fault::Full, Fault::Death, Fault::TornDeath];
/// Far more than any of these takes.
const CALLS_MAX: u64 = 2_000;
const ALL: PurchaseFilter = PurchaseFilter { limit: 10_000, waiting_only: false };

/// What is under way when the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// The first open makes the tables: the only migration there is so far.
    Migration,
    Purchase,
    Sync,
    Salvage,
}

/// Does it with each call failing in each way, and tells what was met; a call of one kind must be among it.
async fn try_each(act: Act, must_meet: Call) {
    in_memory();
    let mut covered: BTreeMap<(String, Call), u64> = BTreeMap::new();
    for fault in FAULTS {
        for call in 0..CALLS_MAX {
            let world = World::new();
            let device = world.device("phone");
            let told = prepare(act, &device).await;
            let disk = Disk::new(&device.folder.join("wallet"), call);
            disk.fail_after(call, fault);
            let mut known = told.clone();
            carry_out(act, &device, &mut known).await;
            let hit = disk.hit();
            if disk.is_dead() && call % 2 == 0 {
                disk.cut_power();
            }
            disk.mend();
            match act {
                Act::Migration => check_new(&device).await,
                _ => check(act, &world, &device, &told, &known, call).await,
            }
            match hit {
                Some(hit) => *covered.entry((format!("{fault:?}"), hit)).or_default() += 1,
                None => break,
            }
            assert!(call + 1 < CALLS_MAX, "{act:?} never ends");
        }
    }
    for ((fault, call), count) in &covered {
        println!("  {count:>5}  {act:?}: {fault} in {call:?}");
    }
    assert!(covered.keys().any(|(_, call)| *call == must_meet));
}

/// What is there before: nothing, or a wallet with some purchases, which are returned.
async fn prepare(act: Act, device: &Device) -> BTreeSet<EntryId> {
    if act == Act::Migration {
        return BTreeSet::new();
    }
    let told = history(device).await;
    if act == Act::Salvage {
        damage(device);
    }
    told
}

/// A wallet with a settled purchase and two that wait; closed.
async fn history(device: &Device) -> BTreeSet<EntryId> {
    let wallet = device.open_with("5.00").await;
    let mut told = BTreeSet::from([wallet.buy("extra_life".into()).await.unwrap().id]);
    wallet.sync().await.unwrap();
    for sku in ["hint", "arrow"] {
        told.insert(wallet.buy(sku.into()).await.unwrap().id);
    }
    wallet.close().await;
    told
}

/// A document is overwritten, so that the next open salvages.
fn damage(device: &Device) {
    let database = rusqlite::Connection::open(device.folder.join("wallet/wallet.db")).unwrap();
    let overwrite = "UPDATE documents SET sealed = x'00' WHERE key = CAST('settled' AS BLOB)";
    assert_eq!(database.execute(overwrite, []).unwrap(), 1);
}

async fn carry_out(act: Act, device: &Device, known: &mut BTreeSet<EntryId>) {
    let wallet = match Wallet::open(device.config(), device.keys()).await {
        Ok(wallet) => wallet,
        Err(WalletError::StorageFull | WalletError::StorageUnavailable { .. } | WalletError::StorageDamaged { .. }) => {
            return;
        }
        Err(error) => panic!("{act:?}: {error}"),
    };
    match act {
        Act::Migration => {}
        Act::Purchase => {
            let request = PurchaseRequest::new("golden_key").idempotency_key("tap");
            if let Ok(purchase) = wallet.buy(request).await {
                known.insert(purchase.id);
            }
        }
        Act::Sync | Act::Salvage => {
            let _ = wallet.sync().await;
        }
    }
    wallet.close().await;
}

/// The disk is well: a wallet can be begun.
async fn check_new(device: &Device) {
    let wallet = device.open_with("1.00").await;
    wallet.buy("hint".into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    wallet.close().await;
}

/// The disk is well: what was told is there, a retry makes no second one, all of it settles.
async fn check(
    act: Act,
    world: &World,
    device: &Device,
    told: &BTreeSet<EntryId>,
    known: &BTreeSet<EntryId>,
    call: u64,
) {
    let wallet = device.open().await;
    let shown: BTreeSet<EntryId> = wallet.purchases(ALL).await.unwrap().iter().map(|purchase| purchase.id).collect();
    if act == Act::Salvage {
        wallet.sync().await.unwrap();
    } else {
        assert!(shown.is_superset(known), "{act:?} at call {call}: a purchase is gone");
    }
    if act == Act::Purchase {
        let again = wallet.buy(PurchaseRequest::new("golden_key").idempotency_key("tap")).await.unwrap();
        assert_eq!(wallet.purchases(ALL).await.unwrap().len(), told.len() + 1, "{act:?} at call {call}");
        assert!(known.len() == told.len() || known.contains(&again.id));
    }
    assert_eq!(wallet.sync().await.unwrap().waiting, 0, "{act:?} at call {call}");
    let purchases = wallet.purchases(ALL).await.unwrap();
    assert!(known.iter().all(|id| purchases.iter().any(|purchase| purchase.id == *id)), "{act:?} at call {call}");
    let spent = purchases.iter().fold(usd("0"), |sum, purchase| {
        assert!(matches!(purchase.state, PurchaseState::Settled { .. }), "{act:?} at call {call}: {purchase:?}");
        sum.plus(purchase.total).unwrap()
    });
    let left = wallet.balance().of_currency(Currency::USD).total;
    assert_eq!(left, usd("5.00").minus(spent).unwrap(), "{act:?} at call {call}");
    world.assert_balanced().await;
    wallet.close().await;
}

#[tokio::test]
async fn a_purchase_is_whole_or_not_there_whichever_call_fails() {
    try_each(Act::Purchase, Call::Sync).await;
}

#[tokio::test]
async fn a_sync_settles_each_entry_once_whichever_call_fails() {
    try_each(Act::Sync, Call::Write).await;
}

#[tokio::test]
async fn a_salvage_can_be_repeated_whichever_call_fails() {
    try_each(Act::Salvage, Call::Sync).await;
}

#[tokio::test]
async fn a_migration_can_be_repeated_whichever_call_fails() {
    try_each(Act::Migration, Call::Sync).await;
}

/// Units whose writing fails are counted still, and those that the app was not told of are not.
#[tokio::test]
async fn a_unit_is_paid_once_whichever_call_fails() {
    in_memory();
    let mut hits = 0;
    // Three units take fewer calls than these: the last ones fail nowhere.
    for (fault, call) in FAULTS.into_iter().flat_map(|fault| (0..12).map(move |call| (fault, call))) {
        let world = World::new();
        let device = world.device("phone");
        history(&device).await;
        let disk = Disk::new(&device.folder.join("wallet"), call);
        let wallet = device.open().await;
        let meter = wallet.meter("api_calls");
        disk.fail_after(call, fault);
        let mut counted = 0;
        for _ in 0..3 {
            counted += if meter.record(600).await.is_ok() { 600 } else { 0 };
        }
        hits += u64::from(disk.hit().is_some());
        if disk.is_dead() {
            wallet.close().await;
            disk.mend();
            let wallet = device.open().await;
            let units = used(&wallet).await;
            assert!(units <= counted && counted <= units + 1_000, "{units} of {counted}, {fault:?} at call {call}");
            wallet.close().await;
        } else {
            disk.mend();
            let _ = meter.flush().await;
            meter.flush().await.unwrap();
            assert_eq!(used(&wallet).await, counted, "{fault:?} at call {call}");
            assert_eq!(wallet.sync().await.unwrap().rejected, 0, "{fault:?} at call {call}");
            wallet.close().await;
        }
    }
    assert!(hits > FAULTS.len() as u64, "{hits} calls failed");
}

async fn used(wallet: &Wallet) -> u64 {
    let purchases = wallet.purchases(ALL).await.unwrap();
    let used = purchases.iter().filter(|purchase| purchase.kind == PurchaseKind::Usage);
    used.map(|purchase| u64::from(purchase.quantity)).sum()
}

/// A kill can leave a commit that the system shows and the medium does not have. Sent to the gateway and then taken by a
/// power cut, it would be a fork.
#[tokio::test]
async fn what_a_killed_app_left_unsynced_is_on_the_medium_before_it_is_sent() {
    in_memory();
    // What a power cut takes is decided by the disk's seed: a few of each.
    for (call, seed) in (0..CALLS_MAX).flat_map(|call| (0..6).map(move |seed| (call, seed))) {
        let world = World::new();
        let device = world.device("phone");
        history(&device).await;
        let disk = Disk::new(&device.folder.join("wallet"), seed);
        let wallet = device.open().await;
        disk.fail_after(call, Fault::Death);
        let _ = wallet.buy("golden_key".into()).await;
        wallet.close().await;
        let was_hit = disk.hit().is_some();
        disk.mend();

        let wallet = Arc::new(device.open().await);
        let keys = std::fs::read(device.folder.join("keys.json")).unwrap();
        let held = world.network.hold("/v1/journal");
        let syncing = tokio::spawn({
            let wallet = wallet.clone();
            async move { wallet.sync().await }
        });
        held.answered.await.unwrap();
        disk.die();
        wallet.close().await;
        drop(held.release);
        assert!(syncing.await.unwrap().is_err());
        drop(wallet);
        disk.cut_power();
        // The key store hears of the journal's head too late.
        std::fs::write(device.folder.join("keys.json"), keys).unwrap();
        disk.mend();

        let wallet = device.open().await;
        wallet.buy("arrow".into()).await.unwrap();
        assert_eq!(wallet.sync().await.unwrap().waiting, 0, "killed at call {call}, seed {seed}");
        wallet.close().await;
        if !was_hit {
            return;
        }
    }
}
