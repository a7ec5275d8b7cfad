//! Spreads a charge's fee over the purchases that it pays for, by weighted average, as the gateway's ledger does
//! (`gateway/src/ledger/fees.rs`): of a balance `B` with a fee `F` that is not spread yet, a price `p` bears `⌊F·p/B⌋`,
//! and the last one all that is left. A tax on a charge is spread alike.

use farthing_protocol::Money;

use crate::DataError;

/// A balance, and what of its charges' fees is not spread yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// What can be spent.
    pub balance: Money,
    /// What is not spread.
    pub fee: Money,
}

impl Purse {
    /// Adds a charge and its fee.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`], also for amounts of several currencies.
    pub fn add(self, charge: Money, fee: Money) -> Result<Purse, DataError> {
        Ok(Purse { balance: self.balance.plus(charge)?, fee: self.fee.plus(fee)? })
    }

    /// Spends a price; returns what is left, and the fee that the price bears. `None` where there is not so much.
    pub fn spend(self, price: Money) -> Option<(Purse, Money)> {
        if !price.is_positive() || price.micros() > self.balance.micros() {
            return None;
        }
        let share = i128::from(self.fee.micros()) * i128::from(price.micros()) / i128::from(self.balance.micros());
        let share = Money::from_micros(i64::try_from(share).ok()?, self.fee.currency());
        let left = Purse { balance: self.balance.minus(price).ok()?, fee: self.fee.minus(share).ok()? };
        Some((left, share))
    }
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;

    use super::*;

    fn usd(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    fn shares(balance: i64, fee: i64, prices: &[i64]) -> Vec<i64> {
        let mut purse = Purse { balance: usd(balance), fee: usd(fee) };
        let mut bear = |price: &i64| {
            let (left, share) = purse.spend(usd(*price)).unwrap();
            purse = left;
            share.micros()
        };
        prices.iter().map(&mut bear).collect()
    }

    #[test]
    fn five_dollars_spread_evenly() {
        assert_eq!(shares(5_000_000, 450_000, &[250_000; 20]), [22_500; 20]);
    }

    #[test]
    fn seven_dollars_leave_a_rest_that_the_last_four_bear() {
        let mut expected = vec![17_857; 24];
        expected.extend([17_858; 4]);
        assert_eq!(shares(7_000_000, 500_000, &[250_000; 28]), expected);
    }

    #[test]
    fn what_is_not_there_can_not_be_spent() {
        let purse = Purse { balance: usd(100), fee: usd(10) };
        assert_eq!((purse.spend(usd(101)), purse.spend(usd(0)), purse.spend(usd(-1))), (None, None, None));
    }

    proptest! {
        #[test]
        fn all_of_a_fee_or_tax_is_spread_over_any_split(
            charges in prop::collection::vec((1_i64..=1_000_000_000_000, 0_u32..=1_000_000), 1..8),
            cuts in prop::collection::vec(any::<u64>(), 0..60),
        ) {
            let mut purse = Purse { balance: usd(0), fee: usd(0) };
            for (amount, per_million) in charges {
                let fee = (i128::from(amount) * i128::from(per_million) / 1_000_000) as i64;
                purse = purse.add(usd(amount), usd(fee)).unwrap();
            }
            let (paid, bought, mut borne, mut spent) = (purse.fee.micros(), purse.balance.micros(), 0, 0);
            let mut cuts = cuts.into_iter();
            while purse.balance.is_positive() {
                let all = purse.balance.micros();
                let price = cuts.next().map_or(all, |cut| (cut % all as u64) as i64 + 1);
                let (left, share) = purse.spend(usd(price)).unwrap();
                prop_assert!(!share.is_negative() && share.micros() <= price);
                (borne, spent, purse) = (borne + share.micros(), spent + price, left);
            }
            prop_assert_eq!((borne, spent, purse.fee.micros()), (paid, bought, 0));
        }
    }
}
