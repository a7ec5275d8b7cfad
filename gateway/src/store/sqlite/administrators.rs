//! Who may look into the dashboard, and who is signed in.

use farthing_protocol::{Digest, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::dashboard::Role;
use crate::store::StoreError;
use crate::store::administrators::{Administrators, StoredAdministrator, StoredSession};
use crate::store::named::{name, named};

const COLUMNS: &str = "name, role, password_hash, created_at";

fn role(row: &Row<'_>, index: usize) -> Result<Role, StoreError> {
    named(row.get(index)?)
}

fn read(row: &Row<'_>) -> Result<StoredAdministrator, StoreError> {
    Ok(StoredAdministrator {
        name: row.get(0)?,
        role: role(row, 1)?,
        password_hash: row.get(2)?,
        created_at: column::time(row, 3)?,
    })
}

impl Administrators for Connection {
    fn administrators(&self) -> Result<Vec<StoredAdministrator>, StoreError> {
        let mut statement = self.prepare_cached(&format!("SELECT {COLUMNS} FROM administrators ORDER BY name"))?;
        let mut rows = statement.query([])?;
        let mut administrators = Vec::new();
        while let Some(row) = rows.next()? {
            administrators.push(read(row)?);
        }
        Ok(administrators)
    }

    fn administrator(&self, name: &str) -> Result<Option<StoredAdministrator>, StoreError> {
        let mut statement = self.prepare_cached(&format!("SELECT {COLUMNS} FROM administrators WHERE name = ?"))?;
        statement.query_row([name], |row| Ok(read(row))).optional()?.transpose()
    }

    fn put_administrator(&self, administrator: &StoredAdministrator) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO administrators (name, role, password_hash, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash",
        )?
        .execute(params![
            administrator.name,
            name(&administrator.role)?,
            administrator.password_hash,
            administrator.created_at.as_millisecond()
        ])?;
        Ok(())
    }

    fn remove_administrator(&self, name: &str) -> Result<bool, StoreError> {
        self.end_sessions_of(name)?;
        Ok(self.prepare_cached("DELETE FROM administrators WHERE name = ?")?.execute([name])? == 1)
    }

    fn add_session(&self, token: Digest, administrator: &str, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO administrator_sessions (token_digest, administrator, created_at, seen_at)
             VALUES (?1, ?2, ?3, ?3)",
        )?
        .execute(params![token.as_bytes(), administrator, now.as_millisecond()])?;
        Ok(())
    }

    fn session(&self, token: Digest) -> Result<Option<StoredSession>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT administrator, role, session.created_at, seen_at FROM administrator_sessions AS session
             JOIN administrators ON name = administrator WHERE token_digest = ?",
        )?;
        let session = |row: &Row<'_>| {
            Ok(StoredSession {
                administrator: row.get(0)?,
                role: role(row, 1)?,
                created_at: column::time(row, 2)?,
                seen_at: column::time(row, 3)?,
            })
        };
        statement.query_row([token.as_bytes()], |row| Ok(session(row))).optional()?.transpose()
    }

    fn see_session(&self, token: Digest, now: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE administrator_sessions SET seen_at = ? WHERE token_digest = ?")?
            .execute(params![now.as_millisecond(), token.as_bytes()])?;
        Ok(())
    }

    fn end_session(&self, token: Digest) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM administrator_sessions WHERE token_digest = ?")?
            .execute([token.as_bytes()])?;
        Ok(())
    }

    fn end_sessions_of(&self, administrator: &str) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM administrator_sessions WHERE administrator = ?")?.execute([administrator])?;
        Ok(())
    }

    fn end_sessions_before(&self, seen_at: Timestamp) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM administrator_sessions WHERE seen_at < ?")?
            .execute([seen_at.as_millisecond()])?;
        Ok(())
    }
}
