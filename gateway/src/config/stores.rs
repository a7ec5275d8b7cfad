//! What the operator says of app stores: whose purchases are taken, and what each pack of balance credits.

use std::collections::BTreeMap;

use farthing_protocol::{Currency, Money};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::FeeSchedule;

/// How packs that were bought in Apple's App Store are credited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppStorePolicy {
    /// The app that sells them.
    pub bundle_id: String,
    /// Which of the store's purchases are taken: those of testers, or paid ones.
    pub environment: StoreEnvironment,
    /// What Apple takes of each price.
    pub fees: FeeSchedule,
    /// Whether Apple keeps its fee of a price that it gives back.
    #[serde(default)]
    pub keeps_fee_of_refunds: bool,
    /// What is credited, by the product's identifier in App Store Connect.
    pub packs: BTreeMap<String, Pack>,
}

/// How packs that were bought in Google Play are credited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GooglePlayPolicy {
    /// The app that sells them.
    pub package_name: String,
    /// Which of the store's purchases are taken: those of licence testers, or paid ones.
    pub environment: StoreEnvironment,
    /// What Google takes of each price.
    pub fees: FeeSchedule,
    /// Whether Google keeps its fee of a price that it gives back.
    #[serde(default)]
    pub keeps_fee_of_refunds: bool,
    /// What is credited, by the product's identifier in the Play Console.
    pub packs: BTreeMap<String, Pack>,
    /// Where the Play Developer API is, when that is not Google: for tests.
    #[serde(default)]
    pub api: Option<String>,
}

/// Which of a store's purchases are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreEnvironment {
    /// Those of testers, which nobody pays.
    Sandbox,
    /// Those that are paid.
    Production,
}

/// A pack of balance that a store sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PackOfFile")]
pub struct Pack {
    /// What it credits to the balance.
    pub credit: Money,
    /// What the store sells it for, without taxes and in the currency of the balance. The store's fee is taken of it;
    /// where it is not what is credited, the difference is the platform's.
    pub price: Money,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackOfFile {
    currency: String,
    credit: Decimal,
    price: Decimal,
}

impl TryFrom<PackOfFile> for Pack {
    type Error = String;

    fn try_from(file: PackOfFile) -> Result<Self, String> {
        let currency: Currency = file.currency.parse().map_err(|error| format!("`currency`: {error}"))?;
        if currency.exponent().is_none() {
            return Err(format!("`currency`: no store sells anything for {currency}"));
        }
        let above_zero = |amount: Decimal, name: &str| match Money::new(amount, currency) {
            Ok(amount) if amount.is_positive() => Ok(amount),
            Ok(_) => Err(format!("`{name}` must be above zero")),
            Err(error) => Err(format!("`{name}`: {error}")),
        };
        Ok(Pack { credit: above_zero(file.credit, "credit")?, price: above_zero(file.price, "price")? })
    }
}

impl AppStorePolicy {
    pub(super) fn check(&self) -> Result<(), String> {
        check_app("bundle_id", &self.bundle_id)?;
        check_packs("app_store", &self.fees, &self.packs)
    }
}

impl GooglePlayPolicy {
    pub(super) fn check(&self) -> Result<(), String> {
        check_app("package_name", &self.package_name)?;
        if let Some(api) = &self.api {
            super::check_api(api).map_err(|reason| format!("`api` {reason}"))?;
        }
        check_packs("google_play", &self.fees, &self.packs)
    }
}

fn check_app(setting: &str, name: &str) -> Result<(), String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_right = !name.is_empty() && name.len() <= 155 && name.bytes().all(is_name);
    if is_right { Ok(()) } else { Err(format!("`{setting}` is no app's name, such as com.example.game")) }
}

fn check_packs(store: &str, fees: &FeeSchedule, packs: &BTreeMap<String, Pack>) -> Result<(), String> {
    if packs.is_empty() {
        return Err(format!("[processors.{store}.packs] is empty: nothing could be credited"));
    }
    for (product, pack) in packs {
        if fees.fee(pack.price).micros() >= pack.price.micros() {
            return Err(format!("the store's fee would eat up the price of {product:?}, {}", pack.price));
        }
    }
    Ok(())
}
