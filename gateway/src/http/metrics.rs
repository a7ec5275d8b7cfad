use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::gateway::Gateway;

/// Where they are.
pub(super) const PATH: &str = "/metrics";

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Tells what this gateway has counted since it started, for Prometheus (OpenMetrics).
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    security(("merchant" = [])),
    responses((status = 200, description = "The figures.", body = String, content_type = "application/openmetrics-text"))
)]
pub(super) async fn metrics(State(gateway): State<Gateway>, _merchant: Merchant) -> Result<impl IntoResponse, Refusal> {
    let pending = gateway.shared.store.read(|tables| tables.pending_webhook_messages()).await?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], gateway.shared.metrics.text(pending)))
}
