//! Counting in memory: a mutex and an addition for each unit, no disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use farthing_protocol::{Currency, Drawn, Money, Sku, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::plan::Lease;
use crate::clock::{Clock, TrustedTime};
use crate::deliberate_bug::DeliberateBug;

/// A lease and what was counted of it.
#[derive(Clone, Copy)]
pub(super) struct Running {
    pub(super) lease: Lease,
    pub(super) used: u32,
    /// When the units are to be written; there is one from the start.
    pub(super) due: Instant,
    /// What time it is.
    pub(super) time: TrustedTime,
}

impl Running {
    pub(super) fn cost(&self) -> Money {
        self.lease.cost(self.used)
    }

    /// The same with more units, where the lease has room for them.
    pub(super) fn with(mut self, units: u32, now: Timestamp) -> Option<Self> {
        self.used = self.used.checked_add(units)?;
        (units > 0 && self.used <= self.lease.units && now <= self.lease.ends_at).then_some(self)
    }

    /// Nothing more is counted; what was is kept.
    pub(super) fn trimmed(mut self) -> Option<Self> {
        self.lease.units = self.used;
        (self.used > 0).then_some(self)
    }
}

/// One meter's counter. Units are counted by whoever comes; leases come and go on the writer's thread.
pub(super) struct Counter {
    pub(super) sku: Sku,
    clock: Arc<dyn Clock>,
    started: Arc<Notify>,
    count: Mutex<Count>,
}

#[derive(Default)]
struct Count {
    running: Option<Running>,
    /// While a commit is under way: what there was before, and what there is once it is done.
    commit: Option<(Option<Running>, Option<Running>)>,
}

impl Count {
    /// What the writer's thread goes by.
    fn latest(&mut self) -> &mut Option<Running> {
        match &mut self.commit {
            Some((_, after)) => after,
            None => &mut self.running,
        }
    }
}

impl Counter {
    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts units, if the lease has room for them.
    pub(super) fn try_record(&self, units: u32) -> bool {
        let mut count = self.count();
        let Some(running) = count.running else { return false };
        let more = running.with(units, running.time.now(&*self.clock));
        count.running = more.or(count.running);
        more.is_some()
    }

    /// Takes the lease and its count away until the commit under way is done.
    pub(super) fn take(&self) -> Option<Running> {
        let mut count = self.count();
        if count.commit.is_none() {
            let before = count.running.take();
            count.commit = Some((before, before));
        }
        count.latest().take()
    }

    /// What is to be counted by, once the commit under way is done.
    pub(super) fn set(&self, running: Option<Running>) {
        let mut count = self.count();
        *count.latest() = running;
    }

    fn conclude(&self, committed: bool) {
        let mut count = self.count();
        if let Some((before, after)) = count.commit.take() {
            let stays = before.is_some() && DeliberateBug::CountTwice.is_planted();
            count.running = if committed && !stays { after } else { before.and_then(Running::trimmed) };
            if count.running.is_some() {
                self.started.notify_one();
            }
        }
    }
}

/// All meters that were used since the wallet was opened.
#[derive(Clone, Default)]
pub(crate) struct Meters {
    shared: Arc<Mutex<Shared>>,
    /// Told when there is something to write in time.
    pub(super) started: Arc<Notify>,
}

#[derive(Default)]
pub(crate) struct Shared {
    counters: BTreeMap<Sku, Arc<Counter>>,
    /// What was counted and not written, as the balance that was shown last knew it.
    shown: BTreeMap<Currency, i64>,
    pub(super) is_closed: bool,
    /// When passes are to be looked after.
    passes_due: Option<Instant>,
}

impl Meters {
    /// While this is held, no commit is concluded and no balance is shown.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn counter(&self, sku: &Sku, clock: &Arc<dyn Clock>) -> Arc<Counter> {
        let new = || {
            let (clock, started) = (clock.clone(), self.started.clone());
            Arc::new(Counter { sku: sku.clone(), clock, started, count: Mutex::default() })
        };
        self.lock().counters.entry(sku.clone()).or_insert_with(new).clone()
    }

    pub(super) fn counters(&self) -> Vec<Arc<Counter>> {
        self.lock().counters.values().cloned().collect()
    }

    /// What the leases hold back of each currency's allowance.
    pub(crate) fn held(&self) -> BTreeMap<Currency, Drawn> {
        let mut held = BTreeMap::new();
        for counter in self.lock().counters.values() {
            let Some(running) = *counter.count().latest() else { continue };
            let amount = running.lease.cost(running.lease.units);
            let nothing = Drawn { total: Money::zero(amount.currency()), count: 0 };
            let held = held.entry(amount.currency()).or_insert(nothing);
            // The sums stay under the allowance's limit, which is an amount itself.
            *held = Drawn { total: held.total.plus(amount).unwrap_or(held.total), count: held.count + 1 };
        }
        held
    }

    /// Gives back what the leases hold for units that were not counted yet.
    pub(super) fn trim(&self) {
        for counter in self.lock().counters.values() {
            let mut count = counter.count();
            let latest = count.latest();
            *latest = latest.and_then(Running::trimmed);
        }
    }

    /// When the next units are to be written, if any were counted, or passes are to be looked after.
    pub(super) fn due(&self) -> Option<Instant> {
        let shared = self.lock();
        shared.counters.values().filter_map(|counter| counter.due()).chain(shared.passes_due).min()
    }

    /// Has passes looked after at a time, or at one before that was said.
    pub(crate) fn tend_passes_at(&self, at: Instant) {
        let mut shared = self.lock();
        shared.passes_due = Some(shared.passes_due.map_or(at, |known| known.min(at)));
        self.started.notify_one();
    }

    /// Whether passes are to be looked after by now; whoever asks does it.
    pub(super) fn take_passes_due(&self, now: Instant) -> bool {
        self.lock().passes_due.take_if(|due| *due <= now).is_some()
    }

    /// Units that wait longer than they may are put off, since writing them failed.
    pub(super) fn put_off(&self) {
        for counter in self.lock().counters.values() {
            if let Some(running) = &mut counter.count().running {
                running.due = Instant::now() + running.lease.flush_after;
            }
        }
    }
}

impl Counter {
    pub(super) fn due(&self) -> Option<Instant> {
        self.count().running.map(|running| running.due)
    }
}

impl Shared {
    /// A commit is on disk, or it failed: then its units are still to be written.
    pub(crate) fn conclude(&mut self, committed: bool) {
        for counter in self.counters.values() {
            counter.conclude(committed);
        }
    }

    /// What was counted and is not on disk, in micros.
    pub(crate) fn unwritten(&self) -> BTreeMap<Currency, i64> {
        let mut sums = BTreeMap::new();
        for counter in self.counters.values() {
            let count = counter.count();
            let running = count.commit.map_or(count.running, |(before, _)| before);
            if let Some(cost) = running.map(|running| running.cost()).filter(Money::is_positive) {
                *sums.entry(cost.currency()).or_default() += cost.micros();
            }
        }
        sums
    }

    /// Notes what the balance shows by now.
    pub(crate) fn show(&mut self, unwritten: BTreeMap<Currency, i64>) {
        self.shown = unwritten;
    }

    /// What was counted since the balance was shown last, in micros.
    pub(crate) fn since_shown(&self) -> BTreeMap<Currency, i64> {
        let mut sums = self.unwritten();
        for (currency, micros) in &self.shown {
            *sums.entry(*currency).or_default() -= micros;
        }
        sums
    }
}
