//! Amounts.

use farthing_core as core;

use crate::WalletError;
use crate::error::invalid;

/// An exact amount of one currency. It crosses as the whole number that it is kept as: each
/// language has its own decimals, and text between them would cost more than the call.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Money {
    /// Millionths of the major unit.
    pub micros: i64,
    /// An ISO 4217 code, or a virtual currency of the merchant.
    pub currency: String,
}

impl From<core::Money> for Money {
    fn from(money: core::Money) -> Self {
        Money { micros: money.micros(), currency: money.currency().code().to_owned() }
    }
}

impl TryFrom<Money> for core::Money {
    type Error = WalletError;

    fn try_from(money: Money) -> Result<Self, WalletError> {
        let currency = money.currency.parse().map_err(|error| invalid("currency", error))?;
        Ok(core::Money::from_micros(money.micros, currency))
    }
}
