//! The double-entry ledger: every movement of money is a transaction whose postings sum to
//! zero in each currency. Debits are positive, credits negative.
//!
//! | account | owner | what it has |
//! |---|---|---|
//! | `card_clearing` | the processor | what card processors will pay out: charges less their fees |
//! | `card_authorised` | account | what a card will be charged at the end of a tab, less the fee that is expected of it |
//! | `store_receivable` | the app store | what app stores will pay out: prices of packs less their fees |
//! | `refunds` | the processor | what is on its way back to cards |
//! | `chargebacks` | the processor | what banks have taken back and may still have to return, less what is held of it |
//! | `processor_fees_prepaid` | account | fees of charges, not yet spread over purchases |
//! | `virtual_currency` | merchant | units of the merchant's own currencies that players have |
//! | `user_available` | account | what the user may reserve or withdraw |
//! | `user_reserved` | device | what one device may spend offline: limit less settled |
//! | `merchant_payable` | merchant | what the developer gets |
//! | `creator_payable` | creator | what a creator gets of tips |
//! | `platform_revenue` | | the platform's shares |
//! | `payouts_in_transit` | merchant | what was sent to the developer's bank and has not arrived there yet |
//! | `creator_payouts_in_transit` | creator | the same of a creator |
//! | `bank` | | the operator's bank account, as far as payouts go: what has left it |
//!
//! | transaction | postings |
//! |---|---|
//! | top-up | `card_clearing` + (amount − fee), `processor_fees_prepaid` + fee, `user_available` − amount |
//! | store_top_up, store_refund, store_refund_reversed | `store_top_up/postings.rs` has them |
//! | reserve | `user_available` + amount, `user_reserved` − amount |
//! | settlement | `user_reserved` + total, `merchant_payable` − developer, `platform_revenue` − platform, `processor_fees_prepaid` − processor |
//! | settlement in a merchant's own currency | `user_reserved` + total, `virtual_currency` − total: nobody earns by it, since the units were paid for before |
//! | currency_pack | the settlement of its price, and `virtual_currency` + units, `user_available` − units |
//! | settlement of tips | the same, with `creator_payable` for `merchant_payable` |
//! | payout | `merchant_payable` + amount, `payouts_in_transit` − amount; of a creator: `creator_payable`, `creator_payouts_in_transit` |
//! | payout_paid | `payouts_in_transit` + amount, `bank` − amount |
//! | payout_failed | `payouts_in_transit` + amount, `merchant_payable` − amount |
//! | release, revocation | `user_reserved` + amount, `user_available` − amount |
//! | refund of a purchase | `merchant_payable` + developer, `platform_revenue` + platform, `processor_fees_prepaid` + processor, `user_available` − amount |
//! | refund of a price in a merchant's own currency | `virtual_currency` + amount, `user_available` − amount |
//! | refund of a currency pack that is taken back | that of its price, and `user_available` + units, `virtual_currency` − units |
//! | refund of a tip | the same, with `creator_payable` for `merchant_payable` |
//! | refund to a card | `user_available` + amount, `refunds` − amount; the fee that was still to be spread of it: `platform_revenue` + fee, `processor_fees_prepaid` − fee |
//! | refund that arrived | `refunds` + amount, `card_clearing` − amount |
//! | refund that failed | as a refund to a card, with the signs turned |
//! | dispute | `chargebacks` + amount, `platform_revenue` + the dispute's fee, `card_clearing` − both; what is held: as a refund to a card, with `chargebacks` for `refunds` |
//! | dispute won | both of these with the signs turned, but for the dispute's fee where it is not returned |
//! | dispute lost | `platform_revenue` + (amount − held), `chargebacks` − (amount − held) |
//! | write-off in a merchant's own currency | `user_available` + amount, `virtual_currency` − amount |
//! | write-off of what an erased account had left | `user_available` + amount, `processor_fees_prepaid` − the fee that was still to be spread, `platform_revenue` − (amount − fee) |
//! | tab | as a top-up, with `card_authorised` for `card_clearing` |
//! | tab's end | the unspent: `user_available` + unspent, `processor_fees_prepaid` − its fee, `card_authorised` − (unspent − its fee); the capture: `card_clearing` + (amount − fee), `platform_revenue` + (fee − expected fee), `card_authorised` − what is left of the tab |
//!
//! The fee of a dispute and of a charge whose money went back are the platform's cost: the player gets all of the
//! price back, and the developer loses no more than was earned by the sale.

mod days;
mod fees;
mod payee;
mod transaction;
mod withdrawal;

use farthing_protocol::{Currency, Money};

use crate::store::StoreError;

pub(crate) use days::{DayFigures, day_of};
pub(crate) use fees::{Purse, purse, split};
pub(crate) use payee::Payee;
pub(crate) use transaction::{AccountKind, LedgerAccount, Transaction};
pub(crate) use withdrawal::{Withdrawal, unspread_fee};

/// What is owed to the owner of an account of that balance: credits less debits.
pub(crate) fn owed(balance: Money) -> Result<Money, StoreError> {
    Money::zero(balance.currency()).minus(balance).map_err(|_| StoreError::Damaged("a balance that is out of range"))
}

/// The least that cards and banks move of a currency, in micros.
pub(crate) fn minor_unit(currency: Currency) -> i64 {
    10_i64.pow(6 - currency.exponent().unwrap_or(6).min(6))
}

/// The whole minor units of an amount, in micros: a card gets and gives no less than one.
pub(crate) fn whole_minor_units(amount: Money) -> i64 {
    amount.micros() - amount.micros() % minor_unit(amount.currency())
}
