-- How much of the account's limits the device may use, as JSON; nothing where there are none.
ALTER TABLE allowances ADD COLUMN spending TEXT;

-- Accounts whose spending was ever limited: who guards them, and when their days begin.
CREATE TABLE guardianships (
    account            BLOB PRIMARY KEY REFERENCES accounts,
    utc_offset_minutes INTEGER NOT NULL CHECK (utc_offset_minutes BETWEEN -720 AND 840),
    pin_hash           TEXT,             -- argon2id, as a PHC string
    pin_failures       INTEGER NOT NULL CHECK (pin_failures >= 0), -- in a row
    pin_tried_at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE spending_limits (
    account      BLOB NOT NULL REFERENCES accounts,
    setter       TEXT NOT NULL CHECK (setter IN ('player', 'guardian')),
    currency     TEXT NOT NULL,
    limits       TEXT NOT NULL, -- as JSON
    pending      TEXT,          -- what takes their place, as JSON
    pending_from INTEGER,
    PRIMARY KEY (account, setter, currency),
    CHECK ((pending IS NULL) = (pending_from IS NULL))
) STRICT, WITHOUT ROWID;

-- What accounts with limits have spent, by quarters of an hour since 1970.
CREATE TABLE spending (
    account  BLOB NOT NULL REFERENCES accounts,
    currency TEXT NOT NULL,
    slot     INTEGER NOT NULL,
    amount   INTEGER NOT NULL,
    PRIMARY KEY (account, currency, slot)
) STRICT, WITHOUT ROWID;

-- Purchases that guardians were asked for.
CREATE TABLE approvals (
    id         BLOB PRIMARY KEY, -- in the order of time
    account    BLOB NOT NULL REFERENCES accounts,
    device     BLOB NOT NULL REFERENCES devices, -- the one that asked
    sku        TEXT NOT NULL,
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    total      INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'declined', 'used')),
    asked_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX approvals_of_account ON approvals (account, id);
CREATE INDEX approvals_that_stand ON approvals (device) WHERE state = 'approved';
