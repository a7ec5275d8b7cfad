//! A stateful fake of the Play Developer API and of Google's token address. It gives access tokens for assertions that
//! verify, keeps purchases and what became of them, and gives back what nobody acknowledged within three days.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farthing_protocol::from_base64url;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::Clock;

/// Made for these tests by `openssl genpkey`, and used nowhere else.
const KEY: &str = include_str!("service-account-key.pem");
const EMAIL: &str = "gateway@example.iam.gserviceaccount.com";
const PACKAGE: &str = "com.example.game";
/// Entries in one answer of the list of what was given back: few, so that there are pages.
const PAGE: usize = 2;
const THREE_DAYS: i64 = 3 * 24 * 3_600_000;
const THIRTY_DAYS: i64 = 10 * THREE_DAYS;

type Form = BTreeMap<String, String>;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// It does not do what it is asked, and says so (503).
    IsDown,
    /// It does what it is asked, and its answers get lost.
    LosesAnswers,
    /// It does not take access tokens any more that it has given (401).
    ForgetsTokens,
    /// It does not do what it is asked, and says nothing.
    IsSilent,
}

/// Google Play, as a gateway sees it.
#[derive(Clone)]
pub struct GooglePlay {
    /// Where it is.
    pub address: String,
    clock: Clock,
    state: Arc<Mutex<Kept>>,
    silence: Arc<Notify>,
}

#[derive(Default)]
struct Kept {
    purchases: BTreeMap<String, Sold>,
    tokens: u64,
    consumed: u64,
    trouble: Trouble,
}

struct Sold {
    product: String,
    at: i64,
    voided_at: Option<i64>,
    is_consumed: bool,
    /// What `purchases.products.get` says beside.
    shown: Value,
}

impl GooglePlay {
    /// Listens on a port of this machine.
    pub async fn start(clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let fake = GooglePlay { address, clock: Arc::new(clock), state: Arc::default(), silence: Arc::default() };
        let router = axum::Router::new().fallback(take).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap()
    }

    /// The key file of the service account that may ask.
    pub fn service_account(&self) -> String {
        json!({
            "type": "service_account", "project_id": "example", "private_key_id": "key-1", "private_key": KEY,
            "client_email": EMAIL, "client_id": "1", "token_uri": format!("{}/token", self.address),
        })
        .to_string()
    }

    /// From now on something is wrong.
    pub fn trouble(&self, trouble: Trouble) {
        self.kept().trouble = trouble;
    }

    /// Waits until something was asked that it [says nothing](Trouble::IsSilent) to.
    pub async fn was_silent(&self) {
        self.silence.notified().await;
    }

    /// Somebody buys a product; `more` are further members of the purchase.
    pub fn sell(&self, token: &str, product: &str, more: Value) {
        let mut shown = json!({
            "kind": "androidpublisher#productPurchase", "purchaseTimeMillis": (self.clock)().to_string(),
            "purchaseState": 0, "consumptionState": 0, "acknowledgementState": 0, "orderId": format!("GPA.{token}"),
            "purchaseType": 0, "regionCode": "US",
        });
        shown.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let sold = Sold { product: product.into(), at: (self.clock)(), voided_at: None, is_consumed: false, shown };
        self.kept().purchases.insert(token.to_owned(), sold);
    }

    /// A player pays what was pending.
    pub fn pay(&self, token: &str) {
        self.kept().purchases.get_mut(token).unwrap().shown["purchaseState"] = json!(0);
    }

    /// A price goes back.
    pub fn void(&self, token: &str) {
        let now = (self.clock)();
        self.kept().purchases.get_mut(token).unwrap().void(now);
    }

    /// Gives back what nobody has acknowledged within three days; says how much that is.
    pub fn give_back_unacknowledged(&self) -> usize {
        let now = (self.clock)();
        let mut kept = self.kept();
        let late = kept
            .purchases
            .values_mut()
            .filter(|sold| !sold.is_consumed && sold.voided_at.is_none() && now - sold.at > THREE_DAYS);
        late.map(|sold| sold.void(now)).count()
    }

    /// Whether a purchase was consumed.
    pub fn is_consumed(&self, token: &str) -> bool {
        self.kept().purchases[token].is_consumed
    }

    /// How often anything was consumed.
    pub fn consumed(&self) -> u64 {
        self.kept().consumed
    }
}

impl Sold {
    fn void(&mut self, now: i64) {
        self.voided_at = Some(now);
        self.shown["purchaseState"] = json!(1);
    }
}

async fn take(State(fake): State<GooglePlay>, headers: HeaderMap, request: Request) -> Response {
    let (method, uri) = (request.method().to_string(), request.uri().clone());
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let trouble = fake.kept().trouble;
    if trouble == Trouble::IsDown {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "The service is currently unavailable.");
    }
    if trouble == Trouble::IsSilent {
        fake.silence.notify_one();
        return std::future::pending().await;
    }
    let answer = fake.answer(&method, uri.path(), uri.query().unwrap_or_default(), &headers, &body);
    if trouble == Trouble::LosesAnswers && uri.path() != "/token" {
        return refuse(StatusCode::BAD_GATEWAY, "It was done, and nobody hears of it.");
    }
    answer
}

fn refuse(status: StatusCode, message: &str) -> Response {
    let error = json!({"error": {"code": status.as_u16(), "message": message}});
    (status, axum::Json(error)).into_response()
}

impl GooglePlay {
    fn answer(&self, method: &str, path: &str, query: &str, headers: &HeaderMap, body: &Bytes) -> Response {
        let form = |bytes: &[u8]| -> Form { url::form_urlencoded::parse(bytes).into_owned().collect() };
        if (method, path) == ("POST", "/token") {
            return self.give_token(&form(body));
        }
        let mut kept = self.kept();
        if kept.trouble == Trouble::ForgetsTokens {
            (kept.trouble, kept.tokens) = (Trouble::None, kept.tokens + 1);
        }
        let token = format!("Bearer access-{}", kept.tokens);
        if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&token) {
            return refuse(StatusCode::UNAUTHORIZED, "Request had invalid authentication credentials.");
        }
        let beginning = format!("/androidpublisher/v3/applications/{PACKAGE}/purchases/");
        let Some(rest) = path.strip_prefix(&beginning) else {
            return refuse(StatusCode::FORBIDDEN, "The current user has insufficient permissions.");
        };
        if (method, rest) == ("GET", "voidedpurchases") {
            return self.voided(&kept, &form(query.as_bytes()));
        }
        let parts: Vec<&str> = rest.split('/').collect();
        let ["products", product, "tokens", token] = parts[..] else {
            return refuse(StatusCode::NOT_FOUND, "Not found.");
        };
        let (token, verb) = token.split_once(':').unwrap_or((token, ""));
        let Some(sold) = kept.purchases.get_mut(token).filter(|sold| sold.product == product) else {
            return refuse(StatusCode::NOT_FOUND, "The purchase token was not found.");
        };
        match (method, verb) {
            ("GET", "") => axum::Json(sold.shown.clone()).into_response(),
            ("POST", "consume") if sold.shown["purchaseState"] != 0 || sold.is_consumed => {
                refuse(StatusCode::BAD_REQUEST, "The product purchase is not owned by the user.")
            }
            ("POST", "consume") => {
                sold.is_consumed = true;
                (sold.shown["consumptionState"], sold.shown["acknowledgementState"]) = (json!(1), json!(1));
                kept.consumed += 1;
                StatusCode::NO_CONTENT.into_response()
            }
            _ => refuse(StatusCode::NOT_FOUND, "Not found."),
        }
    }

    /// Verifies an assertion (RFC 7523) by the account's public key.
    fn give_token(&self, form: &Form) -> Response {
        let refused = |what: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({"error": what}))).into_response();
        if form.get("grant_type").map(String::as_str) != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
            return refused("unsupported_grant_type");
        }
        let assertion = form.get("assertion").cloned().unwrap_or_default();
        let Some((signed, signature)) = assertion.rsplit_once('.') else { return refused("invalid_grant") };
        let der: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
        let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref().to_vec());
        if key.verify(signed.as_bytes(), &from_base64url(signature).unwrap_or_default()).is_err() {
            return refused("invalid_grant");
        }
        let part = |index: usize| -> Value {
            serde_json::from_slice(&from_base64url(signed.split('.').nth(index).unwrap()).unwrap()).unwrap()
        };
        let (header, claims, now) = (part(0), part(1), (self.clock)() / 1_000);
        let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        let is_right = header == json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
            && claims["iss"] == EMAIL
            && claims["aud"] == format!("{}/token", self.address)
            && claims["scope"] == "https://www.googleapis.com/auth/androidpublisher"
            && (claims["iat"].as_i64().unwrap() - now).abs() <= 300
            && (1..=3_600).contains(&lasts);
        if !is_right {
            return refused("invalid_grant");
        }
        let mut kept = self.kept();
        kept.tokens += 1;
        let token = format!("access-{}", kept.tokens);
        axum::Json(json!({"access_token": token, "expires_in": 3_599, "token_type": "Bearer"})).into_response()
    }

    fn voided(&self, kept: &Kept, query: &Form) -> Response {
        let since: i64 = query["startTime"].parse().unwrap();
        if since < (self.clock)() - THIRTY_DAYS {
            return refuse(StatusCode::BAD_REQUEST, "startTime is too far in the past.");
        }
        let first: usize = query.get("token").map_or(0, |token| token.parse().unwrap());
        let all = kept.purchases.iter().filter_map(|(token, sold)| {
            let at = sold.voided_at.filter(|at| *at >= since)?;
            Some(json!({
                "kind": "androidpublisher#voidedPurchase", "purchaseToken": token, "orderId": format!("GPA.{token}"),
                "purchaseTimeMillis": sold.at.to_string(), "voidedTimeMillis": at.to_string(), "voidedSource": 0,
                "voidedReason": 1,
            }))
        });
        let all: Vec<Value> = all.collect();
        let page: Vec<&Value> = all.iter().skip(first).take(PAGE).collect();
        let mut answer = json!({"voidedPurchases": page});
        if first + PAGE < all.len() {
            answer["tokenPagination"] = json!({"nextPageToken": (first + PAGE).to_string()});
        }
        axum::Json(answer).into_response()
    }
}
