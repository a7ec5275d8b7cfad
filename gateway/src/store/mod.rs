//! What is kept. A room's trait says what it reads and writes; [`sqlite`] and [`postgres`] do it.
//!
//! An operation is a function of [`Tables`]: it decides and writes, in one transaction that takes effect whole or not
//! at all. The same function runs on either database, so the rules of money are written once.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use farthing_protocol::Thumbprint;
use secrecy::SecretString;

mod allowances;
mod cards;
mod catalogs;
mod devices;
mod entries;
mod ledger;
mod named;
mod postgres;
mod sandbox;
mod sqlite;
mod top_ups;
mod webhooks;

pub(crate) use allowances::{Allowances, DrawnBy};
pub(crate) use cards::{Cards, StoredCard};
pub(crate) use catalogs::{Catalogs, publish};
pub(crate) use devices::{Device, Devices, Fork};
pub(crate) use entries::{Entries, Fate, NewEntry};
pub(crate) use ledger::Ledger;
pub(crate) use named::name;
pub(crate) use postgres::migrate;
pub(crate) use sandbox::{SandboxCharge, SandboxCharges};
pub(crate) use sqlite::back_up;
pub(crate) use top_ups::{TopUp, TopUps};
pub(crate) use webhooks::{Endpoint, Message, MessageState, Webhooks};

/// Every table, in one transaction.
pub(crate) trait Tables:
    Allowances + Cards + Catalogs + Devices + Entries + Ledger + SandboxCharges + TopUps + Webhooks
{
}

impl<T: Allowances + Cards + Catalogs + Devices + Entries + Ledger + SandboxCharges + TopUps + Webhooks> Tables for T {}

/// Why something can't be stored or read. Whatever was begun is rolled back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// SQLite's database can't be brought to this version.
    #[error("the database can't be brought to this version: {0}")]
    SqliteMigration(#[from] rusqlite_migration::Error),
    /// PostgreSQL failed.
    #[error("the database failed: {0}")]
    Postgres(sqlx::Error),
    /// What should say where PostgreSQL is can't be read.
    #[error("the database's address is not right: {0}; it looks like postgres://user@host/farthing")]
    Address(String),
    /// PostgreSQL's database is not at this version.
    #[error("the database is not at this gateway's version: run `farthing-gateway migrate` first")]
    NotMigrated,
    /// The database is another gateway's.
    #[error(
        "the database belongs to a gateway with another root key; the data folders of all replicas have the same keys"
    )]
    AnotherGateway,
    /// A file of the data folder can't be used.
    #[error("{path} can't be used: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the data folder open.
    #[error("the data folder is in use by another gateway")]
    InUse,
    /// A transaction did not commit, or no one knows whether it did.
    #[error("a transaction did not commit: {0}")]
    Commit(String),
    /// Others changed the same rows each time it was tried.
    #[error("a transaction met others too often and was given up")]
    Contended,
    /// The database can't be reached, or is stopping.
    #[error("the database can't be reached: {0}")]
    Unreachable(String),
    /// A ledger transaction does not balance.
    #[error("a ledger transaction does not balance: {0}")]
    Unbalanced(&'static str),
    /// A row is not what was written.
    #[error("the database holds what was never written: {0}")]
    Damaged(&'static str),
    /// An operation failed on a bug.
    #[error("an operation panicked")]
    Panicked,
    /// The gateway is shutting down.
    #[error("the gateway is shutting down")]
    Closed,
    /// A document can't be signed.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// A card's number can't be sealed or opened.
    #[error("the vault failed: {0}")]
    Vault(#[from] farthing_seal::SealError),
}

/// The database.
pub(crate) enum Store {
    /// A file of the data folder, for one gateway.
    Sqlite(sqlite::Database),
    /// A server, for any number of gateways.
    Postgres(postgres::Database),
}

impl Store {
    /// Opens the database of a data folder, brings it to this version, and does what is to be done before anyone else
    /// is let in.
    pub(crate) fn open<T>(
        folder: &Path,
        at_start: impl FnOnce(&dyn Tables) -> Result<T, StoreError>,
    ) -> Result<(Self, T), StoreError> {
        let (database, started) = sqlite::Database::open(folder, at_start)?;
        Ok((Store::Sqlite(database), started))
    }

    /// Connects to a server's database that was migrated.
    pub(crate) async fn connect(url: &SecretString) -> Result<Self, StoreError> {
        Ok(Store::Postgres(postgres::Database::connect(url).await?))
    }

    /// Makes sure that a database which other gateways may share is for those that have this root key.
    pub(crate) async fn claim(&self, root: Thumbprint) -> Result<(), StoreError> {
        match self {
            Store::Sqlite(_) => Ok(()),
            Store::Postgres(database) => database.claim(root).await,
        }
    }

    /// Whether other gateways may write to it, too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Store::Postgres(_))
    }

    /// Runs an operation in a transaction; returns once that is on disk. When the operation
    /// fails, nothing of it remains. It may be run more than once: only the last run counts.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: impl Fn(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Store::Sqlite(database) => database.write(operation).await,
            Store::Postgres(database) => database.write(operation).await,
        }
    }

    /// Reads from one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: impl Fn(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Store::Sqlite(database) => database.read(operation).await,
            Store::Postgres(database) => database.read(operation).await,
        }
    }

    /// Finishes what waits, then closes the database.
    pub(crate) async fn close(&self) {
        match self {
            Store::Sqlite(database) => database.close().await,
            Store::Postgres(database) => database.close().await,
        }
    }
}

/// Takes a data folder for this process: a second writer would not know what the first
/// keeps in memory. The system lets go of it when the process ends, however it ends.
fn lock_folder(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| StoreError::File { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(source)) => Err(StoreError::File { path, source }),
    }
}

/// Takes a data folder as soon as those that hold it for a moment have let go.
pub(crate) async fn lock_folder_in_turn(folder: &Path) -> Result<File, StoreError> {
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..250 {
        match lock_folder(folder) {
            Err(StoreError::InUse) => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    Err(StoreError::InUse)
}
