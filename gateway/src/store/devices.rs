//! Accounts and their devices.

use farthing_protocol::{AccountId, DeviceId, DeviceState, Digest, JournalPosition, Thumbprint, Timestamp};

use uuid::Uuid;

use super::StoreError;

/// A device as the gateway knows it.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) key: Thumbprint,
    pub(crate) state: DeviceState,
    /// Up to here its journal is settled.
    pub(crate) journal: JournalPosition,
    /// A tester has each of its purchases need an approval.
    pub(crate) asks_to_buy: bool,
}

/// Where a device's journal forks: what stands, and what was shown instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fork {
    pub(crate) seq: u64,
    pub(crate) settled: Digest,
    pub(crate) presented: Digest,
}

pub(crate) trait Devices {
    /// The device of that name.
    fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError>;

    /// The device that has that key.
    fn device_by_key(&self, key: Thumbprint) -> Result<Option<Device>, StoreError>;

    /// Whether there is any device.
    fn has_devices(&self) -> Result<bool, StoreError>;

    /// All devices of an account, also those that were revoked.
    fn devices_of(&self, account: AccountId) -> Result<Vec<DeviceId>, StoreError>;

    /// The same, and up to which entry the journal of each is settled.
    fn heads_of(&self, account: AccountId) -> Result<Vec<(DeviceId, u64)>, StoreError>;

    /// How many devices of an account were not revoked.
    fn count_devices(&self, account: AccountId) -> Result<usize, StoreError>;

    /// Keeps a new account. Whose it is, [`crate::privacy::Persons`] says.
    fn add_account(&self, account: AccountId, merchant: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Whether a device was enrolled with a token.
    fn is_enrolment_token_used(&self, token: Uuid) -> Result<bool, StoreError>;

    /// Keeps a new device, and the token that enrolled it.
    fn add_device(&self, device: &Device, token: Option<Uuid>, now: Timestamp) -> Result<(), StoreError>;

    /// The journal of a device is settled up to a later place.
    fn settle_at(&self, device: DeviceId, journal: JournalPosition) -> Result<(), StoreError>;

    /// Freezes a device and keeps the evidence.
    fn freeze(&self, device: DeviceId, fork: Fork) -> Result<(), StoreError>;

    /// A frozen device is active again.
    fn unfreeze(&self, device: DeviceId) -> Result<(), StoreError>;

    /// A device is given up: nothing more is settled from it.
    fn revoke(&self, device: DeviceId) -> Result<(), StoreError>;

    /// The revision of an account.
    fn revision(&self, account: AccountId) -> Result<u64, StoreError>;

    /// Something of the account changed: its next statement is newer than any before.
    fn raise_revision(&self, account: AccountId) -> Result<(), StoreError>;
}

impl Device {
    /// A device that was never seen before.
    pub(crate) fn new(key: Thumbprint, account: AccountId) -> Self {
        let id = DeviceId::generate();
        let journal = JournalPosition::genesis(id, 1);
        Device { id, account, key, state: DeviceState::Active, journal, asks_to_buy: false }
    }

    /// How a row's columns say what a device may do.
    pub(super) fn state(name: &str, fork_seq: Option<u64>) -> DeviceState {
        match name {
            "frozen" => DeviceState::Frozen { fork_seq: fork_seq.unwrap_or(0) },
            "revoked" => DeviceState::Revoked,
            _ => DeviceState::Active,
        }
    }
}
