//! A device without a wallet: it signs whatever it is told to, also what no wallet would.

use std::sync::Arc;

use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use farthing_protocol::api::*;
use farthing_protocol::{
    Allowance, BatchClaims, Currency, Digest, Document, DpopProof, EncodedEntry, Entry, EntryBody, EntryId,
    JOURNAL_VERSION, JournalPosition, KeySet, Money, PublicKey, PurchaseBody, SigningKey, Sku, Statement, Timestamp,
    TopUpId, Unsigned,
};
use http::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An answer and its body.
pub type Answer = Response<Bytes>;

/// Carries requests to the gateway with proofs by one key.
#[derive(Clone)]
pub struct Courier {
    transport: Arc<dyn Transport>,
    address: String,
    key: Arc<SigningKey>,
    nonce: Option<String>,
}

impl Courier {
    /// A courier with a new key.
    pub fn new(transport: Arc<dyn Transport>, address: &str) -> Self {
        Courier {
            transport,
            address: address.to_owned(),
            key: Arc::new(SigningKey::generate().unwrap().0),
            nonce: None,
        }
    }

    /// Writes a request down, its proof with it.
    pub fn request(&self, method: Method, path: &str, token: Option<&str>, body: Option<&Bytes>) -> Request<Bytes> {
        let url = format!("{}{path}", self.address);
        let proof = DpopProof {
            htm: method.to_string(),
            htu: url.clone(),
            iat: 0,
            jti: EntryId::generate().to_string(),
            ath: token.map(|token| Digest::of(token.as_bytes())),
            nonce: self.nonce.clone(),
            content: None,
        };
        let proof = proof.unsigned(self.key.public_key()).unwrap().sign(&self.key).unwrap();
        let mut request = Request::builder().method(method).uri(url).header("dpop", proof);
        if let Some(token) = token {
            request = request.header("authorization", format!("DPoP {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
            request = request.header("idempotency-key", TopUpId::generate().to_string());
        }
        request.body(body.cloned().unwrap_or_default()).unwrap()
    }

    /// Sends a request, once more where the proof lacked the gateway's nonce.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Bytes>,
    ) -> Result<Answer, TransportError> {
        let mut again = true;
        loop {
            let answer = self.transport.send(self.request(method.clone(), path, token, body)).await?;
            let nonce = answer.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok());
            let is_new = nonce.is_some() && nonce != self.nonce.as_deref();
            self.nonce = nonce.map(str::to_owned).or(self.nonce.take());
            if !(answer.status() == StatusCode::UNAUTHORIZED && is_new && std::mem::take(&mut again)) {
                return Ok(answer);
            }
        }
    }
}

/// Reads the JSON of an answer that says yes.
pub fn read<T: DeserializeOwned>(answer: &Answer) -> T {
    let text = || String::from_utf8_lossy(answer.body()).into_owned();
    assert!(answer.status().is_success(), "{} {}", answer.status(), text());
    serde_json::from_slice(answer.body()).unwrap()
}

/// Writes a body.
pub fn json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).unwrap().into()
}

/// A key, what was enrolled with it, and a way to the gateway.
pub struct RawDevice {
    /// Carries its requests.
    pub courier: Courier,
    /// The access token.
    pub token: Option<String>,
    /// What the gateway answered to the enrolment.
    pub enrolment: EnrolmentResponse,
    keys: KeySet,
    /// Where the journal ends.
    pub position: JournalPosition,
    /// The latest allowance.
    pub allowance: Option<Allowance>,
}

impl RawDevice {
    /// Enrols a new key.
    pub async fn enrol(transport: Arc<dyn Transport>, address: &str, publishable_key: &str) -> Self {
        let mut courier = Courier::new(transport, address);
        let request = EnrolmentRequest { publishable_key: publishable_key.to_owned(), token: None };
        let answer = courier.exchange(Method::POST, "/v1/enrolments", None, Some(&json(&request))).await.unwrap();
        let enrolment: EnrolmentResponse = read(&answer);
        let keys = KeySet::trust_on_first_use(&enrolment.key_set).unwrap();
        let position = keys.open::<Statement>(&enrolment.statement).unwrap().document.journal;
        let mut device = RawDevice { courier, token: None, enrolment, keys, position, allowance: None };
        device.renew_token().await;
        device
    }

    /// Asks for an access token.
    pub async fn renew_token(&mut self) {
        self.token = None;
        let request = TokenRequest { device: self.enrolment.device };
        let token: TokenResponse = read(&self.post("/v1/token", &request).await.unwrap());
        self.token = Some(token.access_token);
    }

    /// Charges a card and has the allowance made up.
    pub async fn fund(&mut self, number: &str, amount: Money) {
        let card = CardRequest { number: number.into(), expiry_month: 12, expiry_year: 2040, cvc: "123".into() };
        let card: Card = read(&self.post("/v1/cards", &card).await.unwrap());
        let top_up: TopUpResponse =
            read(&self.post("/v1/top-ups", &TopUpRequest { amount, card: card.id }).await.unwrap());
        assert_eq!(top_up.state, TopUpState::Succeeded);
        self.raise_allowance().await;
    }

    /// Has the allowance made up.
    pub async fn raise_allowance(&mut self) {
        let account: AccountResponse = read(&self.post("/v1/allowances", &AllowanceRequest::default()).await.unwrap());
        let allowances = account.allowances.iter().map(|token| self.open::<Allowance>(token));
        self.allowance = allowances.into_iter().find(|allowance| allowance.limit.currency() == Currency::USD);
    }

    /// Verifies a document of the gateway.
    pub fn open<D: Document>(&self, token: &str) -> D {
        self.keys.open::<D>(token).unwrap().document
    }

    /// The device's public key.
    pub fn public_key(&self) -> PublicKey {
        self.courier.key.public_key()
    }

    /// A purchase by the first catalog and the latest allowance.
    pub fn purchase(&self, sku: &str, price: Money, quantity: u32) -> PurchaseBody {
        PurchaseBody {
            sku: Sku::new(sku).unwrap(),
            quantity,
            unit_price: price,
            total: price.times(quantity).unwrap(),
            catalog: 1,
            allowance: self.allowance.as_ref().map_or(0, |allowance| allowance.version),
            operation: None,
            approval: None,
            pass: None,
            contents: Vec::new(),
            credits: None,
        }
    }

    /// Appends to the journal.
    pub fn append(&mut self, body: EntryBody, at: Timestamp) -> EncodedEntry {
        let entry = Entry {
            version: JOURNAL_VERSION,
            seq: self.position.seq + 1,
            previous: self.position.head,
            id: EntryId::generate(),
            at,
            body,
        };
        let entry = EncodedEntry::new(entry).unwrap();
        self.position = self.position.after(entry.hash());
        entry
    }

    /// Signs entries as a batch.
    pub fn batch(&self, entries: &[EncodedEntry]) -> BatchRequest {
        let (first, last) = (entries.first().unwrap(), entries.last().unwrap());
        let claims = BatchClaims {
            device: self.enrolment.device,
            epoch: self.enrolment.epoch,
            first_seq: first.entry().seq,
            last_seq: last.entry().seq,
            head: last.hash(),
        };
        let batch = Unsigned::new(&claims, self.courier.key.public_key().thumbprint())
            .unwrap()
            .sign(&self.courier.key)
            .unwrap();
        let entries = entries.iter().map(|entry| farthing_protocol::Bytes(entry.bytes().to_vec())).collect();
        BatchRequest { batch, entries }
    }

    /// A `GET` as this device.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn get(&mut self, path: &str) -> Result<Answer, TransportError> {
        self.exchange(Method::GET, path, None).await
    }

    /// A `POST` as this device.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn post(&mut self, path: &str, body: &impl Serialize) -> Result<Answer, TransportError> {
        self.post_bytes(path, &json(body)).await
    }

    /// A `POST` of exact bytes as this device.
    ///
    /// # Errors
    /// [`TransportError`].
    pub async fn post_bytes(&mut self, path: &str, body: &Bytes) -> Result<Answer, TransportError> {
        self.exchange(Method::POST, path, Some(body)).await
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Option<&Bytes>) -> Result<Answer, TransportError> {
        let token = self.token.clone();
        self.courier.exchange(method, path, token.as_deref(), body).await
    }
}
