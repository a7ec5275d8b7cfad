//! Money that went back.

use std::collections::BTreeMap;

use farthing_protocol::{AccountId, EntryId, IdempotencyKey, Money, Split, Timestamp, TopUpId};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::refunds::{Refund, RefundRow, RefundState, Refunds};

const SELECT: &str = "SELECT id, idempotency_key, account, purchase, top_up, amount, currency, processor, platform,
                             developer, state, reason, quantity, number, receipt FROM refunds WHERE";

fn read(row: &Row<'_>) -> rusqlite::Result<RefundRow> {
    let currency = column::currency(row, 6)?;
    Ok(RefundRow {
        id: Uuid::from_bytes(row.get(0)?),
        key: column::idempotency_key(row, 1)?,
        account: column::account(row, 2)?,
        purchase: row.get::<_, Option<_>>(3)?.map(EntryId::from_bytes),
        top_up: row.get::<_, Option<_>>(4)?.map(TopUpId::from_bytes),
        amount: column::money(row, 5, currency)?,
        shares: Split {
            processor: column::money(row, 7, currency)?,
            platform: column::money(row, 8, currency)?,
            developer: column::money(row, 9, currency)?,
        },
        state: row.get(10)?,
        reason: row.get(11)?,
        quantity: row.get(12)?,
        number: row.get(13)?,
        receipt: row.get(14)?,
    })
}

fn one(connection: &Connection, condition: &str, value: impl ToSql) -> Result<Option<Refund>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} {condition}"))?;
    statement.query_row([value], read).optional()?.map(RefundRow::refund).transpose()
}

fn all(connection: &Connection, condition: &str, value: impl ToSql) -> Result<Vec<Refund>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{SELECT} {condition} ORDER BY id"))?;
    let rows = statement.query_map([value], read)?;
    rows.map(|row| row?.refund()).collect()
}

impl Refunds for Connection {
    fn refund(&self, id: Uuid) -> Result<Option<Refund>, StoreError> {
        one(self, "id = ?", id.as_bytes())
    }

    fn refund_by_key(&self, key: &IdempotencyKey) -> Result<Option<Refund>, StoreError> {
        one(self, "idempotency_key = ?", key.as_str())
    }

    fn refunds_of_purchase(&self, purchase: EntryId) -> Result<Vec<Refund>, StoreError> {
        all(self, "purchase = ?", purchase.as_bytes())
    }

    fn refunds_of_top_up(&self, top_up: TopUpId) -> Result<Vec<Refund>, StoreError> {
        all(self, "top_up = ?", top_up.as_bytes())
    }

    fn refunded(&self, purchases: &[EntryId]) -> Result<BTreeMap<EntryId, Money>, StoreError> {
        let places = vec!["?"; purchases.len()].join(", ");
        let mut statement = self.prepare(&format!(
            "SELECT purchase, sum(amount), currency FROM refunds WHERE purchase IN ({places}) GROUP BY purchase, currency",
        ))?;
        let sums = statement.query_map(params_from_iter(purchases.iter().map(EntryId::as_bytes)), |row| {
            Ok((EntryId::from_bytes(row.get(0)?), column::money(row, 1, column::currency(row, 2)?)?))
        })?;
        Ok(sums.collect::<Result<_, _>>()?)
    }

    fn revision_and_counts(&self, account: AccountId) -> Result<(u64, u64, u64), StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT revision, (SELECT coalesce(max(number), 0) FROM refunds
                               WHERE account = accounts.id AND number IS NOT NULL),
                    (SELECT count(*) FROM disputes WHERE account = accounts.id)
             FROM accounts WHERE id = ?",
        )?;
        Ok(statement.query_row([account.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
    }

    fn refund_receipts(&self, account: AccountId, after: u64, most: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT receipt FROM refunds WHERE account = ? AND number > ? AND number IS NOT NULL ORDER BY number LIMIT ?",
        )?;
        let payloads = statement.query_map(params![account.as_bytes(), after, most], |row| row.get(0))?;
        Ok(payloads.collect::<Result<_, _>>()?)
    }

    fn add_refund(&self, refund: &Refund, now: Timestamp) -> Result<(), StoreError> {
        let shares = refund.shares();
        self.prepare_cached(
            "INSERT INTO refunds (id, idempotency_key, account, purchase, top_up, amount, currency, processor, platform,
                                  developer, state, reason, created_at, quantity, number, receipt)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            refund.id.as_bytes(),
            refund.key.as_str(),
            refund.account.as_bytes(),
            refund.purchase().as_ref().map(EntryId::as_bytes),
            refund.top_up().as_ref().map(TopUpId::as_bytes),
            refund.amount.micros(),
            refund.amount.currency().code(),
            shares.processor.micros(),
            shares.platform.micros(),
            shares.developer.micros(),
            refund.state.name(),
            refund.reason,
            now.as_millisecond(),
            refund.quantity(),
            refund.signed().map(|signed| signed.number),
            refund.signed().map(|signed| &signed.payload),
        ])?;
        Ok(())
    }

    fn set_refund_state(&self, id: Uuid, state: RefundState) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE refunds SET state = ? WHERE id = ?")?
            .execute(params![state.name(), id.as_bytes()])?;
        Ok(())
    }
}
