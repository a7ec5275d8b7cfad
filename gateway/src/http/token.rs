use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{TokenRequest, TokenResponse};
use farthing_protocol::{AccessToken, Confirmation};

use super::body::JsonBody;
use super::dpop::Proven;
use super::refusal::{Challenge, Refusal};
use crate::gateway::Gateway;

/// How long a token is good for. It is bound to the device's key, and what a device may do is
/// looked up with each request, so this may be long.
const TOKEN_SECONDS: u32 = 3_600;

/// Gives a device an access token, bound to its key (RFC 9449).
#[utoipa::path(
    post,
    path = "/v1/token",
    tag = "devices",
    request_body = TokenRequest,
    security(("proof" = [])),
    responses((status = 200, description = "A token.", body = TokenResponse))
)]
pub(super) async fn token(
    State(gateway): State<Gateway>,
    proven: Proven,
    JsonBody(request): JsonBody<TokenRequest>,
) -> Result<Json<TokenResponse>, Refusal> {
    let shared = &gateway.shared;
    let device = shared.store.read(move |tables| tables.device(request.device)).await?;
    let key = proven.key.thumbprint();
    let device = device.filter(|device| device.key == key).ok_or_else(|| {
        Refusal::unauthorised(Challenge::InvalidProof, "There is no such device with the proof's key: enrol it first.")
    })?;
    let claims = AccessToken {
        iss: shared.signer.issuer.clone(),
        sub: device.id,
        account: device.account,
        epoch: device.journal.epoch,
        exp: shared.clock.now().as_second() + i64::from(TOKEN_SECONDS),
        cnf: Confirmation { jkt: key },
    };
    let access_token = shared.signer.sign(&claims)?;
    Ok(Json(TokenResponse { access_token, token_type: "DPoP".into(), expires_in: TOKEN_SECONDS }))
}
