//! Whether an entry stands: a pure function of the entry and what was issued and published.
//!
//! Device and gateway judge by the same signed allowance and catalog, so an honest wallet's
//! entry always stands.

use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::limits::{QUANTITY_MAX, USAGE_UNITS_MAX};
use farthing_protocol::{
    Allowance, AllowanceRefusal, ApprovalId, ConsumeBody, Drawn, ItemKind, MeterTotals, PurchaseBody, RejectionReason,
    ReleaseBody, Timestamp, TipBody, UsageBody,
};

use crate::catalog::{Shelf, Shelves};
use crate::store::StoredCreator;

/// How a device stands in one currency.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// What has been drawn so far.
    pub(super) drawn: Drawn,
    /// The allowance version that was named last; 0 where none was.
    pub(super) version: u64,
    /// The allowances from that version on.
    pub(super) issued: BTreeMap<u64, Allowance>,
    /// A guardian's approvals in them that were used.
    pub(super) used: BTreeSet<ApprovalId>,
}

impl Standing {
    /// When the allowance that an entry names was issued.
    pub(super) fn issued_at(&self, version: u64) -> Option<Timestamp> {
        self.issued.get(&version).map(|named| named.issued_at)
    }

    /// The allowance that an entry names: its own time and rules, and the highest sum and
    /// count that were issued, since those are cumulative.
    fn named(&self, version: u64) -> Result<Allowance, RejectionReason> {
        if version < self.version {
            return Err(RejectionReason::UnknownAllowance);
        }
        let named = self.issued.get(&version).ok_or(RejectionReason::UnknownAllowance)?;
        let latest = self.issued.values().next_back().unwrap_or(named);
        Ok(Allowance { limit: latest.limit, count_limit: latest.count_limit, ..named.clone() })
    }

    /// The same after an entry was counted.
    pub(super) fn after(&mut self, drawn: Drawn, version: u64) {
        self.drawn = drawn;
        self.version = version;
    }
}

/// Judges a purchase; returns what has been drawn with it, the catalog version it is from, and the approval that it
/// uses up.
pub(super) fn purchase<'a>(
    purchase: &PurchaseBody,
    at: Timestamp,
    standing: &Standing,
    shelves: &'a Shelves,
    now: Timestamp,
) -> Result<(Drawn, &'a Shelf, Option<ApprovalId>), RejectionReason> {
    let shelf = shelves.get(&purchase.catalog).ok_or(RejectionReason::UnknownCatalog)?;
    let item = shelf.item(&purchase.sku).ok_or(RejectionReason::UnknownItem)?;
    if item.kind == ItemKind::Metered {
        return Err(RejectionReason::UnknownItem);
    }
    let quantity = purchase.quantity;
    if quantity == 0 || quantity > QUANTITY_MAX || (quantity > 1 && item.is_bought_singly(|sku| shelf.item(sku))) {
        return Err(RejectionReason::WrongQuantity);
    }
    let allowance = standing.named(purchase.allowance)?;
    let price = item.price_for(&allowance.pricing, at);
    let is_as_sold = purchase.unit_price == price
        && purchase.pass == item.pass_grant()
        && purchase.contents == item.bundled(|sku| shelf.item(sku))
        && purchase.credits == item.pack_credits();
    if !is_as_sold || price.times(quantity) != Ok(purchase.total) || purchase.credited().is_err() {
        return Err(RejectionReason::WrongPrice);
    }
    if now > allowance.settle_by {
        return Err(RejectionReason::AllowanceExpired);
    }
    let drawn = allowance.draw(&standing.drawn, purchase.total, at).map_err(reason)?;
    let is_not_it = |id: &ApprovalId| Some(*id) != purchase.approval || standing.used.contains(id);
    let approval = allowance.approval((&purchase.sku, quantity, purchase.total), at, is_not_it).map_err(reason)?;
    Ok((drawn, shelf, approval))
}

/// Judges units of a metered item, after what the meter had come to; returns what a purchase returns.
pub(super) fn usage<'a>(
    usage: &UsageBody,
    at: Timestamp,
    standing: &Standing,
    before: Option<&MeterTotals>,
    shelves: &'a Shelves,
    now: Timestamp,
) -> Result<(Drawn, &'a Shelf), RejectionReason> {
    let shelf = shelves.get(&usage.catalog).ok_or(RejectionReason::UnknownCatalog)?;
    let item = shelf.item(&usage.sku).ok_or(RejectionReason::UnknownItem)?;
    let terms = item.meter_terms().ok_or(RejectionReason::UnknownItem)?;
    if usage.units == 0 || usage.units > USAGE_UNITS_MAX {
        return Err(RejectionReason::WrongQuantity);
    }
    if usage.unit_price != item.price || usage.per_units != terms.per_units || !usage.follows(before) {
        return Err(RejectionReason::WrongPrice);
    }
    let today = usage.totals(before, at, true).day_total;
    if terms.daily_cap.is_some_and(|cap| today.micros() > cap.micros()) {
        return Err(RejectionReason::AllowanceExceeded);
    }
    let allowance = standing.named(usage.allowance)?;
    if now > allowance.settle_by {
        return Err(RejectionReason::AllowanceExpired);
    }
    let drawn = allowance.draw(&standing.drawn, usage.amount, at).map_err(reason)?;
    Ok((drawn, shelf))
}

/// Judges a tip to a creator as the merchant has registered them; returns what has been drawn with it and the approval
/// that it uses up.
///
/// A creator who was closed gets it all the same: the list that the wallet went by has them until it expires, and what
/// was made by a signed document settles.
pub(super) fn tip(
    tip: &TipBody,
    at: Timestamp,
    standing: &Standing,
    creator: Option<&StoredCreator>,
    now: Timestamp,
) -> Result<(Drawn, Option<ApprovalId>), RejectionReason> {
    if creator.is_none_or(|creator| creator.id != tip.creator) {
        return Err(RejectionReason::UnknownCreator);
    }
    // A virtual currency can't be paid out.
    if tip.amount.currency().is_virtual() {
        return Err(RejectionReason::WrongPrice);
    }
    let allowance = standing.named(tip.allowance)?;
    if now > allowance.settle_by {
        return Err(RejectionReason::AllowanceExpired);
    }
    let drawn = allowance.draw(&standing.drawn, tip.amount, at).map_err(reason)?;
    let is_not_it = |id: &ApprovalId| Some(*id) != tip.approval || standing.used.contains(id);
    let approval = allowance.approval((&tip.creator.sku(), 1, tip.amount), at, is_not_it).map_err(reason)?;
    Ok((drawn, approval))
}

/// Judges a release: funds that go back to the account may do so at any time.
pub(super) fn release(release: &ReleaseBody, standing: &Standing) -> Result<Drawn, RejectionReason> {
    let allowance = standing.named(release.allowance)?;
    let unbounded = Allowance { purchase_max: allowance.limit, spending: None, ..allowance };
    unbounded.draw(&standing.drawn, release.amount, unbounded.issued_at).map_err(reason)
}

/// Judges a use of owned items, which moves no money.
pub(super) fn consume(consume: &ConsumeBody) -> Result<(), RejectionReason> {
    if consume.quantity == 0 { Err(RejectionReason::WrongQuantity) } else { Ok(()) }
}

fn reason(refusal: AllowanceRefusal) -> RejectionReason {
    match refusal {
        AllowanceRefusal::OtherCurrency => RejectionReason::UnknownAllowance,
        AllowanceRefusal::NotPositive => RejectionReason::WrongPrice,
        AllowanceRefusal::Expired => RejectionReason::AllowanceExpired,
        AllowanceRefusal::AbovePurchaseMax => RejectionReason::AbovePurchaseMax,
        AllowanceRefusal::SpendingLimitReached { .. } => RejectionReason::SpendingLimitReached,
        AllowanceRefusal::ApprovalRequired => RejectionReason::ApprovalRequired,
        AllowanceRefusal::LimitReached { .. } | AllowanceRefusal::CountReached => RejectionReason::AllowanceExceeded,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
