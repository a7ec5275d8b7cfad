//! SQLite: one writer with group commit, a few readers. Each file here has the queries of one room.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use tokio::sync::Semaphore;

mod allowances;
mod back_up;
mod cards;
mod catalogs;
mod column;
mod devices;
mod entries;
mod ledger;
mod sandbox;
mod top_ups;
mod webhooks;
mod writer;

use super::{StoreError, Tables, lock_folder};
use crate::deliberate_bug::DeliberateBug;
use writer::Writer;

pub(crate) use back_up::back_up;

/// The file of a data folder.
const DATABASE: &str = "farthing.db";

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_start.sql")),
    M::up(include_str!("migrations/0002_webhooks.sql")),
    M::up(include_str!("migrations/0003_users.sql")),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// Connections that read at once: a read takes microseconds.
const READERS: usize = 4;
/// Prepared statements kept by each connection: more than there are.
const STATEMENTS: usize = 128;

/// The database of one gateway.
pub(crate) struct Database {
    writer: Writer,
    readers: Arc<Readers>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Database {
    /// Opens the database of a data folder, brings it to this version, and does what is to be
    /// done before anyone else is let in.
    pub(crate) fn open<T>(
        folder: &Path,
        at_start: impl FnOnce(&dyn Tables) -> Result<T, StoreError>,
    ) -> Result<(Self, T), StoreError> {
        let lock = lock_folder(folder)?;
        let path = folder.join(DATABASE);
        let mut connection = Connection::open(&path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // An answer means that it survives a power cut.
        let synchronous = if DeliberateBug::NormalSync.is_planted() { "NORMAL" } else { "FULL" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What a removed card leaves behind is overwritten.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "cache_size", -65_536)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        MIGRATIONS.to_latest(&mut connection)?;
        // A process that was killed may have left a commit that the system shows and the medium does not have yet. It
        // is synced before anyone is answered by it, or a power cut could take what was answered.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        let transaction = connection.transaction()?;
        let started = at_start(&*transaction)?;
        transaction.commit()?;
        let writer =
            Writer::start(connection, lock).map_err(|source| StoreError::File { path: path.clone(), source })?;
        let permits = Arc::new(Semaphore::new(READERS));
        Ok((Database { writer, readers: Arc::new(Readers { path, idle: Mutex::new(Vec::new()), permits }) }, started))
    }

    /// Runs an operation in a transaction; returns once that is on disk. When the operation
    /// fails, nothing of it remains.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(|connection| operation(connection)).await
    }

    /// Reads from one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = self.readers.clone();
        let permit = readers.permits.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = readers.take()?;
            let transaction = connection.transaction()?;
            let result = operation(&*transaction);
            drop(transaction);
            readers.put_back(connection);
            result
        });
        task.await.unwrap_or(Err(StoreError::Panicked))
    }

    /// Finishes what waits, then closes the database for writing.
    pub(crate) async fn close(&self) {
        // The last connection to be closed moves the log into the database.
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.writer.stop().await;
    }
}

impl Readers {
    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    #[test]
    fn a_database_of_an_earlier_version_is_brought_here_with_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join(DATABASE)).unwrap();
        MIGRATIONS.to_version(&mut connection, 1).unwrap();
        let (account, id) = ([1_u8; 16], [2_u8; 16]);
        connection.execute("INSERT INTO accounts VALUES (?1, 'studio', 7, 0)", [account]).unwrap();
        let device = "INSERT INTO devices (id, account, key, epoch, state, seq, head, created_at)
                      VALUES (?1, ?2, zeroblob(32), 1, 'active', 5, zeroblob(32), 0)";
        connection.execute(device, [id, account]).unwrap();
        drop(connection);

        let found = |tables: &dyn Tables| {
            let device: Device = tables.device(farthing_protocol::DeviceId::from_bytes(id))?.unwrap();
            assert_eq!((tables.revision(device.account)?, tables.user_of(device.account)?), (7, None));
            assert_eq!(tables.webhook_endpoints()?.len(), 0);
            Ok(device.journal.seq)
        };
        let (_database, seq) = Database::open(folder.path(), found).unwrap();
        assert_eq!(seq, 5);
    }
}
