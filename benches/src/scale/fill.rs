//! Copies one player's rows under other names, many times over.

use std::time::Instant;

use sqlx::Executor;

use super::store::{Backing, Store};
use crate::progress::Progress;

/// Players that are copied in one transaction.
const CHUNK: u64 = 5_000;

/// Copies the player until there are so many; returns how many seconds that took.
pub(super) async fn fill(store: &Store, account: &str, present: u64, wanted: u64) -> anyhow::Result<f64> {
    let progress = Progress::new("fill the store", usize::try_from(wanted.saturating_sub(present))?);
    let started = Instant::now();
    let mut number = present;
    while number < wanted {
        let count = CHUNK.min(wanted - number);
        let script = |text: &str| {
            let named = text.replace("{first}", &number.to_string()).replace("{count}", &count.to_string());
            named.replace("{account}", account)
        };
        match &store.backing {
            Backing::Postgres { pool, .. } => {
                let mut transaction = pool.begin().await?;
                for statement in script(include_str!("fill_postgres.sql")).split("\n---\n") {
                    transaction.execute(statement).await?;
                }
                transaction.commit().await?;
            }
            Backing::Sqlite => {
                let connection = rusqlite::Connection::open(store.data.join("farthing.db"))?;
                // What is lost in a power cut is made again.
                connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000")?;
                connection.execute_batch(&script(include_str!("fill_sqlite.sql")))?;
            }
        }
        number += count;
        progress.advance(usize::try_from(count)?);
    }
    Ok(started.elapsed().as_secs_f64())
}
