//! Tabs and how far they are.

use farthing_protocol::{AccountId, Currency, IdempotencyKey, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::tabs::{LastTab, Tab, Tabs};
use crate::tab::State;

const SELECT: &str =
    "SELECT id, account, device, idempotency_key, card, amount, currency, fee, state, decline_code, due
                      FROM tabs WHERE";

type Columns = (Tab, String, Option<String>, Option<i64>);

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let currency = column::currency(row, 6)?;
    let tab = Tab {
        id: Uuid::from_bytes(row.get(0)?),
        account: column::account(row, 1)?,
        device: column::device(row, 2)?,
        key: column::idempotency_key(row, 3)?,
        card: column::card(row, 4)?,
        limit: column::money(row, 5, currency)?,
        fee: column::money(row, 7, currency)?,
        state: State::Created,
    };
    Ok((tab, row.get(8)?, row.get(9)?, row.get(10)?))
}

fn with_state((tab, state, decline_code, due): Columns) -> Result<Tab, StoreError> {
    Ok(Tab { state: State::of_tab_row(&state, decline_code, due, tab.limit.currency())?, ..tab })
}

impl Tabs for Connection {
    fn tab(&self, id: Uuid) -> Result<Option<Tab>, StoreError> {
        let mut statement = self.prepare_cached(&format!("{SELECT} id = ?"))?;
        statement.query_row([id.as_bytes()], read).optional()?.map(with_state).transpose()
    }

    fn tab_by_key(&self, account: AccountId, key: &IdempotencyKey) -> Result<Option<Tab>, StoreError> {
        let mut statement = self.prepare_cached(&format!("{SELECT} account = ? AND idempotency_key = ?"))?;
        let row = statement.query_row(params![account.as_bytes(), key.as_str()], read).optional()?;
        row.map(with_state).transpose()
    }

    fn has_tab(&self, account: AccountId, currency: Currency) -> Result<bool, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT 1 FROM tabs WHERE account = ? AND currency = ?
             AND (state NOT IN ('closed', 'failed') OR (state = 'failed' AND due IS NOT NULL))",
        )?;
        Ok(statement.exists(params![account.as_bytes(), currency.code()])?)
    }

    fn last_tab(&self, account: AccountId, currency: Currency) -> Result<Option<LastTab>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT amount, paid_from_balance FROM tabs
             WHERE account = ? AND currency = ? AND state = 'closed' AND due > 0 ORDER BY created_at DESC, id DESC LIMIT 1",
        )?;
        let read = |row: &Row<'_>| Ok(LastTab { limit: column::money(row, 0, currency)?, was_declined: row.get(1)? });
        Ok(statement.query_row(params![account.as_bytes(), currency.code()], read).optional()?)
    }

    fn tabs_from_before(&self, time: Timestamp, most: u32) -> Result<Vec<Tab>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "{SELECT} state IN ('open', 'closing') AND created_at < ? ORDER BY created_at LIMIT ?"
        ))?;
        let rows = statement.query_map(params![time.as_millisecond(), most], read)?;
        rows.map(|row| with_state(row?)).collect()
    }

    fn add_tab(&self, tab: &Tab, now: Timestamp) -> Result<(), StoreError> {
        let (decline_code, due) = tab.state.tab_columns()?;
        self.prepare_cached(
            "INSERT INTO tabs (id, account, device, idempotency_key, card, amount, currency, fee, state, decline_code,
                               due, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            tab.id.as_bytes(),
            tab.account.as_bytes(),
            tab.device.as_bytes(),
            tab.key.as_str(),
            tab.card.as_bytes(),
            tab.limit.micros(),
            tab.limit.currency().code(),
            tab.fee.micros(),
            tab.state.name(),
            decline_code,
            due,
            now.as_millisecond(),
        ])?;
        Ok(())
    }

    fn set_tab_state(&self, id: Uuid, state: State) -> Result<(), StoreError> {
        let (decline_code, due) = state.tab_columns()?;
        self.prepare_cached(
            "UPDATE tabs SET paid_from_balance = (state = 'failed'), state = ?, decline_code = ?, due = ? WHERE id = ?",
        )?
        .execute(params![state.name(), decline_code, due, id.as_bytes()])?;
        Ok(())
    }
}
