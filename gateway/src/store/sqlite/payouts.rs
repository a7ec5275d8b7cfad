//! What was paid out to merchants and creators, and what each payout covers.
//!
//! Ledger transactions are numbered in the order in which they were posted, so a payout covers a stretch of them.

use farthing_protocol::{CreatorId, Currency, IdempotencyKey, Money, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Rows, params};
use uuid::Uuid;

use super::column;
use crate::ledger::Payee;
use crate::store::StoreError;
use crate::store::payouts::{Part, PayableLine, Payout, PayoutState, Payouts, Place, Stretch, asked, creator};

const COLUMNS: &str =
    "id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, created_at, concluded_at,
     creator";

/// What a stretch of an account's postings comes to.
const SUM: &str = "SELECT -coalesce(sum(amount), 0) FROM ledger_postings
     WHERE ledger_account = ?1 AND ledger_transaction > ?2 AND ledger_transaction <= ?3";

/// The first of them. `CROSS JOIN` has SQLite begin with the postings.
const LINES: &str = "SELECT ledger_transaction, at, ledger_transactions.kind, reference, -amount FROM ledger_postings
     CROSS JOIN ledger_transactions ON ledger_transactions.id = ledger_transaction
     WHERE ledger_account = ?1 AND ledger_transaction > ?2 AND ledger_transaction <= ?3
     ORDER BY ledger_transaction LIMIT ?4";

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

    fn cover_ahead(&self, _: &Payee, _: Currency, _: Option<Uuid>) -> Result<Option<Uuid>, StoreError> {
        // A payout notes where its stretch ends, however long it is.
        Ok(None)
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

    fn payout_stretch(&self, payout: &Payout) -> Result<Stretch, StoreError> {
        let mut statement = self.prepare_cached("SELECT covers_after, covers_to FROM payouts WHERE id = ?")?;
        let (after, own): (i64, i64) =
            statement.query_row([payout.id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut statement = self.prepare_cached(SUM)?;
        let change = statement.query_row(params![account(self, payout)?, after, own - 1], |row| row.get(0))?;
        let change = Money::from_micros(change, payout.amount.currency());
        Ok(Stretch { change, after: place(after), to: place(own - 1) })
    }

    fn payout_lines(&self, payout: &Payout, stretch: &Stretch, most: u32) -> Result<Part, StoreError> {
        let mut statement = self.prepare_cached(LINES)?;
        let (after, to) = (stretch.after.number, stretch.to.number);
        let mut rows = statement.query(params![account(self, payout)?, after, to, most])?;
        let (mut lines, mut last) = (Vec::new(), after);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            lines.push(PayableLine {
                at: column::time(row, 1)?,
                kind: row.get(2)?,
                reference: Uuid::from_bytes(row.get(3)?),
                change: Money::from_micros(row.get(4)?, payout.amount.currency()),
            });
        }
        let rest = (lines.len() == most as usize).then_some(Stretch { after: place(last), ..*stretch });
        Ok((lines, rest))
    }
}

/// The row of the payee's account.
fn account(connection: &Connection, payout: &Payout) -> Result<Option<i64>, StoreError> {
    let (payable, currency) = (payout.payee().payable(), payout.amount.currency());
    let mut statement =
        connection.prepare_cached("SELECT id FROM ledger_accounts WHERE kind = ? AND owner = ? AND currency = ?")?;
    let found = statement.query_row(params![payable.kind.name(), payable.owner, currency.code()], |row| row.get(0));
    Ok(found.optional()?)
}

fn place(number: i64) -> Place {
    Place { number, transaction: Uuid::nil() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::MIGRATIONS;

    #[test]
    fn a_part_of_a_statement_is_found_without_reading_the_rest_of_the_ledger() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_latest(&mut connection).unwrap();
        for (select, values) in [(SUM, vec![1, 2, 3]), (LINES, vec![1, 2, 3, 4])] {
            let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {select}")).unwrap();
            let steps = explained.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
            let range =
                "ledger_postings_of_account (ledger_account=? AND ledger_transaction>? AND ledger_transaction<?)";
            assert!(steps[0].contains(range), "{steps:?}");
            assert!(steps.iter().all(|step| !step.contains("SCAN") && !step.contains("TEMP B-TREE")), "{steps:?}");
        }
    }
}
