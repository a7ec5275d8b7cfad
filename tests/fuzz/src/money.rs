//! Amounts and currencies, as text and as JSON.

use farthing_protocol::{Currency, Money};

use crate::Verdict;
use crate::document::read;

/// The text is JSON of an amount, or a number and a currency with a space between them.
pub(crate) fn check(bytes: &[u8]) -> Verdict {
    let Ok(text) = std::str::from_utf8(bytes) else { return Verdict::Refused };
    let (number, code) = text.split_once(' ').unwrap_or((text, "USD"));
    let currency = code.parse::<Currency>();
    if let Ok(currency) = currency {
        assert_eq!(currency.code(), code);
        assert_eq!(currency.is_virtual(), code.starts_with(|first: char| first.is_ascii_lowercase()));
        assert!(!currency.is_virtual() || currency.exponent().is_none());
    }
    let parsed = currency.ok().and_then(|currency| Money::parse(number, currency).ok());
    match parsed.or_else(|| read(bytes)) {
        None => Verdict::Refused,
        Some(money) => {
            is_exact(money);
            Verdict::Read
        }
    }
}

/// Written and read it is the same, and each operation gives what whole numbers give, or an error.
fn is_exact(money: Money) {
    let (micros, currency) = (money.micros(), money.currency());
    assert_eq!(Money::parse(&money.amount().to_string(), currency), Ok(money));
    assert_eq!(Money::new(money.amount(), currency), Ok(money));
    let shown = money.to_string();
    let (amount, code) = shown.split_once(' ').unwrap();
    assert_eq!(Money::parse(amount, code.parse().unwrap()), Ok(money));

    let exactly = |result: Option<i64>, found: Result<Money, _>| {
        assert_eq!(result, found.ok().map(|money: Money| money.micros()));
    };
    for other in [0, 1, -1, 999_999, micros, i64::MAX, i64::MIN] {
        let amount = Money::from_micros(other, currency);
        exactly(micros.checked_add(other), money.plus(amount));
        exactly(micros.checked_sub(other), money.minus(amount));
    }
    for times in [0, 1, 3, u32::MAX] {
        exactly(micros.checked_mul(i64::from(times)), money.times(times));
    }
}
