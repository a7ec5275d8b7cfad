//! How values look in a column.

use farthing_protocol::{
    AccountId, ApprovalId, CardId, Currency, DeviceId, Digest, EntryId, IdempotencyKey, Money, Sku, Timestamp, TopUpId,
};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgRow, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Row, Type};

use crate::store::{Sealed, StoreError};

/// An identifier's bytes as PostgreSQL's `uuid`.
///
/// sqlx can do so by itself, but for a feature that brings a second SQLite into the workspace.
#[derive(Clone, Copy)]
pub(super) struct Uuid(pub(super) [u8; 16]);

impl Type<Postgres> for Uuid {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(2950))
    }
}

impl PgHasArrayType for Uuid {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(2951))
    }
}

impl Encode<'_, Postgres> for Uuid {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Uuid {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Uuid(value.as_bytes()?.try_into()?)),
            PgValueFormat::Text => Err("an identifier as text".into()),
        }
    }
}

macro_rules! identifier {
    ($($function:ident -> $name:ident),*) => {
        $(pub(super) fn $function(row: &PgRow, index: usize) -> Result<$name, StoreError> {
            Ok($name::from_bytes(row.try_get::<Uuid, _>(index)?.0))
        })*
    };
}
identifier!(
    account -> AccountId, device -> DeviceId, card -> CardId, top_up -> TopUpId, entry -> EntryId,
    approval -> ApprovalId
);

/// A name that has no type of its own.
pub(super) fn name(row: &PgRow, index: usize) -> Result<uuid::Uuid, StoreError> {
    Ok(uuid::Uuid::from_bytes(row.try_get::<Uuid, _>(index)?.0))
}

pub(super) fn uuid(bytes: &[u8; 16]) -> Uuid {
    Uuid(*bytes)
}

pub(super) fn digest(row: &PgRow, index: usize) -> Result<Digest, StoreError> {
    Ok(Digest::from_bytes(bytes(row, index)?))
}

pub(super) fn bytes<const LENGTH: usize>(row: &PgRow, index: usize) -> Result<[u8; LENGTH], StoreError> {
    let bytes: &[u8] = row.try_get(index)?;
    bytes.try_into().map_err(|_| StoreError::Damaged("bytes of another length"))
}

/// A number that is never negative; PostgreSQL has only signed ones.
pub(super) fn number<N: TryFrom<i64>>(row: &PgRow, index: usize) -> Result<N, StoreError> {
    N::try_from(row.try_get(index)?).map_err(|_| StoreError::Damaged("a number that is out of range"))
}

pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Damaged("a number that is out of range"))
}

pub(super) fn currency(row: &PgRow, index: usize) -> Result<Currency, StoreError> {
    let code: &str = row.try_get(index)?;
    code.parse().map_err(|_| StoreError::Damaged("an unknown currency"))
}

pub(super) fn idempotency_key(row: &PgRow, index: usize) -> Result<IdempotencyKey, StoreError> {
    let text: String = row.try_get(index)?;
    IdempotencyKey::new(text).map_err(|_| StoreError::Damaged("an idempotency key that is none"))
}

pub(super) fn sku(row: &PgRow, index: usize) -> Result<Sku, StoreError> {
    Sku::new(row.try_get::<String, _>(index)?).map_err(|_| StoreError::Damaged("a SKU that is none"))
}

/// A sealed value; the column after it says by which key.
pub(super) fn sealed(row: &PgRow, index: usize) -> Result<Sealed, StoreError> {
    Ok(Sealed { bytes: row.try_get(index)?, vault_key: number(row, index + 1)? })
}

pub(super) fn time(row: &PgRow, index: usize) -> Result<Timestamp, StoreError> {
    Ok(crate::clock::from_milliseconds(row.try_get(index)?))
}

pub(super) fn money(row: &PgRow, index: usize, currency: Currency) -> Result<Money, StoreError> {
    Ok(Money::from_micros(row.try_get(index)?, currency))
}
