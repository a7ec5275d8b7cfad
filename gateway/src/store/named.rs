//! Variants by name: one spelling on the wire and in the database.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// The name of a variant as JSON has it.
pub(crate) fn name<T: Serialize>(variant: &T) -> Result<String, StoreError> {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(StoreError::Damaged("a name that is no text")),
    }
}

pub(super) fn named<T: DeserializeOwned>(name: String) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(|_| StoreError::Damaged("an unknown name"))
}
