//! Limits on what the player spends, and purchases that a guardian is asked for.

use std::fmt;

use farthing_core as core;

use crate::convert::{all, same_enum};
use crate::error::invalid;
use crate::{Money, Timestamp, WalletError};

same_enum! {
    /// What a limit is for.
    LimitPeriod = core::LimitPeriod {
        /// One purchase.
        Purchase,
        /// A day.
        Day,
        /// A week.
        Week,
        /// A month.
        Month,
    } else Purchase
}

same_enum! {
    /// How far a request for an approval is.
    ApprovalState = core::ApprovalState {
        /// Nobody has answered yet.
        Pending,
        /// It may be bought, once.
        Approved,
        /// It may not.
        Declined,
        /// It was bought.
        Used,
        /// It was not answered, or not bought, in time.
        Expired,
    } else Expired
}

/// Limits in one currency.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SpendingLimits {
    /// The most that one purchase may cost.
    pub purchase: Option<Money>,
    /// The most that may be spent in a day.
    pub day: Option<Money>,
    /// The most that may be spent in a week.
    pub week: Option<Money>,
    /// The most that may be spent in a month.
    pub month: Option<Money>,
    /// What costs more needs an approval.
    pub ask_above: Option<Money>,
}

/// Limits to set.
#[derive(Clone, uniffi::Record)]
pub struct LimitsChange {
    /// The currency.
    pub currency: String,
    /// What is limited from now on.
    pub limits: SpendingLimits,
    /// The guardian's PIN, where they are a guardian's.
    pub pin: Option<String>,
    /// By how many minutes the account's days begin before those of UTC.
    pub utc_offset_minutes: Option<i16>,
}

impl fmt::Debug for LimitsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limits in {}", self.currency)
    }
}

/// What limits the player's spending.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Limits {
    /// The currencies in which there are limits.
    pub limits: Vec<CurrencyLimits>,
    /// Whether a guardian has set a PIN.
    pub has_guardian: bool,
    /// By how many minutes the account's days begin before those of UTC.
    pub utc_offset_minutes: i16,
    /// When this was said.
    pub as_of: Timestamp,
}

/// What limits the player's spending in one currency.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct CurrencyLimits {
    /// Which.
    pub currency: String,
    /// What the player has set.
    pub player: SpendingLimits,
    /// What a guardian has set.
    pub guardian: SpendingLimits,
    /// What the player has set that will hold later.
    pub pending: Option<PendingLimits>,
    /// How much is used in each period.
    pub used: Vec<LimitUse>,
}

/// Limits that will hold after the cooling-off.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct PendingLimits {
    /// Which.
    pub limits: SpendingLimits,
    /// From when on.
    pub from: Timestamp,
}

/// How much of a limit is used.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct LimitUse {
    /// The period.
    pub period: LimitPeriod,
    /// The limit.
    pub limit: Money,
    /// What has been settled.
    pub used: Money,
    /// When the period ends.
    pub resets: Timestamp,
}

/// A purchase that a guardian was asked for.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Approval {
    /// The request's name.
    pub id: String,
    /// The device that asked.
    pub device: String,
    /// What is to be bought.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// How far it is.
    pub state: ApprovalState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Until when it can be answered, and then bought.
    pub expires_at: Timestamp,
}

impl TryFrom<SpendingLimits> for core::SpendingLimits {
    type Error = WalletError;

    fn try_from(limits: SpendingLimits) -> Result<Self, WalletError> {
        let money = |money: Option<Money>| money.map(core::Money::try_from).transpose();
        Ok(core::SpendingLimits {
            purchase: money(limits.purchase)?,
            day: money(limits.day)?,
            week: money(limits.week)?,
            month: money(limits.month)?,
            ask_above: money(limits.ask_above)?,
        })
    }
}

impl TryFrom<LimitsChange> for core::LimitsChange {
    type Error = WalletError;

    fn try_from(change: LimitsChange) -> Result<Self, WalletError> {
        let currency = change.currency.parse().map_err(|error| invalid("currency", error))?;
        let (limits, pin) = (change.limits.try_into()?, change.pin);
        Ok(core::LimitsChange { currency, limits, pin, utc_offset_minutes: change.utc_offset_minutes })
    }
}

impl From<core::SpendingLimits> for SpendingLimits {
    fn from(limits: core::SpendingLimits) -> Self {
        SpendingLimits {
            purchase: limits.purchase.map(Money::from),
            day: limits.day.map(Money::from),
            week: limits.week.map(Money::from),
            month: limits.month.map(Money::from),
            ask_above: limits.ask_above.map(Money::from),
        }
    }
}

impl From<core::Limits> for Limits {
    fn from(limits: core::Limits) -> Self {
        let core::Limits { limits, has_guardian, utc_offset_minutes, as_of } = limits;
        Limits { limits: all(limits), has_guardian, utc_offset_minutes, as_of }
    }
}

impl From<core::AccountLimits> for CurrencyLimits {
    fn from(limits: core::AccountLimits) -> Self {
        CurrencyLimits {
            currency: limits.currency.code().to_owned(),
            player: limits.player.into(),
            guardian: limits.guardian.into(),
            pending: limits.pending.map(|pending| PendingLimits { limits: pending.limits.into(), from: pending.from }),
            used: all(limits.used),
        }
    }
}

impl From<core::LimitUse> for LimitUse {
    fn from(used: core::LimitUse) -> Self {
        LimitUse { period: used.period.into(), limit: used.limit.into(), used: used.used.into(), resets: used.resets }
    }
}

impl From<core::ApprovalRecord> for Approval {
    fn from(record: core::ApprovalRecord) -> Self {
        Approval {
            id: record.id.to_string(),
            device: record.device.to_string(),
            sku: record.sku.to_string(),
            quantity: record.quantity,
            total: record.total.into(),
            state: record.state.into(),
            asked_at: record.asked_at,
            expires_at: record.expires_at,
        }
    }
}
