//! Top-ups and how far they are.

use farthing_protocol::{AccountId, CardId, Currency, DeviceId, IdempotencyKey, Money, Timestamp, TopUpId};

use super::StoreError;
use super::named::{name, named};
use crate::top_up::State;

/// A top-up as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct TopUp {
    pub(crate) id: TopUpId,
    pub(crate) account: AccountId,
    /// The device that asked.
    pub(crate) device: DeviceId,
    pub(crate) key: IdempotencyKey,
    pub(crate) card: CardId,
    pub(crate) amount: Money,
    pub(crate) state: State,
}

pub(crate) trait TopUps {
    /// The top-up of that name.
    fn top_up(&self, id: TopUpId) -> Result<Option<TopUp>, StoreError>;

    /// The top-up that an account asked for with that idempotency key.
    fn top_up_by_key(&self, account: AccountId, key: &IdempotencyKey) -> Result<Option<TopUp>, StoreError>;

    /// From a time on nothing is charged under that idempotency key of an account's. What the account withdrew before another
    /// time is forgotten.
    fn withdraw_top_up(
        &self,
        account: AccountId,
        key: &IdempotencyKey,
        at: Timestamp,
        forgets_before: Timestamp,
    ) -> Result<(), StoreError>;

    /// Whether nothing is charged under that idempotency key of an account's.
    fn is_top_up_withdrawn(&self, account: AccountId, key: &IdempotencyKey) -> Result<bool, StoreError>;

    /// Keeps a new top-up.
    fn add_top_up(&self, top_up: &TopUp, now: Timestamp) -> Result<(), StoreError>;

    /// What an account's top-ups come to in micros: those that are under way, and those since a time that have not
    /// failed.
    fn loaded(&self, account: AccountId, currency: Currency, since: Timestamp) -> Result<(i64, i64), StoreError>;

    /// A top-up has come further.
    fn set_top_up_state(&self, id: TopUpId, state: State) -> Result<(), StoreError>;
}

impl State {
    /// From a row's columns.
    pub(super) fn of_row(name: &str, decline_code: Option<String>) -> Result<Self, StoreError> {
        Ok(match (name, decline_code) {
            ("created", None) => State::Created,
            ("requires_action", None) => State::RequiresAction,
            ("processing", None) => State::Processing,
            ("succeeded", None) => State::Succeeded,
            ("failed", Some(code)) => State::Failed(named(code)?),
            _ => return Err(StoreError::Damaged("a top-up in no known state")),
        })
    }

    /// The column that says why it failed.
    pub(super) fn decline_code(self) -> Result<Option<String>, StoreError> {
        match self {
            State::Failed(code) => Ok(Some(name(&code)?)),
            _ => Ok(None),
        }
    }
}
