//! Tips to creators.

use farthing_core as core;

use crate::{Money, WalletError};

/// Who can be tipped.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Creator {
    /// What the merchant calls them.
    pub id: String,
    /// Their name for players.
    pub name: String,
}

/// What to tip.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct TipRequest {
    /// Who gets it.
    pub creator: String,
    /// How much.
    pub amount: Money,
    /// What the player says with it.
    pub message: Option<String>,
    /// The app's name for this user action.
    pub idempotency_key: Option<String>,
}

/// Whom a tip was for, and what was said with it.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct Tip {
    /// Who got it.
    pub creator: String,
    /// What the player said with it.
    pub message: Option<String>,
}

/// Without the message, which is nobody else's business.
impl std::fmt::Debug for TipRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a tip of {:?} to {}", self.amount, self.creator)
    }
}

/// Without the message, which is nobody else's business.
impl std::fmt::Debug for Tip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a tip to {}", self.creator)
    }
}

impl TryFrom<TipRequest> for core::TipRequest {
    type Error = WalletError;

    fn try_from(request: TipRequest) -> Result<Self, WalletError> {
        let mut tip = core::TipRequest::new(&request.creator, request.amount.try_into()?)?;
        if let Some(message) = request.message {
            tip = tip.message(&message)?;
        }
        tip.idempotency_key = request.idempotency_key;
        Ok(tip)
    }
}

impl From<core::Tip> for Tip {
    fn from(tip: core::Tip) -> Self {
        Tip { creator: tip.creator.into(), message: tip.message.map(String::from) }
    }
}

impl From<&core::Creator> for Creator {
    fn from(creator: &core::Creator) -> Self {
        Creator { id: creator.id.to_string(), name: creator.name.clone() }
    }
}
