//! What leaves a player's balance other than for a purchase, and comes back where that fails.

use farthing_protocol::{AccountId, Money};

use super::{LedgerAccount, Transaction, purse};
use crate::store::{StoreError, Tables};

/// An amount that leaves what is available. The fee that was still to be spread of it is borne by the platform.
pub(crate) struct Withdrawal {
    pub(crate) account: AccountId,
    pub(crate) amount: Money,
    pub(crate) fee: Money,
    /// Where it goes.
    pub(crate) to: LedgerAccount,
}

impl Withdrawal {
    /// It leaves.
    pub(crate) fn taken(self, kind: &'static str, reference: &[u8]) -> Result<Transaction, StoreError> {
        Transaction::new(kind, reference)
            .debit(LedgerAccount::user_available(self.account), self.amount)
            .debit(LedgerAccount::platform_revenue(), self.fee)
            .credit(self.to, self.amount)?
            .credit(LedgerAccount::processor_fees_prepaid(self.account), self.fee)
    }

    /// It comes back, as if it had never left.
    pub(crate) fn returned(self, kind: &'static str, reference: &[u8]) -> Result<Transaction, StoreError> {
        Transaction::new(kind, reference)
            .debit(self.to, self.amount)
            .debit(LedgerAccount::processor_fees_prepaid(self.account), self.fee)
            .credit(LedgerAccount::user_available(self.account), self.amount)?
            .credit(LedgerAccount::platform_revenue(), self.fee)
    }
}

/// The part of the prepaid fee that falls on an amount which leaves the balance.
pub(crate) fn unspread_fee(tables: &dyn Tables, account: AccountId, amount: Money) -> Result<Money, StoreError> {
    let purse = purse(tables, account, amount.currency())?;
    let fee = purse.spend(amount.micros()).map_or(0, |(_, fee)| fee);
    Ok(Money::from_micros(fee, amount.currency()))
}
