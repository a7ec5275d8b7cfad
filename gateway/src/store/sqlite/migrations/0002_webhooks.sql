-- Where a merchant's back end wants to be told.
CREATE TABLE webhook_endpoints (
    id         BLOB PRIMARY KEY,
    url        TEXT NOT NULL,
    secret     BLOB NOT NULL, -- sealed
    created_at INTEGER NOT NULL,
    closed_at  INTEGER        -- nothing is sent from then on
) STRICT, WITHOUT ROWID;

-- The outbox: written in the transaction that it tells of, one row for each endpoint.
CREATE TABLE webhook_messages (
    id         BLOB PRIMARY KEY,
    endpoint   BLOB NOT NULL REFERENCES webhook_endpoints,
    account    BLOB NOT NULL,
    revision   INTEGER NOT NULL, -- of the account: messages of one account arrive in its order
    created_at INTEGER NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    problem    TEXT              -- what became of the last attempt, where it failed
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_messages_due ON webhook_messages (next_at) WHERE state = 'pending';
CREATE INDEX webhook_messages_in_order ON webhook_messages (endpoint, account, revision, created_at, id) WHERE state = 'pending';
CREATE INDEX webhook_messages_of_endpoint ON webhook_messages (endpoint, id);
