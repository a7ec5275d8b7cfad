//! A wallet's files are damaged in every way that a test can think of. Each time the wallet opens
//! or says why not, nothing is deleted, nothing more can be spent than before, and once it has
//! synced, every purchase that was intact is settled once and the rest is named.
#![allow(clippy::print_stdout, reason = "what was covered is seen")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use farthing_core::{
    Currency, Money, PurchaseFilter, PurchaseRequest, Recovery, TipRequest, TopUpState, Wallet, WalletError,
};
use farthing_tests::{Backup, Device, Weather, World, in_memory, owned, usd};
use rusqlite::Connection;

/// Settled before the damage.
const SETTLED: usize = 20;
/// Waiting for settlement when the damage happens; every fifth is a use, the others are purchases.
const QUEUED: usize = 40;
const PAGE: usize = 4_096;

/// A wallet before the damage, and how to put it back.
struct Scene {
    world: World,
    device: Device,
    gateway: Backup,
    keys: Vec<u8>,
    /// The files of the wallet's folder.
    files: BTreeMap<String, Vec<u8>>,
    /// The files when half of what waits was not bought yet.
    half_way: BTreeMap<String, Vec<u8>>,
    entries: Vec<Entry>,
    spendable: Money,
    total: Money,
    tally: Tally,
}

/// A waiting entry as it is on disk, and where that is in one of the files.
struct Entry {
    sealed: Vec<u8>,
    places: Vec<usize>,
}

#[derive(Default)]
struct Tally {
    harmless: usize,
    recovered: usize,
    refused: BTreeMap<String, usize>,
    settled: usize,
    intact: usize,
    entries: usize,
}

fn wallet_folder(device: &Device) -> PathBuf {
    device.folder.join("wallet")
}

fn read_all(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

impl Scene {
    /// A wallet that was closed (all is in the database), or killed (much is in its log only).
    async fn new(was_killed: bool) -> Scene {
        // No power is cut here, and syncs to a disk would be most of the time.
        in_memory();
        let mut world = World::new();
        world.register_creator("ana", "Ana").await;
        let device = world.device("phone");
        let wallet = device.open_with("60.00").await;
        wallet.top_up(usd("5.00"), wallet.cards().await.unwrap()[0].id).await.unwrap();
        wallet.buy("lantern".into()).await.unwrap();
        let sword = wallet.buy("sword_of_dawn".into()).await.unwrap();
        wallet.refund(sword.id).await.unwrap();
        for number in 0..SETTLED {
            buy(&wallet, number).await;
        }
        wallet.sync().await.unwrap();
        wallet.close().await;
        let wallet = device.open().await;
        let total = total(&wallet);
        let mut half_way = BTreeMap::new();
        for number in SETTLED..SETTLED + QUEUED {
            if number == SETTLED + QUEUED / 2 {
                half_way = read_all(&wallet_folder(&device));
            }
            if number % 5 == 4 {
                wallet.consume("extra_life", 1, &format!("use-{number}")).await.unwrap();
            } else {
                buy(&wallet, number).await;
            }
        }
        let spendable = wallet.balance().of_currency(Currency::USD).offline_spendable;
        let killed = read_all(&wallet_folder(&device));
        wallet.close().await;
        let closed = read_all(&wallet_folder(&device));
        let gateway = world.back_up_gateway().await;
        let files: Vec<_> = [&killed, &closed, &half_way].into_iter().flat_map(BTreeMap::values).collect();
        let entries = sealed_entries(&wallet_folder(&device).join("wallet.db"));
        let entries: Vec<_> =
            entries.into_iter().map(|sealed| Entry { places: places(&files, &sealed), sealed }).collect();
        assert_eq!(entries.len(), QUEUED);
        let keys = fs::read(device.folder.join("keys.json")).unwrap();
        let files = if was_killed { killed } else { closed };
        assert_eq!(files.contains_key("wallet.db-wal"), was_killed);
        Scene { world, device, gateway, keys, files, half_way, entries, spendable, total, tally: Tally::default() }
    }

    fn pages(&self, file: &str) -> usize {
        self.files[file].len().div_ceil(PAGE)
    }

    /// Puts everything back, does the damage, and sees what the wallet makes of it.
    async fn after(&mut self, what: &str, damage: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) {
        let mut damaged = self.files.clone();
        damage(&mut damaged);
        self.put(&damaged).await;
        let folder = wallet_folder(&self.device);

        self.world.network.set(Weather::Cut);
        let opened = Wallet::open(self.device.config(), self.device.keys()).await;
        match opened {
            Ok(wallet) => self.check(what, wallet, &damaged).await,
            Err(error) => {
                assert!(matches!(error, WalletError::UpgradeRequired | WalletError::KeyLost), "{what}: {error:?}");
                assert_eq!(read_all(&folder), damaged, "{what}: {error} left something else");
                *self.tally.refused.entry(format!("{error:?}")).or_default() += 1;
            }
        }
    }

    /// Puts a wallet's files, its keys and its gateway in place.
    async fn put(&mut self, files: &BTreeMap<String, Vec<u8>>) {
        self.world.network.set(Weather::Fair);
        self.world.restore_gateway(&self.gateway).await;
        let folder = wallet_folder(&self.device);
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes).unwrap();
        }
        fs::write(self.device.folder.join("keys.json"), &self.keys).unwrap();
    }

    /// The files after a recovery, before any sync.
    async fn salvaged(&mut self, damaged: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
        self.put(damaged).await;
        self.world.network.set(Weather::Cut);
        self.device.open().await.close().await;
        read_all(&wallet_folder(&self.device))
    }

    /// Goes on after a recovery that left these files.
    async fn after_recovery(
        &mut self,
        what: &str,
        left: BTreeMap<String, Vec<u8>>,
        damaged: &BTreeMap<String, Vec<u8>>,
    ) {
        self.put(&left).await;
        self.world.network.set(Weather::Cut);
        let wallet = self.device.open().await;
        self.check(what, wallet, damaged).await;
    }

    async fn check(&mut self, what: &str, mut wallet: Wallet, damaged: &BTreeMap<String, Vec<u8>>) {
        let spendable = wallet.balance().of_currency(Currency::USD).offline_spendable;
        assert!(spendable.micros() <= self.spendable.micros(), "{what}: {spendable} can be spent");
        let (mut settled_before, mut was_used) = (0, false);
        // What the wallet did not need for opening is met by whoever asks for it, and salvaged next time.
        let all = PurchaseFilter { limit: 10_000, ..PurchaseFilter::default() };
        if let Err(error) = wallet.purchases(all.clone()).await {
            assert!(matches!(error, WalletError::StorageDamaged { .. }), "{what}: {error:?}");
            wallet = self.open_again(wallet).await;
            wallet.purchases(all).await.unwrap();
        } else if wallet.recovery().await.unwrap().is_none() {
            self.world.network.set(Weather::Fair);
            let synced = wallet.sync().await;
            self.world.network.set(Weather::Cut);
            if let Err(error) = synced {
                assert!(matches!(error, WalletError::StorageDamaged { .. }), "{what}: {error:?}");
                // It has written to what is not damaged meanwhile, as it should.
                (wallet, was_used) = (self.open_again(wallet).await, true);
            } else {
                settled_before = synced.unwrap().settled;
            }
        }
        let recovery = wallet.recovery().await.unwrap();
        if let Some(recovery) = recovery.as_ref().filter(|_| !was_used) {
            self.check_nothing_is_deleted(what, recovery, damaged);
        }
        if recovery.as_ref().is_some_and(|recovery| recovery.lost_entries.is_none()) {
            assert!(wallet.balance().of_currency(Currency::USD).offline_spendable.is_zero(), "{what}");
            let refusal = wallet.buy("hint".into()).await.unwrap_err();
            assert!(matches!(refusal, WalletError::SyncRequired | WalletError::NotEnrolled), "{what}: {refusal:?}");
        }

        self.world.network.set(Weather::Fair);
        let report = wallet.sync().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((report.rejected, report.waiting), (0, 0), "{what}");
        let intact = self.intact(damaged);
        let settled = settled_before + report.settled;
        if !was_used {
            assert_eq!(settled as usize, intact, "{what}: {recovery:?}");
        }
        let lost = wallet.recovery().await.unwrap().map_or(0, |recovery| recovery.lost_entries.unwrap());
        assert_eq!(lost as usize, QUEUED - intact, "{what}: the loss is named");

        // The gateway and the wallet agree on what was paid, to the last cent.
        let purchases = (SETTLED..SETTLED + intact).filter(|number| number % 5 != 4).count();
        let paid = usd("0.25").times(purchases as u32).unwrap();
        assert_eq!(total(&wallet), self.total.minus(paid).unwrap(), "{what}");
        self.world.assert_balanced().await;
        let history = wallet.purchases(PurchaseFilter { limit: 10_000, ..PurchaseFilter::default() }).await.unwrap();
        if history.iter().any(|purchase| purchase.sku.as_str() == "lantern") {
            assert_eq!(owned(&wallet, "lantern").await, 1, "{what}: what is owned for ever");
        }
        assert_eq!(owned(&wallet, "sword_of_dawn").await, 0, "{what}: what was refunded");
        assert_eq!(wallet.cards().await.unwrap().len(), 1, "{what}");
        let top_ups = wallet.top_ups().await.unwrap();
        assert!(top_ups.iter().all(|top_up| top_up.state == TopUpState::Succeeded), "{what}");

        // And it goes on, also after a restart without a network.
        wallet.buy("hint".into()).await.unwrap();
        assert_eq!(wallet.sync().await.unwrap().settled, 1, "{what}");
        wallet.close().await;
        self.world.network.set(Weather::Cut);
        let wallet = self.device.open().await;
        wallet.buy("hint".into()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        wallet.close().await;

        match recovery {
            Some(_) => self.tally.recovered += 1,
            None => self.tally.harmless += 1,
        }
        self.tally.settled += QUEUED - lost as usize;
        self.tally.intact += intact;
        self.tally.entries += QUEUED;
    }

    async fn open_again(&self, wallet: Wallet) -> Wallet {
        wallet.close().await;
        self.device.open().await
    }

    fn check_nothing_is_deleted(&self, what: &str, recovery: &Recovery, damaged: &BTreeMap<String, Vec<u8>>) {
        let Some(aside) = &recovery.set_aside else { return };
        for (part, name) in [("", "wallet.db"), ("-wal", "wallet.db-wal")] {
            let Some(bytes) = damaged.get(name) else { continue };
            let kept = fs::read(format!("{}{part}", aside.display())).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(kept == *bytes, "{what}: {name} was changed before it was set aside");
        }
    }

    /// How many of the waiting entries, from the first, are on disk as they were.
    fn intact(&self, damaged: &BTreeMap<String, Vec<u8>>) -> usize {
        let is_there = |entry: &&Entry| {
            entry.places.iter().any(|at| {
                let is_at = |bytes: &Vec<u8>| bytes.get(*at..).is_some_and(|rest| rest.starts_with(&entry.sealed));
                damaged.values().any(is_at)
            })
        };
        self.entries.iter().take_while(is_there).count()
    }

    fn print(&self, what: &str) {
        let Tally { harmless, recovered, refused, settled, intact, entries } = &self.tally;
        let cases = harmless + recovered + refused.values().sum::<usize>();
        println!(
            "{what}: {cases} cases: recovered {recovered}, harmless {harmless}, refused {refused:?}; \
             entries settled {settled} of {intact} intact, {entries} in all"
        );
    }
}

/// Every seventh is a tip of the same price.
async fn buy(wallet: &Wallet, number: usize) {
    if number % 7 == 3 {
        let tip = TipRequest::new("ana", usd("0.25")).unwrap().message("bravo").unwrap();
        wallet.tip(tip.idempotency_key(format!("tap-{number}"))).await.unwrap();
        return;
    }
    let request = PurchaseRequest::new("extra_life").idempotency_key(format!("tap-{number}"));
    wallet.buy(request).await.unwrap();
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

fn sealed_entries(database: &Path) -> Vec<Vec<u8>> {
    let connection = Connection::open(database).unwrap();
    let mut statement = connection.prepare("SELECT sealed FROM journal ORDER BY seq").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn places(files: &[&Vec<u8>], sealed: &[u8]) -> Vec<usize> {
    // The first bytes are a random nonce.
    let (nonce, _) = sealed.split_first_chunk::<12>().unwrap();
    let mut places = Vec::new();
    for bytes in files {
        places.extend(bytes.windows(12).enumerate().filter(|(_, window)| window == nonce).map(|(at, _)| at));
    }
    places.sort_unstable();
    places.dedup();
    assert!(!places.is_empty());
    places
}

fn overwrite(bytes: &mut [u8], from: usize, length: usize, pattern: &str) {
    let end = bytes.len().min(from + length);
    let mut random = 0x2545_f491_4f6c_dd1d_u64 ^ from as u64;
    for byte in &mut bytes[from..end] {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        *byte = match pattern {
            "zeros" => 0,
            "ones" => 0xff,
            _ => random.to_le_bytes()[3],
        };
    }
}

async fn overwrite_each_page(pattern: &str) {
    let mut scene = Scene::new(false).await;
    for page in 0..scene.pages("wallet.db") {
        let what = format!("page {} of the database: {pattern}", page + 1);
        scene.after(&what, |files| overwrite(files.get_mut("wallet.db").unwrap(), page * PAGE, PAGE, pattern)).await;
    }
    scene.print(&format!("each page of the database overwritten by {pattern}"));
}

/// Damages each page of a killed wallet's log, from a frame's header on.
async fn overwrite_each_frame(pattern: &str) {
    let mut scene = Scene::new(true).await;
    let frames = (scene.files["wallet.db-wal"].len() - 32) / (PAGE + 24);
    for frame in 0..frames {
        let what = format!("frame {} of {frames} of the log: {pattern}", frame + 1);
        let at = 32 + frame * (PAGE + 24);
        scene.after(&what, |files| overwrite(files.get_mut("wallet.db-wal").unwrap(), at, PAGE + 24, pattern)).await;
    }
    scene.print(&format!("each frame of the log overwritten by {pattern}"));
}

#[tokio::test]
async fn any_page_of_the_log_may_turn_to_zeros() {
    overwrite_each_frame("zeros").await;
}

#[tokio::test]
async fn any_page_of_the_log_may_turn_to_garbage() {
    overwrite_each_frame("garbage").await;
}

#[tokio::test]
async fn the_database_may_end_at_any_page() {
    let mut scene = Scene::new(false).await;
    for pages in 0..scene.pages("wallet.db") {
        let what = format!("the database ends after {pages} pages");
        scene.after(&what, |files| files.get_mut("wallet.db").unwrap().truncate(pages * PAGE)).await;
    }
    scene.print("the database cut off after each page");
}

#[tokio::test]
async fn the_log_may_end_at_any_page_or_be_gone() {
    let mut scene = Scene::new(true).await;
    scene.after("the log is gone", |files| drop(files.remove("wallet.db-wal"))).await;
    scene.after("the log is empty", |files| files.get_mut("wallet.db-wal").unwrap().clear()).await;
    let frames = (scene.files["wallet.db-wal"].len() - 32) / (PAGE + 24);
    for frame in 0..frames {
        let length = 32 + frame * (PAGE + 24) + 100;
        let what = format!("the log ends in frame {} of {frames}", frame + 1);
        scene.after(&what, |files| files.get_mut("wallet.db-wal").unwrap().truncate(length)).await;
    }
    scene.print("the log cut off in each frame");
}

#[tokio::test]
async fn files_may_be_swapped_with_older_ones_or_gone() {
    let (mut closed, mut killed) = (Scene::new(false).await, Scene::new(true).await);
    let older = closed.half_way.clone();
    closed.after("an older database", |files| drop(files.insert("wallet.db".into(), older["wallet.db"].clone()))).await;
    closed
        .after("an older log beside a newer database", |files| {
            files.insert("wallet.db-wal".into(), older["wallet.db-wal"].clone());
        })
        .await;
    closed.after("no database", |files| drop(files.remove("wallet.db"))).await;
    closed.print("a closed wallet's files swapped");

    let older = killed.half_way.clone();
    killed
        .after("an older database under a newer log", |files| {
            files.insert("wallet.db".into(), older["wallet.db"].clone());
        })
        .await;
    killed
        .after("an older log", |files| {
            files.insert("wallet.db-wal".into(), older["wallet.db-wal"].clone());
        })
        .await;
    killed.after("a log without a database", |files| drop(files.remove("wallet.db"))).await;
    killed.after("a log beside an empty database", |files| files.get_mut("wallet.db").unwrap().clear()).await;
    killed.print("a killed wallet's files swapped");
}

#[tokio::test]
async fn any_byte_of_the_headers_may_be_flipped() {
    let mut scene = Scene::new(false).await;
    for at in 0..100 {
        scene
            .after(&format!("byte {at} of the database"), |files| {
                files.get_mut("wallet.db").unwrap()[at] ^= 1 << (at % 8)
            })
            .await;
    }
    scene.print("each byte of the database's header flipped");
    let mut scene = Scene::new(true).await;
    for at in (0..56).step_by(3) {
        scene.after(&format!("byte {at} of the log"), |files| files.get_mut("wallet.db-wal").unwrap()[at] ^= 1).await;
    }
    scene.print("each byte of the log's header and its first frame's flipped");
}

/// A file of a wallet's folder: old or new, and its name.
type Named = (bool, &'static str, &'static str);

#[tokio::test]
async fn a_kill_at_any_point_of_a_recovery_is_harmless() {
    let mut scene = Scene::new(true).await;
    let mut damaged = scene.files.clone();
    overwrite(damaged.get_mut("wallet.db").unwrap(), 0, PAGE, "garbage");
    overwrite(damaged.get_mut("wallet.db-wal").unwrap(), 32, PAGE, "garbage");
    let whole = scene.salvaged(&damaged).await;
    assert_eq!(whole["wallet.db.1"], damaged["wallet.db"]);
    assert_eq!(whole["wallet.db.1-wal"], damaged["wallet.db-wal"]);

    // The files as each step leaves them: the old ones under their names, and the new one.
    let steps: [(&str, &[Named]); 5] = [
        ("half of it is built", &[(false, "wallet.db", "wallet.db"), (false, "wallet.db-wal", "wallet.db-wal")]),
        (
            "all of it is built",
            &[
                (false, "wallet.db", "wallet.db"),
                (false, "wallet.db-wal", "wallet.db-wal"),
                (true, "wallet.db", "wallet.db.new"),
            ],
        ),
        (
            "the database is aside",
            &[
                (false, "wallet.db", "wallet.db.1"),
                (false, "wallet.db-wal", "wallet.db-wal"),
                (true, "wallet.db", "wallet.db.new"),
            ],
        ),
        (
            "its log is aside",
            &[
                (false, "wallet.db", "wallet.db.1"),
                (false, "wallet.db-wal", "wallet.db.1-wal"),
                (true, "wallet.db", "wallet.db.new"),
            ],
        ),
        (
            "it is done",
            &[
                (false, "wallet.db", "wallet.db.1"),
                (false, "wallet.db-wal", "wallet.db.1-wal"),
                (true, "wallet.db", "wallet.db"),
            ],
        ),
    ];
    for (number, (what, named)) in steps.into_iter().enumerate() {
        let mut left: BTreeMap<_, _> = named
            .iter()
            .map(|(is_new, from, to)| ((*to).to_owned(), if *is_new { &whole } else { &damaged }[*from].clone()))
            .collect();
        if number == 0 {
            let half = &whole["wallet.db"];
            left.insert("wallet.db.new".into(), half[..half.len() / 2].to_vec());
            left.insert("wallet.db.new-wal".into(), vec![7; 10_000]);
        }
        scene.after_recovery(what, left, &damaged).await;
    }
    scene.print("a recovery that is killed after each step");
}

#[tokio::test]
async fn a_recovery_that_can_not_be_done_leaves_everything_and_the_next_one_does_it() {
    let mut scene = Scene::new(false).await;
    let mut damaged = scene.files.clone();
    overwrite(damaged.get_mut("wallet.db").unwrap(), 0, PAGE, "zeros");
    scene.put(&damaged).await;
    let in_the_way = wallet_folder(&scene.device).join("wallet.db.new");
    fs::create_dir(&in_the_way).unwrap();
    for _ in 0..2 {
        let error = Wallet::open(scene.device.config(), scene.device.keys()).await.unwrap_err();
        assert!(matches!(error, WalletError::StorageUnavailable { .. }), "{error:?}");
        assert_eq!(fs::read(wallet_folder(&scene.device).join("wallet.db")).unwrap(), damaged["wallet.db"]);
    }
    fs::remove_dir(in_the_way).unwrap();
    scene.world.network.set(Weather::Cut);
    let wallet = scene.device.open().await;
    scene.check("the way is free", wallet, &damaged).await;
}

#[tokio::test]
async fn a_wallet_that_was_damaged_twice_keeps_both_databases_and_its_loss() {
    let mut scene = Scene::new(false).await;
    let mut damaged = scene.files.clone();
    overwrite(damaged.get_mut("wallet.db").unwrap(), 0, PAGE, "garbage");
    let mut again = scene.salvaged(&damaged).await;
    overwrite(again.get_mut("wallet.db").unwrap(), 0, PAGE, "ones");
    scene.put(&again).await;
    scene.world.network.set(Weather::Cut);
    let wallet = scene.device.open().await;
    let aside = wallet.recovery().await.unwrap().unwrap().set_aside.unwrap();
    assert!(aside.ends_with("wallet.db.2"), "{aside:?}");
    assert_eq!(fs::read(wallet_folder(&scene.device).join("wallet.db.1")).unwrap(), damaged["wallet.db"]);
    scene.check("damaged twice", wallet, &again).await;
}

#[tokio::test]
async fn another_wallets_key_opens_nothing_and_touches_nothing() {
    for was_killed in [false, true] {
        let mut scene = Scene::new(was_killed).await;
        let stranger = scene.world.device("stranger");
        stranger.open().await.close().await;
        scene.keys = fs::read(stranger.folder.join("keys.json")).unwrap();
        scene.after("another wallet's keys", |_| ()).await;
        scene
            .after("another wallet's keys and a broken first page", |files| {
                overwrite(files.get_mut("wallet.db").unwrap(), 0, PAGE, "garbage");
            })
            .await;
        assert_eq!(scene.tally.refused, BTreeMap::from([("KeyLost".to_owned(), 2)]));
    }
}

#[tokio::test]
async fn any_page_of_the_database_may_turn_to_zeros() {
    overwrite_each_page("zeros").await;
}

#[tokio::test]
async fn any_page_of_the_database_may_turn_to_ones() {
    overwrite_each_page("ones").await;
}

#[tokio::test]
async fn any_page_of_the_database_may_turn_to_garbage() {
    overwrite_each_page("garbage").await;
}

#[tokio::test]
async fn any_document_may_be_gone() {
    in_memory();
    for name in ["enrolment", "key_set", "catalog", "catalog_tag", "account", "cards", "settled"] {
        let world = World::new();
        let device = world.device("phone");
        let wallet = device.open_with("5.00").await;
        wallet.sync().await.unwrap();
        buy(&wallet, 0).await;
        wallet.close().await;
        let database = Connection::open(wallet_folder(&device).join("wallet.db")).unwrap();
        assert_eq!(database.execute("DELETE FROM documents WHERE key = ?1", [name.as_bytes()]).unwrap(), 1, "{name}");
        drop(database);
        let opened = Wallet::open(device.config(), device.keys()).await;
        let wallet = opened.unwrap_or_else(|error| panic!("without {name}: {error:?}"));
        wallet.sync().await.unwrap_or_else(|error| panic!("without {name}: {error:?}"));
        buy(&wallet, 1).await;
        wallet.sync().await.unwrap();
        let settled = wallet.purchases(PurchaseFilter::default()).await.unwrap();
        assert_eq!((settled.len(), total(&wallet)), (2, usd("4.50")), "without {name}");
    }
}
