//! The example back ends of `examples/back-end`: each makes the token that a real wallet enrols with, and grants what that
//! buys from a real gateway, once, whether it hears of it by a webhook or by a receipt; nothing forged is granted.
//!
//! These need Node, Python and Go: `cargo xtask test back-ends` installs the libraries and says where they are.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use farthing_core::{PurchaseRequest, SoftwareKeyStore, Wallet, WalletConfig};
use farthing_gateway::{Clock, Gateway};
use farthing_protocol::SigningKey;
use farthing_tests::{GOOD_CARD, add_card, usd};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tempfile::TempDir;
use tokio::net::TcpListener;

const ADA: &str = "session-of-ada";
const BOB: &str = "session-of-bob";

/// A gateway on a socket.
struct Served {
    folder: TempDir,
    gateway: Gateway,
    address: String,
    client: reqwest::Client,
}

impl Served {
    async fn start() -> Self {
        // The client is made for TLS, too, though nothing here asks for it. Whoever is first decides.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        // The libraries that check a webhook's time go by this machine's clock.
        let gateway = farthing_database::open(&folder.path().join("gateway"), &address, Clock::system()).unwrap();
        let router = gateway.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Served { folder, gateway, address, client: reqwest::Client::new() }
    }

    fn secret_key(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("gateway/secret.key")).unwrap().trim().to_owned()
    }

    async fn merchant(&self, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.address);
        let request = match body {
            Some(body) => self.client.post(url).body(body.to_string()),
            None => self.client.get(url),
        };
        let request = request.header("authorization", format!("Bearer {}", self.secret_key()));
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// A wallet that enrolled with a token, and has money.
    async fn wallet(&self, token: &str) -> Wallet {
        let folder = self.folder.path().join("phone");
        std::fs::create_dir_all(&folder).unwrap();
        let config = WalletConfig::new(&self.address, self.gateway.publishable_key(), folder.join("wallet"))
            .root_key(self.gateway.root_key().to_string())
            .enrolment_token(token)
            .syncs_by_itself(false);
        let keys = Arc::new(SoftwareKeyStore::new(folder.join("keys.json")));
        let wallet = Wallet::open(config, keys).await.unwrap();
        wallet.sync().await.unwrap();
        let card = add_card(&wallet, GOOD_CARD).await.unwrap();
        wallet.top_up(usd("5.00"), card.id).await.unwrap();
        wallet.sync().await.unwrap();
        wallet
    }

    async fn deliver_webhooks(&self) {
        while self.gateway.deliver_due_webhooks().await.unwrap() > 0 {}
    }
}

/// A back end's process, which ends with the test.
struct BackEnd {
    process: Child,
    address: String,
    webhook: Webhook,
    endpoint: String,
    client: reqwest::Client,
}

impl Drop for BackEnd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl BackEnd {
    /// Registers a back end for webhooks, and starts it.
    async fn start(served: &Served, mut command: Command) -> Self {
        // Nobody else is given the port for now.
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let address = format!("http://127.0.0.1:{port}");
        let url = json!({"url": format!("{address}/farthing")});
        let endpoint = served.merchant("/v1/webhook-endpoints", Some(url)).await;
        let secret = endpoint["secret"].as_str().unwrap();
        command
            .env("FARTHING_GATEWAY", &served.address)
            .env("FARTHING_SECRET_KEY", served.secret_key())
            .env("FARTHING_ROOT_KEY", served.gateway.root_key().to_string())
            .env("FARTHING_WEBHOOK_SECRET", secret)
            .env("FARTHING_ENVIRONMENT", "sandbox")
            .env("PORT", port.to_string());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said.trim(), format!("listening on {port}"));
        let (webhook, endpoint) = (Webhook::new(secret).unwrap(), endpoint["id"].as_str().unwrap().to_owned());
        BackEnd { process, address, webhook, endpoint, client: served.client.clone() }
    }

    /// Sends a request as an app does; returns the status and the JSON, where there is any.
    async fn ask(&self, session: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.address);
        let request = match body {
            Some(body) => self.client.post(url).body(body.to_string()),
            None => self.client.get(url),
        };
        let request = request.header("authorization", format!("Bearer {session}"));
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    async fn inventory(&self, session: &str) -> Value {
        let (status, inventory) = self.ask(session, "/inventory", None).await;
        assert_eq!(status, 200);
        inventory
    }

    async fn show(&self, session: &str, receipt: &str) -> u16 {
        self.ask(session, "/receipts", Some(json!({"receipt": receipt}))).await.0
    }

    /// Sends a webhook, signed as it is said.
    async fn tell(&self, name: &str, at: i64, signature: &str, body: &str) -> u16 {
        let request = self.client.post(format!("{}/farthing", self.address)).body(body.to_owned());
        let request = request.header("webhook-id", name).header("webhook-timestamp", at);
        let request = request.header("webhook-signature", signature).header("content-type", "application/json");
        request.send().await.unwrap().status().as_u16()
    }
}

/// What a player, and someone who would like to be one for nothing, can do to a back end.
async fn grants_once_and_nothing_forged(command: Command) {
    let served = Served::start().await;
    let back_end = BackEnd::start(&served, command).await;
    assert_eq!(back_end.ask("nobody", "/enrolment-token", Some(json!({}))).await.0, 401);
    let (status, token) = back_end.ask(ADA, "/enrolment-token", Some(json!({}))).await;
    assert_eq!(status, 200);
    let wallet = served.wallet(token["token"].as_str().unwrap()).await;

    // The webhook comes first, and again; then the receipt.
    let lives = wallet.buy(PurchaseRequest::new("extra_life").quantity(2)).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(back_end.inventory(ADA).await, json!({}));
    served.deliver_webhooks().await;
    assert_eq!(back_end.inventory(ADA).await, json!({"extra_life": 2}));
    let messages = served.merchant(&format!("/v1/webhook-endpoints/{}/messages", back_end.endpoint), None).await;
    let messages = messages["messages"].as_array().unwrap();
    assert!(messages.iter().all(|message| message["state"] == "delivered"), "{messages:?}");
    let settled = messages.iter().find(|message| message["body"]["type"] == "purchases.settled").unwrap();
    let (name, body) = (settled["id"].as_str().unwrap(), settled["body"].to_string());
    let now = farthing_core::Timestamp::now().as_second();
    for name in [name, "msg_another"] {
        let signature = back_end.webhook.sign(name, now, body.as_bytes()).unwrap();
        assert_eq!(back_end.tell(name, now, &signature, &body).await, 204, "it is taken");
    }
    let receipt = wallet.receipt(lives.id).await.unwrap();
    assert_eq!(back_end.show(ADA, &receipt).await, 200);
    assert_eq!(back_end.inventory(ADA).await, json!({"extra_life": 2}), "and granted once");

    // The receipt comes first, twice; then the webhook.
    let key = wallet.buy(PurchaseRequest::new("golden_key")).await.unwrap();
    wallet.sync().await.unwrap();
    let receipt = wallet.receipt(key.id).await.unwrap();
    assert_eq!(back_end.show(BOB, &receipt).await, 403, "it is ada's");
    assert_eq!([back_end.show(ADA, &receipt).await, back_end.show(ADA, &receipt).await], [200, 200]);
    let granted = json!({"extra_life": 2, "golden_key": 1});
    assert_eq!(back_end.inventory(ADA).await, granted);
    served.deliver_webhooks().await;
    assert_eq!(back_end.inventory(ADA).await, granted);

    // Nobody else can say what was bought.
    let more = body.replace("\"quantity\":2", "\"quantity\":1000").replace(&lives.id.to_string(), &key.id.to_string());
    assert_ne!(more, body);
    let good = back_end.webhook.sign(name, now, body.as_bytes()).unwrap();
    let old = back_end.webhook.sign(name, now - 3_600, body.as_bytes()).unwrap();
    let stranger = Webhook::from_bytes(vec![7; 32]).unwrap().sign(name, now, more.as_bytes()).unwrap();
    for (at, signature, body) in
        [(now, &good, &more), (now, &stranger, &more), (now - 3_600, &old, &body), (now, &"v1,".to_owned(), &body)]
    {
        assert_eq!(back_end.tell(name, at, signature, body).await, 400);
    }
    for forged in forgeries(&receipt) {
        assert_eq!(back_end.show(ADA, &forged).await, 400, "{forged}");
    }
    assert_eq!(back_end.inventory(ADA).await, granted);
    assert_eq!(back_end.inventory(BOB).await, json!({}));
    wallet.close().await;
}

/// Receipts that look like this one, for a purchase that was not made.
fn forgeries(receipt: &str) -> Vec<String> {
    let [header, claims, signature] = receipt.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut more: Value = serde_json::from_slice(&decoded(claims)).unwrap();
    more["jti"] = json!("01a20da0-79f1-7001-b1a0-56c0c27f7007");
    let more = encoded(more.to_string().as_bytes());
    let mine = SigningKey::generate().unwrap().0;
    let signed = |header: &str| {
        let message = format!("{header}.{more}");
        let signature = mine.sign(message.as_bytes()).unwrap();
        format!("{message}.{}", encoded(&signature))
    };
    let kind = "farthing-receipt+jwt";
    let none = encoded(json!({"alg": "none", "typ": kind}).to_string().as_bytes());
    let my_key = json!({"alg": "ES256", "typ": kind, "kid": mine.public_key().thumbprint()});
    vec![
        format!("{header}.{more}.{signature}"),
        format!("{header}.{claims}."),
        format!("{none}.{more}."),
        signed(header),
        signed(&encoded(my_key.to_string().as_bytes())),
        "nonsense".to_owned(),
    ]
}

fn encoded(bytes: &[u8]) -> String {
    serde_json::to_value(farthing_protocol::Bytes(bytes.to_vec())).unwrap().as_str().unwrap().to_owned()
}

fn decoded(text: &str) -> Vec<u8> {
    serde_json::from_value::<farthing_protocol::Bytes>(json!(text)).unwrap().0
}

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/back-end").join(name)
}

fn program(variable: &str) -> Command {
    Command::new(std::env::var(variable).expect("run this by `cargo xtask test back-ends`"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node"]
async fn the_back_end_in_node_grants_once_and_nothing_forged() {
    let mut command = program("FARTHING_NODE");
    command.arg(example("node/server.mjs"));
    grants_once_and_nothing_forged(command).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python"]
async fn the_back_end_in_python_grants_once_and_nothing_forged() {
    let mut command = program("FARTHING_PYTHON");
    command.arg(example("python/server.py"));
    grants_once_and_nothing_forged(command).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Go"]
async fn the_back_end_in_go_grants_once_and_nothing_forged() {
    let folder = tempfile::tempdir().unwrap();
    let executable = folder.path().join("back-end");
    let built = program("FARTHING_GO").current_dir(example("go")).arg("build").arg("-o").arg(&executable).status();
    assert!(built.unwrap().success());
    grants_once_and_nothing_forged(Command::new(executable)).await;
}
