//! SQLite: one writer with group commit, a few readers. Each file here has the queries of one room.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use tokio::sync::Semaphore;
use url::Url;

mod administrators;
mod allowances;
mod audit_log;
mod authentications;
mod back_up;
mod cards;
mod catalogs;
mod column;
mod creators;
mod devices;
mod disputes;
mod durables;
mod entries;
mod inspection;
mod items;
mod ledger;
mod meters;
mod passes;
mod payments;
mod payouts;
mod privacy;
mod refunds;
mod sandbox;
mod sold_packs;
mod spending;
mod tabs;
mod top_ups;
mod vault_keys;
mod webhooks;
mod writer;

use super::{Look, StoreError, Tables, lock_folder};
use crate::deliberate_bug::DeliberateBug;
use writer::Writer;

pub(crate) use back_up::back_up;

/// The file of a data folder.
const DATABASE: &str = "farthing.db";

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_start.sql")),
    M::up(include_str!("migrations/0002_webhooks.sql")),
    M::up(include_str!("migrations/0003_users.sql")),
    M::up(include_str!("migrations/0004_payments.sql")),
    M::up(include_str!("migrations/0005_dashboard.sql")),
    M::up(include_str!("migrations/0006_merchants.sql")),
    M::up(include_str!("migrations/0007_vault_keys.sql")),
    M::up(include_str!("migrations/0009_spending_limits.sql")),
    M::up(include_str!("migrations/0010_refund_receipts.sql")),
    M::up(include_str!("migrations/0011_meters.sql")),
    M::up(include_str!("migrations/0012_tips.sql")),
    M::up(include_str!("migrations/0013_passes.sql")),
    M::up(include_str!("migrations/0014_privacy.sql")),
    M::up(include_str!("migrations/0015_stores.sql")),
    M::up(include_str!("migrations/0016_durables.sql")),
    M::up(include_str!("migrations/0017_price_tiers.sql")),
    M::up(include_str!("migrations/0018_declined_tabs.sql")),
    M::up(include_str!("migrations/0020_withdrawn_top_ups.sql")),
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
        let mut connection = connect(folder)?;
        MIGRATIONS.to_latest(&mut connection)?;
        // A process that was killed may have left a commit that the system shows and the medium does not have yet. It
        // is synced before anyone is answered by it, or a power cut could take what was answered.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        let transaction = connection.transaction()?;
        let started = at_start(&*transaction)?;
        transaction.commit()?;
        Ok((Database::start(folder, connection, lock)?, started))
    }

    /// Opens the database of a data folder beside the gateway that may be running on it: for what no gateway keeps in
    /// memory. Where none runs, it is brought to this version.
    pub(crate) fn open_beside(folder: &Path) -> Result<Self, StoreError> {
        match lock_folder(folder) {
            Ok(lock) => {
                let mut connection = connect(folder)?;
                MIGRATIONS.to_latest(&mut connection)?;
                Database::start(folder, connection, lock)
            }
            Err(StoreError::InUse) => {
                let connection = connect(folder)?;
                let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
                if version != STEPS.len() {
                    return Err(StoreError::OtherVersion);
                }
                Database::start(folder, connection, ())
            }
            Err(error) => Err(error),
        }
    }

    fn start(folder: &Path, connection: Connection, kept: impl Send + 'static) -> Result<Self, StoreError> {
        let path = folder.join(DATABASE);
        let writer =
            Writer::start(connection, kept).map_err(|source| StoreError::File { path: path.clone(), source })?;
        let permits = Arc::new(Semaphore::new(READERS));
        Ok(Database { writer, readers: Arc::new(Readers { path, idle: Mutex::new(Vec::new()), permits }) })
    }

    /// Looks into the database of a data folder, also while a gateway runs on it, and changes nothing. Where it is not
    /// at this version, only its version is told.
    pub(crate) fn look(
        folder: &Path,
        operation: impl FnOnce(&dyn Tables) -> Result<(), StoreError>,
    ) -> Result<Look, StoreError> {
        let path = folder.join(DATABASE);
        if !path.exists() {
            return Ok(Look::Absent);
        }
        // Without a log nobody has it open, and none is to be made for this.
        let is_at_rest = !folder.join(format!("{DATABASE}-wal")).exists();
        let mut address = Url::from_file_path(std::path::absolute(&path).unwrap_or(path))
            .map_err(|()| StoreError::Damaged("the database's path can't be written as an address"))?;
        address.set_query(is_at_rest.then_some("immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(address.as_str(), flags)?;
        let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != STEPS.len() {
            return Ok(Look::Other { version, wanted: STEPS.len() });
        }
        let transaction = connection.unchecked_transaction()?;
        operation(&*transaction).map(|()| Look::Current { version })
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

    /// Moves the log into the database and empties it: it still has pages as they were before something was deleted.
    pub(crate) async fn scrub(&self) -> Result<(), StoreError> {
        let path = self.readers.path.clone();
        let task = tokio::task::spawn_blocking(move || {
            let connection = Connection::open(path)?;
            let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if is_busy {
                // A backup may be reading: the next checkpoint does it.
                tracing::warn!("the log of the database could not be emptied; what was deleted stays in it for now");
            }
            Ok(())
        });
        task.await.unwrap_or(Err(StoreError::Panicked))
    }

    /// Finishes what waits, then closes the database for writing.
    pub(crate) async fn close(&self) {
        // The last connection to be closed moves the log into the database. Whoever reads just now has one.
        let _nobody_reads = self.readers.permits.acquire_many(READERS as u32).await;
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.writer.stop().await;
    }
}

/// A connection that writes.
fn connect(folder: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(folder.join(DATABASE))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An answer means that it survives a power cut.
    let synchronous = if DeliberateBug::NormalSync.is_planted() { "NORMAL" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What a removed card leaves behind is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
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
            assert_eq!((tables.revision(device.account)?, tables.sealed_user(device.account)?), (7, None));
            assert_eq!(tables.webhook_endpoints()?.len(), 0);
            Ok(device.journal.seq)
        };
        let (_database, seq) = Database::open(folder.path(), found).unwrap();
        assert_eq!(seq, 5);
    }
}
