use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_protocol::limits::DOCUMENT_BYTES_MAX;
use farthing_protocol::{Problem, ProblemKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::body::{JsonBody, Named, QueryOf};
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::catalog::CatalogContent;
use crate::gateway::Gateway;
use crate::store::{Edition, Origin, Publishing, Tables, publish_upload};

/// Versions that are shown at once.
const VERSIONS_MAX: u32 = 100;

/// A version of the catalog.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EditionResponse {
    /// Its number.
    version: u64,
    /// Where it is from.
    origin: Origin,
    /// Since when it is for sale; not known of very old versions.
    #[schema(value_type = Option<String>, format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<Timestamp>,
}

/// A version of the catalog with what it has.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EditionContentResponse {
    #[serde(flatten)]
    edition: EditionResponse,
    /// What can be uploaded again.
    content: CatalogContent,
}

/// Versions of the catalog.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EditionsResponse {
    /// The newest first.
    catalogs: Vec<EditionResponse>,
    /// Where there are more: the `before` that shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Which versions are to be shown.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EditionsQuery {
    /// Only versions before this one.
    before: Option<u64>,
    /// At most so many, 20 where it is not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

impl From<Edition> for EditionResponse {
    fn from(Edition { version, origin, published_at, .. }: Edition) -> Self {
        EditionResponse { version, origin, published_at }
    }
}

/// Publishes a version of the catalog: it is for sale from now on.
///
/// What devices bought by an older version still settles at the older prices. The content of the latest version makes
/// no new one. Once a catalog was uploaded, `catalog.toml` is not published any more.
#[utoipa::path(
    post,
    path = "/v1/catalogs",
    tag = "merchant",
    request_body = CatalogContent,
    security(("merchant" = [])),
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this one was made from: nothing is published when another was meanwhile.")),
    responses(
        (status = 200, description = "It was the latest version before.", body = EditionResponse, headers(("ETag" = String, description = "Stands for this version."))),
        (status = 201, description = "It is the latest version now.", body = EditionResponse, headers(("ETag" = String, description = "Stands for this version."))),
        (status = 412, description = "`version-conflict`: another version was published meanwhile.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn publish(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    headers: HeaderMap,
    JsonBody(content): JsonBody<CatalogContent, DOCUMENT_BYTES_MAX>,
) -> Result<Response, Refusal> {
    let shared = &gateway.shared;
    let made_from = made_from(&headers)?;
    let invalid = |field: String, detail: String| Refusal::new(ProblemKind::InvalidRequest, detail).in_field(field);
    content.check().map_err(|wrong| invalid(wrong.field, wrong.reason))?;
    gateway.learn_catalogs().await?;
    let merchant = shared.catalogs.merchant();
    if content.merchant != merchant {
        let detail = format!("The merchant is `{merchant}`: what is owed to one name can't be paid out to another.");
        return Err(invalid("merchant".into(), detail));
    }
    let (new, now) = (content.clone(), shared.clock.now());
    let write = move |tables: &dyn Tables| publish_upload(tables, &new, made_from, now);
    let (status, edition) = match shared.store.write(write).await? {
        Publishing::Published(edition) => (StatusCode::CREATED, edition),
        Publishing::Unchanged(edition) => (StatusCode::OK, edition),
        Publishing::Superseded(latest) => {
            let detail = format!("The latest version is {latest}: get it, make the change again, and say so.");
            return Err(Refusal::new(ProblemKind::VersionConflict, detail).in_field("If-Match"));
        }
    };
    shared.catalogs.learn([(edition.version, content)].into());
    Ok((status, [(ETAG, etag(edition.version))], Json(EditionResponse::from(edition))).into_response())
}

/// Lists the versions of the catalog.
#[utoipa::path(
    get,
    path = "/v1/catalogs",
    tag = "merchant",
    security(("merchant" = [])),
    params(EditionsQuery),
    responses((status = 200, description = "The versions, the newest first.", body = EditionsResponse))
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    QueryOf(EditionsQuery { before, limit }): QueryOf<EditionsQuery>,
) -> Result<Json<EditionsResponse>, Refusal> {
    let limit = super::body::limit(limit, VERSIONS_MAX)?;
    let before = before.unwrap_or(u64::MAX).min(i64::MAX as u64);
    // One more than is shown tells whether there are more.
    let read = move |tables: &dyn Tables| tables.editions_before(before, limit + 1);
    let mut editions = gateway.shared.store.read(read).await?;
    let has_more = editions.len() > limit as usize;
    editions.truncate(limit as usize);
    let next = editions.last().map(|edition| edition.version).filter(|_| has_more);
    Ok(Json(EditionsResponse { catalogs: editions.into_iter().map(EditionResponse::from).collect(), next }))
}

/// Shows a version of the catalog.
#[utoipa::path(
    get,
    path = "/v1/catalogs/{version}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("version" = u64, Path, description = "The version.")),
    responses(
        (status = 200, description = "The version.", body = EditionContentResponse, headers(("ETag" = String, description = "Stands for this version."))),
        (status = 404, description = "`not-found`: there is no such version.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(version): Named<u64>,
) -> Result<Response, Refusal> {
    let not_found = || Refusal::new(ProblemKind::NotFound, "There is no such version.");
    let version = i64::try_from(version).map_err(|_| not_found())?.unsigned_abs();
    let found = gateway.shared.store.read(move |tables| tables.catalog(version)).await?;
    let (edition, content) = found.ok_or_else(not_found)?;
    let response = EditionContentResponse { edition: edition.into(), content };
    Ok(([(ETAG, etag(version))], Json(response)).into_response())
}

fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The version that `If-Match` names.
fn made_from(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    if value == "*" {
        return Ok(None);
    }
    let version = value.to_str().ok().and_then(|text| text.trim().trim_matches('"').parse().ok());
    version.map(Some).ok_or_else(|| {
        let detail = "Send as `If-Match` the `ETag` of one version, such as \"3\".";
        Refusal::new(ProblemKind::InvalidRequest, detail).in_field("If-Match")
    })
}
