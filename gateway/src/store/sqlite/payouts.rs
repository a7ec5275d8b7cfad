//! What was paid out to merchants and creators, and what each payout covers.
//!
//! Ledger transactions are numbered in the order in which they were posted, so a payout covers a stretch of them.

use farthing_protocol::{CreatorId, IdempotencyKey, Money, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Rows, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::payouts::{PayableLine, Payout, PayoutState, Payouts, asked, creator};

const COLUMNS: &str =
    "id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, created_at, concluded_at,
     creator";

fn read(row: &Row<'_>) -> Result<Payout, StoreError> {
    let currency = column::currency(row, 3)?;
    Ok(Payout {
        id: Uuid::from_bytes(row.get(0)?),
        merchant: row.get(1)?,
        creator: creator(row.get(11)?)?,
        key: column::idempotency_key(row, 2)?,
        asked: asked(row.get(4)?, currency),
        amount: column::money(row, 5, currency)?,
        remaining: column::money(row, 6, currency)?,
        state: PayoutState::of_row(row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?, row.get(8)?)?,
        created_at: column::time(row, 9)?,
        concluded_at: row.get::<_, Option<i64>>(10)?.map(crate::clock::from_milliseconds),
    })
}

fn all(mut rows: Rows<'_>) -> Result<Vec<Payout>, StoreError> {
    let mut payouts = Vec::new();
    while let Some(row) = rows.next()? {
        payouts.push(read(row)?);
    }
    Ok(payouts)
}

impl Payouts for Connection {
    fn payout(&self, id: Uuid) -> Result<Option<Payout>, StoreError> {
        let mut statement = self.prepare_cached(&format!("SELECT {COLUMNS} FROM payouts WHERE id = ?"))?;
        let mut rows = statement.query([id.as_bytes()])?;
        rows.next()?.map(read).transpose()
    }

    fn payout_by_key(&self, merchant: &str, key: &IdempotencyKey) -> Result<Option<Payout>, StoreError> {
        let select = format!("SELECT {COLUMNS} FROM payouts WHERE merchant = ? AND idempotency_key = ?");
        let mut statement = self.prepare_cached(&select)?;
        let mut rows = statement.query(params![merchant, key.as_str()])?;
        rows.next()?.map(read).transpose()
    }

    fn payouts_before(&self, merchant: &str, before: Option<Uuid>, most: u32) -> Result<Vec<Payout>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM payouts WHERE merchant = ?1 AND (?2 IS NULL OR id < ?2)
             ORDER BY id DESC LIMIT ?3"
        ))?;
        let before = before.as_ref().map(Uuid::as_bytes);
        all(statement.query(params![merchant, before, most])?)
    }

    fn payouts_in_transit(&self, merchant: &str, most: u32) -> Result<Vec<Payout>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM payouts WHERE merchant = ? AND creator IS NULL AND state = 'in_transit'
             ORDER BY id DESC LIMIT ?"
        ))?;
        all(statement.query(params![merchant, most])?)
    }

    fn add_payout(&self, payout: &Payout) -> Result<(), StoreError> {
        let currency = payout.amount.currency();
        self.prepare_cached(
            "INSERT INTO payouts (id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure,
                                  created_at, concluded_at, creator, covers_after, covers_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, ?9, NULL, ?10,
                     (SELECT coalesce(max(covers_to), 0) FROM payouts
                      WHERE merchant = ?2 AND currency = ?4 AND creator IS ?10),
                     (SELECT max(id) FROM ledger_transactions))",
        )?
        .execute(params![
            payout.id.as_bytes(),
            payout.merchant,
            payout.key.as_str(),
            currency.code(),
            payout.asked.map(|asked| asked.micros()),
            payout.amount.micros(),
            payout.remaining.micros(),
            payout.state.name(),
            payout.created_at.as_millisecond(),
            payout.creator.as_ref().map(CreatorId::as_str),
        ])?;
        Ok(())
    }

    fn conclude_payout(&self, id: Uuid, state: &PayoutState, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE payouts SET state = ?, failure = ?, concluded_at = ? WHERE id = ?")?
            .execute(params![state.name(), state.failure(), now.as_millisecond(), id.as_bytes()])?;
        Ok(())
    }

    fn payout_lines(&self, payout: &Payout) -> Result<Vec<PayableLine>, StoreError> {
        let (payable, currency) = (payout.payee().payable(), payout.amount.currency());
        let mut statement =
            self.prepare_cached("SELECT id FROM ledger_accounts WHERE kind = ? AND owner = ? AND currency = ?")?;
        let account: Option<i64> = statement
            .query_row(params![payable.kind.name(), payable.owner, currency.code()], |row| row.get(0))
            .optional()?;
        let mut statement = self.prepare_cached(
            "SELECT at, ledger_transactions.kind, reference, -amount FROM ledger_postings
             JOIN ledger_transactions ON ledger_transactions.id = ledger_transaction
             WHERE ledger_transaction > (SELECT covers_after FROM payouts WHERE id = ?1)
               AND ledger_transaction <= (SELECT covers_to FROM payouts WHERE id = ?1) AND ledger_account = ?2
             ORDER BY ledger_transaction",
        )?;
        let lines = statement.query_map(params![payout.id.as_bytes(), account], |row| {
            Ok(PayableLine {
                at: column::time(row, 0)?,
                kind: row.get(1)?,
                reference: Uuid::from_bytes(row.get(2)?),
                change: Money::from_micros(row.get(3)?, currency),
            })
        })?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}
