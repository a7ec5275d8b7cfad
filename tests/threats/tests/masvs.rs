//! The controls of OWASP MASVS v2.1.0 that can be tested without a phone, one test each.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{
    CardDetails, Currency, PurchaseRequest, SoftwareKeyStore, Transport, TransportError, Wallet, WalletConfig,
    WalletError,
};
use farthing_protocol::{Digest, DpopProof, SigningKey};
use farthing_tests::{GOOD_CARD, Weather, World, add_card, in_memory, owned, usd};
use farthing_threats::proxy::Proxy;
use http::{Request, Response};
use rusqlite::Connection;

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// MASVS-STORAGE-1: the app securely stores sensitive data.
#[tokio::test]
async fn what_a_player_bought_and_owns_can_not_be_read_from_the_database() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    let tapped = PurchaseRequest::new("golden_key").idempotency_key("tap-of-the-player");
    let purchase = wallet.buy(tapped).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.buy("lantern".into()).await.unwrap();
    // While it is open, so that the write-ahead log is searched, too.
    let id = wallet.device().await.unwrap().unwrap().to_string();
    let secrets = ["golden_key", "lantern", "tap-of-the-player", "sample-studio", "4242", "10.00", "limit", &id];
    for (name, bytes) in files(&device.folder.join("wallet")) {
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {name}");
        }
    }
    assert_eq!(wallet.purchases(Default::default()).await.unwrap()[1].id, purchase.id);
    let mode = std::fs::metadata(device.folder.join("keys.json")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

/// MASVS-STORAGE-2: the app prevents leakage of sensitive data. Logs, errors and memory are searched in `card.rs`.
#[tokio::test]
async fn no_debug_output_shows_a_card_a_key_or_a_token() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    let details = CardDetails { number: GOOD_CARD.into(), expiry_month: 12, expiry_year: 2034, cvc: "9753".into() };
    let shown = format!("{details:?} {wallet:?} {:?}", device.config());
    let key = world.gateway().publishable_key();
    for secret in [GOOD_CARD, "9753", key] {
        assert!(!shown.contains(secret), "{shown}");
    }
    // What an app may log of a card names it and no more.
    let card = wallet.cards().await.unwrap().remove(0);
    assert!(!format!("{card:?}").contains(&GOOD_CARD[..12]));
}

/// MASVS-CRYPTO-1: the app employs current strong cryptography, by industry best practices.
#[tokio::test]
async fn no_two_seals_share_a_nonce_and_equal_rows_look_different() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    world.network.set(Weather::Cut);
    for _ in 0..200 {
        wallet.buy("arrow".into()).await.unwrap();
    }
    wallet.close().await;
    let database = Connection::open(device.folder.join("wallet/wallet.db")).unwrap();
    let mut statement = database.prepare("SELECT sealed FROM journal UNION ALL SELECT sealed FROM documents").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let mut nonces: Vec<Vec<u8>> = rows.map(|row| row.unwrap()[..12].to_vec()).collect();
    let count = nonces.len();
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!((nonces.len(), count > 200), (count, true));
}

/// MASVS-CRYPTO-2: the app performs key management by industry best practices.
#[tokio::test]
async fn each_device_has_its_own_keys_and_a_database_does_not_open_with_anothers() {
    in_memory();
    let world = World::new();
    let (phone, other) = (world.device("phone"), world.device("other"));
    for device in [&phone, &other] {
        device.open_with("1.00").await.close().await;
    }
    let own = std::fs::read(phone.folder.join("keys.json")).unwrap();
    let others = std::fs::read(other.folder.join("keys.json")).unwrap();
    assert_ne!(own, others);
    std::fs::write(phone.folder.join("keys.json"), others).unwrap();
    let opened = Wallet::open(phone.config(), phone.keys()).await;
    assert_eq!(opened.unwrap_err(), WalletError::KeyLost);
    std::fs::remove_file(phone.folder.join("keys.json")).unwrap();
    assert_eq!(Wallet::open(phone.config(), phone.keys()).await.unwrap_err(), WalletError::KeyLost);
    // Erasing takes the keys with it.
    let wallet = other.open().await;
    wallet.erase(false).await.unwrap();
    assert!(!other.folder.join("keys.json").exists());
}

/// MASVS-AUTH-1: the app uses secure authentication and authorisation protocols, by best practices.
#[tokio::test]
async fn each_request_is_signed_for_itself_and_its_body() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let proxy = Proxy::new(world.network.clone());
    let wallet = Wallet::open(device.config().transport(proxy.clone()), device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    let (mut names, mut bodies) = (Vec::new(), 0);
    for exchange in proxy.recorded() {
        let request = &exchange.request;
        let (proof, _) = DpopProof::verify(request.headers()["dpop"].to_str().unwrap()).unwrap();
        assert_eq!((proof.htm.as_str(), proof.htu), (request.method().as_str(), request.uri().to_string()));
        let token = request.headers().get("authorization").map(|value| value.to_str().unwrap());
        let token = token.map(|text| Digest::of(text.strip_prefix("DPoP ").unwrap().as_bytes()));
        assert_eq!(proof.ath, token);
        let key = request.headers().get("idempotency-key").map(|key| key.as_bytes()).unwrap_or_default();
        let content = (!request.body().is_empty()).then(|| DpopProof::content_of(request.body(), key));
        bodies += u32::from(content.is_some());
        assert_eq!(proof.content, content, "{}", exchange.name());
        names.push(proof.jti);
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), bodies > 4), (count, true), "a proof was made twice");
}

/// MASVS-NETWORK-1: the app secures all network traffic, by current best practices.
#[tokio::test]
async fn plain_http_is_for_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    for address in [
        "http://pay.example",
        "http://192.168.1.7:8080",
        "ftp://pay.example",
        "pay.example",
        "http://127.0.0.1.example",
    ] {
        let config = WalletConfig::new(address, "pk_test_1", folder.path().join("wallet"));
        let keys = Arc::new(SoftwareKeyStore::new(folder.path().join("keys.json")));
        let refused = Wallet::open(config, keys).await;
        let named = matches!(&refused, Err(WalletError::InvalidArgument { field, .. }) if field == "gateway");
        assert!(named, "{address}: {refused:?}");
    }
}

/// MASVS-NETWORK-2: the app performs identity pinning for all remote endpoints under the developer's control. The
/// gateway's identity is its root key; pins of TLS keys are tested in `tests/tests/tls.rs`.
#[tokio::test]
async fn a_gateway_with_another_root_key_is_not_believed() {
    in_memory();
    let (world, other) = (World::new(), World::new());
    let device = world.device("phone");
    let config = device.config().root_key(other.gateway().root_key().to_string());
    let wallet = Wallet::open(config, device.keys()).await.unwrap();
    assert!(matches!(wallet.sync().await, Err(WalletError::GatewayNotTrusted { .. })));
    assert_eq!(wallet.device().await, Ok(None));
    let live = WalletConfig::new("https://pay.example", "pk_live_1", device.folder.join("live"));
    let refused = Wallet::open(live, device.keys()).await;
    assert!(matches!(&refused, Err(WalletError::InvalidArgument { field, .. }) if field == "root_key"));
}

/// Answers with whatever it is told to.
struct Garbage(Mutex<Vec<Response<Bytes>>>);

#[async_trait]
impl Transport for Garbage {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        Ok(self.0.lock().unwrap().pop().unwrap_or_else(|| Response::new(Bytes::new())))
    }
}

/// MASVS-CODE-4: the app validates and sanitises all untrusted inputs.
#[tokio::test]
async fn hostile_input_from_the_app_and_the_network_is_a_typed_error() {
    in_memory();
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let long = "x".repeat(100_000);
    for text in ["", "'; DROP TABLE journal; --", "../../etc/passwd", "\0", "extra_life\n", "💎", &long] {
        let bought = wallet.buy(text.into()).await;
        assert!(matches!(bought, Err(WalletError::UnknownItem { .. })), "{bought:?}");
        assert!(wallet.consume(text, 1, "use").await.is_err());
        assert!(wallet.consume("extra_life", 1, text).await.is_err());
        let named = wallet.buy(PurchaseRequest::new("extra_life").idempotency_key(text)).await;
        let refused = named.is_err() || text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        assert!(refused, "{text:?}: {named:?}");
    }
    for quantity in [0, 1_001, u32::MAX] {
        assert!(wallet.buy(PurchaseRequest::new("extra_life").quantity(quantity)).await.is_err());
    }
    let deep = "[".repeat(100_000);
    let bodies =
        ["", "{}", "null", "[1,2", &deep, "{\"key_set\":1}", "\u{feff}{}", "{\"device\":\"x\",\"device\":\"y\"}"];
    for body in bodies {
        let device = world.device("another");
        let answers = (0..4).map(|_| Response::new(Bytes::copy_from_slice(body.as_bytes()))).collect();
        let config = device.config().transport(Arc::new(Garbage(Mutex::new(answers))));
        let wallet = Wallet::open(config, device.keys()).await.unwrap();
        assert!(
            matches!(wallet.sync().await, Err(WalletError::GatewayNotTrusted { .. })),
            "{}",
            &body[..body.len().min(20)]
        );
        wallet.close().await;
    }
}

/// MASVS-RESILIENCE-2: the app implements anti-tampering mechanisms. `table.rs` edits every column.
#[tokio::test]
async fn a_wallet_that_was_tampered_with_spends_nothing_by_it_and_keeps_its_data() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.close().await;
    let path = device.folder.join("wallet/wallet.db");
    let database = Connection::open(&path).unwrap();
    database
        .execute("UPDATE documents SET sealed = (SELECT sealed FROM journal) WHERE key = CAST('settled' AS BLOB)", [])
        .unwrap();
    drop(database);
    let before = std::fs::read(&path).unwrap();
    let wallet = device.open().await;
    wallet.set_offline(true);
    assert_eq!(wallet.buy("hint".into()).await.unwrap_err(), WalletError::NotEnrolled);
    assert!(wallet.recovery().await.unwrap().is_some());
    assert_eq!(std::fs::read(device.folder.join("wallet/wallet.db.1")).unwrap(), before);
    // What it had bought settles, and the rest of the money is there.
    wallet.set_offline(false);
    assert_eq!(wallet.sync().await.unwrap().waiting, 0);
    assert!(wallet.buy("hint".into()).await.is_ok());
}

/// MASVS-PRIVACY-1: the app minimises access to sensitive data and resources.
#[tokio::test]
async fn the_wallet_sends_nothing_about_the_player_or_the_device() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let proxy = Proxy::new(world.network.clone());
    let wallet = Wallet::open(device.config().transport(proxy.clone()), device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    let known = ["accept", "authorization", "content-type", "dpop", "idempotency-key", "if-none-match"];
    let recorded = proxy.recorded();
    for exchange in &recorded {
        let mut names = exchange.request.headers().keys();
        assert!(names.all(|name| known.contains(&name.as_str())), "{:?}", exchange.request.headers());
    }
    let enrolment = recorded.iter().find(|exchange| exchange.name() == "POST /v1/enrolments").unwrap();
    let body: serde_json::Value = serde_json::from_slice(enrolment.request.body()).unwrap();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["publishable_key"]);
}

/// MASVS-PRIVACY-2: the app prevents identification of the user.
#[tokio::test]
async fn two_wallets_of_one_player_have_no_name_in_common() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let first = device.open_with("1.00").await;
    let (name, mut ids) = (first.device().await.unwrap(), Vec::new());
    ids.push(first.buy("hint".into()).await.unwrap().id);
    first.sync().await.unwrap();
    first.erase(false).await.unwrap();
    let second = device.open_with("1.00").await;
    assert_ne!(second.device().await.unwrap(), name);
    assert_eq!(owned(&second, "hint").await, 0);
    assert_eq!(second.balance().of_currency(Currency::USD).total, usd("1.00"));
    // Keys are made anew, not derived from anything of the device.
    assert_ne!(SigningKey::generate().unwrap().0.public_key(), SigningKey::generate().unwrap().0.public_key());
}

/// MASVS-PRIVACY-4: the app offers users control over their data.
#[tokio::test]
async fn erasing_a_wallet_leaves_nothing_of_it_on_the_device() {
    in_memory();
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("1.00").await;
    wallet.erase(false).await.unwrap();
    let left: Vec<String> = files(&device.folder.join("wallet")).into_iter().map(|(name, _)| name).collect();
    assert!(left.iter().all(|name| name == "wallet.lock"), "{left:?}");
    assert!(!device.folder.join("keys.json").exists());
}
