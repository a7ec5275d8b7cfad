//! The stand-ins as something that an app buys from, over HTTP: a counter where nobody pays. What the stores' own apps do
//! on a phone, StoreKit and Play's billing library, is done here by requests.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{AppStore, Clock, GooglePlay};

/// What is sold: the product, what it credits and what it costs, in US dollars.
const PACKS: [(&str, &str, &str); 3] =
    [("balance_5", "5.00", "4.99"), ("balance_10", "10.00", "9.99"), ("balance_20", "20.00", "19.99")];
/// What a gateway calls the files that it needs.
const ROOT_FILE: &str = "app-store-root.cer";
const ACCOUNT_FILE: &str = "google-play-service-account.json";

/// Both stores, behind one counter.
#[derive(Clone)]
pub struct Counter {
    /// Where an app buys.
    pub address: String,
    clock: Clock,
    app_store: Arc<AppStore>,
    google_play: GooglePlay,
    sold: Arc<Mutex<Vec<Sold>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Store {
    AppStore,
    GooglePlay,
}

struct Sold {
    store: Store,
    account: String,
    product: &'static str,
    /// The signed transaction or the purchase token.
    proof: String,
    is_finished: bool,
}

impl Sold {
    fn is_of(&self, store: Store, buyer: &Buyer) -> bool {
        self.store == store && self.account == buyer.account
    }
}

#[derive(Deserialize)]
struct Order {
    product: String,
    account: String,
}

#[derive(Deserialize)]
struct Buyer {
    account: String,
}

#[derive(Deserialize)]
struct Finished {
    signed_transaction: String,
}

impl Counter {
    /// Opens both stores by a clock in milliseconds since 1970; apps buy at an address such as `127.0.0.1:8471`.
    ///
    /// # Errors
    /// When nothing can listen there.
    pub async fn open(listen: &str, clock: impl Fn() -> i64 + Send + Sync + 'static) -> io::Result<Counter> {
        let listener = TcpListener::bind(listen).await?;
        let clock: Clock = Arc::new(clock);
        let of_play = clock.clone();
        let counter = Counter {
            address: format!("http://{}", listener.local_addr()?),
            clock,
            app_store: Arc::new(AppStore::new()),
            google_play: GooglePlay::start(move || of_play()).await,
            sold: Arc::default(),
        };
        let router = Router::new()
            .route("/products", get(products))
            .route("/app-store/purchases", post(sell_by_app_store).get(unfinished))
            .route("/app-store/finished", post(finish))
            .route("/google-play/purchases", post(sell_by_google_play).get(unconsumed))
            .fallback(async || refuse(StatusCode::NOT_FOUND, "no such page of the stand-ins"))
            .with_state(counter.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(counter)
    }

    /// What a gateway that is to credit the packs needs in its `gateway.toml`.
    pub fn settings(&self) -> String {
        let packs: String = PACKS
            .iter()
            .map(|(product, credit, price)| {
                format!("{product} = {{ currency = \"USD\", credit = \"{credit}\", price = \"{price}\" }}\n")
            })
            .collect();
        let store = |name: &str, app: &str| {
            format!(
                "\n[processors.{name}]\n{app}\nenvironment = \"sandbox\"\n\
                 fees = {{ percentage = \"15\", fixed = {{ default = \"0\" }} }}\n[processors.{name}.packs]\n{packs}"
            )
        };
        let play = format!("package_name = \"com.example.game\"\napi = {:?}", self.google_play.address);
        store("app_store", "bundle_id = \"com.example.game\"") + &store("google_play", &play)
    }

    /// What that gateway needs in its data folder: the names of files and what is in them.
    pub fn files(&self) -> [(&'static str, String); 2] {
        let root = STANDARD.encode(self.app_store.root());
        let root = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
        [(ROOT_FILE, root), (ACCOUNT_FILE, self.google_play.service_account())]
    }

    fn sold(&self) -> MutexGuard<'_, Vec<Sold>> {
        self.sold.lock().unwrap()
    }

    /// Sells what a request asks for; `make` gives the proof of the purchase by its number.
    fn sell(&self, store: Store, body: &Bytes, name: &str, make: impl FnOnce(u64, &Order) -> String) -> Response {
        let order: Order = match read(body) {
            Ok(order) => order,
            Err(refusal) => return *refusal,
        };
        let Some((product, ..)) = PACKS.into_iter().find(|(product, ..)| *product == order.product) else {
            return refuse(StatusCode::NOT_FOUND, "no such product");
        };
        let mut sold = self.sold();
        // Of a counter that was opened again, the numbers go on: a gateway credits each once ever.
        let proof = make(u64::try_from((self.clock)()).unwrap() * 1_000 + sold.len() as u64, &order);
        sold.push(Sold { store, account: order.account, product, proof: proof.clone(), is_finished: false });
        (StatusCode::CREATED, Json(json!({ name: proof }))).into_response()
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Box<Response>> {
    serde_json::from_slice(body).map_err(|error| Box::new(refuse(StatusCode::BAD_REQUEST, &error.to_string())))
}

fn refuse(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}

async fn products() -> Json<Value> {
    let pack =
        |(product, credit, price)| json!({"product": product, "credit": credit, "price": price, "currency": "USD"});
    Json(PACKS.into_iter().map(pack).collect())
}

async fn sell_by_app_store(State(counter): State<Counter>, body: Bytes) -> Response {
    counter.sell(Store::AppStore, &body, "signed_transaction", |number, order| {
        let mut transaction = AppStore::transaction(&number.to_string(), &order.product, (counter.clock)());
        transaction["appAccountToken"] = json!(order.account);
        counter.app_store.sign(&transaction)
    })
}

async fn unfinished(State(counter): State<Counter>, Query(buyer): Query<Buyer>) -> Json<Value> {
    let sold = counter.sold();
    let theirs = sold.iter().filter(|sold| sold.is_of(Store::AppStore, &buyer));
    let proofs: Vec<&str> = theirs.filter(|sold| !sold.is_finished).map(|sold| sold.proof.as_str()).collect();
    Json(json!({ "signed_transactions": proofs }))
}

async fn finish(State(counter): State<Counter>, body: Bytes) -> Response {
    let finished: Finished = match read(&body) {
        Ok(finished) => finished,
        Err(refusal) => return *refusal,
    };
    match counter.sold().iter_mut().find(|sold| sold.proof == finished.signed_transaction) {
        Some(sold) => sold.is_finished = true,
        None => return refuse(StatusCode::NOT_FOUND, "no such transaction"),
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn sell_by_google_play(State(counter): State<Counter>, body: Bytes) -> Response {
    counter.sell(Store::GooglePlay, &body, "purchase_token", |number, order| {
        let token = format!("stand-in-{number}");
        counter.google_play.sell(&token, &order.product, json!({"obfuscatedExternalAccountId": order.account}));
        token
    })
}

async fn unconsumed(State(counter): State<Counter>, Query(buyer): Query<Buyer>) -> Json<Value> {
    let sold = counter.sold();
    let theirs = sold.iter().filter(|sold| sold.is_of(Store::GooglePlay, &buyer));
    let kept = theirs.filter(|sold| !counter.google_play.is_consumed(&sold.proof));
    let purchases: Vec<Value> =
        kept.map(|sold| json!({"product": sold.product, "purchase_token": sold.proof})).collect();
    Json(json!({ "purchases": purchases }))
}
