//! What the player has.

use farthing_core as core;

use crate::convert::all;
use crate::{Money, Timestamp};

/// What the player has, for each currency.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Balance {
    /// Each currency, sorted by its code.
    pub currencies: Vec<CurrencyBalance>,
    /// When the gateway last confirmed it.
    pub as_of: Option<Timestamp>,
}

/// What the player has of one currency.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct CurrencyBalance {
    /// All that can be spent.
    pub total: Money,
    /// What can be spent on this device without a connection.
    pub offline_spendable: Money,
    /// What was spent here and waits for settlement.
    pub pending: Money,
}

impl From<core::Balance> for Balance {
    fn from(balance: core::Balance) -> Self {
        Balance { currencies: all(balance.currencies), as_of: balance.as_of }
    }
}

impl From<core::CurrencyBalance> for CurrencyBalance {
    fn from(line: core::CurrencyBalance) -> Self {
        CurrencyBalance {
            total: line.total.into(),
            offline_spendable: line.offline_spendable.into(),
            pending: line.pending.into(),
        }
    }
}
