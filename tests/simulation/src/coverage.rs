//! What a simulation has seen: a simulator that tests nothing must show.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts of what happened, by name.
#[derive(Clone, Default)]
pub(crate) struct Coverage(Arc<Mutex<BTreeMap<String, u64>>>);

impl Coverage {
    pub(crate) fn add(&self, point: impl Into<String>) {
        self.add_many(point.into(), 1);
    }

    /// Adds nothing where nothing was seen: then the point is not among those that were.
    pub(crate) fn add_many(&self, point: String, count: u64) {
        if count == 0 {
            return;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(point).or_default() += count;
    }

    pub(crate) fn has(&self, point: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(point)
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
