//! Refunds of purchases: those that this player asks for, and those that the merchant has given.
//!
//! The gateway numbers the refunds of an account, signs a receipt of each, and each statement says how many there are.
//!
//! 1. **Ask.** Sync sends the queue first, so that the gateway knows what was used. The items are out of use from then
//!    on, and that is on disk before the gateway is asked. A lost answer is asked for again, which refunds once.
//! 2. **Hear.** Sync fetches the receipts that follow the last known number, also those of refunds by the merchant. One
//!    commit takes each into the sums and beside the purchase in the history, so that it counts once.
//!
//! A refund is one more summand of the inventory: it takes back what is left, never more. The money comes with the
//! gateway's statement, like any other.

use farthing_protocol::{Content, EntryId, Money, RefundReceipt, Sku, contents_of};
use serde::{Deserialize, Serialize};

use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::purchase::{self, PurchaseKind, PurchaseState, Record, may_spend};
use crate::store::{Books, DocumentName};
use crate::{Purchase, WalletError, elsewhere, pass};

/// A refund that the player has asked for. Its items are out of use until it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedRefund {
    pub(crate) purchase: EntryId,
    pub(crate) sku: Sku,
    pub(crate) quantity: u32,
    /// What these are, where that is not just so many of the item: a pass, or what is in a bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contents: Vec<Content>,
    /// Whether the gateway may have heard of it. On disk there are no others.
    asked: bool,
}

impl AskedRefund {
    /// What is out of use.
    pub(crate) fn parts(&self) -> Vec<Content> {
        contents_of(&self.sku, None, &self.contents, if self.contents.is_empty() { self.quantity } else { 1 })
    }
}

/// Takes the items of a purchase out of use, if it can be refunded as far as this device knows.
pub(crate) fn begin(books: &mut Books, id: EntryId) -> Result<(), WalletError> {
    may_spend(&books.state)?;
    let Some(purchase) = purchase::by_name(books, id)? else {
        return Err(WalletError::invalid("purchase", "is not one of this device's"));
    };
    let quantity = match purchase.state {
        PurchaseState::Rejected { .. } => return Err(WalletError::NotSettled),
        _ if is_whole(&purchase) => return Err(WalletError::AlreadyRefunded),
        // Nothing was granted that could be used.
        _ if purchase.kind == PurchaseKind::Tip => 0,
        PurchaseState::Refunded { quantity, .. } => purchase.quantity.saturating_sub(quantity),
        _ => purchase.quantity,
    };
    if books.state.refunds.iter().any(|asked| asked.purchase == id) {
        return Ok(());
    }
    let contents = purchase::parts_of(books, id, quantity)?;
    if purchase.kind == PurchaseKind::Item && quantity > 0 && contents.is_empty() {
        return Err(WalletError::invalid("purchase", "is of a currency pack, whose units the merchant can take back"));
    }
    // How much of a pass may have run, the gateway knows.
    let is_there = |part: &Content| match part.pass {
        Some(_) => pass::is_active(books, &part.sku),
        None => books.state.usable(&part.sku) >= u64::from(part.quantity),
    };
    // Where a refund has named all items, none is known to be unused.
    let is_unused = quantity > 0 && contents.iter().all(is_there);
    if purchase.kind != PurchaseKind::Tip && !is_unused {
        return Err(WalletError::AlreadyUsed);
    }
    books.state.refused.retain(|(refused, _)| *refused != id);
    books.state.refunds.push(AskedRefund { purchase: id, sku: purchase.sku, quantity, contents, asked: false });
    Ok(())
}

/// Whether all of a purchase's price has gone back.
fn is_whole(purchase: &Purchase) -> bool {
    matches!(purchase.state, PurchaseState::Refunded { amount, .. } if amount == purchase.total)
}

/// What became of a refund, once sync has run. Where the gateway was not asked, it is as if nothing had been.
pub(crate) fn outcome(
    books: &mut Books,
    id: EntryId,
    synced: Result<(), WalletError>,
) -> Result<Purchase, WalletError> {
    if let Some((_, why)) = books.state.refused.iter().find(|(refused, _)| *refused == id) {
        return Err(why.clone());
    }
    books.state.refunds.retain(|asked| asked.purchase != id || asked.asked);
    match purchase::by_name(books, id)? {
        Some(purchase) if is_whole(&purchase) => Ok(purchase),
        _ => Err(synced.err().unwrap_or(WalletError::NotSettled)),
    }
}

/// A refund that the gateway is to be asked for.
pub(crate) struct Wish {
    pub(crate) purchase: EntryId,
    /// Whether it may have heard of it before: then this try's failure says nothing of what it did.
    pub(crate) was_asked: bool,
}

/// The refunds that the gateway is to be asked for, written down as asked.
pub(crate) fn to_ask(books: &mut Books) -> Result<Vec<Wish>, WalletError> {
    let mut wishes = Vec::new();
    for (purchase, was_asked) in books.state.refunds.iter().map(|asked| (asked.purchase, asked.asked)) {
        if purchase::is_settled(books, purchase)? {
            wishes.push(Wish { purchase, was_asked });
        }
    }
    for asked in &mut books.state.refunds {
        asked.asked |= wishes.iter().any(|wish| wish.purchase == asked.purchase);
    }
    keep(books)?;
    Ok(wishes)
}

/// The gateway has certainly not heard of it.
pub(crate) fn was_not_asked(books: &mut Books, id: EntryId) -> Result<(), WalletError> {
    books.state.refunds.iter_mut().filter(|asked| asked.purchase == id).for_each(|asked| asked.asked = false);
    keep(books)
}

/// The gateway has given it. Its receipt is fetched with those before it; where it is known already, the items of the
/// purchase are gone.
pub(crate) fn was_done(books: &mut Books, receipt: &RefundReceipt) -> Result<(), WalletError> {
    if receipt.number <= books.state.settled.refunds {
        books.state.refunds.retain(|asked| asked.purchase != receipt.purchase);
    }
    keep(books)
}

/// The gateway has refused it: the items are of use again.
pub(crate) fn was_refused(books: &mut Books, id: EntryId, why: WalletError) -> Result<(), WalletError> {
    books.state.refunds.retain(|asked| asked.purchase != id);
    books.state.refused.retain(|(refused, _)| *refused != id);
    books.state.refused.push((id, why));
    keep(books)
}

fn keep(books: &Books) -> Result<(), WalletError> {
    let asked: Vec<&AskedRefund> = books.state.refunds.iter().filter(|asked| asked.asked).collect();
    books.put_document(DocumentName::Refunds, &asked)
}

/// Takes in refunds that the gateway has signed. What is known is passed over.
pub(crate) fn apply(books: &mut Books, refunds: Vec<(String, RefundReceipt)>) -> Result<(), WalletError> {
    let known = books.state.settled.refunds;
    let told = books.state.account.statement.as_ref().map_or(0, |statement| statement.refunds);
    // Those that came since the statement wait for the next one, which says what the account owns without them.
    for (token, receipt) in refunds.into_iter().filter(|(_, receipt)| receipt.number <= told) {
        if receipt.number > books.state.settled.refunds {
            if receipt.number != books.state.settled.refunds + 1 {
                return Err(WalletError::not_trusted("a refund is missing"));
            }
            take_in(books, token, &receipt)?;
        }
    }
    if books.state.settled.refunds == known {
        return Err(WalletError::not_trusted("it has fewer refunds than its statement says"));
    }
    Ok(())
}

fn take_in(books: &mut Books, token: String, receipt: &RefundReceipt) -> Result<(), WalletError> {
    let before = books.state.current.clone();
    let mut settled = books.state.settled.clone();
    let mut parts = Vec::new();
    settled.refunds = receipt.number;
    if let Some(mut record) = Record::find(books, receipt.purchase)? {
        parts = record.parts(receipt.quantity)?;
        let is_new = record.add_refund(token, receipt);
        if is_new {
            record.keep(books, receipt.purchase)?;
        }
        let is_kept = parts.len() > 1 && DeliberateBug::KeepBundles.is_planted();
        if is_kept || DeliberateBug::KeepRefundedItems.is_planted() {
            parts.clear();
        }
        // Where the count of items was lost, it was made again of a history that had this refund already.
        if is_new || !books.state.recovery.as_ref().is_some_and(|recovery| recovery.lost_items) {
            // How long passes last by now, the statement says.
            parts.iter().filter(|part| part.pass.is_none()).for_each(|part| settled.take(&part.sku, part.quantity));
        }
    } else {
        // It was not granted here: by another device of the account, or after a backup was made.
        elsewhere::refund(books, token, receipt)?;
    }
    books.settle_at(settled)?;
    books.sum_up()?;
    books.state.refunds.retain(|asked| asked.purchase != receipt.purchase || asked.quantity > receipt.quantity);
    keep(books)?;
    let after = (&books.state.current, books.state.durables());
    let revoked = before.revoked(&parts, receipt.quantity, after);
    let (purchase, sku, amount, quantity) = (receipt.purchase, receipt.sku.clone(), receipt.amount, receipt.quantity);
    books.tell(WalletEvent::PurchaseRefunded { purchase, sku, amount, quantity, revoked });
    Ok(())
}

/// How much went back of a purchase, and how many of its items.
pub(crate) fn total(receipts: &[RefundReceipt]) -> Option<(Money, u32)> {
    let first = receipts.first()?;
    let micros = receipts.iter().map(|receipt| receipt.amount.micros()).sum();
    let quantity = receipts.iter().map(|receipt| receipt.quantity).sum();
    Some((Money::from_micros(micros, first.amount.currency()), quantity))
}
