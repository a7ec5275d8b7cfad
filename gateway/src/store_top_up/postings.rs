//! The postings of what stores sell and take back. Pure.
//!
//! | transaction | postings |
//! |---|---|
//! | `store_top_up` | `store_receivable` + (price − fee), `processor_fees_prepaid` + fee, `platform_revenue` + (amount − price), `user_available` − amount |
//! | `store_refund` | `user_available` + held, `processor_fees_prepaid` − its unspread fee, `store_receivable` − what the store takes, `platform_revenue` + the rest |
//! | `store_refund_reversed` | as a `store_refund`, with the signs turned |

use farthing_protocol::{AccountId, Money, TopUpId};

use super::Seller;
use super::terms::Sale;
use crate::ledger::{DayFigures, LedgerAccount, Transaction};
use crate::store::StoreError;

/// What a store has taken back of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reversal {
    /// What the store owes less.
    pub(crate) taken: Money,
    /// What was taken out of the player's balance: as much as is left there, at most what was credited.
    pub(crate) held: Money,
    /// The fee that was still to be spread of it.
    pub(crate) held_fee: Money,
}

/// A pack is credited.
pub(super) fn credited(
    seller: Seller,
    account: AccountId,
    id: TopUpId,
    sale: &Sale,
) -> Result<Transaction, StoreError> {
    let Sale { amount, price, fee } = *sale;
    let owed = minus(price, fee)?;
    // No price bears more than itself: what a fee is above what it is a fee of is the platform's.
    let borne = if fee.micros() > amount.micros() { amount } else { fee };
    let difference = minus(minus(amount, owed)?, borne)?;
    Transaction::new("store_top_up", id.as_bytes())
        .debit(LedgerAccount::store_receivable(seller.name()), owed)
        .debit(LedgerAccount::processor_fees_prepaid(account), borne)
        .debit(LedgerAccount::platform_revenue(), difference)
        .credit(LedgerAccount::user_available(account), amount)
        .map(|transaction| {
            transaction.counting(DayFigures { count: 1, volume: price, fees: fee, fees_one_by_one: fee })
        })
}

impl Reversal {
    /// The store has given the price back, whole or in part.
    pub(super) fn posted(&self, seller: Seller, account: AccountId, id: TopUpId) -> Result<Transaction, StoreError> {
        let Reversal { taken, held, held_fee } = *self;
        Transaction::new("store_refund", id.as_bytes())
            .debit(LedgerAccount::user_available(account), held)
            .debit(LedgerAccount::platform_revenue(), self.borne()?)
            .credit(LedgerAccount::processor_fees_prepaid(account), held_fee)?
            .credit(LedgerAccount::store_receivable(seller.name()), taken)
    }

    /// The store has taken it from the player again: as if it had never been given back.
    pub(super) fn undone(&self, seller: Seller, account: AccountId, id: TopUpId) -> Result<Transaction, StoreError> {
        let Reversal { taken, held, held_fee } = *self;
        Transaction::new("store_refund_reversed", id.as_bytes())
            .debit(LedgerAccount::store_receivable(seller.name()), taken)
            .debit(LedgerAccount::processor_fees_prepaid(account), held_fee)
            .credit(LedgerAccount::user_available(account), held)?
            .credit(LedgerAccount::platform_revenue(), self.borne()?)
    }

    /// What the platform bears: what was spent already, and the fee of what was not.
    fn borne(&self) -> Result<Money, StoreError> {
        minus(self.taken, minus(self.held, self.held_fee)?)
    }
}

fn minus(amount: Money, other: Money) -> Result<Money, StoreError> {
    amount.minus(other).map_err(|_| StoreError::Unbalanced("a store's amounts are out of range"))
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;

    use super::*;

    fn usd(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    fn of(postings: &[(&LedgerAccount, Money)], kind: &str) -> i64 {
        postings.iter().filter(|(account, _)| account.kind.name() == kind).map(|(_, amount)| amount.micros()).sum()
    }

    proptest! {
        #[test]
        fn what_a_store_gives_and_takes_balances_and_a_reversed_refund_leaves_no_trace(
            amount in 1_i64..=1_000_000_000_000,
            price in 1_i64..=1_000_000_000_000,
            fee_parts in 0_i64..1_000_000,
            taken in 0_i64..=1_000_000_000_000,
            held in 0_i64..=1_000_000_000_000,
            held_fee in 0_i64..=1_000_000_000_000,
        ) {
            let fee = (i128::from(price) * i128::from(fee_parts) / 1_000_000) as i64;
            let (account, id) = (AccountId::from_bytes([1; 16]), TopUpId::from_bytes([2; 16]));
            let sale = Sale { amount: usd(amount), price: usd(price), fee: usd(fee) };
            let sold = credited(Seller::AppStore, account, id, &sale).unwrap();
            let postings = sold.balanced().unwrap();
            prop_assert_eq!(of(&postings, "user_available"), -amount);
            prop_assert_eq!(of(&postings, "store_receivable"), price - fee);
            let spread = of(&postings, "processor_fees_prepaid");
            prop_assert!(spread <= amount && spread <= fee);

            let reversal = Reversal { taken: usd(taken), held: usd(held), held_fee: usd(held_fee.min(held)) };
            let (back, again) = (
                reversal.posted(Seller::AppStore, account, id).unwrap(),
                reversal.undone(Seller::AppStore, account, id).unwrap(),
            );
            let (back, again) = (back.balanced().unwrap(), again.balanced().unwrap());
            prop_assert_eq!(of(&back, "user_available"), held);
            for kind in ["user_available", "store_receivable", "platform_revenue", "processor_fees_prepaid"] {
                prop_assert_eq!(of(&back, kind) + of(&again, kind), 0);
            }
        }
    }
}
