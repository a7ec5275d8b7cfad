//! Top-ups and how far they are.

use farthing_protocol::{AccountId, Currency, IdempotencyKey, Timestamp, TopUpId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::top_ups::{TopUp, TopUps};
use crate::top_up::State;

pub(super) const COLUMNS: &str = "id, account, device, card, amount, currency, state, decline_code, idempotency_key";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<(TopUp, String, Option<String>)> {
    let top_up = TopUp {
        id: column::top_up(row, 0)?,
        account: column::account(row, 1)?,
        device: column::device(row, 2)?,
        card: column::card(row, 3)?,
        amount: column::money(row, 4, column::currency(row, 5)?)?,
        key: column::idempotency_key(row, 8)?,
        state: State::Created,
    };
    Ok((top_up, row.get(6)?, row.get(7)?))
}

pub(super) fn with_state((top_up, state, decline_code): (TopUp, String, Option<String>)) -> Result<TopUp, StoreError> {
    Ok(TopUp { state: State::of_row(&state, decline_code)?, ..top_up })
}

impl TopUps for Connection {
    fn top_up(&self, id: TopUpId) -> Result<Option<TopUp>, StoreError> {
        let mut statement = self.prepare_cached(&format!("SELECT {COLUMNS} FROM top_ups WHERE id = ?"))?;
        statement.query_row([id.as_bytes()], read).optional()?.map(with_state).transpose()
    }

    fn top_up_by_key(&self, account: AccountId, key: &IdempotencyKey) -> Result<Option<TopUp>, StoreError> {
        let mut statement =
            self.prepare_cached(&format!("SELECT {COLUMNS} FROM top_ups WHERE account = ? AND idempotency_key = ?"))?;
        let row = statement.query_row(params![account.as_bytes(), key.as_str()], read).optional()?;
        row.map(with_state).transpose()
    }

    fn withdraw_top_up(
        &self,
        account: AccountId,
        key: &IdempotencyKey,
        at: Timestamp,
        forgets_before: Timestamp,
    ) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM withdrawn_top_ups WHERE account = ? AND withdrawn_at < ?")?
            .execute(params![account.as_bytes(), forgets_before.as_millisecond()])?;
        self.prepare_cached("INSERT OR IGNORE INTO withdrawn_top_ups VALUES (?, ?, ?)")?.execute(params![
            account.as_bytes(),
            key.as_str(),
            at.as_millisecond()
        ])?;
        Ok(())
    }

    fn is_top_up_withdrawn(&self, account: AccountId, key: &IdempotencyKey) -> Result<bool, StoreError> {
        let withdrawn = "SELECT 1 FROM withdrawn_top_ups WHERE account = ? AND idempotency_key = ?";
        Ok(self.prepare_cached(withdrawn)?.exists(params![account.as_bytes(), key.as_str()])?)
    }

    fn loaded(&self, account: AccountId, currency: Currency, since: Timestamp) -> Result<(i64, i64), StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT coalesce(sum(amount) FILTER (WHERE state <> 'succeeded'), 0),
                    coalesce(sum(amount) FILTER (WHERE created_at >= ?3), 0) +
                    (SELECT coalesce(sum(amount), 0) FROM sold_packs
                     WHERE account = ?1 AND currency = ?2 AND taken IS NULL AND created_at >= ?3)
             FROM top_ups WHERE account = ?1 AND currency = ?2 AND state <> 'failed'",
        )?;
        let since = since.as_millisecond();
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(statement.query_row(params![account.as_bytes(), currency.code(), since], read)?)
    }

    fn add_top_up(&self, top_up: &TopUp, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO top_ups
               (id, account, device, idempotency_key, card, amount, currency, state, decline_code, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
        )?
        .execute(params![
            top_up.id.as_bytes(),
            top_up.account.as_bytes(),
            top_up.device.as_bytes(),
            top_up.key.as_str(),
            top_up.card.as_bytes(),
            top_up.amount.micros(),
            top_up.amount.currency().code(),
            top_up.state.name(),
            now.as_millisecond(),
        ])?;
        Ok(())
    }

    fn set_top_up_state(&self, id: TopUpId, state: State) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE top_ups SET state = ?, decline_code = ? WHERE id = ?")?.execute(params![
            state.name(),
            state.decline_code()?,
            id.as_bytes()
        ])?;
        Ok(())
    }
}
