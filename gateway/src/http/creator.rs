use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::limits::{CREATOR_NAME_LENGTH_MAX, CREATORS_MAX};
use farthing_protocol::{CreatorId, Problem, ProblemKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::balance::{CurrencyBalance, balances_of};
use super::body::{JsonBody, Named, QueryOf, limit};
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::ledger::Payee;
use crate::store::{StoredCreator, Tables};

/// Creators that are shown at once.
const SHOWN_MAX: u32 = 100;

/// What players are told of a creator.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreatorRequest {
    /// The creator's name for players.
    #[schema(min_length = 1, max_length = 100, example = "Ana")]
    name: String,
}

/// A creator.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreatorResponse {
    /// What you call them.
    id: CreatorId,
    /// Their name for players.
    name: String,
    /// Whether they are listed for wallets.
    is_open: bool,
    /// Since when they are known.
    #[schema(value_type = String, format = "date-time")]
    registered_at: Timestamp,
}

/// A creator, and what they have earned.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreatorBalanceResponse {
    /// Who it is.
    creator: CreatorResponse,
    /// In each currency in which there ever was something.
    balances: Vec<CurrencyBalance>,
}

/// Creators.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreatorsResponse {
    /// Sorted by `id`.
    creators: Vec<CreatorResponse>,
    /// Where there are more: the `after` that shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<CreatorId>,
}

/// Which creators are to be shown.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CreatorsQuery {
    /// Only creators after this one.
    after: Option<CreatorId>,
    /// At most so many, 20 where it is not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

impl From<StoredCreator> for CreatorResponse {
    fn from(StoredCreator { id, name, is_open, registered_at }: StoredCreator) -> Self {
        CreatorResponse { id, name, is_open, registered_at }
    }
}

/// Registers a creator, so that players can tip them; or gives one another name, or lists one again.
///
/// Wallets know of it with their next sync.
#[utoipa::path(
    put,
    path = "/v1/creators/{creator}",
    tag = "merchant",
    request_body = CreatorRequest,
    security(("merchant" = [])),
    params(("creator" = CreatorId, Path, description = "What you call the creator.")),
    responses(
        (status = 200, description = "The creator was known before.", body = CreatorResponse),
        (status = 201, description = "The creator is known from now on.", body = CreatorResponse),
    )
)]
pub(super) async fn register(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(id): Named<CreatorId>,
    JsonBody(CreatorRequest { name }): JsonBody<CreatorRequest>,
) -> Result<(StatusCode, Json<CreatorResponse>), Refusal> {
    let shared = &gateway.shared;
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > CREATOR_NAME_LENGTH_MAX || name.chars().any(char::is_control) {
        let detail = format!("`name` must have 1 to {CREATOR_NAME_LENGTH_MAX} characters, and no control characters.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("name"));
    }
    let listed = shared.creators.listed(&shared.store).await?;
    if listed.len() >= CREATORS_MAX && listed.iter().all(|creator| creator.id != id) {
        let detail = format!("A wallet holds at most {CREATORS_MAX} creators: close one first.");
        return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("creator"));
    }
    let now = shared.clock.now();
    let write = move |tables: &dyn Tables| {
        let known = tables.creator(&id)?;
        let registered_at = known.as_ref().map_or(now, |known| known.registered_at);
        let creator = StoredCreator { id: id.clone(), name: name.clone(), is_open: true, registered_at };
        if known.as_ref() != Some(&creator) {
            tables.set_creator(&creator)?;
        }
        Ok((known.is_some(), creator))
    };
    let (was_known, creator) = shared.store.write(write).await?;
    shared.creators.change();
    let status = if was_known { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(creator.into())))
}

/// Closes a creator: they are not listed for wallets any more.
///
/// What they have earned stays theirs. Tips that wallets make by a list they still have are settled, too.
#[utoipa::path(
    delete,
    path = "/v1/creators/{creator}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("creator" = CreatorId, Path, description = "The creator.")),
    responses(
        (status = 200, description = "The creator, who is closed.", body = CreatorResponse),
        (status = 404, description = "`not-found`: there is no such creator.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn close(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(id): Named<CreatorId>,
) -> Result<Json<CreatorResponse>, Refusal> {
    let write = move |tables: &dyn Tables| {
        let Some(known) = tables.creator(&id)? else { return Ok(None) };
        let closed = StoredCreator { is_open: false, ..known };
        tables.set_creator(&closed)?;
        Ok(Some(closed))
    };
    let closed = gateway.shared.store.write(write).await?.ok_or_else(no_such_creator)?;
    gateway.shared.creators.change();
    Ok(Json(closed.into()))
}

/// Lists the creators, also those who are closed.
#[utoipa::path(
    get,
    path = "/v1/creators",
    tag = "merchant",
    security(("merchant" = [])),
    params(CreatorsQuery),
    responses((status = 200, description = "A page of creators.", body = CreatorsResponse))
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    QueryOf(CreatorsQuery { after, limit: asked }): QueryOf<CreatorsQuery>,
) -> Result<Json<CreatorsResponse>, Refusal> {
    let limit = limit(asked, SHOWN_MAX)?;
    let after = after.map_or_else(String::new, String::from);
    // One more than is shown tells whether there are more.
    let read = move |tables: &dyn Tables| tables.creators_after(&after, false, limit + 1);
    let mut creators = gateway.shared.store.read(read).await?;
    let has_more = creators.len() > limit as usize;
    creators.truncate(limit as usize);
    let next = creators.last().map(|last| last.id.clone()).filter(|_| has_more);
    Ok(Json(CreatorsResponse { creators: creators.into_iter().map(CreatorResponse::from).collect(), next }))
}

/// Shows a creator, what is payable to them, and what is on its way.
#[utoipa::path(
    get,
    path = "/v1/creators/{creator}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("creator" = CreatorId, Path, description = "The creator.")),
    responses(
        (status = 200, description = "The creator.", body = CreatorBalanceResponse),
        (status = 404, description = "`not-found`: there is no such creator.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(id): Named<CreatorId>,
) -> Result<Json<CreatorBalanceResponse>, Refusal> {
    let read = move |tables: &dyn Tables| {
        let Some(creator) = tables.creator(&id)? else { return Ok(None) };
        let balances = balances_of(tables, &Payee::Creator(id.clone()))?;
        Ok(Some(CreatorBalanceResponse { creator: creator.into(), balances }))
    };
    gateway.shared.store.read(read).await?.map(Json).ok_or_else(no_such_creator)
}

fn no_such_creator() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is no such creator.")
}
