//! What the gateway counts, for Prometheus (OpenMetrics text).
//!
//! Figures are of this process, since it started; those that the database has are read when they are asked for. Names and
//! labels hold no names of accounts, devices or cards.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds: from a look-up to the time-out.
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Methods that are told apart.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<PathLabels, Histogram, fn() -> Histogram>,
    purchases: Family<OutcomeLabels, Counter>,
    top_ups: Family<OutcomeLabels, Counter>,
    frozen: Counter,
    webhooks: Family<OutcomeLabels, Counter>,
    webhooks_pending: Gauge,
    limited: Family<CallerLabels, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    path: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PathLabels {
    path: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CallerLabels {
    caller: String,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("farthing"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            purchases: Family::default(),
            top_ups: Family::default(),
            frozen: Counter::default(),
            webhooks: Family::default(),
            webhooks_pending: Gauge::default(),
            limited: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "This gateway", version);
        registry.register("http_requests", "Requests that were answered", self.requests.clone());
        registry.register("http_request_duration_seconds", "How long answers took", self.durations.clone());
        registry.register(
            "purchases",
            "Purchases that settled, and entries that were rejected, by why; each once",
            self.purchases.clone(),
        );
        registry.register("top_ups", "Card charges that came to an end", self.top_ups.clone());
        registry.register("devices_frozen", "Devices that showed two journals", self.frozen.clone());
        registry.register("webhooks", "Messages to back ends, by what became of an attempt", self.webhooks.clone());
        registry.register(
            "webhooks_pending",
            "Messages that wait to be delivered, over all gateways",
            self.webhooks_pending.clone(),
        );
        registry.register(
            "requests_limited",
            "Requests that were refused because their caller had made too many, by what it was counted as",
            self.limited.clone(),
        );
    }

    pub(crate) fn answered(&self, method: &str, path: &str, status: u16, elapsed: Duration) {
        // A client may call its method what it likes.
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other").to_owned();
        let path = path.to_owned();
        self.durations.get_or_create(&PathLabels { path: path.clone() }).observe(elapsed.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, path, status }).inc();
    }

    /// Purchases with the same outcome: `settled`, or why they were rejected.
    pub(crate) fn judged(&self, outcome: &str, count: u64) {
        self.purchases.get_or_create(&outcome_of(outcome)).inc_by(count);
    }

    pub(crate) fn topped_up(&self, outcome: &str) {
        self.top_ups.get_or_create(&outcome_of(outcome)).inc();
    }

    pub(crate) fn froze(&self) {
        self.frozen.inc();
    }

    pub(crate) fn sent(&self, outcome: &str) {
        self.webhooks.get_or_create(&outcome_of(outcome)).inc();
    }

    /// A request of a `device`, the `merchant` or an `address` was one too many.
    pub(crate) fn limited(&self, caller: &str) {
        self.limited.get_or_create(&CallerLabels { caller: caller.to_owned() }).inc();
    }

    /// All figures as OpenMetrics text.
    pub(crate) fn text(&self, webhooks_pending: u64) -> String {
        self.webhooks_pending.set(i64::try_from(webhooks_pending).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn outcome_of(outcome: &str) -> OutcomeLabels {
    OutcomeLabels { outcome: outcome.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_prometheus_reads_them() {
        let metrics = Metrics::new();
        metrics.answered("POST", "/v1/journal", 200, Duration::from_millis(3));
        metrics.judged("settled", 99);
        metrics.judged("wrong_price", 1);
        let text = metrics.text(4);
        for line in [
            "farthing_http_requests_total{method=\"POST\",path=\"/v1/journal\",status=\"200\"} 1",
            "farthing_http_request_duration_seconds_bucket{le=\"0.005\",path=\"/v1/journal\"} 1",
            "farthing_purchases_total{outcome=\"settled\"} 99",
            "farthing_purchases_total{outcome=\"wrong_price\"} 1",
            "farthing_webhooks_pending 4",
            "# EOF",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in:\n{text}");
        }
    }
}
