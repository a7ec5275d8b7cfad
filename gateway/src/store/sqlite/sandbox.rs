//! What the sandbox processor remembers of the charges it was asked for.

use farthing_protocol::TopUpId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::sandbox::{SandboxCharge, SandboxCharges, charge, json};

type Columns = (TopUpId, [u8; 16], String, String);

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((column::top_up(row, 0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn of_row((top_up, authentication, status, answer): Columns) -> Result<SandboxCharge, StoreError> {
    charge(top_up, authentication, &status, &answer)
}

impl SandboxCharges for Connection {
    fn sandbox_charge(&self, top_up: TopUpId) -> Result<Option<SandboxCharge>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT top_up, authentication, status, answer FROM sandbox_charges WHERE top_up = ?")?;
        statement.query_row([top_up.as_bytes()], read).optional()?.map(of_row).transpose()
    }

    fn sandbox_charge_by_page(&self, authentication: &[u8; 16]) -> Result<Option<SandboxCharge>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT top_up, authentication, status, answer FROM sandbox_charges WHERE authentication = ?",
        )?;
        statement.query_row([authentication], read).optional()?.map(of_row).transpose()
    }

    fn payment_called(&self, name: Uuid) -> Result<Option<Uuid>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT id FROM top_ups WHERE id = ?1 OR idempotency_key = ?2
             UNION ALL SELECT id FROM tabs WHERE id = ?1 OR idempotency_key = ?2 LIMIT 1",
        )?;
        let read = |row: &Row<'_>| Ok(Uuid::from_bytes(row.get(0)?));
        Ok(statement.query_row(params![name.as_bytes(), name.to_string()], read).optional()?)
    }

    fn put_sandbox_charge(&self, charge: &SandboxCharge) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO sandbox_charges (top_up, authentication, status, answer) VALUES (?, ?, ?, ?)
             ON CONFLICT (top_up) DO UPDATE SET status = excluded.status, answer = excluded.answer",
        )?
        .execute(params![
            charge.top_up.as_bytes(),
            charge.authentication,
            json(&charge.status)?,
            json(&charge.answer)?
        ])?;
        Ok(())
    }
}
