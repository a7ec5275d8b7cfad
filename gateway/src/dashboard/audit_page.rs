//! The audit log as a page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::access::Visitor;
use super::address::Asked;
use super::format as show;
use super::page::{Failure, Page, ROWS_MAX, Section, render};
use crate::gateway::Gateway;
use crate::store::AuditEntry;

/// Where the shown entries begin.
#[derive(Deserialize)]
pub(super) struct View {
    before: Option<Uuid>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Page,
    entries: Vec<AuditEntry>,
    next: Option<Uuid>,
}

pub(super) async fn list(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(View { before }): Asked<View>,
) -> Result<Response, Failure> {
    let entries = gateway.shared.store.read(move |tables| tables.audit_log(before, ROWS_MAX as u32)).await?;
    let next = entries.last().filter(|_| entries.len() == ROWS_MAX).map(|last| last.id);
    render(&AuditPage { page: Page::new(&gateway, visitor, Section::Audit, "Audit log"), entries, next })
}
