//! What a player is owed, counted beside the real thing.

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::{Currency, EntryId, Money, Purchase, PurchaseKind, PurchaseState};

use crate::Violation;
use crate::plan::{SKUS, TIP};

/// What is known of an action that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// The app was told that it is done; a purchase has a name and a price.
    Done(Option<(EntryId, Money)>),
    /// The app was told that it is not.
    NotDone,
    /// No answer came, or one that leaves it open.
    Unknown,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Buy,
    Consume,
    /// A tip; `quantity` is how many cents.
    Tip,
}

/// One action of a player, under its idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) key: String,
    pub(crate) act: Act,
    pub(crate) sku: usize,
    pub(crate) quantity: u32,
    pub(crate) known: Known,
    /// It was done when it was asked for again, or by the first time: which of both is not known.
    is_late: bool,
}

impl Wish {
    /// What the wallet calls what was paid for.
    fn sku(&self) -> &'static str {
        if self.act == Act::Tip { TIP } else { SKUS[self.sku] }
    }

    fn is_of(&self, sku: usize) -> bool {
        self.act != Act::Tip && self.sku == sku
    }
}

/// The actions of a player on one wallet, in their order.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) wishes: Vec<Wish>,
    /// Top-ups that were asked for.
    pub(crate) top_ups: u64,
    /// The wallet was restored, cloned or lost a key: what is on it need not be all there was.
    pub(crate) is_tampered: bool,
    /// How far each purchase was when it was last seen.
    stages: BTreeMap<EntryId, u8>,
}

impl Book {
    /// Writes down an action that is about to be asked for; returns its place.
    pub(crate) fn wish(&mut self, prefix: &str, act: Act, sku: usize, quantity: u32) -> usize {
        let key = format!("{prefix}-{}", self.wishes.len());
        self.wishes.push(Wish { key, act, sku, quantity, known: Known::Unknown, is_late: false });
        self.wishes.len() - 1
    }

    /// Writes down what became of an action; `again` when it was not asked for the first time.
    pub(crate) fn done(&mut self, place: usize, purchase: Option<(EntryId, Money)>, again: bool) {
        let wish = &mut self.wishes[place];
        wish.is_late |= again && !matches!(wish.known, Known::Done(_));
        wish.known = Known::Done(purchase);
    }

    pub(crate) fn unknown(&self) -> Vec<usize> {
        let places = self.wishes.iter().enumerate();
        places.filter(|(_, wish)| wish.known == Known::Unknown).map(|(place, _)| place).collect()
    }

    fn purchases(&self) -> impl Iterator<Item = (&Wish, EntryId, Money)> {
        self.wishes.iter().filter_map(|wish| match wish.known {
            Known::Done(Some((id, total))) => Some((wish, id, total)),
            _ => None,
        })
    }

    /// What the wallet shows must be what was promised: each purchase is there, at its price, and none that nobody
    /// made. Returns the steps from state to state.
    pub(crate) fn compare(&mut self, shown: &[Purchase], may_reject: bool) -> Result<Vec<String>, Violation> {
        let mut seen: BTreeSet<EntryId> = BTreeSet::new();
        let mut steps = Vec::new();
        for purchase in shown {
            if !seen.insert(purchase.id) {
                return Err(Violation::new("a purchase is shown twice"));
            }
            let (stage, name) = match purchase.state {
                PurchaseState::Granted => (1, "Granted"),
                PurchaseState::Settling => (2, "Settling"),
                PurchaseState::Settled { .. } => (3, "Settled"),
                PurchaseState::Rejected { .. } => (4, "Rejected"),
                PurchaseState::Refunded { .. } => (5, "Refunded"),
                _ => return Err(Violation::new("a purchase is in a state that is none")),
            };
            let before = self.stages.insert(purchase.id, stage).unwrap_or(0);
            if before >= 3 && stage != before && (before, stage) != (3, 5) && !self.is_tampered {
                return Err(Violation::new("what became of a purchase was changed afterwards"));
            }
            if before != stage {
                steps.push(format!(
                    "purchase: {} → {name}",
                    ["new", "Granted", "Settling", "Settled", "Rejected", "Refunded"][usize::from(before)]
                ));
            }
            if stage == 4 && !may_reject && !self.is_tampered {
                return Err(Violation::new("a purchase within the allowance was rejected"));
            }
            if let PurchaseState::Refunded { amount, quantity, .. } = &purchase.state
                && (*amount, *quantity) != (purchase.total, granted(purchase))
            {
                return Err(Violation::new("a refund is not what was paid, or not what was bought"));
            }
            if let PurchaseState::Settled { split, .. } | PurchaseState::Refunded { split, .. } = &purchase.state
                && split.total() != Ok(purchase.total)
            {
                return Err(Violation::new("the split is not the price"));
            }
        }
        if self.is_tampered {
            return Ok(steps);
        }
        for (wish, id, total) in self.purchases() {
            match shown.iter().find(|purchase| purchase.id == id) {
                None => return Err(Violation::new("a purchase that the app was told of is gone")),
                Some(purchase) if purchase.total != total || purchase.sku.as_str() != wish.sku() => {
                    return Err(Violation::new("a purchase is another than the app was told"));
                }
                Some(_) => {}
            }
        }
        let made: BTreeSet<EntryId> = self.purchases().map(|(_, id, _)| id).collect();
        let unexplained = shown.iter().filter(|purchase| !made.contains(&purchase.id)).count();
        let unknown = self.wishes.iter().filter(|wish| wish.act != Act::Consume && wish.known == Known::Unknown);
        let unknown = unknown.count();
        if unexplained > unknown {
            return Err(Violation::new("there is a purchase that nobody made"));
        }
        Ok(steps)
    }

    /// Whether a wallet owns what it must, when every outcome is known.
    pub(crate) fn check_owned(&self, inventory: &BTreeMap<String, u64>, shown: &[Purchase]) -> Result<(), Violation> {
        for (place, sku) in SKUS.iter().enumerate() {
            if self.left(place, shown) < 0 {
                return Err(Violation::new(format!("more of {sku} were used and refunded than bought")));
            }
            let owned = inventory.get(*sku).copied().unwrap_or_default();
            if let Some(expected) = self.owned(place, shown)
                && owned != expected
            {
                return Err(Violation::new(format!("{owned} of {sku} are owned, and should be {expected}")));
            }
        }
        Ok(())
    }

    /// What was bought of an item less what was used and what was refunded. Rejected purchases count: what was used of
    /// them was the player's then.
    fn left(&self, sku: usize, shown: &[Purchase]) -> i64 {
        let done = self.wishes.iter().filter(|wish| wish.is_of(sku) && matches!(wish.known, Known::Done(_)));
        let moved = done.map(|wish| match wish.act {
            Act::Buy => i64::from(wish.quantity),
            Act::Consume => -i64::from(wish.quantity),
            Act::Tip => 0,
        });
        moved.sum::<i64>() - self.refunded(sku, shown)
    }

    /// How many of an item were refunded.
    fn refunded(&self, sku: usize, shown: &[Purchase]) -> i64 {
        let refunded = shown.iter().filter(|known| known.sku.as_str() == SKUS[sku]);
        let refunded = refunded.filter(|known| matches!(known.state, PurchaseState::Refunded { .. }));
        refunded.map(|known| i64::from(known.quantity)).sum()
    }

    /// How many of an item must be owned. After a rejection the order of things counts; where that is not known, none
    /// is told.
    fn owned(&self, sku: usize, shown: &[Purchase]) -> Option<u64> {
        let was_rejected = |id: EntryId| {
            shown.iter().any(|known| known.id == id && matches!(known.state, PurchaseState::Rejected { .. }))
        };
        let (mut exact, mut owned, mut rejections, mut is_late) = (0_i64, 0_u64, 0, false);
        for wish in self.wishes.iter().filter(|wish| wish.is_of(sku)) {
            let (Known::Done(purchase), quantity) = (wish.known, u64::from(wish.quantity)) else { continue };
            is_late |= wish.is_late;
            match (wish.act, purchase) {
                (Act::Buy, Some((id, _))) if was_rejected(id) => rejections += 1,
                (Act::Buy, _) => (owned, exact) = (owned + quantity, exact + quantity as i64),
                (Act::Tip, _) => {}
                (Act::Consume, _) => (owned, exact) = (owned.saturating_sub(quantity), exact - quantity as i64),
            }
        }
        let refunded = self.refunded(sku, shown);
        match rejections {
            0 => u64::try_from(exact - refunded).ok(),
            _ => (!is_late && refunded == 0).then_some(owned),
        }
    }

    /// What was spent and not given back.
    pub(crate) fn spent(&self, shown: &[Purchase], currency: Currency) -> i64 {
        let is_back = |purchase: &&Purchase| {
            matches!(purchase.state, PurchaseState::Rejected { .. } | PurchaseState::Refunded { .. })
        };
        let kept = shown.iter().filter(|purchase| !is_back(purchase));
        kept.filter(|purchase| purchase.total.currency() == currency).map(|purchase| purchase.total.micros()).sum()
    }
}

/// How many items were granted for what was paid.
fn granted(purchase: &Purchase) -> u32 {
    if purchase.kind == PurchaseKind::Tip { 0 } else { purchase.quantity }
}
