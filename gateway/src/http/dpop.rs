//! Who asks: DPoP proofs (RFC 9449) and the access tokens that are bound to a device's key.
//!
//! The gateway goes by its own nonce (section 8) and not by a proof's `iat`, since devices'
//! clocks may be years off. A nonce is an HMAC of a window of time, so none is kept; the
//! current and the previous window are accepted. Each proof counts once: its `jti` is
//! remembered as long as its nonce is good.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderName, Uri};
use farthing_protocol::limits::DPOP_NONCE_LIFETIME;
use farthing_protocol::{AccessToken, AccountId, DeviceId, Digest, DpopProof, PublicKey, Timestamp, base64url};
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::authorization::credentials;
use super::limit::{count_address, count_device};
use super::refusal::{Challenge, Refusal};
use crate::gateway::{Gateway, Shared};
use crate::keys::KeysError;

pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Two windows are accepted at any time.
const WINDOW_MILLISECONDS: i64 = DPOP_NONCE_LIFETIME.as_millis() as i64 / 2;
/// Proofs remembered for one window, 16 bytes each: several thousand requests a second.
const PROOFS_MAX: usize = 1_000_000;
/// Bytes of a proof: one of ours has about 600.
const PROOF_BYTES_MAX: usize = 4 * 1024;

/// Makes nonces and remembers proofs.
pub(crate) struct ProofChecker {
    key: hmac::Key,
    seen: Mutex<BTreeMap<i64, HashSet<u128>>>,
}

impl ProofChecker {
    /// A checker with a key of its own: after a restart old nonces, and so old proofs, are refused.
    pub(crate) fn new() -> Result<Self, KeysError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| farthing_protocol::KeyError::CannotSign)?;
        Ok(ProofChecker { key, seen: Mutex::new(BTreeMap::new()) })
    }

    /// A checker for one of several gateways behind the same address: each takes the nonces of the others. A proof
    /// counts once at each of them.
    pub(crate) fn shared_by(secret: &SecretString) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let key = hmac::sign(&secret, b"farthing: nonces of DPoP proofs");
        ProofChecker { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), seen: Mutex::new(BTreeMap::new()) }
    }

    /// The nonce for the next proofs.
    pub(crate) fn nonce(&self, now: Timestamp) -> String {
        self.nonce_of(window(now))
    }

    fn nonce_of(&self, window: i64) -> String {
        let tag = hmac::sign(&self.key, &window.to_be_bytes());
        base64url(&tag.as_ref()[..16])
    }

    /// The window that a nonce is of, while it is good.
    fn window_of(&self, nonce: &str, now: Timestamp) -> Option<i64> {
        let current = window(now);
        [current, current - 1].into_iter().find(|window| self.nonce_of(*window) == nonce)
    }

    /// Remembers a proof.
    fn remember(&self, window_of_nonce: i64, jti: &str, key: &PublicKey, now: Timestamp) -> Memory {
        let name = Digest::of(&[key.point(), jti.as_bytes()].concat());
        let mut half = [0; 16];
        half.copy_from_slice(&name.as_bytes()[..16]);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let current = window(now);
        seen.retain(|window, _| *window >= current - 1);
        let proofs = seen.entry(window_of_nonce).or_default();
        if proofs.len() >= PROOFS_MAX {
            return Memory::Full;
        }
        if proofs.insert(u128::from_be_bytes(half)) { Memory::New } else { Memory::Known }
    }
}

/// What the memory of proofs says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    New,
    Known,
    /// There is no room to tell, for at most one window.
    Full,
}

fn window(now: Timestamp) -> i64 {
    now.as_millisecond().div_euclid(WINDOW_MILLISECONDS)
}

/// A request with a proof by some key, such as an enrolment.
pub(super) struct Proven {
    pub(super) key: PublicKey,
}

/// A request by an enrolled device. Whether that is active is for the operation to look up.
pub(super) struct Caller {
    pub(super) device: DeviceId,
    pub(super) account: AccountId,
    pub(super) key: PublicKey,
    /// Where this client reaches the gateway.
    pub(super) base: Url,
}

impl FromRequestParts<Gateway> for Proven {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        // Whoever can make a key can make a thousand: only the address stands for the caller here.
        count_address(&gateway.shared, parts)?;
        let checked = check(parts, &gateway.shared, None)?;
        checked.tell(&mut parts.extensions);
        Ok(Proven { key: checked.key })
    }
}

impl FromRequestParts<Gateway> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        let shared = &gateway.shared;
        let refused = |detail: &str| Refusal::unauthorised(Challenge::InvalidToken, detail);
        let token = credentials(&parts.headers, "DPoP")
            .ok_or_else(|| refused("Send `Authorization: DPoP` with a token from POST /v1/token."))?;
        let checked = check(parts, shared, Some(token))?;
        let claims = shared.signer.open::<AccessToken>(token);
        let claims = claims.map_err(|_| refused("The access token is not one of this gateway's."))?;
        if claims.exp <= shared.clock.now().as_second() {
            return Err(refused("The access token has expired: get the next from POST /v1/token."));
        }
        if claims.cnf.jkt != checked.key.thumbprint() {
            return Err(refused("The access token is bound to another key than the proof's."));
        }
        count_device(shared, claims.sub)?;
        checked.tell(&mut parts.extensions);
        Ok(Caller { device: claims.sub, account: claims.account, key: checked.key, base: checked.base })
    }
}

/// What the proof says of the body, for whoever reads the body.
#[derive(Clone, Copy)]
pub(super) struct ProvenContent(pub(super) Digest);

struct Checked {
    key: PublicKey,
    base: Url,
    content: Option<ProvenContent>,
}

impl Checked {
    /// Hands on what was proven of the body.
    fn tell(&self, extensions: &mut Extensions) {
        if let Some(content) = self.content {
            extensions.insert(content);
        }
    }
}

/// Checks the proof that comes with a request (RFC 9449, section 4.3).
fn check(parts: &Parts, shared: &Shared, token: Option<&str>) -> Result<Checked, Refusal> {
    let refused = |detail: &str| Refusal::unauthorised(Challenge::InvalidProof, detail);
    let mut proofs = parts.headers.get_all(DPOP).iter();
    let (Some(proof), None) = (proofs.next(), proofs.next()) else {
        return Err(refused("Send one `DPoP` header with a proof (RFC 9449)."));
    };
    let proof = proof.to_str().ok().filter(|proof| proof.len() <= PROOF_BYTES_MAX);
    let proof = proof.ok_or_else(|| refused("The proof can't be read."))?;
    let (proof, key) = DpopProof::verify(proof).map_err(|error| refused(&format!("The proof is wrong: {error}.")))?;
    if proof.htm != parts.method.as_str() {
        return Err(refused("The proof is for another method."));
    }
    let base = base_of(&proof.htu, parts, shared).ok_or_else(|| refused("The proof is for another address."))?;
    let now = shared.clock.now();
    let window = proof.nonce.as_deref().and_then(|nonce| shared.proofs.window_of(nonce, now));
    let window = window.ok_or_else(Refusal::nonce_required)?;
    if proof.ath != token.map(|token| Digest::of(token.as_bytes())) {
        return Err(refused("The proof is for another access token."));
    }
    match shared.proofs.remember(window, &proof.jti, &key, now) {
        Memory::New => Ok(Checked { key, base, content: proof.content.map(ProvenContent) }),
        Memory::Known => Err(refused("The proof was used before: make one for each request.")),
        Memory::Full => Err(Refusal::unavailable("There are too many requests just now.")),
    }
}

/// Where the client reaches the gateway, if the proof was made for this request: at the public
/// URL where the operator has named one, else at the host that the request itself names.
fn base_of(htu: &str, parts: &Parts, shared: &Shared) -> Option<Url> {
    let mut htu = Url::parse(htu).ok()?;
    htu.set_query(None);
    htu.set_fragment(None);
    let path = parts.uri.path();
    let mut base = match &shared.public_url {
        Some(public_url) => public_url.clone(),
        None => own_base(htu.scheme(), &parts.uri, parts)?,
    };
    let prefix = base.path().trim_end_matches('/').to_owned();
    base.set_path(&prefix);
    let mut expected = base.clone();
    expected.set_path(&format!("{prefix}{path}"));
    (htu == expected).then_some(base)
}

/// The scheme can't be known behind a proxy, so it is taken from the proof.
fn own_base(scheme: &str, uri: &Uri, parts: &Parts) -> Option<Url> {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(|authority| authority.as_str()).or(host)?;
    if !matches!(scheme, "http" | "https") {
        return None;
    }
    Url::parse(&format!("{scheme}://{authority}/")).ok()
}
