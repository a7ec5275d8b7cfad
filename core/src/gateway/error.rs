//! What a request to the gateway may end in.

use std::time::Duration;

use farthing_protocol::{CapReached, JwsError, Problem, ProblemKind};

use super::TransportError;
use crate::WalletError;
use crate::keys::KeyStoreError;

/// Why a request did not get what it was for.
#[derive(Clone, Debug)]
pub(crate) enum GatewayError {
    /// No answer came.
    Transport(TransportError),
    /// The gateway said no, in its own words.
    Problem { problem: Box<Problem>, retry_after: Option<Duration> },
    /// Some server on the way said no.
    Status { status: u16, retry_after: Option<Duration> },
    /// The answer is not what a gateway of ours would say.
    NotTrusted(String),
    /// The request could not be signed or written.
    Wallet(WalletError),
    /// What went wrong after an earlier request that may have had an effect.
    Again(Box<GatewayError>),
}

/// Refusals of a top-up or a tab by a gateway that has looked for an earlier try first.
const REFUSED_CHARGES: [ProblemKind; 6] = [
    ProblemKind::AmountInvalid,
    ProblemKind::CardInvalid,
    ProblemKind::TopUpCapReached,
    ProblemKind::AgeRestricted,
    ProblemKind::GuardianRequired,
    ProblemKind::TabUnpaid,
];

impl GatewayError {
    pub(crate) fn is(&self, kind: ProblemKind) -> bool {
        match self {
            GatewayError::Problem { problem, .. } => problem.kind == kind,
            GatewayError::Again(last) => last.is(kind),
            _ => false,
        }
    }

    /// The same after an earlier try of the same request. That one was refused for its proof; but a proxy may have
    /// sent it twice, and what was refused may have been the second.
    pub(crate) fn after_an_earlier_try(self) -> Self {
        if REFUSED_CHARGES.iter().any(|kind| self.is(*kind)) { self } else { GatewayError::Again(Box::new(self)) }
    }

    /// Whether the request certainly had no effect. A proof that was refused says nothing: a
    /// proxy may have sent the request twice, and the first one may have been taken.
    pub(crate) fn had_no_effect(&self) -> bool {
        match self {
            GatewayError::Transport(TransportError::NotSent { .. }) | GatewayError::Wallet(_) => true,
            GatewayError::Problem { problem, .. } => (400..500).contains(&problem.status) && problem.status != 401,
            _ => false,
        }
    }

    /// Whether the gateway has read the request and will never do it.
    pub(crate) fn is_final(&self) -> bool {
        let refusals = [ProblemKind::InvalidRequest, ProblemKind::NotFound];
        !matches!(self, GatewayError::Again(_)) && REFUSED_CHARGES.iter().chain(&refusals).any(|kind| self.is(*kind))
    }

    /// Whether the gateway refuses a refund for good, or has no such purchase.
    pub(crate) fn refuses_refund(&self) -> bool {
        use ProblemKind::{InvalidRequest, NotFound, RefundDone, RefundTooLate, RefundUsed};
        [InvalidRequest, NotFound, RefundDone, RefundTooLate, RefundUsed].iter().any(|kind| self.is(*kind))
    }

    /// Whether the gateway will never credit a store's purchase, so that it need not be asked again.
    pub(crate) fn refuses_store_purchase(&self) -> bool {
        use ProblemKind::{BodyTooLarge, InvalidRequest, NotFound, StorePurchaseInvalid, StorePurchaseTaken};
        let refusals = [BodyTooLarge, InvalidRequest, NotFound, StorePurchaseInvalid, StorePurchaseTaken];
        refusals.iter().any(|kind| self.is(*kind))
    }

    /// The same for the app, which wanted to do `operation`.
    pub(crate) fn during(self, operation: &str) -> WalletError {
        match self {
            GatewayError::Transport(TransportError::NotTrusted { reason }) | GatewayError::NotTrusted(reason) => {
                WalletError::GatewayNotTrusted { reason }
            }
            GatewayError::Transport(_) => WalletError::Offline { operation: operation.to_owned() },
            GatewayError::Problem { problem, retry_after } => refusal(*problem, retry_after),
            GatewayError::Status { status: 429 | 500..=599, retry_after } => {
                WalletError::GatewayUnavailable { retry_after }
            }
            GatewayError::Status { status, .. } => {
                WalletError::not_trusted(format!("it answered with status {status} and no reason"))
            }
            GatewayError::Wallet(error) => error,
            GatewayError::Again(last) => last.during(operation),
        }
    }
}

fn refusal(problem: Problem, retry_after: Option<Duration>) -> WalletError {
    if let (ProblemKind::TopUpCapReached, Some(CapReached { cap, most, room })) = (problem.kind, problem.cap) {
        return WalletError::TopUpCapReached { cap, most, room };
    }
    match problem.kind {
        ProblemKind::EnrolmentRejected => WalletError::EnrolmentRejected { reason: problem.detail },
        ProblemKind::DeviceRevoked => WalletError::DeviceRevoked,
        ProblemKind::AccountErased => WalletError::AccountErased,
        ProblemKind::AgeRestricted => WalletError::AgeRestricted { needs_guardian: false },
        ProblemKind::GuardianRequired => WalletError::AgeRestricted { needs_guardian: true },
        ProblemKind::UpgradeRequired => WalletError::UpgradeRequired,
        ProblemKind::CardInvalid => {
            WalletError::CardInvalid { field: problem.field.unwrap_or_else(|| "number".to_owned()) }
        }
        ProblemKind::PinInvalid => WalletError::invalid("pin", format!("is not accepted: {}", problem.detail)),
        ProblemKind::AmountInvalid => WalletError::invalid("amount", format!("can't be charged: {}", problem.detail)),
        ProblemKind::RefundDone => WalletError::AlreadyRefunded,
        ProblemKind::RefundUsed => WalletError::AlreadyUsed,
        ProblemKind::RefundTooLate => WalletError::RefundTooLate { reason: problem.detail },
        ProblemKind::StorePurchaseTaken => WalletError::StorePurchaseTaken,
        ProblemKind::StorePurchaseInvalid => WalletError::StorePurchaseInvalid { reason: problem.detail },
        ProblemKind::TooManyRequests | ProblemKind::Internal | ProblemKind::Unavailable => {
            WalletError::GatewayUnavailable { retry_after }
        }
        _ if problem.status >= 500 => WalletError::GatewayUnavailable { retry_after },
        _ => WalletError::Refused { reason: format!("{}: {}", problem.title, problem.detail) },
    }
}

impl From<TransportError> for GatewayError {
    fn from(error: TransportError) -> Self {
        GatewayError::Transport(error)
    }
}

impl From<JwsError> for GatewayError {
    fn from(error: JwsError) -> Self {
        GatewayError::NotTrusted(error.to_string())
    }
}

impl From<WalletError> for GatewayError {
    fn from(error: WalletError) -> Self {
        GatewayError::Wallet(error)
    }
}

impl From<KeyStoreError> for GatewayError {
    fn from(error: KeyStoreError) -> Self {
        GatewayError::Wallet(error.into())
    }
}
