//! The operator's policy, from `gateway.toml` and the environment.

mod amount;
mod bank_account;
mod charges;
mod overrides;
mod rules;
mod stores;
mod tabs;

use std::path::Path;

use farthing_protocol::Money;
use serde::Deserialize;

use crate::ledger::minor_unit;

pub use self::amount::{Amounts, Percentage};
pub use self::bank_account::{AccountHolder, BankAccount, Bic, PayoutPolicy};
pub(crate) use self::charges::ChargePolicy;
pub use self::overrides::Overrides;
pub use self::rules::{AgePolicy, CapPolicy, Counted, LowValuePolicy, RulePolicy, TaxPolicy};
pub use self::stores::{AppStorePolicy, GooglePlayPolicy, Pack, StoreEnvironment};
pub use self::tabs::TabPolicy;
pub use crate::limits::{LimitPolicy, RateLimit};

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
    /// How large tabs may be.
    #[serde(default)]
    pub tabs: TabPolicy,
    /// What devices may spend offline.
    pub allowance: AllowancePolicy,
    /// How long prices hold.
    pub catalog: CatalogPolicy,
    /// What players may have refunded by themselves.
    #[serde(default)]
    pub refunds: RefundPolicy,
    /// What becomes of tips to creators.
    #[serde(default)]
    pub tips: TipPolicy,
    /// Between which bank accounts payouts go, where that is said.
    #[serde(default)]
    pub payouts: Option<PayoutPolicy>,
    /// How often callers may ask.
    #[serde(default)]
    pub limits: LimitPolicy,
    /// How players' own spending limits change.
    #[serde(default)]
    pub spending: SpendingPolicy,
    /// Rules that the law sets, as far as they are switched on.
    #[serde(default)]
    pub rules: RulePolicy,
}

/// How players' own spending limits change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendingPolicy {
    /// Hours until a limit is looser that its player has loosened.
    pub cooling_off_hours: u32,
}

impl Default for SpendingPolicy {
    fn default() -> Self {
        SpendingPolicy { cooling_off_hours: 24 }
    }
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
    /// Stripe, which charges cards in place of the sandbox where it is there.
    #[serde(default)]
    pub stripe: Option<StripePolicy>,
    /// Apple's App Store, where packs of balance are sold by In-App Purchase.
    #[serde(default)]
    pub app_store: Option<AppStorePolicy>,
    /// Google Play, where packs of balance are sold by Play's billing.
    #[serde(default)]
    pub google_play: Option<GooglePlayPolicy>,
}

impl ProcessorPolicies {
    /// What the processor takes that charges cards here.
    pub fn fees(&self) -> &FeeSchedule {
        self.stripe.as_ref().map_or(&self.sandbox, |stripe| &stripe.fees)
    }
}

/// How cards are charged through Stripe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripePolicy {
    /// Where the cardholder goes on after the bank's page: a page of the game's, or a link that opens the app.
    pub return_url: String,
    /// What Stripe takes of each charge. It holds until Stripe has said what it took.
    pub fees: FeeSchedule,
    /// Where Stripe's API is, when that is not Stripe: for tests.
    #[serde(default)]
    pub api: Option<String>,
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

/// What players may have refunded by themselves.
///
/// A file of before says nothing of it: no update begins to give money back.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundPolicy {
    /// Hours after its settlement in which an unused purchase is refunded on the player's word alone; 0 for never.
    pub self_service_hours: u32,
    /// Percent of a pass that may have run where it counts as unused; 0 for one that has not begun.
    #[serde(default)]
    pub pass_used_percent: u32,
}

/// What becomes of tips to creators.
///
/// A file of before says nothing of it: no update begins to take a share, or to give money back.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TipPolicy {
    /// The platform's share of each tip.
    pub percentage: Percentage,
    /// Hours after its settlement in which a tip is refunded on the player's word alone; 0 for never.
    pub grace_hours: u32,
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
    /// A setting in the environment is not right.
    #[error("{name} is not right: {reason}")]
    Variable {
        /// Which variable.
        name: String,
        /// What is wrong.
        reason: String,
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
        Ok(Config::read_with(path, &Overrides::default())?.1)
    }

    /// Reads a file and puts the settings of an environment in; returns the whole as TOML, too.
    pub(crate) fn read_with(path: &Path, overrides: &Overrides) -> Result<(toml::Table, Self), ConfigError> {
        let file: Config = read_toml(path)?;
        let (table, config) = match overrides.names()[..] {
            [] => (read_toml(path)?, file),
            _ => overrides.apply(read_toml(path)?)?,
        };
        config.check().map_err(|reason| {
            let path = [&[&*path.display().to_string()], &overrides.names()[..]].concat().join(", with ");
            ConfigError::Unusable { path, reason }
        })?;
        Ok((table, config))
    }

    /// Checks what a file's shape can't: that each charge brings in more than it costs, and
    /// that limits leave something to do.
    fn check(&self) -> Result<(), String> {
        let (schedule, top_up) = (self.processors.fees(), &self.top_up);
        let policies = [&schedule.fixed, &top_up.minimum, &top_up.maximum];
        let named = policies.iter().flat_map(|amounts| amounts.named());
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
        if let Some(tax) = &self.rules.tax {
            let mut countries = tax.rates.keys().chain([&tax.country]);
            if let Some(bad) = countries.find(|country| !is_country(country)) {
                return Err(format!("[rules.tax] names a country `{bad}`: it takes two capital letters, such as DE"));
            }
        }
        if let Some(stripe) = &self.processors.stripe {
            url::Url::parse(&stripe.return_url).map_err(|error| format!("`return_url` is no URL: {error}"))?;
            if let Some(api) = &stripe.api {
                check_api(api).map_err(|reason| format!("`api` {reason}"))?;
            }
        }
        self.processors.app_store.as_ref().map_or(Ok(()), AppStorePolicy::check)?;
        self.processors.google_play.as_ref().map_or(Ok(()), GooglePlayPolicy::check)?;
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

    /// The same, with more lines.
    #[cfg(test)]
    pub(crate) fn sample_with(lines: &str) -> Result<Self, toml::de::Error> {
        Config::parse(&format!("{SAMPLE}\n{lines}\n"))
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// Whether a text looks like a country of ISO 3166-1: two capital letters.
pub(crate) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The least whole number of minor units from an amount on, at least one.
pub(crate) fn least_charge(amount: Money) -> Money {
    let unit = minor_unit(amount.currency());
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

/// Whether a processor may be asked at this address: what is sent there has its secret key.
pub(crate) fn check_api(text: &str) -> Result<(), String> {
    let url = check_url(text)?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() == "https" || is_here { Ok(()) } else { Err("must be https, but on this machine".to_owned()) }
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;

    use super::*;

    #[test]
    fn the_sample_is_right() {
        let config = Config::sample().unwrap();
        assert_eq!(config.platform.percentage.of(1_000_000), 50_000);
        assert_eq!((config.tips.percentage.of(1_000_000), config.tips.grace_hours), (20_000, 1));
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

    fn stripe(lines: &str) -> String {
        format!("[processors.stripe]\n{lines}\nfees = {{ percentage = \"2.9\", fixed = {{ default = \"0.30\" }} }}")
    }

    #[test]
    fn a_processor_is_asked_over_https_or_on_this_machine() {
        for good in ["https://stripe.example", "http://127.0.0.1:12111", "http://[::1]:12111"] {
            let section = stripe(&format!("return_url = \"game://paid\"\napi = \"{good}\""));
            let config = Config::parse(&SAMPLE.replace("# [processors.stripe]", &section)).unwrap();
            assert_eq!(config.check(), Ok(()), "{good}");
        }
    }

    fn app_store(lines: &str) -> String {
        format!(
            "[processors.app_store]\nbundle_id = \"com.example.game\"\nenvironment = \"sandbox\"\n\
             fees = {{ percentage = \"15\", fixed = {{ default = \"0\" }} }}\n[processors.app_store.packs]\n{lines}"
        )
    }

    #[test]
    fn a_pack_says_what_it_credits_and_what_it_costs() {
        let pack = "\"com.example.balance_5\" = { currency = \"USD\", credit = \"5.00\", price = \"4.99\" }";
        let config = Config::parse(&SAMPLE.replace("# [processors.stripe]", &app_store(pack))).unwrap();
        assert_eq!(config.check(), Ok(()));
        let packs = &config.processors.app_store.as_ref().unwrap().packs;
        let pack = packs["com.example.balance_5"];
        assert_eq!((pack.credit.to_string(), pack.price.to_string()), ("5.00 USD".into(), "4.99 USD".into()));
        for bad in [
            "five = { currency = \"gems\", credit = \"5\", price = \"5\" }",
            "five = { currency = \"USD\", credit = \"0\", price = \"5\" }",
            "five = { currency = \"USD\", credit = \"5\", price = \"-5\" }",
            "five = { currency = \"USD\", credit = \"5\" }",
        ] {
            assert!(Config::parse(&SAMPLE.replace("# [processors.stripe]", &app_store(bad))).is_err(), "{bad}");
        }
        let nothing = Config::parse(&SAMPLE.replace("# [processors.stripe]", &app_store(""))).unwrap();
        assert!(nothing.check().unwrap_err().contains("packs"));
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
            ("# [processors.stripe]", &stripe("return_url = \"paid\"")),
            ("# [processors.stripe]", &stripe("return_url = \"game://paid\"\napi = \"http://stripe.example\"")),
        ] {
            assert!(SAMPLE.contains(good), "{good}");
            assert!(Config::parse(&SAMPLE.replace(good, bad)).unwrap().check().is_err(), "{bad}");
        }
    }
}
