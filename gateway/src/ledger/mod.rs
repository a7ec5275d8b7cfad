//! The double-entry ledger: every movement of money is a transaction whose postings sum to
//! zero in each currency. Debits are positive, credits negative.
//!
//! | account | owner | what it has |
//! |---|---|---|
//! | `card_clearing` | the processor | what card processors will pay out: charges less their fees |
//! | `processor_fees_prepaid` | account | fees of charges, not yet spread over purchases |
//! | `user_available` | account | what the user may reserve or withdraw |
//! | `user_reserved` | device | what one device may spend offline: limit less settled |
//! | `merchant_payable` | merchant | what the developer gets |
//! | `platform_revenue` | | the platform's shares |
//!
//! | transaction | postings |
//! |---|---|
//! | top-up | `card_clearing` + (amount − fee), `processor_fees_prepaid` + fee, `user_available` − amount |
//! | reserve | `user_available` + amount, `user_reserved` − amount |
//! | settlement | `user_reserved` + total, `merchant_payable` − developer, `platform_revenue` − platform, `processor_fees_prepaid` − processor |
//! | release, revocation | `user_reserved` + amount, `user_available` − amount |

mod fees;
mod transaction;

use farthing_protocol::Money;

use crate::store::StoreError;

pub(crate) use fees::{Purse, split};
pub(crate) use transaction::{AccountKind, LedgerAccount, Transaction};

/// What is owed to the owner of an account of that balance: credits less debits.
pub(crate) fn owed(balance: Money) -> Result<Money, StoreError> {
    Money::zero(balance.currency()).minus(balance).map_err(|_| StoreError::Damaged("a balance that is out of range"))
}
