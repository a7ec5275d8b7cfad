//! The one way to open the database: prepare, migrate, refuse what is newer than we are.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

use crate::WalletError;
use crate::deliberate_bug::DeliberateBug;

const VERSIONS: &[M<'static>] = &[M::up(include_str!("migrations/0001_wallet.sql"))];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(VERSIONS);

/// Opens the database and brings it to this library's version.
pub(crate) fn open(path: &Path) -> Result<Connection, WalletError> {
    let mut connection = Connection::open(path)?;
    // WAL: a purchase is one append and one sync. FULL: that sync happens before we answer.
    // EXCLUSIVE: one process, so no shared memory and no file lock for each transaction.
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;",
    )?;
    if DeliberateBug::NormalSync.is_planted() {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    // On Apple's systems fsync does not reach the medium; this does.
    #[cfg(target_vendor = "apple")]
    connection.execute_batch("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;")?;
    connection.set_prepared_statement_cache_capacity(32);
    MIGRATIONS.to_latest(&mut connection).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
            WalletError::UpgradeRequired
        }
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => WalletError::StorageUnavailable { reason: other.to_string() },
    })?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_sound() {
        MIGRATIONS.validate().unwrap();
    }

    #[test]
    fn a_database_of_a_newer_library_is_left_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wallet.db");
        open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert_eq!(open(&path).unwrap_err(), WalletError::UpgradeRequired);
        let version: i64 =
            Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 99);
    }

    #[test]
    fn what_is_no_database_is_refused_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wallet.db");
        std::fs::write(&path, [7; 4096]).unwrap();
        assert!(matches!(open(&path), Err(WalletError::StorageDamaged { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), [7; 4096]);
    }
}
