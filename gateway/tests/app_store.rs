//! What players, merchants and operators are promised where packs of balance are sold in Apple's App Store. What the
//! store signs is made by a stand-in of ours in its shape (`tests/store-fakes`); that Apple's own library takes such
//! messages is shown by `tests/tests/interoperability.rs`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_gateway::{Gateway, ManualClock, StartError};
use farthing_protocol::api::{TopUpResponse, TopUpState};
use farthing_protocol::{Money, ProblemKind, StorePurchase, TopUpStatement};
use farthing_store_fakes::{AppStore, Flaw};
use serde_json::{Value, json};

use crate::device::{ADDRESS, Answer, Device, World, send, usd};

const SAMPLE: &str = include_str!("../src/gateway.toml");
const PACK: &str = "com.example.game.balance_5";

fn settings() -> String {
    let section = format!(
        "[processors.app_store]\nbundle_id = \"com.example.game\"\nenvironment = \"sandbox\"\n\
         fees = {{ percentage = \"15\", fixed = {{ default = \"0\" }} }}\n[processors.app_store.packs]\n\
         {PACK:?} = {{ currency = \"USD\", credit = \"5.00\", price = \"4.99\" }}\n"
    );
    format!("{SAMPLE}\n{section}")
}

/// A gateway that credits what a store signs.
fn set_up() -> (World, AppStore) {
    set_up_with("")
}

fn set_up_with(rules: &str) -> (World, AppStore) {
    let store = AppStore::new();
    let world = World::on(ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap()), |folder| {
        std::fs::write(folder.join("gateway.toml"), format!("{}{rules}", settings())).unwrap();
        std::fs::write(folder.join("app-store-root.cer"), store.root()).unwrap();
    });
    (world, store)
}

fn now(world: &World) -> i64 {
    world.clock.clock().now().as_millisecond()
}

fn bought(world: &World, id: &str) -> Value {
    AppStore::transaction(id, PACK, now(world))
}

async fn hand_over(device: &mut Device, signed_transaction: String) -> Answer {
    device.post("/v1/store-top-ups", &StorePurchase::AppStore { signed_transaction }).await
}

async fn tell(world: &World, body: String) -> Answer {
    let request = Request::post(format!("{ADDRESS}/v1/processors/app-store/notifications"));
    send(&world.gateway.router(), request.body(Body::from(body)).unwrap()).await
}

async fn players(world: &World) -> Money {
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    usd("0").minus(owed).unwrap()
}

fn uuid(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:02}")
}

#[tokio::test]
async fn a_pack_credits_once_whichever_device_or_account_hands_it_over() {
    let (world, store) = set_up();
    let (mut first, mut other) = (world.enrolled().await, world.enrolled().await);
    let signed = store.sign(&bought(&world, "2000000001"));
    let credited: TopUpResponse = hand_over(&mut first, signed.clone()).await.json();
    assert_eq!((credited.state.clone(), credited.amount), (TopUpState::Succeeded, usd("5.00")));
    let statement: TopUpStatement = first.open(&credited.statement);
    let key = StorePurchase::AppStore { signed_transaction: signed.clone() }.key().to_string();
    assert_eq!((statement.idempotency_key.as_str(), statement.amount), (key.as_str(), usd("5.00")));

    // Signed again at another time it is the same purchase.
    let mut again = bought(&world, "2000000001");
    again["signedDate"] = json!(now(&world) + 60_000);
    for signed in [signed.clone(), store.sign(&again)] {
        let known: TopUpResponse = hand_over(&mut first, signed).await.json();
        assert_eq!((known.id, known.state), (credited.id, TopUpState::Succeeded));
    }
    assert_eq!(hand_over(&mut other, signed).await.kind(), ProblemKind::StorePurchaseTaken);
    assert_eq!(players(&world).await, usd("5.00"));
    // 15 % of 4.99 is 0.7485, to the cent; the cent above the price is the platform's.
    assert_eq!(world.ledger("store_receivable").await, usd("4.24"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("0.75"));
    assert_eq!(world.ledger("platform_revenue").await, usd("0.01"));
    world.assert_balanced().await;

    // A twentieth of the credit bears a twentieth of the store's fee.
    first.refresh().await;
    let entry = [first.buy()];
    let receipt = first.upload(&entry).await.receipts.pop().unwrap();
    assert_eq!(receipt.split.processor, usd("0.0375"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_erased_account_is_credited_nothing_that_nobody_could_use() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    assert!(hand_over(&mut device, store.sign(&bought(&world, "2000000001"))).await.status.is_success());
    let account = device.enrolment.as_ref().unwrap().account;
    let wish = json!({"account": account, "left_over": "write_off"});
    let erased = world.merchant(Method::POST, "/v1/erasures", &[], Some(wish)).await;
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.text());
    let second = store.sign(&bought(&world, "2000000002"));
    assert_eq!(hand_over(&mut device, second).await.kind(), ProblemKind::AccountErased);
    assert_eq!(players(&world).await, usd("0"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_pack_counts_in_what_is_loaded_in_a_month() {
    let (world, store) = set_up_with("[rules.caps]\nmonthly_load = { default = \"12.00\" }\n");
    let mut device = world.enrolled().await;
    let card = device.add_card("4242424242424242").await;
    assert!(hand_over(&mut device, store.sign(&bought(&world, "2000000001"))).await.status.is_success());
    assert_eq!(device.try_top_up("too-much", usd("7.01"), &card).await.kind(), ProblemKind::TopUpCapReached);
    assert_eq!(device.top_up("the-rest", usd("7.00"), &card).await.state, TopUpState::Succeeded);
}

#[tokio::test]
async fn two_requests_at_once_credit_once() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    device.get("/v1/account").await;
    let signed = store.sign(&bought(&world, "2000000001"));
    let body = serde_json::to_vec(&StorePurchase::AppStore { signed_transaction: signed }).unwrap();
    let requests = (0..8).map(|_| {
        let path = "/v1/store-top-ups";
        let mut proof = device.proof(&Method::POST, path, device.token.as_deref());
        proof.jti = farthing_protocol::EntryId::generate().to_string();
        device.request(&Method::POST, path, &proof, Some(body.clone()))
    });
    let requests: Vec<_> = requests.collect();
    let router = world.gateway.router();
    let answers = futures_util::future::join_all(requests.into_iter().map(|request| send(&router, request))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
    assert_eq!(players(&world).await, usd("5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn only_what_the_store_has_signed_for_this_app_credits() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    let transaction = bought(&world, "2000000001");
    let mut signed: Vec<(String, &str)> = Vec::new();
    for flaw in [Flaw::UnmarkedLeaf, Flaw::UnmarkedIntermediate, Flaw::NoIntermediate, Flaw::Expired] {
        let forger = AppStore::with(flaw);
        let folder = World::on(world.clock.clone(), |folder| {
            std::fs::write(folder.join("gateway.toml"), settings()).unwrap();
            std::fs::write(folder.join("app-store-root.cer"), forger.root()).unwrap();
        });
        // Even by the operator's own root.
        let refused = hand_over(&mut folder.enrolled().await, forger.sign(&transaction)).await;
        assert_eq!(refused.kind(), ProblemKind::StorePurchaseInvalid, "{flaw:?}");
        assert!(refused.problem().detail.contains("do not lead to Apple"), "{}", refused.text());
    }
    signed.push((AppStore::new().sign(&transaction), "do not lead to Apple"));
    for (member, value, why) in [
        ("bundleId", json!("com.example.other"), "another app"),
        ("environment", json!("Production"), "another environment"),
        ("productId", json!("com.example.game.sword"), "no pack"),
        ("type", json!("Non-Consumable"), "not a consumable"),
        ("inAppOwnershipType", json!("FAMILY_SHARED"), "the family"),
        ("revocationDate", json!(1), "given its price back"),
        ("quantity", json!(0), "no pack"),
        ("transactionId", Value::Null, "not what the App Store signs"),
    ] {
        let mut other = transaction.clone();
        other[member] = value;
        signed.push((store.sign(&other), why));
    }
    let good = store.sign(&transaction);
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let mut dearer = transaction.clone();
    dearer["quantity"] = json!(9);
    let dearer = store.sign(&dearer);
    let payload = dearer.split('.').nth(1).unwrap();
    signed.push((format!("{head}.{payload}.{signature}"), "signature is wrong"));
    signed.push((store.sign_with(&json!({"alg": "none"}), &transaction), "not what the App Store signs"));
    signed.push((store.sign_with(&json!({"alg": "ES256", "x5c": []}), &transaction), "three certificates"));
    for bad in ["", "a.b", "a.b.c", "....", &good[1..]] {
        signed.push((bad.to_owned(), "not what the App Store signs"));
    }
    for (signed, why) in signed {
        let refused = hand_over(&mut device, signed).await;
        assert_eq!(refused.kind(), ProblemKind::StorePurchaseInvalid, "{why}");
        assert!(refused.problem().detail.contains(why), "{why}: {}", refused.text());
    }
    assert_eq!(players(&world).await, usd("0"));
    assert_eq!(hand_over(&mut device, good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_purchase_that_names_its_account_credits_no_other() {
    let (world, store) = set_up();
    let (mut thief, mut owner) = (world.enrolled().await, world.enrolled().await);
    let mut transaction = bought(&world, "2000000001");
    transaction["appAccountToken"] = json!(owner.enrolment.as_ref().unwrap().account);
    let signed = store.sign(&transaction);
    assert_eq!(hand_over(&mut thief, signed.clone()).await.kind(), ProblemKind::StorePurchaseTaken);
    assert_eq!(hand_over(&mut owner, signed).await.status, StatusCode::OK);
}

#[tokio::test]
async fn several_of_a_pack_are_credited_together() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    let mut transaction = bought(&world, "2000000001");
    transaction["quantity"] = json!(3);
    let credited: TopUpResponse = hand_over(&mut device, store.sign(&transaction)).await.json();
    assert_eq!((credited.amount, players(&world).await), (usd("15.00"), usd("15.00")));
}

#[tokio::test]
async fn a_refund_takes_what_is_not_promised_and_a_reversed_one_gives_it_back() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    for id in ["1", "2", "3", "4", "5"] {
        let credited = hand_over(&mut device, store.sign(&bought(&world, id))).await;
        assert_eq!(credited.status, StatusCode::OK);
    }
    // Of 25.00, 20.00 are reserved for the device; that is promised to settle.
    assert_eq!(players(&world).await, usd("25.00"));
    let at = now(&world) + 1_000;
    let refunded = |id: &str, number: u8, at: i64| {
        let mut transaction = bought(&world, id);
        transaction["revocationDate"] = json!(at);
        store.notification("REFUND", &uuid(number), &transaction, at)
    };
    for _ in 0..3 {
        assert_eq!(tell(&world, refunded("1", 1, at)).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(players(&world).await, usd("20.00"));
    // Four of five prices are still owed by the store; the unspent fee of the held part went with it.
    assert_eq!(world.ledger("store_receivable").await, usd("16.96"));
    assert_eq!(world.ledger("processor_fees_prepaid").await, usd("3.00"));
    world.assert_balanced().await;
    let before = world.ledger("platform_revenue").await;
    tell(&world, refunded("2", 2, at)).await;
    assert_eq!(players(&world).await, usd("20.00"), "what is promised stays");
    assert_eq!(world.ledger("platform_revenue").await, before.plus(usd("4.24")).unwrap());
    assert_eq!(world.ledger("store_receivable").await, usd("12.72"));
    world.assert_balanced().await;
    // Handed over again, it is not credited again.
    let refused = hand_over(&mut device, store.sign(&bought(&world, "1"))).await;
    assert_eq!(refused.kind(), ProblemKind::StorePurchaseInvalid);

    // The older word comes late, and changes nothing.
    let reversed =
        |id: &str, number: u8, at: i64| store.notification("REFUND_REVERSED", &uuid(number), &bought(&world, id), at);
    assert_eq!(tell(&world, reversed("1", 3, at - 500)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(players(&world).await, usd("20.00"));
    for _ in 0..2 {
        tell(&world, reversed("1", 4, at + 500)).await;
    }
    assert_eq!(players(&world).await, usd("25.00"));
    assert_eq!(world.ledger("store_receivable").await, usd("16.96"));
    world.assert_balanced().await;
    assert_eq!(hand_over(&mut device, store.sign(&bought(&world, "1"))).await.status, StatusCode::OK);
    // Out of order: reversed before it was refunded.
    tell(&world, reversed("3", 5, at + 900)).await;
    tell(&world, refunded("3", 6, at + 800)).await;
    assert_eq!(players(&world).await, usd("25.00"));
}

#[tokio::test]
async fn a_refund_in_part_takes_its_part() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    for id in ["1", "2", "3", "4", "5"] {
        hand_over(&mut device, store.sign(&bought(&world, id))).await;
    }
    let at = now(&world) + 1;
    let mut transaction = bought(&world, "1");
    transaction["revocationDate"] = json!(at);
    transaction["revocationType"] = json!("REFUND_PRORATED");
    transaction["revocationPercentage"] = json!(40_000);
    tell(&world, store.notification("REFUND", &uuid(1), &transaction, at)).await;
    assert_eq!(players(&world).await, usd("23.00"));
    assert_eq!(world.ledger("store_receivable").await, usd("19.504"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_was_refunded_before_anyone_handed_it_over_credits_nothing() {
    let (world, store) = set_up();
    let mut device = world.enrolled().await;
    let transaction = bought(&world, "1");
    let at = now(&world) + 1_000;
    let mut revoked = transaction.clone();
    revoked["revocationDate"] = json!(at);
    tell(&world, store.notification("REFUND", &uuid(1), &revoked, at)).await;
    let refused = hand_over(&mut device, store.sign(&transaction)).await;
    assert_eq!(refused.kind(), ProblemKind::StorePurchaseInvalid);
    assert_eq!(players(&world).await, usd("0"));
    // Paid after all: what the store signs from then on counts, as does what it signed before.
    tell(&world, store.notification("REFUND_REVERSED", &uuid(2), &transaction, at + 1)).await;
    assert_eq!(hand_over(&mut device, store.sign(&transaction)).await.status, StatusCode::OK);
    assert_eq!(players(&world).await, usd("5.00"));
}

#[tokio::test]
async fn the_merchant_is_told_what_the_store_does() {
    let (world, store) = set_up();
    let endpoint = json!({"url": "https://studio.example/hook"});
    let endpoint = world.merchant(Method::POST, "/v1/webhook-endpoints", &[], Some(endpoint)).await;
    let endpoint: Value = endpoint.json();
    let mut device = world.enrolled().await;
    hand_over(&mut device, store.sign(&bought(&world, "1"))).await;
    let at = now(&world);
    for (kind, number) in [("CONSUMPTION_REQUEST", 1), ("REFUND", 2), ("REFUND_REVERSED", 3)] {
        let told = tell(&world, store.notification(kind, &uuid(number), &bought(&world, "1"), at + i64::from(number)));
        assert_eq!(told.await.status, StatusCode::NO_CONTENT);
    }
    let path = format!("/v1/webhook-endpoints/{}/messages", endpoint["id"].as_str().unwrap());
    let messages = world.merchant(axum::http::Method::GET, &path, &[], None).await.text();
    for event in ["top_up.succeeded", "top_up.consumption_requested", "top_up.refunded", "top_up.refund_reversed"] {
        assert!(messages.contains(event), "{event} is not in {messages}");
    }
}

#[tokio::test]
async fn only_what_the_store_signs_is_listened_to() {
    let (world, store) = set_up();
    let transaction = bought(&world, "1");
    let at = now(&world);
    let forged = AppStore::new().notification("REFUND", &uuid(1), &transaction, at);
    let mut other = transaction.clone();
    other["bundleId"] = json!("com.example.other");
    for body in [
        forged,
        store.notification("REFUND", &uuid(1), &other, at),
        json!({"signedPayload": "a.b.c"}).to_string(),
        "{}".to_owned(),
        "no JSON".to_owned(),
    ] {
        let refused = tell(&world, body).await;
        assert_eq!(refused.kind(), ProblemKind::InvalidRequest);
    }
    // A trial message of Apple's, and what a later version may tell.
    for kind in ["TEST", "ONE_TIME_CHARGE", "SOMETHING_NEW"] {
        let told = tell(&world, store.notification(kind, &uuid(9), &transaction, at)).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{kind}");
    }
    assert_eq!(players(&world).await, usd("0"));
}

#[tokio::test]
async fn a_gateway_that_sells_nothing_there_says_so() {
    let world = World::new();
    let store = AppStore::new();
    let mut device = world.enrolled().await;
    let signed = store.sign(&bought(&world, "1"));
    assert_eq!(hand_over(&mut device, signed).await.kind(), ProblemKind::NotFound);
    let play = StorePurchase::GooglePlay { product: "balance_5".into(), purchase_token: "t".into() };
    assert_eq!(device.post("/v1/store-top-ups", &play).await.kind(), ProblemKind::NotFound);
    let told = tell(&world, store.notification("TEST", &uuid(1), &bought(&world, "1"), 1)).await;
    assert_eq!(told.kind(), ProblemKind::NotFound);
}

#[tokio::test]
async fn an_operator_is_told_which_file_is_missing() {
    let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gateway.toml"), settings()).unwrap();
    for content in [None, Some("no certificate")] {
        if let Some(content) = content {
            std::fs::write(folder.path().join("app-store-root.cer"), content).unwrap();
        }
        let refused = Gateway::open(folder.path(), ADDRESS, clock.clock()).err().unwrap();
        assert!(matches!(refused, StartError::ProcessorFile { .. }), "{refused:?}");
        assert!(refused.to_string().contains("app-store-root.cer"), "{refused}");
    }
}
