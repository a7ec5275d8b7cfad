//! Which amounts to offer a player who tops up: a charge has a fixed fee, so a larger one loses a smaller share of itself.

use farthing_protocol::{Catalog, ChargeTerms, Money};

/// What fees may take of what is offered, in millionths: 9 %.
const SHARE_MAX: u32 = 90_000;
/// How many amounts are offered.
const OFFERED: usize = 3;

/// An amount to offer, and what the processor is expected to take of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopUpAdvice {
    /// How much to top up.
    pub amount: Money,
    /// What the processor takes of it, by the operator's price list.
    pub fee: Money,
    /// The fee's share of the amount, in millionths, rounded up: 90,000 are 9 %.
    pub fee_per_million: u32,
}

impl TopUpAdvice {
    /// The amounts to offer by a catalog, for each currency that it says the price list of, the least first.
    pub fn all(catalog: &Catalog) -> Vec<TopUpAdvice> {
        catalog.charges.iter().flat_map(advise).collect()
    }
}

fn advise(terms: &ChargeTerms) -> Vec<TopUpAdvice> {
    // Where the percentage alone is more, the least that can be charged is where to begin.
    let least = terms.least(SHARE_MAX).unwrap_or(terms.minimum).micros();
    let maximum = terms.maximum.micros();
    let mut amounts: Vec<i64> = round_amounts(least).take_while(|micros| *micros <= maximum).take(OFFERED).collect();
    if amounts.is_empty() && least <= maximum {
        amounts.push(least);
    }
    amounts.into_iter().filter_map(|micros| advice(terms, Money::from_micros(micros, terms.currency()))).collect()
}

fn advice(terms: &ChargeTerms, amount: Money) -> Option<TopUpAdvice> {
    let fee = terms.fee(amount)?;
    let (part, whole) = (i128::from(fee.micros()) * 1_000_000, i128::from(amount.micros()));
    let share = part.checked_div(whole)? + i128::from(part % whole != 0);
    Some(TopUpAdvice { amount, fee, fee_per_million: share.try_into().ok()? })
}

/// 1, 2, 5, 10, 20, … of the major unit, from an amount on: what a player reads at a glance.
fn round_amounts(micros: i64) -> impl Iterator<Item = i64> {
    let powers = (6..18).map(|power| 10_i64.pow(power));
    let round = powers.flat_map(|power| [power, 2 * power, 5 * power]);
    round.skip_while(move |amount| *amount < micros)
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn stripe() -> ChargeTerms {
        ChargeTerms { per_million: 29_000, fixed: usd("0.30"), minimum: usd("0.50"), maximum: usd("500") }
    }

    fn shown(terms: ChargeTerms) -> Vec<(String, String, u32)> {
        let line = |it: TopUpAdvice| (it.amount.to_string(), it.fee.to_string(), it.fee_per_million);
        advise(&terms).into_iter().map(line).collect()
    }

    fn line(amount: &str, fee: &str, share: u32) -> (String, String, u32) {
        (format!("{amount} USD"), format!("{fee} USD"), share)
    }

    #[test]
    fn three_round_amounts_from_the_least_that_keeps_nine_per_cent() {
        let expected = [line("5.00", "0.45", 90_000), line("10.00", "0.59", 59_000), line("20.00", "0.88", 44_000)];
        assert_eq!(shown(stripe()), expected);
    }

    #[test]
    fn nothing_above_what_may_be_charged() {
        let up_to = |maximum| shown(ChargeTerms { maximum: usd(maximum), ..stripe() });
        assert_eq!(up_to("10"), [line("5.00", "0.45", 90_000), line("10.00", "0.59", 59_000)]);
        assert_eq!(up_to("4"), []);
    }

    #[test]
    fn where_no_round_amount_may_be_charged_the_least_is_offered() {
        let terms = ChargeTerms { maximum: usd("4.95"), ..stripe() };
        assert_eq!(shown(terms), [line("4.89", "0.44", 89_980)]);
    }

    #[test]
    fn where_nine_per_cent_can_not_be_kept_it_begins_at_the_least_charge() {
        let terms = ChargeTerms { per_million: 300_000, fixed: usd("0"), minimum: usd("0.99"), maximum: usd("5") };
        let expected = [line("1.00", "0.30", 300_000), line("2.00", "0.60", 300_000), line("5.00", "1.50", 300_000)];
        assert_eq!(shown(terms), expected);
    }

    proptest! {
        #[test]
        fn each_is_larger_and_costs_no_larger_share(
            per_million in 0_u32..1_000_000, fixed in 0_i64..1_000_000_000_000_000, minimum in 0_i64..1_000_000_000,
        ) {
            let [fixed, minimum] = [fixed, minimum].map(|micros| Money::from_micros(micros, Currency::USD));
            let maximum = Money::from_micros(i64::MAX, Currency::USD);
            let advice = advise(&ChargeTerms { per_million, fixed, minimum, maximum });
            for pair in advice.windows(2) {
                prop_assert!(pair[0].amount.micros() < pair[1].amount.micros());
            }
            for it in advice {
                prop_assert!(it.amount.micros() >= minimum.micros());
                prop_assert!(per_million >= SHARE_MAX || it.fee_per_million <= SHARE_MAX);
            }
        }
    }
}
