//! Rules that the law sets, as far as the operator switches them on.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Amounts, Percentage};

/// Rules that the law sets. All are off where the file says nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulePolicy {
    /// When a card charge needs strong authentication.
    #[serde(default)]
    pub authentication: Option<LowValuePolicy>,
    /// What an account may hold and load.
    #[serde(default)]
    pub caps: CapPolicy,
    /// How old users must be.
    #[serde(default)]
    pub age: AgePolicy,
    /// Which tax is in a price.
    #[serde(default)]
    pub tax: Option<TaxPolicy>,
}

/// The tax that is in prices, for receipts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxPolicy {
    /// Where a user lives of whom the merchant does not say it: two letters (ISO 3166-1).
    pub country: String,
    /// The rate of each country, in per cent. A country that is not here has none.
    pub rates: BTreeMap<String, Percentage>,
}

/// Card charges without strong authentication (Delegated Regulation (EU) 2018/389, article 16).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowValuePolicy {
    /// The most that one may be.
    pub each: Amounts,
    /// The most that they may come to since the last strong authentication.
    pub in_all: Amounts,
    /// The most that may be made in a row.
    pub in_a_row: u32,
    /// Which of the two is counted.
    #[serde(default)]
    pub counted: Counted,
}

/// What is counted of the charges since the last strong authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// What they come to.
    Amount,
    /// How many they are.
    Count,
    /// Both: whichever is reached first.
    #[default]
    Both,
}

/// What an account may hold, and what may be loaded in a calendar month.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapPolicy {
    /// The most that it may hold.
    #[serde(default)]
    pub balance: Option<Amounts>,
    /// The most that may be loaded in a month.
    #[serde(default)]
    pub monthly_load: Option<Amounts>,
}

/// How old users must be, in years; 0 where it does not matter.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgePolicy {
    /// From which age on a card may be charged.
    #[serde(default)]
    pub top_ups_from: u8,
    /// Below which age only where a guardian has set a PIN.
    #[serde(default)]
    pub guardian_below: u8,
}
