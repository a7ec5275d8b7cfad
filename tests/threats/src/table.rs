//! The table of threats: what each attack could take, by the books.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use farthing_core::{Currency, Money, Purchase};
use farthing_protocol::{EntryId, Receipt};
use farthing_tests::{World, usd};
use rusqlite::{Connection, OpenFlags};

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was done.
    pub attack: String,
    /// How often.
    pub tries: u64,
    /// The most that was reserved for the device meanwhile.
    pub allowance: Money,
    /// What the app granted and the gateway never settled.
    pub goods: Money,
    /// What was settled for merchants and never paid for by players.
    pub gateway: Money,
}

impl Line {
    /// Lost goods as thousandths of the allowance.
    pub fn ratio_in_thousandths(&self) -> i64 {
        self.goods.micros().saturating_mul(1_000).checked_div(self.allowance.micros()).unwrap_or(0)
    }

    /// Asserts what a user is promised: at most one allowance of goods is lost, and nothing of
    /// the gateway's.
    pub fn assert_bounded(&self) {
        assert!(self.allowance.is_positive(), "{}: nothing was at stake", self.attack);
        assert!(self.tries > 0, "{}: nothing was tried", self.attack);
        assert!(self.goods.micros() <= self.allowance.micros(), "more than the allowance was lost: {self}");
        assert_eq!(self.gateway.micros(), 0, "the gateway lost: {self}");
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |money: Money| money.to_string();
        let thousandths = self.ratio_in_thousandths();
        let ratio = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
        let (allowance, goods, gateway) = (amount(self.allowance), amount(self.goods), amount(self.gateway));
        write!(f, "{:<58} | {:>6} | {allowance:>10} | {goods:>10} | {ratio:>5} | {gateway:>8}", self.attack, self.tries)
    }
}

/// The head of the table.
pub fn head() -> String {
    let line = format!(
        "{:<58} | {:>6} | {:>10} | {:>10} | {:>5} | {:>8}",
        "attack", "tries", "allowance", "lost goods", "ratio", "gateway"
    );
    format!("{line}\n{}", "-".repeat(line.len()))
}

/// A gateway's books, read from its database.
pub struct GatewayBooks {
    database: Connection,
}

impl GatewayBooks {
    /// The books in a data folder. The gateway may be running.
    pub fn open(folder: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        GatewayBooks { database: Connection::open_with_flags(folder.join("farthing.db"), flags).unwrap() }
    }

    fn micros(&self, sql: &str) -> i64 {
        self.database.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).unwrap().unwrap_or(0)
    }

    /// How many entries are settled or rejected.
    pub fn entries(&self) -> u64 {
        self.micros("SELECT count(*) FROM entries").unsigned_abs()
    }

    /// How many entries were rejected.
    pub fn rejected(&self) -> u64 {
        self.micros("SELECT count(*) FROM entries WHERE rejection IS NOT NULL").unsigned_abs()
    }

    /// How many purchases are settled.
    pub fn receipts_count(&self) -> u64 {
        self.micros("SELECT count(*) FROM entries WHERE receipt IS NOT NULL").unsigned_abs()
    }

    /// How many devices are frozen.
    pub fn frozen(&self) -> u64 {
        self.micros("SELECT count(*) FROM devices WHERE state = 'frozen'").unsigned_abs()
    }

    /// What cards were charged, in US dollars.
    pub fn charged(&self) -> Money {
        let sql = "SELECT sum(amount) FROM top_ups WHERE state = 'succeeded' AND currency = 'USD'";
        Money::from_micros(self.micros(sql), Currency::USD)
    }

    /// What players have, reserved or not.
    pub fn owed_to_players(&self) -> Money {
        let sql = "SELECT -sum(balance) FROM ledger_accounts
                   WHERE kind IN ('user_available', 'user_reserved') AND currency = 'USD'";
        Money::from_micros(self.micros(sql), Currency::USD)
    }

    /// What is reserved for devices.
    pub fn reserved(&self) -> Money {
        let sql = "SELECT -sum(balance) FROM ledger_accounts WHERE kind = 'user_reserved' AND currency = 'USD'";
        Money::from_micros(self.micros(sql), Currency::USD)
    }

    /// The sum of all postings of all currencies with the sum of all balances: both are zero.
    pub fn imbalance(&self) -> (i64, i64) {
        let postings = self.micros("SELECT sum(amount) FROM ledger_postings");
        (postings, self.micros("SELECT sum(balance) FROM ledger_accounts"))
    }

    /// Every settled purchase, by its receipt.
    pub fn receipts(&self) -> Vec<Receipt> {
        let mut statement = self.database.prepare("SELECT receipt FROM entries WHERE receipt IS NOT NULL").unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(|row| serde_json::from_slice(&row.unwrap()).unwrap()).collect()
    }

    /// What was settled for merchants and not paid for by players: cards' charges less what players still have.
    pub fn unpaid(&self) -> Money {
        let settled = self.receipts().iter().fold(usd("0"), |sum, receipt| sum.plus(receipt.total).unwrap());
        let paid = self.charged().minus(self.owed_to_players()).unwrap();
        settled.minus(paid).unwrap()
    }

    /// What of these purchases was never settled.
    pub fn lost(&self, granted: &[Purchase]) -> Money {
        let settled: HashSet<EntryId> = self.receipts().into_iter().map(|receipt| receipt.jti).collect();
        let mut seen = HashSet::new();
        let lost = granted.iter().filter(|purchase| !settled.contains(&purchase.id) && seen.insert(purchase.id));
        lost.fold(usd("0"), |sum, purchase| sum.plus(purchase.total).unwrap())
    }
}

/// Draws up the line of an attack from the world's books, and checks that they balance.
pub async fn line(attack: &str, tries: u64, world: &World, allowance: Money, granted: &[Purchase]) -> Line {
    world.assert_balanced().await;
    let books = GatewayBooks::open(&world.gateway_folder());
    assert_eq!(books.imbalance(), (0, 0), "{attack}: the ledger is off");
    Line { attack: attack.to_owned(), tries, allowance, goods: books.lost(granted), gateway: books.unpaid() }
}
