use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::api::{Card, CardRequest, CardsResponse, PaymentMethodRequest};
use farthing_protocol::{CardId, DeviceState, Problem, ProblemKind};

use super::body::{JsonBody, Named, SecretBody};
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::{Gateway, Shared};
use crate::processor::stripe::NotKept;
use crate::store::{StoreError, StoredCard, Tables};
use crate::vault::check::check;
use crate::vault::{Instrument, Vault};

/// Cards of one account: more than anyone carries.
const CARDS_MAX: usize = 20;

/// Puts a card into the vault, and gives the token that stands for it.
///
/// The same card again gives the same token. The sandbox takes its documented test cards only. A gateway that charges
/// through Stripe takes no numbers: see `POST /v1/payment-methods`.
#[utoipa::path(
    post,
    path = "/v1/cards",
    tag = "cards",
    request_body = CardRequest,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 201, description = "The card's token.", body = Card),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`card-invalid`: `field` says which part is wrong.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add(
    State(gateway): State<Gateway>,
    caller: Caller,
    SecretBody(request): SecretBody<CardRequest>,
) -> Result<(StatusCode, Json<Card>), Refusal> {
    let shared = &gateway.shared;
    if shared.stripe.is_some() {
        let detail = "This gateway takes no card numbers: hand the card to Stripe, and its payment method to \
                      `POST /v1/payment-methods`.";
        return Err(Refusal::new(ProblemKind::CardInvalid, detail).in_field("number"));
    }
    check(&request, shared.clock.now())
        .map_err(|fault| Refusal::new(ProblemKind::CardInvalid, fault.reason).in_field(fault.field))?;
    let new = shared.vault.tokenize(&request)?;
    keep(&gateway, &caller, new, "number").await
}

/// Takes a card that Stripe keeps, and gives the token that stands for it.
///
/// The device has handed the card's number to Stripe with the publishable key, and has Stripe's name for it. The same
/// card again gives the same token.
#[utoipa::path(
    post,
    path = "/v1/payment-methods",
    tag = "cards",
    request_body = PaymentMethodRequest,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 201, description = "The card's token.", body = Card),
        (status = 403, description = "`device-frozen` or `device-revoked`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`card-invalid`: Stripe does not know it, or the card's bank refuses it; or this gateway is a sandbox, which takes test cards.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn add_payment_method(
    State(gateway): State<Gateway>,
    caller: Caller,
    JsonBody(request): JsonBody<PaymentMethodRequest>,
) -> Result<(StatusCode, Json<Card>), Refusal> {
    let invalid = |detail: &str| Refusal::new(ProblemKind::CardInvalid, detail).in_field(PAYMENT_METHOD);
    let Some(stripe) = &gateway.shared.stripe else {
        return Err(invalid("This gateway does not charge through Stripe: hand it a test card at `POST /v1/cards`."));
    };
    if !is_payment_method(&request.payment_method) {
        return Err(invalid("A payment method's name begins with `pm_` and has letters, digits and `_`."));
    }
    let (card, method) = match stripe.keep(caller.account, &request.payment_method).await {
        Ok(kept) => kept,
        Err(NotKept::Refused { field }) => {
            let field = field.map(|field| format!(" (`{field}`)")).unwrap_or_default();
            return Err(invalid(&format!("Stripe does not know this payment method, or the card is refused{field}.")));
        }
        Err(NotKept::Unknown) => return Err(Refusal::unavailable("Stripe could not be asked.")),
        Err(NotKept::Store(error)) => return Err(error.into()),
    };
    let new = gateway.shared.vault.keep(card, &method)?;
    keep(&gateway, &caller, new, PAYMENT_METHOD).await
}

const PAYMENT_METHOD: &str = "payment_method";
/// Bytes of a name of Stripe's: they advise to leave room for 255.
const NAME_BYTES_MAX: usize = 255;

/// Whether a text may be a payment method of Stripe's, and may go into a path.
fn is_payment_method(name: &str) -> bool {
    let rest = name.strip_prefix("pm_").unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !rest.is_empty() && name.len() <= NAME_BYTES_MAX && rest.bytes().all(plain)
}

/// Keeps a card, unless the account has it already.
async fn keep(
    gateway: &Gateway,
    caller: &Caller,
    new: StoredCard,
    field: &'static str,
) -> Result<(StatusCode, Json<Card>), Refusal> {
    let (shared, device, now) = (gateway.shared.clone(), caller.device, gateway.shared.clock.now());
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared.device(tables, device)? else { return Ok(Err(Refusal::no_such_device())) };
        if device.state != DeviceState::Active {
            return Ok(Err(Refusal::may_not(&device.state)));
        }
        let known = shared.persons.cards(tables, device.account)?;
        if let Some(same) = same_card(&shared, &known, &new)? {
            return Ok(Ok(same));
        }
        if known.len() >= CARDS_MAX {
            let detail = format!("An account has at most {CARDS_MAX} cards: remove one first.");
            return Ok(Err(Refusal::new(ProblemKind::CardInvalid, detail).in_field(field)));
        }
        Vault::require_in_use(tables, &new.sealed)?;
        shared.persons.add_card(tables, device.account, &new, now)?;
        Ok(Ok(new.card.clone()))
    };
    let card = gateway.shared.store.write(write).await??;
    Ok((StatusCode::CREATED, Json(card)))
}

/// The same card, where it was handed in before.
fn same_card(shared: &Shared, known: &[StoredCard], new: &StoredCard) -> Result<Option<Card>, StoreError> {
    let instrument = shared.vault.open(new)?;
    for stored in known {
        let looks_the_same = Card { id: new.card.id, ..stored.card.clone() } == new.card;
        if looks_the_same && shared.vault.open(stored)?.is_same_card(&instrument) {
            return Ok(Some(stored.card.clone()));
        }
    }
    Ok(None)
}

/// Lists the account's cards, the newest first.
#[utoipa::path(
    get,
    path = "/v1/cards",
    tag = "cards",
    security(("dpop" = [], "proof" = [])),
    responses((status = 200, description = "The cards.", body = CardsResponse))
)]
pub(super) async fn list(State(gateway): State<Gateway>, caller: Caller) -> Result<Json<CardsResponse>, Refusal> {
    let persons = gateway.shared.persons.clone();
    let stored = gateway.shared.store.read(move |tables| persons.cards(tables, caller.account)).await?;
    Ok(Json(CardsResponse { cards: stored.into_iter().map(|stored| stored.card).collect() }))
}

/// Removes a card: its number is erased from the vault.
#[utoipa::path(
    delete,
    path = "/v1/cards/{card}",
    tag = "cards",
    security(("dpop" = [], "proof" = [])),
    params(("card" = CardId, Path, description = "The card's token.")),
    responses(
        (status = 204, description = "The card is removed, now or before."),
        (status = 404, description = "`not-found`: the account has no such card.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(card): Named<CardId>,
) -> Result<StatusCode, Refusal> {
    let persons = gateway.shared.persons.clone();
    let write = move |tables: &dyn Tables| {
        let stored = persons.card(tables, caller.account, card)?;
        Ok((stored, tables.remove_card(caller.account, card)?))
    };
    let (stored, removed) = gateway.shared.store.write(write).await?;
    if !removed {
        return Err(Refusal::new(ProblemKind::NotFound, "The account has no such card."));
    }
    let instrument = stored.map(|stored| gateway.shared.vault.open(&stored)).transpose()?;
    if let (Some(stripe), Some(Instrument::PaymentMethod(method))) = (&gateway.shared.stripe, instrument) {
        stripe.forget(&method).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
