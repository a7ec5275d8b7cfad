//! What time it is: the system's, or one that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use farthing_protocol::Timestamp;

/// The gateway's clock, in whole milliseconds, so that a time survives its row in the
/// database unchanged.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set: Option<Arc<AtomicI64>>,
    /// Milliseconds by which a tester has it ahead.
    skew: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock::default()
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let millisecond = match &self.set {
            None => Timestamp::now().as_millisecond(),
            Some(set) => set.load(Ordering::SeqCst),
        };
        from_milliseconds(millisecond.saturating_add(self.skew.load(Ordering::SeqCst)))
    }

    /// Shows this clock and its clones ahead by so many seconds of what they would show.
    pub(crate) fn skew_by(&self, seconds: i64) {
        self.skew.store(seconds.saturating_mul(1_000), Ordering::SeqCst);
    }
}

/// A clock that stands still until it is set, for simulations and tests.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        ManualClock(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    /// Sets the time, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millisecond(), Ordering::SeqCst);
    }

    /// What a gateway is given to read it.
    pub fn clock(&self) -> Clock {
        Clock { set: Some(self.0.clone()), skew: Arc::default() }
    }
}

/// A time from milliseconds since 1970; what no calendar has becomes 1970.
pub(crate) fn from_milliseconds(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A time some days later, or the last one there is.
pub(crate) fn days_after(time: Timestamp, days: u32) -> Timestamp {
    let milliseconds = i64::from(days).saturating_mul(24 * 3_600_000);
    Timestamp::from_millisecond(time.as_millisecond().saturating_add(milliseconds)).unwrap_or(Timestamp::MAX)
}
