//! How often a caller may ask: each device, the merchant, and each address of those that have no credential yet.
//!
//! Devices and the merchant are counted once they have proven who they are, so nobody uses up what is another's. Counts
//! are this gateway's own and in memory: of several gateways behind one balancer each counts what comes to it.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use farthing_protocol::DeviceId;
use governor::clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use serde::Deserialize;

use crate::clock::Clock;

/// Callers of one kind that are counted at once, about: beyond that new ones are let in uncounted, since the count is
/// there to keep the gateway well and must not eat it up.
const CALLERS_MAX: usize = 100_000;
/// Requests after which those are let go of who have asked for nothing for a while; more where there are more.
const REQUESTS_OF_A_SWEEP: u64 = 1_024;

/// How often callers may ask.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitPolicy {
    /// Each device.
    pub device: RateLimit,
    /// The merchant, with its secret key.
    pub merchant: RateLimit,
    /// Each address, for requests that come before there is a credential: enrolments and tokens.
    pub address: RateLimit,
    /// How many proxies of the operator's are in front, each of which appends to `X-Forwarded-For`.
    pub trusted_proxies: u8,
}

/// How often one caller may ask.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// In the long run.
    pub per_minute: NonZeroU32,
    /// At once, after a while of quiet.
    pub burst: NonZeroU32,
}

impl RateLimit {
    fn new(per_minute: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        RateLimit { per_minute: at_least_one(per_minute), burst: at_least_one(burst) }
    }
}

/// Far above what any wallet or back end of good will asks for.
impl Default for LimitPolicy {
    fn default() -> Self {
        LimitPolicy {
            device: RateLimit::new(30_000, 5_000),
            merchant: RateLimit::new(120_000, 20_000),
            address: RateLimit::new(60_000, 20_000),
            trusted_proxies: 0,
        }
    }
}

/// What has been asked lately, and by whom.
pub(crate) struct Limits {
    devices: Limiter<DeviceId>,
    merchant: Limiter<()>,
    addresses: Limiter<IpAddr>,
}

impl Limits {
    pub(crate) fn new(policy: &LimitPolicy, clock: &Clock) -> Self {
        Limits {
            devices: Limiter::new(policy.device, clock),
            merchant: Limiter::new(policy.merchant, clock),
            addresses: Limiter::new(policy.address, clock),
        }
    }

    /// Counts a request of a device; where it is one too many, says how long to wait.
    pub(crate) fn take_device(&self, device: DeviceId) -> Result<(), Duration> {
        self.devices.take(device)
    }

    /// Counts a request of the merchant, as [`Limits::take_device`].
    pub(crate) fn take_merchant(&self) -> Result<(), Duration> {
        self.merchant.take(())
    }

    /// Counts a request from an address, as [`Limits::take_device`].
    pub(crate) fn take_address(&self, address: IpAddr) -> Result<(), Duration> {
        self.addresses.take(network_of(address))
    }
}

/// An address that stands for whoever has it: of IPv6 a subscriber has a whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

/// Counts the requests of callers of one kind (GCRA, a leaky bucket).
struct Limiter<K: Clone + Eq + Hash> {
    limiter: RateLimiter<K, HashMapStateStore<K>, LimitClock, NoOpMiddleware<Duration>>,
    clock: LimitClock,
    /// Requests until callers are let go of.
    until_sweep: AtomicI64,
    is_full: AtomicBool,
}

impl<K: Clone + Eq + Hash> Limiter<K> {
    fn new(limit: RateLimit, clock: &Clock) -> Self {
        let clock = LimitClock { clock: clock.clone(), latest: Arc::default() };
        let quota = Quota::per_minute(limit.per_minute).allow_burst(limit.burst);
        let limiter = RateLimiter::new(quota, HashMapStateStore::default(), clock.clone());
        Limiter { limiter, clock, until_sweep: AtomicI64::new(0), is_full: AtomicBool::new(false) }
    }

    fn take(&self, caller: K) -> Result<(), Duration> {
        if self.until_sweep.fetch_sub(1, Ordering::Relaxed) <= 0 {
            self.sweep(CALLERS_MAX);
        }
        if self.is_full.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.limiter.check_key(&caller).map_err(|not_until| not_until.wait_time_from(clock::Clock::now(&self.clock)))
    }

    /// Lets go of callers whose count is as if they had never asked.
    fn sweep(&self, callers_max: usize) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        let callers = self.limiter.len();
        let is_full = callers >= callers_max;
        if is_full && !self.is_full.load(Ordering::Relaxed) {
            tracing::warn!(callers, "there are too many callers to count them all; new ones are let in uncounted");
        }
        self.is_full.store(is_full, Ordering::Relaxed);
        let requests = REQUESTS_OF_A_SWEEP.max(callers as u64);
        self.until_sweep.store(i64::try_from(requests).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

/// The gateway's time that passes, whatever is done to its clock: it stands still rather than go back.
#[derive(Clone)]
struct LimitClock {
    clock: Clock,
    latest: Arc<AtomicU64>,
}

impl clock::Clock for LimitClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn at(clock: &ManualClock, second: i64) {
        clock.set(farthing_protocol::Timestamp::from_second(second).unwrap());
    }

    #[test]
    fn a_burst_is_let_in_then_one_for_each_second_and_others_are_not_held_up() {
        let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
        let begin = clock.clock().now().as_second();
        let limiter = Limiter::new(RateLimit::new(60, 3), &clock.clock());
        for _ in 0..3 {
            assert_eq!(limiter.take("a"), Ok(()));
        }
        assert_eq!(limiter.take("a"), Err(Duration::from_secs(1)));
        assert_eq!(limiter.take("b"), Ok(()));
        at(&clock, begin + 1);
        assert_eq!((limiter.take("a"), limiter.take("a").is_err()), (Ok(()), true));
        // A clock that is set back neither locks anybody out for long nor lets them in sooner.
        at(&clock, begin - 1_000_000);
        assert_eq!(limiter.take("a"), Err(Duration::from_secs(1)));
        at(&clock, begin + 2);
        assert_eq!(limiter.take("a"), Ok(()));
    }

    #[test]
    fn callers_are_let_go_of_and_never_more_than_so_many_are_counted() {
        let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
        let begin = clock.clock().now().as_second();
        let limiter = Limiter::new(RateLimit::new(60, 3), &clock.clock());
        for caller in 0..5_000 {
            assert_eq!(limiter.take(caller), Ok(()));
        }
        assert_eq!(limiter.limiter.len(), 5_000);
        limiter.sweep(5_000);
        for _ in 0..2 {
            assert_eq!(limiter.take(5_000), Ok(()), "it is let in uncounted");
        }
        assert_eq!(limiter.limiter.len(), 5_000);
        at(&clock, begin + 60);
        limiter.sweep(5_000);
        assert_eq!(limiter.limiter.len(), 0);
        assert!((0..4).map(|_| limiter.take(5_000)).any(|taken| taken.is_err()), "they are counted again");
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
