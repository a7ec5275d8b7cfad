use std::sync::OnceLock;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::api::{ApprovalAnswer, ApprovalRecord, ApprovalRequest, ApprovalsResponse};
use farthing_protocol::limits::QUANTITY_MAX;
use farthing_protocol::{ApprovalId, CreatorId, DeviceState, Money, Pricing, Problem, ProblemKind};
use secrecy::SecretString;

use super::body::{JsonBody, Named, SecretBody};
use super::dpop::Caller;
use super::refusal::Refusal;
use super::spending_limit::{require_active, wrong_pin};
use crate::gateway::Gateway;
use crate::pricing;
use crate::spending::approval::{Wish, answer as write_answer, ask as write_request, shown};
use crate::spending::pin::{self, Presented};
use crate::store::Tables;

/// How long a device is to wait that has asked for too much.
const PAUSE: Duration = Duration::from_secs(60);

/// Lists what a guardian was asked for, the newest first.
#[utoipa::path(
    get,
    path = "/v1/approvals",
    tag = "limits",
    security(("dpop" = [], "proof" = [])),
    responses((status = 200, description = "At most a hundred.", body = ApprovalsResponse))
)]
pub(super) async fn list(State(gateway): State<Gateway>, caller: Caller) -> Result<Json<ApprovalsResponse>, Refusal> {
    let now = gateway.shared.clock.now();
    let read = move |tables: &dyn Tables| shown(tables, caller.account, now);
    Ok(Json(ApprovalsResponse { approvals: gateway.shared.store.read(read).await? }))
}

/// Asks a guardian for a purchase.
///
/// The same purchase asked for again is the same request, as long as it is open. Once it is approved, the device's next
/// allowance lets it through, once.
#[utoipa::path(
    post,
    path = "/v1/approvals",
    tag = "limits",
    request_body = ApprovalRequest,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 201, description = "The request.", body = ApprovalRecord),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: the catalog version has no such item, or there is no such creator.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`amount-invalid`: a tip can't be of that amount.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`: too many wait for an answer.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ask(
    State(gateway): State<Gateway>,
    caller: Caller,
    JsonBody(request): JsonBody<ApprovalRequest>,
) -> Result<(StatusCode, Json<ApprovalRecord>), Refusal> {
    let ApprovalRequest { sku, quantity, catalog, amount } = request;
    if !(1..=QUANTITY_MAX).contains(&quantity) {
        let detail = format!("`quantity` is from 1 to {QUANTITY_MAX}.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("quantity"));
    }
    let (shared, now) = (gateway.shared.clone(), gateway.shared.clock.now());
    let total = match (CreatorId::of_sku(&sku), amount) {
        (Some(creator), Some(amount)) => tip(&gateway, creator, quantity, amount).await?,
        (Some(_), None) | (None, Some(_)) => {
            let detail = "`amount` says how much a tip is to be, and that of anything else the catalog.";
            return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("amount"));
        }
        (None, None) => {
            gateway.learn_catalogs().await?;
            let shelves = gateway.shared.catalogs.shelves();
            let asking = shared.clone();
            let read = move |tables: &dyn Tables| match asking.device(tables, caller.device)? {
                Some(device) => pricing::of(tables, &asking, device.account),
                None => Ok(Pricing::default()),
            };
            let pricing = shared.store.read(read).await?;
            let price =
                shelves.get(&catalog).and_then(|shelf| shelf.item(&sku)).map(|item| item.price_for(&pricing, now));
            let total = price.and_then(|price| price.times(quantity).ok());
            total.ok_or_else(|| Refusal::new(ProblemKind::NotFound, "The catalog version has no such item."))?
        }
    };
    let (wish, answered) = (Wish { sku, quantity, total }, OnceLock::new());
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared.device(tables, caller.device)? else { return Ok(Err(Refusal::no_such_device())) };
        if device.state != DeviceState::Active {
            return Ok(Err(Refusal::may_not(&device.state)));
        }
        let Some(record) = write_request(tables, (device.account, device.id), &wish, now)? else {
            return Ok(Err(Refusal::too_many_requests(PAUSE)));
        };
        // A transaction that is run again answers as it did before.
        let answered = *answered.get_or_init(|| shared.faults.answer(device.id));
        Ok(Ok(match answered {
            Some(approve) => write_answer(tables, device.account, (record.id, approve), now)?.unwrap_or(record),
            None => record,
        }))
    };
    Ok((StatusCode::CREATED, Json(gateway.shared.store.write(write).await??)))
}

/// What a tip is to be, if there can be one like that.
async fn tip(gateway: &Gateway, creator: CreatorId, quantity: u32, amount: Money) -> Result<Money, Refusal> {
    let found = gateway.shared.store.read(move |tables| tables.creator(&creator)).await?;
    if !found.is_some_and(|creator| creator.is_open) {
        return Err(Refusal::new(ProblemKind::NotFound, "There is no such creator."));
    }
    if quantity != 1 || !amount.is_positive() || amount.currency().is_virtual() {
        let detail = "A tip is one, of an amount above zero in a currency of ISO 4217.";
        return Err(Refusal::new(ProblemKind::AmountInvalid, detail).in_field("amount"));
    }
    Ok(amount)
}

/// Answers a request with the guardian's PIN, on any device of the account.
///
/// The first answer stands; the body says how it stands then.
#[utoipa::path(
    post,
    path = "/v1/approvals/{approval}",
    tag = "limits",
    request_body = ApprovalAnswer,
    security(("dpop" = [], "proof" = [])),
    params(("approval" = String, Path, format = "uuid", description = "The request.")),
    responses(
        (status = 200, description = "How the request stands.", body = ApprovalRecord),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: the account has no such request.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`pin-invalid`: the PIN is not the guardian's.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`: the PIN was wrong too often.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn answer(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(id): Named<ApprovalId>,
    SecretBody(request): SecretBody<ApprovalAnswer>,
) -> Result<Json<ApprovalRecord>, Refusal> {
    let ApprovalAnswer { approve, pin } = request;
    require_active(&gateway, &caller).await?;
    let none = || Refusal::new(ProblemKind::NotFound, "The account has no such request.");
    let (account, shared) = (caller.account, &gateway.shared);
    let owner = shared.store.read(move |tables| Ok(tables.approval(id)?.map(|(owner, _)| owner))).await?;
    if owner != Some(account) {
        return Err(none());
    }
    match pin::present(shared, account, SecretString::from(pin)).await? {
        Presented::Right => {}
        Presented::Wrong | Presented::NoGuardian => return Err(wrong_pin()),
        Presented::Wait(wait) => return Err(Refusal::too_many_requests(wait)),
    }
    let now = shared.clock.now();
    let write = move |tables: &dyn Tables| write_answer(tables, account, (id, approve), now);
    shared.store.write(write).await?.map(Json).ok_or_else(none)
}
