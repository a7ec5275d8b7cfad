//! What administrators did.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::column;
use crate::store::StoreError;
use crate::store::audit_log::{AuditEntry, AuditLog};

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: Uuid::from_bytes(row.get(0)?),
        at: column::time(row, 1)?,
        administrator: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        is_done: row.get_ref(5)?.as_str()? == "done",
        detail: row.get(6)?,
    })
}

impl AuditLog for Connection {
    fn append_to_audit_log(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO audit_log (id, at, administrator, action, subject, outcome, detail)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            entry.id.as_bytes(),
            entry.at.as_millisecond(),
            entry.administrator,
            entry.action,
            entry.subject,
            entry.outcome(),
            entry.detail
        ])?;
        Ok(())
    }

    fn audit_log(&self, before: Option<Uuid>, most: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT id, at, administrator, action, subject, outcome, detail FROM audit_log
             WHERE id < ? ORDER BY id DESC LIMIT ?",
        )?;
        let entries = statement.query_map(params![before.unwrap_or(Uuid::max()).as_bytes(), most], read)?;
        Ok(entries.collect::<Result<_, _>>()?)
    }
}
