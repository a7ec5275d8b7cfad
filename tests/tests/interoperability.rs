//! A receipt verifies in other languages, with a JOSE library that is not ours and the JWKS alone; and so does a
//! webhook, with the standard's own library; a file for a bank is valid by the standard's schema; and what our stand-in for
//! the App Store signs, Apple's own library takes and refuses as the gateway does.
//!
//! These need Python and Node: `cargo xtask test interoperability` installs the libraries and
//! says where they are.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use farthing_core::{PurchaseRequest, StorePurchase, StoreTopUp, Transport, WalletError};
use farthing_store_fakes::{AppStore, Flaw};
use farthing_tests::{ADDRESS, APP_STORE_PACK, World};
use serde_json::{Value, json};

/// Makes a receipt, has a program verify it, and returns what it printed.
async fn verified_by(interpreter: &str, program: &str) -> Value {
    let interpreter = std::env::var(interpreter).expect("run this by `cargo xtask test interoperability`");
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let purchase = wallet.buy(PurchaseRequest::new("extra_life").quantity(2)).await.unwrap();
    wallet.sync().await.unwrap();
    let receipt = wallet.receipt(purchase.id).await.unwrap();

    let request = http::Request::get(format!("{ADDRESS}/.well-known/jwks.json")).body(Bytes::new()).unwrap();
    let jwks = world.network.send(request).await.unwrap().into_body();
    let folder = tempfile::tempdir().unwrap();
    let jwks_file = folder.path().join("jwks.json");
    std::fs::write(&jwks_file, &jwks).unwrap();

    let printed =
        run(program_of(interpreter, program).args(["--issuer", ADDRESS, "--jwks"]).arg(&jwks_file), receipt.as_bytes());
    assert_eq!(printed["claims"]["jti"], json!(purchase.id));
    printed
}

fn program_of(interpreter: String, program: &str) -> Command {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("interoperability").join(program);
    let mut command = Command::new(interpreter);
    command.arg(program).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Runs a program on an input; returns what it printed.
fn run(program: &mut Command, input: &[u8]) -> Value {
    let mut child = program.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_verified(printed: &Value) {
    let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
    let claims = &printed["claims"];
    assert_eq!(claims["total"], usd("0.5"));
    assert_eq!(claims["split"], json!({"processor": usd("0.045"), "platform": usd("0.025"), "developer": usd("0.43")}));
    // The programs forge receipts of their own and must refuse each.
    assert_eq!(printed["refused"].as_array().map(Vec::len), Some(7));
}

#[tokio::test]
#[ignore = "needs PyJWT"]
async fn a_receipt_verifies_in_python() {
    assert_verified(&verified_by("FARTHING_PYTHON", "verify_receipt.py").await);
}

#[tokio::test]
#[ignore = "needs jose"]
async fn a_receipt_verifies_in_javascript() {
    assert_verified(&verified_by("FARTHING_NODE", "verify_receipt.mjs").await);
}

#[tokio::test]
#[ignore = "needs standardwebhooks"]
async fn a_webhook_verifies_in_javascript() {
    let interpreter = std::env::var("FARTHING_NODE").expect("run this by `cargo xtask test interoperability`");
    let world = World::new();
    // The library goes by this machine's clock.
    world.clock.set(farthing_core::Timestamp::now());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Arc::new(std::sync::Mutex::new(Some(tell)));
    let receive = async move |headers: http::HeaderMap, body: String| {
        let Some(tell) = tell.lock().unwrap().take() else { return };
        tell.send((headers, body)).unwrap();
    };
    let router = axum::Router::new().route("/", axum::routing::post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let key = std::fs::read_to_string(world.gateway_folder().join("secret.key")).unwrap();
    let request = http::Request::post(format!("{ADDRESS}/v1/webhook-endpoints"))
        .header("Authorization", format!("Bearer {}", key.trim()))
        .header("Content-Type", "application/json")
        .body(Bytes::from(json!({"url": url}).to_string()));
    let endpoint = world.network.send(request.unwrap()).await.unwrap();
    let endpoint: Value = serde_json::from_slice(endpoint.body()).unwrap();
    world.device("phone").open_with("5.00").await;
    assert_eq!(world.gateway().deliver_due_webhooks().await.unwrap(), 1);
    let (headers, body) = told.await.unwrap();

    let headers: std::collections::BTreeMap<&str, &str> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let input = json!({"secret": endpoint["secret"], "headers": headers, "body": body}).to_string();
    let printed = run(&mut program_of(interpreter, "verify_webhook.mjs"), input.as_bytes());
    assert_eq!(printed["message"]["type"], "top_up.succeeded");
    assert_eq!(printed["message"]["data"]["amount"], json!({"amount": "5", "currency": "USD"}));
    assert_eq!(printed["refused"].as_array().map(Vec::len), Some(5));
}

/// A request with the merchant's secret key.
async fn merchant(world: &World, path: &str, key: Option<&str>, body: Option<Value>) -> Bytes {
    let secret = std::fs::read_to_string(world.gateway_folder().join("secret.key")).unwrap();
    let method = if body.is_some() { "POST" } else { "GET" };
    let mut request = http::Request::builder().method(method).uri(format!("{ADDRESS}{path}"));
    request = request.header("Authorization", format!("Bearer {}", secret.trim()));
    request = request.header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    let body = body.map_or(Bytes::new(), |body| Bytes::from(body.to_string()));
    let answer = world.network.send(request.body(body).unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {:?}", answer.body());
    answer.into_body()
}

#[tokio::test]
#[ignore = "needs xmlschema"]
async fn a_file_for_a_bank_keeps_to_the_schema_of_iso_20022() {
    let interpreter = std::env::var("FARTHING_PYTHON").expect("run this by `cargo xtask test interoperability`");
    let mut world = World::new();
    let lines = ["# [payouts]", "# debtor", "# creditor"];
    world
        .edit_policy(|policy| lines.iter().fold(policy, |text, line| text.replace(line, line.trim_start_matches("# "))))
        .await;
    let wallet = world.device("phone").open_with("5.00").await;
    let card = wallet.cards().await.unwrap()[0].id;
    let euros = farthing_core::Money::parse("5.00", farthing_core::Currency::EUR).unwrap();
    wallet.top_up(euros, card).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.buy(PurchaseRequest::new("map_of_the_depths")).await.unwrap();
    wallet.buy(PurchaseRequest::new("lantern")).await.unwrap();
    wallet.sync().await.unwrap();
    for (key, body) in [
        ("1", json!({"currency": "USD", "amount": "0.50"})),
        ("2", json!({"currency": "USD"})),
        ("3", json!({"currency": "EUR"})),
    ] {
        merchant(&world, "/v1/payouts", Some(key), Some(body)).await;
    }
    let xml = merchant(&world, "/v1/payouts/pain.001.xml", None, None).await;
    let printed = run(&mut program_of(interpreter, "validate_credit_transfer.py"), &xml);
    assert_eq!((&printed["count"], printed["refused"].as_array().map(Vec::len)), (&json!("3"), Some(7)));
    let mut payments: Vec<_> = printed["payments"].as_array().unwrap().iter().collect();
    payments.sort_by_key(|payment| (payment["currency"].to_string(), payment["amount"].to_string()));
    let said: Vec<_> =
        payments.iter().map(|one| (one["currency"].as_str().unwrap(), one["amount"].as_str().unwrap())).collect();
    assert_eq!(said, [("EUR", "2.15"), ("USD", "0.5"), ("USD", "0.78")]);
    assert!(payments.iter().all(|payment| payment["account"] == "GB82WEST12345698765432"));
}

#[tokio::test]
#[ignore = "needs app-store-server-library"]
async fn apple_s_own_library_takes_and_refuses_what_the_gateway_does() {
    let interpreter = std::env::var("FARTHING_PYTHON").expect("run this by `cargo xtask test interoperability`");
    let at = "2026-06-01T08:00:00Z".parse::<farthing_core::Timestamp>().unwrap().as_millisecond();
    let transaction = AppStore::transaction("2000000001", APP_STORE_PACK, at);
    let (mut other, mut production) = (transaction.clone(), transaction.clone());
    other["bundleId"] = json!("com.example.other");
    production["environment"] = json!("Production");

    let store = AppStore::new();
    let signed = store.sign(&transaction);
    let (signed_part, _) = signed.rsplit_once('.').unwrap();
    let of_another = store.sign(&other);
    let (_, signature) = of_another.rsplit_once('.').unwrap();
    let mut forged = vec![
        ("another key", store.root().to_vec(), AppStore::new().sign(&transaction)),
        ("another app", store.root().to_vec(), of_another.clone()),
        ("another environment", store.root().to_vec(), store.sign(&production)),
        ("another signature", store.root().to_vec(), format!("{signed_part}.{signature}")),
    ];
    for (name, flaw) in [
        ("an unmarked leaf", Flaw::UnmarkedLeaf),
        ("an unmarked intermediate", Flaw::UnmarkedIntermediate),
        ("no intermediate", Flaw::NoIntermediate),
        ("an expired leaf", Flaw::Expired),
    ] {
        let forger = AppStore::with(flaw);
        forged.push((name, forger.root().to_vec(), forger.sign(&transaction)));
    }

    // The gateway, by each of the roots.
    for (name, root, signed_transaction) in &forged {
        let taken = handed_over(root, signed_transaction).await;
        assert!(matches!(taken, Err(WalletError::StorePurchaseInvalid { .. })), "{name}: {taken:?}");
    }
    assert!(handed_over(store.root(), &signed).await.unwrap().is_credited);

    // Apple's library, by the same.
    let notification = store.notification("REFUND", "00000000-0000-4000-8000-000000000001", &transaction, at);
    let notification: Value = serde_json::from_str(&notification).unwrap();
    let text = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let count = forged.len();
    let forged: Vec<Value> = forged
        .into_iter()
        .map(|(name, root, signed)| json!({"name": name, "root": text(&root), "signed": signed}))
        .collect();
    let input = json!({
        "root": text(store.root()), "transaction": signed, "notification": notification["signedPayload"],
        "forged": forged,
    });
    let printed = run(&mut program_of(interpreter, "verify_app_store.py"), input.to_string().as_bytes());
    let transaction = json!({
        "transactionId": "2000000001", "productId": APP_STORE_PACK, "quantity": 1, "type": "Consumable",
    });
    assert_eq!(printed["transaction"], transaction);
    let told = &printed["notification"];
    assert_eq!((&told["notificationType"], &told["transactionId"]), (&json!("REFUND"), &json!("2000000001")));
    assert_eq!(printed["refused"].as_array().map(Vec::len), Some(count), "{printed}");
}

/// What a gateway with a root makes of a signed transaction.
async fn handed_over(root: &[u8], signed_transaction: &str) -> Result<StoreTopUp, WalletError> {
    let mut world = World::new();
    world.sell_in_the_app_store(root).await;
    let wallet = world.device("phone").open().await;
    wallet.sync().await.unwrap();
    wallet.top_up_from_store(StorePurchase::AppStore { signed_transaction: signed_transaction.to_owned() }).await
}
