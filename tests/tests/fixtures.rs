//! Wallets that earlier versions wrote still open, with everything in them, and those of newer
//! versions are left as they are.
//!
//! `fixtures/v1/wallet.db` is a small wallet, `fixtures/v1/queue` one with hundreds of entries that
//! wait, and the gateway that they are for. Ten thousand would be five megabytes of ciphertext,
//! so the test writes the others itself, by the rules of version 1 and not by today's library.
//!
//! `fixtures/v1` was written by version 0.1.0. Once that is released it is never written again;
//! a new version of the database adds a folder of its own.
#![allow(clippy::print_stdout, reason = "how long a salvage takes is seen")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use farthing_core::{
    Currency, KeyStore, PurchaseFilter, PurchaseRequest, PurchaseState, SoftwareKeyStore, Timestamp, Wallet,
    WalletConfig, WalletError,
};
use farthing_protocol::limits::QUEUE_ENTRIES_MAX;
use farthing_protocol::{ConsumeBody, EncodedEntry, Entry, EntryBody, EntryId, IdempotencyKey, Sku};
use farthing_seal::SealKey;
use farthing_tests::{Backup, Device, DeviceClock, Weather, World, owned, usd};
use rusqlite::Connection;

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

/// Entries that wait in `fixtures/v1/queue`: of three, one is a purchase and two are uses.
const WAITING: u64 = 300;
/// Arrows that were settled before, to be used up.
const ARROWS: u64 = 7_000;

/// The phone and the gateway of `fixtures/v1/queue`.
async fn queue_of_version_1() -> (World, Device) {
    let mut world = World::new();
    world.clock.set(that_day());
    world.restore_gateway(&Backup::of(&folder("v1/queue/gateway"))).await;
    let device = world.device("phone");
    fs::create_dir_all(device.folder.join("wallet")).unwrap();
    fs::copy(folder("v1/queue").join("wallet.db"), device.folder.join("wallet/wallet.db")).unwrap();
    fs::copy(folder("v1/queue").join("keys.json"), device.folder.join("keys.json")).unwrap();
    (world, device)
}

/// All that waits is there, and the gateway of version 1, run by today's library, settles it.
async fn assert_settles(world: &World, device: &Device, waiting: u64) {
    world.network.set(Weather::Cut);
    let wallet = device.open().await;
    let purchases = waiting / 3;
    let filter = PurchaseFilter { limit: u32::MAX, waiting_only: true };
    assert_eq!(wallet.purchases(filter).await.unwrap().len() as u64, purchases);
    assert_eq!(owned(&wallet, "arrow").await, ARROWS + purchases - (waiting - purchases));
    let total = wallet.balance().of_currency(Currency::USD).total;
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (waiting, 0, 0));
    assert_eq!(report.balance.of_currency(Currency::USD).total, total);
    let lost = wallet.recovery().await.unwrap().map_or(0, |recovery| recovery.lost_entries.unwrap());
    assert_eq!(lost, 0);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_queue_of_version_1_settles_at_a_gateway_of_version_1() {
    let (world, device) = queue_of_version_1().await;
    assert_settles(&world, &device, WAITING).await;
}

#[tokio::test]
async fn ten_thousand_entries_of_version_1_open_and_settle_and_none_is_lost() {
    let (world, device) = queue_of_version_1().await;
    append_as_version_1(&device, QUEUE_ENTRIES_MAX - QUEUE_ENTRIES_MAX % 3).await;
    assert_settles(&world, &device, QUEUE_ENTRIES_MAX - QUEUE_ENTRIES_MAX % 3).await;
}

#[tokio::test]
async fn ten_thousand_entries_of_version_1_are_salvaged_from_a_broken_database_and_none_is_lost() {
    let (world, device) = queue_of_version_1().await;
    let waiting = QUEUE_ENTRIES_MAX - QUEUE_ENTRIES_MAX % 3;
    append_as_version_1(&device, waiting).await;
    let path = device.folder.join("wallet/wallet.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[..4_096].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let began = std::time::Instant::now();
    device.open().await.close().await;
    println!("a wallet with {waiting} entries was salvaged in {:?}", began.elapsed());
    assert!(fs::read(path.with_extension("db.1")).unwrap() == bytes);
    assert_settles(&world, &device, waiting).await;
}

/// The data key of a device's key store.
async fn data_key(device: &Device) -> SealKey {
    let secret = device.keys().load_secret("data-key".into()).await.unwrap().unwrap();
    SealKey::from_bytes(&secret).unwrap()
}

/// Where version 1 sealed an entry.
fn place(seq: u64) -> Vec<u8> {
    [b"farthing wallet 1|journal|".as_slice(), &seq.to_be_bytes()].concat()
}

/// Appends entries until so many wait, as version 1 wrote them.
async fn append_as_version_1(device: &Device, waiting: u64) {
    let key = data_key(device).await;
    let database = Connection::open(device.folder.join("wallet/wallet.db")).unwrap();
    let (first, last): (u64, u64) =
        database.query_row("SELECT min(seq), max(seq) FROM journal", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(last - first + 1, WAITING);
    let read = |seq: u64| {
        let sealed: Vec<u8> =
            database.query_row("SELECT sealed FROM journal WHERE seq = ?1", [seq], |row| row.get(0)).unwrap();
        EncodedEntry::decode(key.open(&place(seq), &sealed).unwrap().to_vec()).unwrap()
    };
    let (purchase, mut head) = (read(first), read(last));
    assert!(matches!(purchase.entry().body, EntryBody::Purchase(_)));
    database.execute_batch("BEGIN").unwrap();
    for seq in last + 1..first + waiting {
        let mut body = purchase.entry().body.clone();
        if (seq - first) % 3 != 0 {
            let operation = IdempotencyKey::new(format!("later-{seq}")).unwrap();
            body = EntryBody::Consume(ConsumeBody { sku: Sku::new("arrow").unwrap(), quantity: 1, operation });
        }
        let id = EntryId::from_parts(seq, [5; 10]);
        let entry = Entry { seq, previous: head.hash(), id, body, ..head.entry().clone() };
        head = EncodedEntry::new(entry).unwrap();
        let sealed = key.seal(&place(seq), head.bytes()).unwrap();
        database.execute("INSERT INTO journal (seq, sealed) VALUES (?1, ?2)", (seq, sealed)).unwrap();
    }
    database.execute_batch("COMMIT").unwrap();
}

/// The files of a wallet's folder, but for the lock that says who has it open.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()));
    files.filter(|(name, _)| name != "wallet.lock").collect()
}

/// What a newer library left when it was killed: its last commit is in the log alone.
async fn assert_left_alone(change: impl FnOnce(&Connection, &SealKey)) {
    let (_world, device) = queue_of_version_1().await;
    // Whatever a newer library writes, the tables of this one are there.
    device.open().await.close().await;
    let wallet = device.folder.join("wallet");
    let key = data_key(&device).await;
    let database = Connection::open(wallet.join("wallet.db")).unwrap();
    change(&database, &key);
    let killed = files(&wallet);
    drop(database);
    fs::remove_dir_all(&wallet).unwrap();
    fs::create_dir_all(&wallet).unwrap();
    for (name, bytes) in killed.iter().filter(|(name, _)| !name.ends_with("-shm")) {
        fs::write(wallet.join(name), bytes).unwrap();
    }
    let before = files(&wallet);
    assert!(before["wallet.db-wal"].len() > 32);
    for _ in 0..2 {
        let error = Wallet::open(device.config(), device.keys()).await.unwrap_err();
        assert_eq!(error, WalletError::UpgradeRequired);
        assert!(files(&wallet) == before, "every byte is as it was");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_schema_is_refused_and_left_as_it_was() {
    assert_left_alone(|database, _| {
        database.execute_batch("CREATE TABLE subscriptions (key BLOB PRIMARY KEY); PRAGMA user_version = 3").unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_journal_of_a_newer_version_is_refused_and_left_as_it_was() {
    assert_left_alone(|database, key| {
        let seq: u64 = database.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0)).unwrap();
        let sealed: Vec<u8> =
            database.query_row("SELECT sealed FROM journal WHERE seq = ?1", [seq], |row| row.get(0)).unwrap();
        let entry = String::from_utf8(key.open(&place(seq), &sealed).unwrap().to_vec()).unwrap();
        let newer = entry.replace(r#""version":1"#, r#""version":2"#);
        assert_ne!(entry, newer);
        let sealed = key.seal(&place(seq), newer.as_bytes()).unwrap();
        database.execute("UPDATE journal SET sealed = ?2 WHERE seq = ?1", (seq, sealed)).unwrap();
    })
    .await;
}

/// Writes the queue of the version that is being developed.
#[tokio::test]
#[ignore = "writes a fixture"]
async fn write_queue_fixture() {
    let mut world = World::new();
    world.clock.set(that_day());
    let device: Device = world.device("phone");
    let wallet = device.open_with("100.00").await;
    for _ in 0..ARROWS / 1_000 {
        wallet.buy(PurchaseRequest::new("arrow").quantity(1_000)).await.unwrap();
        wallet.sync().await.unwrap();
    }
    world.network.set(Weather::Cut);
    for number in 0..WAITING {
        if number % 3 == 0 {
            wallet.buy("arrow".into()).await.unwrap();
        } else {
            wallet.consume("arrow", 1, &format!("shot-{number}")).await.unwrap();
        }
    }
    wallet.close().await;
    let fixture = folder("v1/queue");
    fs::create_dir_all(&fixture).unwrap();
    fs::copy(device.folder.join("wallet/wallet.db"), fixture.join("wallet.db")).unwrap();
    fs::copy(device.folder.join("keys.json"), fixture.join("keys.json")).unwrap();
    world.back_up_gateway().await.keep_in(&fixture.join("gateway"));
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
