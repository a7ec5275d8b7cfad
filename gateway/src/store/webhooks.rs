//! Where a merchant's back end wants to be told, and what it is to be told.

use farthing_protocol::{AccountId, Timestamp};
use uuid::Uuid;

use super::{Sealed, StoreError};

/// Where messages go.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) id: Uuid,
    pub(crate) url: String,
    pub(crate) secret: Sealed,
    pub(crate) created_at: Timestamp,
}

/// A message to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) endpoint: Uuid,
    pub(crate) account: AccountId,
    /// Of the account, once what it tells of had happened.
    pub(crate) revision: u64,
    pub(crate) created_at: Timestamp,
    /// The exact JSON.
    pub(crate) body: String,
    pub(crate) state: MessageState,
    /// Times that it was sent.
    pub(crate) attempts: u32,
    pub(crate) next_at: Timestamp,
    /// What became of the last attempt, where it failed.
    pub(crate) problem: Option<String>,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageState {
    /// It is sent, again and again, until it is taken.
    Pending,
    /// It was taken.
    Delivered,
    /// It was given up, and can be sent again on order.
    Failed,
}

impl MessageState {
    pub(super) fn name(self) -> &'static str {
        match self {
            MessageState::Pending => "pending",
            MessageState::Delivered => "delivered",
            MessageState::Failed => "failed",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, StoreError> {
        let all = [MessageState::Pending, MessageState::Delivered, MessageState::Failed];
        all.into_iter().find(|state| state.name() == name).ok_or(StoreError::Damaged("a message in no known state"))
    }
}

pub(crate) trait Webhooks {
    /// All endpoints that were not closed, the oldest first.
    fn webhook_endpoints(&self) -> Result<Vec<Endpoint>, StoreError>;

    fn add_webhook_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError>;

    /// Closes an endpoint. False when there is no open one of that name.
    fn close_webhook_endpoint(&self, endpoint: Uuid, now: Timestamp) -> Result<bool, StoreError>;

    fn add_webhook_message(&self, message: &Message) -> Result<(), StoreError>;

    /// Takes messages that are due, at most one for each account and endpoint: the first that was not delivered. Until
    /// `held_until` nobody else is given them.
    fn take_webhook_messages(
        &self,
        now: Timestamp,
        held_until: Timestamp,
        most: u32,
    ) -> Result<Vec<Message>, StoreError>;

    /// Keeps how far a message has come.
    fn set_webhook_message(&self, message: &Message) -> Result<(), StoreError>;

    /// The newest messages to an endpoint.
    fn webhook_messages(&self, endpoint: Uuid, most: u32) -> Result<Vec<Message>, StoreError>;

    /// How many messages wait to be delivered.
    fn pending_webhook_messages(&self) -> Result<u64, StoreError>;

    /// Has what was given up sent again; says how many they are.
    fn replay_webhook_messages(&self, endpoint: Uuid, now: Timestamp) -> Result<u64, StoreError>;
}
