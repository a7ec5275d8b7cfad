//! Tabs and how far they are.

use farthing_protocol::{AccountId, Currency, IdempotencyKey, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::tabs::{LastTab, Tab, Tabs};
use crate::tab::State;

macro_rules! select {
    ($condition:literal) => {
        query(concat!(
            "SELECT id, account, device, idempotency_key, card, amount, currency, fee, state, decline_code, due
             FROM tabs WHERE ",
            $condition
        ))
    };
}

fn read(row: &PgRow) -> Result<Tab, StoreError> {
    let currency = column::currency(row, 6)?;
    Ok(Tab {
        id: column::name(row, 0)?,
        account: column::account(row, 1)?,
        device: column::device(row, 2)?,
        key: column::idempotency_key(row, 3)?,
        card: column::card(row, 4)?,
        limit: column::money(row, 5, currency)?,
        fee: column::money(row, 7, currency)?,
        state: State::of_tab_row(row.try_get(8)?, row.try_get(9)?, row.try_get(10)?, currency)?,
    })
}

impl Tabs for Transaction {
    fn tab(&self, id: Uuid) -> Result<Option<Tab>, StoreError> {
        self.one(select!("id = $1").bind(uuid(id.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn tab_by_key(&self, account: AccountId, key: &IdempotencyKey) -> Result<Option<Tab>, StoreError> {
        let select = select!("account = $1 AND idempotency_key = $2");
        self.one(select.bind(uuid(account.as_bytes())).bind(key.as_str()))?.as_ref().map(read).transpose()
    }

    fn has_tab(&self, account: AccountId, currency: Currency) -> Result<bool, StoreError> {
        let select = select!(
            "account = $1 AND currency = $2
             AND (state NOT IN ('closed', 'failed') OR (state = 'failed' AND due IS NOT NULL)) LIMIT 1"
        );
        Ok(self.one(select.bind(uuid(account.as_bytes())).bind(currency.code().to_owned()))?.is_some())
    }

    fn last_tab(&self, account: AccountId, currency: Currency) -> Result<Option<LastTab>, StoreError> {
        let select = query(
            "SELECT amount, paid_from_balance FROM tabs
             WHERE account = $1 AND currency = $2 AND state = 'closed' AND due > 0
             ORDER BY created_at DESC, id DESC LIMIT 1",
        );
        let row = self.one(select.bind(uuid(account.as_bytes())).bind(currency.code().to_owned()))?;
        row.map(|row| Ok(LastTab { limit: column::money(&row, 0, currency)?, was_declined: row.try_get(1)? }))
            .transpose()
    }

    fn tabs_from_before(&self, time: Timestamp, most: u32) -> Result<Vec<Tab>, StoreError> {
        let select = select!("state IN ('open', 'closing') AND created_at < $1 ORDER BY created_at LIMIT $2");
        self.all(select.bind(time.as_millisecond()).bind(i64::from(most)))?.iter().map(read).collect()
    }

    fn add_tab(&self, tab: &Tab, now: Timestamp) -> Result<(), StoreError> {
        let (decline_code, due) = tab.state.tab_columns()?;
        let insert = query(
            "INSERT INTO tabs (id, account, device, idempotency_key, card, amount, currency, fee, state, decline_code,
                               due, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        );
        let insert = insert
            .bind(uuid(tab.id.as_bytes()))
            .bind(uuid(tab.account.as_bytes()))
            .bind(uuid(tab.device.as_bytes()))
            .bind(tab.key.as_str())
            .bind(uuid(tab.card.as_bytes()))
            .bind(tab.limit.micros())
            .bind(tab.limit.currency().code().to_owned())
            .bind(tab.fee.micros())
            .bind(tab.state.name())
            .bind(decline_code)
            .bind(due)
            .bind(now.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn set_tab_state(&self, id: Uuid, state: State) -> Result<(), StoreError> {
        let (decline_code, due) = state.tab_columns()?;
        let update = query(
            "UPDATE tabs SET paid_from_balance = (state = 'failed'), state = $1, decline_code = $2, due = $3 WHERE id = $4",
        );
        self.execute(update.bind(state.name()).bind(decline_code).bind(due).bind(uuid(id.as_bytes())))?;
        Ok(())
    }
}
