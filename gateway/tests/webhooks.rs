//! What a merchant's back end is promised: it is told everything that happened, in the order of each account, however
//! long it was down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::post;
use farthing_protocol::{CreatorId, EntryBody, PurchaseBody, Timestamp, TipBody, TipMessage};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::device::{ADDRESS, Answer, Device, GOOD_CARD, World, send, usd};

/// A back end on a socket.
#[derive(Clone)]
struct BackEnd {
    url: String,
    state: Arc<Mutex<Receiving>>,
}

struct Receiving {
    answer: StatusCode,
    received: Vec<(HeaderMap, Bytes)>,
}

impl BackEnd {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/farthing", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Receiving { answer: StatusCode::NO_CONTENT, received: Vec::new() }));
        let receive = async |State(state): State<Arc<Mutex<Receiving>>>, headers: HeaderMap, body: Bytes| {
            let mut state = state.lock().unwrap();
            if state.answer.is_success() {
                state.received.push((headers, body));
            }
            (state.answer, [("location", "http://127.0.0.1:1/elsewhere")])
        };
        let router = axum::Router::new().route("/farthing", post(receive)).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        BackEnd { url, state }
    }

    fn answer(&self, status: StatusCode) {
        self.state.lock().unwrap().answer = status;
    }

    /// What was taken since the last call.
    fn take(&self) -> Vec<(HeaderMap, Bytes)> {
        std::mem::take(&mut self.state.lock().unwrap().received)
    }
}

async fn ask(world: &World, method: Method, path: &str, body: Option<Value>) -> Answer {
    let key = world.gateway.secret_key().expose_secret();
    let request = Request::builder().method(method).uri(format!("{ADDRESS}/v1/webhook-endpoints{path}"));
    let request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "application/json");
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    send(&world.gateway.router(), request.body(body).unwrap()).await
}

/// Registers a back end; returns the endpoint's name and secret.
async fn register(world: &World, back_end: &BackEnd) -> (String, String) {
    let answer: Value = ask(world, Method::POST, "", Some(json!({"url": back_end.url}))).await.json();
    (answer["id"].as_str().unwrap().to_owned(), answer["secret"].as_str().unwrap().to_owned())
}

/// Sends whatever is due until nothing is.
async fn deliver(world: &World) {
    while world.gateway.deliver_due_webhooks().await.unwrap() > 0 {}
}

fn pass_minutes(world: &World, minutes: i64) {
    let now = world.clock.clock().now().as_millisecond() + minutes * 60_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

async fn buy(device: &mut Device) {
    let bought = [device.buy(), device.consume()];
    device.upload(&bought).await;
}

async fn shown(world: &World, endpoint: &str) -> Vec<Value> {
    let answer: Value = ask(world, Method::GET, &format!("/{endpoint}/messages"), None).await.json();
    answer["messages"].as_array().unwrap().clone()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

fn kind(body: &Bytes) -> String {
    serde_json::from_slice::<Value>(body).unwrap()["type"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_back_end_is_told_what_happened_and_can_tell_that_it_is_true() {
    let (world, back_end) = (World::new(), BackEnd::start().await);
    let (endpoint, secret) = register(&world, &back_end).await;
    let mut device = world.funded("5.00").await;
    let dear = PurchaseBody { unit_price: usd("0.01"), total: usd("0.01"), ..device.purchase() };
    let bought = [device.buy(), device.append(EntryBody::Purchase(dear)), device.consume()];
    let settled = device.upload(&bought).await;
    let only_used = [device.consume()];
    device.upload(&only_used).await;
    let declined = device.add_card("4000000000000002").await;
    device.top_up("declined", usd("2.00"), &declined).await;
    deliver(&world).await;

    let told = back_end.take();
    let kinds: Vec<String> = told.iter().map(|(_, body)| kind(body)).collect();
    assert_eq!(kinds, ["top_up.succeeded", "purchases.settled", "top_up.failed"]);
    let signer = Webhook::new(&secret).unwrap();
    let names: BTreeSet<&str> = told.iter().map(|(headers, _)| header(headers, "webhook-id")).collect();
    assert_eq!(names.len(), 3);
    for (headers, body) in &told {
        let at = header(headers, "webhook-timestamp").parse().unwrap();
        let signature = signer.sign(header(headers, "webhook-id"), at, body).unwrap();
        assert_eq!(header(headers, "webhook-signature"), signature);
        assert_eq!(at, world.clock.clock().now().as_second());
        assert_eq!(header(headers, "content-type"), "application/json");
    }
    let data = &serde_json::from_slice::<Value>(&told[1].1).unwrap()["data"];
    assert_eq!(data["purchases"], json!(settled.receipts));
    assert_eq!(data["rejected"], json!([{"purchase": bought[1].entry().id, "reason": "wrong_price"}]));
    let failed = &serde_json::from_slice::<Value>(&told[2].1).unwrap()["data"];
    assert_eq!((&failed["decline_code"], &failed["amount"]), (&json!("generic_decline"), &json!(usd("2.00"))));
    assert!(shown(&world, &endpoint).await.iter().all(|message| message["state"] == "delivered"));
}

#[tokio::test]
async fn tips_are_told_of_by_an_event_of_their_own() {
    let (world, back_end) = (World::new(), BackEnd::start().await);
    register(&world, &back_end).await;
    let name = Some(json!({"name": "Ana"}));
    world.merchant(Method::PUT, "/v1/creators/ana", &[], name).await;
    let mut device = world.funded("5.00").await;
    let tip = |device: &Device, creator: &str| TipBody {
        creator: CreatorId::new(creator).unwrap(),
        amount: usd("0.50"),
        message: Some(TipMessage::new("bravo").unwrap()),
        allowance: device.allowance,
        operation: None,
        approval: None,
    };
    let (good, bad) = (tip(&device, "ana"), tip(&device, "nobody"));
    let entries = [device.buy(), device.append(EntryBody::Tip(good)), device.append(EntryBody::Tip(bad))];
    let settled = device.upload(&entries).await;
    deliver(&world).await;
    let told = back_end.take();
    let kinds: Vec<String> = told.iter().map(|(_, body)| kind(body)).collect();
    assert_eq!(kinds, ["top_up.succeeded", "purchases.settled", "tips.settled"]);
    let data = |number: usize| serde_json::from_slice::<Value>(&told[number].1).unwrap()["data"].clone();
    assert_eq!((&data(1)["purchases"], &data(1)["rejected"]), (&json!([settled.receipts[0]]), &json!([])));
    assert_eq!(data(2)["tips"], json!([settled.receipts[1]]));
    assert_eq!(data(2)["tips"][0]["tip"], json!({"creator": "ana", "message": "bravo"}));
    assert_eq!(data(2)["rejected"], json!([{"purchase": entries[2].entry().id, "reason": "unknown_creator"}]));
}

#[tokio::test]
async fn a_back_end_that_was_down_for_an_hour_misses_nothing_and_keeps_the_order() {
    let (mut world, back_end) = (World::new(), BackEnd::start().await);
    let (endpoint, _) = register(&world, &back_end).await;
    let mut devices = [world.funded("5.00").await, world.funded("5.00").await, world.funded("5.00").await];
    back_end.answer(StatusCode::SERVICE_UNAVAILABLE);
    let mut expected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for minute in 0..60 {
        for (number, device) in devices.iter_mut().enumerate() {
            if minute % (number + 4) == 0 {
                buy(device).await;
            }
        }
        deliver(&world).await;
        pass_minutes(&world, 1);
        if minute == 30 {
            // What waits survives a restart.
            world.restart().await;
            devices.iter_mut().for_each(|device| device.router = world.gateway.router());
        }
    }
    assert_eq!(back_end.take().len(), 0);
    let waiting = shown(&world, &endpoint).await;
    assert!(waiting.iter().any(|message| message["problem"] == "it answered with status 503"), "{waiting:?}");
    for message in waiting.iter().rev() {
        assert_eq!(message["state"], "pending");
        let (account, purchases) = account_and_purchases(&message["body"]);
        expected.entry(account).or_default().extend(purchases);
    }

    back_end.answer(StatusCode::OK);
    for _ in 0..180 {
        deliver(&world).await;
        pass_minutes(&world, 1);
    }
    let mut told: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (_, body) in back_end.take() {
        let (account, purchases) = account_and_purchases(&serde_json::from_slice(&body).unwrap());
        told.entry(account).or_default().extend(purchases);
    }
    assert_eq!(told, expected);
    assert_eq!(told.values().map(Vec::len).collect::<Vec<_>>().iter().sum::<usize>(), waiting.len());
    assert!(shown(&world, &endpoint).await.iter().all(|message| message["state"] == "delivered"));
}

/// The account that a message is about, and a number for each thing that it tells, in order.
fn account_and_purchases(body: &Value) -> (String, Vec<u64>) {
    let data = &body["data"];
    let number = |text: &Value| {
        let digits: String = text.as_str().unwrap().chars().filter(char::is_ascii_hexdigit).collect();
        u64::from_str_radix(&digits[16..], 16).unwrap()
    };
    let told = match data["purchases"].as_array() {
        Some(receipts) => receipts.iter().map(|receipt| number(&receipt["jti"])).collect(),
        None => vec![number(&data["top_up"])],
    };
    (data["account"].as_str().unwrap().to_owned(), told)
}

#[tokio::test]
async fn what_was_given_up_after_three_days_is_sent_again_on_order() {
    let (world, back_end) = (World::new(), BackEnd::start().await);
    let (endpoint, _) = register(&world, &back_end).await;
    back_end.answer(StatusCode::FOUND);
    world.funded("5.00").await;
    for _ in 0..100 {
        deliver(&world).await;
        pass_minutes(&world, 60);
    }
    let given_up = shown(&world, &endpoint).await;
    assert_eq!((&given_up[0]["state"], &given_up[0]["attempts"]), (&json!("failed"), &json!(10)), "{given_up:?}");
    assert_eq!(given_up[0]["problem"], "it answered with status 302", "a redirect is not followed");

    back_end.answer(StatusCode::OK);
    deliver(&world).await;
    assert_eq!(back_end.take().len(), 0);
    let replayed: Value = ask(&world, Method::POST, &format!("/{endpoint}/replays"), None).await.json();
    assert_eq!(replayed, json!({"replayed": 1}));
    deliver(&world).await;
    let told = back_end.take();
    assert_eq!(told.len(), 1);
    assert_eq!(header(&told[0].0, "webhook-id"), given_up[0]["id"]);
}

#[tokio::test]
async fn an_endpoint_that_is_closed_or_gone_is_sent_nothing_more() {
    let (world, back_end, gone) = (World::new(), BackEnd::start().await, BackEnd::start().await);
    let ((closed, _), _) = (register(&world, &back_end).await, register(&world, &gone).await);
    gone.answer(StatusCode::GONE);
    assert_eq!(ask(&world, Method::DELETE, &format!("/{closed}"), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&world, Method::DELETE, &format!("/{closed}"), None).await.status, StatusCode::NOT_FOUND);
    let mut device = world.funded("5.00").await;
    deliver(&world).await;
    gone.answer(StatusCode::OK);
    buy(&mut device).await;
    deliver(&world).await;
    assert_eq!((back_end.take().len(), gone.take().len()), (0, 0));
    let left: Value = ask(&world, Method::GET, "", None).await.json();
    assert_eq!(left, json!({"endpoints": []}));
}

#[tokio::test]
async fn a_secret_is_shown_once_and_kept_sealed() {
    let (world, back_end) = (World::new(), BackEnd::start().await);
    let (_, secret) = register(&world, &back_end).await;
    let listed = ask(&world, Method::GET, "", None).await.text();
    assert!(listed.contains(&back_end.url) && !listed.contains("whsec"), "{listed}");
    let key = secret.strip_prefix("whsec_").unwrap();
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()));
    }
    for bad in [
        json!({"url": "ftp://game.example"}),
        json!({"url": "x"}),
        json!({}),
        json!({"url": "https://a.example", "b": 1}),
    ] {
        assert_eq!(ask(&world, Method::POST, "", Some(bad)).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_frozen_device_is_told_of() {
    let (world, back_end) = (World::new(), BackEnd::start().await);
    let mut device = world.enrolled().await;
    device.add_card(GOOD_CARD).await;
    register(&world, &back_end).await;
    let before = device.journal;
    let first = [device.consume()];
    device.upload(&first).await;
    device.journal = before;
    let other = [device.consume()];
    assert_eq!(device.try_upload(&other).await.status, StatusCode::CONFLICT);
    deliver(&world).await;
    let told = back_end.take();
    assert_eq!(told.iter().map(|(_, body)| kind(body)).collect::<Vec<_>>(), ["device.frozen"]);
}
