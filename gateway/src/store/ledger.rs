//! The ledger's accounts and postings.

use farthing_protocol::api::LedgerBalance;
use farthing_protocol::{AccountId, Currency, Money, Timestamp};

use super::StoreError;
use crate::ledger::{LedgerAccount, Transaction};

pub(crate) trait Ledger {
    /// Writes a ledger transaction. What does not balance is refused.
    fn post(&self, transaction: &Transaction, now: Timestamp) -> Result<(), StoreError>;

    /// The balance of an account: debits minus credits.
    fn balance(&self, account: &LedgerAccount, currency: Currency) -> Result<Money, StoreError>;

    /// The balance of an account in each of its currencies.
    fn balances(&self, account: &LedgerAccount) -> Result<Vec<Money>, StoreError>;

    /// What is reserved for all devices of an account in one currency: debits minus credits.
    fn all_reserves(&self, account: AccountId, currency: Currency) -> Result<Money, StoreError>;

    /// Every kind of account in every currency.
    fn trial_balance(&self) -> Result<Vec<LedgerBalance>, StoreError>;

    /// How many accounts there are, counted up to so many.
    fn ledger_accounts_up_to(&self, most: u32) -> Result<u32, StoreError>;
}
