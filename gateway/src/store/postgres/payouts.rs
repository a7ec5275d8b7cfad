//! What was paid out to merchants and creators, and what each payout covers.
//!
//! Ledger transactions have no order that gateways agree on, so each posting to a payee's account is marked with the
//! payout that covers it. Where there are very many, most are marked ahead of it, some thousands in each transaction:
//! with a mark (`payout_marks`) that the payee's next payout takes over, whoever orders it.

use farthing_protocol::{CreatorId, Currency, IdempotencyKey, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, name, uuid};
use super::ledger::owner;
use super::transaction::Transaction;
use crate::ledger::{Payee, owed};
use crate::store::StoreError;
use crate::store::payouts::{Part, PayableLine, Payout, PayoutState, Payouts, Place, Stretch, asked, creator};

/// Postings that are marked at once: a quarter of a second, and some megabytes of the server's log.
const MARKED_AT_ONCE: i64 = 10_000;

/// A statement about the postings of a payee's account. Each kind of payee has an index of its own, which a statement
/// that takes the kind from outside could not use.
macro_rules! of_payee {
    ($payee:expr, $before:literal, $after:literal) => {
        query(match $payee {
            Payee::Merchant(_) => concat!($before, " WHERE ledger_postings.kind = 'merchant_payable' ", $after),
            Payee::Creator(_) => concat!($before, " WHERE ledger_postings.kind = 'creator_payable' ", $after),
        })
    };
}

fn read(row: &PgRow) -> Result<Payout, StoreError> {
    let currency = column::currency(row, 3)?;
    Ok(Payout {
        id: name(row, 0)?,
        merchant: row.try_get(1)?,
        creator: creator(row.try_get(11)?)?,
        key: column::idempotency_key(row, 2)?,
        asked: asked(row.try_get(4)?, currency),
        amount: column::money(row, 5, currency)?,
        remaining: column::money(row, 6, currency)?,
        state: PayoutState::of_row(row.try_get(7)?, row.try_get(8)?)?,
        created_at: column::time(row, 9)?,
        concluded_at: row.try_get::<Option<i64>, _>(10)?.map(crate::clock::from_milliseconds),
    })
}

impl Payouts for Transaction {
    fn payout(&self, id: Uuid) -> Result<Option<Payout>, StoreError> {
        let select = query(
            "SELECT id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, created_at,
                    concluded_at, creator FROM payouts WHERE id = $1",
        );
        self.one(select.bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn payout_by_key(&self, merchant: &str, key: &IdempotencyKey) -> Result<Option<Payout>, StoreError> {
        let select = query(
            "SELECT id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, created_at,
                    concluded_at, creator FROM payouts WHERE merchant = $1 AND idempotency_key = $2",
        );
        self.one(select.bind(merchant).bind(key.as_str()))?.as_ref().map(read).transpose()
    }

    fn payouts_before(&self, merchant: &str, before: Option<Uuid>, most: u32) -> Result<Vec<Payout>, StoreError> {
        let select = query(
            "SELECT id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, created_at,
                    concluded_at, creator
             FROM payouts WHERE merchant = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        );
        let before = before.map(|before| uuid(before.as_bytes()));
        let rows = self.all(select.bind(merchant).bind(before).bind(i64::from(most)))?;
        rows.iter().map(read).collect()
    }

    fn payouts_in_transit(&self, merchant: &str, most: u32) -> Result<Vec<Payout>, StoreError> {
        let select = query(
            "SELECT id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, created_at,
                    concluded_at, creator
             FROM payouts WHERE merchant = $1 AND creator IS NULL AND state = 'in_transit' ORDER BY id DESC LIMIT $2",
        );
        self.all(select.bind(merchant).bind(i64::from(most)))?.iter().map(read).collect()
    }

    fn cover_ahead(&self, payee: &Payee, currency: Currency, after: Option<Uuid>) -> Result<Option<Uuid>, StoreError> {
        let (owner, currency) = (owner(&payee.payable())?, currency.code().to_owned());
        let after = uuid(after.unwrap_or(Uuid::nil()).as_bytes());
        // By the payout as well, though none has one: or else PostgreSQL does not see that the index has this order.
        let last = of_payee!(
            payee,
            "SELECT ledger_transaction FROM ledger_postings",
            "AND owner = $1 AND currency = $2 AND payout IS NULL AND ledger_transaction > $3
             ORDER BY payout, ledger_transaction OFFSET $4 LIMIT 1"
        );
        let last = last.bind(&owner).bind(&currency).bind(after).bind(MARKED_AT_ONCE - 1);
        let Some(last) = self.one(last)?.map(|row| name(&row, 0)).transpose()? else { return Ok(None) };
        let mark = mark_of_next(self, payee, &owner, &currency)?;
        let update = of_payee!(
            payee,
            "UPDATE ledger_postings SET payout = $5",
            "AND owner = $1 AND currency = $2 AND payout IS NULL AND ledger_transaction > $3 AND ledger_transaction <= $4"
        );
        let update = update.bind(&owner).bind(&currency).bind(after).bind(uuid(last.as_bytes()));
        self.execute(update.bind(uuid(mark.as_bytes())))?;
        Ok(Some(last))
    }

    fn add_payout(&self, payout: &Payout) -> Result<(), StoreError> {
        let (payee, currency) = (payout.payee(), payout.amount.currency().code().to_owned());
        let owner = owner(&payee.payable())?;
        // What was marked ahead is this payout's; what is marked ahead from now on, the next one's.
        let take = query("DELETE FROM payout_marks WHERE kind = $1 AND owner = $2 AND currency = $3 RETURNING mark");
        let take = take.bind(payee.payable().kind.name()).bind(&owner).bind(&currency);
        let mark = self.one(take)?.map(|row| name(&row, 0)).transpose()?;
        let insert = query(
            "INSERT INTO payouts (id, merchant, idempotency_key, currency, asked, amount, remaining, state, created_at,
                                  creator, mark)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        );
        let insert = insert
            .bind(uuid(payout.id.as_bytes()))
            .bind(&payout.merchant)
            .bind(payout.key.as_str())
            .bind(&currency)
            .bind(payout.asked.map(|asked| asked.micros()))
            .bind(payout.amount.micros())
            .bind(payout.remaining.micros())
            .bind(payout.state.name())
            .bind(payout.created_at.as_millisecond())
            .bind(payout.creator.as_ref().map(CreatorId::as_str))
            .bind(mark.map(|mark| uuid(mark.as_bytes())));
        self.execute(insert)?;
        let cover = of_payee!(
            payee,
            "UPDATE ledger_postings SET payout = $3",
            "AND owner = $1 AND currency = $2 AND payout IS NULL"
        );
        self.execute(cover.bind(owner).bind(currency).bind(uuid(mark.unwrap_or(payout.id).as_bytes())))?;
        Ok(())
    }

    fn conclude_payout(&self, id: Uuid, state: &PayoutState, now: Timestamp) -> Result<(), StoreError> {
        let update = query("UPDATE payouts SET state = $1, failure = $2, concluded_at = $3 WHERE id = $4");
        let update = update.bind(state.name()).bind(state.failure()).bind(now.as_millisecond());
        self.execute(update.bind(uuid(id.as_bytes())))?;
        Ok(())
    }

    fn payout_stretch(&self, payout: &Payout) -> Result<Stretch, StoreError> {
        let (payee, currency) = (payout.payee(), payout.amount.currency());
        let sum = of_payee!(
            payee,
            "SELECT sum(amount)::bigint, min(at), max(at) FROM ledger_postings",
            "AND owner = $1 AND currency = $2 AND payout = (SELECT coalesce(mark, id) FROM payouts WHERE id = $3)"
        );
        let sum = sum.bind(owner(&payee.payable())?).bind(currency.code().to_owned());
        let damaged = || StoreError::Damaged("a payout that does not cover itself");
        let row = self.one(sum.bind(uuid(payout.id.as_bytes())))?.ok_or_else(damaged)?;
        // Its own posting is among them.
        let change = owed(column::money(&row, 0, currency)?)?.plus(payout.amount).map_err(|_| damaged())?;
        let after = Place { number: row.try_get(1)?, transaction: Uuid::nil() };
        Ok(Stretch { change, after, to: Place { number: row.try_get(2)?, transaction: Uuid::max() } })
    }

    fn payout_lines(&self, payout: &Payout, stretch: &Stretch, most: u32) -> Result<Part, StoreError> {
        let (payee, currency) = (payout.payee(), payout.amount.currency());
        // The account's next postings in the order of time, by the index that has it, whatever payout covers them: by the
        // index of payouts all lines would be read and sorted for each part.
        let select = of_payee!(
            payee,
            "SELECT part.at, part.ledger_transaction, noted.at, noted.kind, reference, amount,
                    payout IS NOT DISTINCT FROM (SELECT coalesce(mark, id) FROM payouts WHERE id = $3) AND reference <> $3
             FROM (SELECT at, ledger_transaction, amount, payout FROM ledger_postings",
            "AND owner = $1 AND currency = $2 AND (at, ledger_transaction) > ($4, $5)
                     AND (at, ledger_transaction) <= ($6, $7)
                   ORDER BY at, ledger_transaction LIMIT $8) AS part
             JOIN ledger_transactions AS noted ON noted.id = part.ledger_transaction
             ORDER BY part.at, part.ledger_transaction"
        );
        let Stretch { after, to, .. } = stretch;
        let select = select.bind(owner(&payee.payable())?).bind(currency.code().to_owned());
        let select = select.bind(uuid(payout.id.as_bytes()));
        let select = select.bind(after.number).bind(uuid(after.transaction.as_bytes()));
        let select = select.bind(to.number).bind(uuid(to.transaction.as_bytes())).bind(i64::from(most));
        let rows = self.all(select)?;
        let (mut lines, mut last) = (Vec::new(), *after);
        for row in &rows {
            last = Place { number: row.try_get(0)?, transaction: name(row, 1)? };
            let is_covered: bool = row.try_get(6)?;
            if is_covered {
                lines.push(PayableLine {
                    at: column::time(row, 2)?,
                    kind: row.try_get(3)?,
                    reference: name(row, 4)?,
                    change: owed(column::money(row, 5, currency)?)?,
                });
            }
        }
        let rest = (rows.len() == most as usize).then_some(Stretch { after: last, ..*stretch });
        Ok((lines, rest))
    }
}

/// What the postings are marked with that a payee's next payout covers, as far as they are marked ahead of it.
fn mark_of_next(tables: &Transaction, payee: &Payee, owner: &str, currency: &str) -> Result<Uuid, StoreError> {
    let kind = payee.payable().kind.name();
    let select = query("SELECT mark FROM payout_marks WHERE kind = $1 AND owner = $2 AND currency = $3");
    if let Some(row) = tables.one(select.bind(kind).bind(owner).bind(currency))? {
        return name(&row, 0);
    }
    let mark = Uuid::new_v4();
    let insert = query("INSERT INTO payout_marks (kind, owner, currency, mark) VALUES ($1, $2, $3, $4)");
    tables.execute(insert.bind(kind).bind(owner).bind(currency).bind(uuid(mark.as_bytes())))?;
    Ok(mark)
}
