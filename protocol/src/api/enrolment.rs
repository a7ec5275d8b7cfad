//! Devices: enrolment and access tokens.

use serde::{Deserialize, Serialize};

use crate::{AccountId, DeviceId};

/// `POST /v1/enrolments`: a device asks for an account. The DPoP proof's key becomes the
/// device's key. Asking again with the same key gives the same device.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentRequest {
    /// The app's publishable key, `pk_test_…`.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub publishable_key: String,
    /// Whose device it is: a token from `POST /v1/enrolment-tokens`, which the app's back end asks for. In the sandbox
    /// it may be left out; the device then gets an account of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl std::fmt::Debug for EnrolmentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "enrolment by {}, {} token", self.publishable_key, if self.token.is_some() { "a" } else { "no" })
    }
}

/// A device is enrolled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentResponse {
    /// The device's name from now on.
    pub device: DeviceId,
    /// The account whose money it spends.
    pub account: AccountId,
    /// The epoch of its journal.
    pub epoch: u32,
    /// The gateway's [`crate::KeySet`], a JWS by its root key.
    pub key_set: String,
    /// How the account stands: a [`crate::Statement`].
    pub statement: String,
}

/// `POST /v1/token`: an access token for a device, bound to its key (RFC 9449).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenRequest {
    /// Which device; the proof's key must be its own.
    pub device: DeviceId,
}

/// An access token.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenResponse {
    /// The token, for `Authorization: DPoP …`.
    pub access_token: String,
    /// Always `DPoP`.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: u32,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} token for {} s", self.token_type, self.expires_in)
    }
}
