//! One box that finds anything: by an identifier, the name of a webhook message, or a user's name.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{AccountId, DeviceId, EntryId, TopUpId};
use serde::Deserialize;
use uuid::Uuid;

use super::access::Visitor;
use super::address::Asked;
use super::page::{Failure, Page, Section, render, see};
use crate::gateway::Gateway;
use crate::privacy::Persons;
use crate::store::{StoreError, Tables};

/// Bytes of what is searched.
const QUERY_BYTES_MAX: usize = 256;

/// What is searched.
#[derive(Deserialize)]
pub(super) struct Searched {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    found: Vec<Found>,
}

/// Something that was found.
struct Found {
    what: &'static str,
    name: String,
    path: String,
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(Searched { q }): Asked<Searched>,
) -> Result<Response, Failure> {
    let wanted = q.trim().to_owned();
    let found = if wanted.is_empty() || wanted.len() > QUERY_BYTES_MAX || wanted.chars().any(char::is_control) {
        Vec::new()
    } else {
        let wanted = wanted.clone();
        let persons = gateway.shared.persons.clone();
        gateway.shared.store.read(move |tables| find(tables, &persons, &wanted)).await?
    };
    if let [only] = found.as_slice() {
        return Ok(see(&only.path));
    }
    let mut page = Page::new(&gateway, visitor, Section::Elsewhere, "Search");
    page.searched = wanted;
    render(&SearchPage { page, found })
}

/// Everything of that name. Each is looked up by a key.
fn find(tables: &dyn Tables, persons: &Persons, wanted: &str) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    let mut add = |what: &'static str, path: String| found.push(Found { what, name: wanted.to_owned(), path });
    if let Some(account) = persons.account_of(tables, wanted)? {
        add("User", format!("/accounts/{account}"));
    }
    // SQLite counts its transactions, PostgreSQL names them.
    if tables.posted_transaction(wanted)?.is_some() {
        add("Ledger transaction", format!("/ledger/transactions/{wanted}"));
    }
    let Ok(id) = Uuid::try_parse(wanted.strip_prefix("msg_").unwrap_or(wanted)) else { return Ok(found) };
    let bytes = *id.as_bytes();
    if tables.device(DeviceId::from_bytes(bytes))?.is_some() {
        add("Device", format!("/devices/{id}"));
    }
    if tables.account_record(AccountId::from_bytes(bytes))?.is_some() {
        add("Account", format!("/accounts/{id}"));
    }
    if tables.receipt_of(EntryId::from_bytes(bytes))?.is_some() {
        add("Purchase", format!("/purchases/{id}"));
    }
    if tables.top_up(TopUpId::from_bytes(bytes))?.is_some() {
        add("Top-up", format!("/top-ups/{id}"));
    }
    if tables.webhook_message(id)?.is_some() {
        add("Webhook message", format!("/webhooks/messages/{id}"));
    }
    if tables.webhook_endpoints()?.iter().any(|endpoint| endpoint.id == id) {
        add("Webhook endpoint", format!("/webhooks/{id}"));
    }
    Ok(found)
}
