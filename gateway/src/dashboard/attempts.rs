//! How often it may be tried to sign in. Each gateway counts for itself, in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use farthing_protocol::{Digest, Timestamp};

/// Failures of one name within the window; then it has to wait.
pub(super) const FAILURES_MAX: usize = 5;
/// How long a failure counts.
pub(super) const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Names that are remembered. Whoever tries more of them makes the oldest forgotten, and has no one else shut out.
const NAMES_MAX: usize = 10_000;

/// Counts all names that nobody has as one. It can't be typed as a name: forms refuse it.
const STRANGERS: &[u8] = b"\0";

/// Failed attempts of late.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<Failures>);

#[derive(Default)]
struct Failures {
    /// By a digest of the name, so that what somebody typed into the wrong field is not kept.
    by_name: HashMap<Digest, VecDeque<Timestamp>>,
    /// The names in the order in which they came.
    names: VecDeque<Digest>,
}

impl Attempts {
    /// How long a name has to wait before it is tried again, if it has to. An attempt that may be made counts as a
    /// failure until it has succeeded, so that many at once are not more than the limit.
    pub(super) fn begin(&self, name: &str, now: Timestamp) -> Result<(), Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).begin(Digest::of(name.as_bytes()), now)
    }

    /// Whether one more failure of a name that nobody has may be written down: a stranger must not fill a log from which
    /// nothing is ever deleted.
    pub(super) fn may_note_stranger(&self, now: Timestamp) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.begin(Digest::of(STRANGERS), now).is_ok()
    }

    /// It succeeded: the failures before are forgotten.
    pub(super) fn succeeded(&self, name: &str) {
        let name = Digest::of(name.as_bytes());
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = failures.by_name.get_mut(&name) {
            times.clear();
        }
    }
}

impl Failures {
    fn begin(&mut self, name: Digest, now: Timestamp) -> Result<(), Duration> {
        if !self.by_name.contains_key(&name) {
            if self.names.len() >= NAMES_MAX
                && let Some(oldest) = self.names.pop_front()
            {
                self.by_name.remove(&oldest);
            }
            self.names.push_back(name);
        }
        let times = self.by_name.entry(name).or_default();
        let left = |time: &Timestamp| {
            let passed = now.as_millisecond().saturating_sub(time.as_millisecond()).max(0).unsigned_abs();
            WINDOW.checked_sub(Duration::from_millis(passed)).filter(|left| !left.is_zero())
        };
        times.retain(|time| left(time).is_some());
        match times.front().and_then(left) {
            Some(wait) if times.len() >= FAILURES_MAX => Err(wait),
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn after_five_failures_a_name_waits_until_the_first_is_old() {
        let attempts = Attempts::default();
        for second in 0..5 {
            assert_eq!(attempts.begin("ada", at(second)), Ok(()));
        }
        assert_eq!(attempts.begin("ada", at(10)), Err(Duration::from_secs(290)));
        assert_eq!(attempts.begin("grace", at(10)), Ok(()), "others don't wait");
        assert_eq!(attempts.begin("ada", at(300)), Ok(()));
        assert_eq!(attempts.begin("ada", at(300)), Err(Duration::from_secs(1)));
    }

    #[test]
    fn who_succeeds_begins_anew() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            attempts.begin("ada", at(0)).unwrap();
        }
        attempts.succeeded("ada");
        assert_eq!(attempts.begin("ada", at(0)), Ok(()));
    }

    #[test]
    fn strangers_are_written_down_a_few_times_in_all() {
        let attempts = Attempts::default();
        let noted = (0..20).filter(|second| attempts.may_note_stranger(at(*second))).count();
        assert_eq!(noted, FAILURES_MAX);
        assert!(attempts.may_note_stranger(at(300)));
        assert_eq!(attempts.begin("ada", at(300)), Ok(()), "nobody waits for it");
    }

    #[test]
    fn a_crowd_of_names_takes_a_bounded_room() {
        let mut failures = Failures::default();
        for number in 0..NAMES_MAX + 10 {
            failures.begin(Digest::of(&number.to_be_bytes()), at(0)).unwrap();
        }
        assert_eq!((failures.by_name.len(), failures.names.len()), (NAMES_MAX, NAMES_MAX));
    }
}
