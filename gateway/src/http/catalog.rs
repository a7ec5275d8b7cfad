use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_protocol::api::CatalogResponse;

use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::Gateway;

/// Tells what is for sale, and who can be tipped.
///
/// The signed catalog is renewed each day, and when a creator comes or goes; `ETag` and `If-None-Match` save its transfer
/// until then.
#[utoipa::path(
    get,
    path = "/v1/catalog",
    tag = "catalog",
    security(("dpop" = [], "proof" = [])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the catalog that the client has.")),
    responses(
        (status = 200, description = "The signed catalog.", body = CatalogResponse, headers(("ETag" = String, description = "Stands for this catalog."))),
        (status = 304, description = "The client has this catalog.", headers(("ETag" = String, description = "Stands for this catalog."))),
    )
)]
pub(super) async fn catalog(
    State(gateway): State<Gateway>,
    _caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let shared = &gateway.shared;
    gateway.learn_catalogs().await?;
    let creators = shared.creators.listed(&shared.store).await?;
    let signed = shared.catalogs.signed(&shared.signer, &creators, shared.clock.now())?;
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let tag = [(ETAG, signed.etag.clone()), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if known.flat_map(|value| value.split(',')).any(|known| matches_tag(known, &signed.etag)) {
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok((tag, Json(CatalogResponse { catalog: signed.catalog.to_string() })).into_response())
}

/// Weak comparison (RFC 9110, section 13.1.2).
fn matches_tag(known: &str, etag: &str) -> bool {
    let known = known.trim();
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag
}
