use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{BatchRequest, BatchResponse};
use farthing_protocol::limits::BATCH_BYTES_MAX;
use farthing_protocol::{Bytes, Problem, ProblemKind};

use super::body::JsonBody;
use super::dpop::Caller;
use super::refusal::{Challenge, Refusal};
use crate::gateway::Gateway;
use crate::settlement::batch::{BatchError, open};
use crate::settlement::{Settling, settle};

/// Settles a batch of journal entries.
///
/// The same entries again get the same outcomes again. A batch that differs from what is
/// settled freezes the device.
#[utoipa::path(
    post,
    path = "/v1/journal",
    tag = "settlement",
    request_body = BatchRequest,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 200, description = "The signed settlement, receipts and allowances.", body = BatchResponse),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`journal-gap` or `journal-fork`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`batch-invalid`: the entries are not the ones that were signed.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn upload(
    State(gateway): State<Gateway>,
    caller: Caller,
    JsonBody(request): JsonBody<BatchRequest, BATCH_BYTES_MAX>,
) -> Result<Json<BatchResponse>, Refusal> {
    let batch = open(request, &caller.key).map_err(|error| match error {
        BatchError::Signature(error) => {
            Refusal::new(ProblemKind::BatchInvalid, format!("The batch's signature: {error}.")).in_field("batch")
        }
        BatchError::Chain(error) => Refusal::new(ProblemKind::BatchInvalid, format!("{error}.")).in_field("entries"),
    })?;
    if batch.claims.device != caller.device {
        return Err(Refusal::unauthorised(Challenge::InvalidToken, "The batch is another device's than the token."));
    }
    let (shared, now) = (gateway.shared.clone(), gateway.shared.clock.now());
    let settling = gateway.shared.store.write(move |tables| settle(tables, &shared, &batch, now)).await?;
    let mut settled = match settling {
        Settling::Done(settled) => {
            settled.judged.iter().for_each(|(outcome, count)| gateway.shared.metrics.judged(outcome, *count));
            settled
        }
        Settling::Gap(position) => {
            let detail = "Send the entries that follow from `journal`, and from there on.";
            let mut refusal = Refusal::new(ProblemKind::JournalGap, detail);
            refusal.problem.journal = Some(position);
            return Err(refusal);
        }
        Settling::Forked { seq } => {
            gateway.shared.metrics.froze();
            let detail = format!(
                "Entry {seq} differs from the one that is settled. What was settled stands; the device is frozen."
            );
            return Err(Refusal::new(ProblemKind::JournalFork, detail));
        }
        Settling::MayNot(state) => return Err(Refusal::may_not(&state)),
        Settling::NoSuchDevice => return Err(Refusal::no_such_device()),
    };
    let signer = &gateway.shared.signer;
    Ok(Json(BatchResponse {
        settlement: signer.sign(&settled.settlement())?,
        receipts: std::mem::take(&mut settled.receipts).into_iter().map(Bytes).collect(),
        allowances: settled.account.sign_allowances(signer)?,
    }))
}
