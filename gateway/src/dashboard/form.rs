//! A form that was sent. It may hold a password, so it is wiped after use.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::multipart;
use super::page::Failure;

/// Bytes of a form: some words.
pub(super) const FORM_BYTES_MAX: usize = 8 * 1_024;

/// The fields of a form.
#[derive(Clone, Default)]
pub(super) struct Form(Arc<Vec<(String, Zeroizing<String>)>>);

impl Form {
    /// Reads a form of at most `max` bytes.
    pub(super) async fn read(headers: &HeaderMap, body: Body, max: usize) -> Result<Self, Failure> {
        let bytes = crate::http::read_body(headers, body, max).await.map_err(|refusal| {
            let status = StatusCode::from_u16(refusal.problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            Failure::new(status, "The form can’t be read", refusal.problem.detail)
        })?;
        // What no field can hold, no database has to refuse.
        if bytes.windows(3).any(|three| three == b"%00") || bytes.contains(&0) {
            return Err(Failure::not_that("A field has a character that is none."));
        }
        if let Some(boundary) = multipart::boundary(headers) {
            let unreadable = || Failure::not_that("The form’s parts can’t be read. Nothing was changed.");
            return Ok(Form(Arc::new(multipart::fields(&bytes, &boundary).ok_or_else(unreadable)?)));
        }
        let fields = url::form_urlencoded::parse(&bytes);
        let fields = fields.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())));
        Ok(Form(Arc::new(fields.collect())))
    }

    /// A field, without the space around it; empty where it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.trim())
    }

    /// A field as it was typed, which nothing shows.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        let value = self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        SecretString::from(value.unwrap_or_default())
    }
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // The guard has read it.
        Ok(parts.extensions.get::<Form>().cloned().unwrap_or_default())
    }
}
