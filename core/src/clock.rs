//! Time that can't be turned back: what a signed allowance is judged by.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use farthing_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use crate::deliberate_bug::DeliberateBug;

/// Where the wallet gets its time from. Apps use [`SystemClock`]; tests and simulations
/// bring their own.
pub trait Clock: Send + Sync {
    /// The device's clock on the wall, which its owner may set to anything.
    fn wall(&self) -> Timestamp;

    /// Time since some moment of this process; it never goes back.
    fn monotonic(&self) -> Duration;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

static PROCESS_START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        PROCESS_START.elapsed()
    }
}

/// What is known of the true time, from the gateway's signed documents.
///
/// Now is the latest of: the wall clock corrected by what the gateway's time showed of its
/// error; the gateway's last time; and that plus the monotonic time since. So a clock set
/// back stops time rather than turning it back, and a clock that was ahead all along does no
/// harm once the gateway was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrustedTime {
    gateway_time: Option<Timestamp>,
    /// Gateway time minus wall clock, when the gateway was last heard.
    wall_error_ms: i64,
    /// The monotonic time when the gateway was last heard in this process.
    #[serde(skip)]
    heard_at: Option<Duration>,
}

impl TrustedTime {
    /// Learns from the time in a fresh signed document. An older one than known teaches nothing.
    pub(crate) fn hear(&mut self, gateway_time: Timestamp, clock: &dyn Clock) {
        if self.gateway_time.is_some_and(|known| gateway_time <= known) {
            return;
        }
        self.gateway_time = Some(gateway_time);
        self.wall_error_ms = gateway_time.as_millisecond() - clock.wall().as_millisecond();
        self.heard_at = Some(clock.monotonic());
    }

    /// Takes over what only this process knows, after being read from disk. The gateway's time is past by now, so from
    /// here on at least the monotonic time is added to it.
    pub(crate) fn continue_from(&mut self, earlier: &TrustedTime, clock: &dyn Clock) {
        let known = earlier.heard_at.filter(|_| self.gateway_time == earlier.gateway_time);
        self.heard_at = known.or_else(|| Some(clock.monotonic()));
    }

    /// The gateway's last time, or the last that was remembered.
    pub(crate) fn heard(&self) -> Option<Timestamp> {
        self.gateway_time
    }

    /// Remembers what time it was found to be: from here on it is never earlier.
    pub(crate) fn remember(&mut self, now: Timestamp, clock: &dyn Clock) {
        self.gateway_time = Some(now);
        self.heard_at = Some(clock.monotonic());
    }

    /// The time that limits are judged by, in whole milliseconds.
    pub(crate) fn now(&self, clock: &dyn Clock) -> Timestamp {
        if DeliberateBug::TrustWallClock.is_planted() {
            return clock.wall();
        }
        let wall = clock.wall().as_millisecond().saturating_add(self.wall_error_ms);
        let since_heard = self.heard_at.map_or(Duration::ZERO, |at| clock.monotonic().saturating_sub(at));
        let since_heard = i64::try_from(since_heard.as_millis()).unwrap_or(i64::MAX);
        let heard = self.gateway_time.map_or(i64::MIN, |time| time.as_millisecond().saturating_add(since_heard));
        Timestamp::from_millisecond(wall.max(heard)).unwrap_or(Timestamp::MAX)
    }
}

/// A time so many seconds later.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    let milliseconds = time.as_millisecond().saturating_add(seconds.saturating_mul(1_000));
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Hands(Mutex<(i64, u64)>);

    impl Hands {
        fn new(wall: i64) -> Self {
            Hands(Mutex::new((wall, 0)))
        }
        fn set_wall(&self, wall: i64) {
            self.0.lock().unwrap().0 = wall;
        }
        fn pass(&self, seconds: u64) {
            let mut hands = self.0.lock().unwrap();
            hands.0 += seconds as i64;
            hands.1 += seconds;
        }
    }

    impl Clock for Hands {
        fn wall(&self) -> Timestamp {
            Timestamp::from_second(self.0.lock().unwrap().0).unwrap()
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.lock().unwrap().1)
        }
    }

    const TEN_YEARS: i64 = 10 * 365 * 86_400;
    const GATEWAY: i64 = 1_800_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn without_a_gateway_the_wall_clock_is_all_there_is() {
        assert_eq!(TrustedTime::default().now(&Hands::new(GATEWAY)), at(GATEWAY));
    }

    #[test]
    fn a_clock_set_back_does_not_turn_time_back() {
        let (clock, mut time) = (Hands::new(GATEWAY), TrustedTime::default());
        time.hear(at(GATEWAY), &clock);
        clock.pass(60);
        clock.set_wall(GATEWAY - TEN_YEARS);
        assert_eq!(time.now(&clock), at(GATEWAY + 60));

        // After a restart the monotonic clock starts anew; the gateway's time still holds, and goes on from there.
        let mut restarted: TrustedTime = serde_json::from_str(&serde_json::to_string(&time).unwrap()).unwrap();
        restarted.continue_from(&TrustedTime::default(), &clock);
        assert_eq!(restarted.now(&clock), at(GATEWAY));
        clock.pass(60);
        assert_eq!(restarted.now(&clock), at(GATEWAY + 60));
    }

    #[test]
    fn a_clock_that_is_years_ahead_is_corrected_by_the_gateway() {
        let (clock, mut time) = (Hands::new(GATEWAY + TEN_YEARS), TrustedTime::default());
        time.hear(at(GATEWAY), &clock);
        clock.pass(5);
        assert_eq!(time.now(&clock), at(GATEWAY + 5));
    }

    #[test]
    fn what_is_read_from_disk_again_goes_on_from_when_the_gateway_was_heard() {
        let (clock, mut time) = (Hands::new(GATEWAY), TrustedTime::default());
        time.hear(at(GATEWAY), &clock);
        let written = serde_json::to_string(&time).unwrap();
        clock.pass(60);
        clock.set_wall(GATEWAY - TEN_YEARS);

        let mut read: TrustedTime = serde_json::from_str(&written).unwrap();
        read.continue_from(&time, &clock);
        assert_eq!(read.now(&clock), at(GATEWAY + 60));

        // Another time of the gateway was heard at another moment.
        let mut other = TrustedTime::default();
        other.hear(at(GATEWAY + 7), &Hands::new(GATEWAY));
        let mut other: TrustedTime = serde_json::from_str(&serde_json::to_string(&other).unwrap()).unwrap();
        other.continue_from(&time, &clock);
        assert_eq!(other.now(&clock), at(GATEWAY + 7));
    }

    #[test]
    fn the_system_s_clock_shows_today_and_goes_on() {
        let written = Timestamp::from_second(1_767_225_600).unwrap();
        assert!(SystemClock.wall() > written, "this test was written in 2026");
        let first = SystemClock.monotonic();
        assert!((0..100_000_000_u64).any(|_| SystemClock.monotonic() > first));
    }

    #[test]
    fn what_was_remembered_is_never_turned_back_and_a_clock_that_is_set_right_again_is_right() {
        let (clock, mut time) = (Hands::new(GATEWAY), TrustedTime::default());
        time.hear(at(GATEWAY), &clock);
        clock.pass(3_600);
        time.remember(time.now(&clock), &clock);
        clock.set_wall(GATEWAY);
        clock.pass(60);
        assert_eq!(time.now(&clock), at(GATEWAY + 3_660));
        time.remember(time.now(&clock), &clock);
        clock.set_wall(GATEWAY + 3_700);
        assert_eq!(time.now(&clock), at(GATEWAY + 3_700));
    }

    #[test]
    fn an_old_document_teaches_nothing() {
        let (clock, mut time) = (Hands::new(GATEWAY), TrustedTime::default());
        time.hear(at(GATEWAY), &clock);
        time.hear(at(GATEWAY - 1_000), &clock);
        assert_eq!(time.now(&clock), at(GATEWAY));
    }
}
