use std::collections::BTreeMap;
use std::path::PathBuf;

use farthing_core::{Money, Purchase, PurchaseFilter, PurchaseRequest, Sku, Wallet, WalletError};
use farthing_tests::{Device, Weather, World, usd};
use rusqlite::Connection;

use super::{spend_all, spendable, sum};
use crate::edits::{Edit, edits};
use crate::table::{GatewayBooks, Line, line};

/// Every column of every row of every table of the wallet's database is edited, one at a time:
/// a changed byte at several places, another row's value, the value it had before, nothing at
/// all, and a row that is gone, doubled or brought back. SQLite's own list says which there are.
///
/// Each edit is refused with a typed error, or the wallet that opens has no more to spend than the
/// honest one, and no item that was never bought. It then spends all that it says it has.
pub async fn every_column_edited() -> (Vec<Line>, Tally) {
    let mut world = World::new();
    let device = world.device("phone");
    let (earlier, honest) = prepare(&world, &device).await;
    let latest = device.back_up();
    let (database, keys) = (device.folder.join("wallet/wallet.db"), device.folder.join("keys.json"));
    let remembered = std::fs::read(&keys).unwrap();
    let allowance = GatewayBooks::open(&world.gateway_folder()).reserved();
    let gateway = world.back_up_gateway().await;
    let edits = edits(&Connection::open(&database).unwrap(), &Connection::open(earlier).unwrap());
    let (mut tally, mut lines) = (Tally { edits: edits.len() as u64, ..Tally::default() }, Vec::new());
    let mut gateway_was_told = false;
    for edit in &edits {
        device.restore(&latest);
        std::fs::write(&keys, &remembered).unwrap();
        if gateway_was_told {
            world.restore_gateway(&gateway).await;
        }
        gateway_was_told = false;
        if edit.make(&Connection::open(&database).unwrap()).is_err() {
            tally.refused_by_constraints += 1;
            continue;
        }
        world.network.set(Weather::Cut);
        let wallet = match Wallet::open(device.config(), device.keys()).await {
            Ok(wallet) => wallet,
            Err(error) => {
                assert!(is_detection(&error), "{edit}: {error:?}");
                tally.not_opened += 1;
                continue;
            }
        };
        let granted = honest.compare(&wallet, edit).await;
        world.network.set(Weather::Fair);
        gateway_was_told = true;
        let settled = wallet.sync().await.map(|_| ());
        let after = spendable(&wallet);
        wallet.close().await;
        match settled {
            Ok(()) => tally.settled += 1,
            Err(error) => {
                assert!(is_detection(&error), "{edit}: {error:?}");
                tally.found_by_sync += 1;
            }
        }
        assert!(after.micros() <= allowance.micros(), "{edit}: {after} after a sync");
        let books = GatewayBooks::open(&world.gateway_folder());
        assert_eq!(books.frozen(), 0, "{edit}");
        // An older account names an older allowance: the gateway rejects what is bought by it.
        tally.found_by_gateway += u64::from(books.rejected() > 0);
        if !edit.touches(&["journal", "documents"]) {
            let unsent = books.lost(&honest.waiting);
            assert!(unsent.is_zero(), "{edit}: the intact queue was not uploaded");
        }
        // What waited and was deleted unsent counts as lost, too.
        let granted = [granted, honest.waiting.clone()].concat();
        let line = line("every column of every table edited", 1, &world, allowance, &granted).await;
        line.assert_bounded();
        lines.push(line);
    }
    let worst = lines.into_iter().max_by_key(|line| line.goods.micros()).expect("some edits are harmless");
    (vec![Line { tries: tally.edits, ..worst }], tally)
}

/// What became of the edits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// How many were tried.
    pub edits: u64,
    /// SQLite's own constraints did not take the value.
    pub refused_by_constraints: u64,
    /// The wallet did not open.
    pub not_opened: u64,
    /// The wallet opened, and stopped in a sync.
    pub found_by_sync: u64,
    /// The wallet opened, spent what it had and synced.
    pub settled: u64,
    /// The gateway rejected, signed, what was bought after the edit.
    pub found_by_gateway: u64,
}

/// How many items the honest wallet used.
const USES: u64 = 2;

/// What the wallet has before it is edited.
struct Honest {
    reserved: Money,
    /// Items that were ever bought. A use that is undone by deleting it brings an item back; no
    /// edit makes one that was never paid for.
    bought: BTreeMap<Sku, u64>,
    /// Purchases that wait for settlement.
    waiting: Vec<Purchase>,
}

/// A wallet with rows in every table; returns an earlier copy of its database, too.
async fn prepare(world: &World, device: &Device) -> (PathBuf, Honest) {
    let tap = |number: u32| PurchaseRequest::new("extra_life").idempotency_key(format!("tap-{number}"));
    let wallet = open_for_ada(world, device, "3.00").await;
    for number in 0..2 {
        wallet.buy(tap(number)).await.unwrap();
    }
    wallet.sync().await.unwrap();
    // The player has another phone, whose purchases are listed here.
    let tablet = open_for_ada(world, &world.device("tablet"), "1.00").await;
    tablet.buy("hint".into()).await.unwrap();
    tablet.sync().await.unwrap();
    wallet.sync().await.unwrap();
    wallet.buy(tap(2)).await.unwrap();
    wallet.consume("extra_life", 1, "use-1").await.unwrap();
    wallet.close().await;
    let earlier = device.folder.join("earlier.db");
    std::fs::copy(device.folder.join("wallet/wallet.db"), &earlier).unwrap();

    let wallet = device.open().await;
    let card = wallet.cards().await.unwrap().remove(0);
    wallet.top_up(usd("1.00"), card.id).await.unwrap();
    farthing_tests::add_card(&wallet, "5555555555554444").await.unwrap();
    wallet.buy(tap(3)).await.unwrap();
    wallet.sync().await.unwrap();
    tablet.buy("hint".into()).await.unwrap();
    tablet.sync().await.unwrap();
    tablet.close().await;
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    for number in 4..6 {
        wallet.buy(tap(number)).await.unwrap();
    }
    wallet.consume("extra_life", 1, "use-2").await.unwrap();
    let waiting = wallet.purchases(PurchaseFilter { waiting_only: true, ..PurchaseFilter::default() }).await.unwrap();
    let mut bought = items(&wallet).await;
    bought.values_mut().for_each(|quantity| *quantity += USES);
    let honest = Honest { reserved: spendable(&wallet), bought, waiting };
    wallet.close().await;
    world.network.set(Weather::Fair);
    (earlier, honest)
}

/// A new wallet of a player who has signed in, topped up.
async fn open_for_ada(world: &World, device: &Device, amount: &str) -> Wallet {
    let user = serde_json::json!({"user": "ada"});
    let (_, token) = world.merchant(http::Method::POST, "/v1/enrolment-tokens", Some(user)).await;
    let config = device.config().enrolment_token(token["token"].as_str().unwrap());
    let wallet = Wallet::open(config, device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    let card = farthing_tests::add_card(&wallet, farthing_tests::GOOD_CARD).await.unwrap();
    wallet.top_up(usd(amount), card.id).await.unwrap();
    wallet
}

async fn items(wallet: &Wallet) -> BTreeMap<Sku, u64> {
    wallet.inventory().await.unwrap().into_iter().map(|item| (item.sku, item.quantity)).collect()
}

impl Honest {
    /// Compares an edited wallet, then spends all that it has. Returns what it granted.
    async fn compare(&self, wallet: &Wallet, edit: &Edit) -> Vec<Purchase> {
        let now = spendable(wallet);
        assert!(now.micros() <= self.reserved.micros(), "{edit}: {now} to spend, honest is {}", self.reserved);
        for (sku, quantity) in items(wallet).await {
            let bought = self.bought.get(&sku).copied().unwrap_or(0);
            assert!(quantity <= bought, "{edit}: {quantity} of {sku}, of which {bought} were bought");
        }
        // What can't be read is said to be damaged; nothing else may come of it.
        for limit in [1, 100] {
            let listed = wallet.purchases(PurchaseFilter { limit, waiting_only: false }).await;
            assert!(listed.as_ref().err().is_none_or(is_detection), "{edit}: {listed:?}");
        }
        let mut granted = Vec::new();
        for number in 0..6 {
            let tapped = PurchaseRequest::new("extra_life").idempotency_key(format!("tap-{number}"));
            granted.extend(wallet.buy(tapped).await.ok());
        }
        granted.extend(spend_all(wallet).await);
        let fresh: Vec<Purchase> = granted.into_iter().filter(|purchase| !self.knows(purchase)).collect();
        let spent = sum(&fresh);
        assert!(spent.micros() <= self.reserved.micros(), "{edit}: {spent} was spent of {}", self.reserved);
        fresh
    }

    /// A tap that was answered with what it had bought before.
    fn knows(&self, purchase: &Purchase) -> bool {
        self.waiting.iter().any(|waiting| waiting.id == purchase.id)
            || !matches!(purchase.state, farthing_core::PurchaseState::Granted)
    }
}

/// What a person is told of a database that was tampered with.
fn is_detection(error: &WalletError) -> bool {
    matches!(
        error,
        WalletError::StorageDamaged { .. }
            | WalletError::StorageUnavailable { .. }
            | WalletError::UpgradeRequired
            | WalletError::SyncRequired
            | WalletError::GatewayNotTrusted { .. }
    )
}
