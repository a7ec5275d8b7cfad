//! Spreads the fee of a card charge over the purchases that it funds.
//!
//! A charge's fee is carried as a prepaid cost of the account's balance. A purchase takes its
//! share by weighted average: of a balance `B` with an unspread fee `F`, a price `p` bears
//! `⌊F·p/B⌋`, and the last one, which takes all of `B`, all of `F`. So when nothing is left
//! of the balance, nothing is left of the fee, to the micro.

use farthing_protocol::{AccountId, Currency, Money, MoneyError, Split};

use super::LedgerAccount;
use crate::config::Percentage;
use crate::store::{StoreError, Tables};

/// An account's money in one currency, and what of its charges' fees is not spread yet.
/// In micros, neither below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Purse {
    pub(crate) balance: i64,
    pub(crate) fee: i64,
}

impl Purse {
    /// Spends a price; returns what is left, and the fee that the price bears. `None` when
    /// there is not so much.
    pub(crate) fn spend(self, price: i64) -> Option<(Purse, i64)> {
        if price <= 0 || price > self.balance {
            return None;
        }
        let share = i128::from(self.fee) * i128::from(price) / i128::from(self.balance);
        let share = i64::try_from(share).ok()?;
        Some((Purse { balance: self.balance - price, fee: self.fee - share }, share))
    }
}

/// The purse of an account: what it may reserve, and what is reserved for its devices.
pub(crate) fn purse(tables: &dyn Tables, account: AccountId, currency: Currency) -> Result<Purse, StoreError> {
    let out_of_range = || StoreError::Damaged("a balance that is out of range");
    let available = tables.balance(&LedgerAccount::user_available(account), currency)?;
    let reserves = tables.all_reserves(account, currency)?;
    let owed = available.plus(reserves).map_err(|_| out_of_range())?;
    let fee = tables.balance(&LedgerAccount::processor_fees_prepaid(account), currency)?;
    Ok(Purse { balance: owed.micros().checked_neg().ok_or_else(out_of_range)?, fee: fee.micros() })
}

/// Splits a price that is paid from a purse: first the processor's fee, then the platform's
/// percentage of the price as far as there is something left, the rest is the developer's.
/// `None` when the purse has not so much.
pub(crate) fn split(purse: Purse, price: Money, platform: Percentage) -> Option<(Purse, Split)> {
    let (left, processor) = purse.spend(price.micros())?;
    let share = |micros: i64| Money::from_micros(micros, price.currency());
    let after_fee = price.micros().checked_sub(processor)?;
    let platform = platform.of(price.micros()).min(after_fee.max(0));
    let split =
        Split { processor: share(processor), platform: share(platform), developer: share(after_fee - platform) };
    debug_assert_eq!(split.total(), Ok::<_, MoneyError>(price));
    Some((left, split))
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    fn percent(percent: u32) -> Percentage {
        Percentage::try_from(Decimal::from(percent)).unwrap()
    }

    fn usd(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    #[test]
    fn twenty_purchases_of_a_quarter_bear_one_charge_of_five_dollars() {
        let mut purse = Purse { balance: 5_000_000, fee: 450_000 };
        for _ in 0..20 {
            let (left, split) = split(purse, usd(250_000), percent(5)).unwrap();
            assert_eq!(split, Split { processor: usd(22_500), platform: usd(12_500), developer: usd(215_000) });
            purse = left;
        }
        assert_eq!(purse, Purse { balance: 0, fee: 0 });
    }

    #[test]
    fn more_than_there_is_can_not_be_split() {
        let purse = Purse { balance: 100, fee: 10 };
        assert_eq!(split(purse, usd(101), percent(5)), None);
        assert_eq!(split(purse, usd(0), percent(5)), None);
        assert_eq!(split(purse, usd(-1), percent(5)), None);
    }

    proptest! {
        /// A tip is split as a purchase is, by a share of its own, out of the same purse.
        #[test]
        fn tips_and_purchases_of_one_purse_are_split_to_the_micro(
            (balance, parts) in (1_i64..=1_000_000_000_000, 0_u32..=1_000_000),
            paid in prop::collection::vec((any::<u64>(), any::<bool>()), 1..40),
            (of_purchases, of_tips) in (0_u32..=100, 0_u32..=100),
        ) {
            let fee = (i128::from(balance) * i128::from(parts) / 1_000_000) as i64;
            let (mut purse, mut sums) = (Purse { balance, fee }, [0_i64; 3]);
            let last = [(u64::MAX, true)];
            for (amount, is_tip) in paid.into_iter().chain(last) {
                if purse.balance == 0 { break; }
                let amount = if amount == u64::MAX { purse.balance } else { (amount % purse.balance as u64) as i64 + 1 };
                let share = percent(if is_tip { of_tips } else { of_purchases });
                let (left, split) = split(purse, usd(amount), share).unwrap();
                prop_assert_eq!(split.total().unwrap(), usd(amount));
                prop_assert!(split.platform.micros() <= share.of(amount));
                for (sum, part) in sums.iter_mut().zip([split.processor, split.platform, split.developer]) {
                    prop_assert!(!part.is_negative());
                    *sum += part.micros();
                }
                purse = left;
            }
            prop_assert_eq!((purse, sums[0], sums.iter().sum::<i64>()), (Purse { balance: 0, fee: 0 }, fee, balance));
        }

        #[test]
        fn all_of_the_fee_is_spread_and_each_split_sums_to_its_price(
            charges in prop::collection::vec((1_i64..=i64::MAX / 64, 0_u32..=1_000_000), 1..8),
            prices in prop::collection::vec(any::<u64>(), 0..40),
            platform in 0_u32..=100,
        ) {
            let mut purse = Purse { balance: 0, fee: 0 };
            for (amount, parts) in charges {
                purse.balance += amount;
                purse.fee += (i128::from(amount) * i128::from(parts) / 1_000_000) as i64;
            }
            let (paid, mut borne) = (purse.fee, 0);
            // Any prices, and at the end all that is left.
            let mut prices = prices.into_iter();
            while purse.balance > 0 {
                let price = match prices.next() {
                    Some(price) => (price % purse.balance as u64) as i64 + 1,
                    None => purse.balance,
                };
                let (left, split) = split(purse, usd(price), percent(platform)).unwrap();
                prop_assert_eq!(split.total().unwrap(), usd(price));
                for share in [split.processor, split.platform, split.developer] {
                    prop_assert!(!share.is_negative());
                }
                borne += split.processor.micros();
                purse = left;
                prop_assert!(purse.fee >= 0 && purse.fee <= purse.balance);
            }
            prop_assert_eq!((purse.fee, borne), (0, paid));
        }
    }
}
