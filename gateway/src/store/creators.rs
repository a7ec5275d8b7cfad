//! Who can be tipped.

use farthing_protocol::{CreatorId, Timestamp};

use super::StoreError;

/// A creator, as the merchant has registered them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredCreator {
    pub(crate) id: CreatorId,
    /// Their name for players.
    pub(crate) name: String,
    /// Whether they are listed for wallets.
    pub(crate) is_open: bool,
    pub(crate) registered_at: Timestamp,
}

pub(crate) trait Creators {
    fn creator(&self, id: &CreatorId) -> Result<Option<StoredCreator>, StoreError>;

    /// Keeps a creator, or what has changed of one; when they were registered stays.
    fn set_creator(&self, creator: &StoredCreator) -> Result<(), StoreError>;

    /// Creators that follow a name, sorted by theirs; only those who are listed for wallets, where it is said.
    fn creators_after(&self, after: &str, only_open: bool, most: u32) -> Result<Vec<StoredCreator>, StoreError>;
}

/// From a row's columns.
pub(super) fn creator(
    id: String,
    name: String,
    is_open: bool,
    registered_at: Timestamp,
) -> Result<StoredCreator, StoreError> {
    let id = CreatorId::new(id).map_err(|_| StoreError::Damaged("a creator without a name"))?;
    Ok(StoredCreator { id, name, is_open, registered_at })
}
