-- What each meter of a device has come to in an epoch, since its price last changed.
CREATE TABLE meters (
    device     uuid   NOT NULL,
    epoch      bigint NOT NULL,
    sku        text   NOT NULL,
    currency   text   NOT NULL,
    unit_price bigint NOT NULL CHECK (unit_price > 0),
    per_units  bigint NOT NULL CHECK (per_units > 0),
    units      bigint NOT NULL CHECK (units >= 0),
    total      bigint NOT NULL CHECK (total >= 0),
    day        bigint NOT NULL, -- of the last entry, from 1970-01-01
    day_total  bigint NOT NULL CHECK (day_total >= 0),
    PRIMARY KEY (device, epoch, sku)
) WITH (fillfactor = 50);
