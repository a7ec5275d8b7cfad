//! Tabs and how far they are.

use farthing_protocol::{AccountId, CardId, Currency, DeviceId, IdempotencyKey, Money, Timestamp};
use uuid::Uuid;

use super::StoreError;
use super::named::{name, named};
use crate::tab::State;

/// A tab as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Tab {
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    /// The device that asked.
    pub(crate) device: DeviceId,
    pub(crate) key: IdempotencyKey,
    pub(crate) card: CardId,
    /// What the card has authorised.
    pub(crate) limit: Money,
    /// What the processor is expected to take for a charge of that.
    pub(crate) fee: Money,
    pub(crate) state: State,
}

/// The last tab of an account in a currency for which a card was to be charged something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastTab {
    pub(crate) limit: Money,
    /// Whether the card could not be charged, and the player has paid out of the balance.
    pub(crate) was_declined: bool,
}

pub(crate) trait Tabs {
    /// The tab of that name.
    fn tab(&self, id: Uuid) -> Result<Option<Tab>, StoreError>;

    /// The tab that an account asked for with that idempotency key.
    fn tab_by_key(&self, account: AccountId, key: &IdempotencyKey) -> Result<Option<Tab>, StoreError>;

    /// Whether an account has a tab in a currency that is not at its end, or of which something is due.
    fn has_tab(&self, account: AccountId, currency: Currency) -> Result<bool, StoreError>;

    /// The last closed tab of an account in a currency of which something was due.
    fn last_tab(&self, account: AccountId, currency: Currency) -> Result<Option<LastTab>, StoreError>;

    /// Tabs that were opened before a time and are not at their end, the oldest first.
    fn tabs_from_before(&self, time: Timestamp, most: u32) -> Result<Vec<Tab>, StoreError>;

    /// Keeps a new tab.
    fn add_tab(&self, tab: &Tab, now: Timestamp) -> Result<(), StoreError>;

    /// A tab has come further. One that had failed and is closed was paid out of the balance.
    fn set_tab_state(&self, id: Uuid, state: State) -> Result<(), StoreError>;
}

impl State {
    /// From a row's columns.
    pub(super) fn of_tab_row(
        name: &str,
        decline_code: Option<String>,
        due: Option<i64>,
        currency: Currency,
    ) -> Result<Self, StoreError> {
        let due = due.map(|micros| Money::from_micros(micros, currency));
        Ok(match (name, decline_code, due) {
            ("created", None, None) => State::Created,
            ("requires_action", None, None) => State::RequiresAction,
            ("processing", None, None) => State::Processing,
            ("open", None, None) => State::Open,
            ("closing", None, Some(due)) => State::Closing { due },
            ("closed", None, Some(due)) => State::Closed { charged: due },
            ("failed", Some(code), due) => State::Failed { code: named(code)?, due },
            _ => return Err(StoreError::Damaged("a tab in no known state")),
        })
    }

    /// The columns that say more of it: why it failed, and what is due.
    pub(super) fn tab_columns(self) -> Result<(Option<String>, Option<i64>), StoreError> {
        Ok(match self {
            State::Failed { code, due } => (Some(name(&code)?), due.map(|due| due.micros())),
            State::Closing { due } | State::Closed { charged: due } => (None, Some(due.micros())),
            _ => (None, None),
        })
    }
}
