-- What says who a person is, is sealed under a key of the account's own, which the vault wraps. Without that key nobody
-- reads it again.
CREATE TABLE account_keys (
    id        BLOB PRIMARY KEY REFERENCES accounts, -- the account
    sealed    BLOB NOT NULL,
    vault_key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_keys_of_vault_keys ON account_keys (vault_key);

-- The key by which users are found whose names are sealed: one row, wrapped by the vault.
CREATE TABLE name_keys (
    id        BLOB PRIMARY KEY,
    sealed    BLOB NOT NULL,
    vault_key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- These take the place of user_name, which is empty from now on.
ALTER TABLE accounts ADD COLUMN user_index  BLOB; -- a keyed digest of the user's name
ALTER TABLE accounts ADD COLUMN user_sealed BLOB; -- the name, as JSON
ALTER TABLE accounts ADD COLUMN erased_at   INTEGER;
CREATE UNIQUE INDEX accounts_of_names ON accounts (user_index) WHERE user_index IS NOT NULL;

-- What a card looks like, as JSON. The columns that said so in the clear say nothing any more: unknown, ----, 1/1970.
ALTER TABLE cards ADD COLUMN details BLOB;
CREATE INDEX cards_in_the_clear ON cards (id) WHERE last_four <> '----';
-- A customer's name is sealed, too: `sealed:` and base64url.
CREATE INDEX processor_customers_in_the_clear ON processor_customers (account) WHERE substr(customer, 1, 7) <> 'sealed:';

-- Card charges of an account since its cardholder last proved who they are.
CREATE TABLE authentication_counters (
    account  BLOB NOT NULL REFERENCES accounts,
    currency TEXT NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount >= 0),
    count    INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (account, currency)
) STRICT, WITHOUT ROWID;
-- Whether that has to be proved for a top-up or a tab, and whether the cardholder was asked to.
CREATE TABLE authentications (
    payment     BLOB PRIMARY KEY, -- the top-up or tab
    is_required INTEGER NOT NULL,
    was_asked   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
