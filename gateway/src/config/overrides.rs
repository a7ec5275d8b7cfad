//! Settings by environment variables: `FARTHING__TOP_UP__MINIMUM__USD` is `minimum.USD` of `[top_up]`.
//!
//! Amounts and percentages stay text, so that they stay exact, and the names of currencies keep their capitals: layers of
//! configuration in general would guess at both, and lose the line that the file is wrong at.

use farthing_protocol::Currency;
use toml::{Table, Value};

use super::{Config, ConfigError, SAMPLE};

/// How a variable begins that is a setting of `gateway.toml`. Those of the command line have one underscore.
const PREFIX: &str = "FARTHING__";

/// Settings that take the place of those in `gateway.toml`.
#[derive(Clone, Debug, Default)]
pub struct Overrides(Vec<Override>);

#[derive(Clone, Debug)]
struct Override {
    variable: String,
    value: String,
}

impl Override {
    /// The members of the file that lead to the setting.
    fn path(&self) -> Vec<String> {
        self.variable.trim_start_matches(PREFIX).split("__").map(member).collect()
    }
}

/// A setting's name is in small letters, a currency's code is not.
fn member(segment: &str) -> String {
    let is_currency = segment.len() == 3 && segment.parse::<Currency>().is_ok();
    if is_currency { segment.to_owned() } else { segment.to_lowercase() }
}

impl Overrides {
    /// Those of this process's environment.
    ///
    /// # Errors
    /// [`ConfigError::Variable`] where one is no text.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let mut overrides = Vec::new();
        for (variable, value) in std::env::vars_os() {
            let variable = variable.to_string_lossy().into_owned();
            if variable.starts_with(PREFIX) {
                let value = value.into_string().map_err(|_| wrong(&variable, "it is no text"))?;
                overrides.push((variable, value));
            }
        }
        Ok(Overrides::from_iter(overrides))
    }

    /// Puts the settings in, one after the other, so that the one that is wrong can be named.
    pub(super) fn apply(&self, mut table: Table) -> Result<(Table, Config), ConfigError> {
        let sample: Table = toml::from_str(SAMPLE).unwrap_or_default();
        for one in &self.0 {
            set(&mut table, &sample, &one.path(), &one.value).map_err(|reason| wrong(&one.variable, reason))?;
            let read = table.clone().try_into::<Config>();
            read.map_err(|error| wrong(&one.variable, error.message()))?;
        }
        let config = table.clone().try_into().map_err(|error: toml::de::Error| wrong(PREFIX, error.message()))?;
        Ok((table, config))
    }

    /// The variables, for people.
    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|one| one.variable.as_str()).collect()
    }

    /// The variable that a setting is from, if it is.
    pub(crate) fn variable_of(&self, path: &[&str]) -> Option<&str> {
        self.0.iter().find(|one| one.path() == path).map(|one| one.variable.as_str())
    }
}

/// Variables and their values; those that are not settings are left out.
impl FromIterator<(String, String)> for Overrides {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let settings = variables.into_iter().filter(|(variable, _)| variable.starts_with(PREFIX));
        let mut overrides: Vec<_> = settings.map(|(variable, value)| Override { variable, value }).collect();
        // An environment has no order.
        overrides.sort_by(|one, other| one.variable.cmp(&other.variable));
        Overrides(overrides)
    }
}

fn wrong(variable: &str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Variable { name: variable.to_owned(), reason: reason.into().trim().to_owned() }
}

/// Sets one member; it is of the kind that it has in the sample.
fn set(table: &mut Table, sample: &Table, path: &[String], value: &str) -> Result<(), String> {
    let Some((name, rest)) = path.split_first() else { return Err("it names no setting".into()) };
    let known = sample.get(name);
    if !rest.is_empty() {
        let empty = Table::new();
        let within = known.and_then(Value::as_table).unwrap_or(&empty);
        let member = table.entry(name).or_insert_with(|| Table::new().into());
        let member = member.as_table_mut().ok_or_else(|| format!("`{name}` has no settings of its own"))?;
        return set(member, within, rest, value);
    }
    let value = match known {
        Some(Value::Table(_)) => return Err(format!("`{name}` is several settings: name one of them")),
        Some(Value::Integer(_)) => Value::Integer(value.parse().map_err(|_| "it must be a whole number".to_owned())?),
        Some(Value::Boolean(_)) => Value::Boolean(value.parse().map_err(|_| "it must be true or false".to_owned())?),
        _ => Value::String(value.to_owned()),
    };
    table.insert(name.clone(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let overrides = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Overrides::from_iter(overrides).apply(toml::from_str(SAMPLE).unwrap()).map(|(_, config)| config)
    }

    #[test]
    fn any_setting_can_be_a_variable() {
        let config = with(&[
            ("FARTHING__PUBLIC_URL", "https://pay.example"),
            ("FARTHING__PLATFORM__PERCENTAGE", "12.5"),
            ("FARTHING__TOP_UP__MINIMUM__USD", "1.25"),
            ("FARTHING__TOP_UP__MINIMUM__DEFAULT", "2"),
            ("FARTHING__ALLOWANCE__VALID_DAYS", "7"),
            ("FARTHING__LIMITS__DEVICE__BURST", "9"),
            ("FARTHING_DATA", "of the command line"),
        ])
        .unwrap();
        assert_eq!(config.public_url.as_deref(), Some("https://pay.example"));
        assert_eq!(config.platform.percentage.of(1_000_000), 125_000);
        assert_eq!(config.top_up.minimum.of(Currency::USD).to_string(), "1.25 USD");
        assert_eq!(config.top_up.minimum.of(Currency::EUR).to_string(), "2.00 EUR");
        assert_eq!((config.allowance.valid_days, config.limits.device.burst.get()), (7, 9));
        assert_eq!(config.limits.device.per_minute.get(), 30_000, "what is beside it stays");
    }

    #[test]
    fn a_variable_that_is_wrong_is_named() {
        for (variable, value, reason) in [
            ("FARTHING__PLATFORM__PERCENTAGE", "five", "invalid"),
            ("FARTHING__PLATFORM__PERCENTAGE", "101", "from 0 to 100"),
            ("FARTHING__PLATFORM__PRECENTAGE", "5", "unknown field"),
            ("FARTHING__PLATFORMS__PERCENTAGE", "5", "unknown field"),
            ("FARTHING__TOP_UP__MINIMUM__USD", "-1", "negative"),
            ("FARTHING__TOP_UP__MINIMUM", "1", "several settings"),
            ("FARTHING__ALLOWANCE__VALID_DAYS", "a week", "whole number"),
            ("FARTHING__LIMITS__DEVICE__BURST", "0", "nonzero"),
            ("FARTHING__PUBLIC_URL__HOST", "x", "invalid type"),
            ("FARTHING__", "x", "unknown field"),
        ] {
            let error = with(&[("FARTHING__PLATFORM__PERCENTAGE", "6"), (variable, value)]).unwrap_err();
            let ConfigError::Variable { name, reason: told } = &error else { panic!("{error}") };
            assert_eq!(name, variable);
            assert!(told.contains(reason), "{told}");
            assert!(error.to_string().contains(variable));
        }
    }
}
