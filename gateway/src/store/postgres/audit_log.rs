//! What administrators did.

use sqlx::postgres::PgRow;
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::audit_log::{AuditEntry, AuditLog};

fn read(row: &PgRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: Uuid::from_bytes(row.try_get::<column::Uuid, _>(0)?.0),
        at: column::time(row, 1)?,
        administrator: row.try_get(2)?,
        action: row.try_get(3)?,
        subject: row.try_get(4)?,
        is_done: row.try_get::<&str, _>(5)? == "done",
        detail: row.try_get(6)?,
    })
}

impl AuditLog for Transaction {
    fn append_to_audit_log(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO audit_log (id, at, administrator, action, subject, outcome, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let insert = insert
            .bind(uuid(entry.id.as_bytes()))
            .bind(entry.at.as_millisecond())
            .bind(&entry.administrator)
            .bind(&entry.action)
            .bind(&entry.subject)
            .bind(entry.outcome())
            .bind(&entry.detail);
        self.execute(insert)?;
        Ok(())
    }

    fn audit_log(&self, before: Option<Uuid>, most: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let select = query(
            "SELECT id, at, administrator, action, subject, outcome, detail FROM audit_log
             WHERE id < $1 ORDER BY id DESC LIMIT $2",
        );
        let select = select.bind(uuid(before.unwrap_or(Uuid::max()).as_bytes())).bind(i64::from(most));
        self.all(select)?.iter().map(read).collect()
    }
}
