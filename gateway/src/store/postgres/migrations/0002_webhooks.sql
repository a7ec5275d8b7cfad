-- Where a merchant's back end wants to be told.
CREATE TABLE webhook_endpoints (
    id         uuid   PRIMARY KEY,
    url        text   NOT NULL,
    secret     bytea  NOT NULL, -- sealed
    created_at bigint NOT NULL,
    closed_at  bigint           -- nothing is sent from then on
);

-- The outbox: written in the transaction that it tells of, one row for each endpoint.
CREATE TABLE webhook_messages (
    id         uuid   PRIMARY KEY,
    endpoint   uuid   NOT NULL,
    account    uuid   NOT NULL,
    revision   bigint NOT NULL, -- of the account: messages of one account arrive in its order
    created_at bigint NOT NULL,
    body       text   NOT NULL,
    state      text   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts   bigint NOT NULL,
    next_at    bigint NOT NULL,
    problem    text             -- what became of the last attempt, where it failed
);
CREATE INDEX webhook_messages_due ON webhook_messages (next_at) WHERE state = 'pending';
CREATE INDEX webhook_messages_in_order ON webhook_messages (endpoint, account, revision, created_at, id) WHERE state = 'pending';
CREATE INDEX webhook_messages_of_endpoint ON webhook_messages (endpoint, id);
