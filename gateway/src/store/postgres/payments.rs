//! What a processor calls accounts and payments.

use farthing_protocol::{AccountId, Timestamp};
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::payments::{Payment, Payments};

impl Payments for Transaction {
    fn customer(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let select = query("SELECT customer FROM processor_customers WHERE account = $1");
        let row = self.one(select.bind(uuid(account.as_bytes())))?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    fn add_customer(&self, account: AccountId, customer: &str) -> Result<(), StoreError> {
        let insert =
            query("INSERT INTO processor_customers (account, customer) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        self.execute(insert.bind(uuid(account.as_bytes())).bind(customer))?;
        Ok(())
    }

    fn payment(&self, id: Uuid, now: Timestamp) -> Result<Payment, StoreError> {
        let insert = query("INSERT INTO processor_payments (id, asked_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        self.execute(insert.bind(uuid(id.as_bytes())).bind(now.as_millisecond()))?;
        let select = query("SELECT asked_at, payment FROM processor_payments WHERE id = $1");
        let row = self.one(select.bind(uuid(id.as_bytes())))?.ok_or(StoreError::Damaged("a payment is gone"))?;
        Ok(Payment { asked_at: column::time(&row, 0)?, name: row.try_get(1)? })
    }

    fn payment_named(&self, name: &str) -> Result<Option<Uuid>, StoreError> {
        let select = query("SELECT id FROM processor_payments WHERE payment = $1");
        self.one(select.bind(name))?.map(|row| column::name(&row, 0)).transpose()
    }

    fn name_payment(&self, id: Uuid, name: &str) -> Result<(), StoreError> {
        let update = query("UPDATE processor_payments SET payment = $1 WHERE id = $2");
        self.execute(update.bind(name).bind(uuid(id.as_bytes())))?;
        Ok(())
    }
}
