use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{RefundReceiptResponse, RefundReceiptsResponse};
use farthing_protocol::limits::REFUNDS_MAX;
use farthing_protocol::{EntryId, Problem, ProblemKind, RefundReceipt};

use super::body::Named;
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::refund::{Asked, PlayerRefusal, refund_by_player};
use crate::store::{StoreError, Tables};

/// Gives the price of an unused purchase back into the balance, as far as the operator's policy lets players do so by
/// themselves.
///
/// Only the device that bought it may ask, and it settles what was used first. Asked again, the answer is the same.
#[utoipa::path(
    post,
    path = "/v1/purchases/{purchase}/refund",
    tag = "settlement",
    security(("dpop" = [], "proof" = [])),
    params(("purchase" = EntryId, Path, description = "The purchase.")),
    responses(
        (status = 200, description = "The signed refund receipt.", body = RefundReceiptResponse),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: the device has settled no such purchase (yet).", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`refund-done`, `refund-too-late` or `refund-used`.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ask(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(purchase): Named<EntryId>,
) -> Result<Json<RefundReceiptResponse>, Refusal> {
    let refund = match refund_by_player(&gateway.shared, caller.device, purchase).await? {
        Asked::Refunded(refund) => refund,
        Asked::Refused(reason) => return Err(refusal(reason)),
        Asked::MayNot(state) => return Err(Refusal::may_not(&state)),
        Asked::NoSuchDevice => return Err(Refusal::no_such_device()),
    };
    let signed = refund.signed().ok_or(StoreError::Damaged("a refund without a receipt"))?;
    let receipt = gateway.shared.signer.sign_payload::<RefundReceipt>(&signed.payload)?;
    Ok(Json(RefundReceiptResponse { receipt }))
}

fn refusal(reason: PlayerRefusal) -> Refusal {
    match reason {
        PlayerRefusal::NotThere => {
            Refusal::new(ProblemKind::NotFound, "This device has settled no such purchase: send its journal first.")
        }
        PlayerRefusal::Done => Refusal::new(ProblemKind::RefundDone, "All of its price went back before."),
        PlayerRefusal::TooLate { hours: 0 } => {
            Refusal::new(ProblemKind::RefundTooLate, "Purchases are refunded by support only: ask there.")
        }
        PlayerRefusal::TooLate { hours } => {
            let detail = format!("A purchase can be refunded for {hours} hours: ask support.");
            Refusal::new(ProblemKind::RefundTooLate, detail)
        }
        PlayerRefusal::Used => Refusal::new(ProblemKind::RefundUsed, "Not so many are left as were bought."),
    }
}

/// Gives the refund receipts of the account's purchases that follow a number, in order, at most 200.
///
/// A statement says how many there are, so that a device knows which it has not heard of.
#[utoipa::path(
    get,
    path = "/v1/account/refunds/{after}",
    tag = "account",
    security(("dpop" = [], "proof" = [])),
    params(("after" = u64, Path, description = "The number of the last one that is known; 0 for none.")),
    responses((status = 200, description = "Signed refund receipts.", body = RefundReceiptsResponse))
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(after): Named<u64>,
) -> Result<Json<RefundReceiptsResponse>, Refusal> {
    let after = after.min(i64::MAX.unsigned_abs());
    let read = move |tables: &dyn Tables| tables.refund_receipts(caller.account, after, REFUNDS_MAX);
    let payloads = gateway.shared.store.read(read).await?;
    let receipts = payloads.iter().map(|payload| gateway.shared.signer.sign_payload::<RefundReceipt>(payload));
    Ok(Json(RefundReceiptsResponse { receipts: receipts.collect::<Result<_, _>>()? }))
}
