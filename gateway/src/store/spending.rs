//! What limits accounts' spending, what was spent, and what guardians were asked for.

use farthing_protocol::api::{ApprovalRecord, PendingLimits};
use farthing_protocol::{AccountId, ApprovalId, Currency, DeviceId, Money, Sku, SpendingLimits, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::named::named;

/// Who has set a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LimitSetter {
    Player,
    Guardian,
}

/// Limits in one currency, as one of the two has set them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpendingRule {
    pub(crate) setter: LimitSetter,
    pub(crate) currency: Currency,
    pub(crate) limits: SpendingLimits,
    /// What takes their place later.
    pub(crate) pending: Option<PendingLimits>,
}

/// Who may set a guardian's limits, and when the account's days begin.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Guardianship {
    pub(crate) utc_offset_minutes: i16,
    pub(crate) pin_hash: Option<String>,
    /// Wrong PINs in a row.
    pub(crate) pin_failures: u32,
    pub(crate) pin_tried_at: Option<Timestamp>,
}

impl Guardianship {
    pub(crate) fn new(utc_offset_minutes: Option<i16>) -> Self {
        let utc_offset_minutes = utc_offset_minutes.unwrap_or(0);
        Guardianship { utc_offset_minutes, pin_hash: None, pin_failures: 0, pin_tried_at: None }
    }
}

/// An approval's columns, not looked at yet.
pub(super) struct ApprovalRow {
    pub(super) id: ApprovalId,
    pub(super) device: DeviceId,
    pub(super) sku: String,
    pub(super) quantity: u32,
    pub(super) total: Money,
    pub(super) state: String,
    pub(super) asked_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl ApprovalRow {
    pub(super) fn record(self) -> Result<ApprovalRecord, StoreError> {
        let ApprovalRow { id, device, sku, quantity, total, state, asked_at, expires_at } = self;
        let sku = Sku::new(sku).map_err(|_| StoreError::Damaged("a SKU that is none"))?;
        Ok(ApprovalRecord { id, device, sku, quantity, total, state: named(state)?, asked_at, expires_at })
    }
}

/// A rule's columns, not looked at yet.
pub(super) struct RuleRow {
    pub(super) setter: String,
    pub(super) currency: Currency,
    pub(super) limits: String,
    pub(super) pending: Option<String>,
    pub(super) pending_from: Option<Timestamp>,
}

impl RuleRow {
    pub(super) fn rule(self) -> Result<SpendingRule, StoreError> {
        let RuleRow { setter, currency, limits, pending, pending_from } = self;
        let pending = match (pending, pending_from) {
            (Some(limits), Some(from)) => Some(PendingLimits { limits: from_json(&limits)?, from }),
            _ => None,
        };
        Ok(SpendingRule { setter: named(setter)?, currency, limits: from_json(&limits)?, pending })
    }
}

/// A value as JSON in a column.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Damaged("a value that is no JSON"))
}

pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged("a value that can't be read"))
}

pub(crate) trait Spending {
    /// Who guards an account; nothing where no limit was ever set.
    fn guardianship(&self, account: AccountId) -> Result<Option<Guardianship>, StoreError>;

    /// Keeps who guards an account.
    fn set_guardianship(&self, account: AccountId, guardianship: &Guardianship) -> Result<(), StoreError>;

    /// All limits of an account.
    fn spending_rules(&self, account: AccountId) -> Result<Vec<SpendingRule>, StoreError>;

    /// Keeps limits in place of those of the same setter and currency.
    fn set_spending_rule(&self, account: AccountId, rule: &SpendingRule) -> Result<(), StoreError>;

    /// More was spent in a quarter of an hour.
    fn add_spent(&self, account: AccountId, currency: Currency, slot: i64, micros: i64) -> Result<(), StoreError>;

    /// What was spent from a quarter of an hour on, until before another, in micros.
    fn spent(&self, account: AccountId, currency: Currency, slots: (i64, i64)) -> Result<i64, StoreError>;

    /// Keeps a request for an approval.
    fn add_approval(&self, account: AccountId, record: &ApprovalRecord) -> Result<(), StoreError>;

    /// A request, and whose it is.
    fn approval(&self, id: ApprovalId) -> Result<Option<(AccountId, ApprovalRecord)>, StoreError>;

    /// The latest requests of an account, the newest first.
    fn approvals_of(&self, account: AccountId, most: u32) -> Result<Vec<ApprovalRecord>, StoreError>;

    /// What was approved for a device and not used, the oldest first.
    fn approved_for(&self, device: DeviceId) -> Result<Vec<ApprovalRecord>, StoreError>;

    /// Keeps a request's state, and until when it holds.
    fn set_approval(&self, record: &ApprovalRecord) -> Result<(), StoreError>;
}
