use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{LimitsRequest, LimitsResponse};
use farthing_protocol::{DeviceState, Problem, ProblemKind};

use super::body::SecretBody;
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::spending::set::{Set, set as set_limits};
use crate::spending::show::show as limits_of;
use crate::store::Tables;

/// Tells what limits the account's spending, how much of it is used, and what will change.
#[utoipa::path(
    get,
    path = "/v1/limits",
    tag = "limits",
    security(("dpop" = [], "proof" = [])),
    responses((status = 200, description = "The limits of the player and of a guardian.", body = LimitsResponse))
)]
pub(super) async fn show(State(gateway): State<Gateway>, caller: Caller) -> Result<Json<LimitsResponse>, Refusal> {
    let now = gateway.shared.clock.now();
    let read = move |tables: &dyn Tables| limits_of(tables, caller.account, now);
    Ok(Json(gateway.shared.store.read(read).await?))
}

/// Limits the account's spending in one currency.
///
/// Without a PIN they are the player's own: what is stricter than before holds at once, what is looser after the
/// cooling-off. With the guardian's PIN they are the guardian's, and hold at once. The stricter of the two counts.
///
/// A limit reaches a device with its next allowance. What a device holds already it may still draw, until it has asked or
/// its allowance expires.
#[utoipa::path(
    post,
    path = "/v1/limits",
    tag = "limits",
    request_body = LimitsRequest,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 200, description = "What holds now, and what will.", body = LimitsResponse),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`pin-invalid`: the PIN can't be chosen, or is not the guardian's. `amount-invalid`: a limit is below zero or in another currency.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`: the PIN was wrong too often.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn set(
    State(gateway): State<Gateway>,
    caller: Caller,
    SecretBody(request): SecretBody<LimitsRequest>,
) -> Result<Json<LimitsResponse>, Refusal> {
    if !request.limits.is_in(request.currency) {
        let detail = format!("Each limit is an amount in {} that is not below zero.", request.currency);
        return Err(Refusal::new(ProblemKind::AmountInvalid, detail).in_field("limits"));
    }
    if request.utc_offset_minutes.is_some_and(|minutes| !(-720..=840).contains(&minutes) || minutes % 15 != 0) {
        let detail = "Offsets from UTC are from -720 to 840 minutes, in quarters of an hour.";
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("utc_offset_minutes"));
    }
    require_active(&gateway, &caller).await?;
    match set_limits(&gateway.shared, caller.account, request).await? {
        Set::Done => show(State(gateway), caller).await,
        Set::NoPin => Err(pin_invalid("A PIN has 4 to 12 digits.")),
        Set::WrongPin => Err(wrong_pin()),
        Set::Wait(wait) => Err(Refusal::too_many_requests(wait)),
        Set::OffsetIsFixed => {
            let detail = "Only a guardian may change when the account's days begin.";
            Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("utc_offset_minutes"))
        }
    }
}

/// A device that was given up or frozen may not change what the account may spend.
pub(super) async fn require_active(gateway: &Gateway, caller: &Caller) -> Result<(), Refusal> {
    let (shared, device) = (gateway.shared.clone(), caller.device);
    let found = gateway.shared.store.read(move |tables| shared.device(tables, device)).await?;
    match found.ok_or_else(Refusal::no_such_device)?.state {
        DeviceState::Active => Ok(()),
        state => Err(Refusal::may_not(&state)),
    }
}

pub(super) fn wrong_pin() -> Refusal {
    pin_invalid("The PIN is not the guardian's. Nothing was changed.")
}

fn pin_invalid(detail: &str) -> Refusal {
    Refusal::new(ProblemKind::PinInvalid, detail).in_field("pin")
}
