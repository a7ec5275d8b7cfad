//! Who may look into the dashboard, and who is signed in.

use farthing_protocol::{Digest, Timestamp};

use super::StoreError;
use crate::dashboard::Role;

/// Someone who may sign in.
#[derive(Clone, Debug)]
pub(crate) struct StoredAdministrator {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// A PHC string.
    pub(crate) password_hash: String,
    pub(crate) created_at: Timestamp,
}

/// Someone who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredSession {
    pub(crate) administrator: String,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
    /// When a page was last asked for.
    pub(crate) seen_at: Timestamp,
}

pub(crate) trait Administrators {
    /// All of them, by name.
    fn administrators(&self) -> Result<Vec<StoredAdministrator>, StoreError>;

    fn administrator(&self, name: &str) -> Result<Option<StoredAdministrator>, StoreError>;

    /// Keeps an administrator, new or changed.
    fn put_administrator(&self, administrator: &StoredAdministrator) -> Result<(), StoreError>;

    /// Removes an administrator, who has no session any more. False when there is none of that name.
    fn remove_administrator(&self, name: &str) -> Result<bool, StoreError>;

    fn add_session(&self, token: Digest, administrator: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The session of a token, as old as it may be.
    fn session(&self, token: Digest) -> Result<Option<StoredSession>, StoreError>;

    /// A page was asked for.
    fn see_session(&self, token: Digest, now: Timestamp) -> Result<(), StoreError>;

    fn end_session(&self, token: Digest) -> Result<(), StoreError>;

    /// Ends every session of an administrator.
    fn end_sessions_of(&self, administrator: &str) -> Result<(), StoreError>;

    /// Ends the sessions in which nothing was asked for since then.
    fn end_sessions_before(&self, seen_at: Timestamp) -> Result<(), StoreError>;
}
