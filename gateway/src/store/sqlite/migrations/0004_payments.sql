-- Money that goes back: the price of a purchase into the player's balance, or unspent balance to the card.
CREATE TABLE refunds (
    id              BLOB PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    account         BLOB NOT NULL REFERENCES accounts,
    purchase        BLOB,
    top_up          BLOB REFERENCES top_ups,
    amount          INTEGER NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL,
    -- Who gives it: of a purchase all three, of a top-up the fee that the platform bears.
    processor       INTEGER NOT NULL,
    platform        INTEGER NOT NULL,
    developer       INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    reason          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    CHECK ((purchase IS NULL) <> (top_up IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_of_purchases ON refunds (purchase) WHERE purchase IS NOT NULL;
CREATE INDEX refunds_of_top_ups ON refunds (top_up) WHERE top_up IS NOT NULL;

-- Charges that a cardholder disputes at the bank.
CREATE TABLE disputes (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE, -- the processor's
    account    BLOB NOT NULL REFERENCES accounts,
    payment    BLOB NOT NULL, -- the top-up or tab that was charged
    amount     INTEGER NOT NULL CHECK (amount > 0),
    currency   TEXT NOT NULL,
    fee        INTEGER NOT NULL CHECK (fee >= 0),  -- of the dispute
    held       INTEGER NOT NULL CHECK (held >= 0), -- of the player's balance
    held_fee   INTEGER NOT NULL CHECK (held_fee >= 0), -- that was still to be spread of what is held
    state      TEXT NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX disputes_of_payments ON disputes (payment);

-- What a processor calls an account, and the payment of a top-up or a tab.
CREATE TABLE processor_customers (
    account  BLOB PRIMARY KEY REFERENCES accounts,
    customer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE processor_payments (
    id       BLOB PRIMARY KEY, -- the top-up's or the tab's
    asked_at INTEGER NOT NULL, -- for the first time
    payment  TEXT UNIQUE       -- unknown until it has answered
) STRICT, WITHOUT ROWID;

-- Spend now, be charged once at the end: an amount that a card has authorised.
CREATE TABLE tabs (
    id              BLOB PRIMARY KEY,
    account         BLOB NOT NULL REFERENCES accounts,
    device          BLOB NOT NULL REFERENCES devices, -- the one that asked
    idempotency_key TEXT NOT NULL,
    card            BLOB NOT NULL REFERENCES cards,
    amount          INTEGER NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL,
    fee             INTEGER NOT NULL CHECK (fee >= 0), -- expected of the charge
    state           TEXT NOT NULL CHECK (state IN ('created', 'requires_action', 'processing', 'open', 'closing', 'closed', 'failed')),
    decline_code    TEXT,
    due             INTEGER CHECK (due >= 0), -- what the card is charged, once that is decided
    created_at      INTEGER NOT NULL,
    UNIQUE (account, idempotency_key),
    CHECK (state NOT IN ('closing', 'closed') OR due IS NOT NULL),
    CHECK ((state = 'failed') = (decline_code IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX tabs_that_are_open ON tabs (created_at) WHERE state IN ('open', 'closing');
