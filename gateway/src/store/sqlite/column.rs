//! How values look in a column.

use farthing_protocol::{
    AccountId, CardId, Currency, DeviceId, Digest, IdempotencyKey, Money, Sku, Timestamp, TopUpId,
};
use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};

use crate::store::Sealed;

macro_rules! identifier {
    ($($function:ident -> $name:ident),*) => {
        $(pub(super) fn $function(row: &Row<'_>, index: usize) -> rusqlite::Result<$name> {
            Ok($name::from_bytes(row.get(index)?))
        })*
    };
}
identifier!(account -> AccountId, device -> DeviceId, card -> CardId, top_up -> TopUpId, digest -> Digest);

fn malformed(index: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, FromSqlError::InvalidType.into())
}

pub(super) fn currency(row: &Row<'_>, index: usize) -> rusqlite::Result<Currency> {
    row.get::<_, String>(index)?.parse().map_err(|_| malformed(index))
}

pub(super) fn idempotency_key(row: &Row<'_>, index: usize) -> rusqlite::Result<IdempotencyKey> {
    IdempotencyKey::new(row.get::<_, String>(index)?).map_err(|_| malformed(index))
}

pub(super) fn sku(row: &Row<'_>, index: usize) -> rusqlite::Result<Sku> {
    Sku::new(row.get::<_, String>(index)?).map_err(|_| malformed(index))
}

/// A sealed value; the column after it says by which key.
pub(super) fn sealed(row: &Row<'_>, index: usize) -> rusqlite::Result<Sealed> {
    Ok(Sealed { bytes: row.get(index)?, vault_key: row.get(index + 1)? })
}

pub(super) fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Ok(crate::clock::from_milliseconds(row.get(index)?))
}

pub(super) fn money(row: &Row<'_>, index: usize, currency: Currency) -> rusqlite::Result<Money> {
    Ok(Money::from_micros(row.get(index)?, currency))
}
