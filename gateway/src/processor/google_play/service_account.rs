//! Who asks Google: a service account, by the key that Google has made for it
//! (<https://developers.google.com/identity/protocols/oauth2/service-account>).

use farthing_protocol::base64url;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

/// Seconds that an assertion is good for: Google takes at most an hour.
const ASSERTION_LASTS: i64 = 600;
/// What it may do: look at orders and consume them.
const SCOPE: &str = "https://www.googleapis.com/auth/androidpublisher";

/// A service account and its key.
pub(crate) struct ServiceAccount {
    email: String,
    key_id: String,
    key: RsaKeyPair,
    /// Where it gets access tokens.
    pub(super) token_uri: String,
}

/// The file as Google gives it; it has more members.
#[derive(Deserialize)]
struct File {
    client_email: String,
    private_key_id: String,
    private_key: String,
    token_uri: String,
}

impl ServiceAccount {
    /// Reads a key file of Google's.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        // What a parser says of it might quote the key.
        let file: File = serde_json::from_slice(json).map_err(|_| "it is not a service account's key as JSON")?;
        let File { client_email: email, private_key_id: key_id, private_key, token_uri } = file;
        let private_key = Zeroizing::new(private_key);
        let key = PrivatePkcs8KeyDer::from_pem_slice(private_key.as_bytes());
        let key = key.map_err(|_| "its `private_key` is not in PEM (PKCS #8)")?;
        let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|_| "its `private_key` is no RSA key")?;
        crate::config::check_api(&token_uri).map_err(|reason| format!("its `token_uri` {reason}"))?;
        Ok(ServiceAccount { email, key_id, key, token_uri })
    }

    /// What it shows for an access token: a JWT (RFC 7523).
    pub(super) fn assertion(&self, now: i64) -> Result<String, String> {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        let claims = json!({
            "iss": self.email, "scope": SCOPE, "aud": self.token_uri, "iat": now, "exp": now + ASSERTION_LASTS,
        });
        let signed = [header, claims].map(|part| base64url(part.to_string().as_bytes())).join(".");
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        let done = self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature);
        done.map_err(|_| "the service account's key can't sign")?;
        Ok(format!("{signed}.{}", base64url(&signature)))
    }
}
