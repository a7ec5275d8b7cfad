//! Pays out to the merchant, and to creators, what is payable.
//!
//! A payout is ordered, sent by the operator (as a file for the bank), and concluded: it arrived, or it came back and is
//! payable again. Each of these is a ledger transaction. Two payouts at once change the same row of the ledger, the one
//! of `payouts_in_transit`, so the later one sees what the earlier one has taken.
//!
//! Where a payout has very many changes to cover, most are taken for it before it is ordered ([`prepare`]), in
//! transactions of their own. A payout that is never ordered leaves them to the next.

mod credit_transfer;
mod order;
mod statement;

pub(crate) use credit_transfer::credit_transfer;
pub(crate) use order::{Concluding, Ordering, Request, conclude, order, prepare};
pub(crate) use statement::Statement;
