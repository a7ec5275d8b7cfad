//! Shares and amounts as the operator writes them.

use std::collections::BTreeMap;

use farthing_protocol::{Currency, Money};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

/// A share from 0 to 100 %, exact to four decimals of a per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Decimal")]
pub struct Percentage {
    parts_per_million: u32,
}

const WHOLE: i128 = 1_000_000;

impl Percentage {
    /// 100 %.
    pub(crate) const ALL: Self = Percentage { parts_per_million: 1_000_000 };

    /// In millionths.
    pub(crate) fn per_million(self) -> u32 {
        self.parts_per_million
    }

    /// The share of an amount in micros, rounded down.
    pub fn of(self, micros: i64) -> i64 {
        self.exactly_of(micros).div_euclid(WHOLE) as i64
    }

    /// The share of an amount in micros, in millionths of a micro.
    pub(crate) fn exactly_of(self, micros: i64) -> i128 {
        i128::from(micros) * i128::from(self.parts_per_million)
    }
}

impl TryFrom<Decimal> for Percentage {
    type Error = &'static str;

    fn try_from(percent: Decimal) -> Result<Self, Self::Error> {
        let parts = percent.checked_mul(Decimal::from(10_000)).map(|parts| parts.normalize());
        match parts.filter(|parts| parts.scale() == 0).and_then(|parts| parts.to_u32()) {
            Some(parts_per_million) if parts_per_million <= 1_000_000 => Ok(Percentage { parts_per_million }),
            _ => Err("a percentage is from 0 to 100, with at most four decimals"),
        }
    }
}

/// An amount for each currency, with a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<String, Decimal>")]
pub struct Amounts {
    default: i64,
    named: BTreeMap<Currency, i64>,
}

impl Amounts {
    /// The amount in a currency.
    pub fn of(&self, currency: Currency) -> Money {
        Money::from_micros(self.named.get(&currency).copied().unwrap_or(self.default), currency)
    }

    /// The currencies that are named.
    pub(super) fn named(&self) -> impl Iterator<Item = Currency> + '_ {
        self.named.keys().copied()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = i64> + '_ {
        self.named.values().copied().chain([self.default])
    }
}

impl TryFrom<BTreeMap<String, Decimal>> for Amounts {
    type Error = String;

    fn try_from(mut amounts: BTreeMap<String, Decimal>) -> Result<Self, String> {
        let micros = |amount: Decimal, currency: Currency| match Money::new(amount, currency) {
            Ok(money) if !money.is_negative() => Ok(money.micros()),
            Ok(_) => Err("an amount can't be negative".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let default = amounts.remove("default").ok_or("an amount needs a `default`")?;
        let default = micros(default, Currency::USD)?;
        let named = amounts
            .into_iter()
            .map(|(code, amount)| {
                let currency = code.parse::<Currency>().map_err(|error| error.to_string())?;
                Ok((currency, micros(amount, currency)?))
            })
            .collect::<Result<_, String>>()?;
        Ok(Amounts { default, named })
    }
}
