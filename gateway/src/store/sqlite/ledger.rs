//! The ledger's accounts and postings.

use farthing_protocol::api::LedgerBalance;
use farthing_protocol::{AccountId, Currency, Money, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::column;
use crate::ledger::{LedgerAccount, Transaction, day_of};
use crate::store::StoreError;
use crate::store::ledger::Ledger;

/// What all devices of an account have reserved. `CROSS JOIN` has SQLite begin with the devices: by itself it begins with
/// every reserve that there is, and each batch asks.
const ALL_RESERVES: &str = "SELECT coalesce(sum(balance), 0) FROM devices
     CROSS JOIN ledger_accounts ON kind = 'user_reserved' AND owner = devices.id AND currency = ?
     WHERE account = ?";

impl Ledger for Connection {
    fn post(&self, transaction: &Transaction, now: Timestamp) -> Result<(), StoreError> {
        let postings = transaction.balanced()?;
        if postings.is_empty() {
            return Ok(());
        }
        self.prepare_cached("INSERT INTO ledger_transactions (kind, reference, at) VALUES (?, ?, ?)")?
            .execute(params![transaction.kind, transaction.reference, now.as_millisecond()])?;
        let id = self.last_insert_rowid();
        for (account, amount) in postings {
            let account = change(self, account, amount)?;
            self.prepare_cached(
                "INSERT INTO ledger_postings (ledger_transaction, ledger_account, amount) VALUES (?, ?, ?)",
            )?
            .execute(params![id, account, amount.micros()])?;
        }
        count(self, transaction, now)
    }

    fn balance(&self, account: &LedgerAccount, currency: Currency) -> Result<Money, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT balance FROM ledger_accounts WHERE kind = ? AND owner = ? AND currency = ?")?;
        let balance = statement
            .query_row(params![account.kind.name(), account.owner, currency.code()], |row| row.get(0))
            .optional()?;
        Ok(Money::from_micros(balance.unwrap_or(0), currency))
    }

    fn balances(&self, account: &LedgerAccount) -> Result<Vec<Money>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT balance, currency FROM ledger_accounts WHERE kind = ? AND owner = ? ORDER BY currency",
        )?;
        let balances = statement.query_map(params![account.kind.name(), account.owner], |row| {
            column::money(row, 0, column::currency(row, 1)?)
        })?;
        Ok(balances.collect::<Result<_, _>>()?)
    }

    fn all_reserves(&self, account: AccountId, currency: Currency) -> Result<Money, StoreError> {
        let mut statement = self.prepare_cached(ALL_RESERVES)?;
        let sum = statement.query_row(params![currency.code(), account.as_bytes()], |row| row.get(0))?;
        Ok(Money::from_micros(sum, currency))
    }

    fn ledger_accounts_up_to(&self, most: u32) -> Result<u32, StoreError> {
        let count = "SELECT count(*) FROM (SELECT 1 FROM ledger_accounts LIMIT ?1)";
        Ok(self.prepare_cached(count)?.query_row([most], |row| row.get(0))?)
    }

    fn trial_balance(&self) -> Result<Vec<LedgerBalance>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT sum(balance), currency, kind FROM ledger_accounts GROUP BY kind, currency ORDER BY currency, kind",
        )?;
        let balances = statement.query_map([], |row| {
            Ok(LedgerBalance { account: row.get(2)?, balance: column::money(row, 0, column::currency(row, 1)?)? })
        })?;
        Ok(balances.collect::<Result<_, _>>()?)
    }
}

/// Changes an account's balance, which begins at nothing; returns its row. A sum that is out
/// of range is no integer any more, which the table refuses.
fn change(connection: &Connection, account: &LedgerAccount, amount: Money) -> Result<i64, StoreError> {
    let (kind, currency) = (account.kind.name(), amount.currency());
    let changed = connection
        .prepare_cached(
            "UPDATE ledger_accounts SET balance = balance + ? WHERE kind = ? AND owner = ? AND currency = ? RETURNING id",
        )?
        .query_row(params![amount.micros(), kind, account.owner, currency.code()], |row| row.get(0))
        .optional()?;
    if let Some(id) = changed {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO ledger_accounts (kind, owner, currency, balance) VALUES (?, ?, ?, ?)")?
        .execute(params![kind, account.owner, currency.code(), amount.micros()])?;
    Ok(connection.last_insert_rowid())
}

/// Adds what a transaction counts for to its day.
fn count(connection: &Connection, transaction: &Transaction, now: Timestamp) -> Result<(), StoreError> {
    if let Some(figures) = transaction.figures() {
        connection
            .prepare_cached(
                "INSERT INTO ledger_days (day, kind, currency, count, volume, fees, fees_one_by_one)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (day, kind, currency) DO UPDATE SET count = count + excluded.count,
                   volume = volume + excluded.volume, fees = fees + excluded.fees,
                   fees_one_by_one = fees_one_by_one + excluded.fees_one_by_one",
            )?
            .execute(params![
                day_of(now),
                transaction.kind,
                figures.volume.currency().code(),
                figures.count,
                figures.volume.micros(),
                figures.fees.micros(),
                figures.fees_one_by_one.micros()
            ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::MIGRATIONS;

    #[test]
    fn what_an_account_has_reserved_is_found_without_reading_other_accounts() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_latest(&mut connection).unwrap();
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {ALL_RESERVES}")).unwrap();
        let steps = explained.query_map(params!["USD", [0_u8; 16]], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
        assert!(steps[0].contains("devices_of_account (account=?)"), "{steps:?}");
        assert!(steps[1].contains("(kind=? AND owner=? AND currency=?)"), "{steps:?}");
    }
}
