//! The ledger's accounts and postings.

use farthing_protocol::api::LedgerBalance;
use farthing_protocol::{AccountId, Currency, Money, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, column};
use crate::ledger::{LedgerAccount, Transaction};

/// Writes a ledger transaction. What does not balance is refused.
pub(crate) fn post(connection: &Connection, transaction: &Transaction, now: Timestamp) -> Result<(), StoreError> {
    let postings = transaction.balanced()?;
    if postings.is_empty() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO ledger_transactions (kind, reference, at) VALUES (?, ?, ?)")?
        .execute(params![transaction.kind, transaction.reference, now.as_millisecond()])?;
    let id = connection.last_insert_rowid();
    for (account, amount) in postings {
        let account = change(connection, account, amount)?;
        connection
            .prepare_cached(
                "INSERT INTO ledger_postings (ledger_transaction, ledger_account, amount) VALUES (?, ?, ?)",
            )?
            .execute(params![id, account, amount.micros()])?;
    }
    Ok(())
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

/// The balance of an account: debits minus credits.
pub(crate) fn balance(
    connection: &Connection,
    account: &LedgerAccount,
    currency: Currency,
) -> Result<Money, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT balance FROM ledger_accounts WHERE kind = ? AND owner = ? AND currency = ?")?;
    let balance = statement
        .query_row(params![account.kind.name(), account.owner, currency.code()], |row| row.get(0))
        .optional()?;
    Ok(Money::from_micros(balance.unwrap_or(0), currency))
}

/// The balance of an account in each of its currencies.
pub(crate) fn balances(connection: &Connection, account: &LedgerAccount) -> Result<Vec<Money>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT balance, currency FROM ledger_accounts WHERE kind = ? AND owner = ? ORDER BY currency",
    )?;
    let balances = statement.query_map(params![account.kind.name(), account.owner], |row| {
        column::money(row, 0, column::currency(row, 1)?)
    })?;
    Ok(balances.collect::<Result<_, _>>()?)
}

/// What is reserved for all devices of an account in one currency: debits minus credits.
pub(crate) fn all_reserves(
    connection: &Connection,
    account: AccountId,
    currency: Currency,
) -> Result<Money, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(sum(balance), 0) FROM devices
         JOIN ledger_accounts ON kind = 'user_reserved' AND owner = devices.id AND currency = ?
         WHERE account = ?",
    )?;
    let sum = statement.query_row(params![currency.code(), account.as_bytes()], |row| row.get(0))?;
    Ok(Money::from_micros(sum, currency))
}

/// Every kind of account in every currency.
pub(crate) fn trial_balance(connection: &Connection) -> Result<Vec<LedgerBalance>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sum(balance), currency, kind FROM ledger_accounts GROUP BY kind, currency ORDER BY currency, kind",
    )?;
    let balances = statement.query_map([], |row| {
        Ok(LedgerBalance { account: row.get(2)?, balance: column::money(row, 0, column::currency(row, 1)?)? })
    })?;
    Ok(balances.collect::<Result<_, _>>()?)
}
