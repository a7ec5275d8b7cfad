-- Which of the vault's keys sealed a row.
ALTER TABLE cards ADD COLUMN vault_key INTEGER NOT NULL DEFAULT 1;
CREATE INDEX cards_of_vault_keys ON cards (vault_key) WHERE sealed IS NOT NULL;
ALTER TABLE webhook_endpoints ADD COLUMN vault_key INTEGER NOT NULL DEFAULT 1;
CREATE INDEX webhook_endpoints_of_vault_keys ON webhook_endpoints (vault_key);

-- The vault's keys that this database was used with.
CREATE TABLE vault_keys (
    number     INTEGER PRIMARY KEY,
    proof      BLOB NOT NULL, -- a known value, sealed: a wrong key does not open it
    created_at INTEGER NOT NULL,
    retired_at INTEGER        -- nothing is sealed by it from then on
) STRICT;

-- The key sets that devices were shown.
CREATE TABLE key_sets (
    version    INTEGER PRIMARY KEY,
    keys       BLOB NOT NULL, -- digest of their thumbprints
    created_at INTEGER NOT NULL
) STRICT;
