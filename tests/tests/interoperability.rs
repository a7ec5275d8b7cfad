//! A receipt verifies in other languages, with a JOSE library that is not ours and the JWKS alone; and so does a
//! webhook, with the standard's own library.
//!
//! These need Python and Node: `cargo xtask test interoperability` installs the libraries and
//! says where they are.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use farthing_core::{PurchaseRequest, Transport};
use farthing_tests::{ADDRESS, World};
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
