//! PostgreSQL, for any number of gateways. Each file here has the queries of one room.
//!
//! Every operation is one SERIALIZABLE transaction: what it read is still so when it commits, or it is run again. Only
//! what any database has that speaks PostgreSQL's protocol is used: no sequences, advisory locks or notifications.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use farthing_protocol::Thumbprint;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection};
use tokio::runtime::Handle;
use tracing::Span;

mod administrators;
mod allowances;
mod audit_log;
mod authentications;
mod cards;
mod catalogs;
mod column;
mod creators;
mod devices;
mod disputes;
mod durables;
mod entries;
mod fold;
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
mod transaction;
mod vault_keys;
mod webhooks;

use super::{Look, StoreError, Tables};
use crate::traces;
use transaction::{Mode, Transaction, is_undefined_table, is_worth_another_try};

/// Connections of one gateway: each is a process of the server.
const CONNECTIONS_MAX: u32 = 16;
/// How long a request waits for one of them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a transaction that met others is run again: enough for a crowd, few enough to end.
const TRIES_MAX: u32 = 20;
/// After so many tries a transaction waits for the others of its gateway that fared so, rather than meet them again.
const TRIES_AMONG_OTHERS: u32 = 3;
/// The longest pause before the second try; it doubles with each, up to the longest of all.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(128);

/// The steps of the schema, the first one to version 1, the last one to this gateway's.
const STEPS: [&str; 19] = [
    include_str!("migrations/0001_start.sql"),
    include_str!("migrations/0002_webhooks.sql"),
    include_str!("migrations/0003_users.sql"),
    include_str!("migrations/0004_payments.sql"),
    include_str!("migrations/0005_dashboard.sql"),
    include_str!("migrations/0006_merchants.sql"),
    include_str!("migrations/0007_vault_keys.sql"),
    include_str!("migrations/0009_spending_limits.sql"),
    include_str!("migrations/0010_refund_receipts.sql"),
    include_str!("migrations/0011_meters.sql"),
    include_str!("migrations/0012_tips.sql"),
    include_str!("migrations/0013_passes.sql"),
    include_str!("migrations/0014_privacy.sql"),
    include_str!("migrations/0015_stores.sql"),
    include_str!("migrations/0016_durables.sql"),
    include_str!("migrations/0017_price_tiers.sql"),
    include_str!("migrations/0018_declined_tabs.sql"),
    include_str!("migrations/0019_payout_marks.sql"),
    include_str!("migrations/0020_withdrawn_top_ups.sql"),
];
/// What version a database has: one row for each step that was taken.
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_versions (version bigint PRIMARY KEY)";
const LATEST: &str = "SELECT coalesce(max(version), 0) FROM schema_versions";

/// Brings a database to this gateway's version. Gateways of the version before may serve meanwhile. Where two do it at
/// once, one of them fails and has nothing more to do.
pub(crate) async fn migrate(url: &SecretString) -> Result<(), StoreError> {
    let pool = pool(url, 1).await?;
    pool.execute(VERSIONS).await?;
    let known: i64 = sqlx::query_scalar(LATEST).fetch_one(&pool).await?;
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > known) {
        let mut transaction = pool.begin().await?;
        transaction.execute(step).await?;
        let note = sqlx::query("INSERT INTO schema_versions (version) VALUES ($1)").bind(version);
        transaction.execute(note).await?;
        transaction.commit().await?;
        tracing::info!(version, "the database was brought to a version");
    }
    pool.close().await;
    Ok(())
}

/// A server's database that many gateways share.
pub(crate) struct Database {
    pool: PgPool,
    /// Where its connections live.
    runtime: Handle,
    /// Held by the one transaction of this gateway that runs after it has met others too often.
    line: Arc<Mutex<()>>,
}

impl Database {
    /// Connects to a database that was migrated.
    pub(crate) async fn connect(url: &SecretString) -> Result<Self, StoreError> {
        let pool = pool(url, CONNECTIONS_MAX).await?;
        let version: Result<i64, _> = sqlx::query_scalar(LATEST).fetch_one(&pool).await;
        match version {
            // A later version leaves this one at work.
            Ok(version) if version >= STEPS.len() as i64 => {}
            Err(error) if !is_undefined_table(&error) => return Err(error.into()),
            _ => return Err(StoreError::NotMigrated),
        }
        tokio::spawn(fold::run(pool.clone()));
        Ok(Database { pool, runtime: Handle::current(), line: Arc::default() })
    }

    /// Looks into a database and changes nothing.
    pub(crate) async fn look(
        url: &SecretString,
        operation: impl Fn(&dyn Tables) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Look, StoreError> {
        let pool = pool(url, 1).await?;
        let version: i64 = match sqlx::query_scalar(LATEST).fetch_one(&pool).await {
            Ok(version) => version,
            Err(error) if is_undefined_table(&error) => return Ok(Look::Absent),
            Err(error) => return Err(error.into()),
        };
        let version = usize::try_from(version).unwrap_or(0);
        if version < STEPS.len() {
            return Ok(Look::Other { version, wanted: STEPS.len() });
        }
        let database = Database { pool, runtime: Handle::current(), line: Arc::default() };
        let looked = database.read(operation).await;
        database.close().await;
        looked.map(|()| Look::Current { version })
    }

    /// Takes a database that is no one's, or makes sure that it is this gateway's: devices trust one root key.
    pub(crate) async fn claim(&self, root: Thumbprint) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO gateway (one, root) VALUES (true, $1) ON CONFLICT DO NOTHING")
            .bind(&root.as_bytes()[..])
            .execute(&self.pool)
            .await?;
        let known: Vec<u8> = sqlx::query_scalar("SELECT root FROM gateway").fetch_one(&self.pool).await?;
        if known == root.as_bytes() { Ok(()) } else { Err(StoreError::AnotherGateway) }
    }

    /// As [`super::Store::write`].
    pub(super) async fn write<T: Send + 'static>(
        &self,
        operation: impl Fn(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Mode::Write, operation).await
    }

    /// As [`super::Store::read`].
    pub(super) async fn read<T: Send + 'static>(
        &self,
        operation: impl Fn(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(Mode::Read, operation).await
    }

    /// Runs an operation on a thread where it may wait for each of its statements.
    async fn run<T: Send + 'static>(
        &self,
        mode: Mode,
        operation: impl Fn(&dyn Tables) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (pool, runtime, span) = (self.pool.clone(), self.runtime.clone(), Span::current());
        let line = self.line.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut pause = FIRST_PAUSE;
            let mut has_met_a_name = false;
            for number in 1..=TRIES_MAX {
                span.record(traces::TRIES, number);
                let turn = (number > TRIES_AMONG_OTHERS).then(|| line.lock().unwrap_or_else(PoisonError::into_inner));
                let transaction = Transaction::begin(&runtime, &pool, mode, has_met_a_name)?;
                let result = operation(&transaction);
                match transaction.end(result) {
                    Err(error) if is_worth_another_try(&error) => {
                        tracing::debug!(%error, "a transaction met another and is run again");
                        has_met_a_name |= transaction::is_known_name(&error);
                        drop(turn);
                        std::thread::sleep(part_of(pause));
                        pause = LONGEST_PAUSE.min(pause * 2);
                    }
                    ended => return ended,
                }
            }
            Err(StoreError::Contended)
        });
        task.await.unwrap_or(Err(StoreError::Panicked))
    }

    /// Finishes what was begun, then lets go of the server.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Some part of a pause, so that those who met don't meet again.
fn part_of(pause: Duration) -> Duration {
    let mut random = [0; 2];
    // Without randomness all wait for the whole of it.
    let share = SystemRandom::new().fill(&mut random).map_or(u16::MAX, |()| u16::from_be_bytes(random));
    pause * u32::from(share) / u32::from(u16::MAX)
}

/// Reads an address. What is wrong with it is told, and nothing of it: it may have a password.
fn address(url: &str) -> Result<PgConnectOptions, StoreError> {
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(StoreError::Address("it does not begin with postgres://".into()));
    }
    PgConnectOptions::from_str(url).map_err(|error| match error {
        sqlx::Error::Configuration(reason) => StoreError::Address(reason.to_string()),
        error => error.into(),
    })
}

async fn pool(url: &SecretString, connections: u32) -> Result<PgPool, StoreError> {
    // A scan of a whole table, which looks cheap as long as the table is small, sets a transaction against every other
    // that writes to it (PostgreSQL's documentation, section 13.2.3).
    // Where a scan is all there is, it then looks so dear that the server would compile the statement first, which takes
    // a tenth of a second.
    // A transaction that was ended at its commit is rolled back by the driver, and the server warns that there is none.
    let options = [("enable_seqscan", "off"), ("jit", "off"), ("client_min_messages", "error")];
    let connect = address(url.expose_secret())?.options(options);
    // A pool tries again and again, and says in the end that its patience is over; this says what is wrong.
    PgConnection::connect_with(&connect).await?.close().await?;
    Ok(PgPoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE).connect_lazy_with(connect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_told_without_its_password() {
        assert!(address("postgres://farthing:a-secret@db.example:5432/farthing?sslmode=verify-full").is_ok());
        for bad in
            ["", "nonsense", "mysql://farthing:a-secret@db.example/farthing", "postgres://farthing:a-secret@:no/x"]
        {
            let error = address(bad).unwrap_err();
            assert!(matches!(error, StoreError::Address(_)), "{bad}: {error:?}");
            assert!(!error.to_string().contains("a-secret"), "{error}");
        }
    }
}
