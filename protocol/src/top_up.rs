//! What the gateway signs of a top-up.

use serde::{Deserialize, Serialize};

use crate::api::TopUpState;
use crate::jws::Document;
use crate::{AccountId, IdempotencyKey, Money};

/// How far a top-up is. It names what it answers, so that the answer to one top-up does not pass for that to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpStatement {
    /// Whose money it becomes.
    pub account: AccountId,
    /// The key under which it was asked for; of what a store has sold, [`StorePurchase::key`](crate::StorePurchase::key).
    pub idempotency_key: IdempotencyKey,
    /// How much.
    pub amount: Money,
    /// How far it is.
    pub state: TopUpState,
}

impl Document for TopUpStatement {
    const TYPE: &'static str = "farthing-top-up+jwt";
}

/// What an account may hold, what may be loaded into it, and how large its tabs may be, where the operator caps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TopUpCap {
    /// The most that an account may hold.
    Balance,
    /// The most that may be loaded in a calendar month (UTC).
    MonthlyLoad,
    /// The most that the next tab may be, after one for which the card could not be charged.
    Tab,
}

/// A cap that a top-up or a tab would pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapReached {
    /// Which.
    pub cap: TopUpCap,
    /// The cap.
    pub most: Money,
    /// What can still be loaded now, or the most that a tab may be; zero or more.
    pub room: Money,
}
