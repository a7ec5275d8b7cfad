use axum::Json;
use axum::extract::State;
use farthing_protocol::ProblemKind;
use farthing_protocol::api::{EnrolmentRequest, EnrolmentResponse};

use super::body::JsonBody;
use super::dpop::Proven;
use super::refusal::Refusal;
use crate::account::AccountView;
use crate::gateway::Gateway;
use crate::store::{Device, Tables};

/// Enrols a device.
///
/// The proof's key becomes the device's key. Asking again with the same key gives the same
/// device. In the sandbox each new device gets an account of its own.
#[utoipa::path(
    post,
    path = "/v1/enrolments",
    tag = "devices",
    request_body = EnrolmentRequest,
    security(("proof" = [])),
    responses(
        (status = 200, description = "The device is enrolled.", body = EnrolmentResponse),
        (status = 403, description = "`enrolment-rejected`: the publishable key is unknown.", body = farthing_protocol::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn enrol(
    State(gateway): State<Gateway>,
    proven: Proven,
    JsonBody(request): JsonBody<EnrolmentRequest>,
) -> Result<Json<EnrolmentResponse>, Refusal> {
    let shared = gateway.shared.clone();
    if request.publishable_key != shared.merchant.publishable {
        let detail = "The publishable key is not this gateway's; it prints its own when it starts.";
        return Err(Refusal::new(ProblemKind::EnrolmentRejected, detail).in_field("publishable_key"));
    }
    let (key, merchant, now) = (proven.key.thumbprint(), shared.catalogs.merchant(), shared.clock.now());
    let writing = shared.clone();
    let write = move |tables: &dyn Tables| {
        let device = match tables.device_by_key(key)? {
            Some(known) => writing.faults.freeze(known),
            None => {
                let device = Device::new(key);
                tables.add_account(&device, &merchant, now)?;
                device
            }
        };
        AccountView::read(tables, &device, now)
    };
    let view = shared.store.write(write).await?;
    Ok(Json(EnrolmentResponse {
        device: view.statement.device,
        account: view.statement.account,
        epoch: view.statement.journal.epoch,
        key_set: shared.signer.key_set.clone(),
        statement: shared.signer.sign(&view.statement)?,
    }))
}
