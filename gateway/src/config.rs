//! The operator's policy, from `gateway.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use farthing_protocol::{Currency, Money};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

/// The file that a new gateway starts with; it is also the default.
pub(crate) const SAMPLE: &str = include_str!("gateway.toml");

/// What the operator decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where clients reach the gateway, when that is not where it listens.
    #[serde(default)]
    pub public_url: Option<String>,
    /// The platform's share.
    pub platform: PlatformPolicy,
    /// What each processor takes.
    pub processors: ProcessorPolicies,
    /// How much a card may be charged.
    pub top_up: TopUpPolicy,
    /// What devices may spend offline.
    pub allowance: AllowancePolicy,
    /// How long prices hold.
    pub catalog: CatalogPolicy,
}

/// The platform's share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformPolicy {
    /// Of each purchase.
    pub percentage: Percentage,
}

/// What each processor takes of a card charge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessorPolicies {
    /// The sandbox processor's imitation of a price list.
    pub sandbox: FeeSchedule,
}

/// What a processor takes of a card charge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeSchedule {
    /// Of the amount.
    pub percentage: Percentage,
    /// For each charge.
    pub fixed: Amounts,
}

/// How much a card may be charged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopUpPolicy {
    /// At least.
    pub minimum: Amounts,
    /// At most.
    pub maximum: Amounts,
}

/// What devices may spend offline.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowancePolicy {
    /// How much is reserved for a device, as far as the balance goes.
    pub reserve: Amounts,
    /// The most that one purchase may cost.
    pub purchase_max: Amounts,
    /// Days that a device may buy offline.
    pub valid_days: u32,
    /// Days after that in which what it bought is still accepted.
    pub settle_days: u32,
}

/// How long prices hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogPolicy {
    /// Days that a signed catalog is good for.
    pub valid_days: u32,
}

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{path} can't be read: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML, or not of the right shape.
    #[error("{path} is not right: {source}")]
    Malformed {
        /// Which file.
        path: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The file says something that can't be done.
    #[error("{path} is not right: {reason}")]
    Unusable {
        /// Which file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a TOML file.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let shown = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: shown(), source })?;
    toml::from_str(&text).map_err(|source| ConfigError::Malformed { path: shown(), source: Box::new(source) })
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let config: Config = read_toml(path)?;
        config.check().map_err(|reason| ConfigError::Unusable { path: path.display().to_string(), reason })?;
        Ok(config)
    }

    /// Checks what a file's shape can't: that each charge brings in more than it costs, and
    /// that limits leave something to do.
    fn check(&self) -> Result<(), String> {
        let (schedule, top_up) = (&self.processors.sandbox, &self.top_up);
        let policies = [&schedule.fixed, &top_up.minimum, &top_up.maximum];
        let named = policies.iter().flat_map(|amounts| amounts.named.keys().copied());
        // The default holds for every other currency: one for each number of decimals that there is.
        let examples = ["USD", "EUR", "JPY", "KWD", "CLF"].into_iter().filter_map(|code| code.parse().ok());
        for currency in named.chain(examples) {
            let minimum = least_charge(top_up.minimum.of(currency));
            if schedule.fee(minimum).micros() >= minimum.micros() {
                return Err(format!(
                    "the processor's fee would eat up a charge of {minimum}, the least that [top_up] allows: \
                     raise `minimum` or lower the fee"
                ));
            }
            if top_up.maximum.of(currency).micros() < minimum.micros() {
                return Err(format!("[top_up] allows no charge in {currency}: `maximum` is below `minimum`"));
            }
        }
        if self.allowance.valid_days == 0 || self.catalog.valid_days == 0 {
            return Err("`valid_days` must be at least 1".to_owned());
        }
        if self.allowance.purchase_max.all().any(|micros| micros <= 0) {
            return Err("`purchase_max` must be above zero".to_owned());
        }
        if let Some(url) = &self.public_url {
            check_url(url).map_err(|reason| format!("`public_url` {reason}"))?;
        }
        Ok(())
    }

    /// What a new gateway starts with.
    ///
    /// # Errors
    /// Never, as long as the file that is built in is right.
    pub fn sample() -> Result<Self, ConfigError> {
        Config::parse(SAMPLE).map_err(|source| ConfigError::Malformed {
            path: "the built-in gateway.toml".into(),
            source: Box::new(source),
        })
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// The least whole number of minor units from an amount on, at least one.
fn least_charge(amount: Money) -> Money {
    let unit = 10_i64.pow(6 - amount.currency().exponent().unwrap_or(6).min(6));
    let units = amount.micros().max(1).saturating_add(unit - 1) / unit;
    Money::from_micros(units.saturating_mul(unit), amount.currency())
}

/// Whether clients can be told to use this address.
pub(crate) fn check_url(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || !plain {
        return Err("must be like https://gateway.example, without user, query or fragment".to_owned());
    }
    Ok(url)
}

/// A share from 0 to 100 %, exact to four decimals of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Decimal")]
pub struct Percentage {
    parts_per_million: u32,
}

const WHOLE: i128 = 1_000_000;

impl Percentage {
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

    fn all(&self) -> impl Iterator<Item = i64> + '_ {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_right() {
        let config = Config::sample().unwrap();
        assert_eq!(config.platform.percentage.of(1_000_000), 50_000);
        assert_eq!(config.top_up.minimum.of(Currency::EUR).to_string(), "0.50 EUR");
        assert_eq!(config.top_up.minimum.of(Currency::JPY).to_string(), "50 JPY");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (good, bad) in [
            (r#"percentage = "5""#, r#"percentage = "101""#),
            (r#"percentage = "5""#, r#"percentage = "-1""#),
            (r#"percentage = "5""#, r#"percentage = "0.00001""#),
            (r#"default = "0.50""#, r#"other = "0.50""#),
            (r#"default = "0.50""#, r#"default = "-0.50""#),
            ("[platform]", "[platforms]"),
        ] {
            assert!(SAMPLE.contains(good), "{good}");
            assert!(Config::parse(&SAMPLE.replace(good, bad)).is_err(), "{bad}");
        }
        assert_eq!(Config::sample().unwrap().check(), Ok(()));
    }

    #[test]
    fn a_policy_that_would_lose_money_or_can_not_work_is_refused() {
        for (good, bad) in [
            (r#"fixed = { default = "0.30", JPY = "45" }"#, r#"fixed = { default = "0.50", JPY = "45" }"#),
            (r#"fixed = { default = "0.30", JPY = "45" }"#, r#"fixed = { default = "0.30", JPY = "49" }"#),
            (r#"percentage = "2.9""#, r#"percentage = "100""#),
            (r#"minimum = { default = "0.50", JPY = "50" }"#, r#"minimum = { default = "0", JPY = "50" }"#),
            (r#"maximum = { default = "500.00", JPY = "75000" }"#, r#"maximum = { default = "0.40" }"#),
            ("valid_days = 30\nsettle_days", "valid_days = 0\nsettle_days"),
            (r#"purchase_max = { default = "100.00""#, r#"purchase_max = { default = "0""#),
            (r#"# public_url = "https://gateway.example""#, r#"public_url = "gateway.example""#),
        ] {
            assert!(SAMPLE.contains(good), "{good}");
            assert!(Config::parse(&SAMPLE.replace(good, bad)).unwrap().check().is_err(), "{bad}");
        }
    }
}
