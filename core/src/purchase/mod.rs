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
//!    commit that writes the outcome to the history.
//!
//! A crash before the commit leaves nothing; after it, the entry is found at the next start. A
//! lost answer is asked for again: the gateway knows the entry by its hash and answers the same.

mod decide;
mod history;

use farthing_protocol::{EntryBody, EntryId, IdempotencyKey, Money, RejectionReason, Sku, Split, Timestamp};

pub(crate) use decide::{may_spend, price};
pub(crate) use history::{Record, listed};

use decide::decide;
use history::record;

use crate::WalletError;
use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::state::{Action, Operation};
use crate::store::Books;

/// One purchase.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Its name, here and at the gateway.
    pub id: EntryId,
    /// What was bought.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// When, by trusted time.
    pub purchased_at: Timestamp,
    /// How far it is.
    pub state: PurchaseState,
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

/// Which purchases are asked for. The default is the newest hundred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseFilter {
    /// How many at most.
    pub limit: u32,
    /// Only those that wait for settlement.
    pub waiting_only: bool,
}

impl Default for PurchaseFilter {
    fn default() -> Self {
        PurchaseFilter { limit: 100, waiting_only: false }
    }
}

/// Decides, writes, grants. Runs on the writer's thread; what it returns is on disk when the
/// caller sees it.
pub(crate) fn buy(books: &mut Books, request: &PurchaseRequest) -> Result<Purchase, WalletError> {
    let operation = request.idempotency_key.as_ref().map(IdempotencyKey::new).transpose();
    let operation = operation.map_err(|error| WalletError::invalid("idempotency_key", error.rule()))?;
    if let Some(operation) = &operation
        && !DeliberateBug::NoIdempotency.is_planted()
        && let Some(earlier) = books.operation(operation)?
    {
        return same_purchase(books, earlier, request);
    }
    let now = books.now();
    let body = decide(&books.state, request, operation, now)?;
    let entry = books.append(EntryBody::Purchase(body))?;
    let purchase = record(&entry, PurchaseState::Granted).ok_or_else(|| WalletError::internal("not a purchase"))?;
    books.tell(WalletEvent::Purchased { purchase: purchase.id, sku: purchase.sku.clone() });
    Ok(purchase)
}

/// The purchase that an idempotency key stands for, if it is the one that is asked for.
fn same_purchase(books: &Books, earlier: Operation, request: &PurchaseRequest) -> Result<Purchase, WalletError> {
    let another = || WalletError::invalid("idempotency_key", "was used for another action");
    let sku = Sku::new(request.sku.as_str()).map_err(|_| another())?;
    if !earlier.is(Action::Buy(&sku, request.quantity)) {
        return Err(another());
    }
    history::find(books, earlier)?.ok_or_else(another)
}
