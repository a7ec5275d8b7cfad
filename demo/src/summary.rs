//! The figures of the day, for machines.

use std::fs;
use std::path::Path;

use farthing_core::Money;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Summary {
    pub(crate) purchases: usize,
    pub(crate) settled: usize,
    pub(crate) rejected: usize,
    /// Purchases that the app was told of and that are gone.
    pub(crate) lost: usize,
    pub(crate) charges: usize,
    pub(crate) fees: Money,
    pub(crate) fees_if_charged_one_by_one: Money,
    /// For each currency, the sum over all accounts of the ledger.
    pub(crate) trial_balance: Vec<Money>,
    pub(crate) buy_p50_us: u64,
    pub(crate) buy_p99_us: u64,
    pub(crate) killed_and_recovered: bool,
    pub(crate) pan_found: bool,
}

impl Summary {
    /// Whether the day went as we promise.
    pub(crate) fn is_good(&self) -> bool {
        self.purchases == 20
            && self.settled == 20
            && self.rejected == 0
            && self.lost == 0
            && self.charges == 1
            && !self.trial_balance.is_empty()
            && self.trial_balance.iter().all(Money::is_zero)
            && self.killed_and_recovered
            && !self.pan_found
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }
}

/// The value below which `per_cent` of the samples are (nearest rank).
pub(crate) fn percentile(samples: &[u64], per_cent: usize) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * per_cent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let samples: Vec<u64> = (1..=20).rev().collect();
        assert_eq!((percentile(&samples, 50), percentile(&samples, 99)), (10, 20));
        assert_eq!(percentile(&[], 50), 0);
    }
}
