use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{AccountResponse, AllowanceRequest};
use farthing_protocol::{DeviceState, Problem, ProblemKind};

use super::body::JsonBody;
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::account::AccountView;
use crate::allowance;
use crate::elsewhere;
use crate::gateway::Gateway;
use crate::store::Tables;

/// Allowances of one device that a request may name: one for each currency, and there are fewer.
const HELD_MAX: usize = 100;

/// Tells how the account stands, and what the device may spend.
///
/// A frozen or revoked device may ask, too: the statement says what it is.
#[utoipa::path(
    get,
    path = "/v1/account",
    tag = "account",
    security(("dpop" = [], "proof" = [])),
    responses((status = 200, description = "A signed statement and the latest allowances.", body = AccountResponse))
)]
pub(super) async fn account(State(gateway): State<Gateway>, caller: Caller) -> Result<Json<AccountResponse>, Refusal> {
    let shared = &gateway.shared;
    let now = shared.clock.now();
    let reading = gateway.shared.clone();
    let read = move |tables: &dyn Tables| {
        let Some(device) = reading.device(tables, caller.device)? else { return Ok(None) };
        let view = AccountView::read(tables, &reading, &device, now)?;
        Ok(Some((view, elsewhere::end(tables, device.account, device.id)?)))
    };
    let (view, elsewhere) = shared.store.read(read).await?.ok_or_else(Refusal::no_such_device)?;
    Ok(Json(view.sign(&shared.signer, elsewhere)?))
}

/// Makes up the device's allowances to the usual reserve, or so far that `needed` fits, as far
/// as the balance goes.
///
/// What comes back may be less than what was needed: compare.
#[utoipa::path(
    post,
    path = "/v1/allowances",
    tag = "account",
    request_body = AllowanceRequest,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 200, description = "A signed statement and the latest allowances.", body = AccountResponse),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`amount-invalid`: `needed` is not above zero.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn raise_allowance(
    State(gateway): State<Gateway>,
    caller: Caller,
    JsonBody(request): JsonBody<AllowanceRequest>,
) -> Result<Json<AccountResponse>, Refusal> {
    if request.needed.is_some_and(|needed| !needed.is_positive()) {
        return Err(Refusal::new(ProblemKind::AmountInvalid, "`needed` must be above zero.").in_field("needed"));
    }
    if request.holds.len() > HELD_MAX {
        let detail = format!("`holds` has at most {HELD_MAX} allowances.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("holds"));
    }
    let shared = gateway.shared.clone();
    let now = shared.clock.now();
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared.device(tables, caller.device)? else { return Ok(Err(Refusal::no_such_device())) };
        if device.state != DeviceState::Active {
            return Ok(Err(Refusal::may_not(&device.state)));
        }
        allowance::acknowledge(tables, &device, &request.holds)?;
        if allowance::make_up(tables, &shared, &device, request.needed, &BTreeSet::new(), now)? {
            tables.raise_revision(device.account)?;
        }
        AccountView::read(tables, &shared, &device, now).map(Ok)
    };
    let view = gateway.shared.store.write(write).await??;
    // By itself: a transaction that writes would be in the way of the other devices' batches, whose places it had read.
    let end = move |tables: &dyn Tables| elsewhere::end(tables, caller.account, caller.device);
    let elsewhere = gateway.shared.store.read(end).await?;
    Ok(Json(view.sign(&gateway.shared.signer, elsewhere)?))
}
