use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use farthing_protocol::{AccountId, EntryId, Money, Problem, ProblemKind, RefundReceipt, TopUpId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::{JsonBody, Named};
use super::ledger::Merchant;
use super::refusal::Refusal;
use super::top_up::idempotency_key;
use crate::gateway::{Gateway, Shared};
use crate::keys::KeysError;
use crate::refund::{Begun, REASON_MAX, Wish, refund_purchase, refund_top_up, resolve};
use crate::store::{Refund, SignedRefund};

/// What is to go back: of a purchase into the player's balance, of a top-up to the card.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundRequest {
    /// A settled purchase; or else `top_up`.
    purchase: Option<EntryId>,
    /// A top-up that succeeded; or else `purchase`.
    top_up: Option<TopUpId>,
    /// How much; all that can go back where it is not said.
    amount: Option<Money>,
    /// Of a purchase: how many of the items the wallet takes back, as far as they are unused. Where it is not said, all
    /// of them once all of the price has gone back, and none before.
    quantity: Option<u32>,
    /// Why, for whoever reads it later; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

/// A refund and how far it is.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RefundResponse {
    /// Its name.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// The player's.
    account: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<EntryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_up: Option<TopUpId>,
    amount: Money,
    /// How many of the items are taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<u32>,
    /// The signed refund receipt of a purchase's refund: a JWT that `/.well-known/jwks.json` verifies.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    /// `pending` until the processor has sent it; `succeeded`; or `failed`, and it is in the balance again.
    #[schema(example = "succeeded")]
    state: &'static str,
    reason: String,
}

impl RefundResponse {
    fn of(shared: &Shared, refund: Refund) -> Result<Self, KeysError> {
        let (purchase, top_up, quantity) = (refund.purchase(), refund.top_up(), refund.quantity());
        let quantity = purchase.is_some().then_some(quantity);
        let receipt = refund.signed().map(|signed| sign(shared, signed)).transpose()?;
        let Refund { id, account, amount, state, reason, .. } = refund;
        Ok(RefundResponse { id, account, purchase, top_up, amount, quantity, receipt, state: state.name(), reason })
    }
}

fn sign(shared: &Shared, signed: &SignedRefund) -> Result<String, KeysError> {
    shared.signer.sign_payload::<RefundReceipt>(&signed.payload)
}

/// Gives money back, once for each idempotency key: the price of a purchase into the balance that paid it, or what is
/// unspent of a top-up to the card.
///
/// Of a purchase everyone returns their share. Of a top-up only what is available goes back, not what is reserved for a
/// device, and the processor keeps its fee.
#[utoipa::path(
    post,
    path = "/v1/refunds",
    tag = "merchant",
    request_body = RefundRequest,
    security(("merchant" = [])),
    params(("Idempotency-Key" = farthing_protocol::IdempotencyKey, Header, description = "One for each refund.")),
    responses(
        (status = 201, description = "The refund and how far it is.", body = RefundResponse),
        (status = 404, description = "`not-found`: there is no such settled purchase, or no such top-up that succeeded.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency-conflict`: the key was used for another refund.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`amount-invalid`: not so much can go back.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    headers: HeaderMap,
    JsonBody(request): JsonBody<RefundRequest>,
) -> Result<(StatusCode, Json<RefundResponse>), Refusal> {
    let key = idempotency_key(&headers)?;
    let RefundRequest { purchase, top_up, amount, quantity, reason } = request;
    if top_up.is_some() && quantity.is_some() {
        let detail = "Items are taken back of a purchase only.";
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("quantity"));
    }
    if reason.chars().count() > REASON_MAX {
        let detail = format!("A reason has at most {REASON_MAX} characters.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("reason"));
    }
    let shared = &gateway.shared;
    let begun = match (purchase, top_up) {
        (Some(of), None) => refund_purchase(shared, Wish { of, key, amount, reason }, quantity).await?,
        (None, Some(of)) => refund_top_up(shared, Wish { of, key, amount, reason }).await?,
        _ => {
            let detail = "Name either a `purchase` or a `top_up`.";
            return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("purchase"));
        }
    };
    match begun {
        Begun::Refund(refund) => {
            let refund = resolve(shared, *refund).await?;
            Ok((StatusCode::CREATED, Json(RefundResponse::of(shared, refund)?)))
        }
        Begun::NotThere => {
            let detail = "There is no such settled purchase, or no such top-up that succeeded.";
            Err(Refusal::new(ProblemKind::NotFound, detail))
        }
        Begun::OtherRequest => {
            let detail = "This key was used for another refund: take a new key for a new one.";
            Err(Refusal::new(ProblemKind::IdempotencyConflict, detail))
        }
        Begun::BadAmount(reason) => Err(Refusal::new(ProblemKind::AmountInvalid, reason).in_field("amount")),
        Begun::BadQuantity(reason) => Err(Refusal::new(ProblemKind::AmountInvalid, reason).in_field("quantity")),
    }
}

/// Tells how far a refund is; asks the processor where that is not known yet.
#[utoipa::path(
    get,
    path = "/v1/refunds/{refund}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("refund" = String, Path, format = "uuid", description = "The refund.")),
    responses(
        (status = 200, description = "The refund and how far it is.", body = RefundResponse),
        (status = 404, description = "`not-found`: there is no such refund.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(refund): Named<Uuid>,
) -> Result<Json<RefundResponse>, Refusal> {
    let found = gateway.shared.store.read(move |tables| tables.refund(refund)).await?;
    let found = found.ok_or_else(|| Refusal::new(ProblemKind::NotFound, "There is no such refund."))?;
    let refund = resolve(&gateway.shared, found).await?;
    Ok(Json(RefundResponse::of(&gateway.shared, refund)?))
}
