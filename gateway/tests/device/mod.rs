//! A gateway in this process and devices that talk to it, with no wallet in between: so tests
//! can also say what no wallet would.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, reason = "a module of the tests is as public as it gets")]

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use farthing_gateway::{Gateway, ManualClock};
use farthing_protocol::api::*;
use farthing_protocol::{
    Allowance, BatchClaims, ConsumeBody, Currency, Digest, DpopProof, EncodedEntry, Entry, EntryBody, EntryId,
    IdempotencyKey, JOURNAL_VERSION, JournalPosition, KeySet, Money, Outcome, Problem, ProblemKind, PurchaseBody,
    Receipt, ReleaseBody, Settlement, SigningKey, Sku, Statement, Timestamp, Unsigned,
};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tower::ServiceExt;

pub const ADDRESS: &str = "http://gateway.test:8080";
pub const GOOD_CARD: &str = "4242424242424242";

pub fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

/// A gateway with a clock of its own.
pub struct World {
    pub folder: TempDir,
    pub clock: ManualClock,
    pub gateway: Gateway,
}

impl World {
    pub fn new() -> Self {
        World::on(ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap()), |_| {})
    }

    /// A gateway on a data folder in which something is before it starts.
    pub fn on(clock: ManualClock, prepare: impl FnOnce(&std::path::Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let gateway = farthing_database::open(folder.path(), ADDRESS, clock.clock()).unwrap();
        World { folder, clock, gateway }
    }

    pub async fn restart(&mut self) {
        self.gateway.close().await;
        self.gateway = farthing_database::open(self.folder.path(), ADDRESS, self.clock.clock()).unwrap();
    }

    /// Lets days pass.
    pub fn pass_days(&self, days: i64) {
        let now = self.clock.clock().now().as_millisecond() + days * 86_400_000;
        self.clock.set(Timestamp::from_millisecond(now).unwrap());
    }

    /// A device that is not enrolled.
    pub fn device(&self) -> Device {
        let key = SigningKey::generate().unwrap().0;
        Device {
            router: self.gateway.router(),
            key,
            clock: self.clock.clone(),
            nonce: None,
            token: None,
            keys: None,
            enrolment: None,
            journal: None,
            allowance: 0,
        }
    }

    /// A device that is enrolled and has a token.
    pub async fn enrolled(&self) -> Device {
        let mut device = self.device();
        device.enrol(self.gateway.publishable_key()).await;
        device
    }

    /// A device with money.
    pub async fn funded(&self, amount: &str) -> Device {
        let mut device = self.enrolled().await;
        let card = device.add_card(GOOD_CARD).await;
        let done = device.top_up("first", usd(amount), &card).await;
        assert_eq!(done.state, TopUpState::Succeeded);
        device.refresh().await;
        device
    }

    /// A new device of a user, enrolled and without a reserve.
    pub async fn device_of(&self, user: &str) -> Device {
        let user = serde_json::json!({ "user": user });
        let token = self.merchant(Method::POST, "/v1/enrolment-tokens", &[], Some(user)).await;
        let token = token.json::<serde_json::Value>()["token"].as_str().map(str::to_owned);
        let mut device = self.device();
        let request = EnrolmentRequest { publishable_key: self.gateway.publishable_key().to_owned(), token };
        device.post("/v1/enrolments", &request).await.json::<EnrolmentResponse>();
        device.enrol(self.gateway.publishable_key()).await;
        device
    }

    /// A request with the merchant's secret key.
    pub async fn merchant(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<serde_json::Value>,
    ) -> Answer {
        let key = self.gateway.secret_key().expose_secret();
        let mut request = Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
        request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        send(&self.gateway.router(), request.body(body).unwrap()).await
    }

    pub async fn ledger(&self, account: &str) -> Money {
        self.balance(account, "USD").await
    }

    /// What the accounts of a kind have in a currency.
    pub async fn balance(&self, account: &str, currency: &str) -> Money {
        let currency = currency.parse().unwrap();
        let balances = self.gateway.trial_balance().await.unwrap().balances;
        let line = balances.iter().find(|line| line.account == account && line.balance.currency() == currency);
        line.map_or(Money::zero(currency), |line| line.balance)
    }

    pub async fn assert_balanced(&self) {
        for total in self.gateway.trial_balance().await.unwrap().totals {
            assert!(total.is_zero(), "the ledger is off by {total}");
        }
    }
}

pub struct Device {
    pub router: Router,
    pub key: SigningKey,
    pub clock: ManualClock,
    pub nonce: Option<String>,
    pub token: Option<String>,
    pub keys: Option<KeySet>,
    pub enrolment: Option<EnrolmentResponse>,
    pub journal: Option<JournalPosition>,
    /// The allowance version in US dollars that purchases name.
    pub allowance: u64,
}

/// An answer of the gateway.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The problem that it is.
    pub fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text());
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }

    pub fn kind(&self) -> ProblemKind {
        self.problem().kind
    }
}

/// Sends a request as it is.
pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

impl Device {
    /// A proof as it should be, to be spoiled.
    pub fn proof(&self, method: &Method, path: &str, token: Option<&str>) -> DpopProof {
        DpopProof {
            htm: method.to_string(),
            htu: format!("{ADDRESS}{path}"),
            iat: 0,
            jti: EntryId::generate().to_string(),
            ath: token.map(|token| Digest::of(token.as_bytes())),
            nonce: self.nonce.clone(),
            content: None,
        }
    }

    pub fn sign_proof(&self, proof: &DpopProof) -> String {
        proof.unsigned(self.key.public_key()).unwrap().sign(&self.key).unwrap()
    }

    /// A request with a proof; the body is JSON where there is one.
    pub fn request(&self, method: &Method, path: &str, proof: &DpopProof, body: Option<Vec<u8>>) -> Request<Body> {
        let mut request =
            Request::builder().method(method).uri(format!("{ADDRESS}{path}")).header("DPoP", self.sign_proof(proof));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("DPoP {token}"));
        }
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        request.body(body.map_or(Body::empty(), Body::from)).unwrap()
    }

    /// Sends a request with headers of one's own, again where the nonce was old.
    pub async fn call_with(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        for _ in 0..2 {
            let proof = self.proof(&method, path, self.token.as_deref());
            let mut request = self.request(&method, path, &proof, body.clone());
            for (name, value) in headers {
                request.headers_mut().insert(*name, value.parse().unwrap());
            }
            let answer = send(&self.router, request).await;
            if let Some(nonce) = answer.headers.get("dpop-nonce") {
                self.nonce = Some(nonce.to_str().unwrap().to_owned());
            }
            let retry = answer.status == StatusCode::UNAUTHORIZED && answer.kind() == ProblemKind::DpopNonceRequired;
            if !retry {
                return answer;
            }
        }
        panic!("the gateway's own nonce was refused");
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.call_with(Method::GET, path, &[], None).await
    }

    pub async fn post(&mut self, path: &str, body: &impl Serialize) -> Answer {
        self.call_with(Method::POST, path, &[], Some(serde_json::to_vec(body).unwrap())).await
    }

    pub async fn post_raw(&mut self, path: &str, body: &str) -> Answer {
        self.call_with(Method::POST, path, &[], Some(body.as_bytes().to_vec())).await
    }

    pub async fn enrol(&mut self, publishable_key: &str) {
        let request = EnrolmentRequest { publishable_key: publishable_key.to_owned(), token: None };
        let enrolment: EnrolmentResponse = self.post("/v1/enrolments", &request).await.json();
        let keys = KeySet::trust_on_first_use(&enrolment.key_set).unwrap();
        let statement = keys.open::<Statement>(&enrolment.statement).unwrap().document;
        self.journal = Some(statement.journal);
        self.keys = Some(keys);
        let token: TokenResponse = self.post("/v1/token", &TokenRequest { device: enrolment.device }).await.json();
        self.token = Some(token.access_token);
        self.enrolment = Some(enrolment);
    }

    pub async fn renew_token(&mut self) {
        self.token = None;
        let device = self.enrolment.as_ref().unwrap().device;
        let token: TokenResponse = self.post("/v1/token", &TokenRequest { device }).await.json();
        self.token = Some(token.access_token);
    }

    pub fn open<D: farthing_protocol::Document>(&self, token: &str) -> D {
        self.keys.as_ref().unwrap().open::<D>(token).unwrap().document
    }

    pub async fn add_card(&mut self, number: &str) -> Card {
        let cvc = if number.len() == 15 { "1234" } else { "123" };
        let request = CardRequest { number: number.into(), expiry_month: 12, expiry_year: 2034, cvc: cvc.into() };
        self.post("/v1/cards", &request).await.json()
    }

    pub async fn try_top_up(&mut self, key: &str, amount: Money, card: &Card) -> Answer {
        let body = serde_json::to_vec(&TopUpRequest { amount, card: card.id }).unwrap();
        self.call_with(Method::POST, "/v1/top-ups", &[("idempotency-key", key)], Some(body)).await
    }

    pub async fn top_up(&mut self, key: &str, amount: Money, card: &Card) -> TopUpResponse {
        self.try_top_up(key, amount, card).await.json()
    }

    pub async fn account(&mut self) -> (Statement, Vec<Allowance>) {
        let answer: AccountResponse = self.get("/v1/account").await.json();
        (self.open(&answer.statement), answer.allowances.iter().map(|token| self.open(token)).collect())
    }

    pub async fn raise_allowance(&mut self, needed: Option<Money>) -> (Statement, Vec<Allowance>) {
        let answer: AccountResponse =
            self.post("/v1/allowances", &AllowanceRequest { needed, holds: vec![] }).await.json();
        (self.open(&answer.statement), answer.allowances.iter().map(|token| self.open(token)).collect())
    }

    /// Takes the latest allowance in US dollars for the next purchases.
    pub async fn refresh(&mut self) {
        let (_, allowances) = self.account().await;
        let dollars = allowances.iter().find(|allowance| allowance.limit.currency() == Currency::USD);
        self.allowance = dollars.map_or(0, |allowance| allowance.version);
    }

    /// A purchase of a quarter.
    pub fn purchase(&self) -> PurchaseBody {
        PurchaseBody {
            sku: Sku::new("extra_life").unwrap(),
            quantity: 1,
            unit_price: usd("0.25"),
            total: usd("0.25"),
            catalog: 1,
            allowance: self.allowance,
            operation: None,
            approval: None,
            pass: None,
            contents: Vec::new(),
            credits: None,
        }
    }

    /// The next entry of the journal.
    pub fn append(&mut self, body: EntryBody) -> EncodedEntry {
        let entry = self.entry_at(self.journal.unwrap(), body);
        self.journal = Some(self.journal.unwrap().after(entry.hash()));
        entry
    }

    /// An entry that follows a place in the journal.
    pub fn entry_at(&self, position: JournalPosition, body: EntryBody) -> EncodedEntry {
        EncodedEntry::new(Entry {
            version: JOURNAL_VERSION,
            seq: position.seq + 1,
            previous: position.head,
            id: EntryId::generate(),
            at: self.clock.clock().now(),
            body,
        })
        .unwrap()
    }

    pub fn buy(&mut self) -> EncodedEntry {
        self.append(EntryBody::Purchase(self.purchase()))
    }

    pub fn consume(&mut self) -> EncodedEntry {
        let operation = IdempotencyKey::new(EntryId::generate().to_string()).unwrap();
        self.append(EntryBody::Consume(ConsumeBody { sku: Sku::new("extra_life").unwrap(), quantity: 1, operation }))
    }

    pub fn release(&mut self, amount: Money) -> EncodedEntry {
        self.append(EntryBody::Release(ReleaseBody { amount, allowance: self.allowance }))
    }

    pub fn claims(&self, entries: &[EncodedEntry]) -> BatchClaims {
        let enrolment = self.enrolment.as_ref().unwrap();
        BatchClaims {
            device: enrolment.device,
            epoch: enrolment.epoch,
            first_seq: entries.first().unwrap().entry().seq,
            last_seq: entries.last().unwrap().entry().seq,
            head: entries.last().unwrap().hash(),
        }
    }

    pub fn batch(&self, claims: &BatchClaims, entries: Vec<Vec<u8>>) -> BatchRequest {
        let batch = Unsigned::new(claims, self.key.public_key().thumbprint()).unwrap().sign(&self.key).unwrap();
        BatchRequest { batch, entries: entries.into_iter().map(farthing_protocol::Bytes).collect() }
    }

    pub async fn try_upload(&mut self, entries: &[EncodedEntry]) -> Answer {
        let bytes = entries.iter().map(|entry| entry.bytes().to_vec()).collect();
        let request = self.batch(&self.claims(entries), bytes);
        self.post("/v1/journal", &request).await
    }

    pub async fn upload(&mut self, entries: &[EncodedEntry]) -> Uploaded {
        let answer: BatchResponse = self.try_upload(entries).await.json();
        let settlement: Settlement = self.open(&answer.settlement);
        assert_eq!(settlement.head, entries.last().unwrap().hash());
        assert_eq!(settlement.outcomes.len(), entries.len());
        let hashes = settlement.outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Settled { receipt } => *receipt,
            Outcome::Rejected { .. } => None,
        });
        let payloads: Vec<Digest> = answer.receipts.iter().map(|payload| Digest::of(&payload.0)).collect();
        assert_eq!(hashes.collect::<Vec<_>>(), payloads);
        let receipts = answer.receipts.iter().map(|payload| serde_json::from_slice(&payload.0).unwrap()).collect();
        let allowances = answer.allowances.iter().map(|token| self.open(token)).collect();
        Uploaded { settlement, receipts, allowances }
    }
}

/// A settled batch, its signatures checked.
#[derive(Debug, PartialEq)]
pub struct Uploaded {
    pub settlement: Settlement,
    pub receipts: Vec<Receipt>,
    pub allowances: Vec<Allowance>,
}
