use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::{Problem, ProblemKind, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::body::{JsonBody, Named};
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::store::{Endpoint, MessageState, StoreError, Tables};
use crate::vault::Vault;
use crate::webhook::courier::message_name;

/// Endpoints at most: each message is written once for each of them.
const ENDPOINTS_MAX: usize = 16;
/// Bytes of an address.
const URL_BYTES_MAX: usize = 2_000;
/// Messages that are shown.
const MESSAGES_MAX: u32 = 100;

/// Where messages are to go.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointRequest {
    /// HTTPS; with test keys HTTP, too.
    #[schema(example = "https://game.example/farthing", max_length = 2000)]
    url: String,
}

/// An endpoint.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EndpointResponse {
    /// Its name.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Where messages go.
    url: String,
    /// Since when.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

/// A new endpoint and its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NewEndpointResponse {
    #[serde(flatten)]
    endpoint: EndpointResponse,
    /// What signs its messages. It is shown this once.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// The endpoints.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EndpointsResponse {
    /// The oldest first.
    endpoints: Vec<EndpointResponse>,
}

/// A message.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct MessageResponse {
    /// Its `webhook-id`.
    id: String,
    /// When what it tells of happened.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// How far it is.
    state: MessageState,
    /// Times that it was sent.
    attempts: u32,
    /// When it is sent next, while it is pending.
    #[schema(value_type = Option<String>, format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
    /// What became of the last attempt, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What it says.
    #[schema(value_type = Object)]
    body: serde_json::Value,
}

/// Messages.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct MessagesResponse {
    /// The newest first, at most 100.
    messages: Vec<MessageResponse>,
}

/// Messages that are sent again.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ReplayResponse {
    /// How many.
    replayed: u64,
}

impl From<Endpoint> for EndpointResponse {
    fn from(Endpoint { id, url, created_at, .. }: Endpoint) -> Self {
        EndpointResponse { id, url, created_at }
    }
}

/// Has a back end told what happens from now on (Standard Webhooks).
///
/// The answer has the secret that its messages are signed with. It is shown this once.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    tag = "merchant",
    request_body = EndpointRequest,
    security(("merchant" = [])),
    responses((status = 201, description = "The endpoint and its secret.", body = NewEndpointResponse))
)]
pub(super) async fn add(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    JsonBody(request): JsonBody<EndpointRequest>,
) -> Result<(StatusCode, Json<NewEndpointResponse>), Refusal> {
    let shared = &gateway.shared;
    check(&request.url, shared.merchant.are_for_tests())
        .map_err(|detail| Refusal::new(ProblemKind::InvalidRequest, detail).in_field("url"))?;
    let (endpoint, secret) = shared.vault.new_webhook_endpoint(request.url, shared.clock.now())?;
    let new = endpoint.clone();
    let write = move |tables: &dyn Tables| {
        let has_room = tables.webhook_endpoints()?.len() < ENDPOINTS_MAX;
        if has_room {
            Vault::require_in_use(tables, &new.secret)?;
            tables.add_webhook_endpoint(&new)?;
        }
        Ok(has_room)
    };
    if !shared.store.write(write).await? {
        let detail = format!("There are at most {ENDPOINTS_MAX} endpoints: close one first.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail));
    }
    Ok((StatusCode::CREATED, Json(NewEndpointResponse { endpoint: endpoint.into(), secret })))
}

/// What is wrong with an address, if anything.
fn check(url: &str, is_for_tests: bool) -> Result<(), String> {
    let parsed = Url::parse(url).ok().filter(|_| url.len() <= URL_BYTES_MAX);
    let parsed = parsed.ok_or_else(|| format!("`url` must be an address of at most {URL_BYTES_MAX} bytes."))?;
    let is_http = parsed.scheme() == "https" || (is_for_tests && parsed.scheme() == "http");
    if !is_http || parsed.host().is_none() {
        return Err("`url` must be an https address; with test keys http will do.".into());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("`url` must not have a user or a password: messages are signed.".into());
    }
    Ok(())
}

/// Lists the endpoints.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    tag = "merchant",
    security(("merchant" = [])),
    responses((status = 200, description = "The endpoints that are open.", body = EndpointsResponse))
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
) -> Result<Json<EndpointsResponse>, Refusal> {
    let endpoints = gateway.shared.store.read(|tables| tables.webhook_endpoints()).await?;
    Ok(Json(EndpointsResponse { endpoints: endpoints.into_iter().map(EndpointResponse::from).collect() }))
}

/// Closes an endpoint: nothing more is sent to it.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{endpoint}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("endpoint" = String, Path, description = "The endpoint.")),
    responses(
        (status = 204, description = "It is closed."),
        (status = 404, description = "`not-found`: there is no such open endpoint.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn close(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(endpoint): Named<Uuid>,
) -> Result<StatusCode, Refusal> {
    let now = gateway.shared.clock.now();
    match gateway.shared.store.write(move |tables| tables.close_webhook_endpoint(endpoint, now)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_such_endpoint()),
    }
}

/// Shows the newest messages to an endpoint, and what became of them.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}/messages",
    tag = "merchant",
    security(("merchant" = [])),
    params(("endpoint" = String, Path, description = "The endpoint.")),
    responses(
        (status = 200, description = "The messages.", body = MessagesResponse),
        (status = 404, description = "`not-found`: there is no such open endpoint.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn messages(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(endpoint): Named<Uuid>,
) -> Result<Json<MessagesResponse>, Refusal> {
    let read = move |tables: &dyn Tables| {
        let is_there = tables.webhook_endpoints()?.iter().any(|known| known.id == endpoint);
        is_there.then(|| tables.webhook_messages(endpoint, MESSAGES_MAX)).transpose()
    };
    let messages = gateway.shared.store.read(read).await?.ok_or_else(no_such_endpoint)?;
    let shown = messages.into_iter().map(|message| {
        Ok(MessageResponse {
            id: message_name(message.id),
            created_at: message.created_at,
            state: message.state,
            attempts: message.attempts,
            next_at: (message.state == MessageState::Pending).then_some(message.next_at),
            problem: message.problem,
            body: serde_json::from_str(&message.body).map_err(|_| StoreError::Damaged("a message that is no JSON"))?,
        })
    });
    Ok(Json(MessagesResponse { messages: shown.collect::<Result<_, StoreError>>()? }))
}

/// Sends again what was given up, under the same names.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/replays",
    tag = "merchant",
    security(("merchant" = [])),
    params(("endpoint" = String, Path, description = "The endpoint.")),
    responses(
        (status = 200, description = "How many messages are sent again.", body = ReplayResponse),
        (status = 404, description = "`not-found`: there is no such open endpoint.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn replay(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(endpoint): Named<Uuid>,
) -> Result<Json<ReplayResponse>, Refusal> {
    let now = gateway.shared.clock.now();
    let write = move |tables: &dyn Tables| {
        let is_there = tables.webhook_endpoints()?.iter().any(|known| known.id == endpoint);
        is_there.then(|| tables.replay_webhook_messages(endpoint, now)).transpose()
    };
    let replayed = gateway.shared.store.write(write).await?.ok_or_else(no_such_endpoint)?;
    Ok(Json(ReplayResponse { replayed }))
}

fn no_such_endpoint() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is no such endpoint, or it was closed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_web_servers_only() {
        for good in ["https://game.example/farthing", "https://10.0.0.1:8443/?a=b"] {
            assert_eq!(check(good, false), Ok(()), "{good}");
        }
        assert_eq!(check("http://127.0.0.1:9000/", true), Ok(()));
        let long = format!("https://game.example/{}", "a".repeat(URL_BYTES_MAX));
        for bad in
            ["http://127.0.0.1:9000/", "ftp://game.example", "game.example", "", "https://u:p@game.example", &long]
        {
            assert!(check(bad, false).is_err(), "{bad}");
        }
    }
}
