//! Stripe's API over HTTPS: forms in, JSON out (<https://docs.stripe.com/api>).

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::Serializer;

use super::object::ApiError;
use crate::outgoing;

/// Where Stripe's API is.
pub(crate) const API: &str = "https://api.stripe.com";
/// The version of the API that this code was written for (<https://docs.stripe.com/api/versioning>).
const VERSION: &str = "2024-06-20";
/// A charge asks the card's bank, which may take a while.
const PATIENCE: Duration = Duration::from_secs(25);

/// A request's fields.
pub(super) type Form<'a> = &'a [(&'a str, &'a str)];

/// Why there is no object.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody knows whether it was done: ask again.
    Unknown(String),
    /// It was not done, and will not be if it is asked for again.
    Refused(Box<ApiError>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unknown(reason) => f.write_str(reason),
            Failure::Refused(error) => write!(f, "Stripe refused: {error}"),
        }
    }
}

/// Asks Stripe as one of its accounts.
pub(super) struct Client {
    api: Url,
    secret: SecretString,
    http: OnceLock<Result<reqwest::Client, String>>,
}

#[derive(Deserialize)]
struct Refusal {
    error: ApiError,
}

impl Client {
    pub(super) fn new(api: Url, secret: SecretString) -> Self {
        Client { api, secret, http: OnceLock::new() }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: Form<'_>) -> Result<T, Failure> {
        let mut url = self.url(path)?;
        url.set_query((!query.is_empty()).then(|| form(query)).as_deref());
        self.ask(self.http()?.get(url)).await
    }

    /// Asks for something to be done, once for each idempotency key (<https://docs.stripe.com/api/idempotent_requests>).
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: Form<'_>,
        idempotency_key: &str,
    ) -> Result<T, Failure> {
        let request = self.http()?.post(self.url(path)?).body(form(fields));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.header("idempotency-key", idempotency_key)).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let request = request.bearer_auth(self.secret.expose_secret()).header("stripe-version", VERSION);
        let answer = request.send().await.map_err(unknown)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unknown)?;
        if status.is_success() {
            // Done, but in words that this version does not know.
            return serde_json::from_slice(&body).map_err(|error| Failure::Unknown(error.to_string()));
        }
        let error = serde_json::from_slice(&body).map(|Refusal { error }| error).unwrap_or_default();
        if may_be_done(status) {
            return Err(Failure::Unknown(format!("Stripe answered with status {}: {error}", status.as_u16())));
        }
        Err(Failure::Refused(Box::new(error)))
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        self.api.join(path).map_err(|error| Failure::Unknown(error.to_string()))
    }

    fn http(&self) -> Result<&reqwest::Client, Failure> {
        let client = self.http.get_or_init(|| outgoing::client(PATIENCE));
        client.as_ref().map_err(|reason| Failure::Unknown(reason.clone()))
    }
}

/// Whether asking again may bring another answer: the key is wrong or may not, another request with the same
/// idempotency key is under way, there were too many, or Stripe is in trouble.
fn may_be_done(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 403 | 409 | 429) || status.is_server_error()
}

fn form(fields: Form<'_>) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn unknown(error: reqwest::Error) -> Failure {
    let reason = if error.is_timeout() { "Stripe took too long" } else { "Stripe could not be reached" };
    tracing::debug!(error = %error.without_url(), reason);
    Failure::Unknown(reason.to_owned())
}
