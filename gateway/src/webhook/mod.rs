//! Tells a merchant's back end what happened, as Standard Webhooks say (<https://www.standardwebhooks.com>).
//!
//! 1. **Write** ([`announce`]): what is to be told is written in the transaction that did it, one message for each
//!    endpoint. So nothing is told that did not happen, and nothing that happened goes untold.
//! 2. **Send** ([`courier`]): each message is sent until the back end takes it (2xx), at first soon, then ever less
//!    often, for three days ([`schedule`]). It may come twice; its `webhook-id` tells.
//! 3. **In order**: of one account a message is sent once the one before it was taken or given up. Those of other
//!    accounts don't wait for it.
//!
//! What was given up is kept, and sent again on order.

pub(crate) mod courier;
mod schedule;

use farthing_protocol::api::DeclineCode;
use farthing_protocol::{AccountId, DeviceId, EntryId, Money, RejectionReason, Timestamp, TopUpId};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::{Message, MessageState, StoreError, Tables};

/// What happened.
#[derive(Serialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum Event {
    /// A batch of journal entries was settled.
    #[serde(rename = "purchases.settled")]
    PurchasesSettled {
        account: AccountId,
        device: DeviceId,
        /// The receipts' payloads.
        purchases: Vec<Value>,
        rejected: Vec<RejectedPurchase>,
    },
    /// A card was charged, and the money is in the balance.
    #[serde(rename = "top_up.succeeded")]
    TopUpSucceeded { account: AccountId, top_up: TopUpId, amount: Money },
    /// A card was not charged.
    #[serde(rename = "top_up.failed")]
    TopUpFailed { account: AccountId, top_up: TopUpId, amount: Money, decline_code: DeclineCode },
    /// Two different journals were seen from a device: nothing more is settled from it.
    #[serde(rename = "device.frozen")]
    DeviceFrozen { account: AccountId, device: DeviceId, fork_seq: u64 },
    /// A device was given up: what was reserved for it is the player's again.
    #[serde(rename = "device.revoked")]
    DeviceRevoked { account: AccountId, device: DeviceId },
}

/// A purchase that was granted and does not count; the wallet takes back what is unused of it.
#[derive(Serialize)]
pub(crate) struct RejectedPurchase {
    pub(crate) purchase: EntryId,
    pub(crate) reason: RejectionReason,
}

/// Writes down what is to be told of an account. Its revision must have been raised by what happened.
pub(crate) fn announce(
    tables: &dyn Tables,
    account: AccountId,
    event: impl FnOnce() -> Result<Event, StoreError>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let endpoints = tables.webhook_endpoints()?;
    if endpoints.is_empty() {
        return Ok(());
    }
    let revision = tables.revision(account)?;
    let body = body(&event()?, now)?;
    for endpoint in endpoints {
        tables.add_webhook_message(&Message {
            id: Uuid::now_v7(),
            endpoint: endpoint.id,
            account,
            revision,
            created_at: now,
            body: body.clone(),
            state: MessageState::Pending,
            attempts: 0,
            next_at: now,
            problem: None,
        })?;
    }
    Ok(())
}

/// The exact bytes that are signed: `type`, `timestamp` and `data`.
fn body(event: &Event, now: Timestamp) -> Result<String, StoreError> {
    let mut body = json!(event);
    body["timestamp"] = json!(now);
    serde_json::to_string(&body).map_err(|_| StoreError::Damaged("an event that is no JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_what_the_standard_names() {
        let (account, device) = (AccountId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let event = Event::DeviceFrozen { account, device, fork_seq: 7 };
        let body: Value = serde_json::from_str(&body(&event, Timestamp::UNIX_EPOCH).unwrap()).unwrap();
        let data = json!({"account": account, "device": device, "fork_seq": 7});
        assert_eq!(body, json!({"type": "device.frozen", "timestamp": "1970-01-01T00:00:00Z", "data": data}));
    }
}
