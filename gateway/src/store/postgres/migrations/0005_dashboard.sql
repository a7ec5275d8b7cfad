-- Who may look into the dashboard.
CREATE TABLE administrators (
    name          text   PRIMARY KEY,
    role          text   NOT NULL CHECK (role IN ('viewer', 'support', 'admin')),
    password_hash text   NOT NULL, -- argon2id, as a PHC string
    created_at    bigint NOT NULL
);

-- Who is signed in. Only the browser has the token itself.
CREATE TABLE administrator_sessions (
    token_digest  bytea  PRIMARY KEY,
    administrator text   NOT NULL REFERENCES administrators,
    created_at    bigint NOT NULL,
    seen_at       bigint NOT NULL
);
CREATE INDEX administrator_sessions_of_administrators ON administrator_sessions (administrator);
CREATE INDEX administrator_sessions_by_age ON administrator_sessions (seen_at);

-- What administrators did. It outlives them, so their names are no references.
CREATE TABLE audit_log (
    id            uuid   PRIMARY KEY, -- in the order of time
    at            bigint NOT NULL,
    administrator text,               -- nobody's name where a sign-in named no administrator
    action        text   NOT NULL,
    subject       text,               -- what it was done to
    outcome       text   NOT NULL CHECK (outcome IN ('done', 'refused')),
    detail        text
);
CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_log();
CREATE TRIGGER audit_log_is_never_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();

-- What was settled and charged on each day (UTC, counted from 1970), summed as it is posted, so that nobody has to add up
-- a million receipts. It begins with this version.
CREATE TABLE ledger_days (
    day             bigint NOT NULL,
    kind            text   NOT NULL, -- of the transactions
    currency        text   NOT NULL,
    count           bigint NOT NULL, -- purchases or charges
    volume          bigint NOT NULL,
    fees            bigint NOT NULL, -- the processor's
    fees_one_by_one bigint NOT NULL, -- what they would be if each were a charge of its own
    PRIMARY KEY (day, kind, currency)
);
-- As ledger_unfolded: a day's row would be everyone's.
CREATE TABLE ledger_days_unfolded (
    id              uuid   PRIMARY KEY,
    day             bigint NOT NULL,
    kind            text   NOT NULL,
    currency        text   NOT NULL,
    count           bigint NOT NULL,
    volume          bigint NOT NULL,
    fees            bigint NOT NULL,
    fees_one_by_one bigint NOT NULL
);

-- A transaction's name is random here, so an account's postings are found in the order of time by this. The default is
-- for gateways of the version before, which don't know of it.
ALTER TABLE ledger_postings ADD COLUMN at bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint;
UPDATE ledger_postings AS posting SET at = noted.at FROM ledger_transactions AS noted
    WHERE noted.id = posting.ledger_transaction;
CREATE INDEX ledger_postings_of_account ON ledger_postings (kind, owner, currency, at, ledger_transaction);
CREATE INDEX devices_frozen ON devices (id) WHERE state = 'frozen';
CREATE INDEX webhook_messages_given_up ON webhook_messages (endpoint, id) WHERE state = 'failed';
