//! Purchases: one path, online or not.
//!
//! 1. **Decide** ([`decide`], pure): the signed catalog has the item and its price, the signed
//!    allowance has room for it, by trusted time. If not, the caller gets an error and nothing
//!    is written.
//! 2. **Write**: one entry is appended to the journal and committed with a full sync. The entry
//!    is the purchase, the payment and the grant: balance and inventory are sums over entries.
//!    From here on the purchase is `Granted`, whatever happens to the app.
//! 3. **Settle**: sync sends the entry in a batch (`Settling`). The gateway's signed settlement
//!    makes it `Settled`, with a receipt, or `Rejected`. The entry leaves the queue in the same
//!    commit that writes the outcome to the history. What was settled may be refunded later (`refund`).
//!
//! A crash before the commit leaves nothing; after it, the entry is found at the next start. A
//! lost answer is asked for again: the gateway knows the entry by its hash and answers the same.

mod decide;
mod history;

use farthing_protocol::{EntryBody, EntryId, IdempotencyKey, Money, RejectionReason, Sku, Split, Timestamp, Tip};

pub(crate) use decide::{draw, may_spend, price, room};
pub(crate) use history::{Record, add_refund, by_name, is_settled, listed, own, parts_of, refund_receipts, settled};

use decide::decide;
use history::record;

use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::state::{Action, Operation};
use crate::store::Books;
use crate::{TipRequest, WalletError, meter, tip};

/// One purchase.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Its name, here and at the gateway.
    pub id: EntryId,
    /// Whether it was bought, used by a meter, or given to a creator.
    pub kind: PurchaseKind,
    /// What was bought or used; of a tip `tip:` and the creator.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// Of a tip: who got it, and what was said with it.
    pub tip: Option<Tip>,
    /// When, by trusted time.
    pub purchased_at: Timestamp,
    /// How far it is.
    pub state: PurchaseState,
    /// Whether another device of the account has bought it. Its items are there, unless they are owned for ever, and it can
    /// be refunded there alone.
    pub is_from_another_device: bool,
}

/// What was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PurchaseKind {
    /// An item, bought and granted.
    Item,
    /// Units of a metered item, counted by a [`crate::Meter`] and written down together.
    Usage,
    /// A tip to a creator, which grants nothing.
    Tip,
}

/// How far a purchase is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PurchaseState {
    /// Granted and on disk; it will settle by itself.
    Granted,
    /// On its way to the gateway.
    Settling,
    /// Settled for ever.
    Settled {
        /// Who got what of the price.
        split: Split,
        /// When, by the gateway's clock.
        settled_at: Timestamp,
    },
    /// Settled, and the price or a part of it went back into the balance.
    Refunded {
        /// Who had got what of the price.
        split: Split,
        /// When it was settled, by the gateway's clock.
        settled_at: Timestamp,
        /// How much went back so far: all of it, or a part.
        amount: Money,
        /// How many items were to be taken back, as far as they were not used.
        quantity: u32,
        /// When the last of it went back, by the gateway's clock.
        refunded_at: Timestamp,
    },
    /// The gateway rejected it; nothing was paid.
    Rejected {
        /// Why.
        reason: RejectionReason,
    },
}

/// What to buy. [`PurchaseRequest::new`] is one of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseRequest {
    /// The item in the catalog.
    pub sku: String,
    /// How many, 1 to 1,000.
    pub quantity: u32,
    /// The app's name for this user action. The same key always means the same purchase, so a
    /// double tap or a retry buys once.
    pub idempotency_key: Option<String>,
}

impl PurchaseRequest {
    /// One of an item, without an idempotency key.
    pub fn new(sku: impl Into<String>) -> Self {
        PurchaseRequest { sku: sku.into(), quantity: 1, idempotency_key: None }
    }

    /// The same, several times.
    pub fn quantity(mut self, quantity: u32) -> Self {
        self.quantity = quantity;
        self
    }

    /// The same, named by the app.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}

impl From<&str> for PurchaseRequest {
    fn from(sku: &str) -> Self {
        PurchaseRequest::new(sku)
    }
}

/// What is to be paid for.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Item(PurchaseRequest),
    Tip(TipRequest),
}

impl Wanted {
    fn idempotency_key(&self) -> Option<&String> {
        match self {
            Wanted::Item(request) => request.idempotency_key.as_ref(),
            Wanted::Tip(request) => request.idempotency_key.as_ref(),
        }
    }
}

/// Which purchases are asked for. The default is the newest hundred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseFilter {
    /// How many at most.
    pub limit: u32,
    /// Only those that wait for settlement, all of which are this device's own.
    pub waiting_only: bool,
}

impl Default for PurchaseFilter {
    fn default() -> Self {
        PurchaseFilter { limit: 100, waiting_only: false }
    }
}

/// Decides, writes, grants. Runs on the writer's thread; what it returns is on disk when the
/// caller sees it.
pub(crate) fn buy(books: &mut Books, wanted: &Wanted) -> Result<Purchase, WalletError> {
    let operation = wanted.idempotency_key().map(IdempotencyKey::new).transpose();
    let operation = operation.map_err(|error| WalletError::invalid("idempotency_key", error.rule()))?;
    if let Some(operation) = &operation
        && !DeliberateBug::NoIdempotency.is_planted()
        && let Some(earlier) = books.operation(operation)?
    {
        return same_purchase(books, earlier, wanted);
    }
    let now = books.now();
    let decided = |books: &Books, operation| match wanted {
        Wanted::Item(request) => decide(&books.state, request, operation, now).map(EntryBody::Purchase),
        Wanted::Tip(request) => tip::decide(&books.state, request, operation, now),
    };
    let mut body = decided(books, operation.clone());
    if body.as_ref().is_err_and(WalletError::is_short_of_room) && meter::trim(books) {
        // Meters held room back that they have not used.
        body = decided(books, operation);
    }
    let entry = books.append(body?)?;
    if matches!(&entry.entry().body, EntryBody::Purchase(body) if body.pass.is_some() || !body.contents.is_empty()) {
        books.wake_for_passes();
    }
    let purchase = record(&entry, PurchaseState::Granted).ok_or_else(|| WalletError::internal("not a purchase"))?;
    books.tell(WalletEvent::Purchased { purchase: purchase.id, sku: purchase.sku.clone() });
    Ok(purchase)
}

/// The purchase that an idempotency key stands for, if it is the one that is asked for.
fn same_purchase(books: &Books, earlier: Operation, wanted: &Wanted) -> Result<Purchase, WalletError> {
    let another = || WalletError::invalid("idempotency_key", "was used for another action");
    let is_same = match wanted {
        Wanted::Item(request) => {
            let sku = Sku::new(request.sku.as_str()).map_err(|_| another())?;
            earlier.is(Action::Buy(&sku, request.quantity))
        }
        Wanted::Tip(request) => earlier.is(request.action()),
    };
    if !is_same {
        return Err(another());
    }
    history::find(books, earlier)?.ok_or_else(another)
}
