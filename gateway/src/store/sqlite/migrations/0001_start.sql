-- Amounts are micros: whole millionths of a major unit. Times are milliseconds since 1970.
-- Identifiers and digests are their bytes.

CREATE TABLE accounts (
    id         BLOB PRIMARY KEY,
    merchant   TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    id             BLOB PRIMARY KEY,
    account        BLOB NOT NULL REFERENCES accounts,
    key            BLOB NOT NULL UNIQUE, -- thumbprint
    epoch          INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('active', 'frozen', 'revoked')),
    seq            INTEGER NOT NULL CHECK (seq >= 0), -- up to here the journal is settled
    head           BLOB NOT NULL,
    -- The evidence of a fork: where, what stands, what was shown.
    fork_seq       INTEGER,
    fork_settled   BLOB,
    fork_presented BLOB,
    created_at     INTEGER NOT NULL,
    CHECK ((state = 'frozen') = (fork_seq IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_of_account ON devices (account);

-- One row for each settled entry of a device's journal.
CREATE TABLE entries (
    device    BLOB NOT NULL REFERENCES devices,
    seq       INTEGER NOT NULL CHECK (seq > 0),
    hash      BLOB NOT NULL,
    purchase  BLOB,          -- the entry's id, where it is a settled purchase
    receipt   BLOB,          -- the exact bytes of its receipt's payload
    rejection TEXT,          -- why it was rejected, where it was
    PRIMARY KEY (device, seq),
    CHECK ((purchase IS NULL) = (receipt IS NULL)),
    CHECK (purchase IS NULL OR rejection IS NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX purchases ON entries (purchase) WHERE purchase IS NOT NULL;

-- What has been drawn on a device's allowances.
CREATE TABLE drawn (
    device   BLOB NOT NULL REFERENCES devices,
    currency TEXT NOT NULL,
    total    INTEGER NOT NULL CHECK (total >= 0),
    count    INTEGER NOT NULL CHECK (count >= 0),
    version  INTEGER NOT NULL, -- the allowance that the last entry named
    PRIMARY KEY (device, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE allowances (
    device       BLOB NOT NULL REFERENCES devices,
    currency     TEXT NOT NULL,
    version      INTEGER NOT NULL CHECK (version > 0),
    spend_limit  INTEGER NOT NULL CHECK (spend_limit > 0),
    count_limit  INTEGER NOT NULL CHECK (count_limit > 0),
    purchase_max INTEGER NOT NULL CHECK (purchase_max > 0),
    issued_at    INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    settle_by    INTEGER NOT NULL,
    PRIMARY KEY (device, currency, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    id           BLOB PRIMARY KEY,
    account      BLOB NOT NULL REFERENCES accounts,
    brand        TEXT NOT NULL,
    last_four    TEXT NOT NULL CHECK (length(last_four) = 4),
    expiry_month INTEGER NOT NULL CHECK (expiry_month BETWEEN 1 AND 12),
    expiry_year  INTEGER NOT NULL,
    sealed       BLOB, -- the number, sealed; gone once the card is removed
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_of_account ON cards (account);

CREATE TABLE top_ups (
    id              BLOB PRIMARY KEY,
    account         BLOB NOT NULL REFERENCES accounts,
    device          BLOB NOT NULL REFERENCES devices, -- the one that asked
    idempotency_key TEXT NOT NULL,
    card            BLOB NOT NULL REFERENCES cards,
    amount          INTEGER NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL,
    state           TEXT NOT NULL
        CHECK (state IN ('created', 'requires_action', 'processing', 'succeeded', 'failed')),
    decline_code    TEXT,
    created_at      INTEGER NOT NULL,
    UNIQUE (account, idempotency_key),
    CHECK ((state = 'failed') = (decline_code IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogs (
    version INTEGER PRIMARY KEY,
    digest  BLOB NOT NULL, -- of the content
    content TEXT NOT NULL  -- merchant, currencies and items as JSON
) STRICT;

-- Debits are positive, credits negative. What is owed to users can't turn into a claim on
-- them, and no more of a fee can be spread than was paid.
CREATE TABLE ledger_accounts (
    id       INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL,
    owner    BLOB NOT NULL,
    currency TEXT NOT NULL,
    balance  INTEGER NOT NULL,
    UNIQUE (kind, owner, currency),
    CHECK (kind NOT IN ('user_available', 'user_reserved') OR balance <= 0),
    CHECK (kind <> 'processor_fees_prepaid' OR balance >= 0)
) STRICT;

CREATE TABLE ledger_transactions (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL,
    reference BLOB NOT NULL, -- the top-up or device that it is about
    at        INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger_postings (
    ledger_transaction INTEGER NOT NULL REFERENCES ledger_transactions,
    ledger_account     INTEGER NOT NULL REFERENCES ledger_accounts,
    amount             INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (ledger_transaction, ledger_account)
) STRICT, WITHOUT ROWID;

-- What the sandbox processor remembers, as a real one would on its own machines.
CREATE TABLE sandbox_charges (
    top_up         BLOB PRIMARY KEY,
    authentication BLOB NOT NULL UNIQUE, -- names the 3-D Secure page; random
    status         TEXT NOT NULL,        -- as JSON
    answer         TEXT NOT NULL         -- what the status becomes when asked or confirmed, as JSON
) STRICT, WITHOUT ROWID;
