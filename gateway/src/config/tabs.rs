//! How large tabs may be.

use serde::Deserialize;

use super::Percentage;

/// How large tabs may be.
///
/// A file of before says nothing of it: no update begins to refuse tabs.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TabPolicy {
    /// How large a tab may be in per cent of the last one, where the card could not be charged for that; 100 for as
    /// large as any.
    pub after_decline: Percentage,
}

impl Default for TabPolicy {
    fn default() -> Self {
        TabPolicy { after_decline: Percentage::ALL }
    }
}
