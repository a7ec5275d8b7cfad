//! What charging a card costs, and how much may be charged: advice, so that a wallet can suggest amounts.

use serde::{Deserialize, Serialize};

use crate::{Currency, Money};

const MILLION: i128 = 1_000_000;

/// What the gateway's processor takes of each charge in one currency, by the operator's price list, and how much a
/// charge may be. No money moves by it: what a charge has cost is in the ledger.
///
/// ```
/// use farthing_protocol::{ChargeTerms, Currency, Money};
///
/// let usd = |text| Money::parse(text, Currency::USD);
/// let terms = ChargeTerms { per_million: 29_000, fixed: usd("0.30")?, minimum: usd("0.50")?, maximum: usd("500")? };
/// assert_eq!(terms.fee(usd("5.00")?), Some(usd("0.45")?));
/// assert_eq!(terms.least(90_000), Some(usd("4.89")?)); // from here on a charge costs 9 % at most
/// # Ok::<(), farthing_protocol::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeTerms {
    /// Millionths of the amount: 29,000 are 2.9 %.
    pub per_million: u32,
    /// For each charge.
    pub fixed: Money,
    /// The least that a charge may be.
    pub minimum: Money,
    /// The most that a charge may be.
    pub maximum: Money,
}

impl ChargeTerms {
    /// The currency that charges are in.
    pub fn currency(&self) -> Currency {
        self.fixed.currency()
    }

    /// What a charge costs, rounded half up to the minor unit. `None` for an amount in another currency, or out of
    /// range.
    pub fn fee(&self, amount: Money) -> Option<Money> {
        if amount.currency() != self.currency() {
            return None;
        }
        let unit = self.unit()?;
        let unit_parts = i128::from(unit) * MILLION;
        let units = (self.exactly(amount.micros()) + unit_parts / 2).div_euclid(unit_parts);
        let micros = i64::try_from(units * i128::from(unit)).ok()?;
        Some(Money::from_micros(micros, self.currency()))
    }

    /// The least charge from which on no charge costs more than this share of it, in millionths. `None` where there is
    /// none, because the percentage alone is as much.
    pub fn least(&self, share_per_million: u32) -> Option<Money> {
        let unit = self.unit()?;
        let room = i128::from(share_per_million.checked_sub(self.per_million).filter(|room| *room > 0)?);
        // Rounding adds half a unit at most: from here on it is certain. Below, each amount is looked at.
        let half_unit = i128::from(unit) / 2;
        let certain = (i128::from(self.fixed.micros()) + half_unit) * MILLION / room;
        let minimum = units_up(i128::from(self.minimum.micros()).max(1), unit);
        let mut least = units_up(certain, unit).max(minimum);
        while least > minimum {
            let below = Money::from_micros(i64::try_from((least - 1) * i128::from(unit)).ok()?, self.currency());
            let fee = i128::from(self.fee(below)?.micros());
            if fee * MILLION > i128::from(below.micros()) * i128::from(share_per_million) {
                break;
            }
            least -= 1;
        }
        let micros = i64::try_from(least * i128::from(unit)).ok()?;
        Some(Money::from_micros(micros, self.currency()))
    }

    /// What a charge costs before it is rounded, in millionths of a micro.
    fn exactly(&self, micros: i64) -> i128 {
        i128::from(micros) * i128::from(self.per_million) + i128::from(self.fixed.micros()) * MILLION
    }

    /// Micros of a minor unit; none for a virtual currency, in which nothing is charged.
    fn unit(&self) -> Option<i64> {
        10_i64.checked_pow(6_u32.checked_sub(self.currency().exponent()?)?)
    }
}

/// Whole minor units, rounded up.
fn units_up(micros: i128, unit: i64) -> i128 {
    let unit = i128::from(unit);
    micros.div_euclid(unit) + i128::from(micros.rem_euclid(unit) != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str, currency: Currency) -> Money {
        Money::parse(text, currency).unwrap()
    }

    fn usd(text: &str) -> Money {
        money(text, Currency::USD)
    }

    fn terms(per_million: u32, fixed: &str) -> ChargeTerms {
        ChargeTerms { per_million, fixed: usd(fixed), minimum: usd("0.50"), maximum: usd("500") }
    }

    /// Stripe's price list for cards in the United States.
    const STRIPE: (u32, &str) = (29_000, "0.30");

    fn holds(terms: &ChargeTerms, amount: Money, share: u32) -> bool {
        let fee = i128::from(terms.fee(amount).unwrap().micros());
        fee * MILLION <= i128::from(amount.micros()) * i128::from(share)
    }

    #[test]
    fn a_fee_is_rounded_half_up_to_the_cent() {
        let terms = terms(STRIPE.0, STRIPE.1);
        // 0.30725, 0.44181, 0.44471, 0.445 and 0.88 before they are rounded.
        for (amount, fee) in [("0.25", "0.31"), ("4.89", "0.44"), ("4.99", "0.44"), ("5.00", "0.45"), ("20.00", "0.88")]
        {
            assert_eq!(terms.fee(usd(amount)), Some(usd(fee)), "{amount}");
        }
        assert_eq!(terms.fee(money("5", Currency::EUR)), None);
    }

    #[test]
    fn nine_per_cent_are_kept_from_four_dollars_and_eighty_nine_cents_on() {
        let terms = terms(STRIPE.0, STRIPE.1);
        assert_eq!(terms.least(90_000), Some(usd("4.89")));
        assert!(!holds(&terms, usd("4.88"), 90_000)); // 0.44 of 4.88 are 9.02 %
        assert!(holds(&terms, usd("5.00"), 90_000)); // 0.45 of 5.00 are 9 % to the micro
    }

    #[test]
    fn where_the_percentage_alone_is_as_much_there_is_no_such_charge() {
        assert_eq!(terms(90_000, "0.30").least(90_000), None);
        assert_eq!(terms(300_000, "0").least(90_000), None);
    }

    #[test]
    fn it_is_never_less_than_what_may_be_charged() {
        assert_eq!(terms(8_000, "0").least(90_000), Some(usd("0.50")));
        let yen = |text| money(text, Currency::JPY);
        let terms = ChargeTerms { per_million: 36_000, fixed: yen("0"), minimum: yen("50"), maximum: yen("75000") };
        assert_eq!((terms.least(90_000), terms.fee(yen("50"))), (Some(yen("50")), Some(yen("2"))));
    }

    #[test]
    fn nothing_is_charged_in_a_virtual_currency() {
        let gems = Money::zero("gems".parse().unwrap());
        let terms = ChargeTerms { per_million: 0, fixed: gems, minimum: gems, maximum: gems };
        assert_eq!((terms.fee(gems), terms.least(90_000)), (None, None));
    }

    proptest! {
        #[test]
        fn from_the_least_on_the_share_is_kept_and_just_below_it_is_not(
            per_million in 0_u32..80_000, fixed in 0_i64..2_000, share in 80_001_u32..200_000, more in 0_i64..100_000,
        ) {
            let fixed = Money::from_micros(fixed * 1_000, Currency::USD);
            let minimum = Money::from_micros(10_000, Currency::USD);
            let terms = ChargeTerms { per_million, fixed, minimum, maximum: usd("100000") };
            let least = terms.least(share).unwrap();
            let above = Money::from_micros(least.micros() + more * 10_000, Currency::USD);
            prop_assert!(holds(&terms, least, share) && holds(&terms, above, share), "{least} {above}");
            let below = Money::from_micros(least.micros() - 10_000, Currency::USD);
            prop_assert!(least == minimum || !holds(&terms, below, share), "{least}");
        }
    }
}
