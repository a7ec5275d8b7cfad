//! Whether an entry stands: a pure function of the entry and what was issued and published.
//!
//! Device and gateway judge by the same signed allowance and catalog, so an honest wallet's
//! entry always stands.

use std::collections::BTreeMap;

use farthing_protocol::limits::QUANTITY_MAX;
use farthing_protocol::{
    Allowance, AllowanceRefusal, ConsumeBody, Drawn, ItemKind, PurchaseBody, RejectionReason, ReleaseBody, Timestamp,
};

use crate::catalog::{Shelf, Shelves};

/// How a device stands in one currency.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// What has been drawn so far.
    pub(super) drawn: Drawn,
    /// The allowance version that was named last; 0 where none was.
    pub(super) version: u64,
    /// The allowances from that version on.
    pub(super) issued: BTreeMap<u64, Allowance>,
}

impl Standing {
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

/// Judges a purchase; returns what has been drawn with it, and the catalog version it is from.
pub(super) fn purchase<'a>(
    purchase: &PurchaseBody,
    at: Timestamp,
    standing: &Standing,
    shelves: &'a Shelves,
    now: Timestamp,
) -> Result<(Drawn, &'a Shelf), RejectionReason> {
    let shelf = shelves.get(&purchase.catalog).ok_or(RejectionReason::UnknownCatalog)?;
    let item = shelf.item(&purchase.sku).ok_or(RejectionReason::UnknownItem)?;
    let quantity = purchase.quantity;
    if quantity == 0 || quantity > QUANTITY_MAX || (item.kind == ItemKind::Durable && quantity > 1) {
        return Err(RejectionReason::WrongQuantity);
    }
    if purchase.unit_price != item.price || item.price.times(quantity) != Ok(purchase.total) {
        return Err(RejectionReason::WrongPrice);
    }
    let allowance = standing.named(purchase.allowance)?;
    if now > allowance.settle_by {
        return Err(RejectionReason::AllowanceExpired);
    }
    let drawn = allowance.draw(&standing.drawn, purchase.total, at).map_err(reason)?;
    Ok((drawn, shelf))
}

/// Judges a release: funds that go back to the account may do so at any time.
pub(super) fn release(release: &ReleaseBody, standing: &Standing) -> Result<Drawn, RejectionReason> {
    let allowance = standing.named(release.allowance)?;
    let unbounded = Allowance { purchase_max: allowance.limit, ..allowance };
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
        AllowanceRefusal::LimitReached { .. } | AllowanceRefusal::CountReached => RejectionReason::AllowanceExceeded,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
