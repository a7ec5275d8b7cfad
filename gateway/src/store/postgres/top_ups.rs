//! Top-ups and how far they are.

use farthing_protocol::{AccountId, Currency, IdempotencyKey, Timestamp, TopUpId};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::top_ups::{TopUp, TopUps};
use crate::top_up::State;

pub(super) fn read(row: &PgRow) -> Result<TopUp, StoreError> {
    Ok(TopUp {
        id: column::top_up(row, 0)?,
        account: column::account(row, 1)?,
        device: column::device(row, 2)?,
        card: column::card(row, 3)?,
        amount: column::money(row, 4, column::currency(row, 5)?)?,
        state: State::of_row(row.try_get(6)?, row.try_get(7)?)?,
        key: column::idempotency_key(row, 8)?,
    })
}

impl TopUps for Transaction {
    fn top_up(&self, id: TopUpId) -> Result<Option<TopUp>, StoreError> {
        let select = query(
            "SELECT id, account, device, card, amount, currency, state, decline_code, idempotency_key
             FROM top_ups WHERE id = $1",
        );
        self.one(select.bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn top_up_by_key(&self, account: AccountId, key: &IdempotencyKey) -> Result<Option<TopUp>, StoreError> {
        let select = query(
            "SELECT id, account, device, card, amount, currency, state, decline_code, idempotency_key
             FROM top_ups WHERE account = $1 AND idempotency_key = $2",
        );
        self.one(select.bind(uuid(account.as_bytes())).bind(key.as_str()))?.as_ref().map(read).transpose()
    }

    fn withdraw_top_up(
        &self,
        account: AccountId,
        key: &IdempotencyKey,
        at: Timestamp,
        forgets_before: Timestamp,
    ) -> Result<(), StoreError> {
        let delete = query("DELETE FROM withdrawn_top_ups WHERE account = $1 AND withdrawn_at < $2");
        self.execute(delete.bind(uuid(account.as_bytes())).bind(forgets_before.as_millisecond()))?;
        let insert = query("INSERT INTO withdrawn_top_ups VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        self.execute(insert.bind(uuid(account.as_bytes())).bind(key.as_str()).bind(at.as_millisecond()))?;
        Ok(())
    }

    fn is_top_up_withdrawn(&self, account: AccountId, key: &IdempotencyKey) -> Result<bool, StoreError> {
        let withdrawn = query("SELECT 1 FROM withdrawn_top_ups WHERE account = $1 AND idempotency_key = $2");
        Ok(self.one(withdrawn.bind(uuid(account.as_bytes())).bind(key.as_str()))?.is_some())
    }

    fn loaded(&self, account: AccountId, currency: Currency, since: Timestamp) -> Result<(i64, i64), StoreError> {
        let select = query(
            "SELECT coalesce(sum(amount) FILTER (WHERE state <> 'succeeded'), 0)::bigint,
                    (coalesce(sum(amount) FILTER (WHERE created_at >= $3), 0) +
                     (SELECT coalesce(sum(amount), 0) FROM sold_packs
                      WHERE account = $1 AND currency = $2 AND taken IS NULL AND created_at >= $3))::bigint
             FROM top_ups WHERE account = $1 AND currency = $2 AND state <> 'failed'",
        );
        let select = select.bind(uuid(account.as_bytes())).bind(currency.code()).bind(since.as_millisecond());
        let row = self.one(select)?.ok_or(StoreError::Damaged("a sum is gone"))?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    fn add_top_up(&self, top_up: &TopUp, now: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO top_ups
               (id, account, device, idempotency_key, card, amount, currency, state, decline_code, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)",
        );
        let insert = insert
            .bind(uuid(top_up.id.as_bytes()))
            .bind(uuid(top_up.account.as_bytes()))
            .bind(uuid(top_up.device.as_bytes()))
            .bind(top_up.key.as_str())
            .bind(uuid(top_up.card.as_bytes()))
            .bind(top_up.amount.micros())
            .bind(top_up.amount.currency().code().to_owned())
            .bind(top_up.state.name())
            .bind(now.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn set_top_up_state(&self, id: TopUpId, state: State) -> Result<(), StoreError> {
        let update = query("UPDATE top_ups SET state = $1, decline_code = $2 WHERE id = $3");
        self.execute(update.bind(state.name()).bind(state.decline_code()?).bind(uuid(id.as_bytes())))?;
        Ok(())
    }
}
