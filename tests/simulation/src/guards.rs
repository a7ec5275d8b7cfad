//! What guardians want to be asked for, and what they have approved, as they know.
//!
//! As with limits, a phone that has not synced since goes by what was signed before. What it has bought by then is not
//! judged; of everything later, what costs more has an approval of its own, that a guardian gave for that phone.

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::{ApprovalId, Currency};

use crate::Violation;
use crate::audit::Audit;
use crate::coverage::Coverage;
use crate::phone::Statement;

/// The guardians of all accounts.
#[derive(Default)]
pub(crate) struct Guards {
    accounts: BTreeMap<String, Guarded>,
    /// What a guardian has approved, or may have.
    approved: BTreeSet<ApprovalId>,
}

struct Guarded {
    /// What may be bought unasked, at most, by all that was said so far, in micros.
    most: i64,
    /// Whether the gateway has said that it holds.
    is_set: bool,
}

impl Guards {
    /// A guardian is about to say what they want to be asked for.
    pub(crate) fn ask(&mut self, account: &str, micros: i64) {
        let known = self.accounts.entry(account.to_owned()).or_insert(Guarded { most: micros, is_set: false });
        known.most = known.most.max(micros);
    }

    /// It holds.
    pub(crate) fn set(&mut self, account: &str) {
        if let Some(known) = self.accounts.get_mut(account) {
            known.is_set = true;
        }
    }

    /// Whether it holds.
    pub(crate) fn is_set(&self, account: &str) -> bool {
        self.accounts.get(account).is_some_and(|known| known.is_set)
    }

    /// A guardian is about to approve something.
    pub(crate) fn may_approve(&mut self, id: ApprovalId) {
        self.approved.insert(id);
    }

    /// Whether one may have.
    pub(crate) fn may_have_approved(&self, id: &ApprovalId) -> bool {
        self.approved.contains(id)
    }

    /// Nothing that a guardian wants to be asked for was settled without an approval, and no approval bought twice, on
    /// whichever of the account's phones.
    pub(crate) fn check(&self, audit: &Audit, statements: &[Statement], coverage: &Coverage) -> Result<(), Violation> {
        let given = audit.approvals()?;
        if given.iter().any(|approval| !self.approved.iter().any(|known| known.as_bytes()[..] == approval.id[..])) {
            return Err(Violation::new("something was approved that no guardian has approved"));
        }
        for statement in statements {
            let (Some(guarded), Some(before)) = (self.accounts.get(&statement.account), &statement.unguarded) else {
                continue;
            };
            let of_device = given.iter().filter(|approval| approval.is_used && approval.device == statement.device);
            let mut unused: BTreeMap<(String, u32, i64), u32> = BTreeMap::new();
            for approval in of_device {
                *unused.entry((approval.sku.clone(), approval.quantity, approval.micros)).or_default() += 1;
            }
            for receipt in audit.receipts()? {
                let micros = receipt.total.micros();
                let is_dear = receipt.total.currency() == Currency::USD && micros > guarded.most;
                let is_judged = receipt.device.as_bytes()[..] == statement.device[..] && !before.contains(&receipt.jti);
                if !is_dear || !is_judged || receipt.metered.is_some() {
                    continue;
                }
                let wish = (receipt.sku.as_str().to_owned(), receipt.quantity, micros);
                match unused.get_mut(&wish).filter(|left| **left > 0) {
                    Some(left) => *left -= 1,
                    None => {
                        let sku = wish.0;
                        return Err(Violation::new(format!("{sku} for {micros} was settled without an approval")));
                    }
                }
                coverage.add("a purchase that a guardian approved");
            }
        }
        Ok(())
    }
}
