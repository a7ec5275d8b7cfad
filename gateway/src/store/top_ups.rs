//! Top-ups and how far they are.

use farthing_protocol::{AccountId, CardId, DeviceId, IdempotencyKey, Money, Timestamp, TopUpId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, column};
use crate::top_up::State;

/// A top-up as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct TopUp {
    pub(crate) id: TopUpId,
    pub(crate) account: AccountId,
    /// The device that asked.
    pub(crate) device: DeviceId,
    pub(crate) key: IdempotencyKey,
    pub(crate) card: CardId,
    pub(crate) amount: Money,
    pub(crate) state: State,
}

const COLUMNS: &str = "id, account, device, card, amount, currency, state, decline_code, idempotency_key";

fn read(row: &Row<'_>) -> rusqlite::Result<(TopUp, String, Option<String>)> {
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

fn with_state((top_up, state, decline_code): (TopUp, String, Option<String>)) -> Result<TopUp, StoreError> {
    let state = match (state.as_str(), decline_code) {
        ("created", None) => State::Created,
        ("requires_action", None) => State::RequiresAction,
        ("processing", None) => State::Processing,
        ("succeeded", None) => State::Succeeded,
        ("failed", Some(code)) => State::Failed(column::named(code)?),
        _ => return Err(StoreError::Damaged("a top-up in no known state")),
    };
    Ok(TopUp { state, ..top_up })
}

/// The top-up of that name.
pub(crate) fn find(connection: &Connection, id: TopUpId) -> Result<Option<TopUp>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM top_ups WHERE id = ?"))?;
    statement.query_row([id.as_bytes()], read).optional()?.map(with_state).transpose()
}

/// The top-up that an account asked for with that idempotency key.
pub(crate) fn find_by_key(
    connection: &Connection,
    account: AccountId,
    key: &IdempotencyKey,
) -> Result<Option<TopUp>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM top_ups WHERE account = ? AND idempotency_key = ?"))?;
    let row = statement.query_row(params![account.as_bytes(), key.as_str()], read).optional()?;
    row.map(with_state).transpose()
}

/// Keeps a new top-up.
pub(crate) fn add(connection: &Connection, top_up: &TopUp, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
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

/// A top-up has come further.
pub(crate) fn set_state(connection: &Connection, id: TopUpId, state: State) -> Result<(), StoreError> {
    let decline_code = match state {
        State::Failed(code) => Some(column::name(&code)?),
        _ => None,
    };
    connection.prepare_cached("UPDATE top_ups SET state = ?, decline_code = ? WHERE id = ?")?.execute(params![
        state.name(),
        decline_code,
        id.as_bytes()
    ])?;
    Ok(())
}
