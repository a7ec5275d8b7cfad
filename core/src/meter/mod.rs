//! Pay-per-use: units at sub-cent prices, counted in memory and written down many at a time.
//!
//! 1. **Lease** ([`plan`], pure): a meter that wants to count asks the writer's thread, which decides as for a purchase:
//!    catalog, allowance, cap, time. It lets the meter count so many units, at most as many as may be lost to a kill, and
//!    holds their price back in the allowance, so that writing them can't fail for want of funds.
//! 2. **Count** ([`counter`]): a unit inside the lease is an addition in memory. A purchase that needs the room trims
//!    leases to what was counted.
//! 3. **Write**: when the lease is used up, when its time is over, at a sync, and when the wallet closes, one journal
//!    entry says what was counted. It settles as a purchase does. A new lease counts once the entry is on disk: at no
//!    time are more units in memory than the item's `flush_after_units`.
//!
//! A kill loses what is in memory, in the player's favour. A commit that fails loses nothing: its units are counted still,
//! and written next time. Prices are differences of cumulative totals ([`farthing_protocol::meter`]).

mod counter;
mod plan;

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use farthing_protocol::{Allowance, EntryBody, Sku, UsageBody};
use tokio::sync::mpsc;
use tokio::time::Instant;

pub(crate) use counter::{Meters, Shared};

use crate::event::WalletEvent;
use crate::pass::Tended;
use crate::store::Books;
use crate::sync::{self, Order, Parts};
use crate::{WalletError, pass};
use counter::{Counter, Running};

/// How soon passes are looked after again where the storage has failed.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Counts the use of one metered item. Get it by [`crate::Wallet::meter`], keep it and share it.
pub struct Meter {
    sku: String,
    parts: Weak<Parts>,
    orders: mpsc::Sender<Order>,
    counter: OnceLock<Arc<Counter>>,
}

impl Meter {
    pub(crate) fn new(sku: &str, parts: &Arc<Parts>, orders: &mpsc::Sender<Order>) -> Self {
        let (sku, orders) = (sku.to_owned(), orders.clone());
        Meter { sku, parts: Arc::downgrade(parts), orders, counter: OnceLock::new() }
    }

    /// Counts units that were used, or says why they may not be: then none is counted. It needs no network, and no disk
    /// but once in a while: nearly every call is done at once, and one that finds as many units in memory as the
    /// catalog allows waits until they are in the journal.
    ///
    /// # Errors
    /// Nothing is counted then: [`WalletError::UsageCapReached`], those of [`crate::Wallet::buy`] but for
    /// [`WalletError::AlreadyOwned`] and [`WalletError::ApprovalRequired`], and [`WalletError::InvalidArgument`] for an
    /// item that is not metered.
    pub async fn record(&self, units: u32) -> Result<(), WalletError> {
        if self.try_record(units) {
            return Ok(());
        }
        let parts = self.parts.upgrade().ok_or(WalletError::Closed)?;
        let refusal = match self.record_slowly(&parts, units).await {
            Err(error) if error.is_helped_by_sync() && parts.subscribers.seems_online() => error,
            done => return done,
        };
        let needed = if refusal.is_short_of_reserve() {
            let sku = self.sku.clone();
            parts.store.run(move |books| Ok(plan::price(&books.state, &sku, units))).await?
        } else {
            None
        };
        match tokio::time::timeout(sync::PATIENCE, sync::order(&self.orders, needed)).await {
            Ok(Ok(_)) => self.record_slowly(&parts, units).await,
            _ => Err(refusal),
        }
    }

    /// Counts units in memory if that can be done at once. Where it is `false` nothing is counted, and
    /// [`Meter::record`] does it or says why not.
    pub fn try_record(&self, units: u32) -> bool {
        self.counter.get().is_some_and(|counter| counter.try_record(units))
    }

    /// Writes what was counted to the journal, now. When it returns, it is on disk.
    ///
    /// # Errors
    /// It is still counted then, and written later: [`WalletError::SyncRequired`], [`WalletError::StorageFull`],
    /// [`WalletError::StorageUnavailable`], [`WalletError::Closed`].
    pub async fn flush(&self) -> Result<(), WalletError> {
        let parts = self.parts.upgrade().ok_or(WalletError::Closed)?;
        let Some(counter) = self.counter.get().cloned() else { return Ok(()) };
        parts.tell_of(parts.store.run(move |books| flush(books, &counter)).await)
    }

    async fn record_slowly(&self, parts: &Arc<Parts>, units: u32) -> Result<(), WalletError> {
        let sku = self.sku.clone();
        let (counter, written) = parts.store.run(move |books| record(books, &sku, units)).await?;
        let _ = self.counter.set(counter);
        parts.tell_of(Ok(written))
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("sku", &self.sku).finish_non_exhaustive()
    }
}

impl Parts {
    /// Has what was written settled.
    fn tell_of(&self, written: Result<bool, WalletError>) -> Result<(), WalletError> {
        if written? {
            self.purchased.notify_one();
        }
        Ok(())
    }

    /// Does what is due for passes. Where the gateway may have what a renewal lacks, it is asked.
    pub(crate) async fn tend_passes(&self, orders: &mpsc::Sender<Order>, meters: &Meters) {
        let mut may_help = self.subscribers.seems_online();
        loop {
            let pause = match self.store.run(move |books| pass::tend(books, may_help)).await {
                Ok(Tended { next, has_bought, asks }) => {
                    if has_bought {
                        self.purchased.notify_one();
                    }
                    if let Some(needed) = asks {
                        may_help = false;
                        let _ = tokio::time::timeout(sync::PATIENCE, sync::order(orders, needed)).await;
                        continue;
                    }
                    next
                }
                Err(WalletError::Closed) => None,
                Err(error) => {
                    tracing::warn!(%error, "passes could not be looked after, and are later");
                    Some(TRY_AGAIN)
                }
            };
            if let Some(pause) = pause {
                meters.tend_passes_at(Instant::now() + pause);
            }
            return;
        }
    }

    /// Writes what all meters have counted, before a sync.
    pub(crate) async fn flush_meters(&self) -> Result<(), WalletError> {
        self.store.run(flush_all).await.map(|_| ())
    }
}

/// Writes in time what was counted, and looks after passes, until the wallet closes.
pub(crate) async fn keep_time(parts: Arc<Parts>, meters: Meters, orders: mpsc::Sender<Order>) {
    loop {
        let Some(due) = meters.due() else {
            meters.started.notified().await;
            continue;
        };
        if tokio::time::timeout_at(due, meters.started.notified()).await.is_ok() {
            // Something else may be due before.
            continue;
        }
        let now = Instant::now();
        if let Err(error) = parts.tell_of(parts.store.run(move |books| flush_due(books, now)).await) {
            tracing::warn!(%error, "what meters have counted could not be written, and is later");
            meters.put_off();
        }
        if meters.take_passes_due(now) {
            parts.tend_passes(&orders, &meters).await;
        }
    }
}

/// Counts units on the writer's thread: writes what was counted before, where the new units don't fit beside it. Says
/// whether something was written.
fn record(books: &mut Books, sku: &str, units: u32) -> Result<(Arc<Counter>, bool), WalletError> {
    if books.meters.lock().is_closed {
        return Err(WalletError::Closed);
    }
    let now = books.now();
    // No counter is made for what is not sold by use.
    let sku = plan::metered(&books.state, sku, now)?;
    let counter = books.meters.counter(&sku, &books.clock);
    let known = counter.take();
    if let Some(more) = known.and_then(|running| running.with(units, now)) {
        counter.set(Some(more));
        return Ok((counter, false));
    }
    counter.set(known);
    let written = flush(books, &counter)?;
    let carried = counter.take();
    let recorded = begin(books, &counter, units, carried);
    if recorded.is_err() {
        counter.set(carried);
    }
    books.hold();
    recorded.map(|also| (counter, written || also))
}

/// Counts the first units of a new lease; as many as may wait in memory are written at once.
fn begin(books: &mut Books, counter: &Arc<Counter>, units: u32, carried: Option<Running>) -> Result<bool, WalletError> {
    let (lease, used) = lease_beside(books, &counter.sku, units, carried)?;
    if lease.is_full
        && let Some(body) = entry(books, counter, &lease, used)
    {
        write(books, body, &lease)?;
        return Ok(true);
    }
    let due = Instant::now() + lease.flush_after;
    counter.set(Some(Running { lease, used, due, time: books.state.account.time }));
    Ok(false)
}

/// A lease for new units, and for those that cost less than a micro so far.
fn lease_beside(
    books: &mut Books,
    sku: &Sku,
    units: u32,
    carried: Option<Running>,
) -> Result<(plan::Lease, u32), WalletError> {
    books.hold();
    let now = books.now();
    let mut lease = plan::lease(&books.state, sku, units, now);
    if lease.as_ref().is_err_and(WalletError::is_short_of_room) && trim(books) {
        lease = plan::lease(&books.state, sku, units, now);
    }
    let lease = lease?;
    match carried.filter(|carried| carried.lease.has_price_of(&lease)) {
        None => Ok((lease, units)),
        Some(carried) => {
            let all = units.saturating_add(carried.used);
            Ok((plan::lease(&books.state, sku, all, now)?, all))
        }
    }
}

/// Writes what a meter has counted; says whether there was something. Units that cost less than a micro stay counted.
fn flush(books: &mut Books, counter: &Arc<Counter>) -> Result<bool, WalletError> {
    let Some(running) = counter.take() else { return Ok(false) };
    books.hold();
    let written = match entry(books, counter, &running.lease, running.used) {
        Some(body) => write(books, body, &running.lease).map(|()| true),
        None => Ok(false),
    };
    if !matches!(written, Ok(true)) {
        let due = Instant::now() + running.lease.flush_after;
        counter.set(Running { due, ..running }.trimmed());
        books.hold();
    }
    written
}

fn entry(books: &Books, counter: &Counter, lease: &plan::Lease, units: u32) -> Option<UsageBody> {
    let allowance = books.state.account.allowances.get(&lease.cost(units).currency())?;
    lease.entry(&counter.sku, units, allowance.version)
}

/// Appends an entry, dated at the latest when its lease ended: the units were counted by then.
fn write(books: &mut Books, body: UsageBody, lease: &plan::Lease) -> Result<(), WalletError> {
    let at = books.now().min(lease.ends_at);
    let (sku, currency) = (body.sku.clone(), body.amount.currency());
    let before = plan::spent(&books.state, &sku, currency, at);
    books.append_at(EntryBody::Usage(body), at)?;
    let after = plan::spent(&books.state, &sku, currency, at);
    for (limit, spent) in plan::warnings(&books.state, &sku, before, after) {
        books.tell(WalletEvent::UsageNearLimit { sku: sku.clone(), spent, limit });
    }
    Ok(())
}

/// Writes what all meters have counted; says whether there was something.
pub(crate) fn flush_all(books: &mut Books) -> Result<bool, WalletError> {
    flush_each(books, |_| true)
}

fn flush_due(books: &mut Books, now: Instant) -> Result<bool, WalletError> {
    flush_each(books, |counter| counter.due().is_some_and(|due| due <= now))
}

fn flush_each(books: &mut Books, which: impl Fn(&Counter) -> bool) -> Result<bool, WalletError> {
    let mut written = false;
    for counter in books.meters.counters().iter().filter(|counter| which(counter)) {
        written |= flush(books, counter)?;
    }
    Ok(written)
}

/// Writes what was counted and counts no more: the wallet closes.
pub(crate) fn close(books: &mut Books) -> Result<(), WalletError> {
    books.meters.lock().is_closed = true;
    let flushed = flush_all(books);
    trim(books);
    flushed.and_then(|_| pass::close(books))
}

/// Gives back what leases hold beyond what was counted; says whether that was something. The next unit asks anew.
pub(crate) fn trim(books: &mut Books) -> bool {
    let before = books.state.held.clone();
    books.meters.trim();
    books.hold();
    books.state.held != before
}

/// A newer allowance that forbids what the known one lets: what was counted by that one is written by it first.
pub(crate) fn before_allowance(books: &mut Books, known: &Allowance, newer: &Allowance) -> Result<(), WalletError> {
    let limit = |allowance: &Allowance| {
        let periods = allowance.spending.as_ref().and_then(|spending| spending.periods);
        periods.map_or(i64::MAX, |periods| periods.drawn_max.micros())
    };
    let tightens = newer.purchase_max.micros() < known.purchase_max.micros()
        || newer.expires_at < known.expires_at
        || limit(newer) < limit(known);
    if !tightens {
        return Ok(());
    }
    match flush_all(books) {
        Ok(_) | Err(WalletError::SyncRequired | WalletError::Closed) => {}
        Err(error) => return Err(error),
    }
    trim(books);
    Ok(())
}
