//! Where a merchant's back end wants to be told, and what it is to be told.

use farthing_protocol::Timestamp;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::webhooks::{Endpoint, Message, MessageState, Webhooks};

fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(index)?))
}

pub(super) const COLUMNS: &str = "id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem";

fn read(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: uuid(row, 0)?,
        endpoint: uuid(row, 1)?,
        account: column::account(row, 2)?,
        revision: row.get(3)?,
        created_at: column::time(row, 4)?,
        body: row.get(5)?,
        state: MessageState::named(row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?)?,
        attempts: row.get(7)?,
        next_at: column::time(row, 8)?,
        problem: row.get(9)?,
    })
}

pub(super) fn all(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Message>, StoreError> {
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(read(row)?);
    }
    Ok(messages)
}

impl Webhooks for Connection {
    fn webhook_endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT id, url, secret, vault_key, created_at FROM webhook_endpoints WHERE closed_at IS NULL ORDER BY id",
        )?;
        let endpoints = statement.query_map([], |row| {
            Ok(Endpoint {
                id: uuid(row, 0)?,
                url: row.get(1)?,
                secret: column::sealed(row, 2)?,
                created_at: column::time(row, 4)?,
            })
        })?;
        Ok(endpoints.collect::<Result<_, _>>()?)
    }

    fn add_webhook_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO webhook_endpoints (id, url, secret, vault_key, created_at) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            endpoint.id.as_bytes(),
            endpoint.url,
            endpoint.secret.bytes,
            endpoint.secret.vault_key,
            endpoint.created_at.as_millisecond()
        ])?;
        Ok(())
    }

    fn close_webhook_endpoint(&self, endpoint: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let closed = self
            .prepare_cached("UPDATE webhook_endpoints SET closed_at = ? WHERE id = ? AND closed_at IS NULL")?
            .execute(params![now.as_millisecond(), endpoint.as_bytes()])?;
        Ok(closed == 1)
    }

    fn add_webhook_message(&self, message: &Message) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO webhook_messages
               (id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            message.id.as_bytes(),
            message.endpoint.as_bytes(),
            message.account.as_bytes(),
            message.revision,
            message.created_at.as_millisecond(),
            message.body,
            message.state.name(),
            message.attempts,
            message.next_at.as_millisecond(),
            message.problem,
        ])?;
        Ok(())
    }

    fn take_webhook_messages(
        &self,
        now: Timestamp,
        held_until: Timestamp,
        most: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "UPDATE webhook_messages SET next_at = ?1 WHERE id IN (
               SELECT id FROM webhook_messages AS message WHERE state = 'pending' AND next_at <= ?2
                 AND endpoint IN (SELECT id FROM webhook_endpoints WHERE closed_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM webhook_messages AS earlier
                   WHERE earlier.state = 'pending' AND earlier.endpoint = message.endpoint
                     AND earlier.account = message.account AND (earlier.revision, earlier.created_at, earlier.id)
                       < (message.revision, message.created_at, message.id))
               ORDER BY next_at LIMIT ?3)
             RETURNING {COLUMNS}"
        ))?;
        all(statement.query(params![held_until.as_millisecond(), now.as_millisecond(), most])?)
    }

    fn set_webhook_message(&self, message: &Message) -> Result<(), StoreError> {
        self.prepare_cached(
            "UPDATE webhook_messages SET state = ?, attempts = ?, next_at = ?, problem = ? WHERE id = ?",
        )?
        .execute(params![
            message.state.name(),
            message.attempts,
            message.next_at.as_millisecond(),
            message.problem,
            message.id.as_bytes()
        ])?;
        Ok(())
    }

    fn webhook_messages(&self, endpoint: Uuid, most: u32) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM webhook_messages WHERE endpoint = ? ORDER BY id DESC LIMIT ?"
        ))?;
        all(statement.query(params![endpoint.as_bytes(), most])?)
    }

    fn pending_webhook_messages(&self) -> Result<u64, StoreError> {
        let mut statement = self.prepare_cached("SELECT count(*) FROM webhook_messages WHERE state = 'pending'")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    fn replay_webhook_messages(&self, endpoint: Uuid, now: Timestamp) -> Result<u64, StoreError> {
        let replayed = self
            .prepare_cached(
                "UPDATE webhook_messages SET state = 'pending', attempts = 0, next_at = ?
                 WHERE endpoint = ? AND state = 'failed'",
            )?
            .execute(params![now.as_millisecond(), endpoint.as_bytes()])?;
        Ok(replayed as u64)
    }
}
