use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::api::{Card, CardRequest, CardsResponse};
use farthing_protocol::{CardId, DeviceState, Problem, ProblemKind};

use super::body::{Named, SecretBody};
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::{Gateway, Shared};
use crate::store::{StoreError, StoredCard, Tables};
use crate::vault::check::check;

/// Cards of one account: more than anyone carries.
const CARDS_MAX: usize = 20;

/// Puts a card into the vault, and gives the token that stands for it.
///
/// The same card again gives the same token. The sandbox takes its documented test cards only.
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
    let shared = gateway.shared.clone();
    let now = shared.clock.now();
    check(&request, now).map_err(|fault| Refusal::new(ProblemKind::CardInvalid, fault.reason).in_field(fault.field))?;
    let new = shared.vault.tokenize(&request).map_err(StoreError::Vault)?;
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared.device(tables, caller.device)? else { return Ok(Err(Refusal::no_such_device())) };
        if device.state != DeviceState::Active {
            return Ok(Err(Refusal::may_not(&device.state)));
        }
        let known = tables.cards(device.account)?;
        if let Some(same) = same_card(&shared, &known, &new, &request)? {
            return Ok(Ok(same));
        }
        if known.len() >= CARDS_MAX {
            let detail = format!("An account has at most {CARDS_MAX} cards: remove one first.");
            return Ok(Err(Refusal::new(ProblemKind::CardInvalid, detail).in_field("number")));
        }
        tables.add_card(device.account, &new, now)?;
        Ok(Ok(new.card.clone()))
    };
    let card = gateway.shared.store.write(write).await??;
    Ok((StatusCode::CREATED, Json(card)))
}

/// The same card, where a request was repeated.
fn same_card(
    shared: &Shared,
    known: &[StoredCard],
    new: &StoredCard,
    request: &CardRequest,
) -> Result<Option<Card>, StoreError> {
    for stored in known {
        let looks_the_same = Card { id: new.card.id, ..stored.card.clone() } == new.card;
        if looks_the_same && shared.vault.open(stored)?.digits() == request.number {
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
    let stored = gateway.shared.store.read(move |tables| tables.cards(caller.account)).await?;
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
    let removed = gateway.shared.store.write(move |tables| tables.remove_card(caller.account, card)).await?;
    if removed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::new(ProblemKind::NotFound, "The account has no such card."))
    }
}
