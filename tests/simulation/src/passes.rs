//! How long a player's pass may last, counted beside the real thing.
//!
//! - **Never longer than was paid for**: as long as the purchases that the wallet shows, one after the other, from the
//!   latest on at most. Where every purchase stands and the clock was always right, each adds its length to where the pass
//!   ended, or to when it was made, to the millisecond.
//! - **Never renewed without consent**, nor for more than the player agreed to.
//! - What the gateway keeps, and that wallets go by it in the end, its books say ([`crate::audit`]).

use std::collections::BTreeSet;

use farthing_core::{EntryId, Pass, Purchase, PurchaseKind, PurchaseState};

use crate::Violation;
use crate::catalog::{PASS, PASS_TERMS};

/// Milliseconds that one purchase is for, and that the player has to make the next one.
pub(crate) const LENGTH: i64 = PASS_TERMS.length_seconds as i64 * 1_000;
pub(crate) const GRACE: i64 = PASS_TERMS.grace_seconds as i64 * 1_000;
/// No renewal is made longer before the end: a tenth of its length.
const LEAD: i64 = LENGTH / 10;

/// The pass of one wallet.
#[derive(Default)]
pub(crate) struct Passes {
    /// The player may let the wallet renew it now.
    agrees: bool,
    /// They may have since the wallet was looked at.
    agreed: bool,
    /// The most that they may have agreed to pay for a renewal, in micros; nothing where they never did.
    most: Option<i64>,
    /// Purchases that the app has not heard of: renewals, and what it was told nothing of.
    unasked: BTreeSet<EntryId>,
    /// Some of it went back, or may have, or was asked back; or the phone may go by a time that the gateway told before.
    pub(crate) is_inexact: bool,
}

/// From when to when a pass lasts, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Validity {
    pub(crate) starts_at: i64,
    pub(crate) ends_at: i64,
    pub(crate) grace: i64,
}

impl Validity {
    /// With one more purchase, made at a time: it goes on from the end, or begins anew once the grace period is over.
    pub(crate) fn after_purchase(before: Option<Validity>, at: i64) -> Validity {
        match before {
            Some(known) if at < known.ends_at + known.grace && known.ends_at + LENGTH > at => {
                Validity { starts_at: known.starts_at, ends_at: known.ends_at + LENGTH, grace: GRACE }
            }
            _ => Validity { starts_at: at, ends_at: at + LENGTH, grace: GRACE },
        }
    }

    /// With one purchase taken back at a time: what has run by then has run.
    pub(crate) fn after_refund(self, at: i64) -> Validity {
        let ends_at = (self.ends_at - LENGTH).max(at.min(self.ends_at));
        Validity { starts_at: self.starts_at.min(ends_at), ends_at, grace: if ends_at > at { self.grace } else { 0 } }
    }
}

impl From<&Pass> for Validity {
    fn from(pass: &Pass) -> Self {
        let ends_at = pass.ends_at.as_millisecond();
        Validity {
            starts_at: pass.starts_at.as_millisecond(),
            ends_at,
            grace: pass.grace_ends_at.as_millisecond() - ends_at,
        }
    }
}

impl Passes {
    /// The player is about to agree to renewals.
    pub(crate) fn may_agree(&mut self) {
        (self.agrees, self.agreed) = (true, true);
    }

    /// They have: for so much at most, or for what is not known.
    pub(crate) fn agreed_to(&mut self, micros: Option<i64>) {
        self.most = self.most.max(Some(micros.unwrap_or(i64::MAX)));
    }

    /// They agree no more.
    pub(crate) fn agrees_no_more(&mut self) {
        self.agrees = false;
    }

    /// Whether the wallet may buy by itself.
    pub(crate) fn may_renew(&self) -> bool {
        self.agrees
    }

    /// Purchases that the app has not heard of: as many as it was told nothing of, or renewals.
    pub(crate) fn admit(&mut self, unasked: &[&Purchase], unknown: usize) -> Result<(), Violation> {
        let new = unasked.iter().filter(|purchase| !self.unasked.contains(&purchase.id)).count();
        if new > unknown && !self.agreed {
            return Err(Violation::new("a pass was renewed, and nobody has agreed to that"));
        }
        self.unasked.extend(unasked.iter().map(|purchase| purchase.id));
        self.agreed = self.agrees;
        Ok(())
    }

    /// The pass is as long as what the wallet shows has paid for.
    pub(crate) fn check(&self, shown: &[Purchase], pass: Option<&Pass>, has_true_clock: bool) -> Result<(), Violation> {
        let all = || shown.iter().rev().filter(|purchase| is_pass(purchase));
        let stand = all().filter(|purchase| !matches!(purchase.state, PurchaseState::Rejected { .. }));
        let bought: Vec<i64> = stand.map(|purchase| purchase.purchased_at.as_millisecond()).collect();
        let Some(pass) = pass.map(Validity::from) else {
            let is_gone = !bought.is_empty();
            return if is_gone { Err(Violation::new("a pass that was paid for is not there")) } else { Ok(()) };
        };
        // In which order they were made, a clock that was set back hides.
        let most = bought.iter().max().map_or(i64::MIN, |latest| latest + LENGTH * bought.len() as i64);
        if pass.ends_at > most {
            return Err(Violation::new(format!(
                "a pass lasts longer than was paid for: until {}, not {most}",
                pass.ends_at
            )));
        }
        let is_exact = has_true_clock && !self.is_inexact && all().count() == bought.len();
        let paid = bought.iter().fold(None, |before, at| Some(Validity::after_purchase(before, *at)));
        if is_exact && Some(pass) != paid {
            return Err(Violation::new(format!(
                "a pass lasts otherwise than was paid for: {pass:?}, and not {paid:?}"
            )));
        }
        Ok(())
    }

    /// In the end, when all that was asked for is known, the rest was renewed: for no more than was agreed to, and not
    /// sooner than shortly before the end. Returns how often.
    pub(crate) fn check_renewals(
        &self,
        shown: &[Purchase],
        made: &BTreeSet<EntryId>,
        has_true_clock: bool,
    ) -> Result<usize, Violation> {
        let (mut before, mut renewals) = (None, 0);
        for purchase in shown.iter().rev().filter(|purchase| is_pass(purchase)) {
            let at = purchase.purchased_at.as_millisecond();
            if !made.contains(&purchase.id) {
                renewals += 1;
                let (total, most) = (purchase.total.micros(), self.most);
                if most.is_none_or(|most| total > most) {
                    return Err(Violation::new(format!("a renewal cost {total}, and the player agreed to {most:?}")));
                }
                let is_exact = has_true_clock && !self.is_inexact;
                if is_exact && before.is_none_or(|before: Validity| at < before.ends_at - LEAD) {
                    return Err(Violation::new("a pass was renewed long before its end"));
                }
            }
            if !matches!(purchase.state, PurchaseState::Rejected { .. }) {
                before = Some(Validity::after_purchase(before, at));
            }
        }
        Ok(renewals)
    }
}

/// Whether a pass was paid for.
pub(crate) fn is_pass(purchase: &Purchase) -> bool {
    purchase.kind == PurchaseKind::Item && purchase.sku.as_str() == PASS
}
