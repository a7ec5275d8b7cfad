//! Who may look into the dashboard, and who is signed in.

use farthing_protocol::{Digest, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column;
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::administrators::{Administrators, StoredAdministrator, StoredSession};
use crate::store::named::{name, named};

fn read(row: &PgRow) -> Result<StoredAdministrator, StoreError> {
    Ok(StoredAdministrator {
        name: row.try_get(0)?,
        role: named(row.try_get(1)?)?,
        password_hash: row.try_get(2)?,
        created_at: column::time(row, 3)?,
    })
}

impl Administrators for Transaction {
    fn administrators(&self) -> Result<Vec<StoredAdministrator>, StoreError> {
        let select = query("SELECT name, role, password_hash, created_at FROM administrators ORDER BY name");
        self.all(select)?.iter().map(read).collect()
    }

    fn administrator(&self, name: &str) -> Result<Option<StoredAdministrator>, StoreError> {
        let select = query("SELECT name, role, password_hash, created_at FROM administrators WHERE name = $1");
        self.one(select.bind(name))?.as_ref().map(read).transpose()
    }

    fn put_administrator(&self, administrator: &StoredAdministrator) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO administrators (name, role, password_hash, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash",
        );
        let upsert = upsert.bind(&administrator.name).bind(name(&administrator.role)?);
        self.execute(upsert.bind(&administrator.password_hash).bind(administrator.created_at.as_millisecond()))?;
        Ok(())
    }

    fn remove_administrator(&self, name: &str) -> Result<bool, StoreError> {
        self.end_sessions_of(name)?;
        Ok(self.execute(query("DELETE FROM administrators WHERE name = $1").bind(name))? == 1)
    }

    fn add_session(&self, token: Digest, administrator: &str, now: Timestamp) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO administrator_sessions (token_digest, administrator, created_at, seen_at)
             VALUES ($1, $2, $3, $3)",
        );
        self.execute(insert.bind(&token.as_bytes()[..]).bind(administrator).bind(now.as_millisecond()))?;
        Ok(())
    }

    fn session(&self, token: Digest) -> Result<Option<StoredSession>, StoreError> {
        let select = query(
            "SELECT administrator, role, session.created_at, seen_at FROM administrator_sessions AS session
             JOIN administrators ON name = administrator WHERE token_digest = $1",
        );
        let session = |row: PgRow| {
            Ok(StoredSession {
                administrator: row.try_get(0)?,
                role: named(row.try_get(1)?)?,
                created_at: column::time(&row, 2)?,
                seen_at: column::time(&row, 3)?,
            })
        };
        self.one(select.bind(&token.as_bytes()[..]))?.map(session).transpose()
    }

    fn see_session(&self, token: Digest, now: Timestamp) -> Result<(), StoreError> {
        let update = query("UPDATE administrator_sessions SET seen_at = $1 WHERE token_digest = $2");
        self.execute(update.bind(now.as_millisecond()).bind(&token.as_bytes()[..]))?;
        Ok(())
    }

    fn end_session(&self, token: Digest) -> Result<(), StoreError> {
        let delete = query("DELETE FROM administrator_sessions WHERE token_digest = $1");
        self.execute(delete.bind(&token.as_bytes()[..]))?;
        Ok(())
    }

    fn end_sessions_of(&self, administrator: &str) -> Result<(), StoreError> {
        self.execute(query("DELETE FROM administrator_sessions WHERE administrator = $1").bind(administrator))?;
        Ok(())
    }

    fn end_sessions_before(&self, seen_at: Timestamp) -> Result<(), StoreError> {
        let delete = query("DELETE FROM administrator_sessions WHERE seen_at < $1");
        self.execute(delete.bind(seen_at.as_millisecond()))?;
        Ok(())
    }
}
