use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use farthing_protocol::api::TrialBalanceResponse;

use super::authorization::credentials;
use super::limit::count_merchant;
use super::refusal::{Challenge, Refusal};
use crate::gateway::Gateway;

/// A request with the merchant's secret key.
pub(super) struct Merchant;

impl FromRequestParts<Gateway> for Merchant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        if credentials(&parts.headers, "Bearer").is_some_and(|key| gateway.shared.merchant.is_secret(key)) {
            count_merchant(&gateway.shared)?;
            return Ok(Merchant);
        }
        let detail = "Send `Authorization: Bearer` with the merchant's secret key (sk_test_…).";
        Err(Refusal::unauthorised(Challenge::SecretKey, detail))
    }
}

/// Sums every account of the ledger by kind. The total is zero in each currency, always.
#[utoipa::path(
    get,
    path = "/v1/ledger/trial-balance",
    tag = "merchant",
    security(("merchant" = [])),
    responses((status = 200, description = "The trial balance.", body = TrialBalanceResponse))
)]
pub(super) async fn trial_balance(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
) -> Result<Json<TrialBalanceResponse>, Refusal> {
    Ok(Json(gateway.trial_balance().await?))
}
