//! What was paid out to merchants and creators, and what each payout covers.
//!
//! Ledger transactions have no order that gateways agree on, so each posting to a payee's account is marked with the
//! payout that covers it.

use farthing_protocol::{CreatorId, IdempotencyKey, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::ledger::{Payee, owed};
use crate::store::StoreError;
use crate::store::payouts::{PayableLine, Payout, PayoutState, Payouts, asked, creator};

fn id(row: &PgRow, index: usize) -> Result<Uuid, StoreError> {
    Ok(Uuid::from_bytes(row.try_get::<column::Uuid, _>(index)?.0))
}

fn read(row: &PgRow) -> Result<Payout, StoreError> {
    let currency = column::currency(row, 3)?;
    Ok(Payout {
        id: id(row, 0)?,
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

/// Who owns what is payable.
fn payee(payout: &Payout) -> String {
    payout.creator.as_ref().map_or_else(|| payout.merchant.clone(), |creator| creator.as_str().to_owned())
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

    fn add_payout(&self, payout: &Payout) -> Result<(), StoreError> {
        let currency = payout.amount.currency().code().to_owned();
        let insert = query(
            "INSERT INTO payouts (id, merchant, idempotency_key, currency, asked, amount, remaining, state, created_at,
                                  creator)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        );
        let insert = insert
            .bind(uuid(payout.id.as_bytes()))
            .bind(&payout.merchant)
            .bind(payout.key.as_str())
            .bind(currency.clone())
            .bind(payout.asked.map(|asked| asked.micros()))
            .bind(payout.amount.micros())
            .bind(payout.remaining.micros())
            .bind(payout.state.name())
            .bind(payout.created_at.as_millisecond())
            .bind(payout.creator.as_ref().map(CreatorId::as_str));
        self.execute(insert)?;
        // Each kind has an index of its own, which a statement that takes the kind from outside could not use.
        let cover = query(match payout.payee() {
            Payee::Merchant(_) => {
                "UPDATE ledger_postings SET payout = $1
                 WHERE kind = 'merchant_payable' AND owner = $2 AND currency = $3 AND payout IS NULL"
            }
            Payee::Creator(_) => {
                "UPDATE ledger_postings SET payout = $1
                 WHERE kind = 'creator_payable' AND owner = $2 AND currency = $3 AND payout IS NULL"
            }
        });
        self.execute(cover.bind(uuid(payout.id.as_bytes())).bind(payee(payout)).bind(currency))?;
        Ok(())
    }

    fn conclude_payout(&self, id: Uuid, state: &PayoutState, now: Timestamp) -> Result<(), StoreError> {
        let update = query("UPDATE payouts SET state = $1, failure = $2, concluded_at = $3 WHERE id = $4");
        let update = update.bind(state.name()).bind(state.failure()).bind(now.as_millisecond());
        self.execute(update.bind(uuid(id.as_bytes())))?;
        Ok(())
    }

    fn payout_lines(&self, payout: &Payout) -> Result<Vec<PayableLine>, StoreError> {
        let currency = payout.amount.currency();
        // The payout itself comes last, whatever the clocks of other gateways showed.
        let select = query(match payout.payee() {
            Payee::Merchant(_) => {
                "SELECT ledger_transactions.at, ledger_transactions.kind, reference, amount FROM ledger_postings
                 JOIN ledger_transactions ON ledger_transactions.id = ledger_transaction
                 WHERE ledger_postings.kind = 'merchant_payable' AND owner = $1 AND currency = $2 AND payout = $3
                 ORDER BY reference = $3, ledger_transactions.at, ledger_transaction"
            }
            Payee::Creator(_) => {
                "SELECT ledger_transactions.at, ledger_transactions.kind, reference, amount FROM ledger_postings
                 JOIN ledger_transactions ON ledger_transactions.id = ledger_transaction
                 WHERE ledger_postings.kind = 'creator_payable' AND owner = $1 AND currency = $2 AND payout = $3
                 ORDER BY reference = $3, ledger_transactions.at, ledger_transaction"
            }
        });
        let select = select.bind(payee(payout)).bind(currency.code().to_owned());
        let rows = self.all(select.bind(uuid(payout.id.as_bytes())))?;
        let line = |row: &PgRow| {
            let change = owed(column::money(row, 3, currency)?)?;
            Ok(PayableLine { at: column::time(row, 0)?, kind: row.try_get(1)?, reference: id(row, 2)?, change })
        };
        rows.iter().map(line).collect()
    }
}
