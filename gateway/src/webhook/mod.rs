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

use crate::store::{Dispute, DisputeState, Message, MessageState, Refund, RefundState, SoldPack, StoreError, Tables};

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
    /// Tips of a batch of journal entries were settled.
    #[serde(rename = "tips.settled")]
    TipsSettled {
        account: AccountId,
        device: DeviceId,
        /// The receipts' payloads.
        tips: Vec<Value>,
        rejected: Vec<RejectedPurchase>,
    },
    /// A card was charged or a store has sold a pack, and the money is in the balance.
    #[serde(rename = "top_up.succeeded")]
    TopUpSucceeded { account: AccountId, top_up: TopUpId, amount: Money },
    /// A card was not charged.
    #[serde(rename = "top_up.failed")]
    TopUpFailed { account: AccountId, top_up: TopUpId, amount: Money, decline_code: DeclineCode },
    /// A store has given back the price of a pack.
    #[serde(rename = "top_up.refunded")]
    TopUpRefunded(StoreRefundData),
    /// A store has taken such a price again.
    #[serde(rename = "top_up.refund_reversed")]
    TopUpRefundReversed(StoreRefundData),
    /// A player wants the price of a pack back, and the App Store asks how much of it was used.
    #[serde(rename = "top_up.consumption_requested")]
    TopUpConsumptionAsked(StoreRefundData),
    /// Two different journals were seen from a device: nothing more is settled from it.
    #[serde(rename = "device.frozen")]
    DeviceFrozen { account: AccountId, device: DeviceId, fork_seq: u64 },
    /// Money went back: into the balance, or to the card.
    #[serde(rename = "refund.succeeded")]
    RefundSucceeded(RefundData),
    /// The processor could not send money back to a card; it is in the balance again.
    #[serde(rename = "refund.failed")]
    RefundFailed(RefundData),
    /// A cardholder disputes a charge: the bank has taken the money back until it has decided.
    #[serde(rename = "dispute.opened")]
    DisputeOpened(DisputeData),
    /// The charge stands.
    #[serde(rename = "dispute.won")]
    DisputeWon(DisputeData),
    /// The bank keeps the money.
    #[serde(rename = "dispute.lost")]
    DisputeLost(DisputeData),
    /// A card was charged for a tab; nothing where nothing was spent.
    #[serde(rename = "tab.closed")]
    TabClosed { account: AccountId, tab: Uuid, charged: Money },
    /// A card could not be charged at the end of a tab.
    #[serde(rename = "tab.failed")]
    TabFailed { account: AccountId, tab: Uuid, due: Money },
    /// A frozen device is active again: what follows its settled journal is taken.
    #[serde(rename = "device.unfrozen")]
    DeviceUnfrozen { account: AccountId, device: DeviceId },
    /// A device was given up: what was reserved for it is the player's again.
    #[serde(rename = "device.revoked")]
    DeviceRevoked { account: AccountId, device: DeviceId },
    /// An account was erased: nobody can say any more whose it was. What else is known of its user is to be forgotten,
    /// too (GDPR, article 19).
    #[serde(rename = "account.erased")]
    AccountErased { account: AccountId },
}

/// What is told of a refund.
#[derive(Serialize)]
pub(crate) struct RefundData {
    refund: Uuid,
    account: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<EntryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_up: Option<TopUpId>,
    amount: Money,
    /// Of a purchase: how many of the items are taken back, as far as they are unused.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u32>,
    reason: String,
}

/// What is told of a dispute.
#[derive(Serialize)]
pub(crate) struct DisputeData {
    dispute: Uuid,
    account: AccountId,
    /// The top-up or tab whose charge it is.
    payment: Uuid,
    amount: Money,
    /// What is held of the player's balance.
    held: Money,
}

/// What is told of a pack that a store gives back, or may.
#[derive(Serialize)]
pub(crate) struct StoreRefundData {
    top_up: TopUpId,
    account: AccountId,
    store: &'static str,
    /// The store's own name for the purchase.
    purchase: String,
    /// What of the credit it is about.
    amount: Money,
    /// How much of that is, or was, in the balance and not reserved for a device.
    held: Money,
}

impl StoreRefundData {
    pub(crate) fn of(pack: &SoldPack, amount: Money, held: Money) -> Self {
        let SoldPack { id: top_up, account, seller, .. } = *pack;
        StoreRefundData { top_up, account, store: seller.name(), purchase: pack.name.clone(), amount, held }
    }
}

impl Event {
    pub(crate) fn of_refund(refund: &Refund) -> Self {
        let data = RefundData {
            refund: refund.id,
            account: refund.account,
            purchase: refund.purchase(),
            top_up: refund.top_up(),
            amount: refund.amount,
            quantity: refund.purchase().map(|_| refund.quantity()),
            reason: refund.reason.clone(),
        };
        if refund.state == RefundState::Failed { Event::RefundFailed(data) } else { Event::RefundSucceeded(data) }
    }

    pub(crate) fn of_dispute(dispute: &Dispute) -> Self {
        let Dispute { id, account, payment, amount, held, .. } = *dispute;
        let data = DisputeData { dispute: id, account, payment, amount, held };
        match dispute.state {
            DisputeState::Open => Event::DisputeOpened(data),
            DisputeState::Won => Event::DisputeWon(data),
            DisputeState::Lost => Event::DisputeLost(data),
        }
    }
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
