-- How long a device's passes last, as its settled journal and the refunds say. Times are in milliseconds from 1970.
CREATE TABLE passes (
    device        BLOB NOT NULL REFERENCES devices,
    sku           TEXT NOT NULL,
    starts_at     INTEGER NOT NULL,
    ends_at       INTEGER NOT NULL CHECK (ends_at >= starts_at),
    grace_seconds INTEGER NOT NULL CHECK (grace_seconds >= 0),
    PRIMARY KEY (device, sku)
) STRICT, WITHOUT ROWID;
