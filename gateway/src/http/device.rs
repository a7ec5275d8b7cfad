use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::{AccountId, DeviceId, DeviceState, JournalPosition, Problem, ProblemKind};
use serde::Serialize;

use super::body::Named;
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::revocation::revoke;
use crate::store::Device;

/// A device, as its merchant sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct DeviceResponse {
    /// Its name.
    device: DeviceId,
    /// Whose it is.
    account: AccountId,
    /// `active`, `frozen`, `revoked` or `erased`.
    #[schema(example = "active")]
    state: &'static str,
    /// Where the two journals part that a frozen device has shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    fork_seq: Option<u64>,
    /// Up to here its journal is settled.
    journal: JournalPosition,
}

/// Tells how a device stands.
#[utoipa::path(
    get,
    path = "/v1/devices/{device}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("device" = DeviceId, Path, description = "The device.")),
    responses(
        (status = 200, description = "The device.", body = DeviceResponse),
        (status = 404, description = "`not-found`: there is no such device.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(device): Named<DeviceId>,
) -> Result<Json<DeviceResponse>, Refusal> {
    let shared = gateway.shared.clone();
    let device = gateway.shared.store.read(move |tables| shared.device(tables, device)).await?;
    let device = device.ok_or_else(no_such_device)?;
    let Device { id, account, state, journal, .. } = device;
    let (state, fork_seq) = match state {
        DeviceState::Active => ("active", None),
        DeviceState::Frozen { fork_seq } => ("frozen", Some(fork_seq)),
        DeviceState::Revoked => ("revoked", None),
        DeviceState::Erased => ("erased", None),
    };
    Ok(Json(DeviceResponse { device: id, account, state, fork_seq, journal }))
}

/// Revokes a device that is lost: what is reserved for it goes back to its player.
///
/// What it had bought offline and not sent yet is not settled any more.
#[utoipa::path(
    delete,
    path = "/v1/devices/{device}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("device" = DeviceId, Path, description = "The device.")),
    responses(
        (status = 204, description = "It is revoked, now or before."),
        (status = 404, description = "`not-found`: there is no such device.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(device): Named<DeviceId>,
) -> Result<StatusCode, Refusal> {
    let now = gateway.shared.clock.now();
    match gateway.shared.store.write(move |tables| revoke(tables, device, now)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_such_device()),
    }
}

fn no_such_device() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is no such device here.")
}
