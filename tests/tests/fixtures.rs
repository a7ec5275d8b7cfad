//! Wallets that earlier versions wrote still open, with everything in them.
//!
//! `fixtures/v1` was written by version 0.1.0. Once that is released it is never written again;
//! a new version of the database adds a folder of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use farthing_core::{
    Currency, PurchaseFilter, PurchaseRequest, PurchaseState, SoftwareKeyStore, Timestamp, Wallet, WalletConfig,
    WalletError,
};
use farthing_tests::{Device, DeviceClock, Weather, World, owned, usd};

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(version)
}

/// The day on which fixtures are written, and on which their allowances hold.
fn that_day() -> Timestamp {
    "2026-06-01T09:00:00Z".parse().unwrap()
}

/// Opens a copy, with no network.
async fn open(version: &str, copy: &Path) -> Wallet {
    for file in ["wallet.db", "keys.json"] {
        fs::copy(folder(version).join(file), copy.join(file)).unwrap();
    }
    let world = World::new();
    world.network.set(Weather::Cut);
    let config = WalletConfig::new(farthing_tests::ADDRESS, "pk_test_fixture", copy)
        .transport(world.network.clone())
        .clock(Arc::new(DeviceClock::new(that_day())))
        .syncs_by_itself(false);
    Wallet::open(config, Arc::new(SoftwareKeyStore::new(copy.join("keys.json")))).await.unwrap()
}

#[tokio::test]
async fn a_wallet_of_version_1_opens_with_everything_in_it() {
    let copy = tempfile::tempdir().unwrap();
    let wallet = open("v1", copy.path()).await;

    let purchases = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    let states: Vec<_> = purchases.iter().map(|purchase| (purchase.sku.as_str(), &purchase.state)).collect();
    let [
        ("hint", PurchaseState::Granted),
        ("lantern", PurchaseState::Granted),
        ("extra_life", PurchaseState::Settled { split, .. }),
    ] = states.as_slice()
    else {
        panic!("{states:?}")
    };
    assert_eq!(split.total().unwrap(), usd("0.75"));
    assert_eq!(owned(&wallet, "extra_life").await, 2);
    assert_eq!(owned(&wallet, "lantern").await, 1);
    assert_eq!(wallet.cards().await.unwrap()[0].last_four, "4242");
    assert_eq!(wallet.top_ups().await.unwrap()[0].amount, usd("5.00"));
    let balance = wallet.balance().of_currency(Currency::USD);
    assert_eq!((balance.total, balance.pending), (usd("2.71"), usd("1.54")));

    // What was done stays done, and what can be bought is bought.
    assert_eq!(wallet.consume("extra_life", 1, "level-1").await, Ok(2));
    let tap = PurchaseRequest::new("extra_life").quantity(3).idempotency_key("tap-1");
    assert_eq!(wallet.buy(tap).await.unwrap().id, purchases[2].id);
    assert!(matches!(wallet.buy("lantern".into()).await, Err(WalletError::AlreadyOwned { .. })));
    wallet.buy("hint".into()).await.unwrap();
    assert_eq!(wallet.balance().of_currency(Currency::USD).total, usd("2.66"));
}

/// Writes the fixture of the version that is being developed.
#[tokio::test]
#[ignore = "writes a fixture"]
async fn write_fixture() {
    let world = World::new();
    world.clock.set(that_day());
    let device: Device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    let tap = PurchaseRequest::new("extra_life").quantity(3).idempotency_key("tap-1");
    wallet.buy(tap).await.unwrap();
    wallet.consume("extra_life", 1, "level-1").await.unwrap();
    wallet.sync().await.unwrap();
    wallet.buy("lantern".into()).await.unwrap();
    wallet.buy("hint".into()).await.unwrap();
    wallet.close().await;

    let fixture = folder("v1");
    fs::create_dir_all(&fixture).unwrap();
    fs::copy(device.folder.join("wallet/wallet.db"), fixture.join("wallet.db")).unwrap();
    fs::copy(device.folder.join("keys.json"), fixture.join("keys.json")).unwrap();
}
