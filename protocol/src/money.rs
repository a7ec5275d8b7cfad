//! Exact amounts: a whole number of micros and a currency, never a float.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;

/// An exact amount of one currency, counted in **micros**: millionths of the major unit
/// (250,000 micros of `USD` are $0.25), as Google Play's billing library counts.
///
/// Arithmetic is checked: it never wraps, never rounds and never mixes currencies.
/// In JSON it is `{"amount":"0.25","currency":"USD"}`.
///
/// ```
/// use farthing_protocol::{Currency, Money};
///
/// let price = Money::parse("0.25", Currency::USD)?;
/// let twenty = price.times(20)?;
/// assert_eq!(twenty.to_string(), "5.00 USD");
/// # Ok::<(), farthing_protocol::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "MoneyText", into = "MoneyText")]
pub struct Money {
    micros: i64,
    currency: Currency,
}

/// Why an amount can't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is no decimal number.
    #[error("{text:?} is no decimal amount; write it like \"0.25\"")]
    NotANumber {
        /// The text that was given, cut to a readable length.
        text: String,
    },
    /// The amount needs more than six decimals.
    #[error("an amount has at most 6 decimals")]
    TooPrecise,
    /// The amount is beyond ±9,223,372,036,854.775807.
    #[error("the amount is out of range")]
    OutOfRange,
    /// Two currencies met in one sum.
    #[error("{left} and {right} can't be mixed in one amount")]
    CurrencyMismatch {
        /// The currency of the amount that was added to.
        left: Currency,
        /// The currency of the other amount.
        right: Currency,
    },
}

/// The shape of an amount in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MoneyText {
    /// The amount in major units, with at most six decimals.
    #[cfg_attr(feature = "openapi", schema(example = "0.25", pattern = r"^-?[0-9]{1,13}(\.[0-9]{1,6})?$"))]
    amount: String,
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, example = "USD", pattern = r"^([A-Z]{3}|[a-z][a-z0-9_]{1,15})$")
    )]
    currency: Currency,
}

/// Micros of a major unit: 10⁶.
pub const MICROS_PER_UNIT: i64 = 1_000_000;
const MICROS_DECIMALS: u32 = 6;

impl Money {
    /// An amount from a decimal number of major units.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`] beyond six decimals (nothing is rounded),
    /// [`MoneyError::OutOfRange`] when it does not fit 64 bits of micros.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let mut micros = amount.normalize();
        if micros.scale() > MICROS_DECIMALS {
            return Err(MoneyError::TooPrecise);
        }
        micros.rescale(MICROS_DECIMALS);
        if micros.scale() != MICROS_DECIMALS {
            return Err(MoneyError::OutOfRange);
        }
        let micros = i64::try_from(micros.mantissa()).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Money { micros, currency })
    }

    /// An amount from text such as `"0.25"`.
    ///
    /// # Errors
    /// As [`Money::new`], and [`MoneyError::NotANumber`].
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let not_a_number = || MoneyError::NotANumber { text: amount.chars().take(32).collect() };
        // The parser also takes "1_000" and "+1": one amount has one way to be written.
        if !amount.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')) {
            return Err(not_a_number());
        }
        let decimal = Decimal::from_str_exact(amount).map_err(|_| not_a_number())?;
        Money::new(decimal, currency)
    }

    /// An amount from micros.
    pub const fn from_micros(micros: i64, currency: Currency) -> Self {
        Money { micros, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Money { micros: 0, currency }
    }

    /// Millionths of the major unit.
    pub const fn micros(&self) -> i64 {
        self.micros
    }

    /// The amount in major units.
    pub fn amount(&self) -> Decimal {
        Decimal::new(self.micros, MICROS_DECIMALS).normalize()
    }

    /// What it is counted in.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(&self) -> bool {
        self.micros > 0
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(&self) -> bool {
        self.micros < 0
    }

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.micros == 0
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference of two amounts of one currency; it may be negative.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// The amount, `quantity` times.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn times(self, quantity: u32) -> Result<Money, MoneyError> {
        let micros = self.micros.checked_mul(i64::from(quantity)).ok_or(MoneyError::OutOfRange)?;
        Ok(Money { micros, ..self })
    }

    /// Whether the amount is a whole number of minor units, as a card charge must be:
    /// whole cents for `exponent` 2.
    pub fn is_whole_minor_units(&self, exponent: u32) -> bool {
        self.amount().scale() <= exponent
    }

    fn combine(self, other: Money, with: fn(i64, i64) -> Option<i64>) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let micros = with(self.micros, other.micros).ok_or(MoneyError::OutOfRange)?;
        Ok(Money { micros, ..self })
    }
}

impl TryFrom<MoneyText> for Money {
    type Error = MoneyError;

    fn try_from(text: MoneyText) -> Result<Self, Self::Error> {
        Money::parse(&text.amount, text.currency)
    }
}

impl From<Money> for MoneyText {
    fn from(money: Money) -> Self {
        MoneyText { amount: money.amount().to_string(), currency: money.currency }
    }
}

/// `5.00 USD`: at least the decimals of the currency's minor unit, more where there are more.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.amount();
        let decimals = self.currency.exponent().unwrap_or(0);
        if amount.scale() < decimals {
            amount.rescale(decimals);
        }
        write!(f, "{amount} {}", self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn shows_at_least_the_minor_unit() {
        assert_eq!(usd("5").to_string(), "5.00 USD");
        assert_eq!(usd("0.0225").to_string(), "0.0225 USD");
        assert_eq!(Money::from_micros(3_000_000, Currency::JPY).to_string(), "3 JPY");
    }

    #[test]
    fn shows_the_same_to_people_and_to_programmers() {
        assert_eq!(format!("{:?}", usd("5")), "5.00 USD");
        assert_eq!(format!("{:?}", Currency::EUR), "EUR");
        assert_eq!("7.5 gems".to_owned(), Money::parse("7.50", "gems".parse().unwrap()).unwrap().to_string());
    }

    #[test]
    fn is_more_than_nothing_or_less_or_nothing() {
        for (amount, sign) in [("0.000001", 1), ("0", 0), ("-0.000001", -1), ("5", 1), ("-5", -1)] {
            let money = usd(amount);
            let is = (money.is_positive(), money.is_zero(), money.is_negative());
            assert_eq!(is, (sign > 0, sign == 0, sign < 0), "{amount}");
            assert_eq!(money.micros().signum(), sign);
        }
    }

    #[test]
    fn adds_takes_away_and_multiplies_exactly() {
        assert_eq!(usd("0.10").plus(usd("0.20")), Ok(usd("0.30")));
        assert_eq!(usd("0.10").minus(usd("0.20")), Ok(usd("-0.10")));
        assert_eq!(usd("0.005").times(200), Ok(usd("1")));
        assert_eq!(usd("0.10").times(0), Ok(Money::zero(Currency::USD)));
    }

    #[test]
    fn refuses_what_it_cannot_hold_exactly() {
        assert_eq!(Money::parse("0.0000001", Currency::USD), Err(MoneyError::TooPrecise));
        assert_eq!(Money::parse("9223372036854.775808", Currency::USD), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse("79228162514264337593543950335", Currency::USD), Err(MoneyError::OutOfRange));
        assert!(matches!(Money::parse("a quarter", Currency::USD), Err(MoneyError::NotANumber { .. })));
        assert!(matches!(Money::parse("1e3", Currency::USD), Err(MoneyError::NotANumber { .. })));
    }

    #[test]
    fn never_mixes_currencies_and_never_wraps() {
        let euro = Money::parse("1", Currency::EUR).unwrap();
        assert!(matches!(usd("1").plus(euro), Err(MoneyError::CurrencyMismatch { .. })));
        let most = Money::from_micros(i64::MAX, Currency::USD);
        assert_eq!(most.plus(usd("0.000001")), Err(MoneyError::OutOfRange));
        assert_eq!(most.times(2), Err(MoneyError::OutOfRange));
        assert_eq!(Money::from_micros(i64::MIN, Currency::USD).minus(usd("1")), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn a_json_amount_is_text_and_nothing_else() {
        assert_eq!(serde_json::to_string(&usd("0.25")).unwrap(), r#"{"amount":"0.25","currency":"USD"}"#);
        for bad in [
            r#"{"amount":0.25,"currency":"USD"}"#,
            r#"{"amount":"0.25"}"#,
            r#"{"amount":"0.25","currency":"USD","x":1}"#,
            r#"{"amount":"NaN","currency":"USD"}"#,
            r#"{"amount":"0.00000001","currency":"USD"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_card_is_charged_whole_minor_units() {
        assert!(usd("5.10").is_whole_minor_units(2));
        assert!(!usd("5.101").is_whole_minor_units(2));
        assert!(!Money::parse("1.5", Currency::JPY).unwrap().is_whole_minor_units(0));
    }

    proptest! {
        #[test]
        fn json_round_trips_every_amount(micros in any::<i64>()) {
            let money = Money::from_micros(micros, Currency::USD);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn what_is_added_can_be_taken_away(a in any::<i64>(), b in any::<i64>()) {
            let (a, b) = (Money::from_micros(a, Currency::USD), Money::from_micros(b, Currency::USD));
            if let Ok(sum) = a.plus(b) {
                prop_assert_eq!(sum.minus(b).unwrap(), a);
            }
        }
    }
}
