//! How long the gateway lets passes last, by its own receipts and refunds.

use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::Receipt;

use super::{Audit, failed};
use crate::Violation;
use crate::catalog::PASS;
use crate::passes::{LENGTH, Validity};
use crate::phone::Statement;

/// What makes a device's pass longer and shorter, each in its order.
#[derive(Default)]
struct History {
    bought: Vec<Bought>,
    /// Which purchase was taken back, and when.
    taken_back: Vec<(usize, i64)>,
}

/// A purchase of a pass that was settled; times are milliseconds.
struct Bought {
    id: Vec<u8>,
    at: i64,
    settled_at: i64,
    /// What its receipt says that it is for.
    until: i64,
}

impl Audit {
    /// Each pass lasts as long as was paid for and not taken back, for the gateway and then for the wallet.
    pub(crate) fn check_passes(&self, statements: &[Statement]) -> Result<(), Violation> {
        let (histories, kept) = (self.histories()?, self.kept_passes()?);
        let devices: BTreeSet<&Vec<u8>> = histories.keys().chain(kept.keys()).collect();
        for device in devices {
            let lasts = histories.get(device).map(History::outcomes).unwrap_or_default();
            match kept.get(device) {
                Some(kept) if lasts.contains(kept) => {}
                kept => {
                    let what = "the gateway lets a pass last otherwise than its receipts say";
                    return Err(Violation::new(format!("{what}: {kept:?}, and not {lasts:?}")));
                }
            }
        }
        for Statement { device, pass, .. } in statements {
            let kept = kept.get(device);
            if kept != pass.as_ref() {
                let what = "a wallet shows another pass than the gateway keeps";
                return Err(Violation::new(format!("{what}: {pass:?}, and not {kept:?}")));
            }
        }
        Ok(())
    }

    fn histories(&self) -> Result<BTreeMap<Vec<u8>, History>, Violation> {
        let mut histories: BTreeMap<Vec<u8>, History> = BTreeMap::new();
        for receipt in self.receipts()?.iter().filter(|receipt| receipt.sku.as_str() == PASS) {
            let history = histories.entry(receipt.device.as_bytes().to_vec()).or_default();
            history.bought.push(Bought::of(receipt)?);
        }
        let refunds = "SELECT purchase, created_at FROM refunds WHERE purchase IS NOT NULL AND quantity > 0
                       ORDER BY account, number";
        let mut refunds = self.0.prepare(refunds).map_err(failed)?;
        let refunds = refunds.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        for refund in refunds {
            let (purchase, at): (Vec<u8>, i64) = refund.map_err(failed)?;
            for history in histories.values_mut() {
                let place = history.bought.iter().position(|bought| bought.id == purchase);
                history.taken_back.extend(place.map(|place| (place, at)));
            }
        }
        Ok(histories)
    }

    fn kept_passes(&self) -> Result<BTreeMap<Vec<u8>, Validity>, Violation> {
        let kept = "SELECT device, starts_at, ends_at, grace_seconds FROM passes WHERE sku = ?1";
        let mut kept = self.0.prepare(kept).map_err(failed)?;
        let kept = kept.query_map([PASS], |row| {
            let (starts_at, ends_at, grace) = (row.get(1)?, row.get(2)?, row.get::<_, i64>(3)? * 1_000);
            Ok((row.get(0)?, Validity { starts_at, ends_at, grace }))
        });
        kept.and_then(Iterator::collect).map_err(failed)
    }
}

impl Bought {
    fn of(receipt: &Receipt) -> Result<Self, Violation> {
        let [bought] = &receipt.passes[..] else { return Err(Violation::new("the receipt of a pass has none")) };
        let (from, until) = (bought.starts_at.as_millisecond(), bought.ends_at.as_millisecond());
        if until - from != LENGTH {
            return Err(Violation::new("the receipt of a pass is for another time than was bought"));
        }
        let (at, settled_at) = (receipt.purchased_at.as_millisecond(), receipt.iat * 1_000);
        Ok(Bought { id: receipt.jti.as_bytes().to_vec(), at, settled_at, until })
    }
}

impl History {
    /// What it may have come to. In which order a purchase was settled and another one was taken back at the same time is
    /// in no table, so each order that fits the receipts is tried.
    fn outcomes(&self) -> BTreeSet<Validity> {
        let (bought, taken) = (self.bought.len(), self.taken_back.len());
        let mut states: BTreeMap<(usize, usize), BTreeSet<Option<Validity>>> = BTreeMap::new();
        states.entry((0, 0)).or_default().insert(None);
        for settled in 0..=bought {
            for gone in 0..=taken {
                let known = states.get(&(settled, gone)).cloned().unwrap_or_default();
                let (purchase, refund) = (self.bought.get(settled), self.taken_back.get(gone));
                if let Some(purchase) = purchase.filter(|it| refund.is_none_or(|(_, at)| it.settled_at <= *at)) {
                    // No phone's clock is believed to be ahead of the gateway's.
                    let at = purchase.at.min(purchase.settled_at);
                    let after = known.iter().map(|before| Validity::after_purchase(*before, at));
                    let after = after.filter(|after| after.ends_at == purchase.until).map(Some);
                    states.entry((settled + 1, gone)).or_default().extend(after);
                }
                if let Some((place, at)) = refund.filter(|(place, at)| {
                    *place < settled && purchase.is_none_or(|purchase| *at <= purchase.settled_at)
                }) {
                    // What it was for is over: what is left came by later ones.
                    let has_run = self.bought[*place].until <= *at;
                    let after = known.iter().flatten();
                    let after = after.map(|before| Some(if has_run { *before } else { before.after_refund(*at) }));
                    states.entry((settled, gone + 1)).or_default().extend(after);
                }
            }
        }
        states.remove(&(bought, taken)).unwrap_or_default().into_iter().flatten().collect()
    }
}
