//! How amounts and keys look in the gateway's OpenAPI document.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::key::Jwk;
use crate::money::MoneyText;
use crate::{Money, PublicKey};

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        MoneyText::schema()
    }
}

impl ToSchema for Money {}

impl PartialSchema for PublicKey {
    fn schema() -> RefOr<Schema> {
        Jwk::schema()
    }
}

impl ToSchema for PublicKey {}
