use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use farthing_protocol::api::{TopUpRequest, TopUpResponse, TopUpState};
use farthing_protocol::{IdempotencyKey, Problem, ProblemKind, TopUpId, TopUpStatement};
use url::Url;

use super::body::{JsonBody, Named};
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::store::TopUp;
use crate::top_up::{Begun, Chargeable, State as Progress, begin, resolve};

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The name of what a client wants to be done once.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Refusal> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok());
    key.and_then(|text| IdempotencyKey::new(text).ok()).ok_or_else(|| {
        let detail = "Send an `Idempotency-Key` header of 1 to 64 visible ASCII characters.";
        Refusal::new(ProblemKind::InvalidRequest, detail).in_field("Idempotency-Key")
    })
}

/// Charges a card and raises the balance, once for each idempotency key.
///
/// The same key with the same body tells how far that top-up is. An amount of zero under a key that is not known yet is
/// refused (422), and withdraws the key: what comes later under it, such as a request that was lost on its way, charges
/// nothing (409).
#[utoipa::path(
    post,
    path = "/v1/top-ups",
    tag = "top-ups",
    request_body = TopUpRequest,
    security(("dpop" = [], "proof" = [])),
    params(("Idempotency-Key" = IdempotencyKey, Header, description = "One for each top-up that the user wants.")),
    responses(
        (status = 200, description = "The top-up and how far it is.", body = TopUpResponse),
        (status = 403, description = "`device-frozen`, `device-revoked`, `account-erased`, `age-restricted` or `guardian-required`.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency-conflict`: the key was used with another body, or was withdrawn.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`amount-invalid`, `card-invalid`, or `top-up-cap-reached`: `cap` says which cap, and how much still fits.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(gateway): State<Gateway>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(request): JsonBody<TopUpRequest>,
) -> Result<Json<TopUpResponse>, Refusal> {
    let key = idempotency_key(&headers)?;
    let top_up = match begin(&gateway.shared, caller.device, key, request).await? {
        Begun::TopUp(top_up) => top_up,
        Begun::OtherRequest => {
            let detail = "This key was used for another amount or card: take a new key for a new top-up.";
            return Err(Refusal::new(ProblemKind::IdempotencyConflict, detail));
        }
        Begun::Not(not) => return Err(not_chargeable(not)),
        Begun::NoSuchDevice => return Err(Refusal::no_such_device()),
    };
    answer(&gateway, top_up, &caller.base).await
}

/// Why a card can't be charged.
pub(super) fn not_chargeable(not: Chargeable) -> Refusal {
    let card_invalid = |detail: &str, field| Refusal::new(ProblemKind::CardInvalid, detail).in_field(field);
    match not {
        Chargeable::BadAmount(reason) => Refusal::new(ProblemKind::AmountInvalid, reason).in_field("amount"),
        Chargeable::NoSuchCard => card_invalid("The account has no such card.", "card"),
        Chargeable::CardExpired => card_invalid("The card has expired.", "expiry_year"),
        Chargeable::MayNot(state) => Refusal::may_not(&state),
        Chargeable::TooYoung => {
            Refusal::new(ProblemKind::AgeRestricted, "The user is too young for a card to be charged.")
        }
        Chargeable::NeedsGuardian => {
            let detail = "The user is so young that a guardian has to set a PIN before a card is charged.";
            Refusal::new(ProblemKind::GuardianRequired, detail)
        }
        Chargeable::CapReached(reached) => Refusal::cap_reached(reached),
        Chargeable::Yes => Refusal::internal(),
    }
}

/// Tells how far a top-up is; asks the processor where that is not known yet.
#[utoipa::path(
    get,
    path = "/v1/top-ups/{top_up}",
    tag = "top-ups",
    security(("dpop" = [], "proof" = [])),
    params(("top_up" = TopUpId, Path, description = "The top-up.")),
    responses(
        (status = 200, description = "The top-up and how far it is.", body = TopUpResponse),
        (status = 404, description = "`not-found`: the account has no such top-up.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(top_up): Named<TopUpId>,
) -> Result<Json<TopUpResponse>, Refusal> {
    let found = gateway.shared.store.read(move |tables| tables.top_up(top_up)).await?;
    let top_up = found
        .filter(|top_up| top_up.account == caller.account)
        .ok_or_else(|| Refusal::new(ProblemKind::NotFound, "The account has no such top-up."))?;
    answer(&gateway, top_up, &caller.base).await
}

/// A page of this gateway's, or the processor's own.
pub(super) fn page_address(base: &Url, page: &str) -> String {
    match Url::parse(page) {
        Ok(elsewhere) => elsewhere.into(),
        Err(_) => format!("{}/{page}", base.as_str().trim_end_matches('/')),
    }
}

async fn answer(gateway: &Gateway, top_up: TopUp, base: &Url) -> Result<Json<TopUpResponse>, Refusal> {
    let (top_up, page) = resolve(&gateway.shared, top_up).await?;
    let state = match (top_up.state, page) {
        (Progress::RequiresAction, Some(page)) => TopUpState::RequiresAction { url: page_address(base, &page) },
        (Progress::Created | Progress::Processing | Progress::RequiresAction, _) => TopUpState::Processing,
        (Progress::Succeeded, _) => TopUpState::Succeeded,
        (Progress::Failed(decline_code), _) => TopUpState::Failed { decline_code },
    };
    let TopUp { id, account, key: idempotency_key, amount, .. } = top_up;
    let signed = TopUpStatement { account, idempotency_key, amount, state: state.clone() };
    Ok(Json(TopUpResponse { id, amount, state, statement: gateway.shared.signer.sign(&signed)? }))
}
