-- How much of the account's limits the device may use, as JSON; nothing where there are none.
ALTER TABLE allowances ADD COLUMN spending text;

-- Accounts whose spending was ever limited: who guards them, and when their days begin.
CREATE TABLE guardianships (
    account            uuid    PRIMARY KEY REFERENCES accounts,
    utc_offset_minutes bigint  NOT NULL CHECK (utc_offset_minutes BETWEEN -720 AND 840),
    pin_hash           text,            -- argon2id, as a PHC string
    pin_failures       bigint  NOT NULL CHECK (pin_failures >= 0), -- in a row
    pin_tried_at       bigint
);

CREATE TABLE spending_limits (
    account      uuid NOT NULL REFERENCES accounts,
    setter       text NOT NULL CHECK (setter IN ('player', 'guardian')),
    currency     text NOT NULL,
    limits       text NOT NULL, -- as JSON
    pending      text,          -- what takes their place, as JSON
    pending_from bigint,
    PRIMARY KEY (account, setter, currency),
    CHECK ((pending IS NULL) = (pending_from IS NULL))
);

-- What accounts with limits have spent, by quarters of an hour since 1970.
CREATE TABLE spending (
    account  uuid   NOT NULL REFERENCES accounts,
    currency text   NOT NULL,
    slot     bigint NOT NULL,
    amount   bigint NOT NULL,
    PRIMARY KEY (account, currency, slot)
);

-- Purchases that guardians were asked for.
CREATE TABLE approvals (
    id         uuid   PRIMARY KEY, -- in the order of time
    account    uuid   NOT NULL REFERENCES accounts,
    device     uuid   NOT NULL REFERENCES devices, -- the one that asked
    sku        text   NOT NULL,
    quantity   bigint NOT NULL CHECK (quantity > 0),
    total      bigint NOT NULL,
    currency   text   NOT NULL,
    state      text   NOT NULL CHECK (state IN ('pending', 'approved', 'declined', 'used')),
    asked_at   bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX approvals_of_account ON approvals (account, id);
CREATE INDEX approvals_that_stand ON approvals (device) WHERE state = 'approved';
