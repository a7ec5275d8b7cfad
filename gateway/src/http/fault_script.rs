use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use farthing_faults::{FaultScript, StepState};
use farthing_protocol::{Problem, ProblemKind};
use serde::Serialize;

use super::body::JsonBody;
use super::faults::require_test_keys;
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::faults::Played;
use crate::gateway::Gateway;

/// The most steps that there may be, each with every fault.
const SCRIPT_BYTES_MAX: usize = 256 * 1024;

/// The script that is played, and how far.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FaultScriptResponse {
    /// The script, with the devices that have a name by now.
    script: FaultScript,
    /// Since its start.
    elapsed_milliseconds: u64,
    /// How far each of its steps is.
    steps: Vec<StepState>,
}

impl From<Played> for FaultScriptResponse {
    fn from(Played { script, elapsed_milliseconds, steps }: Played) -> Self {
        FaultScriptResponse { script, elapsed_milliseconds, steps }
    }
}

/// A request with the secret key, to a gateway whose keys are for tests. With live keys there are no faults.
pub(super) struct Tester;

impl FromRequestParts<Gateway> for Tester {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        require_test_keys(&gateway.shared.merchant)?;
        Merchant::from_request_parts(parts, gateway).await.map(|Merchant| Tester)
    }
}

/// Tells which fault script is played, and how far (sandbox only).
#[utoipa::path(
    get,
    path = "/v1/sandbox/fault-script",
    tag = "sandbox",
    security(("merchant" = [])),
    responses(
        (status = 200, description = "The script.", body = FaultScriptResponse),
        (status = 404, description = "`not-found`: none is played.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(State(gateway): State<Gateway>, _: Tester) -> Result<Json<FaultScriptResponse>, Refusal> {
    let played = gateway.shared.faults.played();
    let played = played.ok_or_else(|| Refusal::new(ProblemKind::NotFound, "No fault script is played."))?;
    Ok(Json(played.into()))
}

/// Plays a fault script from its start (sandbox only).
///
/// It takes the place of the script and of all faults that were ordered before. A gateway that starts again plays
/// none.
#[utoipa::path(
    put,
    path = "/v1/sandbox/fault-script",
    tag = "sandbox",
    request_body = FaultScript,
    security(("merchant" = [])),
    responses(
        (status = 200, description = "It is played.", body = FaultScriptResponse),
        (status = 404, description = "`not-found`: there is no such device.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn play(
    State(gateway): State<Gateway>,
    _: Tester,
    JsonBody(script): JsonBody<FaultScript, SCRIPT_BYTES_MAX>,
) -> Result<Json<FaultScriptResponse>, Refusal> {
    let shared = &gateway.shared;
    for (name, device) in script.devices.clone() {
        let known = shared.store.read(move |tables| tables.device(device)).await?;
        known.ok_or_else(|| {
            Refusal::new(ProblemKind::NotFound, "There is no such device here.").in_field(format!("devices.{name}"))
        })?;
    }
    let steps = script.steps.len();
    let played = shared.faults.play(script);
    let played =
        played.map_err(|error| Refusal::new(ProblemKind::InvalidRequest, error.reason).in_field(error.field))?;
    tracing::info!(steps, "a fault script is played");
    Ok(Json(played.into()))
}

/// Ends the fault script and lifts every fault (sandbox only).
#[utoipa::path(
    delete,
    path = "/v1/sandbox/fault-script",
    tag = "sandbox",
    security(("merchant" = [])),
    responses((status = 204, description = "None is played, now or before."))
)]
pub(super) async fn end(State(gateway): State<Gateway>, _: Tester) -> StatusCode {
    gateway.shared.faults.end_script();
    tracing::info!("no fault script is played");
    StatusCode::NO_CONTENT
}

/// Begins to write down which faults are ordered (sandbox only).
///
/// What is ordered by then comes first. A recording that was begun before is gone.
#[utoipa::path(
    post,
    path = "/v1/sandbox/fault-script/recording",
    tag = "sandbox",
    security(("merchant" = [])),
    responses((status = 204, description = "Orders are written down from now on."))
)]
pub(super) async fn record(State(gateway): State<Gateway>, _: Tester) -> StatusCode {
    gateway.shared.faults.record();
    tracing::info!("orders of faults are written down");
    StatusCode::NO_CONTENT
}

/// The faults that were ordered since the recording was begun, as a script (sandbox only).
///
/// Devices are `device-1`, `device-2` and so on, in the order in which faults were ordered for them. Orders beyond the
/// 200th are not in it.
#[utoipa::path(
    get,
    path = "/v1/sandbox/fault-script/recording",
    tag = "sandbox",
    security(("merchant" = [])),
    responses(
        (status = 200, description = "The script so far; the recording goes on.", body = FaultScript),
        (status = 404, description = "`not-found`: no recording was begun.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn recording(State(gateway): State<Gateway>, _: Tester) -> Result<Json<FaultScript>, Refusal> {
    let recorded = gateway.shared.faults.recorded();
    let none = || Refusal::new(ProblemKind::NotFound, "No recording was begun: ask for one with POST.");
    recorded.map(Json).ok_or_else(none)
}
