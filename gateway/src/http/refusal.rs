//! Answers that say no: problem details (RFC 9457).

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_protocol::{CapReached, DeviceState, PROBLEM_MEDIA_TYPE, Problem, ProblemKind, TopUpCap};

use crate::keys::KeysError;
use crate::store::StoreError;

/// A problem on its way to the client.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) problem: Box<Problem>,
    challenge: Option<Challenge>,
    /// Seconds after which it may be asked again.
    retry_after: Option<u64>,
}

/// What a `WWW-Authenticate` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A proof with the current nonce (RFC 9449, section 8).
    UseNonce,
    /// Another proof (RFC 9449, section 7.1).
    InvalidProof,
    /// Another access token (RFC 6750, section 3.1).
    InvalidToken,
    /// The merchant's secret key (RFC 6750).
    SecretKey,
}

impl Challenge {
    fn header(self) -> &'static str {
        match self {
            Challenge::UseNonce => r#"DPoP error="use_dpop_nonce", algs="ES256""#,
            Challenge::InvalidProof => r#"DPoP error="invalid_dpop_proof", algs="ES256""#,
            Challenge::InvalidToken => r#"DPoP error="invalid_token", algs="ES256""#,
            Challenge::SecretKey => "Bearer",
        }
    }
}

/// Until a gateway that is too busy, or starting again, may be asked once more.
const RETRY_AFTER_SECONDS: u64 = 1;

impl Refusal {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let retry_after = (kind.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS);
        Refusal { problem: Box::new(Problem::new(kind, detail)), challenge: None, retry_after }
    }

    pub(crate) fn in_field(mut self, field: impl Into<String>) -> Self {
        self.problem = Box::new(self.problem.in_field(field));
        self
    }

    pub(crate) fn unauthorised(challenge: Challenge, detail: &str) -> Self {
        Refusal { challenge: Some(challenge), ..Refusal::new(ProblemKind::Unauthorised, detail) }
    }

    pub(crate) fn nonce_required() -> Self {
        let detail = "Make the proof again with the nonce in the `DPoP-Nonce` header of this answer.";
        Refusal { challenge: Some(Challenge::UseNonce), ..Refusal::new(ProblemKind::DpopNonceRequired, detail) }
    }

    pub(crate) fn no_such_path() -> Self {
        Refusal::new(ProblemKind::NotFound, "There is nothing at this path.")
    }

    /// The token is for a device that is not there: another gateway's, or a restored database.
    pub(crate) fn no_such_device() -> Self {
        Refusal::unauthorised(Challenge::InvalidToken, "There is no such device: enrol it first.")
    }

    pub(crate) fn may_not(state: &DeviceState) -> Self {
        match state {
            DeviceState::Frozen { fork_seq } => Refusal::new(
                ProblemKind::DeviceFrozen,
                format!("Two different journals were seen from this device, which part at entry {fork_seq}."),
            ),
            DeviceState::Erased => Refusal::new(
                ProblemKind::AccountErased,
                "The account was erased: it has no balance, and nothing more is settled from it.",
            ),
            DeviceState::Revoked | DeviceState::Active => {
                Refusal::new(ProblemKind::DeviceRevoked, "The device was given up by its owner or the operator.")
            }
        }
    }

    /// The account would hold or load more than it may, or have a larger tab.
    pub(crate) fn cap_reached(reached: CapReached) -> Self {
        let CapReached { cap, most, room } = reached;
        let (field, detail) = match cap {
            TopUpCap::Balance => ("amount", format!("A balance may be at most {most}: {room} more can be loaded now.")),
            TopUpCap::MonthlyLoad => (
                "amount",
                format!("At most {most} may be loaded in a calendar month: {room} more can be loaded in this one."),
            ),
            TopUpCap::Tab => {
                ("limit", format!("The card could not be charged for the last tab: this one may be at most {most}."))
            }
        };
        let mut refusal = Refusal::new(ProblemKind::TopUpCapReached, detail).in_field(field);
        refusal.problem.cap = Some(reached);
        refusal
    }

    /// The caller may ask again after so long, rounded up: who keeps to it is let in.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        let detail = format!("These were too many requests; this one had no effect. Ask again after {seconds} s.");
        Refusal { retry_after: Some(seconds), ..Refusal::new(ProblemKind::TooManyRequests, detail) }
    }

    pub(crate) fn unavailable(detail: &str) -> Self {
        Refusal::new(ProblemKind::Unavailable, detail)
    }

    pub(crate) fn internal() -> Self {
        Refusal::new(ProblemKind::Internal, "The gateway failed; the request had no effect. Try again later.")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&*self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge.header()));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Refusal::unavailable("The gateway is shutting down."),
            StoreError::Contended => Refusal::unavailable("Too many changes at once; the request had no effect."),
            StoreError::Unreachable(_) => {
                tracing::error!(%error, "a request failed");
                Refusal::unavailable("The database can't be reached; the request had no effect.")
            }
            StoreError::Commit(_) => {
                tracing::error!(%error, "a request failed");
                Refusal::unavailable("The request may have had its effect or not. Ask again: it is done once.")
            }
            error => {
                tracing::error!(%error, "a request failed");
                Refusal::internal()
            }
        }
    }
}

impl From<KeysError> for Refusal {
    fn from(error: KeysError) -> Self {
        Refusal::from(StoreError::Keys(error))
    }
}
