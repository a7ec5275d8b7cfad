//! The gateway's books, read by someone who trusts none of its code.

mod disputes;
mod durables;
mod ledger;
mod packs;
mod passes;
mod prices;
mod tabs;
mod top_ups;
mod units;

use std::collections::BTreeMap;
use std::path::Path;

use farthing_protocol::Receipt;
use rusqlite::Connection;
use rusqlite::types::FromSql;

use crate::Violation;
use crate::app_store::Store;
use crate::coverage::Coverage;
use crate::phone::Statement;
use ledger::Purses;

/// Each rule selects what breaks it.
const RULES: [(&str, &str); 12] = [
    (
        "a settled journal has a gap",
        "SELECT 1 FROM devices WHERE seq <> (SELECT count(*) FROM entries WHERE device = id)
         OR seq <> (SELECT coalesce(max(entries.seq), 0) FROM entries WHERE device = id)",
    ),
    (
        "a ledger transaction does not balance",
        "SELECT 1 FROM ledger_postings JOIN ledger_accounts ON ledger_account = ledger_accounts.id
         GROUP BY ledger_transaction, currency HAVING sum(amount) <> 0",
    ),
    (
        "an account is not the sum of its postings",
        "SELECT 1 FROM ledger_accounts WHERE balance <>
         (SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE ledger_account = ledger_accounts.id)",
    ),
    (
        "more was drawn than was allowed",
        "SELECT 1 FROM drawn WHERE total > (SELECT max(spend_limit) FROM allowances
         WHERE allowances.device = drawn.device AND allowances.currency = drawn.currency)",
    ),
    (
        "a reserve is not what the allowance has left",
        "SELECT 1 FROM ledger_accounts reserve WHERE kind = 'user_reserved' AND -balance <>
         (SELECT max(spend_limit) FROM allowances WHERE device = owner AND allowances.currency = reserve.currency)
         - coalesce((SELECT total FROM drawn WHERE device = owner AND drawn.currency = reserve.currency), 0)",
    ),
    (
        "the refunds of an account have a gap in their numbers",
        "SELECT 1 FROM refunds WHERE purchase IS NOT NULL GROUP BY account HAVING count(*) <> max(number)",
    ),
    (
        "a refund is not by those who were paid",
        "SELECT 1 FROM refunds WHERE purchase IS NOT NULL AND amount <> processor + platform + developer",
    ),
    (
        "a player was given the price of a purchase back twice",
        "SELECT 1 FROM refunds WHERE idempotency_key LIKE 'self-service-%' GROUP BY purchase HAVING count(*) > 1",
    ),
    (
        "a meter has not come to the price of its units",
        "SELECT 1 FROM meters WHERE total <> unit_price * units / per_units",
    ),
    (
        "a charge has no top-up and no tab",
        "SELECT 1 FROM sandbox_charges WHERE top_up NOT IN (SELECT id FROM top_ups UNION SELECT id FROM tabs)",
    ),
    (
        "a top-up succeeded without a charge",
        "SELECT 1 FROM top_ups WHERE state = 'succeeded' AND id NOT IN (SELECT top_up FROM sandbox_charges)",
    ),
    (
        "a top-up was not credited once",
        "SELECT 1 FROM top_ups WHERE (state = 'succeeded') <>
         (SELECT count(*) FROM ledger_transactions WHERE kind = 'top_up' AND reference = top_ups.id)",
    ),
];

/// Sum in micros and count, by device and currency.
type Drawn = BTreeMap<(Vec<u8>, String), (i64, i64)>;

/// The gateway's database, while no gateway has it open.
pub(crate) struct Audit(Connection);

impl Audit {
    pub(crate) fn open(folder: &Path) -> Result<Self, Violation> {
        Connection::open(folder.join("farthing.db")).map(Audit).map_err(failed)
    }

    /// Every rule holds.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        self.check_rules(&RULES)?;
        let receipts = self.receipts()?;
        if self.drawn()? != self.drawn_by(&receipts)? {
            return Err(Violation::new("what was drawn is not what the receipts say, and what was given back"));
        }
        self.check_refunds(&receipts)?;
        let sound: String = self.0.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failed)?;
        if sound == "ok" { Ok(()) } else { Err(Violation::new(format!("the gateway's database is damaged: {sound}"))) }
    }

    /// Nothing is selected that breaks one of them.
    fn check_rules(&self, rules: &[(&str, &str)]) -> Result<(), Violation> {
        for (broken, rule) in rules {
            if self.0.prepare(rule).and_then(|mut rule| rule.exists([])).map_err(failed)? {
                return Err(Violation::new(*broken));
            }
        }
        Ok(())
    }

    /// Sum and count by device and currency, as the gateway keeps them. A device that has said which allowance it holds
    /// may have drawn nothing.
    fn drawn(&self) -> Result<Drawn, Violation> {
        let mut drawn =
            self.0.prepare("SELECT device, currency, total, count FROM drawn WHERE count > 0").map_err(failed)?;
        let rows = drawn.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))));
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// The same, as receipts say and what was given back of reserves.
    fn drawn_by(&self, receipts: &[Receipt]) -> Result<Drawn, Violation> {
        let mut drawn = Drawn::new();
        for receipt in receipts {
            let key = (receipt.device.as_bytes().to_vec(), receipt.total.currency().code().to_owned());
            let sums = drawn.entry(key).or_default();
            *sums = (sums.0 + receipt.total.micros(), sums.1 + 1);
        }
        let released = "SELECT owner, currency, sum(amount), count(*) FROM ledger_postings
                        JOIN ledger_transactions ON ledger_transaction = ledger_transactions.id
                        JOIN ledger_accounts ON ledger_account = ledger_accounts.id
                        WHERE ledger_transactions.kind = 'release' AND ledger_accounts.kind = 'user_reserved'
                        GROUP BY owner, currency";
        let mut released = self.0.prepare(released).map_err(failed)?;
        let rows = released.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))));
        for row in rows.map_err(failed)? {
            let (key, (micros, count)): ((Vec<u8>, String), (i64, i64)) = row.map_err(failed)?;
            let sums = drawn.entry(key).or_default();
            *sums = (sums.0 + micros, sums.1 + count);
        }
        Ok(drawn)
    }

    /// What was settled.
    pub(crate) fn receipts(&self) -> Result<Vec<Receipt>, Violation> {
        let receipts = "SELECT receipt FROM entries WHERE receipt IS NOT NULL ORDER BY device, seq";
        let mut receipts = self.0.prepare(receipts).map_err(failed)?;
        let rows = receipts.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(failed)?;
        let read = |row: rusqlite::Result<Vec<u8>>| {
            serde_json::from_slice(&row.map_err(failed)?)
                .map_err(|error| Violation::new(format!("no receipt: {error}")))
        };
        rows.map(read).collect()
    }

    /// Of no purchase more goes back than was paid and bought, and where all goes back, everyone gives what they got.
    fn check_refunds(&self, receipts: &[Receipt]) -> Result<(), Violation> {
        let receipts: BTreeMap<&[u8], &Receipt> =
            receipts.iter().map(|receipt| (&receipt.jti.as_bytes()[..], receipt)).collect();
        let returned = "SELECT purchase, sum(amount), sum(quantity), sum(processor), sum(platform), sum(developer)
                        FROM refunds WHERE purchase IS NOT NULL GROUP BY purchase";
        let mut returned = self.0.prepare(returned).map_err(failed)?;
        let mut rows = returned.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let read = || -> rusqlite::Result<(Vec<u8>, i64, i64, [i64; 3])> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, [row.get(3)?, row.get(4)?, row.get(5)?]))
            };
            let (purchase, micros, quantity, shares) = read().map_err(failed)?;
            let Some(receipt) = receipts.get(&purchase[..]) else {
                return Err(Violation::new("a purchase was refunded that was not settled"));
            };
            let (price, split) = (receipt.total.micros(), &receipt.split);
            if micros > price {
                return Err(Violation::new(format!("{micros} went back of a purchase for {price}")));
            }
            let is_of_items = receipt.metered.is_none() && receipt.tip.is_none();
            let bought = if is_of_items { i64::from(receipt.quantity) } else { 0 };
            if quantity > bought {
                return Err(Violation::new(format!("{quantity} items were taken back of {bought}")));
            }
            let got = [split.processor, split.platform, split.developer].map(|share| share.micros());
            if micros == price && shares != got {
                return Err(Violation::new("those who were paid for a purchase did not give back what they got"));
            }
        }
        Ok(())
    }

    /// What counts as spent in dollars on each day by a device's account, in micros.
    pub(crate) fn spent(&self, device: &[u8]) -> Result<Vec<(i64, i64)>, Violation> {
        let spent = "SELECT slot / 96, sum(amount) FROM spending JOIN devices USING (account)
                     WHERE devices.id = ?1 AND currency = 'USD' GROUP BY slot / 96";
        let mut spent = self.0.prepare(spent).map_err(failed)?;
        let rows = spent.query_map([device], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// What guardians have approved.
    pub(crate) fn approvals(&self) -> Result<Vec<Approved>, Violation> {
        let approvals = "SELECT id, device, sku, quantity, total, state = 'used' FROM approvals
                         WHERE state IN ('approved', 'used')";
        let mut approvals = self.0.prepare(approvals).map_err(failed)?;
        let rows = approvals.query_map([], |row| {
            let (id, device, sku) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Approved { id, device, sku, quantity: row.get(3)?, micros: row.get(4)?, is_used: row.get(5)? })
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// Each wallet shows what the other devices of its account have bought, and what of it went back.
    pub(crate) fn check_elsewhere(&self, statements: &[Statement]) -> Result<(), Violation> {
        let receipts = self.receipts()?;
        for statement in statements {
            let account = self.account_of(statement)?;
            let theirs = receipts.iter().filter(|receipt| receipt.sub.as_bytes()[..] == account[..]);
            let mut elsewhere = BTreeMap::new();
            for receipt in theirs.filter(|receipt| receipt.device.as_bytes()[..] != statement.device[..]) {
                let returned = "SELECT coalesce(sum(amount), 0) FROM refunds WHERE purchase = ?1";
                elsewhere.insert(receipt.jti, self.look_up(returned, receipt.jti.as_bytes())?);
            }
            if elsewhere != statement.elsewhere {
                let (shown, bought) = (statement.elsewhere.len(), elsewhere.len());
                let what = format!("a wallet shows {shown} purchases of other devices, which made {bought} or others");
                return Err(Violation::new(what));
            }
        }
        Ok(())
    }

    /// How many entries are settled, and how many rejected.
    pub(crate) fn entries(&self) -> Result<(u64, u64), Violation> {
        let counts = "SELECT count(*) - count(rejection), count(rejection) FROM entries";
        self.0.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)
    }

    /// Each account is what its wallets say; returns how many accounts have more than one of them.
    pub(crate) fn check_accounts(
        &self,
        statements: &[Statement],
        store: &Store,
        coverage: &Coverage,
    ) -> Result<u64, Violation> {
        let packs = self.check_packs(store, statements, coverage)?;
        let mut accounts: BTreeMap<Vec<u8>, Vec<&Statement>> = BTreeMap::new();
        for statement in statements {
            accounts.entry(self.account_of(statement)?).or_default().push(statement);
        }
        for (account, statements) in &accounts {
            self.check_account(account, statements, &packs)?;
        }
        Ok(accounts.values().filter(|statements| statements.len() > 1).count() as u64)
    }

    fn check_account(&self, account: &[u8], statements: &[&Statement], packs: &Purses) -> Result<(), Violation> {
        let available = self.balances("user_available", account)?;
        for statement in statements {
            let reserved = self.balances("user_reserved", &statement.device)?;
            for (currency, amounts) in &statement.amounts {
                let of = |balances: &BTreeMap<String, i64>| balances.get(currency).copied().unwrap_or_default();
                let owed = of(&available) + of(&reserved);
                if owed != amounts.seen {
                    let seen = amounts.seen;
                    return Err(Violation::new(format!("{owed} {currency} are the device's, and it shows {seen}")));
                }
            }
        }
        // What else an account has had, such as an erased wallet or one that was tampered with, says nothing.
        let devices: u64 = self.look_up("SELECT count(*) FROM devices WHERE account = ?1", account)?;
        if devices == statements.len() as u64 { self.check_whole_account(account, statements, packs) } else { Ok(()) }
    }

    fn check_whole_account(&self, account: &[u8], statements: &[&Statement], packs: &Purses) -> Result<(), Violation> {
        let charged = "SELECT count(*) FROM top_ups WHERE state = 'succeeded' AND account = ?1";
        let (charged, wished): (u64, u64) =
            (self.look_up(charged, account)?, statements.iter().map(|statement| statement.top_ups).sum());
        if charged > wished {
            return Err(Violation::new(format!("{charged} top-ups were charged and {wished} asked for")));
        }
        let mut owed = self.balances("user_available", account)?;
        for statement in statements {
            for (currency, reserve) in self.balances("user_reserved", &statement.device)? {
                *owed.entry(currency).or_default() += reserve;
            }
        }
        let of_account = packs.iter().filter(|((owner, _), _)| *owner == account);
        let mut kept: BTreeMap<String, i64> =
            of_account.map(|((_, currency), micros)| (currency.clone(), *micros)).collect();
        for (currency, amounts) in statements.iter().flat_map(|statement| &statement.amounts) {
            *kept.entry(currency.clone()).or_default() += amounts.kept;
        }
        kept.retain(|_, micros| *micros != 0);
        owed.retain(|_, micros| *micros != 0);
        if owed == kept { Ok(()) } else { Err(Violation::new(format!("{kept:?} should be left, and {owed:?} is"))) }
    }

    /// The account of a wallet.
    fn account_of(&self, statement: &Statement) -> Result<Vec<u8>, Violation> {
        self.look_up("SELECT account FROM devices WHERE id = ?1", &statement.device)
    }

    /// What is owed to the owner of an account of the ledger, in micros, by currency.
    fn balances(&self, kind: &str, owner: &[u8]) -> Result<BTreeMap<String, i64>, Violation> {
        let balances = "SELECT currency, -balance FROM ledger_accounts WHERE kind = ?1 AND owner = ?2";
        let mut balances = self.0.prepare(balances).map_err(failed)?;
        let rows = balances.query_map((kind, owner), |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(failed)
    }

    fn look_up<N: FromSql>(&self, query: &str, name: &[u8]) -> Result<N, Violation> {
        self.0.query_row(query, [name], |row| row.get(0)).map_err(failed)
    }
}

/// One purchase that a guardian has approved.
pub(crate) struct Approved {
    pub(crate) id: Vec<u8>,
    /// The one that asked.
    pub(crate) device: Vec<u8>,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) micros: i64,
    /// It was bought.
    pub(crate) is_used: bool,
}

fn failed(error: rusqlite::Error) -> Violation {
    Violation::new(format!("the gateway's books can't be read: {error}"))
}
