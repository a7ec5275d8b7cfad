//! What the gateway signs of a tab.

use serde::{Deserialize, Serialize};

use crate::api::TabState;
use crate::jws::Document;
use crate::{AccountId, IdempotencyKey, Money, TabId};

/// How far a tab is. It names what it answers, so that the answer to one tab does not pass for that to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabStatement {
    /// Whose balance has the limit.
    pub account: AccountId,
    /// The key under which it was asked for.
    pub idempotency_key: IdempotencyKey,
    /// What the gateway calls it.
    pub id: TabId,
    /// The most that the card will be charged.
    pub limit: Money,
    /// How far it is.
    pub state: TabState,
}

impl Document for TabStatement {
    const TYPE: &'static str = "farthing-tab+jwt";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_from_before_dues_were_told_is_read() {
        let failed: TabState = serde_json::from_str(r#"{"state":"failed","decline_code":"other"}"#).unwrap();
        assert_eq!(failed, TabState::Failed { decline_code: crate::api::DeclineCode::Other, due: None });
        assert_eq!(serde_json::to_string(&failed).unwrap(), r#"{"state":"failed","decline_code":"other"}"#);
    }
}
