use std::time::{Duration, Instant};

use axum::Json;
use axum::extract;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_protocol::{CreatorId, Currency, IdempotencyKey, Money, Problem, ProblemKind, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::{JsonBody, Named, QueryOf, limit};
use super::ledger::Merchant;
use super::refusal::Refusal;
use super::top_up::idempotency_key;
use crate::gateway::Gateway;
use crate::payout::{Concluding, Ordering, Request, conclude, credit_transfer, order, prepare};
use crate::store::{Payout, PayoutState, StoreError, Tables};

/// Payouts that are shown at once, or that one file for a bank has.
const PAYOUTS_MAX: u32 = 100;
/// How long a request may take up what a payout covers; what is left is taken up by the next.
const PREPARATION: Duration = Duration::from_secs(20);
const UNPREPARED: &str =
    "There is so much to be paid out that it takes several requests: ask again with this key. It goes on where it was.";
/// Bytes of why a payout failed.
const REASON_BYTES_MAX: usize = 200;

/// What is to be paid out.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PayoutRequest {
    /// The creator whose tips are paid out; without it what is payable to the merchant is.
    #[serde(default)]
    creator: Option<CreatorId>,
    /// In which currency.
    #[schema(value_type = String, example = "USD", pattern = r"^[A-Z]{3}$")]
    currency: Currency,
    /// How much, in whole minor units; without it as much as there is.
    #[serde(default)]
    #[schema(example = "12.50", pattern = r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    amount: Option<String>,
}

/// Why a payout came back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FailureRequest {
    /// What the bank said.
    #[schema(min_length = 1, max_length = 200, example = "AC04: the account is closed")]
    reason: String,
}

/// How far a payout is.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PayoutState)]
enum State {
    /// It is on its way to the merchant's bank.
    InTransit,
    /// It has arrived.
    Paid,
    /// It came back, and is payable again.
    Failed,
}

/// A payout.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PayoutResponse {
    /// Its name; without hyphens it is the `EndToEndId` of the bank's file.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// The creator whose tips it is of; missing where it is the merchant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<CreatorId>,
    /// How far it is.
    state: State,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// How much.
    amount: Money,
    /// What stayed payable.
    remaining: Money,
    /// When it was ordered.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// When it was said that it arrived or failed.
    #[schema(value_type = Option<String>, format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    concluded_at: Option<Timestamp>,
}

/// Payouts.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PayoutsResponse {
    /// The newest first.
    payouts: Vec<PayoutResponse>,
    /// Where there are more: the `before` that shows them.
    #[schema(value_type = Option<String>, format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

/// Which payouts are to be shown.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PayoutsQuery {
    /// Only payouts before this one.
    #[param(value_type = Option<String>, format = "uuid")]
    before: Option<Uuid>,
    /// At most so many, 20 where it is not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Which payouts a file is to have.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CreditTransferQuery {
    /// Their names, with commas in between; without it the newest that are in transit. At most 100.
    payouts: Option<String>,
}

impl From<Payout> for PayoutResponse {
    fn from(payout: Payout) -> Self {
        PayoutResponse {
            id: payout.id,
            creator: payout.creator,
            state: match payout.state {
                PayoutState::InTransit => State::InTransit,
                PayoutState::Paid => State::Paid,
                PayoutState::Failed(_) => State::Failed,
            },
            failure: payout.state.failure().map(str::to_owned),
            amount: payout.amount,
            remaining: payout.remaining,
            created_at: payout.created_at,
            concluded_at: payout.concluded_at,
        }
    }
}

/// Pays out what is payable to the merchant or to a creator, once for each idempotency key.
///
/// It is in transit until it is said that it was paid or has failed. A bank pays whole minor units: what is below one
/// stays payable.
#[utoipa::path(
    post,
    path = "/v1/payouts",
    tag = "merchant",
    request_body = PayoutRequest,
    security(("merchant" = [])),
    params(("Idempotency-Key" = IdempotencyKey, Header, description = "One for each payout that is wanted.")),
    responses(
        (status = 200, description = "It was ordered before, with this key.", body = PayoutResponse),
        (status = 201, description = "It is in transit.", body = PayoutResponse),
        (status = 409, description = "`idempotency-conflict`: the key was used with another body.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`payout-refused`: so much is not payable, or a bank can't pay it.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: very much is to be paid out, and not all of it is taken up yet; ask again with this key.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    headers: HeaderMap,
    JsonBody(PayoutRequest { creator, currency, amount }): JsonBody<PayoutRequest>,
) -> Result<(StatusCode, Json<PayoutResponse>), Refusal> {
    let shared = &gateway.shared;
    let key = idempotency_key(&headers)?;
    let amount = amount.map(|amount| Money::parse(&amount, currency)).transpose();
    let invalid = |detail: String| Refusal::new(ProblemKind::InvalidRequest, detail).in_field("amount");
    let amount = amount.map_err(|error| invalid(error.to_string()))?;
    let request = Request { merchant: shared.catalogs.merchant(), creator, key, currency, amount };
    prepared(&gateway, &request).await?;
    let now = shared.clock.now();
    match shared.store.write(move |tables: &dyn Tables| order(tables, &request, now)).await? {
        Ordering::Payout(payout) => Ok((StatusCode::CREATED, Json(payout.into()))),
        Ordering::Known(payout) => Ok((StatusCode::OK, Json(payout.into()))),
        Ordering::OtherRequest => {
            let detail = "This key was used for another amount or currency: take a new key for a new payout.";
            Err(Refusal::new(ProblemKind::IdempotencyConflict, detail))
        }
        Ordering::Refused(reason) => Err(Refusal::new(ProblemKind::PayoutRefused, reason).in_field("amount")),
    }
}

/// Takes what a payout has to cover in as many transactions as that needs.
async fn prepared(gateway: &Gateway, request: &Request) -> Result<(), Refusal> {
    let (began, mut after) = (Instant::now(), None);
    loop {
        let request = request.clone();
        let prepare = move |tables: &dyn Tables| prepare(tables, &request, after);
        after = gateway.shared.store.write(prepare).await?;
        match after {
            None => return Ok(()),
            Some(_) if began.elapsed() < PREPARATION => {}
            Some(_) => return Err(Refusal::unavailable(UNPREPARED)),
        }
    }
}

/// Lists the payouts.
#[utoipa::path(
    get,
    path = "/v1/payouts",
    tag = "merchant",
    security(("merchant" = [])),
    params(PayoutsQuery),
    responses((status = 200, description = "A page of payouts.", body = PayoutsResponse))
)]
pub(super) async fn list(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    QueryOf(query): QueryOf<PayoutsQuery>,
) -> Result<Json<PayoutsResponse>, Refusal> {
    let limit = limit(query.limit, PAYOUTS_MAX)?;
    let merchant = gateway.shared.catalogs.merchant();
    // One more than is shown tells whether there are more.
    let read = move |tables: &dyn Tables| tables.payouts_before(&merchant, query.before, limit + 1);
    let mut payouts = gateway.shared.store.read(read).await?;
    let has_more = payouts.len() > limit as usize;
    payouts.truncate(limit as usize);
    let next = payouts.last().map(|payout| payout.id).filter(|_| has_more);
    Ok(Json(PayoutsResponse { payouts: payouts.into_iter().map(PayoutResponse::from).collect(), next }))
}

/// Shows a payout.
#[utoipa::path(
    get,
    path = "/v1/payouts/{payout}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("payout" = String, Path, format = "uuid", description = "The payout.")),
    responses(
        (status = 200, description = "The payout.", body = PayoutResponse),
        (status = 404, description = "`not-found`: there is no such payout.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    Named(payout): Named<Uuid>,
) -> Result<Json<PayoutResponse>, Refusal> {
    let found = gateway.shared.store.read(move |tables| tables.payout(payout)).await?;
    Ok(Json(found.ok_or_else(no_such_payout)?.into()))
}

/// Notes that a payout has arrived.
#[utoipa::path(
    post,
    path = "/v1/payouts/{payout}/paid",
    tag = "merchant",
    security(("merchant" = [])),
    params(("payout" = String, Path, format = "uuid", description = "The payout.")),
    responses(
        (status = 200, description = "The payout.", body = PayoutResponse),
        (status = 404, description = "`not-found`: there is no such payout.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`payout-concluded`: it has failed.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn paid(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    Named(payout): Named<Uuid>,
) -> Result<Json<PayoutResponse>, Refusal> {
    concluded(&gateway, payout, PayoutState::Paid).await
}

/// Notes that a payout came back: it is payable again.
#[utoipa::path(
    post,
    path = "/v1/payouts/{payout}/failed",
    tag = "merchant",
    request_body = FailureRequest,
    security(("merchant" = [])),
    params(("payout" = String, Path, format = "uuid", description = "The payout.")),
    responses(
        (status = 200, description = "The payout.", body = PayoutResponse),
        (status = 404, description = "`not-found`: there is no such payout.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`payout-concluded`: it was paid.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn failed(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    Named(payout): Named<Uuid>,
    JsonBody(FailureRequest { reason }): JsonBody<FailureRequest>,
) -> Result<Json<PayoutResponse>, Refusal> {
    if reason.trim().is_empty() || reason.len() > REASON_BYTES_MAX || reason.chars().any(char::is_control) {
        let detail = format!("`reason` must have 1 to {REASON_BYTES_MAX} bytes and no control characters.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("reason"));
    }
    concluded(&gateway, payout, PayoutState::Failed(reason)).await
}

async fn concluded(gateway: &Gateway, payout: Uuid, state: PayoutState) -> Result<Json<PayoutResponse>, Refusal> {
    let now = gateway.shared.clock.now();
    let write = move |tables: &dyn Tables| conclude(tables, payout, &state, now);
    match gateway.shared.store.write(write).await? {
        Concluding::Payout(payout) => Ok(Json(payout.into())),
        Concluding::Otherwise(payout) => Err(already(&payout)),
        Concluding::NoSuchPayout => Err(no_such_payout()),
    }
}

/// Writes payouts that are in transit as a file for the operator's bank (ISO 20022, `pain.001.001.09`).
///
/// The bank accounts are those of `[payouts]` in `gateway.toml`; those of creators are not known here, so their payouts
/// are in no file. A file of the same payouts has the same `MsgId`.
#[utoipa::path(
    get,
    path = "/v1/payouts/pain.001.xml",
    tag = "merchant",
    security(("merchant" = [])),
    params(CreditTransferQuery),
    responses(
        (status = 200, description = "The file.", body = String, content_type = "application/xml"),
        (status = 404, description = "`not-found`: there is no such payout, none in transit, or no bank account in `gateway.toml`.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`payout-concluded`: one of them is not in transit any more.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_credit_transfer(
    extract::State(gateway): extract::State<Gateway>,
    _merchant: Merchant,
    QueryOf(query): QueryOf<CreditTransferQuery>,
) -> Result<Response, Refusal> {
    let shared = &gateway.shared;
    let not_found = |detail: &str| Refusal::new(ProblemKind::NotFound, detail);
    let policy = shared.config.payouts.as_ref();
    let policy = policy.ok_or_else(|| not_found("There are no bank accounts: set [payouts] in gateway.toml."))?;
    let (named, merchant) = (query.payouts.as_deref().map(names).transpose()?, shared.catalogs.merchant());
    let read = move |tables: &dyn Tables| match &named {
        Some(names) => names.iter().map(|name| tables.payout(*name)).collect::<Result<Option<Vec<_>>, StoreError>>(),
        None => tables.payouts_in_transit(&merchant, PAYOUTS_MAX).map(Some),
    };
    let payouts = shared.store.read(read).await?.ok_or_else(no_such_payout)?;
    if let Some(concluded) = payouts.iter().find(|payout| payout.state != PayoutState::InTransit) {
        return Err(already(concluded));
    }
    if let Some(creator) = payouts.iter().find_map(|payout| payout.creator.as_ref()) {
        return Err(not_found(&format!("The bank account of {creator} is not known: pay the creator by other means.")));
    }
    if payouts.is_empty() {
        return Err(not_found("No payout is in transit."));
    }
    let xml = credit_transfer(policy, &payouts, shared.clock.now())?;
    Ok(file("application/xml", "pain.001.xml", xml))
}

/// The names of payouts, each once.
fn names(text: &str) -> Result<Vec<Uuid>, Refusal> {
    let names: Result<std::collections::BTreeSet<_>, _> = text.split(',').map(|name| name.trim().parse()).collect();
    let names = names.ok().filter(|names| names.len() <= PAYOUTS_MAX as usize);
    let detail = format!("`payouts` are at most {PAYOUTS_MAX} names with commas in between.");
    let invalid = || Refusal::new(ProblemKind::InvalidRequest, detail).in_field("payouts");
    Ok(names.ok_or_else(invalid)?.into_iter().collect())
}

pub(super) fn file(media_type: &'static str, name: &str, content: impl IntoResponse) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, disposition)], content).into_response()
}

pub(super) fn no_such_payout() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is no such payout.")
}

fn already(payout: &Payout) -> Refusal {
    let detail = format!("The payout {} is {} already.", payout.id, payout.state.name());
    Refusal::new(ProblemKind::PayoutConcluded, detail)
}
