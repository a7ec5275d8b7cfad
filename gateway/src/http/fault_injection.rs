//! Lets the faults that testers ordered happen to requests. It surrounds everything else, so that a
//! request that waits here holds nothing up.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use farthing_faults::{Fate, Resource};
use farthing_protocol::{AccessToken, DeviceId};
use futures_util::stream;

use super::authorization::credentials;
use super::refusal::Refusal;
use super::{document, health, metrics};
use crate::gateway::{Gateway, Shared};

/// Where no fault happens, so that nobody locks themselves out.
const SPARED: [&str; 4] = [health::PATH, health::READINESS_PATH, metrics::PATH, document::PATH];
/// Nor where testers give orders.
const ORDERS: &str = "/v1/sandbox/";

/// Lets a request meet its faults.
pub(super) async fn inject(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let shared = &gateway.shared;
    let path = request.uri().path();
    if shared.faults.is_empty() || SPARED.contains(&path) || path.starts_with(ORDERS) {
        return next.run(request).await;
    }
    let (device, resource) = (device_of(&request, shared), Resource::of_path(path));
    let tell = |fault: &str| {
        let device = device.map(|device| device.to_string());
        tracing::info!(fault, device = device.as_deref().unwrap_or("unknown"), ?resource, "a fault meets a request");
    };
    let arrival = shared.faults.arrive(device, resource);
    if let Some(latency) = arrival.latency {
        tell("latency");
        tokio::time::sleep(latency).await;
    }
    match arrival.fate {
        Fate::CarriedOut => {
            let answer = next.run(request).await;
            // A 401 asks for a new nonce or token: nothing was carried out yet.
            if answer.status() != StatusCode::UNAUTHORIZED && shared.faults.loses_answer(device, resource) {
                tell("lose_response");
                return no_answer();
            }
            answer
        }
        Fate::Dropped => {
            tell("drop");
            no_answer()
        }
        Fate::Failed { status } => {
            tell("error");
            let detail = "A tester ordered this answer; the request had no effect.";
            if status == 503 { Refusal::unavailable(detail) } else { Refusal::internal() }.into_response()
        }
    }
}

/// The device that the access token names. Its proof is left to the operation: a proof counts once.
fn device_of(request: &Request, shared: &Shared) -> Option<DeviceId> {
    let token = credentials(request.headers(), "DPoP")?;
    Some(shared.signer.open::<AccessToken>(token).ok()?.sub)
}

/// No answer. HTTP can't say that, so this is one whose body breaks off before its head is sent:
/// hyper then closes the connection (HTTP/2: resets the stream) and nothing arrives. Where there is
/// no connection, as in a test on the router, reading the body fails.
fn no_answer() -> Response {
    let broken = io::Error::new(io::ErrorKind::ConnectionAborted, "a fault ends this connection");
    let body = Body::from_stream(stream::iter([Err::<Bytes, _>(broken)]));
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}
