//! Top-ups that the wallet makes by itself, as the player has agreed.

use farthing_core as core;

use crate::convert::{identifier, same_enum};
use crate::{Money, Timestamp, WalletError};

/// What a player agrees to: that a card is charged by itself.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct AutoTopUp {
    /// The card is charged once the balance is below this.
    pub below: Money,
    /// How much each time.
    pub amount: Money,
    /// Which card.
    pub card: String,
    /// The most that is charged by itself in a calendar month (UTC).
    pub monthly_cap: Money,
}

/// What the player says of it now.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct AutoTopUpChange {
    /// What they agree to; none where they agree to nothing any more.
    pub setting: Option<AutoTopUp>,
}

/// What the player has agreed to, and how it stands.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct AutoTopUpConsent {
    /// What they have agreed to.
    pub setting: AutoTopUp,
    /// When.
    pub agreed_at: Timestamp,
    /// How much of this month's cap is used.
    pub charged_this_month: Money,
    /// Why nothing is charged until the player agrees again.
    pub pause: Option<AutoTopUpPause>,
    /// The operator's caps had no room: nothing is charged before this time.
    pub waits_until: Option<Timestamp>,
}

same_enum! {
    /// Why automatic top-ups are paused, until the player agrees again.
    AutoTopUpPause = core::AutoTopUpPause {
        /// The bank declined the card, the player did not confirm the charge, or the bank has taken it back.
        Declined,
        /// The card was removed, or has expired.
        CardUnavailable,
        /// The gateway charges no such amount, or charges nothing for this player.
        Refused,
    } else Refused
}

impl TryFrom<AutoTopUp> for core::AutoTopUp {
    type Error = WalletError;

    fn try_from(setting: AutoTopUp) -> Result<Self, WalletError> {
        let AutoTopUp { below, amount, card, monthly_cap } = setting;
        Ok(core::AutoTopUp {
            below: below.try_into()?,
            amount: amount.try_into()?,
            card: identifier("card", &card)?,
            monthly_cap: monthly_cap.try_into()?,
        })
    }
}

impl From<core::AutoTopUp> for AutoTopUp {
    fn from(setting: core::AutoTopUp) -> Self {
        let core::AutoTopUp { below, amount, card, monthly_cap } = setting;
        AutoTopUp {
            below: below.into(),
            amount: amount.into(),
            card: card.to_string(),
            monthly_cap: monthly_cap.into(),
        }
    }
}

impl From<core::AutoTopUpConsent> for AutoTopUpConsent {
    fn from(consent: core::AutoTopUpConsent) -> Self {
        let core::AutoTopUpConsent { setting, agreed_at, charged_this_month, pause, waits_until } = consent;
        AutoTopUpConsent {
            setting: setting.into(),
            agreed_at,
            charged_this_month: charged_this_month.into(),
            pause: pause.map(AutoTopUpPause::from),
            waits_until,
        }
    }
}
