//! Calls that cross in numbers alone, for what an app does often: buying an item, and counting a unit.
//!
//! A text, a record, an object and the status of a call cross in structures, and in Kotlin each structure is made anew by
//! reflection. A purchase has a dozen, which together cost as much as the disk does. So an item or a meter gets a number
//! once and is called by it from then on. What was bought is told in numbers, too; anything else as of every purchase.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use farthing_core as core;

use crate::{Meter, PurchaseRequest, Wallet};

/// How many items of a wallet may have a number: the names come from an app, which may not know when to stop.
const NUMBERED_MAX: usize = 1_000;

/// Is told what was bought by number, from a thread of the wallet that the next purchase waits for.
#[uniffi::export(with_foreign)]
pub trait NumberedPurchaseListener: Send + Sync {
    /// The purchase that was begun as `call` is on disk and granted. Its name is an UUID of these halves. Its price is
    /// so many micros of a currency, whose letters are in `currency`, the first in the lowest byte. It was made so many
    /// nanoseconds after the beginning of 1970.
    fn on_bought(&self, call: u64, id_high: u64, id_low: u64, micros: i64, currency: u64, nanoseconds: i64);
}

/// A purchase in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bought {
    id: (u64, u64),
    micros: i64,
    currency: u64,
    nanoseconds: i64,
}

impl Bought {
    /// None where numbers can't say all of it.
    pub(crate) fn new(purchase: &core::Purchase) -> Option<Self> {
        let is_plain = purchase.kind == core::PurchaseKind::Item && purchase.state == core::PurchaseState::Granted;
        let (high, low) = purchase.id.as_bytes().split_first_chunk()?;
        let bought = Bought {
            id: (u64::from_be_bytes(*high), u64::from_be_bytes(low.try_into().ok()?)),
            micros: purchase.total.micros(),
            currency: letters(purchase.total.currency().code())?,
            nanoseconds: purchase.purchased_at.as_nanosecond().try_into().ok()?,
        };
        is_plain.then_some(bought)
    }

    pub(crate) fn tell(self, listener: &dyn NumberedPurchaseListener, call: u64) {
        listener.on_bought(call, self.id.0, self.id.1, self.micros, self.currency, self.nanoseconds);
    }
}

/// Up to eight letters in a number, the first in its lowest byte.
fn letters(text: &str) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(u64::from_le_bytes(bytes))
}

/// What has a number.
#[derive(Clone)]
enum Numbered {
    Item { wallet: Weak<Wallet>, sku: String, listener: Arc<dyn NumberedPurchaseListener> },
    Meter(Weak<Meter>),
}

impl Numbered {
    fn is_item_of_the_gone(&self) -> bool {
        matches!(self, Numbered::Item { wallet, .. } if wallet.strong_count() == 0)
    }

    fn is_item_of(&self, owner: &Weak<Wallet>) -> bool {
        matches!(self, Numbered::Item { wallet, .. } if wallet.ptr_eq(owner))
    }
}

/// The numbers of all wallets of the process. They stand for no memory, so a wrong one is harmless.
#[derive(Default)]
struct Numbers {
    last: u64,
    given: HashMap<u64, Numbered>,
}

impl Numbers {
    fn give(&mut self, to: Numbered) -> u64 {
        self.last += 1;
        self.given.insert(self.last, to);
        self.last
    }
}

fn numbers() -> MutexGuard<'static, Numbers> {
    static NUMBERS: LazyLock<Mutex<Numbers>> = LazyLock::new(Mutex::default);
    NUMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn of_number(number: u64) -> Option<Numbered> {
    numbers().given.get(&number).cloned()
}

#[uniffi::export]
impl Wallet {
    /// Gives an item a number, by which [`buy_numbered`] buys it; none once a thousand have one. The caller remembers it.
    pub fn number(self: Arc<Self>, sku: String, listener: Arc<dyn NumberedPurchaseListener>) -> Option<u64> {
        let (mut numbers, wallet) = (numbers(), Arc::downgrade(&self));
        let given = numbers.given.values().filter(|numbered| numbered.is_item_of(&wallet)).count();
        (given < NUMBERED_MAX).then(|| numbers.give(Numbered::Item { wallet, sku, listener }))
    }
}

#[uniffi::export]
impl Meter {
    /// Gives it a number, by which [`record_numbered`] counts; the same each time.
    pub fn number(self: Arc<Self>) -> u64 {
        *self.number.get_or_init(|| numbers().give(Numbered::Meter(Arc::downgrade(&self))))
    }
}

/// Buys the item of a number, as [`Wallet::buy`] does. Its listener is told where that ends well, and the
/// [`PurchaseListener`](crate::PurchaseListener) where it doesn't. False where no item has the number, or its wallet is
/// gone: nothing is bought and nobody is told.
#[uniffi::export]
pub fn buy_numbered(number: u64, call: u64, quantity: u32) -> bool {
    let Some(Numbered::Item { wallet, sku, listener }) = of_number(number) else { return false };
    let Some(wallet) = wallet.upgrade() else { return false };
    wallet.buy_and_tell(call, PurchaseRequest { sku, quantity, idempotency_key: None }, listener);
    true
}

/// Counts units with the meter of a number, as [`Meter::try_record`] does. False also where no meter has the number.
#[uniffi::export]
pub fn record_numbered(number: u64, units: u32) -> bool {
    let Some(Numbered::Meter(meter)) = of_number(number) else { return false };
    meter.upgrade().is_some_and(|meter| meter.try_record(units))
}

/// Forgets the number of a meter that is gone.
pub(crate) fn forget(number: u64) {
    numbers().given.remove(&number);
}

/// Forgets the numbers of the items of wallets that are gone.
pub(crate) fn forget_items_of_the_gone() {
    let gone: Vec<_> = numbers().given.extract_if(|_, numbered| numbered.is_item_of_the_gone()).collect();
    // Listeners are told that they are not needed any more, which is not for a lock to wait for.
    drop(gone);
}

#[cfg(test)]
#[path = "numbered_tests.rs"]
mod tests;
