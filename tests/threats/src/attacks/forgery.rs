use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Money, Transport, TransportError, WalletConfig};
use farthing_protocol::api::{BatchResponse, TokenRequest};
use farthing_protocol::{EntryBody, Outcome, PurchaseBody, ReleaseBody, Settlement};
use farthing_tests::{ADDRESS, GOOD_CARD, World, usd};
use http::{HeaderMap, Method, Request, Response, StatusCode};

use super::{settle, spendable};
use crate::raw::{Courier, RawDevice, json, read};
use crate::table::{GatewayBooks, Line, line};

/// A wallet that was rewritten, with the device's own key: it signs what no wallet would.
pub async fn rewritten_wallet() -> Vec<Line> {
    let world = World::new();
    let key = world.gateway().publishable_key();
    let mut device = RawDevice::enrol(world.network.clone(), ADDRESS, key).await;
    device.fund(GOOD_CARD, usd("10.00")).await;
    let allowance = device.allowance.as_ref().unwrap().limit;
    let now = world.clock.clock().now();
    let cheaper = |device: &RawDevice, price: &str| device.purchase("sword_of_dawn", usd(price), 1);
    let version = device.allowance.as_ref().unwrap().version;
    let bodies: Vec<EntryBody> = [
        cheaper(&device, "0.01"),
        cheaper(&device, "-4.99"),
        cheaper(&device, "0"),
        PurchaseBody { total: usd("0.25"), ..device.purchase("extra_life", usd("0.25"), 9) },
        device.purchase("extra_life", usd("0.25"), 0),
        device.purchase("extra_life", usd("0.25"), u32::MAX),
        device.purchase("sword_of_dawn", usd("4.99"), 2),
        PurchaseBody { catalog: 99, ..device.purchase("extra_life", usd("0.25"), 1) },
        PurchaseBody { allowance: version + 1, ..device.purchase("extra_life", usd("0.25"), 1) },
        PurchaseBody { allowance: 0, ..device.purchase("extra_life", usd("0.25"), 1) },
        device.purchase("no_such_item", usd("0.25"), 1),
        device.purchase("extra_life", Money::parse("0.25", farthing_core::Currency::EUR).unwrap(), 1),
    ]
    .into_iter()
    .map(EntryBody::Purchase)
    .chain(
        [usd("11.00"), usd("-1.00"), usd("0")]
            .map(|amount| EntryBody::Release(ReleaseBody { amount, allowance: version })),
    )
    .collect();
    let tries = bodies.len() as u64 + 3 * 100;
    for body in bodies {
        let outcome = upload(&mut device, vec![(body.clone(), now)]).await.remove(0);
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{body:?}: {outcome:?}");
    }
    assert_eq!(GatewayBooks::open(&world.gateway_folder()).receipts().len(), 0);
    // Three times as much as was reserved, at the right price.
    let mut settled = usd("0");
    for _ in 0..3 {
        let body = EntryBody::Purchase(device.purchase("health_potion", usd("0.10"), 1));
        let outcomes = upload(&mut device, vec![(body, now); 100]).await;
        let count = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Settled { .. })).count();
        settled = settled.plus(usd("0.10").times(u32::try_from(count).unwrap()).unwrap()).unwrap();
    }
    assert_eq!(settled, allowance, "what settles is what was reserved");
    vec![line("wallet rewritten: prices, sums, versions, 3 x allowance", tries, &world, allowance, &[]).await]
}

async fn upload(device: &mut RawDevice, bodies: Vec<(EntryBody, farthing_core::Timestamp)>) -> Vec<Outcome> {
    let entries: Vec<_> = bodies.into_iter().map(|(body, at)| device.append(body, at)).collect();
    let batch = device.batch(&entries);
    let answer: BatchResponse = read(&device.post("/v1/journal", &batch).await.unwrap());
    device.open::<Settlement>(&answer.settlement).outcomes
}

/// Keeps the last request's headers.
struct Tap {
    inner: Arc<dyn Transport>,
    seen: Mutex<Option<(Request<()>, Bytes)>>,
}

#[async_trait]
impl Transport for Tap {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        if parts.headers.contains_key("authorization") {
            *self.seen.lock().unwrap() = Some((Request::from_parts(parts.clone(), ()), body.clone()));
        }
        self.inner.send(Request::from_parts(parts, body)).await
    }
}

/// A thief has a wallet's access token, and the proofs that it sent, but not its key.
pub async fn access_token_stolen() -> Vec<Line> {
    let world = World::new();
    let device = world.device("phone");
    let tap = Arc::new(Tap { inner: world.network.clone(), seen: Mutex::new(None) });
    let config: WalletConfig = device.config().transport(tap.clone());
    let wallet = farthing_core::Wallet::open(config, device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    let card = farthing_tests::add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("10.00"), card.id).await.unwrap();
    let allowance = spendable(&wallet);
    let granted = vec![wallet.buy("extra_life".into()).await.unwrap()];
    settle(&wallet).await.unwrap();

    let (stolen, body) = tap.seen.lock().unwrap().take().unwrap();
    let token = stolen.headers()["authorization"].to_str().unwrap().trim_start_matches("DPoP ").to_owned();
    let victim = wallet.device().await.unwrap().unwrap();
    let mut thief = Courier::new(world.network.clone(), ADDRESS);
    let top_up = json(&serde_json::json!({"amount": {"amount": "5.00", "currency": "USD"}, "card": card.id}));
    let mut tries = 0;
    for (method, path, body) in [
        (Method::GET, "/v1/account", None),
        (Method::GET, "/v1/cards", None),
        (Method::GET, "/v1/catalog", None),
        (Method::POST, "/v1/allowances", Some(json(&serde_json::json!({})))),
        (Method::POST, "/v1/top-ups", Some(top_up)),
        (Method::POST, "/v1/token", Some(json(&TokenRequest { device: victim }))),
    ] {
        // The thief's own key with the stolen token, then the token as a bearer's, then the victim's old proof.
        let own_key = thief.exchange(method.clone(), path, Some(&token), body.as_ref()).await.unwrap();
        let request = |headers: HeaderMap| {
            let mut request = Request::new(body.clone().unwrap_or_default());
            *request.method_mut() = method.clone();
            *request.uri_mut() = format!("{ADDRESS}{path}").parse().unwrap();
            *request.headers_mut() = headers;
            request
        };
        let mut bearer = HeaderMap::new();
        bearer.insert("authorization", format!("Bearer {token}").parse().unwrap());
        bearer.insert("content-type", "application/json".parse().unwrap());
        let bearer = world.network.send(request(bearer)).await;
        let old_proof = world.network.send(request(stolen.headers().clone())).await;
        for answer in [Ok(own_key), bearer, old_proof] {
            let status = answer.unwrap().status();
            let refused = status == StatusCode::UNAUTHORIZED || status == StatusCode::NOT_FOUND && path == "/v1/token";
            assert!(refused, "{method} {path}: {status}");
            tries += 1;
        }
    }
    // The very same request again.
    let replayed = world.network.send(stolen.map(|()| body)).await.unwrap();
    assert_eq!(replayed.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(GatewayBooks::open(&world.gateway_folder()).charged(), usd("10.00"));
    vec![line("access token stolen: other key, bearer, old proof", tries + 1, &world, allowance, &granted).await]
}
