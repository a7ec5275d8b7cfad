//! What a request does, as spans: the request, its transactions, the processor's answers, webhooks.
//!
//! Spans are those of `tracing`. With the feature `opentelemetry` they go to a collector. Attributes are named by
//! OpenTelemetry's semantic conventions where there is a name, and have nothing of a player, a card or a key.

#[cfg(feature = "opentelemetry")]
mod export;

use axum::http::{HeaderMap, Method};
use tracing::field::Empty;
use tracing::{Span, debug_span, info_span};
use uuid::Uuid;

#[cfg(feature = "opentelemetry")]
pub use export::{Traces, TracesError};

/// How often a transaction was tried: more than once where it met others.
pub(crate) const TRIES: &str = "farthing.transaction.tries";
const STATUS_CODE: &str = "http.response.status_code";
const OUTCOME: &str = "otel.status_code";
const FAILED: &str = "ERROR";

/// A request. Where it comes with a `traceparent` (W3C Trace Context), it is part of that trace.
#[cfg(feature = "opentelemetry")]
pub(crate) fn request(name: &Uuid, method: &Method, path: &str, headers: &HeaderMap) -> Span {
    let span = info_span!(
        "request",
        request = %name,
        otel.name = format!("{method} {path}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = path,
        { STATUS_CODE } = Empty,
        { OUTCOME } = Empty,
    );
    export::follow(&span, headers);
    span
}

/// A request, for the log.
#[cfg(not(feature = "opentelemetry"))]
pub(crate) fn request(name: &Uuid, _: &Method, _: &str, _: &HeaderMap) -> Span {
    info_span!("request", request = %name, { STATUS_CODE } = Empty, { OUTCOME } = Empty)
}

/// A transaction of the database.
pub(crate) fn transaction(operation: &'static str, is_shared: bool) -> Span {
    let system = if is_shared { "postgresql" } else { "sqlite" };
    debug_span!(
        "transaction",
        otel.name = operation,
        otel.kind = "client",
        db.system.name = system,
        { TRIES } = Empty,
        { OUTCOME } = Empty,
    )
}

/// A question to a card processor.
pub(crate) fn processor(name: &'static str, operation: &'static str) -> Span {
    debug_span!(
        "processor",
        otel.kind = "client",
        farthing.processor = name,
        farthing.operation = operation,
        { OUTCOME } = Empty,
    )
}

/// A message to a back end. Its address may have a secret in it, so it is told by the endpoint's name.
pub(crate) fn webhook(endpoint: Uuid, message: &str) -> Span {
    debug_span!(
        "webhook",
        otel.kind = "client",
        farthing.webhook.endpoint = %endpoint,
        farthing.webhook.message = message,
        { STATUS_CODE } = Empty,
        { OUTCOME } = Empty,
    )
}

/// Notes the status of an answer; 0 where there was none.
pub(crate) fn answered(span: &Span, status: u16) {
    if cfg!(feature = "opentelemetry") {
        span.record(STATUS_CODE, status);
        if status == 0 || status >= 500 {
            span.record(OUTCOME, FAILED);
        }
    }
}

/// Notes on the current span whether what it is about failed.
pub(crate) async fn outcome<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let result = work.await;
    if result.is_err() {
        Span::current().record(OUTCOME, FAILED);
    }
    result
}
