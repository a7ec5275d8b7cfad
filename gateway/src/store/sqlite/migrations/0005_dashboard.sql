-- Who may look into the dashboard.
CREATE TABLE administrators (
    name          TEXT PRIMARY KEY,
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'support', 'admin')),
    password_hash TEXT NOT NULL, -- argon2id, as a PHC string
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is signed in. Only the browser has the token itself.
CREATE TABLE administrator_sessions (
    token_digest  BLOB PRIMARY KEY,
    administrator TEXT NOT NULL REFERENCES administrators,
    created_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX administrator_sessions_of_administrators ON administrator_sessions (administrator);
CREATE INDEX administrator_sessions_by_age ON administrator_sessions (seen_at);

-- What administrators did. It outlives them, so their names are no references.
CREATE TABLE audit_log (
    id            BLOB PRIMARY KEY, -- in the order of time
    at            INTEGER NOT NULL,
    administrator TEXT,             -- nobody's name where a sign-in named no administrator
    action        TEXT NOT NULL,
    subject       TEXT,             -- what it was done to
    outcome       TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
    detail        TEXT
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- INSERT OR REPLACE deletes a row without the trigger above.
CREATE TRIGGER audit_log_is_never_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- What was settled and charged on each day (UTC, counted from 1970), summed as it is posted, so that nobody has to add up
-- a million receipts. It begins with this version.
CREATE TABLE ledger_days (
    day             INTEGER NOT NULL,
    kind            TEXT NOT NULL, -- of the transactions
    currency        TEXT NOT NULL,
    count           INTEGER NOT NULL, -- purchases or charges
    volume          INTEGER NOT NULL,
    fees            INTEGER NOT NULL, -- the processor's
    fees_one_by_one INTEGER NOT NULL, -- what they would be if each were a charge of its own
    PRIMARY KEY (day, kind, currency)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_postings_of_account ON ledger_postings (ledger_account, ledger_transaction);
CREATE INDEX devices_frozen ON devices (id) WHERE state = 'frozen';
CREATE INDEX webhook_messages_given_up ON webhook_messages (endpoint, id) WHERE state = 'failed';
