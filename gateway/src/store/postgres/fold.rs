//! Folds the appended changes of shared ledger accounts into their balances, beside the purchases.

use std::time::Duration;

use sqlx::postgres::PgPool;

/// Changes that are folded at once.
const CHANGES_MAX: i64 = 5_000;
/// How often it is looked for more.
const PAUSE: Duration = Duration::from_secs(1);

/// Several gateways may fold at once: each takes rows that no other has in hand.
const FOLD: &str = include_str!("fold.sql");

/// As above, for the days' figures.
const FOLD_DAYS: &str = "
    WITH taken AS (DELETE FROM ledger_days_unfolded WHERE id IN
                     (SELECT id FROM ledger_days_unfolded LIMIT $1 FOR UPDATE SKIP LOCKED)
                   RETURNING day, kind, currency, count, volume, fees, fees_one_by_one),
    counted AS (SELECT count(*) AS changes FROM taken),
    folded AS (INSERT INTO ledger_days (day, kind, currency, count, volume, fees, fees_one_by_one)
                 SELECT day, kind, currency, sum(count)::bigint, sum(volume)::bigint, sum(fees)::bigint,
                        sum(fees_one_by_one)::bigint
                 FROM taken GROUP BY day, kind, currency
               ON CONFLICT (day, kind, currency)
               DO UPDATE SET count = ledger_days.count + excluded.count,
                             volume = ledger_days.volume + excluded.volume,
                             fees = ledger_days.fees + excluded.fees,
                             fees_one_by_one = ledger_days.fees_one_by_one + excluded.fees_one_by_one)
    SELECT changes FROM counted";

/// Folds until the pool is closed.
pub(super) async fn run(pool: PgPool) {
    while !pool.is_closed() {
        match once(&pool).await {
            Ok(changes) if changes >= CHANGES_MAX => {}
            Ok(_) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::debug!(%error, "the ledger's changes could not be folded; they stay for later");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn once(pool: &PgPool) -> Result<i64, sqlx::Error> {
    let changes: i64 = sqlx::query_scalar(FOLD).bind(CHANGES_MAX).fetch_one(pool).await?;
    let days: i64 = sqlx::query_scalar(FOLD_DAYS).bind(CHANGES_MAX).fetch_one(pool).await?;
    Ok(changes.max(days))
}
