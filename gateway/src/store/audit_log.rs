//! What administrators did: appended, and never changed.

use farthing_protocol::Timestamp;
use uuid::Uuid;

use super::StoreError;

/// One thing that was done, or refused.
#[derive(Clone, Debug)]
pub(crate) struct AuditEntry {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    /// Who; nobody where a sign-in named no administrator.
    pub(crate) administrator: Option<String>,
    pub(crate) action: String,
    /// What it was done to.
    pub(crate) subject: Option<String>,
    pub(crate) is_done: bool,
    pub(crate) detail: Option<String>,
}

impl AuditEntry {
    pub(super) fn outcome(&self) -> &'static str {
        if self.is_done { "done" } else { "refused" }
    }
}

pub(crate) trait AuditLog {
    fn append_to_audit_log(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The newest entries, or those before one of them.
    fn audit_log(&self, before: Option<Uuid>, most: u32) -> Result<Vec<AuditEntry>, StoreError>;
}
