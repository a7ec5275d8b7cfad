//! What the sandbox processor remembers of the charges it was asked for.

use farthing_protocol::TopUpId;
use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::sandbox::{SandboxCharge, SandboxCharges, charge, json};

fn read(row: &PgRow) -> Result<SandboxCharge, StoreError> {
    charge(column::top_up(row, 0)?, column::bytes(row, 1)?, row.try_get(2)?, row.try_get(3)?)
}

impl SandboxCharges for Transaction {
    fn sandbox_charge(&self, top_up: TopUpId) -> Result<Option<SandboxCharge>, StoreError> {
        let select = query("SELECT top_up, authentication, status, answer FROM sandbox_charges WHERE top_up = $1");
        self.one(select.bind(uuid(top_up.as_bytes())))?.as_ref().map(read).transpose()
    }

    fn sandbox_charge_by_page(&self, authentication: &[u8; 16]) -> Result<Option<SandboxCharge>, StoreError> {
        let select =
            query("SELECT top_up, authentication, status, answer FROM sandbox_charges WHERE authentication = $1");
        self.one(select.bind(&authentication[..]))?.as_ref().map(read).transpose()
    }

    fn payment_called(&self, name: Uuid) -> Result<Option<Uuid>, StoreError> {
        let select = query(
            "SELECT id FROM top_ups WHERE id = $1 OR idempotency_key = $2
             UNION ALL SELECT id FROM tabs WHERE id = $1 OR idempotency_key = $2 LIMIT 1",
        );
        let row = self.one(select.bind(uuid(name.as_bytes())).bind(name.to_string()))?;
        row.map(|row| column::name(&row, 0)).transpose()
    }

    fn put_sandbox_charge(&self, charge: &SandboxCharge) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO sandbox_charges (top_up, authentication, status, answer) VALUES ($1, $2, $3, $4)
             ON CONFLICT (top_up) DO UPDATE SET status = excluded.status, answer = excluded.answer",
        );
        let upsert = upsert
            .bind(uuid(charge.top_up.as_bytes()))
            .bind(&charge.authentication[..])
            .bind(json(&charge.status)?)
            .bind(json(&charge.answer)?);
        self.execute(upsert)?;
        Ok(())
    }
}
