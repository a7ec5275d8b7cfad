//! Tabs.

use farthing_core as core;

use crate::{DeclineCode, Money, Timestamp};

/// A limit that a card has authorised: it is spent now, and the card is charged once, at the end.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Tab {
    /// Its name, which is also its idempotency key.
    pub id: String,
    /// The most that the card is charged.
    pub limit: Money,
    /// Which card.
    pub card: String,
    /// When it was asked for.
    pub opened_at: Timestamp,
    /// What the player owes.
    pub owed: Money,
    /// How far it is.
    pub state: TabState,
}

/// How far a tab is.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum TabState {
    /// It is not known yet whether the gateway has got it.
    Created,
    /// The player must confirm on the bank's page.
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The bank has not decided yet.
    Processing,
    /// The limit is in the balance.
    Open,
    /// It is being closed, or what was due of it is being paid.
    Closing,
    /// It is paid.
    Closed {
        /// How much.
        charged: Money,
    },
    /// The card did not authorise the limit, or could not be charged at the end.
    Failed {
        /// Why, as far as the bank says.
        code: DeclineCode,
    },
    /// The cardholder's bank has taken the charge back until it has decided.
    Disputed {
        /// What is held of the balance meanwhile.
        held: Money,
    },
    /// The bank has taken the charge back for good.
    ChargedBack {
        /// What went out of the balance with it.
        amount: Money,
    },
}

impl From<core::Tab> for Tab {
    fn from(tab: core::Tab) -> Self {
        let core::Tab { id, limit, card, opened_at, owed, state } = tab;
        Tab {
            id: id.to_string(),
            limit: limit.into(),
            card: card.to_string(),
            opened_at,
            owed: owed.into(),
            state: state.into(),
        }
    }
}

impl From<core::TabState> for TabState {
    fn from(state: core::TabState) -> Self {
        match state {
            core::TabState::RequiresAction { url } => TabState::RequiresAction { url },
            core::TabState::Processing => TabState::Processing,
            core::TabState::Open => TabState::Open,
            core::TabState::Closing => TabState::Closing,
            core::TabState::Closed { charged } => TabState::Closed { charged: charged.into() },
            core::TabState::Failed { code } => TabState::Failed { code: code.into() },
            core::TabState::Disputed { held } => TabState::Disputed { held: held.into() },
            core::TabState::ChargedBack { amount } => TabState::ChargedBack { amount: amount.into() },
            // What it has become is found out by sync.
            _ => TabState::Created,
        }
    }
}
