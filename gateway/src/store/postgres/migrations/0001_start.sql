-- Amounts are micros: whole millionths of a major unit. Times are milliseconds since 1970.
-- A migration must leave the version before it at work: it adds, and a later one takes away.
-- Rows that each purchase changes have room beside them (fillfactor), so that a change leaves the indexes alone: an
-- index's page that is written meets everyone who has read any row of it.
-- Nothing counts up: names are random, so that no two gateways wait for the same row or page.

CREATE TABLE gateway (
    one  boolean PRIMARY KEY CHECK (one),
    root bytea   NOT NULL -- thumbprint of the key that all gateways on this database trust
);

CREATE TABLE accounts (
    id         uuid   PRIMARY KEY,
    merchant   text   NOT NULL,
    revision   bigint NOT NULL,
    created_at bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE devices (
    id             uuid   PRIMARY KEY,
    account        uuid   NOT NULL REFERENCES accounts,
    key            bytea  NOT NULL UNIQUE, -- thumbprint
    epoch          bigint NOT NULL,
    state          text   NOT NULL CHECK (state IN ('active', 'frozen', 'revoked')),
    seq            bigint NOT NULL CHECK (seq >= 0), -- up to here the journal is settled
    head           bytea  NOT NULL,
    -- The evidence of a fork: where, what stands, what was shown.
    fork_seq       bigint,
    fork_settled   bytea,
    fork_presented bytea,
    created_at     bigint NOT NULL,
    CHECK ((state = 'frozen') = (fork_seq IS NOT NULL))
) WITH (fillfactor = 50);
CREATE INDEX devices_of_account ON devices (account);

-- One row for each settled entry of a device's journal. That the device is there was read in the same transaction.
CREATE TABLE entries (
    device    uuid   NOT NULL,
    seq       bigint NOT NULL CHECK (seq > 0),
    hash      bytea  NOT NULL,
    purchase  uuid,  -- the entry's id, where it is a settled purchase
    receipt   bytea, -- the exact bytes of its receipt's payload
    rejection text,  -- why it was rejected, where it was
    PRIMARY KEY (device, seq),
    CHECK ((purchase IS NULL) = (receipt IS NULL)),
    CHECK (purchase IS NULL OR rejection IS NULL)
);
CREATE UNIQUE INDEX purchases ON entries (purchase) WHERE purchase IS NOT NULL;

-- What has been drawn on a device's allowances.
CREATE TABLE drawn (
    device   uuid   NOT NULL,
    currency text   NOT NULL,
    total    bigint NOT NULL CHECK (total >= 0),
    count    bigint NOT NULL CHECK (count >= 0),
    version  bigint NOT NULL, -- the allowance that the last entry named
    PRIMARY KEY (device, currency)
) WITH (fillfactor = 50);

CREATE TABLE allowances (
    device       uuid   NOT NULL,
    currency     text   NOT NULL,
    version      bigint NOT NULL CHECK (version > 0),
    spend_limit  bigint NOT NULL CHECK (spend_limit > 0),
    count_limit  bigint NOT NULL CHECK (count_limit > 0),
    purchase_max bigint NOT NULL CHECK (purchase_max > 0),
    issued_at    bigint NOT NULL,
    expires_at   bigint NOT NULL,
    settle_by    bigint NOT NULL,
    PRIMARY KEY (device, currency, version)
);

CREATE TABLE cards (
    id           uuid   PRIMARY KEY,
    account      uuid   NOT NULL REFERENCES accounts,
    brand        text   NOT NULL,
    last_four    text   NOT NULL CHECK (length(last_four) = 4),
    expiry_month bigint NOT NULL CHECK (expiry_month BETWEEN 1 AND 12),
    expiry_year  bigint NOT NULL,
    sealed       bytea, -- the number, sealed; gone once the card is removed
    created_at   bigint NOT NULL
);
CREATE INDEX cards_of_account ON cards (account);

CREATE TABLE top_ups (
    id              uuid   PRIMARY KEY,
    account         uuid   NOT NULL REFERENCES accounts,
    device          uuid   NOT NULL REFERENCES devices, -- the one that asked
    idempotency_key text   NOT NULL,
    card            uuid   NOT NULL REFERENCES cards,
    amount          bigint NOT NULL CHECK (amount > 0),
    currency        text   NOT NULL,
    state           text   NOT NULL
        CHECK (state IN ('created', 'requires_action', 'processing', 'succeeded', 'failed')),
    decline_code    text,
    created_at      bigint NOT NULL,
    UNIQUE (account, idempotency_key),
    CHECK ((state = 'failed') = (decline_code IS NOT NULL))
);

CREATE TABLE catalogs (
    version bigint PRIMARY KEY,
    digest  bytea  NOT NULL, -- of the content
    content text   NOT NULL  -- merchant, currencies and items as JSON
);

-- Debits are positive, credits negative. What is owed to users can't turn into a claim on
-- them, and no more of a fee can be spread than was paid.
CREATE TABLE ledger_accounts (
    kind     text   NOT NULL,
    owner    text   NOT NULL,
    currency text   NOT NULL,
    balance  bigint NOT NULL,
    PRIMARY KEY (kind, owner, currency),
    CHECK (kind NOT IN ('user_available', 'user_reserved') OR balance <= 0),
    CHECK (kind <> 'processor_fees_prepaid' OR balance >= 0)
) WITH (fillfactor = 50);

CREATE TABLE ledger_transactions (
    id        uuid   PRIMARY KEY,
    kind      text   NOT NULL,
    reference uuid   NOT NULL, -- the top-up or device that it is about
    at        bigint NOT NULL
);

CREATE TABLE ledger_postings (
    ledger_transaction uuid   NOT NULL,
    kind               text   NOT NULL,
    owner              text   NOT NULL,
    currency           text   NOT NULL,
    amount             bigint NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (ledger_transaction, kind, owner, currency)
);

-- Changes of accounts that every purchase posts to, such as a merchant's: appended here, and folded into
-- ledger_accounts later on, since a row that every transaction changes would let them pass one at a time.
CREATE TABLE ledger_unfolded (
    id       uuid   PRIMARY KEY,
    kind     text   NOT NULL,
    owner    text   NOT NULL,
    currency text   NOT NULL,
    amount   bigint NOT NULL
);

-- What the sandbox processor remembers, as a real one would on its own machines.
CREATE TABLE sandbox_charges (
    top_up         uuid  PRIMARY KEY,
    authentication bytea NOT NULL UNIQUE, -- names the 3-D Secure page; random
    status         text  NOT NULL,        -- as JSON
    answer         text  NOT NULL         -- what the status becomes when asked or confirmed, as JSON
);
