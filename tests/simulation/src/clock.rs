//! A phone's clock, which its owner sets, and which can hold up whoever reads it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use farthing_core::{Clock, Timestamp};

/// A clock that stands still between steps.
pub(crate) struct SimulatedClock {
    hands: Mutex<Hands>,
    moved: Condvar,
}

struct Hands {
    wall: Timestamp,
    monotonic: Duration,
    is_held: bool,
}

impl SimulatedClock {
    pub(crate) fn new(wall: Timestamp) -> Self {
        let hands = Hands { wall, monotonic: Duration::ZERO, is_held: false };
        SimulatedClock { hands: Mutex::new(hands), moved: Condvar::new() }
    }

    /// Sets the clock on the wall; time itself does not pass.
    pub(crate) fn set(&self, wall: Timestamp) {
        self.hands().wall = wall;
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let mut hands = self.hands();
        hands.wall = hands.wall.checked_add(time).unwrap_or(hands.wall);
        hands.monotonic += time;
    }

    /// Whoever reads the clock waits until it is let go. So jobs gather behind the first one, always the same.
    pub(crate) fn hold(&self, is_held: bool) {
        self.hands().is_held = is_held;
        self.moved.notify_all();
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> MutexGuard<'_, Hands> {
        self.moved.wait_while(self.hands(), |hands| hands.is_held).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn wall(&self) -> Timestamp {
        self.read().wall
    }

    fn monotonic(&self) -> Duration {
        self.read().monotonic
    }
}
