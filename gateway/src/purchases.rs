//! What an account has bought, the newest first, a page at a time.
//!
//! There is no index of purchases by account, which each purchase would have to pay for. An account has few devices, and
//! each device's journal is in order: a page is merged of theirs.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use farthing_protocol::{AccountId, DeviceId};
use serde::Deserialize;

use crate::store::{SettledPurchase, StoreError, Tables};

/// Where the next page begins: before which place in the journal of each device, or after which. A device that is not named
/// has nothing left, or was not there at the first page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor(pub(crate) BTreeMap<DeviceId, u64>);

/// Reads a page, and says where the next one begins, if there is one.
pub(crate) fn page(
    tables: &dyn Tables,
    account: AccountId,
    cursor: Option<&Cursor>,
    most: u32,
) -> Result<(Vec<SettledPurchase>, Option<Cursor>), StoreError> {
    let end = i64::MAX.unsigned_abs();
    let mut journals = BTreeMap::new();
    for device in tables.devices_of(account)? {
        let place = match cursor {
            Some(Cursor(places)) => places.get(&device).copied(),
            None => Some(end),
        };
        if let Some(place) = place {
            // One more than is shown, so that something is left where there is more.
            let purchases = tables.purchases_before(device, place.min(end), most.saturating_add(1))?;
            journals.insert(device, (place, Dated::all(purchases)?));
        }
    }
    let page = merge(&mut journals, most);
    let left = journals.into_iter().filter(|(_, (_, purchases))| !purchases.is_empty());
    let next: BTreeMap<_, _> = left.map(|(device, (place, _))| (device, place)).collect();
    Ok((page, (!next.is_empty()).then_some(Cursor(next))))
}

/// Takes the newest purchases out of the devices' journals, and moves their places.
pub(crate) fn merge(journals: &mut BTreeMap<DeviceId, (u64, VecDeque<Dated>)>, most: u32) -> Vec<SettledPurchase> {
    let mut page = Vec::new();
    while page.len() < most as usize {
        let newest = journals.values_mut().max_by_key(|(_, purchases)| purchases.front().map(Dated::order));
        let Some((place, purchases)) = newest else { break };
        let Some(Dated { purchase, .. }) = purchases.pop_front() else { break };
        *place = purchase.seq;
        page.push(purchase);
    }
    page
}

/// A purchase and when it was settled.
pub(crate) struct Dated {
    settled_at: i64,
    pub(crate) purchase: SettledPurchase,
}

impl Dated {
    fn new(purchase: SettledPurchase) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Claims {
            iat: i64,
        }
        let claims: Claims =
            serde_json::from_slice(&purchase.receipt).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))?;
        Ok(Dated { settled_at: claims.iat, purchase })
    }

    pub(crate) fn all(purchases: Vec<SettledPurchase>) -> Result<VecDeque<Self>, StoreError> {
        purchases.into_iter().map(Dated::new).collect()
    }

    pub(crate) fn order(&self) -> (i64, [u8; 16]) {
        (self.settled_at, *self.purchase.id.as_bytes())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.0.iter().flat_map(|(device, place)| [&device.as_bytes()[..], &place.to_be_bytes()].concat());
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(places.collect::<Vec<u8>>()))
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NONE: &str = "no cursor of an earlier answer";
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NONE)?;
        let (places, rest) = bytes.as_chunks::<24>();
        if places.is_empty() || !rest.is_empty() {
            return Err(NONE);
        }
        let place = |bytes: &[u8; 24]| {
            let (device, place) = bytes.split_at(16);
            Some((DeviceId::from_bytes(device.try_into().ok()?), u64::from_be_bytes(place.try_into().ok()?)))
        };
        places.iter().map(place).collect::<Option<_>>().map(Cursor).ok_or(NONE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(places in prop::collection::btree_map(any::<[u8; 16]>(), any::<u64>(), 1..20)) {
            let cursor = Cursor(places.into_iter().map(|(device, place)| (DeviceId::from_bytes(device), place)).collect());
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for bad in ["", "!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
