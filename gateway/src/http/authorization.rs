//! What a request's `Authorization` header holds (RFC 9110, section 11.6.2).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// The key or token of a request, where it comes by that scheme.
pub(super) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (named, credentials) = header.split_once(' ')?;
    named.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
}
