//! The database, read by SQL of its own.

use std::collections::BTreeSet;

use anyhow::ensure;
use sqlx::{Connection, Executor, PgConnection, Row};

use crate::phone::Told;

/// One transaction in so many is told that another was in the way.
const IN_THE_WAY: &str = "
    CREATE FUNCTION be_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF random() < 1.0 / 30 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER in_the_way BEFORE INSERT ON ledger_transactions
        FOR EACH STATEMENT EXECUTE FUNCTION be_in_the_way()";
/// Accounts whose balance is not the sum of what was posted to them.
const OFF: &str = "
    SELECT count(*) FROM
      (SELECT kind, owner, currency, sum(amount) AS amount FROM ledger_postings GROUP BY kind, owner, currency) AS posted
    FULL JOIN
      (SELECT kind, owner, currency, sum(amount) AS amount FROM
        (SELECT kind, owner, currency, balance AS amount FROM ledger_accounts
         UNION ALL SELECT kind, owner, currency, amount FROM ledger_unfolded) AS known GROUP BY kind, owner, currency)
      AS known USING (kind, owner, currency)
    WHERE posted.amount IS DISTINCT FROM known.amount AND coalesce(posted.amount, known.amount) <> 0";

pub(crate) struct Books(PgConnection);

impl Books {
    pub(crate) async fn open(database: &str) -> anyhow::Result<Self> {
        Ok(Books(PgConnection::connect(database).await?))
    }

    /// From now on some transactions fail for no reason of their own.
    pub(crate) async fn get_in_the_way(&mut self) -> anyhow::Result<()> {
        self.0.execute(IN_THE_WAY).await?;
        Ok(())
    }

    /// Compares what is kept with what wallets were told; returns how many changes were not folded yet.
    pub(crate) async fn check(&mut self, told: &[Told], database: &str) -> anyhow::Result<i64> {
        // The server was killed since.
        self.0 = PgConnection::connect(database).await?;
        let made: BTreeSet<String> =
            told.iter().flat_map(|told| &told.purchases).map(|purchase| purchase.to_string()).collect();
        let rows = self.0.fetch_all("SELECT purchase::text FROM entries WHERE purchase IS NOT NULL").await?;
        let kept: BTreeSet<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        ensure!(rows.len() == kept.len(), "{} rows are of {} purchases", rows.len(), kept.len());
        ensure!(kept == made, "lost: {:?}, extra: {:?}", made.difference(&kept), kept.difference(&made));

        let came_in: i64 = told.iter().map(|told| told.came_in).sum();
        let charged = self.number("SELECT coalesce(sum(amount), 0)::bigint FROM top_ups WHERE state = 'succeeded'");
        ensure!(charged.await? == came_in, "cards were charged another sum than wallets were told");
        for (number, told) in told.iter().enumerate() {
            let expected = told.came_in - told.spent;
            ensure!(told.balance == expected, "phone {number} sees {} in place of {expected}", told.balance);
        }
        let owed = self.number(
            "SELECT -coalesce(sum(balance), 0)::bigint FROM ledger_accounts
             WHERE kind IN ('user_available', 'user_reserved')",
        );
        ensure!(owed.await? == told.iter().map(|told| told.balance).sum::<i64>(), "another sum is owed than is seen");
        ensure!(
            self.number("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_postings").await? == 0,
            "out of balance"
        );
        ensure!(self.number(OFF).await? == 0, "balances are not what was posted");
        self.number("SELECT count(*) FROM ledger_unfolded").await
    }

    async fn number(&mut self, query: &'static str) -> anyhow::Result<i64> {
        Ok(self.0.fetch_one(query).await?.try_get(0)?)
    }
}
