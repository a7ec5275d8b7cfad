//! PostgreSQL, for any number of gateways. Each file here has the queries of one room.
//!
//! Every operation is one SERIALIZABLE transaction: what it read is still so when it commits, or it is run again. Only
//! what any database has that speaks PostgreSQL's protocol is used: no sequences, advisory locks or notifications.

use std::str::FromStr;
use std::time::Duration;

use farthing_protocol::Thumbprint;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection};
use tokio::runtime::Handle;

mod allowances;
mod cards;
mod catalogs;
mod column;
mod devices;
mod entries;
mod fold;
mod ledger;
mod sandbox;
mod top_ups;
mod transaction;
mod webhooks;

use super::{StoreError, Tables};
use transaction::{Mode, Transaction, is_undefined_table, is_worth_another_try};

/// Connections of one gateway: each is a process of the server.
const CONNECTIONS_MAX: u32 = 16;
/// How long a request waits for one of them.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a transaction that met others is run again: enough for a crowd, few enough to end.
const TRIES_MAX: u32 = 12;
/// The longest pause before the second try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// The steps of the schema, the first one to version 1, the last one to this gateway's.
const STEPS: [&str; 3] = [
    include_str!("migrations/0001_start.sql"),
    include_str!("migrations/0002_webhooks.sql"),
    include_str!("migrations/0003_users.sql"),
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
        Ok(Database { pool, runtime: Handle::current() })
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
        let (pool, runtime) = (self.pool.clone(), self.runtime.clone());
        let task = tokio::task::spawn_blocking(move || {
            let mut pause = FIRST_PAUSE;
            let mut has_met_a_name = false;
            for _ in 0..TRIES_MAX {
                let transaction = Transaction::begin(&runtime, &pool, mode, has_met_a_name)?;
                let result = operation(&transaction);
                match transaction.end(result) {
                    Err(error) if is_worth_another_try(&error) => {
                        tracing::debug!(%error, "a transaction met another and is run again");
                        has_met_a_name |= transaction::is_known_name(&error);
                        std::thread::sleep(part_of(pause));
                        pause *= 2;
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
    let connect = address(url.expose_secret())?.options([("enable_seqscan", "off")]);
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
