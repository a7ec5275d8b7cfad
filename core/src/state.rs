//! What the wallet knows: signed documents, and what the journal's entries sum up to.
//!
//! Balance and inventory are kept nowhere as such. They are a fold over the entries, from the
//! sums of what is settled; so an entry that is on disk *is* the grant and the payment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use farthing_protocol::{
    AccountId, Allowance, Catalog, Currency, DeviceId, Digest, Drawn, EncodedEntry, EntryBody, EntryId, IdempotencyKey,
    Item, JournalPosition, KeySet, Money, Sku, Statement,
};
use serde::{Deserialize, Serialize};

use crate::WalletError;
use crate::clock::TrustedTime;
use crate::recovery::Recovery;
use crate::rollback::JournalHead;

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
            EntryBody::Release(_) => return None,
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
}

impl Action<'_> {
    fn digest(self) -> Digest {
        let (verb, sku, quantity) = match self {
            Action::Buy(sku, quantity) => ("buy", sku, quantity),
            Action::Consume(sku, quantity) => ("consume", sku, quantity),
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
    }

    /// Counts an entry in.
    pub(crate) fn add(&mut self, entry: &EncodedEntry) -> Result<(), WalletError> {
        match &entry.entry().body {
            EntryBody::Purchase(purchase) => {
                self.draw(purchase.total)?;
                *self.inventory.entry(purchase.sku.clone()).or_default() += u64::from(purchase.quantity);
            }
            EntryBody::Consume(consume) => {
                // After a rejection there may be fewer than were used: then there are none left.
                let left = self.owned(&consume.sku).saturating_sub(u64::from(consume.quantity));
                if left == 0 {
                    self.inventory.remove(&consume.sku);
                } else {
                    self.inventory.insert(consume.sku.clone(), left);
                }
            }
            EntryBody::Release(release) => self.draw(release.amount)?,
        }
        self.pass(entry)
    }

    /// Whether an entry is the next one.
    pub(crate) fn is_continued_by(&self, entry: &EncodedEntry) -> bool {
        let (seq, previous) = (entry.entry().seq, entry.entry().previous);
        self.position.is_some_and(|position| seq == position.seq + 1 && previous == position.head)
    }

    /// Goes past an entry without counting it: it was rejected.
    pub(crate) fn pass(&mut self, entry: &EncodedEntry) -> Result<(), WalletError> {
        let position = self.position.ok_or_else(|| broken("an entry before the enrolment"))?;
        if !self.is_continued_by(entry) {
            return Err(broken("the journal's chain is broken"));
        }
        self.position = Some(position.after(entry.hash()));
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

    /// How many entries wait for settlement.
    pub(crate) fn queued(&self) -> u64 {
        self.current.seq() - self.settled.seq()
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
