//! What a tester is promised of the faults that a sandbox makes: each does what it says, and once it
//! is lifted nothing is lost and nothing doubled.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use farthing_core::{
    Currency, DeclineCode, Money, PurchaseFilter, PurchaseRequest, PurchaseState, RejectionReason, TopUpState,
    Transport, Wallet, WalletError, WalletEvent,
};
use farthing_gateway::server::{ServeOptions, serve};
use farthing_protocol::{DeviceId, Receipt, from_base64url};
use farthing_tests::{ADDRESS, GOOD_CARD, World, add_card, owned, usd};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Where faults are ordered.
const PATH: &str = "/v1/sandbox/faults";

/// An order as a tester's tool makes it; returns the status and what was answered.
async fn ask(world: &World, method: Method, query: &str, key: &str, body: Option<&Value>) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(format!("{ADDRESS}{PATH}{query}"));
    let request = request.header("Authorization", format!("Bearer {key}")).header("Content-Type", "application/json");
    let body = body.map(Value::to_string).unwrap_or_default();
    let answer = world.network.send(request.body(Bytes::from(body)).unwrap()).await.unwrap();
    (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

fn secret_key(world: &World) -> String {
    std::fs::read_to_string(world.gateway_folder().join("secret.key")).unwrap().trim().to_owned()
}

/// Orders faults for all.
async fn order_for_all(world: &World, faults: Value) {
    let (status, answer) = ask(world, Method::PUT, "", &secret_key(world), Some(&faults)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Lifts every fault.
async fn lift(world: &World) {
    assert_eq!(ask(world, Method::DELETE, "", &secret_key(world), None).await.0, StatusCode::NO_CONTENT);
}

/// A wallet with money and one settled purchase, and the device's name from its receipt.
async fn phone(world: &World, amount: &str) -> (Wallet, DeviceId) {
    phone_named(world, "phone", amount).await
}

async fn phone_named(world: &World, name: &str, amount: &str) -> (Wallet, DeviceId) {
    let wallet = world.device(name).open_with(amount).await;
    let bought = wallet.buy("hint".into()).await.unwrap();
    wallet.sync().await.unwrap();
    let device = receipt(&wallet, bought.id).await.device;
    (wallet, device)
}

async fn receipt(wallet: &Wallet, purchase: farthing_core::EntryId) -> Receipt {
    let receipt = wallet.receipt(purchase).await.unwrap();
    serde_json::from_slice(&from_base64url(receipt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

async fn settled(wallet: &Wallet) -> usize {
    let purchases = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    purchases.iter().filter(|purchase| matches!(purchase.state, PurchaseState::Settled { .. })).count()
}

#[tokio::test]
async fn a_dropped_top_up_is_not_charged_until_it_is_asked_for_again() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (before, clearing) = (total(&wallet), world.ledger("card_clearing").await);
    let card = wallet.cards().await.unwrap()[0].id;
    world.order_faults(device, json!({"drop": {"resource": "top-ups"}})).await;
    assert_eq!(wallet.top_up(usd("5.00"), card).await.unwrap().state, TopUpState::Created);
    assert_eq!(world.ledger("card_clearing").await, clearing, "it was not carried out");
    lift(&world).await;
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), before.plus(usd("5.00")).unwrap());
    assert_eq!(world.ledger("card_clearing").await, clearing.plus(usd("4.55")).unwrap());
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_top_up_whose_answer_is_lost_is_charged_once() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (before, clearing) = (total(&wallet), world.ledger("card_clearing").await);
    let card = wallet.cards().await.unwrap()[0].id;
    world.order_faults(device, json!({"lose_response": {"resource": "top-ups"}})).await;
    assert_eq!(wallet.top_up(usd("5.00"), card).await.unwrap().state, TopUpState::Created);
    assert_eq!(world.ledger("card_clearing").await, clearing.plus(usd("4.55")).unwrap(), "it was carried out");
    lift(&world).await;
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), before.plus(usd("5.00")).unwrap());
    assert_eq!(world.ledger("card_clearing").await, clearing.plus(usd("4.55")).unwrap(), "and not again");

    // One lost answer alone the wallet gets over by itself.
    world.order_faults(device, json!({"lose_response": {"resource": "top-ups", "count": 1}})).await;
    assert_eq!(wallet.top_up(usd("5.00"), card).await.unwrap().state, TopUpState::Succeeded);
    assert_eq!(total(&wallet), before.plus(usd("10.00")).unwrap());
    assert_eq!(world.ledger("card_clearing").await, clearing.plus(usd("9.10")).unwrap());
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_lost_answer_waits_for_a_request_that_is_carried_out() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    // The nonce that the wallet has is too old by now: the first answer is a 401 that brings the next.
    let later = world.clock.clock().now().as_millisecond() + 1_000_000;
    world.clock.set(farthing_core::Timestamp::from_millisecond(later).unwrap());
    let revenue = world.ledger("platform_revenue").await;
    wallet.buy("extra_life".into()).await.unwrap();
    world.order_faults(device, json!({"lose_response": {"resource": "journal", "count": 1}})).await;
    assert!(matches!(wallet.sync().await, Err(WalletError::Offline { .. })));
    assert_ne!(world.ledger("platform_revenue").await, revenue, "it was carried out");
    let (_, ordered) = ask(&world, Method::GET, "", &secret_key(&world), None).await;
    assert_eq!(ordered, json!({"sets": []}), "it is used up");
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_error_is_answered_so_often_and_then_no_more() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    for (status, retry_after) in [(503, Some(Duration::from_secs(1))), (500, None)] {
        world.order_faults(device, json!({"error": {"status": status, "resource": "journal", "count": 2}})).await;
        for _ in 0..2 {
            assert_eq!(wallet.sync().await.unwrap_err(), WalletError::GatewayUnavailable { retry_after });
        }
        assert_eq!(wallet.sync().await.unwrap().waiting, 0);
        wallet.buy("extra_life".into()).await.unwrap();
    }
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_latency_holds_requests_up_and_no_more() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    world.order_faults(device, json!({"latency": {"milliseconds": 30, "resource": "journal", "count": 1}})).await;
    let began = Instant::now();
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    assert!(began.elapsed() >= Duration::from_millis(30));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_next_top_up_is_declined_whatever_the_card_and_the_one_after_is_not() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (before, card) = (total(&wallet), add_card(&wallet, GOOD_CARD).await.unwrap().id);
    world.order_faults(device, json!({"decline": {"code": "lost_card", "count": 1}})).await;
    let error = wallet.top_up(usd("5.00"), card).await.unwrap_err();
    assert!(matches!(error, WalletError::CardDeclined { code: DeclineCode::LostCard, .. }), "{error:?}");
    assert_eq!(total(&wallet), before);
    assert_eq!(wallet.top_up(usd("5.00"), card).await.unwrap().state, TopUpState::Succeeded);
    assert_eq!(total(&wallet), before.plus(usd("5.00")).unwrap());
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_rejected_purchase_gives_the_money_back_and_takes_back_what_is_unused() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (before, revenue) = (total(&wallet), world.ledger("platform_revenue").await);
    world.order_faults(device, json!({"reject": {"reason": "wrong_price", "count": 1}})).await;
    let mut events = wallet.events();
    let rejected = wallet.buy(PurchaseRequest::new("extra_life").quantity(3)).await.unwrap();
    wallet.consume("extra_life", 1, "level-1").await.unwrap();
    let good = wallet.buy("lantern".into()).await.unwrap();
    // Also when the answer is lost: the second time it is the same.
    world.order_faults(
        device,
        json!({"reject": {"reason": "wrong_price", "count": 1}, "lose_response": {"resource": "journal", "count": 1}}),
    )
    .await;
    assert!(matches!(wallet.sync().await, Err(WalletError::Offline { .. })));
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (2, 1, 0));
    assert_eq!((owned(&wallet, "extra_life").await, owned(&wallet, "lantern").await), (0, 1));
    assert_eq!(total(&wallet), before.minus(good.total).unwrap());
    assert_ne!(world.ledger("platform_revenue").await, revenue, "what was not rejected is sold");
    let reason = RejectionReason::WrongPrice;
    let told = std::iter::from_fn(|| events.try_recv().ok()).collect::<Vec<_>>();
    let expected = WalletEvent::Rejected { purchase: rejected.id, sku: rejected.sku, reason, revoked: 2 };
    assert!(told.contains(&expected), "{told:?}");

    let again = wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    assert_eq!(receipt(&wallet, again.id).await.total, usd("0.25"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_clock_is_skewed_for_all_and_set_right_again() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let now = world.clock.clock().now().as_second();
    for skew in [86_400, -86_400, 0] {
        order_for_all(&world, json!({"clock_skew_seconds": skew})).await;
        let bought = wallet.buy("extra_life".into()).await.unwrap();
        assert_eq!(wallet.sync().await.unwrap().settled, 1, "{skew}");
        assert_eq!(receipt(&wallet, bought.id).await.iat, now + skew);
    }
    order_for_all(&world, json!({"clock_skew_seconds": 3_600})).await;
    lift(&world).await;
    let bought = wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(receipt(&wallet, bought.id).await.iat, now);

    let key = secret_key(&world);
    let skew = json!({"clock_skew_seconds": 1});
    let (status, answer) = ask(&world, Method::PUT, &format!("?device={device}"), &key, Some(&skew)).await;
    assert_eq!((status, &answer["field"]), (StatusCode::BAD_REQUEST, &json!("clock_skew_seconds")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_frozen_device_does_nothing_until_it_is_freed_and_then_all_settles() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (tablet, _) = phone_named(&world, "tablet", "5.00").await;
    let card = wallet.cards().await.unwrap()[0].id;
    wallet.buy("extra_life".into()).await.unwrap();
    world.order_faults(device, json!({"freeze": true})).await;

    assert!(matches!(wallet.sync().await, Err(WalletError::DeviceFrozen { .. })));
    assert!(matches!(wallet.buy("extra_life".into()).await, Err(WalletError::DeviceFrozen { .. })));
    assert!(wallet.top_up(usd("5.00"), card).await.is_err());
    tablet.buy("extra_life".into()).await.unwrap();
    assert_eq!(tablet.sync().await.unwrap().settled, 1);

    world.order_faults(device, json!({})).await;
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    wallet.buy("extra_life".into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().waiting, 0);
    assert_eq!(owned(&wallet, "extra_life").await, 2);
    world.assert_balanced().await;
}

#[tokio::test]
async fn after_every_kind_of_fault_each_purchase_is_settled_once() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (before, settled_before) = (total(&wallet), settled(&wallet).await);
    let faults = [
        json!({"drop": {}}),
        json!({"lose_response": {}}),
        json!({"error": {"status": 500}}),
        json!({"error": {"status": 503}}),
        json!({"latency": {"milliseconds": 1}, "lose_response": {"resource": "journal"}}),
        json!({"freeze": true}),
    ];
    for (round, fault) in faults.iter().enumerate() {
        wallet.buy("extra_life".into()).await.unwrap();
        if round % 2 == 0 {
            world.order_faults(device, fault.clone()).await
        } else {
            order_for_all(&world, fault.clone()).await
        }
        for _ in 0..2 {
            assert!(wallet.sync().await.is_err(), "{fault}");
        }
        lift(&world).await;
        wallet.sync().await.unwrap();
        assert_eq!(settled(&wallet).await, settled_before + round + 1, "{fault}");
    }
    assert_eq!(owned(&wallet, "extra_life").await, 6);
    assert_eq!(total(&wallet), before.minus(usd("1.50")).unwrap());
    world.assert_balanced().await;
}

#[tokio::test]
async fn faults_of_all_meet_enrolments_too() {
    let world = World::new();
    order_for_all(&world, json!({"error": {"status": 503, "resource": "enrolments", "count": 1}})).await;
    let wallet = world.device("phone").open().await;
    assert!(matches!(wallet.sync().await, Err(WalletError::GatewayUnavailable { .. })));
    wallet.sync().await.unwrap();
}

#[tokio::test]
async fn an_app_orders_faults_for_its_own_device_and_the_secret_key_for_all() {
    let world = World::new();
    let (wallet, device) = phone(&world, "5.00").await;
    let (tablet, _) = phone_named(&world, "tablet", "5.00").await;
    let (publishable, secret) = (world.gateway().publishable_key().to_owned(), secret_key(&world));
    let own = format!("?device={device}");
    let drop = json!({"drop": {"count": 9}});

    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then_some(&drop);
        let (status, answer) = ask(&world, method.clone(), "", &publishable, body).await;
        assert_eq!((status, &answer["field"]), (StatusCode::BAD_REQUEST, &json!("device")), "{method}");
        let stranger = format!("?device={}", DeviceId::generate());
        assert_eq!(ask(&world, method.clone(), &stranger, &secret, body).await.0, StatusCode::NOT_FOUND);
        for key in ["", "pk_test_other", "sk_live_other"] {
            assert_eq!(ask(&world, method.clone(), &own, key, body).await.0, StatusCode::UNAUTHORIZED, "{key}");
        }
    }
    for bad in [json!({"drop": {"count": 0}}), json!({"dorp": {}}), json!([]), json!({"error": {"status": 404}})] {
        assert_eq!(ask(&world, Method::PUT, &own, &publishable, Some(&bad)).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(ask(&world, Method::GET, "", &secret, None).await.1, json!({"sets": []}), "nothing was ordered");

    world.order_faults(device, drop.clone()).await;
    assert!(wallet.sync().await.is_err());
    tablet.sync().await.unwrap();
    let (_, ordered) = ask(&world, Method::GET, &own, &publishable, None).await;
    assert_eq!(ordered["sets"][0]["device"], json!(device));
    assert!(ordered["sets"][0]["faults"]["drop"]["count"].as_u64().unwrap() < 9, "{ordered}");
    assert_eq!(ask(&world, Method::DELETE, &own, &publishable, None).await.0, StatusCode::NO_CONTENT);
    wallet.sync().await.unwrap();
}

#[tokio::test]
async fn no_fault_locks_a_tester_out_and_none_survives_a_restart() {
    let mut world = World::new();
    let (wallet, _) = phone(&world, "5.00").await;
    for fault in [json!({"drop": {}}), json!({"lose_response": {}}), json!({"error": {"status": 500}})] {
        order_for_all(&world, fault.clone()).await;
        for path in ["/healthz", "/openapi.json"] {
            let request = Request::get(format!("{ADDRESS}{path}")).body(Bytes::new()).unwrap();
            assert_eq!(world.network.send(request).await.unwrap().status(), StatusCode::OK, "{path} {fault}");
        }
        assert!(wallet.sync().await.is_err(), "{fault}");
        assert_eq!(ask(&world, Method::GET, "", &secret_key(&world), None).await.1["sets"][0]["faults"], fault);
    }
    world.restart_gateway().await;
    assert_eq!(ask(&world, Method::GET, "", &secret_key(&world), None).await.1, json!({"sets": []}));
    wallet.sync().await.unwrap();
}

/// Sends a request over a connection of its own; returns all that comes back.
fn exchange(address: &str, request: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn over_a_socket_a_dropped_request_gets_not_one_byte() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (tell, started) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let options = ServeOptions {
        data: data.clone(),
        listen,
        database: None,
        tls: None,
        drain: Duration::ZERO,
        fault_script: None,
    };
    let serving = serve(options, |started| tell.send(started.address.clone()).unwrap(), async {
        let _ = stopped.await;
    });
    let asking = async {
        let address = started.await.unwrap().replace("http://", "");
        let key = std::fs::read_to_string(data.join("secret.key")).unwrap();
        let asked = tokio::task::spawn_blocking(move || {
            let head = |start: &str| format!("{start} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
            let keys = || exchange(&address, &format!("{}\r\n", head("GET /v1/keys")));
            let put = |body: &str| {
                let fields = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", key.trim());
                let length = body.len();
                let head = head(&format!("PUT {PATH}"));
                exchange(&address, &format!("{head}{fields}Content-Length: {length}\r\n\r\n{body}"))
            };
            let mut answers = vec![keys(), put(r#"{"drop":{"count":1},"lose_response":{"count":1}}"#)];
            answers.extend([keys(), keys(), keys()]);
            answers
        });
        let answers = asked.await.unwrap();
        stop.send(()).unwrap();
        answers
    };
    let (served, answers) = tokio::join!(serving, asking);
    served.unwrap();
    let statuses: Vec<&str> = answers.iter().map(|answer| answer.lines().next().unwrap_or_default()).collect();
    assert_eq!(statuses, ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "", "", "HTTP/1.1 200 OK"]);
}
