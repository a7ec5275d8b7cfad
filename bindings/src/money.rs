//! Amounts.

use farthing_core as core;
pub use rust_decimal::Decimal;

use crate::WalletError;
use crate::error::invalid;

uniffi::custom_type!(Decimal, String, {
    remote,
    lower: |decimal| decimal.to_string(),
    try_lift: |text| Ok(Decimal::from_str_exact(&text)?),
});

/// An exact amount of one currency.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Money {
    /// In major units.
    pub amount: Decimal,
    /// An ISO 4217 code, or a virtual currency of the merchant.
    pub currency: String,
}

impl From<core::Money> for Money {
    fn from(money: core::Money) -> Self {
        Money { amount: money.amount(), currency: money.currency().code().to_owned() }
    }
}

impl TryFrom<Money> for core::Money {
    type Error = WalletError;

    fn try_from(money: Money) -> Result<Self, WalletError> {
        let currency = money.currency.parse().map_err(|error| invalid("currency", error))?;
        core::Money::new(money.amount, currency).map_err(|error| invalid("amount", error))
    }
}
