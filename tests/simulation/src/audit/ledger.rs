//! The gateway's ledger, gone through from its first posting on.

use std::collections::BTreeMap;

use super::{Audit, failed};
use crate::Violation;

/// One posting.
pub(super) struct Posting {
    /// The kind of its transaction, and what that is about.
    pub(super) transaction: String,
    pub(super) reference: Vec<u8>,
    /// When, in milliseconds.
    pub(super) at: i64,
    /// The kind of its account, and whose it is.
    pub(super) account: String,
    pub(super) owner: Vec<u8>,
    pub(super) currency: String,
    /// In micros: what is owed to someone is below zero.
    pub(super) amount: i64,
}

/// What is owed to whom, in micros, by account or device and currency.
pub(super) type Purses = BTreeMap<(Vec<u8>, String), i64>;

impl Audit {
    /// Shows each posting with what was owed before it; returns what is owed in the end.
    pub(super) fn walk(
        &self,
        mut look: impl FnMut(&Posting, &Purses) -> Result<(), Violation>,
    ) -> Result<Purses, Violation> {
        let postings = "SELECT ledger_transactions.kind, reference, at, ledger_accounts.kind, owner, currency, amount
                        FROM ledger_postings JOIN ledger_transactions ON ledger_transaction = ledger_transactions.id
                        JOIN ledger_accounts ON ledger_account = ledger_accounts.id
                        ORDER BY ledger_transaction, ledger_accounts.kind <> 'user_available'";
        let mut postings = self.0.prepare(postings).map_err(failed)?;
        let postings = postings.query_map([], |row| {
            Ok(Posting {
                transaction: row.get(0)?,
                reference: row.get(1)?,
                at: row.get(2)?,
                account: row.get(3)?,
                owner: row.get(4)?,
                currency: row.get(5)?,
                amount: row.get(6)?,
            })
        });
        let mut purses = Purses::new();
        for posting in postings.map_err(failed)? {
            let posting = posting.map_err(failed)?;
            look(&posting, &purses)?;
            if posting.account == "user_available" || posting.account == "user_reserved" {
                *purses.entry((posting.owner, posting.currency)).or_default() -= posting.amount;
            }
        }
        Ok(purses)
    }
}
