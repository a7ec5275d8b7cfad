//! What a player is owed, counted beside the real thing.

use std::collections::{BTreeMap, BTreeSet};

use farthing_core::{Currency, EntryId, Money, Purchase, PurchaseKind, PurchaseState};

use crate::Violation;
use crate::auto_top_ups::AutoTopUps;
use crate::catalog::{DURABLES, PACK, PACK_UNITS, PASS, SKUS, TIP, brings};
use crate::disputes::Disputes;
use crate::meters::Meters;
use crate::operator::{MerchantRefund, Refunded};
use crate::passes::{Passes, is_pass};
use crate::tabs::Tabs;

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

    /// How many of an item it brings, and uses up below zero.
    fn brings(&self, item: usize) -> i64 {
        let quantity = i64::from(self.quantity);
        match self.act {
            Act::Buy => quantity * i64::from(brings(SKUS[self.sku], SKUS[item])),
            Act::Consume if self.sku == item => -quantity,
            Act::Consume | Act::Tip => 0,
        }
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
    pub(crate) meters: Meters,
    pub(crate) passes: Passes,
    pub(crate) tabs: Tabs,
    pub(crate) auto_top_ups: AutoTopUps,
    pub(crate) disputes: Disputes,
    /// How far each purchase was when it was last seen.
    stages: BTreeMap<EntryId, u8>,
    /// What had gone back of each when it was last seen.
    returned: BTreeMap<EntryId, Returned>,
    /// What the merchant has given back of each.
    courtesies: BTreeMap<EntryId, Courtesy>,
}

/// Micros and items that went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Returned {
    micros: i64,
    quantity: u32,
}

/// What a merchant gave back: as far as is known for sure, and at most.
#[derive(Clone, Copy, Default)]
struct Courtesy {
    sure: Returned,
    most: Returned,
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
            if let PurchaseState::Refunded { amount, quantity, .. } = &purchase.state {
                steps.extend(self.check_refund(purchase, *amount, *quantity)?);
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
        let made = self.made();
        let unexplained = shown.iter().filter(|purchase| !is_usage(purchase) && !made.contains(&purchase.id));
        let (passes, others): (Vec<&Purchase>, Vec<&Purchase>) = unexplained.partition(|purchase| is_pass(purchase));
        let unknown = self.wishes.iter().filter(|wish| wish.act != Act::Consume && wish.known == Known::Unknown);
        let (of_passes, of_others): (Vec<&Wish>, Vec<&Wish>) = unknown.partition(|wish| wish.sku() == PASS);
        if others.len() > of_others.len() {
            return Err(Violation::new("there is a purchase that nobody made"));
        }
        self.passes.admit(&passes, of_passes.len())?;
        steps.extend(self.meters.check(shown)?.into_iter().map(str::to_owned));
        Ok(steps)
    }

    /// Whether there may be a pass.
    pub(crate) fn has_pass(&self) -> bool {
        let may_be = |wish: &Wish| wish.sku() == PASS && wish.known != Known::NotDone;
        self.wishes.iter().any(may_be)
    }

    /// What the player has bought, as far as the app was told.
    pub(crate) fn made(&self) -> BTreeSet<EntryId> {
        self.purchases().map(|(_, id, _)| id).collect()
    }

    /// What went back is no more than was paid and bought, and never less than before. Where the merchant gave nothing,
    /// it is all of it.
    fn check_refund(&mut self, purchase: &Purchase, amount: Money, quantity: u32) -> Result<Option<String>, Violation> {
        let now = Returned { micros: amount.micros(), quantity };
        let whole = Returned { micros: purchase.total.micros(), quantity: granted(purchase) };
        if now.micros > whole.micros || now.quantity > whole.quantity {
            return Err(Violation::new("more went back of a purchase than was paid or bought"));
        }
        let before = self.returned.insert(purchase.id, now).unwrap_or_default();
        if self.is_tampered {
            return Ok(None);
        }
        if now.micros < before.micros || now.quantity < before.quantity {
            return Err(Violation::new("what went back of a purchase is less than before"));
        }
        if now != whole && !self.courtesies.contains_key(&purchase.id) {
            return Err(Violation::new("a refund is not what was paid, or not what was bought"));
        }
        Ok((now.micros < whole.micros).then(|| "refund: a part of a price".to_owned()))
    }

    /// The merchant has given something back of a purchase of this wallet, or may have.
    pub(crate) fn note_courtesy(&mut self, purchase: &Purchase, wish: &MerchantRefund, became: Refunded) {
        let given = match became {
            Refunded::No => return,
            Refunded::Yes { amount, quantity } => Returned { micros: amount.micros(), quantity },
            Refunded::Unknown => Returned {
                micros: wish.amount.unwrap_or(purchase.total).micros(),
                quantity: wish.quantity.unwrap_or(granted(purchase)),
            },
        };
        self.passes.is_inexact |= is_pass(purchase);
        let courtesy = self.courtesies.entry(purchase.id).or_default();
        courtesy.most.add(given);
        if became != Refunded::Unknown {
            courtesy.sure.add(given);
        }
    }

    /// At the end the wallet has heard of each refund that it was not told of.
    pub(crate) fn check_courtesies(&self, shown: &[Purchase]) -> Result<(), Violation> {
        for purchase in shown {
            let Some(Courtesy { sure, .. }) = self.courtesies.get(&purchase.id) else { continue };
            let heard = returned(purchase);
            if heard.micros < sure.micros || heard.quantity < sure.quantity {
                return Err(Violation::new("a wallet has not heard of a refund"));
            }
        }
        Ok(())
    }

    /// Whether a wallet owns what it must, when every outcome is known. Where its account has had other devices, what is
    /// owned for ever may be theirs: the gateway's books say so in the end.
    pub(crate) fn check_owned(
        &self,
        inventory: &BTreeMap<String, u64>,
        shown: &[Purchase],
        has_others: bool,
    ) -> Result<(), Violation> {
        // A pass is had, and not owned.
        for (place, sku) in SKUS.iter().enumerate().filter(|(_, sku)| **sku != PASS) {
            if self.left(place, shown) < 0 {
                return Err(Violation::new(format!("more of {sku} were used and refunded than bought")));
            }
            let owned = inventory.get(*sku).copied().unwrap_or_default();
            let of_others = u64::from(has_others && DURABLES.contains(sku));
            if let Some((least, most)) = self.owned(place, shown)
                && !(least..=most.max(of_others)).contains(&owned)
            {
                return Err(Violation::new(format!("{owned} of {sku} are owned, and should be {least} to {most}")));
            }
        }
        Ok(())
    }

    /// What was bought of an item less what was used and what the player gave back. Rejected purchases count: what was
    /// used of them was the player's then. What a merchant takes back may have been used.
    fn left(&self, sku: usize, shown: &[Purchase]) -> i64 {
        let done = self.wishes.iter().filter(|wish| matches!(wish.known, Known::Done(_)));
        done.map(|wish| wish.brings(sku)).sum::<i64>() - self.given_back(sku, shown).1
    }

    /// How many of an item went back: in all, and those of them that the player gave back unused for sure.
    fn given_back(&self, sku: usize, shown: &[Purchase]) -> (i64, i64) {
        let (mut all, mut unused) = (0, 0);
        for purchase in shown {
            let each = i64::from(brings(purchase.sku.as_str(), SKUS[sku]));
            let quantity = i64::from(returned(purchase).quantity);
            let courtesy = self.courtesies.get(&purchase.id).map_or(0, |courtesy| i64::from(courtesy.most.quantity));
            all += quantity * each;
            unused += (quantity - courtesy).max(0) * each;
        }
        (all, unused)
    }

    /// How many of an item must be owned, at least and at most. After a rejection the order of things counts; where that is
    /// not known, none is told. Of what a merchant takes back, only what is left goes, which the order decides, too.
    fn owned(&self, sku: usize, shown: &[Purchase]) -> Option<(u64, u64)> {
        let was_rejected = |id: EntryId| {
            shown.iter().any(|known| known.id == id && matches!(known.state, PurchaseState::Rejected { .. }))
        };
        let (mut exact, mut owned, mut rejections, mut is_late) = (0_i64, 0_u64, 0, false);
        for wish in self.wishes.iter().filter(|wish| wish.brings(sku) != 0) {
            let Known::Done(purchase) = wish.known else { continue };
            is_late |= wish.is_late;
            match purchase {
                Some((id, _)) if was_rejected(id) => rejections += 1,
                _ => (owned, exact) = (owned.saturating_add_signed(wish.brings(sku)), exact + wish.brings(sku)),
            }
        }
        let (refunded, unused) = self.given_back(sku, shown);
        match rejections {
            0 => Some((u64::try_from(exact - refunded).unwrap_or(0), u64::try_from(exact - unused).ok()?)),
            _ => (!is_late && refunded == 0).then_some((owned, owned)),
        }
    }

    /// What packs have brought of the merchant's own currency, and nobody has taken back, in micros.
    pub(crate) fn credited(&self, shown: &[Purchase]) -> i64 {
        let settled = shown.iter().filter(|purchase| {
            purchase.sku.as_str() == PACK
                && matches!(purchase.state, PurchaseState::Settled { .. } | PurchaseState::Refunded { .. })
        });
        let packs: i64 = settled.map(|purchase| i64::from(purchase.quantity - returned(purchase).quantity)).sum();
        packs * PACK_UNITS * 1_000_000
    }

    /// What was spent and not given back.
    pub(crate) fn spent(&self, shown: &[Purchase], currency: Currency) -> i64 {
        let kept = shown.iter().filter(|purchase| !matches!(purchase.state, PurchaseState::Rejected { .. }));
        let kept = kept.filter(|purchase| purchase.total.currency() == currency);
        kept.map(|purchase| purchase.total.micros() - returned(purchase).micros).sum()
    }
}

impl Returned {
    fn add(&mut self, more: Returned) {
        *self = Returned { micros: self.micros + more.micros, quantity: self.quantity + more.quantity };
    }
}

/// What went back of a purchase, as the wallet shows it.
fn returned(purchase: &Purchase) -> Returned {
    match purchase.state {
        PurchaseState::Refunded { amount, quantity, .. } => Returned { micros: amount.micros(), quantity },
        _ => Returned::default(),
    }
}

/// How many items were granted for what was paid.
fn granted(purchase: &Purchase) -> u32 {
    if purchase.kind == PurchaseKind::Item { purchase.quantity } else { 0 }
}

/// Whether units of a meter were paid for.
pub(crate) fn is_usage(purchase: &Purchase) -> bool {
    purchase.kind == PurchaseKind::Usage
}
