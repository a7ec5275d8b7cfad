//! Names of things: accounts, devices, entries, items.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::{CREATOR_ID_LENGTH_MAX, IDEMPOTENCY_KEY_LENGTH_MAX, SKU_LENGTH_MAX};

macro_rules! uuid_identifier {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh identifier (UUID version 7, RFC 9562: they sort by time).
            pub fn generate() -> Self {
                // Without a counter that all share: identifiers of one millisecond are told apart by chance alone,
                // and those that must be in order are made in order (`from_bytes`).
                Self(Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)))
            }

            /// An identifier that was made before.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| IdentifierError { what: stringify!($name), rule: "is a UUID" })
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::Custom("uuid".into())))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

uuid_identifier! {
    /// A user's money with one merchant, at the gateway.
    AccountId
}
uuid_identifier! {
    /// One installation of an app: it has a P-256 key of its own.
    DeviceId
}
uuid_identifier! {
    /// One entry of a journal; a purchase is known by the entry that made it.
    EntryId
}
uuid_identifier! {
    /// A card, as the vault names it: the token that stands for the PAN.
    CardId
}
uuid_identifier! {
    /// One top-up of an account's balance.
    TopUpId
}
uuid_identifier! {
    /// One tab: what a card has authorised, to be spent now and charged once.
    TabId
}
uuid_identifier! {
    /// One refund.
    RefundId
}
uuid_identifier! {
    /// One request for a guardian's approval of a purchase.
    ApprovalId
}

impl EntryId {
    /// An identifier made of a time and random bytes given from outside (UUID version 7),
    /// so that a simulation can make the same one again.
    pub fn from_parts(unix_milliseconds: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_milliseconds, &random).into_uuid())
    }
}

/// A text that is not the identifier it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {what} {rule}")]
pub struct IdentifierError {
    what: &'static str,
    rule: &'static str,
}

impl IdentifierError {
    pub(crate) fn of(what: &'static str, rule: &'static str) -> Self {
        IdentifierError { what, rule }
    }

    /// What it should be, as the rest of a sentence: "is a UUID".
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

macro_rules! text_identifier {
    ($(#[$documentation:meta])* $name:ident, $length_max:expr, $allowed:expr, $rule:literal, $pattern:literal) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks a text and takes it.
            ///
            /// # Errors
            #[doc = concat!("When it breaks the rule: it ", $rule, ".")]
            pub fn new(text: impl Into<String>) -> Result<Self, IdentifierError> {
                let text = text.into();
                let allowed: fn(u8) -> bool = $allowed;
                if text.is_empty() || text.len() > $length_max || !text.bytes().all(allowed) {
                    return Err(IdentifierError { what: stringify!($name), rule: $rule });
                }
                Ok(Self(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, Type};
                ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern)).into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

text_identifier! {
    /// A stock keeping unit: what the merchant's catalog calls an item, such as `extra_life`.
    Sku,
    SKU_LENGTH_MAX,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'),
    "has 1 to 100 letters, digits, '_', '-', '.' and ':'",
    "^[A-Za-z0-9_.:-]{1,100}$"
}
text_identifier! {
    /// What makes a user's action happen once, however often it is asked for: the same key
    /// always means the same action.
    IdempotencyKey,
    IDEMPOTENCY_KEY_LENGTH_MAX,
    |b| b.is_ascii_graphic(),
    "has 1 to 64 visible ASCII characters",
    "^[!-~]{1,64}$"
}

text_identifier! {
    /// What the merchant calls a creator, such as `ana`.
    CreatorId,
    CREATOR_ID_LENGTH_MAX,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'),
    "has 1 to 64 letters, digits, '_', '-', '.' and ':'",
    "^[A-Za-z0-9_.:-]{1,64}$"
}

/// What the names of tips begin with; no item's does.
const TIP: &str = "tip:";

impl CreatorId {
    /// What a tip to this creator is called where purchases are called by their item: `tip:ana`.
    pub fn sku(&self) -> Sku {
        Sku([TIP, &self.0].concat())
    }

    /// The creator that a name of tips stands for; `None` for that of an item.
    pub fn of_sku(sku: &Sku) -> Option<CreatorId> {
        sku.0.strip_prefix(TIP).and_then(|creator| CreatorId::new(creator).ok())
    }
}

impl Sku {
    /// Whether it is a name of tips, which no item can have.
    pub fn is_of_tips(&self) -> bool {
        self.0.starts_with(TIP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tip_has_a_name_as_a_purchase_has() {
        let longest = CreatorId::new("x".repeat(64)).unwrap();
        assert_eq!(Sku::new(longest.sku().as_str()), Ok(longest.sku()));
        assert_eq!(CreatorId::of_sku(&longest.sku()), Some(longest));
        assert_eq!(CreatorId::of_sku(&Sku::new("extra_life").unwrap()), None);
        assert!(CreatorId::new("x".repeat(65)).is_err());
    }

    #[test]
    fn an_entry_id_sorts_by_time_and_can_be_made_again() {
        let earlier = EntryId::from_parts(1_000, [9; 10]);
        let later = EntryId::from_parts(2_000, [1; 10]);
        assert!(earlier < later);
        assert_eq!(earlier, EntryId::from_parts(1_000, [9; 10]));
        assert_eq!(earlier.to_string().parse::<EntryId>().unwrap(), earlier);
    }

    #[test]
    fn a_sku_is_what_a_catalog_may_name() {
        assert!(Sku::new("extra_life").is_ok());
        for bad in ["", "extra life", "naïve", &"x".repeat(101), "a/b"] {
            assert!(Sku::new(bad).is_err(), "{bad}");
        }
    }
}
