//! The gateway's public keys.

use serde::{Deserialize, Serialize};

use crate::PublicKey;

/// `GET /v1/keys`: the gateway's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySetResponse {
    /// A [`crate::KeySet`], a JWS by the root key.
    pub key_set: String,
}

/// `GET /.well-known/jwks.json`: the same keys, for any JOSE library (RFC 7517, section 5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JwksResponse {
    /// The keys.
    pub keys: Vec<JsonWebKey>,
}

/// One key of a JWKS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JsonWebKey {
    /// The key itself.
    #[serde(flatten)]
    pub key: PublicKey,
    /// Its thumbprint.
    pub kid: String,
    /// Always `ES256`.
    pub alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
}
