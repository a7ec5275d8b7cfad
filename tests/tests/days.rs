//! Days on which wallets lose money elsewhere: a cold start, an upgrade, a changed passcode, a
//! restored phone, a reboot; each with thousands of purchases that nobody has heard of yet.
//! Nothing is lost, or what is lost is named and no more than the allowance.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use farthing_core::{
    Clock, Currency, KeyStore, KeyStoreError, Money, PurchaseFilter, PurchaseRequest, SoftwareKeyStore, Wallet,
    WalletError,
};
use farthing_tests::{Device, DeviceClock, Weather, World, owned, usd};

/// Purchases that wait: half of the reserve, at half a cent each.
const QUEUE: usize = 2_000;

/// A player who was offline for weeks.
async fn full_queue(world: &World) -> (Device, Arc<Wallet>) {
    let device = world.device("phone");
    let wallet = Arc::new(device.open_with("40.00").await);
    wallet.buy("lantern".into()).await.unwrap();
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    buy_arrows(&wallet, 0..QUEUE).await;
    (device, wallet)
}

/// Buys together: they share commits.
async fn buy_arrows(wallet: &Arc<Wallet>, numbers: std::ops::Range<usize>) {
    let mut buys = tokio::task::JoinSet::new();
    for number in numbers {
        let wallet = wallet.clone();
        let request = PurchaseRequest::new("arrow").idempotency_key(format!("arrow-{number}"));
        buys.spawn(async move { wallet.buy(request).await.unwrap() });
    }
    buys.join_all().await;
}

fn spendable(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).offline_spendable
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

fn files(device: &Device) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(device.folder.join("wallet")).unwrap().map(Result::unwrap);
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

/// All of the queue is there, goods and all; more can be bought; and it settles once.
async fn assert_whole(world: &World, wallet: &Wallet) {
    let waiting = PurchaseFilter { limit: u32::MAX, waiting_only: true };
    assert_eq!(wallet.purchases(waiting).await.unwrap().len(), QUEUE);
    assert_eq!((owned(wallet, "arrow").await, owned(wallet, "lantern").await), (QUEUE as u64, 1));
    let again = PurchaseRequest::new("arrow").idempotency_key("arrow-7");
    wallet.buy(again).await.unwrap();
    assert_eq!(owned(wallet, "arrow").await, QUEUE as u64, "it was bought already");
    wallet.buy("hint".into()).await.unwrap();
    wallet.consume("arrow", 1, "shot-1").await.unwrap();
    let before = total(wallet);

    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (QUEUE as u64 + 2, 0, 0));
    assert_eq!(total(wallet), before);
    assert_eq!(wallet.recovery().await.unwrap(), None);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_cold_start_offline_has_everything() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    let before = (total(&wallet), spendable(&wallet));
    wallet.close().await;
    let wallet = device.open().await;
    assert_eq!((total(&wallet), spendable(&wallet)), before);
    assert_whole(&world, &wallet).await;
}

#[tokio::test]
async fn an_upgrade_that_kills_the_app_loses_nothing() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    // Stores replace an app while it runs: nothing is closed, and the log is all there is.
    let upgraded = device.clone_to("upgraded");
    assert!(files(&upgraded)["wallet.db-wal"].len() > 32);
    assert_whole(&world, &upgraded.open().await).await;
    drop(wallet);
}

#[tokio::test]
async fn a_reboot_starts_the_monotonic_clock_anew_and_loses_nothing() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    device.clock.pass(Duration::from_secs(3 * 86_400));
    let mut rebooted = device.clone_to("rebooted");
    // The clock's battery was empty too: it shows a day long ago until the network sets it.
    rebooted.clock = Arc::new(DeviceClock::new("2020-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(rebooted.clock.monotonic(), Duration::ZERO);
    assert_whole(&world, &rebooted.open().await).await;
    drop(wallet);
}

/// A phone's key store on a bad day.
struct MoodyKeyStore {
    keys: SoftwareKeyStore,
    mood: AtomicU8,
}

const FINE: u8 = 0;
const LOCKED: u8 = 1;
const SIGNING_KEY_LOST: u8 = 2;

impl MoodyKeyStore {
    fn check(&self, signs: bool) -> Result<(), KeyStoreError> {
        match self.mood.load(Ordering::SeqCst) {
            LOCKED => Err(KeyStoreError::Unavailable { reason: "the phone is locked".into() }),
            SIGNING_KEY_LOST if signs => Err(KeyStoreError::KeyLost),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl KeyStore for MoodyKeyStore {
    async fn public_key(&self) -> Result<Vec<u8>, KeyStoreError> {
        self.check(true)?;
        self.keys.public_key().await
    }

    async fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        self.check(true)?;
        self.keys.sign(message).await
    }

    async fn load_secret(&self, name: String) -> Result<Option<Vec<u8>>, KeyStoreError> {
        self.check(false)?;
        self.keys.load_secret(name).await
    }

    async fn store_secret(&self, name: String, secret: Vec<u8>) -> Result<(), KeyStoreError> {
        self.check(false)?;
        self.keys.store_secret(name, secret).await
    }

    async fn erase(&self) -> Result<(), KeyStoreError> {
        self.check(false)?;
        self.keys.erase().await
    }
}

#[tokio::test]
async fn a_changed_passcode_that_locks_the_keys_for_a_while_loses_nothing() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    wallet.close().await;
    let before = files(&device);
    let keys = SoftwareKeyStore::new(device.folder.join("keys.json"));
    let keys = Arc::new(MoodyKeyStore { keys, mood: AtomicU8::new(LOCKED) });
    let locked = Wallet::open(device.config(), keys.clone()).await.unwrap_err();
    assert!(matches!(locked, WalletError::KeyStoreUnavailable { .. }) && locked.is_transient());
    assert!(files(&device) == before);

    // It is locked again while the wallet is open: buying goes on, settling waits.
    keys.mood.store(FINE, Ordering::SeqCst);
    let wallet = Wallet::open(device.config(), keys.clone()).await.unwrap();
    keys.mood.store(LOCKED, Ordering::SeqCst);
    world.network.set(Weather::Fair);
    assert!(matches!(wallet.sync().await, Err(WalletError::KeyStoreUnavailable { .. })));
    keys.mood.store(FINE, Ordering::SeqCst);
    world.network.set(Weather::Cut);
    assert_whole(&world, &wallet).await;
}

#[tokio::test]
async fn a_removed_passcode_takes_the_signing_key_and_says_so_and_no_more_than_the_allowance_is_at_stake() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    let (before, reserved) = (spendable(&wallet), world.ledger("user_reserved").await);
    wallet.close().await;
    let keys = SoftwareKeyStore::new(device.folder.join("keys.json"));
    let keys = Arc::new(MoodyKeyStore { keys, mood: AtomicU8::new(SIGNING_KEY_LOST) });
    let wallet = Wallet::open(device.config(), keys.clone()).await.unwrap();
    world.network.set(Weather::Fair);
    let lost = wallet.sync().await.unwrap_err();
    assert!(matches!(lost, WalletError::KeyLost) && !lost.is_transient(), "{lost:?}");

    // What waits is kept, and what it can cost anyone is what was reserved for this device.
    let waiting = PurchaseFilter { limit: u32::MAX, waiting_only: true };
    assert_eq!(wallet.purchases(waiting).await.unwrap().len(), QUEUE);
    assert_eq!(spendable(&wallet), before);
    assert_eq!(world.ledger("user_reserved").await, reserved);
    let error = wallet.erase(false).await.unwrap_err();
    assert_eq!(error, WalletError::UnsettledEntries { count: QUEUE as u64 }, "the loss is named before it happens");

    // Where the key comes back (the backup was encrypted), all of it settles.
    keys.mood.store(FINE, Ordering::SeqCst);
    world.network.set(Weather::Cut);
    assert_whole(&world, &wallet).await;
}

#[tokio::test]
async fn a_restored_database_without_its_keys_is_kept_and_a_new_wallet_begins() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    wallet.close().await;
    let reserved = world.ledger("user_reserved").await;
    let backup = device.back_up();
    let mut other = world.device("new phone");
    fs::create_dir_all(other.folder.join("wallet")).unwrap();
    other.restore(&backup);
    let before = files(&other);
    assert_eq!(Wallet::open(other.config(), other.keys()).await.unwrap_err(), WalletError::KeyLost);
    assert!(files(&other) == before, "what can't be opened is left as it was");

    other.clock = device.clock.clone();
    Wallet::start_over(&other.folder.join("wallet"), &*other.keys()).await.unwrap();
    assert!(files(&other)["wallet.db.1"] == before["wallet.db"], "it is kept for support");
    world.network.set(Weather::Fair);
    let fresh = other.open().await;
    fresh.sync().await.unwrap();
    assert_eq!((total(&fresh), owned(&fresh, "arrow").await), (usd("0"), 0));
    assert_eq!(world.ledger("user_reserved").await, reserved, "the old device's money is where it was");

    // The old phone still has everything.
    world.network.set(Weather::Cut);
    assert_whole(&world, &device.open().await).await;
}

#[tokio::test]
async fn a_phone_restored_with_neither_database_nor_keys_begins_a_new_wallet() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    wallet.close().await;
    let reserved = world.ledger("user_reserved").await;
    fs::remove_dir_all(&device.folder).unwrap();
    world.network.set(Weather::Fair);
    let fresh = device.open().await;
    fresh.sync().await.unwrap();
    assert_eq!(total(&fresh), usd("0"));
    // What was lost to the player is what was reserved and not settled; the operator sees it.
    assert_eq!(world.ledger("user_reserved").await, reserved);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_lost_database_whose_keys_are_there_gets_its_device_back_and_the_loss_is_named() {
    let world = World::new();
    let (device, wallet) = full_queue(&world).await;
    let before = total(&wallet);
    wallet.close().await;
    fs::remove_dir_all(device.folder.join("wallet")).unwrap();
    let wallet = device.open().await;
    assert_eq!(wallet.buy("arrow".into()).await.unwrap_err(), WalletError::NotEnrolled);
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    let recovery = wallet.recovery().await.unwrap().unwrap();
    assert_eq!((recovery.lost_entries, recovery.set_aside), (Some(QUEUE as u64), None));
    assert_eq!(total(&wallet), before.plus(usd("10.00")).unwrap(), "what was lost was not paid");
    wallet.buy("arrow".into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_restored_database_beside_newer_keys_spends_nothing_and_uses_nothing_up_until_it_has_asked() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = Arc::new(device.open_with("40.00").await);
    buy_arrows(&wallet, 0..QUEUE / 2).await;
    wallet.close().await;
    let backup = device.back_up();
    let wallet = Arc::new(device.open().await);
    buy_arrows(&wallet, QUEUE / 2..QUEUE).await;
    wallet.close().await;
    device.restore(&backup);

    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    assert_eq!(spendable(&wallet), usd("0"));
    assert_eq!(wallet.buy("arrow".into()).await.unwrap_err(), WalletError::SyncRequired);
    // A use would be another entry of the same number, which would freeze the device.
    assert_eq!(wallet.consume("arrow", 1, "shot-1").await.unwrap_err(), WalletError::SyncRequired);
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().settled, QUEUE as u64 / 2);
    assert_eq!(wallet.recovery().await.unwrap().unwrap().lost_entries, Some(QUEUE as u64 / 2), "the loss is named");
    wallet.consume("arrow", 1, "shot-1").await.unwrap();
    wallet.buy("arrow".into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().settled, 2);

    // What is lost is known from now on: the next start offline spends again.
    wallet.close().await;
    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    wallet.buy("arrow".into()).await.unwrap();
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_database_restored_with_its_keys_is_frozen_where_it_differs_and_what_was_settled_stands() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = Arc::new(device.open_with("40.00").await);
    buy_arrows(&wallet, 0..QUEUE / 2).await;
    wallet.close().await;
    let (backup, keys) = (device.back_up(), fs::read(device.folder.join("keys.json")).unwrap());
    let wallet = Arc::new(device.open().await);
    buy_arrows(&wallet, QUEUE / 2..QUEUE).await;
    let settled = wallet.sync().await.unwrap();
    assert_eq!(settled.settled, QUEUE as u64);
    wallet.close().await;
    let reserved = world.ledger("user_reserved").await;
    device.restore(&backup);
    fs::write(device.folder.join("keys.json"), keys).unwrap();

    // Nothing on the device tells: a file is no hardware key store. The gateway does.
    world.network.set(Weather::Cut);
    let wallet = Arc::new(device.open().await);
    buy_arrows(&wallet, QUEUE..QUEUE + 10).await;
    world.network.set(Weather::Fair);
    assert!(
        matches!(wallet.sync().await, Err(WalletError::DeviceFrozen { fork_seq }) if fork_seq == QUEUE as u64 / 2 + 1)
    );
    assert_eq!(world.ledger("user_reserved").await, reserved, "what was settled stands, and nothing more was paid");
    world.assert_balanced().await;
}
