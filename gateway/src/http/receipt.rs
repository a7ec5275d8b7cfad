use axum::Json;
use axum::extract::State;
use farthing_protocol::api::ReceiptResponse;
use farthing_protocol::{EntryId, Problem, ProblemKind, Receipt};

use super::body::Named;
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::Gateway;

/// Gives the signed receipt of a purchase, to hand on to the app's back end.
///
/// It is a JWT that any JOSE library verifies with `/.well-known/jwks.json`.
#[utoipa::path(
    get,
    path = "/v1/receipts/{purchase}",
    tag = "settlement",
    security(("dpop" = [], "proof" = [])),
    params(("purchase" = EntryId, Path, description = "The purchase.")),
    responses(
        (status = 200, description = "The receipt.", body = ReceiptResponse),
        (status = 404, description = "`not-found`: the account has no such settled purchase.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(purchase): Named<EntryId>,
) -> Result<Json<ReceiptResponse>, Refusal> {
    let payload = gateway.shared.store.read(move |tables| tables.receipt(caller.account, purchase)).await?;
    let payload =
        payload.ok_or_else(|| Refusal::new(ProblemKind::NotFound, "The account has no such settled purchase."))?;
    let receipt = gateway.shared.signer.sign_payload::<Receipt>(&payload)?;
    Ok(Json(ReceiptResponse { purchase, receipt }))
}
