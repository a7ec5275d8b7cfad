//! Webhooks: where they go, what became of each, and sending again what was given up.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::access::Visitor;
use super::address::{Asked, Named};
use super::audit::{Action, Note};
use super::format as show;
use super::page::{Failure, Page, ROWS_MAX, Section, render, see};
use crate::gateway::Gateway;
use crate::store::{Endpoint, Message, MessageState, StoreError, Tables};
use crate::webhook::courier::message_name;

/// Where the shown messages begin, and what was just done.
#[derive(Deserialize)]
pub(super) struct View {
    state: Option<String>,
    before: Option<Uuid>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct EndpointsPage {
    page: Page,
    endpoints: Vec<Endpoint>,
    waiting: u64,
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct EndpointPage {
    page: Page,
    endpoint: Endpoint,
    messages: Vec<Message>,
    only_failed: bool,
    next: Option<Uuid>,
}

#[derive(Template)]
#[template(path = "webhook_message.html")]
struct MessagePage {
    page: Page,
    message: Message,
    /// As its receiver knows it.
    name: String,
    body: String,
}

pub(super) async fn list(State(gateway): State<Gateway>, visitor: Visitor) -> Result<Response, Failure> {
    let read = |tables: &dyn Tables| Ok((tables.webhook_endpoints()?, tables.pending_webhook_messages()?));
    let (endpoints, waiting) = gateway.shared.store.read(read).await?;
    let page = Page::new(&gateway, visitor, Section::Webhooks, "Webhooks");
    render(&EndpointsPage { page, endpoints, waiting })
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(endpoint): Named<Uuid>,
    Asked(View { state, before, done }): Asked<View>,
) -> Result<Response, Failure> {
    let only_failed = state.as_deref() == Some("failed");
    let read = move |tables: &dyn Tables| {
        let Some(known) = open(tables, endpoint)? else { return Ok(None) };
        let messages = tables.webhook_messages_before(endpoint, only_failed, before, ROWS_MAX as u32)?;
        Ok(Some((known, messages)))
    };
    let (endpoint, messages) = gateway.shared.store.read(read).await?.ok_or_else(no_such_endpoint)?;
    let next = messages.last().filter(|_| messages.len() == ROWS_MAX).map(|last| last.id);
    let page = Page::new(&gateway, visitor, Section::Webhooks, "Endpoint").after(done.as_deref());
    render(&EndpointPage { page, endpoint, messages, only_failed, next })
}

pub(super) async fn message(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(message): Named<Uuid>,
) -> Result<Response, Failure> {
    let message = gateway.shared.store.read(move |tables| tables.webhook_message(message)).await?;
    let message = message.ok_or_else(|| Failure::not_found("webhook message"))?;
    let body: serde_json::Value =
        serde_json::from_str(&message.body).map_err(|_| StoreError::Damaged("a message that is no JSON"))?;
    let page = Page::new(&gateway, visitor, Section::Webhooks, "Message");
    render(&MessagePage { page, name: message_name(message.id), message, body: format!("{body:#}") })
}

/// Sends again what was given up.
pub(super) async fn replay(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(endpoint): Named<Uuid>,
) -> Result<Response, Failure> {
    let (now, noted_at) = (gateway.shared.clock.now(), gateway.shared.clock.unskewed());
    let write = move |tables: &dyn Tables| {
        let Some(known) = open(tables, endpoint)? else { return Ok(None) };
        let replayed = tables.replay_webhook_messages(endpoint, now)?;
        let detail = Some(format!("{replayed} to {}", known.url));
        let (action, subject) = (Action::ReplayWebhooks, Some(endpoint.to_string()));
        Note { who: Some(&visitor.name), action, subject, detail }.done(tables, noted_at)?;
        Ok(Some(()))
    };
    gateway.shared.store.write(write).await?.ok_or_else(no_such_endpoint)?;
    Ok(see(&format!("/webhooks/{endpoint}?done=replayed")))
}

fn open(tables: &dyn Tables, endpoint: Uuid) -> Result<Option<Endpoint>, StoreError> {
    Ok(tables.webhook_endpoints()?.into_iter().find(|known| known.id == endpoint))
}

fn no_such_endpoint() -> Failure {
    Failure::not_found("open endpoint")
}

/// The type of a message's event.
fn event(message: &Message) -> String {
    let body: Option<serde_json::Value> = serde_json::from_str(&message.body).ok();
    body.and_then(|body| body["type"].as_str().map(str::to_owned)).unwrap_or_default()
}

/// How far a message is, and whether that is good or bad.
fn state(state: &MessageState) -> (&'static str, &'static str) {
    match state {
        MessageState::Pending => ("waits", "warning"),
        MessageState::Delivered => ("delivered", "good"),
        MessageState::Failed => ("given up", "danger"),
    }
}
