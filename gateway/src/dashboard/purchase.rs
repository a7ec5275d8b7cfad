//! Purchases: the newest ones, and one with its receipt.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{EntryId, Receipt, Timestamp};
use serde::Deserialize;

use super::access::Visitor;
use super::address::{Asked, Named};
use super::format as show;
use super::page::{Failure, Page, ROWS_MAX, Section, render};
use super::refund::{Returned, fresh_key, returned};
use crate::gateway::Gateway;
use crate::store::{StoreError, Tables};

/// Where a page of a list begins: before the last row of the page that was shown.
#[derive(Deserialize)]
pub(super) struct Before {
    pub(super) before: Option<String>,
}

#[derive(Template)]
#[template(path = "purchases.html")]
struct PurchasesPage {
    page: Page,
    purchases: Vec<Receipt>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "purchase.html")]
struct PurchasePage {
    page: Page,
    receipt: Receipt,
    settled_at: Timestamp,
    returned: Returned,
    /// Names the refund that the form asks for.
    key: String,
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

pub(super) async fn list(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(Before { before }): Asked<Before>,
) -> Result<Response, Failure> {
    let page = Page::new(&gateway, visitor, Section::Purchases, "Purchases");
    let before = match before {
        None => EntryId::from_bytes([u8::MAX; 16]),
        Some(before) => before.parse().map_err(|_| Failure::not_found("page of purchases"))?,
    };
    let read = move |tables: &dyn Tables| recent(tables, before, ROWS_MAX);
    let purchases = gateway.shared.store.read(read).await?;
    let next = (purchases.len() == ROWS_MAX).then(|| purchases.last().map(|last| last.jti.to_string())).flatten();
    render(&PurchasesPage { page, purchases, next })
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(purchase): Named<EntryId>,
    Asked(Done { done }): Asked<Done>,
) -> Result<Response, Failure> {
    let read = move |tables: &dyn Tables| {
        let Some(payload) = tables.receipt_of(purchase)? else { return Ok(None) };
        let receipt = parse(&payload)?;
        Ok(Some((returned(tables, purchase, receipt.sub)?, receipt)))
    };
    let found = gateway.shared.store.read(read).await?;
    let (returned, receipt) = found.ok_or_else(|| Failure::not_found("purchase"))?;
    let settled_at = crate::clock::from_milliseconds(receipt.iat.saturating_mul(1_000));
    let page = Page::new(&gateway, visitor, Section::Purchases, "Purchase");
    let page = page.after(done.as_deref());
    render(&PurchasePage { page, receipt, settled_at, returned, key: fresh_key() })
}

/// Purchases before a name, the newest first. They are named by the device's time, so this is the order in which they
/// were made, also where they were settled later.
pub(super) fn recent(tables: &dyn Tables, before: EntryId, most: usize) -> Result<Vec<Receipt>, StoreError> {
    let payloads = tables.newest_purchases_before(before, u32::try_from(most).unwrap_or(u32::MAX))?;
    payloads.iter().map(|payload| parse(payload)).collect()
}

pub(super) fn parse(payload: &[u8]) -> Result<Receipt, StoreError> {
    serde_json::from_slice(payload).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))
}
