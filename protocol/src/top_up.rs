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
    /// The key under which it was asked for.
    pub idempotency_key: IdempotencyKey,
    /// How much.
    pub amount: Money,
    /// How far it is.
    pub state: TopUpState,
}

impl Document for TopUpStatement {
    const TYPE: &'static str = "farthing-top-up+jwt";
}
