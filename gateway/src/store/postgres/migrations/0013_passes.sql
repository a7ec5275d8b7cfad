-- How long a device's passes last, as its settled journal and the refunds say. Times are in milliseconds from 1970.
CREATE TABLE passes (
    device        uuid   NOT NULL,
    sku           text   NOT NULL,
    starts_at     bigint NOT NULL,
    ends_at       bigint NOT NULL CHECK (ends_at >= starts_at),
    grace_seconds bigint NOT NULL CHECK (grace_seconds >= 0),
    PRIMARY KEY (device, sku)
) WITH (fillfactor = 50);
