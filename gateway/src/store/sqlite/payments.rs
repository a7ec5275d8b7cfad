//! What a processor calls accounts and payments.

use farthing_protocol::{AccountId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::payments::{Payment, Payments};

impl Payments for Connection {
    fn customer(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let mut statement = self.prepare_cached("SELECT customer FROM processor_customers WHERE account = ?")?;
        Ok(statement.query_row([account.as_bytes()], |row| row.get(0)).optional()?)
    }

    fn add_customer(&self, account: AccountId, customer: &str) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO processor_customers (account, customer) VALUES (?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![account.as_bytes(), customer])?;
        Ok(())
    }

    fn payment(&self, id: Uuid, now: Timestamp) -> Result<Payment, StoreError> {
        self.prepare_cached("INSERT INTO processor_payments (id, asked_at) VALUES (?, ?) ON CONFLICT DO NOTHING")?
            .execute(params![id.as_bytes(), now.as_millisecond()])?;
        let mut statement = self.prepare_cached("SELECT asked_at, payment FROM processor_payments WHERE id = ?")?;
        let read = |row: &rusqlite::Row<'_>| Ok(Payment { asked_at: column::time(row, 0)?, name: row.get(1)? });
        Ok(statement.query_row([id.as_bytes()], read)?)
    }

    fn payment_named(&self, name: &str) -> Result<Option<Uuid>, StoreError> {
        let mut statement = self.prepare_cached("SELECT id FROM processor_payments WHERE payment = ?")?;
        Ok(statement.query_row([name], |row| Ok(Uuid::from_bytes(row.get(0)?))).optional()?)
    }

    fn name_payment(&self, id: Uuid, name: &str) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE processor_payments SET payment = ? WHERE id = ?")?
            .execute(params![name, id.as_bytes()])?;
        Ok(())
    }
}
