//! What time it is: the system's, or one that a test sets.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use farthing_protocol::Timestamp;

/// The gateway's clock, in whole milliseconds, so that a time survives its row in the
/// database unchanged.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    set: Option<Arc<AtomicI64>>,
    /// Milliseconds by which a tester has it ahead.
    skew: Arc<AtomicI64>,
    pace: Arc<RwLock<Pace>>,
}

/// How fast a clock runs, as a tester has it.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Milliseconds that it gains in each.
    gain: i64,
    /// What it showed when it began to run so.
    since: i64,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock::default()
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let millisecond = self.unchanged();
        let Pace { gain, since } = *self.pace.read().unwrap_or_else(PoisonError::into_inner);
        let gained = millisecond.saturating_sub(since).max(0).saturating_mul(gain);
        from_milliseconds(millisecond.saturating_add(gained).saturating_add(self.skew.load(Ordering::SeqCst)))
    }

    /// What it would show if no tester had changed it.
    fn unchanged(&self) -> i64 {
        match &self.set {
            None => Timestamp::now().as_millisecond(),
            Some(set) => set.load(Ordering::SeqCst),
        }
    }

    /// Time that has passed since some moment. The system's clock may be set meanwhile; this goes on.
    pub(crate) fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.set {
            None => START.elapsed(),
            Some(set) => Duration::from_millis(u64::try_from(set.load(Ordering::SeqCst)).unwrap_or(0)),
        }
    }

    /// Now, whatever testers ordered: for what a fault must not touch.
    pub(crate) fn unskewed(&self) -> Timestamp {
        match &self.set {
            None => from_milliseconds(Timestamp::now().as_millisecond()),
            Some(set) => from_milliseconds(set.load(Ordering::SeqCst)),
        }
    }

    /// Shows this clock and its clones ahead by so many seconds of what they would show.
    pub(crate) fn skew_by(&self, seconds: i64) {
        self.skew.store(seconds.saturating_mul(1_000), Ordering::SeqCst);
    }

    /// Lets this clock and its clones run so many times as fast from now on. What they gained before is gone.
    pub(crate) fn run(&self, rate: u32) {
        let pace = Pace { gain: i64::from(rate).saturating_sub(1), since: self.unchanged() };
        *self.pace.write().unwrap_or_else(PoisonError::into_inner) = pace;
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
        Clock { set: Some(self.0.clone()), ..Clock::default() }
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
