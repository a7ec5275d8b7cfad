//! A stateful fake of Stripe, ours: it is not Stripe. It does what stripe-mock does not, which keeps no state: charges
//! that cost something, banks' pages, lost answers, idempotency keys that expire, refunds, disputes, signed messages.
//! Cards behave as Stripe's test payment methods of the same names (<https://docs.stripe.com/testing>).
#![allow(unreachable_pub, reason = "a module of the tests is as public as it gets")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use farthing_gateway::ManualClock;
use ring::hmac;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const SECRET_KEY: &str = "sk_test_of_the_fake";
pub const WEBHOOK_SECRET: &str = "whsec_of_the_fake";

/// Seconds that it keeps idempotency keys, as Stripe does.
const KEYS_LAST: i64 = 24 * 3_600;

type Form = BTreeMap<String, String>;

#[derive(Clone)]
pub struct Fake {
    pub address: String,
    clock: ManualClock,
    state: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Value>,
    /// What was answered to each key, to what, and when.
    answers: BTreeMap<String, (Form, u16, Value, i64)>,
    named: u64,
    trouble: Trouble,
    refunds_wait: bool,
}

/// What is wrong with it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    None,
    /// It does not do what it is asked, and says so (503).
    IsDown,
    /// It does what it is asked, and its answers get lost.
    LosesAnswers,
}

impl Fake {
    pub async fn start(clock: ManualClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let fake = Fake { address, clock, state: Arc::default() };
        let router = axum::Router::new().fallback(take).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap()
    }

    pub fn trouble(&self, trouble: Trouble) {
        self.kept().trouble = trouble;
    }

    /// From now on refunds are `pending` until they are decided.
    pub fn let_refunds_wait(&self) {
        self.kept().refunds_wait = true;
    }

    /// Every object of a kind, the oldest first.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        let kept = self.kept();
        let mut all: Vec<_> = kept.objects.values().filter(|object| object["object"] == kind).cloned().collect();
        all.sort_by_key(|object| object["number"].as_u64());
        all
    }

    /// What all cards were charged, in minor units.
    pub fn charged(&self) -> i64 {
        let intents = self.all("payment_intent");
        intents.iter().filter_map(|intent| intent["amount_received"].as_i64()).sum()
    }

    /// The cardholder decides on the bank's page of the latest charge.
    pub fn authenticate(&self, is_confirmed: bool) -> String {
        let mut intent = self.all("payment_intent").pop().unwrap();
        if is_confirmed {
            succeed(&mut intent);
        } else {
            intent["status"] = json!("requires_payment_method");
            intent["last_payment_error"] =
                json!({"type": "invalid_request_error", "code": "payment_intent_authentication_failure"});
        }
        self.put(&intent);
        intent["id"].as_str().unwrap().to_owned()
    }

    /// A refund that waits is decided.
    pub fn decide_refund(&self, status: &str) -> String {
        let mut refund = self.all("refund").pop().unwrap();
        refund["status"] = json!(status);
        self.put(&refund);
        refund["id"].as_str().unwrap().to_owned()
    }

    /// The cardholder of the latest charge disputes it.
    pub fn dispute(&self, status: &str) -> String {
        let intent = self.all("payment_intent").pop().unwrap();
        let known = self.all("dispute").pop();
        let mut dispute = known.unwrap_or_else(|| {
            json!({"object": "dispute", "amount": intent["amount_received"], "currency": intent["currency"],
                "payment_intent": intent["id"], "balance_transactions": [{"fee": 1500, "currency": "usd"}]})
        });
        dispute["status"] = json!(status);
        if dispute["id"].is_null() {
            dispute = self.kept().add("dp", dispute);
        }
        self.put(&dispute);
        dispute["id"].as_str().unwrap().to_owned()
    }

    /// An authorisation lapses.
    pub fn lapse(&self) -> String {
        let mut intent = self.all("payment_intent").pop().unwrap();
        intent["status"] = json!("canceled");
        self.put(&intent);
        intent["id"].as_str().unwrap().to_owned()
    }

    fn put(&self, object: &Value) {
        self.kept().objects.insert(object["id"].as_str().unwrap().to_owned(), object.clone());
    }

    /// A message about something, and its signature.
    pub fn message(&self, kind: &str, id: &str) -> (String, String) {
        let body = json!({"id": "evt_1", "object": "event", "type": kind, "data": {"object": {"id": id}}}).to_string();
        (sign(&body, self.clock.clock().now().as_second(), WEBHOOK_SECRET), body)
    }
}

/// The `Stripe-Signature` of a message.
pub fn sign(body: &str, at: i64, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={hex}")
}

async fn take(State(fake): State<Fake>, headers: HeaderMap, request: Request) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body: Bytes = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let form = |bytes: &[u8]| -> Form { url::form_urlencoded::parse(bytes).into_owned().collect() };
    let fields = if method == "GET" { form(query.as_bytes()) } else { form(&body) };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(header("authorization"), format!("Bearer {SECRET_KEY}"));
    let now = fake.clock.clock().now().as_second();
    let mut kept = fake.kept();
    let key = header("idempotency-key");
    let trouble = kept.trouble;
    if trouble == Trouble::IsDown {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let known = kept.answers.get(&key).filter(|(.., at)| now - at < KEYS_LAST).cloned();
    let (status, answer) = match known {
        _ if method == "GET" => kept.show(&path, &fields),
        Some((same, status, answer, _)) if same == fields => (status, answer),
        Some(_) => (400, json!({"error": {"type": "idempotency_error"}})),
        None => {
            assert!(!key.is_empty(), "{path} has no idempotency key");
            let (status, answer) = kept.change(&path, &fields, now);
            kept.answers.insert(key, (fields, status, answer.clone(), now));
            (status, answer)
        }
    };
    if trouble == Trouble::LosesAnswers {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    (StatusCode::from_u16(status).unwrap(), answer.to_string()).into_response()
}

impl Kept {
    fn add(&mut self, prefix: &str, mut object: Value) -> Value {
        self.named += 1;
        object["id"] = json!(format!("{prefix}_{}", self.named));
        object["number"] = json!(self.named);
        self.objects.insert(format!("{prefix}_{}", self.named), object.clone());
        object
    }

    fn show(&self, path: &str, query: &Form) -> (u16, Value) {
        let kind = match path {
            "/v1/payment_intents" => Some(("payment_intent", "customer")),
            "/v1/refunds" => Some(("refund", "payment_intent")),
            _ => None,
        };
        if let Some((kind, owner)) = kind {
            let all = self.objects.values();
            let found: Vec<_> = all.filter(|one| one["object"] == kind && one[owner] == query[owner]).collect();
            return (200, json!({"object": "list", "data": found}));
        }
        self.objects.get(path.rsplit('/').next().unwrap()).map_or_else(missing, |object| (200, object.clone()))
    }

    fn change(&mut self, path: &str, form: &Form, now: i64) -> (u16, Value) {
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let metadata = json!({"farthing": form.get("metadata[farthing]")});
        match parts[..] {
            ["customers"] => (200, self.add("cus", json!({"object": "customer", "metadata": metadata}))),
            ["payment_methods", name, "attach"] => self.attach(name, form),
            ["payment_methods", name, "detach"] => match self.objects.remove(name) {
                Some(method) => (200, method),
                None => missing(),
            },
            ["payment_intents"] => self.charge(form, metadata, now),
            ["payment_intents", name, "capture"] => self.capture(name, form),
            ["payment_intents", name, "cancel"] => {
                let intent = self.objects.get_mut(name).unwrap();
                intent["status"] = json!("canceled");
                (200, intent.clone())
            }
            ["refunds"] => {
                let status = if self.refunds_wait { "pending" } else { "succeeded" };
                let refund = json!({"object": "refund", "status": status, "metadata": metadata,
                    "payment_intent": form["payment_intent"], "amount": form["amount"].parse::<i64>().unwrap()});
                (200, self.add("re", refund))
            }
            _ => missing(),
        }
    }

    fn attach(&mut self, name: &str, form: &Form) -> (u16, Value) {
        let (last_four, behaviour) = match name {
            "pm_card_visa" => ("4242", "succeeds"),
            "pm_card_chargeDeclinedInsufficientFunds" => ("9995", "insufficient_funds"),
            "pm_card_chargeDeclinedStolenCard" => ("9979", "stolen_card"),
            "pm_card_authenticationRequired" => ("3184", "authenticates"),
            _ => return missing(),
        };
        let card = json!({"brand": "visa", "last4": last_four, "exp_month": 12, "exp_year": 2034,
            "fingerprint": format!("fingerprint of {name}")});
        let method = json!({"object": "payment_method", "customer": form["customer"], "card": card,
            "behaviour": behaviour});
        (200, self.add("pm", method))
    }

    fn charge(&mut self, form: &Form, metadata: Value, now: i64) -> (u16, Value) {
        let Some(method) = self.objects.get(&form["payment_method"]) else { return missing() };
        assert_eq!((&method["customer"], &form["confirm"]), (&json!(form["customer"]), &"true".to_owned()));
        let behaviour = method["behaviour"].as_str().unwrap().to_owned();
        let mut intent = self.add(
            "pi",
            json!({"object": "payment_intent", "amount": form["amount"].parse::<i64>().unwrap(),
                "currency": form["currency"], "customer": form["customer"], "metadata": metadata,
                "capture_method": form["capture_method"], "created": now}),
        );
        let id = intent["id"].as_str().unwrap().to_owned();
        let answer = match behaviour.as_str() {
            "succeeds" => {
                succeed(&mut intent);
                (200, intent.clone())
            }
            "authenticates" => {
                intent["status"] = json!("requires_action");
                let page = json!({"url": format!("https://bank.example/{id}"), "return_url": form["return_url"]});
                intent["next_action"] = json!({"type": "redirect_to_url", "redirect_to_url": page});
                (200, intent.clone())
            }
            code => {
                intent["status"] = json!("requires_payment_method");
                let error = json!({"type": "card_error", "code": "card_declined", "decline_code": code});
                intent["last_payment_error"] = error.clone();
                let mut error = error;
                error["payment_intent"] = intent.clone();
                (402, json!({"error": error}))
            }
        };
        self.objects.insert(id, intent);
        answer
    }

    fn capture(&mut self, name: &str, form: &Form) -> (u16, Value) {
        let Some(intent) = self.objects.get_mut(name) else { return missing() };
        if intent["status"] != "requires_capture" {
            return (
                400,
                json!({"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}),
            );
        }
        let amount: i64 = form["amount_to_capture"].parse().unwrap();
        assert!(amount <= intent["amount"].as_i64().unwrap());
        intent["capture_method"] = json!("automatic");
        let limit = std::mem::replace(&mut intent["amount"], json!(amount));
        succeed(intent);
        intent["amount"] = limit;
        (200, intent.clone())
    }
}

/// The bank says yes: the card is charged, or the amount authorised.
fn succeed(intent: &mut Value) {
    if intent["capture_method"] == "manual" {
        intent["status"] = json!("requires_capture");
        return;
    }
    let amount = intent["amount"].as_i64().unwrap();
    // 2.9 % and 30 cents, as a list price says, and a cent more, so that it is not what the gateway expects.
    let fee = (amount * 29 + 500) / 1_000 + 31;
    intent["status"] = json!("succeeded");
    intent["amount_received"] = json!(amount);
    intent["latest_charge"] =
        json!({"object": "charge", "balance_transaction": {"fee": fee, "currency": intent["currency"]}});
}

fn missing() -> (u16, Value) {
    (404, json!({"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "id"}}))
}
