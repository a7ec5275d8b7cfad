-- The smallest id there is gives a plan by the index. Without it PostgreSQL believes the scan so dear, where scans of
-- whole tables are off, that it compiles the query anew each second.
WITH taken AS (DELETE FROM ledger_unfolded WHERE id IN
                 (SELECT id FROM ledger_unfolded WHERE id >= '00000000-0000-0000-0000-000000000000'
                  LIMIT $1 FOR UPDATE SKIP LOCKED)
               RETURNING kind, owner, currency, amount),
counted AS (SELECT count(*) AS changes FROM taken),
folded AS (INSERT INTO ledger_accounts (kind, owner, currency, balance)
             SELECT kind, owner, currency, sum(amount)::bigint FROM taken GROUP BY kind, owner, currency
           ON CONFLICT (kind, owner, currency)
           DO UPDATE SET balance = ledger_accounts.balance + excluded.balance)
SELECT changes FROM counted
