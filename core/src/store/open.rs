//! The one way to open the database: prepare, migrate, refuse what is newer than we are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

use super::sealed::TABLES;
use crate::deliberate_bug::DeliberateBug;
use crate::{WalletError, folder};

const VERSIONS: &[M<'static>] =
    &[M::up(include_str!("migrations/0001_wallet.sql")), M::up(include_str!("migrations/0002_elsewhere.sql"))];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(VERSIONS);

/// Opens the database and brings it to this library's version.
pub(crate) fn open(path: &Path) -> Result<Connection, WalletError> {
    let mut connection = Connection::open(path)?;
    // Until it is known to be sound, nothing in it is moved: closing would copy the log back.
    let has_log = std::fs::metadata(folder::log_of(path)).is_ok_and(|log| log.len() > 0);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
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
    // We make no triggers and no views: those that someone put into the file stay asleep.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // On Apple's systems fsync does not reach the medium; this does.
    #[cfg(target_vendor = "apple")]
    connection.execute_batch("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;")?;
    connection.set_prepared_statement_cache_capacity(32);
    check_version(&connection)?;
    MIGRATIONS.to_latest(&mut connection).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
            WalletError::UpgradeRequired
        }
        rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
        other => WalletError::StorageUnavailable { reason: other.to_string() },
    })?;
    check_tables(&connection)?;
    Ok(connection)
}

/// The database was read and is sound: closing it copies its log back from now on.
///
/// A process that was killed may have left a commit that the system shows and the medium does not have yet. It is synced
/// here, before anything is sent that it says: else a power cut could take an entry that the gateway has, and the next
/// one under its number would be a fork.
pub(crate) fn trust(connection: &Connection) -> Result<(), WalletError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    match connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(WalletError::from) {
        // The log is synced before it is copied back, and for that there is no room.
        Err(WalletError::StorageFull) => Ok(()),
        done => done,
    }
}

/// A database that has tables has a version.
fn check_version(connection: &Connection) -> Result<(), WalletError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version < 0 || (version == 0 && tables > 0) { Err(damaged("its version is gone")) } else { Ok(()) }
}

/// Our own statements are right: where one can't be prepared, the schema was changed.
fn check_tables(connection: &Connection) -> Result<(), WalletError> {
    for table in TABLES {
        connection.prepare_cached(&table.selection()).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::Unknown) => damaged("its tables are not as they were made"),
            _ => error.into(),
        })?;
    }
    Ok(())
}

/// Whether the first bytes of a file are those of no database that SQLite ever wrote for us. SQLite
/// itself takes some of them for a database that it may only read, or can't use
/// (<https://www.sqlite.org/fileformat2.html>, section 1.3).
pub(crate) fn has_broken_header(path: &Path) -> bool {
    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut header));
    let (Ok(100), Some(size)) = (read, header.get(16..18)) else { return false };
    let size = u16::from_be_bytes([size[0], size[1]]);
    let is_sound = header.starts_with(b"SQLite format 3\0")
        && (size == 1 || (size.is_power_of_two() && size >= 512))
        && header[18..20].iter().all(|version| [1, 2].contains(version))
        && header[20..24] == [0, 64, 32, 32]
        && matches!(header[44..48], [0, 0, 0, 0..=4])
        && matches!(header[56..60], [0, 0, 0, 0..=1]);
    !is_sound
}

fn damaged(reason: &str) -> WalletError {
    WalletError::StorageDamaged { reason: reason.to_owned() }
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
