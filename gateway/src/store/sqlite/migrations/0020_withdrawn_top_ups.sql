-- Names of top-ups that a wallet has given up before this gateway had got them: a request that comes later under one charges
-- nothing.
CREATE TABLE withdrawn_top_ups (
    account         BLOB NOT NULL REFERENCES accounts,
    idempotency_key TEXT NOT NULL,
    withdrawn_at    INTEGER NOT NULL,
    PRIMARY KEY (account, idempotency_key)
) STRICT, WITHOUT ROWID;
