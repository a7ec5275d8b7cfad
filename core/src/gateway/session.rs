//! Requests that prove whose they are: DPoP (RFC 9449) by the device's key, with an access
//! token where there is a device already.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use farthing_protocol::api::{TokenRequest, TokenResponse};
use farthing_protocol::{DeviceId, Digest, DpopProof, EntryId, PROBLEM_MEDIA_TYPE, Problem, ProblemKind, PublicKey};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use url::Url;
use zeroize::Zeroizing;

use super::{GatewayError, Transport};
use crate::WalletError;
use crate::clock::Clock;
use crate::keys::{KeyStore, public_key};

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The wallet's side of the conversation.
pub(crate) struct Session {
    pub(crate) address: Url,
    transport: Arc<dyn Transport>,
    key_store: Arc<dyn KeyStore>,
    clock: Arc<dyn Clock>,
    public_key: OnceCell<PublicKey>,
    /// The gateway's latest nonce.
    nonce: Mutex<Option<String>>,
    /// The access token of a device.
    token: Mutex<Option<(DeviceId, String)>>,
}

/// A request, written down so that it can be sent again with a fresh proof.
pub(super) struct Outgoing {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Outgoing {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Outgoing { method: Method::GET, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Outgoing { method: Method::DELETE, ..Outgoing::get(path) }
    }

    pub(super) fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self, GatewayError> {
        let body = Zeroizing::new(serde_json::to_vec(body).map_err(WalletError::internal)?);
        let outgoing = Outgoing { method: Method::POST, body: Bytes::from_owner(body), ..Outgoing::get(path) };
        Ok(outgoing.header(CONTENT_TYPE, HeaderValue::from_static("application/json")))
    }

    pub(super) fn post_nothing(path: impl Into<String>) -> Self {
        Outgoing { method: Method::POST, ..Outgoing::get(path) }
    }

    /// What the proof says of the body, so that nothing on the way can change it.
    fn content(&self) -> Option<Digest> {
        let key = self.headers.get(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
        (!self.body.is_empty()).then(|| DpopProof::content_of(&self.body, key))
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl Session {
    pub(crate) fn new(
        address: Url,
        transport: Arc<dyn Transport>,
        key_store: Arc<dyn KeyStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (nonce, token) = (Mutex::new(None), Mutex::new(None));
        Session { address, transport, key_store, clock, public_key: OnceCell::new(), nonce, token }
    }

    /// Sends a request that needs no proof.
    pub(super) async fn open(&self, outgoing: &Outgoing) -> Result<http::Response<Bytes>, GatewayError> {
        let url = self.url(&outgoing.path)?;
        self.exchange(&url, outgoing, HeaderMap::new()).await
    }

    /// Sends a request with a proof by the device's key.
    pub(super) async fn proven(&self, outgoing: &Outgoing) -> Result<http::Response<Bytes>, GatewayError> {
        self.with_proof(outgoing, None).await
    }

    /// Sends a request as a device: with its access token and a proof. Gets a token first
    /// where there is none, or where the gateway no longer takes it.
    pub(super) async fn authorised(
        &self,
        device: DeviceId,
        outgoing: &Outgoing,
    ) -> Result<http::Response<Bytes>, GatewayError> {
        let known = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((_, token)) = known.filter(|(owner, _)| *owner == device) else {
            let token = self.new_token(device).await?;
            return self.with_proof(outgoing, Some(&token)).await;
        };
        match self.with_proof(outgoing, Some(&token)).await {
            Err(error) if error.is(ProblemKind::Unauthorised) => {
                let token = self.new_token(device).await.map_err(|error| GatewayError::Again(Box::new(error)))?;
                let again = self.with_proof(outgoing, Some(&token)).await;
                again.map_err(GatewayError::after_an_earlier_try)
            }
            done => done,
        }
    }

    async fn new_token(&self, device: DeviceId) -> Result<String, GatewayError> {
        let request = Outgoing::post("v1/token", &TokenRequest { device })?;
        let answer: TokenResponse = read(&self.proven(&request).await?)?;
        if !can_be_sent(&answer.access_token) {
            return Err(GatewayError::NotTrusted("its access token is none".into()));
        }
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some((device, answer.access_token.clone()));
        Ok(answer.access_token)
    }

    /// The device's signature under a message.
    pub(super) async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, GatewayError> {
        Ok(self.key_store.sign(message.to_vec()).await?)
    }

    /// The device's public key.
    pub(crate) async fn public_key(&self) -> Result<PublicKey, WalletError> {
        self.public_key.get_or_try_init(|| public_key(&*self.key_store)).await.copied()
    }

    /// The gateway's nonces expire; then it sends the next one, and the request is made again.
    async fn with_proof(
        &self,
        outgoing: &Outgoing,
        token: Option<&str>,
    ) -> Result<http::Response<Bytes>, GatewayError> {
        match self.with_one_proof(outgoing, token).await {
            Err(error) if error.is(ProblemKind::DpopNonceRequired) => {
                let again = self.with_one_proof(outgoing, token).await;
                again.map_err(GatewayError::after_an_earlier_try)
            }
            done => done,
        }
    }

    async fn with_one_proof(
        &self,
        outgoing: &Outgoing,
        token: Option<&str>,
    ) -> Result<http::Response<Bytes>, GatewayError> {
        let url = self.url(&outgoing.path)?;
        let mut place = url.clone();
        place.set_query(None);
        let proof = DpopProof {
            htm: outgoing.method.to_string(),
            htu: place.to_string(),
            iat: self.clock.wall().as_second(),
            jti: EntryId::generate().to_string(),
            ath: token.map(|token| Digest::of(token.as_bytes())),
            nonce: self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            content: outgoing.content(),
        };
        let unsigned = proof.unsigned(self.public_key().await?)?;
        let signature = self.sign(unsigned.signing_input()).await?;
        let mut headers = HeaderMap::new();
        headers.insert(DPOP, header_value(unsigned.with_signature(&signature))?);
        if let Some(token) = token {
            let mut authorisation = header_value(format!("DPoP {token}"))?;
            authorisation.set_sensitive(true);
            headers.insert(AUTHORIZATION, authorisation);
        }
        self.exchange(&url, outgoing, headers).await
    }

    async fn exchange(
        &self,
        url: &Url,
        outgoing: &Outgoing,
        headers: HeaderMap,
    ) -> Result<http::Response<Bytes>, GatewayError> {
        let mut request = http::Request::new(outgoing.body.clone());
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = url.as_str().parse().map_err(WalletError::internal)?;
        request.headers_mut().extend(outgoing.headers.clone());
        request.headers_mut().extend(headers);
        let response = self.transport.send(request).await?;
        if let Some(nonce) = response.headers().get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok()) {
            *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
        }
        if response.status().is_success() || response.status() == http::StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        Err(refusal(&response))
    }

    fn url(&self, path: &str) -> Result<Url, GatewayError> {
        let mut url = self.address.clone();
        url.path_segments_mut()
            .map_err(|()| WalletError::internal("the gateway's address takes no path"))?
            .pop_if_empty()
            .extend(path.split('/'));
        Ok(url)
    }
}

/// Whether a text can be an access token (RFC 6750, section 2.1). One that a fault on the way has changed and that still
/// can be is refused by the gateway, and the next is fetched.
fn can_be_sent(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// An answer of which only what is signed counts.
#[derive(Deserialize)]
pub(super) struct SignedAnswer {
    pub(super) statement: String,
}

/// Reads the JSON of an answer.
pub(super) fn read<T: DeserializeOwned>(response: &http::Response<Bytes>) -> Result<T, GatewayError> {
    serde_json::from_slice(response.body())
        .map_err(|error| GatewayError::NotTrusted(format!("it does not speak our language: {error}")))
}

fn refusal(response: &http::Response<Bytes>) -> GatewayError {
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content_type.starts_with(PROBLEM_MEDIA_TYPE)
        && let Ok(problem) = serde_json::from_slice::<Problem>(response.body())
    {
        return GatewayError::Problem { problem: Box::new(problem), retry_after };
    }
    GatewayError::Status { status: response.status().as_u16(), retry_after }
}

pub(super) fn header_value(text: String) -> Result<HeaderValue, GatewayError> {
    HeaderValue::try_from(text).map_err(|error| GatewayError::Wallet(WalletError::internal(error)))
}
