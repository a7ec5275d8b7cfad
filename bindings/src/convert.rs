//! From the core's types to those that cross the border, where they are the same in all but name.

use std::str::FromStr;

use farthing_core::IdentifierError;

use crate::WalletError;
use crate::error::invalid;

/// A list, one by one.
pub(crate) fn all<From, To: std::convert::From<From>>(list: Vec<From>) -> Vec<To> {
    list.into_iter().map(To::from).collect()
}

/// An identifier from its text.
pub(crate) fn identifier<T: FromStr<Err = IdentifierError>>(field: &str, text: &str) -> Result<T, WalletError> {
    text.parse().map_err(|error: IdentifierError| invalid(field, error.rule()))
}

/// Declares an enum without data that has the variants of one in the core. What a newer core has
/// beside them becomes the last.
macro_rules! same_enum {
    ($(#[$documentation:meta])* $name:ident = $core:path { $($(#[$variant_documentation:meta])* $variant:ident,)+ } else $rest:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
        pub enum $name { $($(#[$variant_documentation])* $variant,)+ }

        impl From<$core> for $name {
            fn from(value: $core) -> Self {
                use $core as Core;
                #[allow(unreachable_patterns, reason = "not each of them may get more variants")]
                match value {
                    $(Core::$variant => $name::$variant,)+
                    _ => $name::$rest,
                }
            }
        }
    };
}

pub(crate) use same_enum;
