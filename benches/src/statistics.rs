//! What many samples come to.

use std::time::Duration;

/// Times of the same thing, done again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub(crate) fn extend(&mut self, more: Samples) {
        self.0.extend(more.0);
    }

    /// The time that `percent` of the samples stay within (nearest rank); zero for none.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// How many times `base` goes into `value`.
pub(crate) fn ratio(value: Duration, base: Duration) -> f64 {
    value.as_secs_f64() / base.as_secs_f64()
}

pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_sample_of_its_rank() {
        let mut samples = Samples::default();
        assert_eq!(samples.percentile(99), Duration::ZERO);
        for n in (1..=200).rev() {
            samples.push(Duration::from_micros(n));
        }
        assert_eq!(samples.median(), Duration::from_micros(100));
        assert_eq!(samples.percentile(99), Duration::from_micros(198));
        assert_eq!(samples.percentile(100), Duration::from_micros(200));
    }
}
