//! What the sandbox processor remembers of the charges it was asked for.

use farthing_protocol::TopUpId;
use uuid::Uuid;

use super::StoreError;
use crate::processor::ChargeStatus;

/// A charge as the sandbox processor knows it.
pub(crate) struct SandboxCharge {
    pub(crate) top_up: TopUpId,
    /// Names its 3-D Secure page.
    pub(crate) authentication: [u8; 16],
    pub(crate) status: ChargeStatus,
    /// What the status becomes when it is asked again, or once the cardholder has confirmed.
    pub(crate) answer: ChargeStatus,
}

pub(crate) trait SandboxCharges {
    /// The charge for a top-up.
    fn sandbox_charge(&self, top_up: TopUpId) -> Result<Option<SandboxCharge>, StoreError>;

    /// The charge that a 3-D Secure page is for.
    fn sandbox_charge_by_page(&self, authentication: &[u8; 16]) -> Result<Option<SandboxCharge>, StoreError>;

    /// The top-up or tab of that name, or that was asked for with it as the idempotency key: wallets call them so.
    fn payment_called(&self, name: Uuid) -> Result<Option<Uuid>, StoreError>;

    /// Keeps a charge, new or changed.
    fn put_sandbox_charge(&self, charge: &SandboxCharge) -> Result<(), StoreError>;
}

/// A charge from a row's columns.
pub(super) fn charge(
    top_up: TopUpId,
    authentication: [u8; 16],
    status: &str,
    answer: &str,
) -> Result<SandboxCharge, StoreError> {
    let read = |json: &str| serde_json::from_str(json).map_err(|_| StoreError::Damaged("an unknown charge status"));
    Ok(SandboxCharge { top_up, authentication, status: read(status)?, answer: read(answer)? })
}

/// How a row has a status.
pub(super) fn json(status: &ChargeStatus) -> Result<String, StoreError> {
    serde_json::to_string(status).map_err(|_| StoreError::Damaged("a charge status that is no JSON"))
}
