use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use farthing_protocol::api::{TabRequest, TabResponse, TabState, TopUpRequest};
use farthing_protocol::{IdempotencyKey, Problem, ProblemKind, TabId, TabStatement};
use url::Url;
use uuid::Uuid;

use super::body::{JsonBody, Named};
use super::dpop::Caller;
use super::refusal::Refusal;
use super::top_up::{idempotency_key, not_chargeable, page_address};
use crate::gateway::Gateway;
use crate::store::Tab;
use crate::tab::{Begun, State as Progress, begin, close as begin_to_close, conclude, resolve};

/// Opens a tab: the card authorises a limit, which can be spent at once; it is charged once, when the tab is closed.
///
/// The same key with the same body tells how far that tab is. An account has one tab in a currency, and none while
/// something is due of an earlier one; after that a smaller one, until a card is charged again. One that nobody closes is closed after six days, before the authorisation lapses.
#[utoipa::path(
    post,
    path = "/v1/tabs",
    tag = "tabs",
    request_body = TabRequest,
    security(("dpop" = [], "proof" = [])),
    params(("Idempotency-Key" = IdempotencyKey, Header, description = "One for each tab that the user wants.")),
    responses(
        (status = 200, description = "The tab and how far it is.", body = TabResponse),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency-conflict`: the key was used with another body; `tab-unpaid`: there is a tab in this currency that is to be closed or paid first.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`amount-invalid` or `card-invalid`; `top-up-cap-reached`: the card could not be charged for the last tab, and this one is larger than `cap` lets it be.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn open(
    State(gateway): State<Gateway>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(request): JsonBody<TabRequest>,
) -> Result<Json<TabResponse>, Refusal> {
    let key = idempotency_key(&headers)?;
    let request = TopUpRequest { amount: request.limit, card: request.card };
    match begin(&gateway.shared, caller.device, key, request).await? {
        Begun::Tab(tab) => answer(&gateway, tab, &caller.base).await,
        Begun::OtherRequest => {
            let detail = "This key was used for another limit or card: take a new key for a new tab.";
            Err(Refusal::new(ProblemKind::IdempotencyConflict, detail))
        }
        Begun::HasOne => {
            let detail = "There is a tab in this currency: close it first, or pay what is due of it.";
            Err(Refusal::new(ProblemKind::TabUnpaid, detail))
        }
        Begun::Not(not) => Err(not_chargeable(not)),
        Begun::NoSuchDevice => Err(Refusal::no_such_device()),
    }
}

/// Tells how far a tab is; asks the processor where that is not known yet.
#[utoipa::path(
    get,
    path = "/v1/tabs/{tab}",
    tag = "tabs",
    security(("dpop" = [], "proof" = [])),
    params(("tab" = String, Path, format = "uuid", description = "The tab.")),
    responses(
        (status = 200, description = "The tab and how far it is.", body = TabResponse),
        (status = 404, description = "`not-found`: the account has no such tab.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(tab): Named<Uuid>,
) -> Result<Json<TabResponse>, Refusal> {
    let tab = own(&gateway, &caller, tab).await?;
    answer(&gateway, tab, &caller.base).await
}

/// Closes a tab: what is unspent leaves the balance, and the card is charged the rest. Closed again, it says how far
/// that is.
///
/// What is reserved for a device counts as spent, and stays the player's. Where the card could not be charged, this pays
/// what is due out of the balance; where that is too low, the tab stays as it is.
#[utoipa::path(
    post,
    path = "/v1/tabs/{tab}/close",
    tag = "tabs",
    security(("dpop" = [], "proof" = [])),
    params(("tab" = String, Path, format = "uuid", description = "The tab.")),
    responses(
        (status = 200, description = "The tab and how far it is.", body = TabResponse),
        (status = 404, description = "`not-found`: the account has no such tab.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn close(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(tab): Named<Uuid>,
) -> Result<Json<TabResponse>, Refusal> {
    let tab = own(&gateway, &caller, tab).await?;
    let tab = begin_to_close(&gateway.shared, tab.id).await?.ok_or_else(no_such_tab)?;
    answer(&gateway, tab, &caller.base).await
}

async fn own(gateway: &Gateway, caller: &Caller, tab: Uuid) -> Result<Tab, Refusal> {
    let found = gateway.shared.store.read(move |tables| tables.tab(tab)).await?;
    found.filter(|tab| tab.account == caller.account).ok_or_else(no_such_tab)
}

fn no_such_tab() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "The account has no such tab.")
}

async fn answer(gateway: &Gateway, tab: Tab, base: &Url) -> Result<Json<TabResponse>, Refusal> {
    let (tab, page) = resolve(&gateway.shared, tab).await?;
    let tab = conclude(&gateway.shared, tab).await?;
    let state = match (tab.state, page) {
        (Progress::RequiresAction, Some(page)) => TabState::RequiresAction { url: page_address(base, &page) },
        (Progress::Created | Progress::Processing | Progress::RequiresAction, _) => TabState::Processing,
        (Progress::Open, _) => TabState::Open,
        (Progress::Closing { due }, _) => TabState::Closing { due },
        (Progress::Closed { charged }, _) => TabState::Closed { charged },
        (Progress::Failed { code: decline_code, due }, _) => TabState::Failed { decline_code, due },
    };
    let Tab { account, key: idempotency_key, limit, .. } = tab;
    let id = TabId::from_bytes(tab.id.into_bytes());
    let signed = TabStatement { account, idempotency_key, id, limit, state: state.clone() };
    Ok(Json(TabResponse { id, limit, state, statement: gateway.shared.signer.sign(&signed)? }))
}
