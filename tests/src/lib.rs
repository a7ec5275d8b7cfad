//! A small world for tests: a real gateway in this process, real wallets, and between them a
//! network that can be cut, that loses answers, and that speaks garbage.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]

mod fault_transport;
mod network;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use farthing_core::{
    Card, CardDetails, Clock as WalletClock, Currency, DeviceId, Money, SoftwareKeyStore, Timestamp, Transport, Wallet,
    WalletConfig, WalletError,
};
use farthing_gateway::{Gateway, ManualClock};
use farthing_protocol::api::TrialBalanceResponse;
use tempfile::TempDir;

pub use fault_transport::{FaultTransport, Unplayable};
pub use network::{HeldAnswer, Network, Weather};

/// Where the gateway of a world is said to be. No socket is opened.
pub const ADDRESS: &str = "http://127.0.0.1:1";
/// The sandbox's card that always succeeds.
pub const GOOD_CARD: &str = "4242424242424242";

/// A pack of 5.00 USD that a world sells in the App Store for 4.99.
pub const APP_STORE_PACK: &str = "com.example.game.balance_5";
/// The same in Google Play.
pub const GOOGLE_PLAY_PACK: &str = "balance_5";

/// An amount of US dollars.
pub fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

/// More than the files of any test take.
const ROOM_IN_MEMORY: u64 = 2 << 30;

/// Where the system keeps files in memory, if it does and has room for some.
pub fn memory() -> Option<&'static Path> {
    let room =
        |memory: &&Path| rustix::fs::statvfs(*memory).is_ok_and(|it| it.f_bavail * it.f_frsize >= ROOM_IN_MEMORY);
    Some(Path::new("/dev/shm")).filter(room)
}

/// Keeps the temporary files of this process in memory, where the system has a place for that: for tests that are not
/// about what a real disk keeps, and that would wait for thousands of its syncs.
pub fn in_memory() {
    if let Some(memory) = memory() {
        // It is decided once for a process; who comes later agrees.
        let _ = tempfile::env::override_temp_dir(memory);
    }
}

/// A gateway, its clock, and the network in front of it.
pub struct World {
    folder: TempDir,
    gateway: Option<Gateway>,
    /// The gateway's clock.
    pub clock: ManualClock,
    /// What lies between wallets and the gateway.
    pub network: Arc<Network>,
}

impl World {
    /// A new gateway with the sample catalog and policy.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new("2026-06-01T08:00:00Z".parse().unwrap());
        let gateway = open_gateway(folder.path(), &clock);
        let network = Arc::new(Network::new(gateway.router()));
        World { folder, gateway: Some(gateway), clock, network }
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    /// Where the gateway keeps its data.
    pub fn gateway_folder(&self) -> PathBuf {
        self.folder.path().join("gateway")
    }

    /// Stops the gateway and starts it again from its data folder.
    pub async fn restart_gateway(&mut self) {
        self.stop_gateway().await;
        self.start_gateway();
    }

    async fn stop_gateway(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.close().await;
        }
    }

    fn start_gateway(&mut self) {
        let gateway = open_gateway(self.folder.path(), &self.clock);
        self.network.connect(gateway.router());
        self.gateway = Some(gateway);
    }

    /// Copies the gateway's data folder, as a backup would.
    pub async fn back_up_gateway(&mut self) -> Backup {
        let copy = tempfile::tempdir().unwrap();
        self.stop_gateway().await;
        copy_files(&self.gateway_folder(), copy.path());
        farthing_database::copied(copy.path());
        self.start_gateway();
        Backup(copy)
    }

    /// Puts a backup in the place of the gateway's data folder.
    pub async fn restore_gateway(&mut self, backup: &Backup) {
        self.stop_gateway().await;
        std::fs::remove_dir_all(self.gateway_folder()).unwrap();
        copy_files(backup.0.path(), &self.gateway_folder());
        farthing_database::copied(&self.gateway_folder());
        self.start_gateway();
    }

    /// Changes the operator's policy, and restarts the gateway with it.
    pub async fn edit_policy(&mut self, edit: impl FnOnce(String) -> String) {
        let file = self.gateway_folder().join("gateway.toml");
        let policy = std::fs::read_to_string(&file).unwrap();
        let edited = edit(policy.clone());
        assert_ne!(policy, edited, "the edit changed nothing");
        std::fs::write(file, edited).unwrap();
        self.restart_gateway().await;
    }

    /// Sells a pack in the App Store from now on: what is signed by certificates that lead to a root.
    pub async fn sell_in_the_app_store(&mut self, root: &[u8]) {
        std::fs::write(self.gateway_folder().join("app-store-root.cer"), root).unwrap();
        let app = "bundle_id = \"com.example.game\"";
        self.edit_policy(|policy| policy + &store_settings("app_store", app, APP_STORE_PACK)).await;
    }

    /// Sells a pack in Google Play from now on, whose API is at an address.
    pub async fn sell_in_google_play(&mut self, address: &str, service_account: &str) {
        let file = self.gateway_folder().join("google-play-service-account.json");
        std::fs::write(file, service_account).unwrap();
        let app = format!("package_name = \"com.example.game\"\napi = {address:?}");
        self.edit_policy(|policy| policy + &store_settings("google_play", &app, GOOGLE_PLAY_PACK)).await;
    }

    /// A device of a player, with no wallet yet.
    pub fn device(&self, name: &str) -> Device {
        let clock = Arc::new(DeviceClock::new(self.clock.clock().now()));
        let (network, key) = (self.network.clone(), self.gateway().publishable_key().to_owned());
        let root = self.gateway().root_key().to_string();
        Device { folder: self.folder.path().join(name), network, key, root, clock }
    }

    /// Decides on the bank's page (3-D Secure), as a player does in a browser.
    pub async fn answer_bank_page(&self, url: &str, decision: &str) {
        let form = http::Request::post(url)
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(bytes::Bytes::from(format!("decision={decision}")))
            .unwrap();
        assert_eq!(self.network.send(form).await.unwrap().status(), http::StatusCode::OK);
    }

    /// Asks the gateway as the merchant's back end does, not over the players' network, which may be down. Returns the
    /// status and what was answered.
    pub async fn merchant(
        &self,
        method: http::Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> (http::StatusCode, serde_json::Value) {
        let secret = std::fs::read_to_string(self.gateway_folder().join("secret.key")).unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{ADDRESS}{path}"))
            .header(http::header::AUTHORIZATION, format!("Bearer {}", secret.trim()))
            .header(http::header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", farthing_core::EntryId::generate().to_string());
        let body = body.map_or_else(axum::body::Body::empty, |body| axum::body::Body::from(body.to_string()));
        let answer = tower::ServiceExt::oneshot(self.gateway().router(), request.body(body).unwrap()).await.unwrap();
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Orders faults for one device, as its app does.
    pub async fn order_faults(&self, device: DeviceId, faults: serde_json::Value) {
        let order = http::Request::put(format!("{ADDRESS}/v1/sandbox/faults?device={device}"))
            .header(http::header::AUTHORIZATION, format!("Bearer {}", self.gateway().publishable_key()))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(bytes::Bytes::from(faults.to_string()))
            .unwrap();
        let answer = self.network.send(order).await.unwrap();
        assert_eq!(answer.status(), http::StatusCode::OK, "{}", String::from_utf8_lossy(answer.body()));
    }

    /// A token by which one device enrols as one of a player's, as the game's back end makes it, who may say where the
    /// player lives.
    pub async fn enrolment_token(&self, player: &str, country: Option<&str>) -> String {
        let body = serde_json::json!({"user": player, "country": country});
        let (status, answer) = self.merchant(http::Method::POST, "/v1/enrolment-tokens", Some(body)).await;
        assert_eq!(status, http::StatusCode::CREATED, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }

    /// The wallet on one of a player's devices, enrolled and synced.
    pub async fn wallet_of(&self, player: &str, device: &Device) -> Wallet {
        let config = device.config().enrolment_token(self.enrolment_token(player, None).await);
        let wallet = Wallet::open(config, device.keys()).await.unwrap();
        wallet.sync().await.unwrap();
        wallet
    }

    /// Lets players tip a creator.
    pub async fn register_creator(&self, creator: &str, name: &str) {
        let body = serde_json::json!({ "name": name });
        let (status, answer) = self.merchant(http::Method::PUT, &format!("/v1/creators/{creator}"), Some(body)).await;
        assert!(status.is_success(), "{answer}");
    }

    /// The gateway's trial balance.
    pub async fn trial_balance(&self) -> TrialBalanceResponse {
        self.gateway().trial_balance().await.unwrap()
    }

    /// Asserts that the ledger balances in every currency.
    pub async fn assert_balanced(&self) {
        for total in self.trial_balance().await.totals {
            assert!(total.is_zero(), "the ledger is off by {total}");
        }
    }

    /// What accounts of one kind sum up to in US dollars: debits minus credits.
    pub async fn ledger(&self, kind: &str) -> Money {
        let balances = self.trial_balance().await.balances;
        let matching = balances.iter().filter(|line| line.account == kind && line.balance.currency() == Currency::USD);
        matching.fold(usd("0"), |sum, line| sum.plus(line.balance).unwrap())
    }
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

fn store_settings(store: &str, app: &str, pack: &str) -> String {
    format!(
        "\n[processors.{store}]\n{app}\nenvironment = \"sandbox\"\n\
         fees = {{ percentage = \"15\", fixed = {{ default = \"0\" }} }}\n\
         [processors.{store}.packs]\n{pack:?} = {{ currency = \"USD\", credit = \"5.00\", price = \"4.99\" }}\n"
    )
}

fn open_gateway(folder: &Path, clock: &ManualClock) -> Gateway {
    farthing_database::open(&folder.join("gateway"), ADDRESS, clock.clock()).unwrap()
}

/// A phone: a folder, a key store, a clock.
#[derive(Clone)]
pub struct Device {
    /// Where the wallet keeps its database, and the key store its file beside it.
    pub folder: PathBuf,
    network: Arc<Network>,
    key: String,
    root: String,
    /// The device's own clock.
    pub clock: Arc<DeviceClock>,
}

impl Device {
    /// The settings of an app on this device. It syncs only when it is told to.
    pub fn config(&self) -> WalletConfig {
        WalletConfig::new(ADDRESS, &self.key, self.folder.join("wallet"))
            .root_key(&self.root)
            .transport(self.network.clone())
            .clock(self.clock.clone())
            .syncs_by_itself(false)
    }

    /// The device's key store, which backups don't restore.
    pub fn keys(&self) -> Arc<SoftwareKeyStore> {
        std::fs::create_dir_all(&self.folder).unwrap();
        Arc::new(SoftwareKeyStore::new(self.folder.join("keys.json")))
    }

    /// Opens the wallet.
    pub async fn open(&self) -> Wallet {
        Wallet::open(self.config(), self.keys()).await.unwrap()
    }

    /// Opens a new wallet, enrols it and tops it up.
    pub async fn open_with(&self, amount: &str) -> Wallet {
        let wallet = self.open().await;
        wallet.sync().await.unwrap();
        let card = add_card(&wallet, GOOD_CARD).await.unwrap();
        wallet.top_up(usd(amount), card.id).await.unwrap();
        wallet
    }

    /// Another device with a copy of everything on this one, its keys included.
    pub fn clone_to(&self, name: &str) -> Device {
        let clone = Device { folder: self.folder.with_file_name(name), ..self.clone() };
        copy_files(&self.folder.join("wallet"), &clone.folder.join("wallet"));
        std::fs::copy(self.folder.join("keys.json"), clone.folder.join("keys.json")).unwrap();
        clone
    }

    /// Copies the wallet's folder, as a backup would.
    pub fn back_up(&self) -> Backup {
        let copy = tempfile::tempdir().unwrap();
        copy_files(&self.folder.join("wallet"), copy.path());
        Backup(copy)
    }

    /// Puts a backup in the place of the wallet's folder.
    pub fn restore(&self, backup: &Backup) {
        let folder = self.folder.join("wallet");
        std::fs::remove_dir_all(&folder).unwrap();
        copy_files(backup.0.path(), &folder);
    }
}

/// A copy of a wallet's or a gateway's folder.
pub struct Backup(TempDir);

impl Backup {
    /// A copy of a folder that was kept elsewhere, such as a fixture.
    pub fn of(folder: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_files(folder, copy.path());
        Backup(copy)
    }

    /// Keeps the copy in a folder.
    pub fn keep_in(&self, folder: &Path) {
        copy_files(self.0.path(), folder);
    }
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Adds a card that is good until 2034.
///
/// # Errors
/// As [`Wallet::add_card`].
pub async fn add_card(wallet: &Wallet, number: &str) -> Result<Card, WalletError> {
    let number = number.to_owned();
    wallet.add_card(CardDetails { number, expiry_month: 12, expiry_year: 2034, cvc: "123".into() }).await
}

/// How many of an item a wallet holds.
pub async fn owned(wallet: &Wallet, sku: &str) -> u64 {
    let inventory = wallet.inventory().await.unwrap();
    inventory.iter().find(|item| item.sku.as_str() == sku).map_or(0, |item| item.quantity)
}

/// A device's clock, which its owner sets.
pub struct DeviceClock(Mutex<(Timestamp, Duration)>);

impl DeviceClock {
    /// A clock that shows `wall`.
    pub fn new(wall: Timestamp) -> Self {
        DeviceClock(Mutex::new((wall, Duration::ZERO)))
    }

    /// Sets the clock on the wall; time itself does not pass.
    pub fn set(&self, wall: Timestamp) {
        self.0.lock().unwrap().0 = wall;
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let mut hands = self.0.lock().unwrap();
        hands.0 = hands.0.checked_add(time).unwrap();
        hands.1 += time;
    }
}

impl WalletClock for DeviceClock {
    fn wall(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}
