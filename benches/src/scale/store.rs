//! The store that is filled: its server, its gateway, its size.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use farthing_database::{Durability, Server};
use serde::Serialize;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool, Row};

use crate::setup::Gateway;

/// As an operator would set a small server of its own; each commit is synced.
const SETTINGS: &str = "-c shared_buffers=2GB -c max_wal_size=2GB -c checkpoint_timeout=15min \
                        -c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=top";

/// A store and its gateway's data folder.
pub(super) struct Store {
    pub(super) data: PathBuf,
    pub(super) backing: Backing,
}

/// What is behind it.
pub(super) enum Backing {
    Sqlite,
    Postgres {
        pool: PgPool,
        url: String,
        /// Ends with this value.
        _server: Server,
    },
}

/// Bytes of each table and of its indexes.
#[derive(Serialize)]
pub(super) struct Size {
    pub(super) total: i64,
    /// Rows, bytes of the table, bytes of its indexes.
    pub(super) tables: BTreeMap<String, (i64, i64, i64)>,
}

impl Store {
    pub(super) fn sqlite(data: &Path) -> Self {
        Store { data: data.to_owned(), backing: Backing::Sqlite }
    }

    /// Starts a server for it.
    pub(super) async fn postgres(data: &Path) -> anyhow::Result<Self> {
        let server = Server::start_with(Durability::Full, SETTINGS)?;
        let url = farthing_database::fresh(&server.url());
        let pool = PgPoolOptions::new().max_connections(2).connect(&url).await?;
        pool.execute("CREATE EXTENSION pg_stat_statements").await?;
        Ok(Store { data: data.to_owned(), backing: Backing::Postgres { pool, url, _server: server } })
    }

    pub(super) fn name(&self) -> &'static str {
        match self.backing {
            Backing::Sqlite => "SQLite",
            Backing::Postgres { .. } => "PostgreSQL",
        }
    }

    pub(super) fn pool(&self) -> Option<&PgPool> {
        match &self.backing {
            Backing::Sqlite => None,
            Backing::Postgres { pool, .. } => Some(pool),
        }
    }

    pub(super) fn url(&self) -> Option<&str> {
        match &self.backing {
            Backing::Sqlite => None,
            Backing::Postgres { url, .. } => Some(url),
        }
    }

    /// Starts a new gateway on it.
    pub(super) fn start(&mut self, binary: &Path) -> anyhow::Result<Gateway> {
        Gateway::start_on(binary, &self.data, self.url())
    }

    /// Starts a gateway as it is.
    pub(super) fn run(&self, binary: &Path) -> anyhow::Result<Gateway> {
        Gateway::run(binary, &self.data, self.url())
    }

    /// Has the database do now what it would do by itself some time after so many rows.
    pub(super) async fn settle_down(&self) -> anyhow::Result<()> {
        match &self.backing {
            Backing::Sqlite => {
                let connection = rusqlite::Connection::open(self.data.join("farthing.db"))?;
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
            Backing::Postgres { pool, .. } => {
                pool.execute("VACUUM (ANALYZE)").await?;
                pool.execute("CHECKPOINT").await?;
            }
        }
        Ok(())
    }

    pub(super) async fn size(&self) -> anyhow::Result<Size> {
        let mut tables = BTreeMap::new();
        match &self.backing {
            Backing::Sqlite => {
                let path = self.data.join("farthing.db");
                let total = i64::try_from(std::fs::metadata(&path)?.len())?;
                return Ok(Size { total, tables });
            }
            Backing::Postgres { pool, .. } => {
                let rows = sqlx::query(
                    "SELECT relname::text, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 0",
                );
                for row in rows.fetch_all(pool).await? {
                    tables.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
                }
            }
        }
        let total = tables.values().map(|(_, table, indexes)| table + indexes).sum();
        Ok(Size { total, tables })
    }
}
