//! How long to wait before the next try: exponential with full jitter, so that a million phones
//! that lost their gateway together don't come back together.

use std::time::Duration;

use tokio_retry::strategy::{ExponentialBackoff, jitter};

/// The second try comes within this, the third within twice of it, and so on.
const FIRST_MS: u64 = 1_000;
const LONGEST: Duration = Duration::from_secs(300);
/// A gateway that asks for more than a day has lost its clock.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);

pub(super) struct BackOff {
    delays: ExponentialBackoff,
    pub(super) attempt: u32,
}

impl BackOff {
    pub(super) fn new() -> Self {
        let delays = ExponentialBackoff::from_millis(2).factor(FIRST_MS / 2).max_delay(LONGEST);
        BackOff { delays, attempt: 0 }
    }

    /// After one more failure. What the gateway asked for is the least.
    pub(super) fn next(&mut self, retry_after: Option<Duration>) -> Duration {
        self.attempt = self.attempt.saturating_add(1);
        let delay = jitter(self.delays.next().unwrap_or(LONGEST));
        delay.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_limit_and_never_below_what_the_gateway_asks() {
        let mut back_off = BackOff::new();
        assert!(back_off.next(None) <= Duration::from_secs(1));
        assert!(back_off.next(None) <= Duration::from_secs(2));
        for _ in 0..100 {
            assert!(back_off.next(None) <= LONGEST);
        }
        assert_eq!(back_off.attempt, 102);
        assert!(back_off.next(Some(Duration::from_secs(600))) >= Duration::from_secs(600));
        assert_eq!(back_off.next(Some(Duration::MAX)), Duration::from_secs(86_400), "a day at most");
    }
}
