//! What the wallet knows: signed documents, and what the journal's entries sum up to.
//!
//! Balance and inventory are kept nowhere as such. They are a fold over the entries, from the
//! sums of what is settled; so an entry that is on disk *is* the grant and the payment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use farthing_protocol::limits::QUEUE_ENTRIES_MAX;
use farthing_protocol::{
    AccountId, Allowance, ApprovalId, Catalog, Content, CreatorId, Currency, DeviceId, Digest, Drawn, EncodedEntry,
    EntryBody, EntryId, IdempotencyKey, Item, JournalPosition, KeySet, MeterTotals, Money, PassPeriod, Pricing, Sku,
    Statement, Timestamp, TipMessage,
};
use serde::{Deserialize, Serialize};

use crate::clock::TrustedTime;
use crate::deliberate_bug::DeliberateBug;
use crate::elsewhere::Elsewhere;
use crate::pass::{Consent, Passes};
use crate::recovery::Recovery;
use crate::refund::AskedRefund;
use crate::rollback::JournalHead;
use crate::tab::Tabs;
use crate::{WalletError, auto_top_up};

/// Everything the wallet decides by. In memory; all of it is on disk too.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) enrolment: Option<Enrolment>,
    pub(crate) key_set: Option<KeySet>,
    pub(crate) catalog: Option<Shelf>,
    pub(crate) account: Account,
    /// What is settled.
    pub(crate) settled: Sums,
    /// What is settled and what waits for settlement.
    pub(crate) current: Sums,
    /// What meters may still count without asking, as if it were drawn.
    pub(crate) held: BTreeMap<Currency, Drawn>,
    /// What the idempotency keys of the entries that wait stand for.
    pub(crate) operations: HashMap<IdempotencyKey, Operation>,
    /// Up to where a batch is on its way.
    pub(crate) uploading: Option<u64>,
    /// The database is older than the key store remembers, or was salvaged; see
    /// [`WalletError::SyncRequired`].
    pub(crate) rolled_back: bool,
    /// How far the journal is known to have come, where that is not certain.
    pub(crate) expected: JournalHead,
    /// What was salvaged, where the database was once damaged.
    pub(crate) recovery: Option<Recovery>,
    /// Refunds that the player has asked for and that are not answered.
    pub(crate) refunds: Vec<AskedRefund>,
    /// Those that the gateway refused, and why: for whoever asked.
    pub(crate) refused: Vec<(EntryId, WalletError)>,
    /// What is known of passes, beside how long they last.
    pub(crate) passes: Passes,
    /// The passes that the player lets the wallet renew.
    pub(crate) renewals: BTreeMap<Sku, Consent>,
    /// What the player has agreed to of automatic top-ups.
    pub(crate) auto_top_up: Option<auto_top_up::Consent>,
    /// The player's tabs.
    pub(crate) tabs: Tabs,
    /// How far what the account's other devices have bought is known.
    pub(crate) elsewhere: Elsewhere,
}

/// Which device of which account this is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) device: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) epoch: u32,
}

/// What the gateway said of the account.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) statement: Option<Statement>,
    pub(crate) allowances: BTreeMap<Currency, Allowance>,
    pub(crate) time: TrustedTime,
}

impl Account {
    /// Which of the catalog's prices hold: what allowances say, since the gateway judges by them. The statement says it
    /// as long as there is none.
    pub(crate) fn pricing(&self) -> Pricing {
        let latest = self.allowances.values().max_by_key(|allowance| allowance.issued_at);
        let told = latest.map(|allowance| &allowance.pricing);
        told.or(self.statement.as_ref().map(|statement| &statement.pricing)).cloned().unwrap_or_default()
    }

    /// The price of one of an item, by the allowance that pays it.
    pub(crate) fn price(&self, item: &Item, at: Timestamp) -> Money {
        if DeliberateBug::SellAtUsualPrices.is_planted() {
            return item.price_at(at);
        }
        let price = item.price_for(&self.pricing(), at);
        match self.allowances.get(&price.currency()) {
            Some(allowance) => item.price_for(&allowance.pricing, at),
            None => price,
        }
    }
}

/// A catalog that finds an item at once.
pub(crate) struct Shelf {
    pub(crate) catalog: Arc<Catalog>,
    places: HashMap<Sku, usize>,
}

impl Shelf {
    pub(crate) fn new(catalog: Catalog) -> Self {
        let places = catalog.items.iter().enumerate().map(|(place, item)| (item.sku.clone(), place)).collect();
        Shelf { catalog: Arc::new(catalog), places }
    }

    pub(crate) fn item(&self, sku: &Sku) -> Option<&Item> {
        self.places.get(sku).and_then(|place| self.catalog.items.get(*place))
    }
}

/// What an idempotency key stands for: one entry, and what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) entry: EntryId,
    pub(crate) seq: u64,
    action: Digest,
}

impl Operation {
    pub(crate) fn of(entry: &EncodedEntry) -> Option<Self> {
        let action = match &entry.entry().body {
            EntryBody::Purchase(purchase) => Action::Buy(&purchase.sku, purchase.quantity),
            EntryBody::Consume(consume) => Action::Consume(&consume.sku, consume.quantity),
            EntryBody::Tip(tip) => Action::Tip(&tip.creator, tip.amount, tip.message.as_ref()),
            EntryBody::Release(_) | EntryBody::Usage(_) => return None,
        };
        Some(Operation { entry: entry.entry().id, seq: entry.entry().seq, action: action.digest() })
    }

    /// Whether it was asked for the same.
    pub(crate) fn is(&self, action: Action<'_>) -> bool {
        self.action == action.digest()
    }
}

/// What an app asks for under an idempotency key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action<'a> {
    Buy(&'a Sku, u32),
    Consume(&'a Sku, u32),
    Tip(&'a CreatorId, Money, Option<&'a TipMessage>),
}

impl Action<'_> {
    fn digest(self) -> Digest {
        let (verb, sku, quantity) = match self {
            Action::Buy(sku, quantity) => ("buy", sku, quantity),
            Action::Consume(sku, quantity) => ("consume", sku, quantity),
            Action::Tip(creator, amount, message) => {
                let message = message.map_or("", TipMessage::as_str);
                return Digest::of(format!("tip\n{creator}\n{amount}\n{message}").as_bytes());
            }
        };
        Digest::of(format!("{verb}\n{sku}\n{quantity}").as_bytes())
    }
}

/// What entries sum up to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// The last entry that is in the sums; none before enrolment.
    pub(crate) position: Option<JournalPosition>,
    pub(crate) drawn: BTreeMap<Currency, Drawn>,
    pub(crate) inventory: BTreeMap<Sku, u64>,
    /// How many refunds of the account are in the sums: they are numbered from 1.
    #[serde(default)]
    pub(crate) refunds: u64,
    /// A guardian's approvals that were used, as long as an allowance has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) approvals: Vec<ApprovalId>,
    /// What each meter has come to. The sums of the first days are without.
    #[serde(default)]
    pub(crate) meters: BTreeMap<Sku, MeterTotals>,
    /// How long each pass lasts, or has lasted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) passes: BTreeMap<Sku, PassPeriod>,
    /// How much of what is drawn was given back to the account, unspent, in micros.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) released: BTreeMap<Currency, i64>,
}

impl Sums {
    pub(crate) fn starting_at(position: JournalPosition) -> Self {
        Sums { position: Some(position), ..Sums::default() }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.position.map_or(0, |position| position.seq)
    }

    pub(crate) fn drawn(&self, currency: Currency) -> Drawn {
        self.drawn.get(&currency).copied().unwrap_or(Drawn { total: Money::zero(currency), count: 0 })
    }

    pub(crate) fn owned(&self, sku: &Sku) -> u64 {
        self.inventory.get(sku).copied().unwrap_or(0)
    }

    /// Goes by what the gateway has counted up to here.
    pub(crate) fn take_drawn(&mut self, statement: &Statement) {
        self.drawn = statement.drawn.iter().map(|drawn| (drawn.total.currency(), *drawn)).collect();
        self.meters = statement.meters.iter().map(|totals| (totals.sku.clone(), totals.clone())).collect();
        self.take_passes(statement);
    }

    /// Goes by how long passes last at the gateway; says whether that is something else.
    pub(crate) fn take_passes(&mut self, statement: &Statement) -> bool {
        let passes = statement.passes.iter().map(|pass| (pass.sku.clone(), pass.clone())).collect();
        let are_others = self.passes != passes && !DeliberateBug::KeepPasses.is_planted();
        if are_others {
            self.passes = passes;
        }
        are_others
    }

    /// Counts an entry in.
    pub(crate) fn add(&mut self, entry: &EncodedEntry) -> Result<(), WalletError> {
        match &entry.entry().body {
            EntryBody::Purchase(purchase) => {
                self.draw(purchase.total)?;
                for content in purchase.granted() {
                    self.grant(content, entry.entry().at);
                }
                self.approvals.extend(purchase.approval);
            }
            EntryBody::Consume(consume) => self.take(&consume.sku, consume.quantity),
            EntryBody::Release(release) => {
                self.draw(release.amount)?;
                // What is drawn is in range, and this is a part of it.
                *self.released.entry(release.amount.currency()).or_default() += release.amount.micros();
            }
            EntryBody::Usage(usage) => self.draw(usage.amount)?,
            EntryBody::Tip(tip) => {
                self.draw(tip.amount)?;
                self.approvals.extend(tip.approval);
            }
        }
        self.go_past(entry, true)
    }

    fn grant(&mut self, content: Content, at: Timestamp) {
        match content.pass {
            Some(grant) => {
                let mut pass = PassPeriod::extended(self.passes.get(&content.sku), &content.sku, grant, at);
                if DeliberateBug::DoublePasses.is_planted() {
                    pass = PassPeriod::extended(Some(&pass), &content.sku, grant, at);
                }
                self.passes.insert(content.sku, pass);
            }
            None => *self.inventory.entry(content.sku).or_default() += u64::from(content.quantity),
        }
    }

    /// Takes items away. After a rejection or a refund there may be fewer than that: then there are none left.
    pub(crate) fn take(&mut self, sku: &Sku, quantity: u32) {
        let left = self.owned(sku).saturating_sub(quantity.into());
        if left == 0 {
            self.inventory.remove(sku);
        } else {
            self.inventory.insert(sku.clone(), left);
        }
    }

    /// How many of a purchase were taken back whole between these sums and those after: of `quantity`, which `parts` are.
    /// What the account keeps, since another purchase has brought it, was not.
    pub(crate) fn revoked(&self, parts: &[Content], quantity: u32, (after, kept): (&Sums, &[Sku])) -> u64 {
        let whole = parts.iter().filter(|part| part.pass.is_none() && part.quantity > 0).map(|part| {
            if kept.contains(&part.sku) {
                return 0;
            }
            let gone = self.owned(&part.sku).saturating_sub(after.owned(&part.sku)).min(part.quantity.into());
            gone.saturating_mul(quantity.into()) / u64::from(part.quantity)
        });
        // Of a pass that has not run yet there is always something to take; of nothing there is not.
        let all = if parts.is_empty() { 0 } else { quantity.into() };
        whole.min().unwrap_or(all)
    }

    /// Whether an entry is the next one.
    pub(crate) fn is_continued_by(&self, entry: &EncodedEntry) -> bool {
        let (seq, previous) = (entry.entry().seq, entry.entry().previous);
        self.position.is_some_and(|position| seq == position.seq + 1 && previous == position.head)
    }

    /// Goes past an entry without counting it: it was rejected.
    pub(crate) fn pass(&mut self, entry: &EncodedEntry) -> Result<(), WalletError> {
        self.go_past(entry, false)
    }

    fn go_past(&mut self, entry: &EncodedEntry, counts: bool) -> Result<(), WalletError> {
        let position = self.position.ok_or_else(|| broken("an entry before the enrolment"))?;
        if !self.is_continued_by(entry) {
            return Err(broken("the journal's chain is broken"));
        }
        self.position = Some(position.after(entry.hash()));
        // A meter's totals go on either way: the entries behind it say so.
        if let EntryBody::Usage(usage) = &entry.entry().body {
            let totals = usage.totals(self.meters.get(&usage.sku), entry.entry().at, counts);
            self.meters.insert(usage.sku.clone(), totals);
        }
        Ok(())
    }

    fn draw(&mut self, amount: Money) -> Result<(), WalletError> {
        let drawn = self.drawn(amount.currency());
        let total = drawn.total.plus(amount).map_err(|_| broken("the journal's sum is out of range"))?;
        self.drawn.insert(amount.currency(), Drawn { total, count: drawn.count + 1 });
        Ok(())
    }
}

fn broken(reason: &str) -> WalletError {
    WalletError::StorageDamaged { reason: reason.to_owned() }
}

impl State {
    /// Whether the gateway has not said yet where a salvaged journal stands. Until then entries
    /// that do not continue it are kept.
    pub(crate) fn has_strays(&self) -> bool {
        self.recovery.as_ref().is_some_and(Recovery::is_open)
    }

    /// How many of an item may be used: without those whose refund was asked for.
    pub(crate) fn usable(&self, sku: &Sku) -> u64 {
        let asked = self.refunds.iter().flat_map(|asked| asked.parts()).filter(|part| part.sku == *sku);
        self.current.owned(sku).saturating_sub(asked.map(|part| u64::from(part.quantity)).sum())
    }

    /// The durable items that the account owns on any of its devices by what is settled, as the gateway last said.
    pub(crate) fn durables(&self) -> &[Sku] {
        match &self.account.statement {
            Some(known) if !DeliberateBug::ForgetDurables.is_planted() => &known.durables,
            _ => &[],
        }
    }

    /// Whether the player owns an item, here or on another device.
    pub(crate) fn owns(&self, sku: &Sku) -> bool {
        self.current.owned(sku) > 0 || self.durables().contains(sku)
    }

    /// Whether an allowance still lets something through by an approval.
    pub(crate) fn has_approval(&self, id: &ApprovalId) -> bool {
        let shares = self.account.allowances.values().filter_map(|allowance| allowance.spending.as_ref());
        shares.flat_map(|share| &share.approvals).any(|approval| approval.id == *id)
    }

    /// How many entries wait for settlement.
    pub(crate) fn queued(&self) -> u64 {
        self.current.seq() - self.settled.seq()
    }

    /// Whether one more entry may wait, beside those that meters will write.
    pub(crate) fn has_queue_room(&self) -> bool {
        let held: u64 = self.held.values().map(|held| held.count).sum();
        self.queued() + held < QUEUE_ENTRIES_MAX
    }

    /// What is on its way back to the account: given back by the queue, as long as the gateway has said nothing of it.
    pub(crate) fn returning(&self, currency: Currency) -> Money {
        let heard = self.account.statement.as_ref().is_some_and(|known| known.journal.seq > self.settled.seq());
        if heard {
            return Money::zero(currency);
        }
        let released = |sums: &Sums| sums.released.get(&currency).copied().unwrap_or(0);
        Money::from_micros(released(&self.current) - released(&self.settled), currency)
    }

    /// What is drawn in a currency, and what meters hold back.
    pub(crate) fn committed(&self, currency: Currency) -> Drawn {
        let drawn = self.current.drawn(currency);
        match self.held.get(&currency) {
            None => drawn,
            // The sums stay under the allowance's limit, which is an amount itself.
            Some(held) => {
                Drawn { total: drawn.total.plus(held.total).unwrap_or(drawn.total), count: drawn.count + held.count }
            }
        }
    }

    /// Counts in an entry that is on disk.
    pub(crate) fn add(&mut self, entry: &EncodedEntry) -> Result<(), WalletError> {
        self.current.add(entry)?;
        if let (Some(key), Some(operation)) = (entry.entry().body.operation(), Operation::of(entry)) {
            self.operations.insert(key.clone(), operation);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
