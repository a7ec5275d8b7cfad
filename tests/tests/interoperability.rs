//! A receipt verifies in other languages, with a JOSE library that is not ours and the JWKS alone.
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

    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("interoperability").join(program);
    let mut child = Command::new(interpreter)
        .arg(program)
        .args(["--issuer", ADDRESS, "--jwks"])
        .arg(&jwks_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(receipt.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["claims"]["jti"], json!(purchase.id));
    printed
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
