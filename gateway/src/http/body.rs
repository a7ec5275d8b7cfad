//! Bodies of requests: read up to a limit, and refused with a problem when they are not what
//! the endpoint takes.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use farthing_protocol::limits::REQUEST_BYTES_MAX;
use farthing_protocol::{DpopProof, ProblemKind};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::dpop::ProvenContent;
use super::refusal::{Challenge, Refusal};
use super::top_up::IDEMPOTENCY_KEY;

/// A JSON body of at most `MAX` bytes.
pub(super) struct JsonBody<T, const MAX: usize = REQUEST_BYTES_MAX>(pub(super) T);

impl<S: Sync, T: DeserializeOwned, const MAX: usize> FromRequest<S> for JsonBody<T, MAX> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        let bytes = read(&parts.headers, body, MAX).await?;
        require_proven(&parts, &bytes)?;
        require_object(&bytes)?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let content = serde_path_to_error::deserialize(&mut json).map_err(|error| misplaced(&error))?;
        json.end().map_err(|error| malformed(&error, &error.to_string()))?;
        Ok(JsonBody(content))
    }
}

/// A JSON body whose content is never shown, not even in a refusal, and is wiped after use.
pub(super) struct SecretBody<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for SecretBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        let bytes = read(&parts.headers, body, REQUEST_BYTES_MAX).await?;
        require_proven(&parts, &bytes)?;
        require_object(&bytes)?;
        let place = |error: &serde_json::Error| {
            format!("It is not what this endpoint takes, at line {} column {}.", error.line(), error.column())
        };
        serde_json::from_slice(&bytes).map(SecretBody).map_err(|error| malformed(&error, &place(&error)))
    }
}

/// A body or an idempotency key that is not the one that the device signed for was changed on its way.
fn require_proven(parts: &Parts, body: &[u8]) -> Result<(), Refusal> {
    let key = parts.headers.get(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    match parts.extensions.get::<ProvenContent>() {
        Some(proven) if proven.0 != DpopProof::content_of(body, key) => {
            Err(Refusal::unauthorised(Challenge::InvalidProof, "The proof is for another body or `Idempotency-Key`."))
        }
        _ => Ok(()),
    }
}

/// serde would also take a struct's members as an array.
fn require_object(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        return Ok(());
    }
    Err(Refusal::new(ProblemKind::InvalidRequest, "The body must be a JSON object."))
}

/// Names the member that is wrong, such as `items[3].price`.
fn misplaced(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let refusal = malformed(error.inner(), &error.inner().to_string());
    let path = error.path().to_string();
    let missing = refusal.problem.field.clone();
    match (path.as_str(), missing) {
        (".", _) => refusal,
        (_, Some(missing)) => refusal.in_field(format!("{path}.{missing}")),
        (_, None) => refusal.in_field(path),
    }
}

fn malformed(error: &serde_json::Error, detail: &str) -> Refusal {
    let refusal = Refusal::new(ProblemKind::InvalidRequest, detail);
    // serde names a member that is missing; the name is one of our own.
    let missing = error.to_string();
    let missing = missing.strip_prefix("missing field `").and_then(|rest| rest.split('`').next().map(str::to_owned));
    match missing {
        Some(field) => refusal.in_field(field),
        None => refusal,
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Refusal::new(ProblemKind::UnsupportedMediaType, "Send `Content-Type: application/json`."))
}

/// Reads a body, up to `max` bytes.
pub(crate) async fn read(headers: &HeaderMap, body: Body, max: usize) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let too_large = || Refusal::new(ProblemKind::BodyTooLarge, format!("This endpoint takes at most {max} bytes."));
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if length.is_some_and(|length: usize| length > max) {
        return Err(too_large());
    }
    match axum::body::to_bytes(body, max).await {
        Ok(bytes) => Ok(Zeroizing::new(bytes.into())),
        Err(error) if is_length_limit(&error) => Err(too_large()),
        Err(_) => Err(Refusal::new(ProblemKind::InvalidRequest, "The body did not arrive whole.")),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    use std::error::Error;
    error.source().is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

/// An identifier in the path.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: std::str::FromStr> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        let name = text.and_then(|Path(text)| text.parse().ok()).map(Named);
        name.ok_or_else(|| Refusal::new(ProblemKind::InvalidRequest, "The name in the path is no identifier."))
    }
}

/// What is asked for in the query, which is refused with a problem when it is not what the endpoint takes.
pub(super) struct QueryOf<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(query)| QueryOf(query)).map_err(|error| {
            let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Refusal::new(ProblemKind::InvalidRequest, format!("The query is not right: {reason}."))
        })
    }
}

/// How many things are to be shown at once: 20, unless it is said.
pub(super) fn limit(asked: Option<u32>, most: u32) -> Result<u32, Refusal> {
    let limit = asked.unwrap_or(20);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Refusal::new(ProblemKind::InvalidRequest, format!("`limit` is from 1 to {most}.")).in_field("limit"))
}
