//! The audit log: each thing that is done by hand, in the transaction that does it, and what was refused.

use farthing_protocol::Timestamp;
use uuid::{NoContext, Uuid};

use crate::store::{AuditEntry, StoreError, Tables};

/// Who acts where nobody is signed in: an operator in a shell. No administrator can be called so.
pub(crate) const COMMAND_LINE: &str = "(command line)";

/// What is done by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    SignIn,
    SignOut,
    UnfreezeDevice,
    RevokeDevice,
    RefundPurchase,
    ReGrant,
    ApprovePurchase,
    DeclinePurchase,
    SetLimits,
    ForgetPin,
    ExportAccount,
    EraseAccount,
    ReplayWebhooks,
    OrderFaults,
    LiftFaults,
    AddAdministrator,
    SetRole,
    SetPassword,
    RemoveAdministrator,
    /// Anything for which a role does not suffice.
    Forbidden,
}

impl Action {
    /// As the log has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Action::SignIn => "sign-in",
            Action::SignOut => "sign-out",
            Action::UnfreezeDevice => "device.unfreeze",
            Action::RevokeDevice => "device.revoke",
            Action::RefundPurchase => "purchase.refund",
            Action::ReGrant => "device.re-grant",
            Action::ApprovePurchase => "approval.approve",
            Action::DeclinePurchase => "approval.decline",
            Action::SetLimits => "limits.set",
            Action::ForgetPin => "pin.forget",
            Action::ExportAccount => "account.export",
            Action::EraseAccount => "account.erase",
            Action::ReplayWebhooks => "webhooks.replay",
            Action::OrderFaults => "faults.order",
            Action::LiftFaults => "faults.lift",
            Action::AddAdministrator => "administrator.add",
            Action::SetRole => "administrator.role",
            Action::SetPassword => "administrator.password",
            Action::RemoveAdministrator => "administrator.remove",
            Action::Forbidden => "forbidden",
        }
    }
}

/// What is to be written down.
pub(crate) struct Note<'a> {
    /// Who; `None` where a sign-in named nobody.
    pub(crate) who: Option<&'a str>,
    pub(crate) action: Action,
    pub(crate) subject: Option<String>,
    pub(crate) detail: Option<String>,
}

impl Note<'_> {
    /// It was done.
    pub(crate) fn done(self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        self.append(tables, true, now)
    }

    /// It was refused.
    pub(crate) fn refused(self, tables: &dyn Tables, now: Timestamp) -> Result<(), StoreError> {
        self.append(tables, false, now)
    }

    fn append(self, tables: &dyn Tables, is_done: bool, now: Timestamp) -> Result<(), StoreError> {
        let Note { who, action, subject, detail } = self;
        let action_name = action.name();
        tracing::info!(who = who.unwrap_or("nobody known"), action = action_name, subject, is_done, "audit");
        tables.append_to_audit_log(&AuditEntry {
            id: name(now),
            at: now,
            administrator: who.map(str::to_owned),
            action: action_name.to_owned(),
            subject,
            is_done,
            detail,
        })
    }
}

/// Entries sort by the time of this gateway's clock.
fn name(now: Timestamp) -> Uuid {
    let (seconds, nanoseconds) = (now.as_second().max(0).unsigned_abs(), now.subsec_nanosecond().max(0).unsigned_abs());
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}
