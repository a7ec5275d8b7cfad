//! The page that imitates a bank's 3-D Secure check. Its address is unguessable, and deciding
//! is all that it can do, once.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use farthing_protocol::{Money, Problem, ProblemKind, from_base64url};
use uuid::Uuid;

use super::body::read;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::processor::ChargeStatus;
use crate::processor::sandbox::decide;
use crate::store::{SandboxCharge, StoreError, Tab, Tables, TopUp};
use crate::tab::resolve as resolve_tab;
use crate::top_up::resolve;

/// Bytes of the form: one word.
const FORM_BYTES_MAX: usize = 1_024;

/// What the page's address names.
pub(super) struct Page([u8; 16]);

impl FromRequestParts<Gateway> for Page {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        let name = Path::<String>::from_request_parts(parts, gateway).await.ok();
        let name = name.and_then(|Path(name)| from_base64url(&name)).and_then(|name| name.try_into().ok());
        name.map(Page).ok_or_else(no_such_page)
    }
}

fn no_such_page() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is no such page: its address comes with a top-up that requires action.")
}

/// What the cardholder decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
enum Decision {
    Confirm,
    Decline,
}

/// The form of the page, for the document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the one word of the form is read by hand")]
pub(super) struct DecisionForm {
    decision: Decision,
}

/// Shows the page on which a cardholder confirms a charge.
#[utoipa::path(
    get,
    path = "/sandbox/authentication/{page}",
    tag = "sandbox",
    params(("page" = String, Path, description = "From the top-up's `url`.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(State(gateway): State<Gateway>, Page(page): Page) -> Result<Response, Refusal> {
    let read = move |tables: &dyn Tables| {
        let charge = tables.sandbox_charge_by_page(&page)?;
        charge.map(|charge| Ok((amount(tables, &charge)?, charge.status))).transpose()
    };
    let found: Option<(Money, ChargeStatus)> = gateway.shared.store.read(read).await?;
    let (amount, status) = found.ok_or_else(no_such_page)?;
    Ok(html(amount, &gateway.shared.catalogs.merchant(), &status))
}

/// Takes the cardholder's decision.
#[utoipa::path(
    post,
    path = "/sandbox/authentication/{page}",
    tag = "sandbox",
    params(("page" = String, Path, description = "From the top-up's `url`.")),
    request_body(content = DecisionForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What became of it; the first decision stays.", body = String, content_type = "text/html"),
        (status = 404, description = "`not-found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn answer(
    State(gateway): State<Gateway>,
    Page(page): Page,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let decision = decision(&headers, body).await?;
    let write = move |tables: &dyn Tables| {
        let Some(charge) = tables.sandbox_charge_by_page(&page)? else { return Ok(None) };
        let decided = decide(charge, decision == Decision::Confirm);
        tables.put_sandbox_charge(&decided)?;
        Ok(Some((amount(tables, &decided)?, paid(tables, &decided)?, decided.status)))
    };
    let (amount, paid, status) = gateway.shared.store.write(write).await?.ok_or_else(no_such_page)?;
    // As a processor's webhook would: the balance does not wait for the wallet to ask.
    match paid {
        Paid::TopUp(top_up) => drop(resolve(&gateway.shared, top_up).await?),
        Paid::Tab(tab) => drop(resolve_tab(&gateway.shared, tab).await?),
    }
    Ok(html(amount, &gateway.shared.catalogs.merchant(), &status))
}

async fn decision(headers: &HeaderMap, body: Body) -> Result<Decision, Refusal> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let detail = "Send the page's form: `Content-Type: application/x-www-form-urlencoded`.";
        return Err(Refusal::new(ProblemKind::UnsupportedMediaType, detail));
    }
    let form = read(headers, body, FORM_BYTES_MAX).await?;
    let decision = url::form_urlencoded::parse(&form).find(|(name, _)| name == "decision");
    match decision.as_ref().map(|(_, value)| value.as_ref()) {
        Some("confirm") => Ok(Decision::Confirm),
        Some("decline") => Ok(Decision::Decline),
        _ => {
            let detail = "`decision` is `confirm` or `decline`.";
            Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("decision"))
        }
    }
}

/// What a charge is for.
enum Paid {
    TopUp(TopUp),
    Tab(Tab),
}

fn paid(tables: &dyn Tables, charge: &SandboxCharge) -> Result<Paid, StoreError> {
    if let Some(top_up) = tables.top_up(charge.top_up)? {
        return Ok(Paid::TopUp(top_up));
    }
    let tab = tables.tab(Uuid::from_bytes(*charge.top_up.as_bytes()))?;
    tab.map(Paid::Tab).ok_or(StoreError::Damaged("a top-up is gone"))
}

fn amount(tables: &dyn Tables, charge: &SandboxCharge) -> Result<Money, StoreError> {
    Ok(match paid(tables, charge)? {
        Paid::TopUp(top_up) => top_up.amount,
        Paid::Tab(tab) => tab.limit,
    })
}

fn html(amount: Money, merchant: &str, status: &ChargeStatus) -> Response {
    let (title, text, form) = match status {
        ChargeStatus::RequiresAction { .. } => ("Confirm your payment", "Your bank asks whether this is you.", FORM),
        ChargeStatus::Succeeded { .. } | ChargeStatus::Processing => ("Confirmed", "You can go back to the app.", ""),
        ChargeStatus::Declined { .. } => ("Not charged", "Your card was not charged. You can go back to the app.", ""),
    };
    let page = include_str!("sandbox.html")
        .replace("{title}", title)
        .replace("{text}", text)
        .replace("{form}", form)
        .replace("{amount}", &escape(&amount.to_string()))
        .replace("{merchant}", &escape(merchant));
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let mut response = (StatusCode::OK, Html(page)).into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

const FORM: &str = r#"<form method="post">
      <button class="confirm" name="decision" value="confirm">Confirm</button>
      <button class="decline" name="decision" value="decline">Decline</button>
    </form>"#;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
