//! Amounts as Stripe counts them (<https://docs.stripe.com/currencies>).

use farthing_protocol::{Currency, Money};

/// Currencies without decimals in ISO 4217 that Stripe counts in hundredths for older clients' sake
/// (<https://docs.stripe.com/currencies#special-cases>).
const IN_HUNDREDTHS: [&str; 2] = ["ISK", "UGX"];

/// Decimals of the unit that Stripe counts in.
fn decimals(currency: Currency) -> Option<u32> {
    let decimals = currency.exponent()?;
    Some(if IN_HUNDREDTHS.contains(&currency.code()) { 2 } else { decimals })
}

/// What Stripe is asked for. Nothing where it can't be: an amount that is no whole number of units. Of currencies with
/// three decimals Stripe charges whole tens of them.
pub(super) fn to_stripe(amount: Money) -> Option<i64> {
    let decimals = decimals(amount.currency())?;
    let unit = 10_i64.checked_pow(6_u32.checked_sub(decimals)?)?;
    let step = if decimals == 3 { unit * 10 } else { unit };
    (amount.is_positive() && amount.micros() % step == 0).then(|| amount.micros() / unit)
}

/// An amount of Stripe's.
pub(super) fn from_stripe(units: i64, currency: Currency) -> Option<Money> {
    let unit = 10_i64.checked_pow(6_u32.checked_sub(decimals(currency)?)?)?;
    Some(Money::from_micros(units.checked_mul(unit)?, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_counted_as_stripe_documents() {
        for (amount, currency, units) in [
            ("5.00", "USD", Some(500)),
            ("0.01", "USD", Some(1)),
            ("500", "JPY", Some(500)),
            ("5", "ISK", Some(500)),
            ("5", "UGX", Some(500)),
            ("5.12", "KWD", Some(5_120)),
            ("5.123", "KWD", None),
            ("5.001", "USD", None),
            ("0", "USD", None),
            ("-1", "USD", None),
            ("5", "gems", None),
        ] {
            let amount = Money::parse(amount, currency.parse().unwrap()).unwrap();
            assert_eq!(to_stripe(amount), units, "{amount}");
            if let Some(units) = units {
                assert_eq!(from_stripe(units, amount.currency()), Some(amount));
            }
        }
    }
}
