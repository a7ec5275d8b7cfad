//! The Play Developer API over HTTPS, version 3 (<https://developers.google.com/android-publisher>).

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use farthing_protocol::Timestamp;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::Serializer;

use super::service_account::ServiceAccount;
use crate::clock::Clock;
use crate::outgoing;

/// Where the API is.
pub(crate) const API: &str = "https://androidpublisher.googleapis.com";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Seconds before its end at which an access token is not used any more.
const RENEWED_BEFORE: i64 = 60;
/// What the token's address is asked for (RFC 7523, section 2.1).
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody knows: ask again.
    Unknown(String),
    /// Google says no, and will say no again.
    Refused(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unknown(reason) => f.write_str(reason),
            Failure::Refused(reason) => write!(f, "Google Play refused: {reason}"),
        }
    }
}

/// Asks Google as a service account.
pub(super) struct Client {
    api: Url,
    account: ServiceAccount,
    clock: Clock,
    http: OnceLock<Result<reqwest::Client, String>>,
    token: Mutex<Option<AccessToken>>,
}

struct AccessToken {
    text: SecretString,
    ends_at: Timestamp,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

/// An error of Google's APIs (<https://cloud.google.com/apis/design/errors>).
#[derive(Deserialize)]
struct ErrorAnswer {
    error: ApiError,
}

#[derive(Default, Deserialize)]
struct ApiError {
    #[serde(default)]
    message: String,
}

impl Client {
    pub(super) fn new(api: Url, account: ServiceAccount, clock: Clock) -> Self {
        Client { api, account, clock, http: OnceLock::new(), token: Mutex::new(None) }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Failure> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let body = self.ask(Method::GET, url).await?;
        serde_json::from_slice(&body).map_err(|error| Failure::Unknown(error.to_string()))
    }

    /// Asks for something to be done; the answer says nothing more.
    pub(super) async fn post(&self, path: &[&str]) -> Result<(), Failure> {
        self.ask(Method::POST, self.url(path)?).await.map(drop)
    }

    async fn ask(&self, method: Method, url: Url) -> Result<Vec<u8>, Failure> {
        let token = self.token().await?;
        let mut request = self.http()?.request(method.clone(), url).bearer_auth(token.expose_secret());
        if method == Method::POST {
            request = request.header(CONTENT_LENGTH, 0);
        }
        let (status, body) = send(request).await?;
        if status.is_success() {
            return Ok(body);
        }
        if status == StatusCode::UNAUTHORIZED {
            // Google may take it back before its end.
            *self.token.lock().await = None;
        }
        let ApiError { message } = serde_json::from_slice(&body).map(|ErrorAnswer { error }| error).unwrap_or_default();
        if may_be_done(status) {
            return Err(Failure::Unknown(format!("Google Play answered with status {}: {message}", status.as_u16())));
        }
        Err(Failure::Refused(message))
    }

    /// An access token; one is fetched where there is none that is still good.
    async fn token(&self) -> Result<SecretString, Failure> {
        let mut known = self.token.lock().await;
        let now = self.clock.unskewed();
        if let Some(token) = known.as_ref().filter(|token| token.ends_at > now) {
            return Ok(token.text.clone());
        }
        let assertion = self.account.assertion(now.as_second()).map_err(Failure::Unknown)?;
        let fields = [("grant_type", GRANT_TYPE), ("assertion", &assertion)];
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http()?.post(&self.account.token_uri).body(form);
        let (status, body) = send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded")).await?;
        if !status.is_success() {
            // The operator's to mend: until then what was sold waits.
            return Err(Failure::Unknown(format!("Google gave no access token (status {})", status.as_u16())));
        }
        let answer: TokenAnswer =
            serde_json::from_slice(&body).map_err(|_| Failure::Unknown("Google's access token is none".to_owned()))?;
        let seconds = answer.expires_in.saturating_sub(RENEWED_BEFORE).clamp(0, 86_400);
        let ends_at = now.checked_add(Duration::from_secs(seconds.unsigned_abs())).unwrap_or(now);
        let text = SecretString::from(answer.access_token);
        *known = Some(AccessToken { text: text.clone(), ends_at });
        Ok(text)
    }

    fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        let mut url = self.api.clone();
        let no_path = |()| Failure::Unknown("the API's address takes no path".to_owned());
        url.path_segments_mut().map_err(no_path)?.pop_if_empty().extend(path);
        Ok(url)
    }

    fn http(&self) -> Result<&reqwest::Client, Failure> {
        let client = self.http.get_or_init(|| outgoing::client(PATIENCE));
        client.as_ref().map_err(|reason| Failure::Unknown(reason.clone()))
    }
}

async fn send(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
    let answer = request.send().await.map_err(unknown)?;
    let status = answer.status();
    Ok((status, answer.bytes().await.map_err(unknown)?.to_vec()))
}

/// Whether asking again may bring another answer: the account's rights are wrong, there were too many questions, or
/// Google is in trouble.
fn may_be_done(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 403 | 408 | 409 | 429) || status.is_server_error()
}

fn unknown(error: reqwest::Error) -> Failure {
    let reason = if error.is_timeout() { "Google took too long" } else { "Google could not be reached" };
    tracing::debug!(error = %error.without_url(), reason);
    Failure::Unknown(reason.to_owned())
}
