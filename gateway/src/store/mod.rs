//! What is kept. A room's trait says what it reads and writes; [`sqlite`] and [`postgres`] do it.
//!
//! An operation is a function of [`Tables`]: it decides and writes, in one transaction that takes effect whole or not
//! at all. The same function runs on either database, so the rules of money are written once.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use farthing_protocol::Thumbprint;
use secrecy::SecretString;
use tracing::Instrument;

use crate::rules::authentication::Authentications;
use crate::traces;

mod administrators;
mod allowances;
mod audit_log;
mod cards;
mod catalogs;
mod creators;
mod devices;
mod disputes;
mod durables;
mod entries;
mod inspection;
mod items;
mod ledger;
mod meters;
mod named;
mod passes;
mod payments;
mod payouts;
mod postgres;
mod privacy;
mod refunds;
mod sandbox;
mod sold_packs;
mod spending;
mod sqlite;
mod tabs;
mod top_ups;
mod vault_keys;
mod webhooks;

pub(crate) use administrators::{Administrators, StoredAdministrator, StoredSession};
pub(crate) use allowances::{Allowances, DrawnBy};
pub(crate) use audit_log::{AuditEntry, AuditLog};
pub(crate) use cards::{Cards, SealedCard, StoredCard};
pub(crate) use catalogs::{Catalogs, Edition, Origin, Publishing, publish_file, publish_upload};
pub(crate) use creators::{Creators, StoredCreator};
pub(crate) use devices::{Device, Devices, Fork};
pub(crate) use disputes::{Dispute, DisputeState, Disputes};
pub(crate) use durables::Durables;
pub(crate) use entries::{Entries, Fate, NewEntry, SettledPurchase};
pub(crate) use inspection::{
    AccountRecord, Inspection, JournalEntry, LedgerDay, LedgerLine, ListedDevice, ListedPosting, ListedTopUp,
    PostedTransaction,
};
pub(crate) use items::{Change, Items};
pub(crate) use ledger::Ledger;
pub(crate) use meters::Meters;
pub(crate) use named::name;
pub(crate) use passes::Passes;
pub(crate) use payments::{Payment, Payments};
pub(crate) use payouts::{PayableLine, Payout, PayoutState, Payouts, Stretch};
pub(crate) use postgres::migrate;
pub(crate) use privacy::{Privacy, RefundText, Row, Unfinished};
pub(crate) use refunds::{Refund, RefundState, RefundedFrom, Refunds, SignedRefund};
pub(crate) use sandbox::{SandboxCharge, SandboxCharges};
pub(crate) use sold_packs::{SoldPack, SoldPacks};
pub(crate) use spending::{Guardianship, LimitSetter, Spending, SpendingRule};
pub(crate) use sqlite::back_up;
pub(crate) use tabs::{LastTab, Tab, Tabs};
pub(crate) use top_ups::{TopUp, TopUps};
pub(crate) use vault_keys::{Room, Sealed, SealedRow, VaultKeys};
pub(crate) use webhooks::{Endpoint, Message, MessageState, Webhooks};

/// Every table, in one transaction.
pub(crate) trait Tables:
    Administrators
    + Allowances
    + AuditLog
    + Authentications
    + Cards
    + Catalogs
    + Creators
    + Devices
    + Disputes
    + Durables
    + Entries
    + Inspection
    + Items
    + Ledger
    + Meters
    + Passes
    + Payments
    + Payouts
    + Privacy
    + Refunds
    + SandboxCharges
    + SoldPacks
    + Spending
    + Tabs
    + TopUps
    + VaultKeys
    + Webhooks
{
}

impl<
    T: Administrators
        + Allowances
        + AuditLog
        + Authentications
        + Cards
        + Catalogs
        + Creators
        + Devices
        + Disputes
        + Durables
        + Entries
        + Inspection
        + Items
        + Ledger
        + Meters
        + Passes
        + Payments
        + Payouts
        + Privacy
        + Refunds
        + SandboxCharges
        + SoldPacks
        + Spending
        + Tabs
        + TopUps
        + VaultKeys
        + Webhooks,
> Tables for T
{
}

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
    /// The gateway that runs on a database in a file is of another version.
    #[error("the gateway that runs on this data folder is of another version: use its own program")]
    OtherVersion,
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
    /// A vault key is not this gateway's, or was retired.
    #[error(
        "vault key {0} was retired, or came with a rotation that this gateway does not know of: copy keys.toml and the \
         key files of the gateway that was rotated, and start again"
    )]
    NoVaultKey(u32),
    /// A card's number can't be sealed or opened.
    #[error("the vault failed: {0}")]
    Vault(#[from] farthing_seal::SealError),
}

/// What is found where a database should be.
pub(crate) enum Look {
    /// Nothing that a gateway has made.
    Absent,
    /// A database of another version.
    Other { version: usize, wanted: usize },
    /// One that this gateway can serve from, and that was looked into.
    Current { version: usize },
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

    /// Opens the database of a data folder on which a gateway may be running.
    pub(crate) fn open_beside(folder: &Path) -> Result<Self, StoreError> {
        Ok(Store::Sqlite(sqlite::Database::open_beside(folder)?))
    }

    /// Connects to a server's database that was migrated.
    pub(crate) async fn connect(url: &SecretString) -> Result<Self, StoreError> {
        Ok(Store::Postgres(postgres::Database::connect(url).await?))
    }

    /// Looks into the database of a data folder or, where there is an address, of a server; changes nothing.
    pub(crate) async fn look(
        folder: &Path,
        url: Option<&SecretString>,
        operation: impl Fn(&dyn Tables) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Look, StoreError> {
        match url {
            None => sqlite::Database::look(folder, operation),
            Some(url) => postgres::Database::look(url, operation).await,
        }
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
        traces::outcome(async {
            match self {
                Store::Sqlite(database) => database.write(operation).await,
                Store::Postgres(database) => database.write(operation).await,
            }
        })
        .instrument(traces::transaction("write", self.is_shared()))
        .await
    }

    /// Reads from one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: impl Fn(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        traces::outcome(async {
            match self {
                Store::Sqlite(database) => database.read(operation).await,
                Store::Postgres(database) => database.read(operation).await,
            }
        })
        .instrument(traces::transaction("read", self.is_shared()))
        .await
    }

    /// Takes out of the database's own files what was deleted, as far as the database lets one: SQLite's log is emptied;
    /// of PostgreSQL's, the operator takes care.
    pub(crate) async fn scrub(&self) -> Result<(), StoreError> {
        match self {
            Store::Sqlite(database) => database.scrub().await,
            Store::Postgres(_) => Ok(()),
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
