-- Names of top-ups that a wallet has given up before this gateway had got them: a request that comes later under one charges
-- nothing.
CREATE TABLE withdrawn_top_ups (
    account         uuid NOT NULL REFERENCES accounts,
    idempotency_key text NOT NULL,
    withdrawn_at    bigint NOT NULL,
    PRIMARY KEY (account, idempotency_key)
);
