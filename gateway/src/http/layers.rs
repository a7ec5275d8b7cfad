//! What surrounds every request: a bound on how many there are and how long they take, a log
//! line without secrets, and headers.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use uuid::Uuid;

use super::dpop::{DPOP, DPOP_NONCE};
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::traces;

/// Requests that are worked on at once. With the largest bodies these are 256 MiB; the writer
/// has a full group long before.
pub(crate) const REQUESTS_MAX: usize = 256;
/// As long as a wallet waits for its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Names a request, in its answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Lets a request in, and sees its answer out.
pub(super) async fn guard(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let name = Uuid::new_v4();
    let (method, has_proof) = (request.method().clone(), request.headers().contains_key(DPOP));
    // The path's pattern: a path itself may hold the name of a payment page.
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", |path| path.as_str()).to_owned();
    let span = traces::request(&name, &method, &path, request.headers());
    let mut response = match gateway.shared.free.try_acquire() {
        Ok(_permit) => run(request, next).instrument(span.clone()).await,
        Err(_) => Refusal::unavailable("The gateway is busy.").into_response(),
    };
    let status = response.status();
    traces::answered(&span, status.as_u16());
    let challenge = response.headers().get(WWW_AUTHENTICATE).map(HeaderValue::as_bytes).unwrap_or_default();
    if has_proof || challenge.starts_with(b"DPoP") {
        let nonce = gateway.shared.proofs.nonce(gateway.shared.clock.now());
        if let Ok(nonce) = HeaderValue::try_from(nonce) {
            response.headers_mut().insert(DPOP_NONCE, nonce);
        }
    }
    let headers = response.headers_mut();
    if let Ok(name) = HeaderValue::try_from(name.to_string()) {
        headers.insert(REQUEST_ID, name);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let elapsed = began.elapsed();
    gateway.shared.metrics.answered(method.as_str(), &path, status.as_u16(), elapsed);
    span.in_scope(|| tracing::debug!(%method, path, status = status.as_u16(), ?elapsed, "answered"));
    response
}

async fn run(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::unavailable("The request took too long; it may have had its effect.").into_response(),
    }
}

/// A panic is a bug in one request; it must not take the connection's other requests down.
/// What it says stays here: it may hold anything.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request panicked");
    Refusal::internal().into_response()
}
