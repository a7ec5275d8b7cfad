//! What an operation costs the database: statements, pages, WAL. Other load on the machine does not change these.

use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::{PgPool, Row};

use crate::statistics::{Samples, milliseconds};

/// What gateways do beside the requests, each second.
const ASIDE: &str = "query NOT ILIKE '%SKIP LOCKED%' AND query NOT ILIKE '%webhook_messages%'";

/// What one operation cost on average, and its times.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Cost {
    /// Statements that the database was sent, without those that begin and end a transaction.
    pub(crate) statements: f64,
    pub(crate) rows: f64,
    /// Pages of 8 KiB that were read or changed, in memory or not.
    pub(crate) pages: f64,
    pub(crate) wal_bytes: f64,
    /// Whole pages in the WAL, each the first change of a page after a checkpoint.
    pub(crate) whole_pages: f64,
    /// Time in the database.
    pub(crate) database_ms: f64,
    /// From the request to its answer: the fastest of all, and the middle one.
    pub(crate) fastest_ms: f64,
    pub(crate) median_ms: f64,
}

/// Watches a PostgreSQL database, or only the clock.
pub(crate) struct Meter<'a>(pub(crate) Option<&'a PgPool>);

impl Meter<'_> {
    /// Runs an operation so many times, and says what one of them cost.
    pub(crate) async fn measure<F: Future<Output = anyhow::Result<()>>>(
        &self,
        times: usize,
        mut operation: impl FnMut(usize) -> F,
    ) -> anyhow::Result<Cost> {
        if let Some(pool) = self.0 {
            sqlx::query("SELECT pg_stat_statements_reset()").execute(pool).await?;
        }
        let (mut samples, mut fastest) = (Samples::default(), Duration::MAX);
        for number in 0..times {
            let started = Instant::now();
            operation(number).await?;
            let elapsed = started.elapsed();
            fastest = fastest.min(elapsed);
            samples.push(elapsed);
        }
        let mut cost = self.read(times).await?;
        (cost.fastest_ms, cost.median_ms) = (milliseconds(fastest), milliseconds(samples.median()));
        Ok(cost)
    }

    async fn read(&self, times: usize) -> anyhow::Result<Cost> {
        let Some(pool) = self.0 else { return Ok(Cost::default()) };
        let sums = format!(
            "SELECT coalesce(sum(calls) FILTER (WHERE query !~ '^(BEGIN|COMMIT|ROLLBACK)'), 0)::float8,
                    coalesce(sum(rows), 0)::float8,
                    coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8,
                    coalesce(sum(wal_bytes), 0)::float8, coalesce(sum(wal_fpi), 0)::float8,
                    coalesce(sum(total_exec_time), 0)::float8
             FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND query NOT ILIKE '%pg_stat_statements%' AND {ASIDE}"
        );
        let row = sqlx::query(&sums).fetch_one(pool).await?;
        let each = |index: usize| -> anyhow::Result<f64> { Ok(row.try_get::<f64, _>(index)? / times as f64) };
        Ok(Cost {
            statements: each(0)?,
            rows: each(1)?,
            pages: each(2)?,
            wal_bytes: each(3)?,
            whole_pages: each(4)?,
            database_ms: each(5)?,
            ..Cost::default()
        })
    }
}
