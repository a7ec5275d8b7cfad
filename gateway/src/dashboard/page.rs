//! What all pages share: the frame around them, and the page that says no.

use askama::Template;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use farthing_protocol::Timestamp;

use super::access::Visitor;
use super::role::Role;
use crate::gateway::Gateway;
use crate::http::Refusal;
use crate::store::StoreError;

/// Rows of a list; the next page has more.
pub(super) const ROWS_MAX: usize = 50;

/// A part of the dashboard, as the navigation has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Purchases,
    Devices,
    Support,
    Ledger,
    Economics,
    Webhooks,
    Faults,
    Audit,
    Administrators,
    /// None of them.
    Elsewhere,
}

impl Section {
    const SHOWN: [(Section, &'static str, &'static str); 10] = [
        (Section::Overview, "/", "Overview"),
        (Section::Purchases, "/purchases", "Purchases"),
        (Section::Devices, "/devices", "Devices"),
        (Section::Support, "/support", "Support"),
        (Section::Ledger, "/ledger", "Ledger"),
        (Section::Economics, "/economics", "Economics"),
        (Section::Webhooks, "/webhooks", "Webhooks"),
        (Section::Faults, "/faults", "Faults"),
        (Section::Audit, "/audit", "Audit log"),
        (Section::Administrators, "/administrators", "Administrators"),
    ];
}

/// An entry of the navigation.
pub(super) struct Link {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

/// The frame around a page.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) visitor: Visitor,
    pub(super) links: Vec<Link>,
    pub(super) now: Timestamp,
    /// What was just done.
    pub(super) notice: Option<&'static str>,
    /// What is in the search box.
    pub(super) searched: String,
    /// Whether testers have ordered faults.
    pub(super) has_faults: bool,
}

impl Page {
    pub(super) fn new(gateway: &Gateway, visitor: Visitor, section: Section, title: impl Into<String>) -> Self {
        let has_sandbox = gateway.shared.merchant.are_for_tests();
        let is_shown = |section: Section| match section {
            Section::Faults => has_sandbox,
            Section::Support => visitor.is_support(),
            Section::Administrators => visitor.role >= Role::Admin,
            _ => true,
        };
        let shown = Section::SHOWN.into_iter().filter(|(section, ..)| is_shown(*section));
        Page {
            title: title.into(),
            links: shown.map(|(of, path, name)| Link { path, name, is_here: of == section }).collect(),
            now: gateway.shared.clock.unskewed(),
            notice: None,
            searched: String::new(),
            has_faults: !gateway.shared.faults.is_empty(),
            visitor,
        }
    }

    /// Says what was done, as the address names it.
    pub(super) fn after(mut self, done: Option<&str>) -> Self {
        self.notice = done.and_then(|done| {
            Some(match done {
                "unfrozen" => "The device is active again.",
                "revoked" => "The device is revoked, and what was reserved for it is the player’s again.",
                "refunded" => "It went back into the player’s balance; the wallet hears of it with its next sync.",
                "re-granted" => "What the bundle had and the books had not is settled.",
                "answered" => "It is answered.",
                "limited" => "The guardian’s limits are set; each device hears of it with its next sync.",
                "forgotten" => "The PIN is forgotten; the next one that is given is the guardian’s.",
                "erased" => "The account is erased: nobody can say any more whose it was.",
                "replayed" => "What was given up is sent again.",
                "ordered" => "The faults are ordered.",
                "lifted" => "The faults are lifted.",
                "added" => "The administrator may sign in now.",
                "changed" => "The administrator is changed, and has to sign in again.",
                "removed" => "The administrator is removed, and signed out.",
                _ => return None,
            })
        });
        self
    }
}

/// A template as an answer.
pub(super) fn render(template: &impl Template) -> Result<Response, Failure> {
    template.render().map(|page| Html(page).into_response()).map_err(|error| {
        tracing::error!(%error, "a page could not be made");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made", "Nothing was changed.")
    })
}

/// After a form: the page that shows what came of it (303, so that reloading it sends nothing twice).
pub(super) fn see(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// A page that says no.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    title: &'static str,
    detail: String,
    /// Seconds after which it may be asked again.
    retry_after: Option<u64>,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    title: &'a str,
    detail: &'a str,
    status: u16,
}

impl Failure {
    pub(super) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Failure { status, title, detail: detail.into(), retry_after: None }
    }

    pub(super) fn not_found(what: &str) -> Self {
        let detail =
            format!("There is no such {what} here. It may be another gateway’s, or its name may be cut short.");
        Failure::new(StatusCode::NOT_FOUND, "Nothing is here", detail)
    }

    pub(super) fn not_that(detail: impl Into<String>) -> Self {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "That can’t be done", detail)
    }

    pub(super) fn too_often(seconds: u64) -> Self {
        let detail = format!("Signing in failed too often. Try again in {seconds} seconds.");
        Failure {
            retry_after: Some(seconds),
            ..Failure::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", detail)
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        // What it says is the same for people and programs, and it is logged there.
        let problem = Refusal::from(error).problem;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = if status == StatusCode::SERVICE_UNAVAILABLE { "Not available now" } else { "The gateway failed" };
        Failure::new(status, title, problem.detail)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let page = FailurePage { title: self.title, detail: &self.detail, status: self.status.as_u16() };
        let text = page.render().unwrap_or_else(|_| self.title.to_owned());
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        let mut response = (self.status, [(CONTENT_TYPE, html)], text).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
