use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{JwksResponse, KeySetResponse};

use crate::gateway::Gateway;

/// Gives the keys that sign for this gateway, under its root key.
#[utoipa::path(
    get,
    path = "/v1/keys",
    tag = "keys",
    responses((status = 200, description = "The signed key set.", body = KeySetResponse))
)]
pub(super) async fn key_set(State(gateway): State<Gateway>) -> Json<KeySetResponse> {
    Json(KeySetResponse { key_set: gateway.shared.signer.key_set.clone() })
}

/// Gives the same keys for any JOSE library (RFC 7517, section 5).
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "keys",
    responses((status = 200, description = "The key set.", body = JwksResponse))
)]
pub(super) async fn jwks(State(gateway): State<Gateway>) -> Json<JwksResponse> {
    Json(gateway.shared.signer.jwks())
}
