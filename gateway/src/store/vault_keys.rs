//! Which keys have sealed what is in the database, and what devices were shown of the keys that sign.

use farthing_protocol::{Digest, Timestamp};

use super::StoreError;

/// A value that only the vault opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// The number of the key that sealed it.
    pub(crate) vault_key: u32,
    pub(crate) bytes: Vec<u8>,
}

/// A table that has sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Cards,
    WebhookEndpoints,
    AccountKeys,
    NameKeys,
}

impl Room {
    pub(crate) const ALL: [Room; 4] = [Room::Cards, Room::WebhookEndpoints, Room::AccountKeys, Room::NameKeys];

    /// The table, and its column that is sealed. Its key is `id`, and `vault_key` says what sealed it.
    pub(super) fn table_and_column(self) -> (&'static str, &'static str) {
        match self {
            Room::Cards => ("cards", "sealed"),
            Room::WebhookEndpoints => ("webhook_endpoints", "secret"),
            Room::AccountKeys => ("account_keys", "sealed"),
            Room::NameKeys => ("name_keys", "sealed"),
        }
    }
}

/// A row that has a sealed value.
#[derive(Clone, Debug)]
pub(crate) struct SealedRow {
    pub(crate) room: Room,
    pub(crate) id: [u8; 16],
    pub(crate) sealed: Sealed,
}

/// A vault key that this database was used with.
#[derive(Clone, Debug)]
pub(crate) struct KnownVaultKey {
    pub(crate) number: u32,
    /// A known value that it has sealed: another key does not open it.
    pub(crate) proof: Vec<u8>,
    /// Nothing is sealed by it any more, nor may be again.
    pub(crate) is_retired: bool,
}

pub(crate) trait VaultKeys {
    fn vault_keys(&self) -> Result<Vec<KnownVaultKey>, StoreError>;

    fn vault_key(&self, number: u32) -> Result<Option<KnownVaultKey>, StoreError>;

    fn add_vault_key(&self, number: u32, proof: &[u8], now: Timestamp) -> Result<(), StoreError>;

    fn retire_vault_key(&self, number: u32, now: Timestamp) -> Result<(), StoreError>;

    /// Some rows of a table that were sealed by a key with a number from `from` to before `before`.
    fn sealed_rows(&self, room: Room, from: u32, before: u32, most: u32) -> Result<Vec<SealedRow>, StoreError>;

    /// How many rows of a table a key has sealed.
    fn count_sealed_rows(&self, room: Room, vault_key: u32) -> Result<u64, StoreError>;

    /// Puts another seal on what a row holds, unless that has changed meanwhile. Says whether it did.
    fn reseal(&self, row: &SealedRow, sealed: &Sealed) -> Result<bool, StoreError>;

    /// The latest key set that devices were shown: its version and the digest of its keys.
    fn latest_key_set(&self) -> Result<Option<(u64, Digest)>, StoreError>;

    fn add_key_set(&self, version: u64, keys: Digest, now: Timestamp) -> Result<(), StoreError>;
}
