//! Folds the appended changes of shared ledger accounts into their balances, beside the purchases.

use std::time::Duration;

use sqlx::postgres::PgPool;

/// Changes that are folded at once.
const CHANGES_MAX: i64 = 5_000;
/// How often it is looked for more.
const PAUSE: Duration = Duration::from_secs(1);

/// Several gateways may fold at once: each takes rows that no other has in hand.
const FOLD: &str = "
    WITH taken AS (DELETE FROM ledger_unfolded WHERE id IN
                     (SELECT id FROM ledger_unfolded LIMIT $1 FOR UPDATE SKIP LOCKED)
                   RETURNING kind, owner, currency, amount),
    counted AS (SELECT count(*) AS changes FROM taken),
    folded AS (INSERT INTO ledger_accounts (kind, owner, currency, balance)
                 SELECT kind, owner, currency, sum(amount)::bigint FROM taken GROUP BY kind, owner, currency
               ON CONFLICT (kind, owner, currency)
               DO UPDATE SET balance = ledger_accounts.balance + excluded.balance)
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
    sqlx::query_scalar(FOLD).bind(CHANGES_MAX).fetch_one(pool).await
}
