//! What the player has for a time.

use farthing_core as core;

use crate::convert::same_enum;
use crate::{Money, Timestamp};

/// What the player has for a time.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Pass {
    /// Which pass.
    pub sku: String,
    /// Whether it lasts.
    pub state: PassState,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// When its grace period ends.
    pub grace_ends_at: Timestamp,
    /// The most that the wallet pays to renew it; none where the player has not agreed to it.
    pub renewal: Option<Money>,
}

same_enum! {
    /// Whether a pass lasts.
    PassState = core::PassState {
        /// It lasts.
        Active,
        /// It has ended, and the player may still have it for a while.
        Grace,
        /// It is over.
        Ended,
    } else Ended
}

/// Whether the wallet may renew a pass, as the player says.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PassRenewal {
    /// Which pass.
    pub sku: String,
    /// Whether they agree.
    pub agrees: bool,
}

/// How long an item of the kind pass is for.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PassTerms {
    /// Seconds that one purchase lasts.
    pub length_seconds: u32,
    /// Seconds after its end in which the player may still have it.
    pub grace_seconds: u32,
    /// Whether the player may let the wallet renew it.
    pub may_renew: bool,
    /// Seconds before its end in which the player is reminded.
    pub reminder_seconds: u32,
}

impl From<core::Pass> for Pass {
    fn from(pass: core::Pass) -> Self {
        let core::Pass { sku, state, starts_at, ends_at, grace_ends_at, renewal } = pass;
        Pass {
            sku: sku.to_string(),
            state: state.into(),
            starts_at,
            ends_at,
            grace_ends_at,
            renewal: renewal.map(Money::from),
        }
    }
}

impl From<core::PassTerms> for PassTerms {
    fn from(terms: core::PassTerms) -> Self {
        let core::PassTerms { length_seconds, grace_seconds, may_renew, reminder_seconds } = terms;
        PassTerms { length_seconds, grace_seconds, may_renew, reminder_seconds }
    }
}
