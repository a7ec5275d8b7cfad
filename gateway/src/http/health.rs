use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::refusal::Refusal;
use crate::gateway::Gateway;

/// Where it is told.
pub(super) const PATH: &str = "/healthz";
/// Where a balancer asks.
pub(super) const READINESS_PATH: &str = "/readyz";

/// How the gateway is.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// Always `ok`; a gateway that is not well answers with a problem.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Tells whether the gateway can write to its database.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    responses((status = 200, description = "It can.", body = Health))
)]
pub(super) async fn health(State(gateway): State<Gateway>) -> Result<Json<Health>, Refusal> {
    gateway.shared.store.write(|_| Ok(())).await?;
    Ok(Json(Health { status: "ok" }))
}

/// Tells whether requests should come to this gateway: it can write to its database, and is not about to stop.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses((status = 200, description = "They should.", body = Health))
)]
pub(super) async fn readiness(State(gateway): State<Gateway>) -> Result<Json<Health>, Refusal> {
    if gateway.shared.is_stopping.load(Ordering::Relaxed) {
        return Err(Refusal::unavailable("The gateway is about to stop."));
    }
    health(State(gateway)).await
}
