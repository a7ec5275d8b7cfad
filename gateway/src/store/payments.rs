//! What a processor calls accounts and payments.

use farthing_protocol::{AccountId, Timestamp};
use uuid::Uuid;

use super::StoreError;

/// A payment that a processor was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    /// When it was asked for the first time.
    pub(crate) asked_at: Timestamp,
    /// What the processor calls it; unknown until it has answered.
    pub(crate) name: Option<String>,
}

pub(crate) trait Payments {
    /// What the processor calls an account.
    fn customer(&self, account: AccountId) -> Result<Option<String>, StoreError>;

    /// The processor calls an account so, unless it is called something already.
    fn add_customer(&self, account: AccountId, customer: &str) -> Result<(), StoreError>;

    /// The payment of a top-up or a tab; written down with this time where it is asked for the first time.
    fn payment(&self, id: Uuid, now: Timestamp) -> Result<Payment, StoreError>;

    /// The top-up or tab of a payment.
    fn payment_named(&self, name: &str) -> Result<Option<Uuid>, StoreError>;

    /// The processor calls a payment so.
    fn name_payment(&self, id: Uuid, name: &str) -> Result<(), StoreError>;
}
