//! What an account's other devices have bought, the oldest first, a page at a time: for a device that lists them too.
//!
//! A device has a place in the journal of each of the others, since journals are in order and an account as a whole is not:
//! what two gateways settle at the same time is known in one order to one, and in another to the other. Where it is far
//! behind, what is old is left out: a new device isn't sent the purchases of years.

use std::collections::{BTreeMap, VecDeque};

use farthing_protocol::limits::PURCHASES_KEPT_MAX;
use farthing_protocol::{AccountId, DeviceId, EntryId};

use crate::purchases::{Cursor, Dated, merge};
use crate::store::{Refund, SettledPurchase, StoreError, Tables};

/// Journals that are looked at, those of the newest devices: an account has 20 active ones at most, and this many places fit
/// into an address. Others were given up long ago.
const JOURNALS_MAX: usize = 60;

/// A page of purchases.
pub(crate) struct Page {
    /// Each with its refunds.
    pub(crate) purchases: Vec<(Vec<Refund>, SettledPurchase)>,
    /// Where what comes later begins.
    pub(crate) next: Option<Cursor>,
    /// Whether there are more already.
    pub(crate) has_more: bool,
}

/// Up to where the account's other devices have settled: a device that has this cursor has all there is.
pub(crate) fn end(tables: &dyn Tables, account: AccountId, but: DeviceId) -> Result<Option<Cursor>, StoreError> {
    let heads = heads(tables, account, but)?;
    Ok((!heads.is_empty()).then_some(Cursor(heads)))
}

/// Reads the page after a cursor, which may be of any earlier time.
pub(crate) fn page(
    tables: &dyn Tables,
    (account, but): (AccountId, DeviceId),
    after: Option<&Cursor>,
    most: u32,
) -> Result<Page, StoreError> {
    let heads = heads(tables, account, but)?;
    let place = |device| after.and_then(|Cursor(places)| places.get(device)).copied().unwrap_or(0);
    let mut places: BTreeMap<_, _> = heads.iter().map(|(device, head)| (*device, place(device).min(*head))).collect();
    let behind = heads.iter().map(|(device, head)| head.saturating_sub(places[device])).fold(0, u64::saturating_add);
    if behind > PURCHASES_KEPT_MAX.into() {
        skip(tables, &heads, &mut places)?;
    }
    let mut journals = BTreeMap::new();
    for (device, place) in &places {
        // One more than is sent, so that something is left where there is more.
        let purchases = tables.purchases_after(*device, *place, most.saturating_add(1))?;
        journals.insert(*device, Dated::all(purchases)?);
    }
    let purchases = merge_oldest(&mut journals, most);
    for purchase in &purchases {
        places.insert(purchase.device, purchase.seq);
    }
    let has_more = journals.values().any(|purchases| !purchases.is_empty());
    for (device, _) in journals.iter().filter(|(_, purchases)| purchases.is_empty()) {
        // What follows in its journal are no purchases.
        places.insert(*device, heads[device]);
    }
    let purchases = with_refunds(tables, purchases)?;
    Ok(Page { purchases, next: (!places.is_empty()).then_some(Cursor(places)), has_more })
}

/// Few purchases are refunded: one statement tells which.
fn with_refunds(
    tables: &dyn Tables,
    purchases: Vec<SettledPurchase>,
) -> Result<Vec<(Vec<Refund>, SettledPurchase)>, StoreError> {
    if purchases.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<EntryId> = purchases.iter().map(|purchase| purchase.id).collect();
    let refunded = tables.refunded(&names)?;
    let refunds =
        |name: EntryId| if refunded.contains_key(&name) { tables.refunds_of_purchase(name) } else { Ok(Vec::new()) };
    let with_refunds = |purchase: SettledPurchase| Ok((refunds(purchase.id)?, purchase));
    purchases.into_iter().map(with_refunds).collect()
}

/// Up to where each of the others is settled.
fn heads(tables: &dyn Tables, account: AccountId, but: DeviceId) -> Result<BTreeMap<DeviceId, u64>, StoreError> {
    let heads = tables.heads_of(account)?.into_iter().filter(|(device, head)| *device != but && *head > 0);
    let mut heads: BTreeMap<_, _> = heads.collect();
    while heads.len() > JOURNALS_MAX {
        // Names sort by time.
        heads.pop_first();
    }
    Ok(heads)
}

/// Moves places on, past all but the newest purchases that a wallet keeps.
fn skip(
    tables: &dyn Tables,
    heads: &BTreeMap<DeviceId, u64>,
    places: &mut BTreeMap<DeviceId, u64>,
) -> Result<(), StoreError> {
    let mut journals = BTreeMap::new();
    for (device, head) in heads {
        let end = head.saturating_add(1);
        let purchases = tables.purchases_before(*device, end, PURCHASES_KEPT_MAX)?;
        journals.insert(*device, (end, Dated::all(purchases)?));
    }
    merge(&mut journals, PURCHASES_KEPT_MAX);
    for (device, (first, _)) in journals {
        let place = places.entry(device).or_default();
        *place = first.saturating_sub(1).max(*place);
    }
    Ok(())
}

/// Takes the oldest purchases out of the devices' journals.
fn merge_oldest(journals: &mut BTreeMap<DeviceId, VecDeque<Dated>>, most: u32) -> Vec<SettledPurchase> {
    let mut page = Vec::new();
    while page.len() < most as usize {
        let waiting = journals.values_mut().filter(|purchases| !purchases.is_empty());
        let oldest = waiting.min_by_key(|purchases| purchases.front().map(Dated::order));
        let Some(Dated { purchase, .. }) = oldest.and_then(VecDeque::pop_front) else { break };
        page.push(purchase);
    }
    page
}
