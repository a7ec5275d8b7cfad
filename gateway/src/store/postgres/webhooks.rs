//! Where a merchant's back end wants to be told, and what it is to be told.

use farthing_protocol::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, number, signed, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::webhooks::{Endpoint, Message, MessageState, Webhooks};

pub(super) fn read(row: &PgRow) -> Result<Message, StoreError> {
    Ok(Message {
        id: column::name(row, 0)?,
        endpoint: column::name(row, 1)?,
        account: column::account(row, 2)?,
        revision: number(row, 3)?,
        created_at: column::time(row, 4)?,
        body: row.try_get(5)?,
        state: MessageState::named(row.try_get(6)?)?,
        attempts: number(row, 7)?,
        next_at: column::time(row, 8)?,
        problem: row.try_get(9)?,
    })
}

impl Webhooks for Transaction {
    fn webhook_endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let select = query(
            "SELECT id, url, secret, vault_key, created_at FROM webhook_endpoints WHERE closed_at IS NULL ORDER BY id",
        );
        let endpoint = |row: &PgRow| {
            Ok(Endpoint {
                id: column::name(row, 0)?,
                url: row.try_get(1)?,
                secret: column::sealed(row, 2)?,
                created_at: column::time(row, 4)?,
            })
        };
        self.all(select)?.iter().map(endpoint).collect()
    }

    fn add_webhook_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let insert =
            query("INSERT INTO webhook_endpoints (id, url, secret, vault_key, created_at) VALUES ($1, $2, $3, $4, $5)");
        let insert = insert.bind(uuid(endpoint.id.as_bytes())).bind(&endpoint.url).bind(&endpoint.secret.bytes);
        let insert = insert.bind(i64::from(endpoint.secret.vault_key));
        self.execute(insert.bind(endpoint.created_at.as_millisecond()))?;
        Ok(())
    }

    fn close_webhook_endpoint(&self, endpoint: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let update = query("UPDATE webhook_endpoints SET closed_at = $1 WHERE id = $2 AND closed_at IS NULL");
        Ok(self.execute(update.bind(now.as_millisecond()).bind(uuid(endpoint.as_bytes())))? == 1)
    }

    fn add_webhook_message(&self, message: &Message) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO webhook_messages
               (id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        );
        let insert = insert
            .bind(uuid(message.id.as_bytes()))
            .bind(uuid(message.endpoint.as_bytes()))
            .bind(uuid(message.account.as_bytes()))
            .bind(signed(message.revision)?)
            .bind(message.created_at.as_millisecond())
            .bind(&message.body)
            .bind(message.state.name())
            .bind(i64::from(message.attempts))
            .bind(message.next_at.as_millisecond())
            .bind(&message.problem);
        self.execute(insert)?;
        Ok(())
    }

    fn take_webhook_messages(
        &self,
        now: Timestamp,
        held_until: Timestamp,
        most: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let update = query(
            "UPDATE webhook_messages SET next_at = $1 WHERE id IN (
               SELECT id FROM webhook_messages AS message WHERE state = 'pending' AND next_at <= $2
                 AND endpoint IN (SELECT id FROM webhook_endpoints WHERE closed_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM webhook_messages AS earlier
                   WHERE earlier.state = 'pending' AND earlier.endpoint = message.endpoint
                     AND earlier.account = message.account AND (earlier.revision, earlier.created_at, earlier.id)
                       < (message.revision, message.created_at, message.id))
               ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
             RETURNING id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem",
        );
        let update = update.bind(held_until.as_millisecond()).bind(now.as_millisecond()).bind(i64::from(most));
        self.all(update)?.iter().map(read).collect()
    }

    fn set_webhook_message(&self, message: &Message) -> Result<(), StoreError> {
        let update =
            query("UPDATE webhook_messages SET state = $1, attempts = $2, next_at = $3, problem = $4 WHERE id = $5");
        let update = update
            .bind(message.state.name())
            .bind(i64::from(message.attempts))
            .bind(message.next_at.as_millisecond())
            .bind(&message.problem)
            .bind(uuid(message.id.as_bytes()));
        self.execute(update)?;
        Ok(())
    }

    fn webhook_messages(&self, endpoint: Uuid, most: u32) -> Result<Vec<Message>, StoreError> {
        let select = query(
            "SELECT id, endpoint, account, revision, created_at, body, state, attempts, next_at, problem
             FROM webhook_messages WHERE endpoint = $1 ORDER BY id DESC LIMIT $2",
        );
        self.all(select.bind(uuid(endpoint.as_bytes())).bind(i64::from(most)))?.iter().map(read).collect()
    }

    fn pending_webhook_messages(&self) -> Result<u64, StoreError> {
        let row = self.one(query("SELECT count(*) FROM webhook_messages WHERE state = 'pending'"))?;
        number(&row.ok_or(StoreError::Damaged("a count is gone"))?, 0)
    }

    fn replay_webhook_messages(&self, endpoint: Uuid, now: Timestamp) -> Result<u64, StoreError> {
        let update = query(
            "UPDATE webhook_messages SET state = 'pending', attempts = 0, next_at = $1
             WHERE endpoint = $2 AND state = 'failed'",
        );
        self.execute(update.bind(now.as_millisecond()).bind(uuid(endpoint.as_bytes())))
    }
}
