//! A proxy that broke TLS sits between wallet and gateway.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]
#![allow(clippy::print_stdout, reason = "what was tried is told")]

use std::sync::Arc;

use bytes::Bytes;
use farthing_core::{Currency, PurchaseFilter, PurchaseState, Wallet, WalletError};
use farthing_protocol::{Digest, base64url, from_base64url};
use farthing_tests::{Device, GOOD_CARD, World, add_card, in_memory, usd};
use farthing_threats::flips::{Plan, run};
use farthing_threats::proxy::{Exchange, Proxy};
use farthing_threats::table::GatewayBooks;
use http::{Response, StatusCode};
use serde_json::Value;

/// `cargo test` changes one byte in this many; `FARTHING_FLIP_EVERY=1` changes each.
const EVERY: usize = 47;

#[tokio::test]
async fn no_changed_byte_of_any_message_moves_money_or_loses_a_purchase() {
    in_memory();
    let every = std::env::var("FARTHING_FLIP_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(EVERY);
    let report = run(Plan { every, bits: 1 }, |_, _, _| {}).await;
    for (message, count) in &report.flips {
        println!("{count:>6}  {message}");
    }
    println!("{} bytes changed, 1 in {every}; what the wallet said: {:?}", report.total(), report.errors);
    for finding in report.findings.iter().take(40) {
        println!("FOUND {finding}");
    }
    assert_eq!(report.findings.len(), 0);
    assert!(report.total() > 500);
}

/// A wallet behind the proxy, with money.
struct Phone {
    proxy: Arc<Proxy>,
    wallet: Wallet,
    bought: u32,
}

impl Phone {
    async fn new(world: &World, name: &str) -> Self {
        let device: Device = world.device(name);
        let proxy = Proxy::new(world.network.clone());
        let wallet = Wallet::open(device.config().transport(proxy.clone()), device.keys()).await.unwrap();
        wallet.sync().await.unwrap();
        let card = add_card(&wallet, GOOD_CARD).await.unwrap();
        wallet.top_up(usd("10.00"), card.id).await.unwrap();
        let mut phone = Phone { proxy, wallet, bought: 0 };
        phone.buy().await;
        phone.wallet.sync().await.unwrap();
        phone
    }

    async fn buy(&mut self) {
        self.wallet.buy("health_potion".into()).await.unwrap();
        self.bought += 1;
    }

    /// Nothing left the queue, and with fair weather all of it settles once.
    async fn assert_unharmed(&self, world: &World, what: &str) {
        let expected = usd("10.00").minus(usd("0.10").times(self.bought).unwrap()).unwrap();
        let total = || self.wallet.balance().of_currency(Currency::USD).total;
        assert_eq!(total(), expected, "{what}");
        self.proxy.end();
        let report = self.wallet.sync().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((report.waiting, report.rejected), (0, 0), "{what}");
        assert_eq!(total(), expected, "{what}");
        let all = self.wallet.purchases(PurchaseFilter { limit: 1_000, waiting_only: false }).await.unwrap();
        assert_eq!(all.len() as u32, self.bought, "{what}");
        assert!(all.iter().all(|purchase| matches!(purchase.state, PurchaseState::Settled { .. })), "{what}");
        world.assert_balanced().await;
        let books = GatewayBooks::open(&world.gateway_folder());
        assert_eq!((books.frozen(), books.rejected(), books.unpaid()), (0, 0, usd("0")), "{what}");
    }
}

#[tokio::test]
async fn every_earlier_request_sent_again_is_refused() {
    in_memory();
    let world = World::new();
    let mut phone = Phone::new(&world, "phone").await;
    phone.buy().await;
    phone.proxy.begin(None);
    phone.wallet.sync().await.unwrap();
    let card = phone.wallet.cards().await.unwrap().remove(0);
    phone.wallet.receipt(phone.wallet.purchases(PurchaseFilter::default()).await.unwrap()[0].id).await.unwrap();
    let other = add_card(&phone.wallet, "5555555555554444").await.unwrap();
    phone.wallet.remove_card(other.id).await.unwrap();
    let said = phone.proxy.recorded();
    let before = GatewayBooks::open(&world.gateway_folder()).charged();
    for round in 0..2 {
        for exchange in said.iter().rev() {
            let answer = phone.proxy.inject(exchange.request.clone()).await.unwrap();
            let open = exchange.request.headers().get("dpop").is_none();
            assert!(
                open || answer.status() == StatusCode::UNAUTHORIZED,
                "{round} {}: {}",
                exchange.name(),
                answer.status()
            );
        }
    }
    println!("{} requests sent twice more", said.len());
    assert_eq!(GatewayBooks::open(&world.gateway_folder()).charged(), before);
    assert_eq!(phone.wallet.cards().await.unwrap(), [card]);
    phone.assert_unharmed(&world, "replayed requests").await;
}

/// What an endpoint answered.
fn answers(said: &[Exchange]) -> Vec<(String, Response<Bytes>)> {
    said.iter().map(|exchange| (exchange.name(), exchange.answer.clone())).collect()
}

#[tokio::test]
async fn an_earlier_answer_or_another_devices_settles_nothing() {
    in_memory();
    let world = World::new();
    let (mut phone, mut other) = (Phone::new(&world, "phone").await, Phone::new(&world, "other").await);
    let mut old = Vec::new();
    for device in [&mut phone, &mut other] {
        device.buy().await;
        device.proxy.begin(None);
        device.wallet.sync().await.unwrap();
        old.extend(answers(&device.proxy.recorded()));
    }
    let mut tried = 0;
    // Each old answer in the place of each endpoint's answer: also of another kind.
    for endpoint in ["POST /v1/journal", "POST /v1/allowances", "GET /v1/catalog", "GET /v1/cards"] {
        for (kind, stale) in &old {
            phone.buy().await;
            let stale = stale.clone();
            phone.proxy.begin(None);
            phone.proxy.forge(move |request, answer| {
                let here = format!("{} {}", request.method(), request.uri().path());
                if here == endpoint { stale.clone() } else { answer }
            });
            let synced = phone.wallet.sync().await;
            tried += 1;
            if endpoint == "POST /v1/journal" {
                assert!(synced.is_err(), "{kind} was taken for a settlement");
                let waiting = PurchaseFilter { limit: 10, waiting_only: true };
                assert_eq!(phone.wallet.purchases(waiting).await.unwrap().len(), 1, "{kind}");
            }
            phone.assert_unharmed(&world, &format!("{kind} in place of {endpoint}")).await;
        }
    }
    println!("{tried} answers swapped");
}

#[tokio::test]
async fn another_devices_batch_is_refused_and_freezes_no_one() {
    in_memory();
    let world = World::new();
    let (mut phone, mut other) = (Phone::new(&world, "phone").await, Phone::new(&world, "other").await);
    phone.buy().await;
    other.buy().await;
    other.proxy.begin(None);
    other.wallet.sync().await.unwrap();
    let recorded = other.proxy.recorded();
    let theirs = recorded.iter().find(|exchange| exchange.name() == "POST /v1/journal").unwrap().request.body().clone();
    // The other's batch, under the token and the proof of a third device.
    phone.proxy.begin(None);
    let (key, address) = (world.gateway().publishable_key().to_owned(), farthing_tests::ADDRESS);
    let mut raw = farthing_threats::raw::RawDevice::enrol(world.network.clone(), address, &key).await;
    let answer = raw.post_bytes("/v1/journal", &theirs).await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
    phone.assert_unharmed(&world, "another's batch").await;
    other.assert_unharmed(&world, "another's batch").await;
}

type Rewrite = (&'static str, fn(&mut Value, &str));

/// Rewrites the header of a compact JWS.
fn reheader(token: &str, rewrite: impl Fn(&mut Value, &str)) -> String {
    let Some((header, rest)) = token.split_once('.') else { return token.to_owned() };
    let Some(Ok(mut header)) = from_base64url(header).map(|bytes| serde_json::from_slice::<Value>(&bytes)) else {
        return token.to_owned();
    };
    rewrite(&mut header, rest);
    format!("{}.{rest}", base64url(header.to_string().as_bytes()))
}

/// Rewrites every signed document of an answer.
fn downgrade(answer: Response<Bytes>, rewrite: fn(&mut Value, &str)) -> Response<Bytes> {
    answer.map(|body| {
        let Ok(mut json) = serde_json::from_slice::<Value>(&body) else { return body };
        let Some(members) = json.as_object_mut() else { return body };
        for member in members.values_mut() {
            match member {
                Value::String(text) if text.matches('.').count() == 2 => *text = reheader(text, rewrite),
                Value::Array(list) => list.iter_mut().for_each(|one| {
                    if let Value::String(text) = one {
                        *text = reheader(text, rewrite);
                    }
                }),
                _ => {}
            }
        }
        json.to_string().into()
    })
}

const DOWNGRADES: [Rewrite; 9] = [
    ("alg none", |header, _| header["alg"] = "none".into()),
    ("alg None", |header, _| header["alg"] = "None".into()),
    ("alg HS256", |header, _| header["alg"] = "HS256".into()),
    ("alg ES384", |header, _| header["alg"] = "ES384".into()),
    ("a key of no set", |header, _| header["kid"] = Digest::of(b"another").to_string().into()),
    ("no key", |header, _| drop(header.as_object_mut().unwrap().remove("kid"))),
    ("another type", |header, _| header["typ"] = "farthing-receipt+jwt".into()),
    ("no type", |header, _| drop(header.as_object_mut().unwrap().remove("typ"))),
    ("a critical extension", |header, _| header["crit"] = serde_json::json!(["b64"])),
];

#[tokio::test]
async fn no_document_is_taken_with_a_weaker_or_another_header() {
    in_memory();
    let world = World::new();
    let mut phone = Phone::new(&world, "phone").await;
    for (name, rewrite) in DOWNGRADES {
        phone.buy().await;
        phone.proxy.begin(None);
        phone.proxy.forge(move |_, answer| downgrade(answer, rewrite));
        let refused = phone.wallet.sync().await;
        assert!(matches!(refused, Err(WalletError::GatewayNotTrusted { .. })), "{name}: {refused:?}");
        phone.assert_unharmed(&world, name).await;
    }
}

#[tokio::test]
async fn a_forged_problem_never_takes_a_purchase_off_the_queue_or_freezes_the_wallet() {
    in_memory();
    let world = World::new();
    let mut phone = Phone::new(&world, "phone").await;
    for kind in farthing_protocol::ProblemKind::ALL {
        phone.buy().await;
        let problem = farthing_protocol::Problem::new(*kind, "says the proxy");
        phone.proxy.begin(None);
        phone.proxy.forge(move |request, answer| {
            if request.uri().path() != "/v1/journal" {
                return answer;
            }
            let mut forged = Response::new(Bytes::from(serde_json::to_vec(&problem).unwrap()));
            *forged.status_mut() = StatusCode::from_u16(problem.status).unwrap();
            forged.headers_mut().insert("content-type", "application/problem+json".parse().unwrap());
            forged
        });
        assert!(phone.wallet.sync().await.is_err(), "{kind:?}");
        phone.buy().await;
        phone.assert_unharmed(&world, &format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn old_prices_and_an_old_allowance_are_not_brought_back() {
    in_memory();
    let mut world = World::new();
    let mut phone = Phone::new(&world, "phone").await;
    let old = {
        phone.proxy.begin(None);
        let fresh = world.device("fresh");
        let other = Wallet::open(fresh.config().transport(phone.proxy.clone()), fresh.keys()).await.unwrap();
        other.sync().await.unwrap();
        let said = phone.proxy.recorded();
        said.iter().find(|exchange| exchange.name() == "GET /v1/catalog").unwrap().answer.clone()
    };
    phone.proxy.begin(None);
    phone.wallet.sync().await.unwrap();
    let said = phone.proxy.recorded();
    let allowance = said.iter().find(|exchange| exchange.name() == "POST /v1/allowances").unwrap().answer.clone();
    // The sword gets dearer, and more is spent.
    let catalog = world.gateway_folder().join("catalog.toml");
    let dearer = std::fs::read_to_string(&catalog).unwrap().replace("\"4.99\"", "\"5.99\"");
    std::fs::write(&catalog, dearer).unwrap();
    world.restart_gateway().await;
    phone.buy().await;
    phone.wallet.sync().await.unwrap();
    let price = |catalog: &farthing_core::Catalog| {
        catalog.items.iter().find(|item| item.sku.as_str() == "sword_of_dawn").unwrap().price
    };
    assert_eq!(price(&phone.wallet.catalog().await.unwrap()), usd("5.99"));
    let spendable = phone.wallet.balance().of_currency(Currency::USD).offline_spendable;

    phone.proxy.begin(None);
    phone.proxy.forge(move |request, answer| match request.uri().path() {
        "/v1/catalog" => old.clone(),
        "/v1/allowances" => allowance.clone(),
        _ => answer,
    });
    assert!(matches!(phone.wallet.sync().await, Err(WalletError::GatewayNotTrusted { .. })));
    assert_eq!(price(&phone.wallet.catalog().await.unwrap()), usd("5.99"));
    assert_eq!(phone.wallet.balance().of_currency(Currency::USD).offline_spendable, spendable);
    phone.assert_unharmed(&world, "old documents").await;
}
