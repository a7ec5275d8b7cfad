//! A device of the load: it speaks the protocol itself, so that batches and proofs can be
//! signed before the clock starts.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use farthing_protocol::api::{
    AccountResponse, AllowanceRequest, BatchRequest, BatchResponse, Card, CardRequest, CatalogResponse,
    EnrolmentRequest, EnrolmentResponse, TokenRequest, TokenResponse, TopUpRequest, TopUpResponse, TopUpState,
};
use farthing_protocol::{
    AccountId, Allowance, BatchClaims, Catalog, Currency, DeviceId, Digest, DpopProof, EncodedEntry, Entry, EntryBody,
    EntryId, JOURNAL_VERSION, JournalPosition, KeySet, Money, Outcome, PurchaseBody, Settlement, SigningKey, Sku,
    Statement, Timestamp, TopUpId, Unsigned,
};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::progress::Progress;
use crate::setup::{CARD, FUNDS, Gateway, ITEM};

/// Devices that send at the same time.
pub(crate) const DEVICES: usize = 16;
/// Purchases of one batch.
pub(crate) const BATCH: usize = 100;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to the gateway that proves whose it is (RFC 9449).
struct Session {
    client: Client,
    url: String,
    key: SigningKey,
    token: Option<String>,
    nonce: Option<String>,
}

/// An enrolled device with its own key, connection and funds.
pub(crate) struct Device {
    session: Session,
    id: DeviceId,
    keys: KeySet,
    /// What it buys, but for the sku always the same.
    purchase: PurchaseBody,
    position: JournalPosition,
}

/// A batch that is signed and ready to be sent, once.
pub(crate) struct PreparedBatch {
    client: Client,
    request: Request,
    head: Digest,
    size: usize,
}

/// What came back for a batch, to be checked when the clock has stopped.
pub(crate) struct BatchAnswer {
    status: StatusCode,
    body: Bytes,
    head: Digest,
    size: usize,
}

impl Device {
    /// Enrols the devices of the load.
    pub(crate) async fn enrol_many(gateway: &Gateway, count: usize) -> anyhow::Result<Vec<Device>> {
        // Any failure means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let progress = Progress::new("enrol the devices of the load", count);
        let mut devices = Vec::with_capacity(count);
        for _ in 0..count {
            devices.push(Device::enrol(gateway).await?);
            progress.advance(1);
        }
        Ok(devices)
    }

    async fn enrol(gateway: &Gateway) -> anyhow::Result<Device> {
        let client = Client::builder().http1_only().no_proxy().timeout(REQUEST_TIMEOUT).build()?;
        let (key, _) = SigningKey::generate()?;
        let mut session = Session { client, url: gateway.url.clone(), key, token: None, nonce: None };

        let request = EnrolmentRequest { publishable_key: gateway.publishable_key.clone(), token: None };
        let enrolled: EnrolmentResponse = session.post("/v1/enrolments", &request).await?;
        let keys = KeySet::trust_on_first_use(&enrolled.key_set)?;
        let statement = keys.open::<Statement>(&enrolled.statement)?.document;
        let token: TokenResponse = session.post("/v1/token", &TokenRequest { device: enrolled.device }).await?;
        session.token = Some(token.access_token);

        let allowance = session.fund(&keys).await?;
        let catalog: CatalogResponse = session.get("/v1/catalog").await?;
        let catalog = keys.open::<Catalog>(&catalog.catalog)?.document;
        let item = catalog.items.iter().find(|item| item.sku.as_str() == ITEM).context("the item is not for sale")?;
        let purchase = PurchaseBody {
            sku: Sku::new(ITEM)?,
            quantity: 1,
            unit_price: item.price,
            total: item.price,
            catalog: catalog.version,
            allowance: allowance.version,
            operation: None,
            approval: None,
            pass: None,
            contents: Vec::new(),
            credits: None,
        };
        Ok(Device { session, id: enrolled.device, keys, purchase, position: statement.journal })
    }

    /// Makes purchases and signs them, in batches that must be sent in this order. A proof is
    /// good for as long as the gateway's nonce, five minutes.
    pub(crate) async fn prepare(&mut self, batches: usize) -> anyhow::Result<Vec<PreparedBatch>> {
        self.prepare_of(batches, BATCH).await
    }

    /// The same with batches of another size.
    pub(crate) async fn prepare_of(&mut self, batches: usize, size: usize) -> anyhow::Result<Vec<PreparedBatch>> {
        // The answer to any request brings the latest nonce.
        let _: CatalogResponse = self.session.get("/v1/catalog").await?;
        (0..batches).map(|_| self.prepare_one(size)).collect()
    }

    /// Who pays for it.
    pub(crate) async fn account_id(&mut self) -> anyhow::Result<AccountId> {
        let statement = self.account().await?.statement;
        Ok(self.keys.open::<Statement>(&statement)?.document.account)
    }

    /// Reads how the account stands.
    pub(crate) async fn account(&mut self) -> anyhow::Result<AccountResponse> {
        self.session.get("/v1/account").await
    }

    fn prepare_one(&mut self, size: usize) -> anyhow::Result<PreparedBatch> {
        let first_seq = self.position.seq + 1;
        let mut entries = Vec::with_capacity(size);
        for _ in 0..size {
            let entry = EncodedEntry::new(Entry {
                version: JOURNAL_VERSION,
                seq: self.position.seq + 1,
                previous: self.position.head,
                id: EntryId::generate(),
                at: now_in_milliseconds()?,
                body: EntryBody::Purchase(self.purchase.clone()),
            })?;
            self.position = self.position.after(entry.hash());
            entries.push(farthing_protocol::Bytes(entry.bytes().to_vec()));
        }
        let claims = BatchClaims {
            device: self.id,
            epoch: self.position.epoch,
            first_seq,
            last_seq: self.position.seq,
            head: self.position.head,
        };
        let key = &self.session.key;
        let batch = Unsigned::new(&claims, key.public_key().thumbprint())?.sign(key)?;
        let body = serde_json::to_vec(&BatchRequest { batch, entries })?;
        let request = self.session.request(Method::POST, "/v1/journal", Some(body), None)?;
        Ok(PreparedBatch { client: self.session.client.clone(), request, head: self.position.head, size })
    }

    /// Checks that the gateway signed that each purchase of a batch is settled, with a receipt.
    pub(crate) fn check(&self, answer: &BatchAnswer) -> anyhow::Result<()> {
        let text = || String::from_utf8_lossy(&answer.body[..answer.body.len().min(1_000)]).into_owned();
        ensure!(answer.status == StatusCode::OK, "a batch was answered with {}: {}", answer.status, text());
        let response: BatchResponse = serde_json::from_slice(&answer.body)?;
        let settlement = self.keys.open::<Settlement>(&response.settlement)?.document;
        ensure!(settlement.head == answer.head, "the settlement is for another batch");
        let settled = settlement.outcomes.iter().zip(&response.receipts).filter(|(outcome, receipt)| {
            matches!(outcome, Outcome::Settled { receipt: Some(hash) } if *hash == Digest::of(&receipt.0))
        });
        let settled = settled.count();
        ensure!(
            settled == answer.size && settlement.outcomes.len() == answer.size,
            "only {settled} of a batch were settled: {:?}",
            settlement.outcomes.iter().find(|outcome| matches!(outcome, Outcome::Rejected { .. }))
        );
        Ok(())
    }
}

impl PreparedBatch {
    /// Sends the batch and takes the whole answer.
    pub(crate) async fn send(self) -> reqwest::Result<BatchAnswer> {
        let response = self.client.execute(self.request).await?;
        let status = response.status();
        Ok(BatchAnswer { status, body: response.bytes().await?, head: self.head, size: self.size })
    }
}

impl Session {
    /// Adds a card, tops up, and has the allowance made up from it.
    async fn fund(&mut self, keys: &KeySet) -> anyhow::Result<Allowance> {
        let card = CardRequest { number: CARD.into(), expiry_month: 12, expiry_year: 2040, cvc: "123".into() };
        let card: Card = self.post("/v1/cards", &card).await?;
        let top_up = TopUpRequest { amount: Money::parse(FUNDS, Currency::USD)?, card: card.id };
        let top_up: TopUpResponse = self.post("/v1/top-ups", &top_up).await?;
        ensure!(top_up.state == TopUpState::Succeeded, "the top-up is {:?}", top_up.state);
        let account: AccountResponse = self.post("/v1/allowances", &AllowanceRequest::default()).await?;
        let allowance = account.allowances.first().context("there is no allowance")?;
        Ok(keys.open::<Allowance>(allowance)?.document)
    }

    async fn get<A: DeserializeOwned>(&mut self, path: &str) -> anyhow::Result<A> {
        self.exchange(Method::GET, path, None).await
    }

    async fn post<A: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> anyhow::Result<A> {
        self.exchange(Method::POST, path, Some(serde_json::to_vec(body)?)).await
    }

    /// Sends a request, once more where the proof lacked the gateway's nonce.
    async fn exchange<A: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> anyhow::Result<A> {
        let idempotency_key = TopUpId::generate();
        for _ in 0..2 {
            let request = self.request(method.clone(), path, body.clone(), Some(idempotency_key))?;
            let response = self.client.execute(request).await?;
            if let Some(nonce) = response.headers().get("dpop-nonce") {
                self.nonce = Some(nonce.to_str()?.to_owned());
            }
            let status = response.status();
            if status.is_success() {
                return Ok(serde_json::from_slice(&response.bytes().await?)?);
            }
            if status != StatusCode::UNAUTHORIZED {
                bail!("{path} was answered with {status}: {}", response.text().await?);
            }
        }
        bail!("{path} was refused twice as not authorised")
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        idempotency_key: Option<TopUpId>,
    ) -> anyhow::Result<Request> {
        let url = format!("{}{path}", self.url);
        let proof = DpopProof {
            htm: method.to_string(),
            htu: url.clone(),
            iat: Timestamp::now().as_second(),
            jti: EntryId::generate().to_string(),
            ath: self.token.as_ref().map(|token| Digest::of(token.as_bytes())),
            nonce: self.nonce.clone(),
            content: None,
        };
        let proof = proof.unsigned(self.key.public_key())?.sign(&self.key)?;
        let mut request = self.client.request(method, url).header("dpop", proof);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("DPoP {token}"));
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key.to_string());
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        Ok(request.build()?)
    }
}

/// Journals have times in whole milliseconds.
fn now_in_milliseconds() -> anyhow::Result<Timestamp> {
    Ok(Timestamp::from_millisecond(Timestamp::now().as_millisecond())?)
}
