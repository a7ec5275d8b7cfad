-- What each meter of a device has come to in an epoch, since its price last changed.
CREATE TABLE meters (
    device     BLOB NOT NULL REFERENCES devices,
    epoch      INTEGER NOT NULL,
    sku        TEXT NOT NULL,
    currency   TEXT NOT NULL,
    unit_price INTEGER NOT NULL CHECK (unit_price > 0),
    per_units  INTEGER NOT NULL CHECK (per_units > 0),
    units      INTEGER NOT NULL CHECK (units >= 0),
    total      INTEGER NOT NULL CHECK (total >= 0),
    day        INTEGER NOT NULL, -- of the last entry, from 1970-01-01
    day_total  INTEGER NOT NULL CHECK (day_total >= 0),
    PRIMARY KEY (device, epoch, sku)
) STRICT, WITHOUT ROWID;
