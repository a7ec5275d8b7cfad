//! Money that went back.

use std::collections::BTreeMap;

use farthing_protocol::{AccountId, EntryId, IdempotencyKey, Money, Split, Timestamp, TopUpId};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, signed, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::refunds::{Refund, RefundRow, RefundState, Refunds};

macro_rules! select {
    ($condition:literal) => {
        query(concat!(
            "SELECT id, idempotency_key, account, purchase, top_up, amount, currency, processor, platform, developer,
                    state, reason, quantity, number, receipt FROM refunds WHERE ",
            $condition,
            " ORDER BY id"
        ))
    };
}

fn read(row: &PgRow) -> Result<Refund, StoreError> {
    let currency = column::currency(row, 6)?;
    let name = |index| Ok::<_, StoreError>(row.try_get::<Option<column::Uuid>, _>(index)?.map(|id| id.0));
    let row = RefundRow {
        id: column::name(row, 0)?,
        key: column::idempotency_key(row, 1)?,
        account: column::account(row, 2)?,
        purchase: name(3)?.map(EntryId::from_bytes),
        top_up: name(4)?.map(TopUpId::from_bytes),
        amount: column::money(row, 5, currency)?,
        shares: Split {
            processor: column::money(row, 7, currency)?,
            platform: column::money(row, 8, currency)?,
            developer: column::money(row, 9, currency)?,
        },
        state: row.try_get(10)?,
        reason: row.try_get(11)?,
        quantity: column::number(row, 12)?,
        number: row.try_get::<Option<i64>, _>(13)?.map(i64::unsigned_abs),
        receipt: row.try_get(14)?,
    };
    row.refund()
}

impl Refunds for Transaction {
    fn refund(&self, id: Uuid) -> Result<Option<Refund>, StoreError> {
        self.one(select!("id = $1").bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn refund_by_key(&self, key: &IdempotencyKey) -> Result<Option<Refund>, StoreError> {
        self.one(select!("idempotency_key = $1").bind(key.as_str()))?.as_ref().map(read).transpose()
    }

    fn refunds_of_purchase(&self, purchase: EntryId) -> Result<Vec<Refund>, StoreError> {
        self.all(select!("purchase = $1").bind(uuid(purchase.as_bytes())))?.iter().map(read).collect()
    }

    fn refunds_of_top_up(&self, top_up: TopUpId) -> Result<Vec<Refund>, StoreError> {
        self.all(select!("top_up = $1").bind(uuid(top_up.as_bytes())))?.iter().map(read).collect()
    }

    fn refunded(&self, purchases: &[EntryId]) -> Result<BTreeMap<EntryId, Money>, StoreError> {
        let select = query(
            "SELECT purchase, sum(amount)::bigint, currency FROM refunds WHERE purchase = ANY($1)
             GROUP BY purchase, currency",
        );
        let purchases: Vec<_> = purchases.iter().map(|purchase| uuid(purchase.as_bytes())).collect();
        let rows = self.all(select.bind(purchases))?;
        let sum = |row| Ok((column::entry(row, 0)?, column::money(row, 1, column::currency(row, 2)?)?));
        rows.iter().map(sum).collect()
    }

    fn revision_and_counts(&self, account: AccountId) -> Result<(u64, u64, u64), StoreError> {
        let select = query(
            "SELECT revision, (SELECT coalesce(max(number), 0) FROM refunds
                               WHERE account = accounts.id AND number IS NOT NULL),
                    (SELECT count(*) FROM disputes WHERE account = accounts.id)
             FROM accounts WHERE id = $1",
        );
        let row = self.one(select.bind(uuid(account.as_bytes())))?.ok_or(StoreError::Damaged("an account is gone"))?;
        Ok((column::number(&row, 0)?, column::number(&row, 1)?, column::number(&row, 2)?))
    }

    fn refund_receipts(&self, account: AccountId, after: u64, most: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let select = query(
            "SELECT receipt FROM refunds WHERE account = $1 AND number > $2 AND number IS NOT NULL
             ORDER BY number LIMIT $3",
        );
        let rows = self.all(select.bind(uuid(account.as_bytes())).bind(signed(after)?).bind(i64::from(most)))?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    fn add_refund(&self, refund: &Refund, now: Timestamp) -> Result<(), StoreError> {
        let shares = refund.shares();
        let number = refund.signed().map(|of| signed(of.number)).transpose()?;
        let insert = query(
            "INSERT INTO refunds (id, idempotency_key, account, purchase, top_up, amount, currency, processor, platform,
                                  developer, state, reason, created_at, quantity, number, receipt)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        );
        let insert = insert
            .bind(uuid(refund.id.as_bytes()))
            .bind(refund.key.as_str())
            .bind(uuid(refund.account.as_bytes()))
            .bind(refund.purchase().map(|purchase| uuid(purchase.as_bytes())))
            .bind(refund.top_up().map(|top_up| uuid(top_up.as_bytes())))
            .bind(refund.amount.micros())
            .bind(refund.amount.currency().code().to_owned())
            .bind(shares.processor.micros())
            .bind(shares.platform.micros())
            .bind(shares.developer.micros())
            .bind(refund.state.name())
            .bind(&refund.reason)
            .bind(now.as_millisecond())
            .bind(i64::from(refund.quantity()))
            .bind(number)
            .bind(refund.signed().map(|of| &of.payload));
        self.execute(insert)?;
        Ok(())
    }

    fn set_refund_state(&self, id: Uuid, state: RefundState) -> Result<(), StoreError> {
        let update = query("UPDATE refunds SET state = $1 WHERE id = $2");
        self.execute(update.bind(state.name()).bind(uuid(id.as_bytes())))?;
        Ok(())
    }
}
