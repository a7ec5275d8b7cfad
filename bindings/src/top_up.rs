//! Top-ups.

use farthing_core as core;

use crate::convert::same_enum;
use crate::{Money, Timestamp};

/// A charge of a card that raises the balance.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct TopUp {
    /// Its name, which is also its idempotency key.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// From which card.
    pub card: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// How far it is.
    pub state: TopUpState,
    /// Whether the wallet made it by itself, as the player has agreed.
    pub is_automatic: bool,
}

/// How far a top-up is.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum TopUpState {
    /// It is not known yet whether the gateway has got it.
    Created,
    /// The player must confirm on the bank's page.
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The bank has not decided yet.
    Processing,
    /// The money is in the balance.
    Succeeded,
    /// The card was not charged.
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

same_enum! {
    /// Why a card was declined.
    DeclineCode = core::DeclineCode {
        /// The bank says no and not why.
        GenericDecline,
        /// The card's account has not enough money.
        InsufficientFunds,
        /// The card has expired.
        ExpiredCard,
        /// The card verification code is wrong.
        IncorrectCvc,
        /// The card was reported lost.
        LostCard,
        /// The card was reported stolen.
        StolenCard,
        /// The cardholder did not confirm, or failed to.
        AuthenticationFailed,
        /// The processor failed.
        ProcessingError,
        /// A code that this library does not know.
        Other,
    } else Other
}

/// An amount to offer a player who tops up, and what the processor is expected to take of it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct TopUpAdvice {
    /// How much to top up.
    pub amount: Money,
    /// What the processor takes of it, by the operator's price list.
    pub fee: Money,
    /// The fee's share of the amount, in millionths, rounded up.
    pub fee_per_million: u32,
}

same_enum! {
    /// What an account may hold, what may be loaded into it, and how large its tabs may be, where the operator caps it.
    TopUpCap = core::TopUpCap {
        /// The most that an account may hold.
        Balance,
        /// The most that may be loaded in a calendar month (UTC).
        MonthlyLoad,
        /// The most that the next tab may be, after one for which the card could not be charged.
        Tab,
    } else Balance
}

impl From<core::TopUpAdvice> for TopUpAdvice {
    fn from(advice: core::TopUpAdvice) -> Self {
        let core::TopUpAdvice { amount, fee, fee_per_million } = advice;
        TopUpAdvice { amount: amount.into(), fee: fee.into(), fee_per_million }
    }
}

impl From<core::TopUp> for TopUp {
    fn from(top_up: core::TopUp) -> Self {
        TopUp {
            id: top_up.id.to_string(),
            amount: top_up.amount.into(),
            card: top_up.card.to_string(),
            created_at: top_up.created_at,
            state: top_up.state.into(),
            is_automatic: top_up.is_automatic,
        }
    }
}

impl From<core::TopUpState> for TopUpState {
    fn from(state: core::TopUpState) -> Self {
        match state {
            core::TopUpState::RequiresAction { url } => TopUpState::RequiresAction { url },
            core::TopUpState::Processing => TopUpState::Processing,
            core::TopUpState::Succeeded => TopUpState::Succeeded,
            core::TopUpState::Failed { code } => TopUpState::Failed { code: code.into() },
            core::TopUpState::Disputed { held } => TopUpState::Disputed { held: held.into() },
            core::TopUpState::ChargedBack { amount } => TopUpState::ChargedBack { amount: amount.into() },
            // What it has become is found out by sync.
            _ => TopUpState::Created,
        }
    }
}
