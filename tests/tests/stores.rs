//! What a player is promised who buys a pack of balance in an app store: real wallets and a real gateway; the stores are
//! stand-ins of ours (`tests/store-fakes`).
#![allow(clippy::print_stdout, reason = "a test fails by panicking, and its victim says how far it is")]

use std::process::{Command, Stdio};

use farthing_core::{PurchaseRequest, StorePurchase, StoreTopUp, Wallet, WalletError};
use farthing_store_fakes::{AppStore, Counter, GooglePlay, Trouble};
use farthing_tests::{APP_STORE_PACK, GOOGLE_PLAY_PACK, Weather, World, usd};
use serde_json::{Value, json};

fn of_apple(world: &World, store: &AppStore, id: &str) -> StorePurchase {
    let at = world.clock.clock().now().as_millisecond();
    StorePurchase::AppStore { signed_transaction: store.sign(&AppStore::transaction(id, APP_STORE_PACK, at)) }
}

fn of_google(token: &str) -> StorePurchase {
    StorePurchase::GooglePlay { product: GOOGLE_PLAY_PACK.into(), purchase_token: token.into() }
}

async fn apple_world() -> (World, AppStore) {
    let (mut world, store) = (World::new(), AppStore::new());
    world.sell_in_the_app_store(store.root()).await;
    (world, store)
}

async fn google_world() -> (World, GooglePlay) {
    let mut world = World::new();
    let clock = world.clock.clock();
    let play = GooglePlay::start(move || clock.now().as_millisecond()).await;
    world.sell_in_google_play(&play.address, &play.service_account()).await;
    (world, play)
}

async fn enrolled(world: &World, name: &str) -> Wallet {
    let wallet = world.device(name).open().await;
    wallet.sync().await.unwrap();
    wallet
}

fn total(wallet: &Wallet) -> farthing_core::Money {
    wallet.balance().of_currency(farthing_core::Currency::USD).total
}

#[tokio::test]
async fn a_pack_of_the_app_store_is_spent_offline_by_the_quarter() {
    let (world, store) = apple_world().await;
    let wallet = enrolled(&world, "phone").await;
    let bought = of_apple(&world, &store, "2000000001");
    for _ in 0..2 {
        let top_up = wallet.top_up_from_store(bought.clone()).await.unwrap();
        assert_eq!(top_up, StoreTopUp { amount: usd("5.00"), is_credited: true });
    }
    assert_eq!(total(&wallet), usd("5.00"));
    world.network.set(Weather::Cut);
    wallet.buy(PurchaseRequest::new("extra_life")).await.unwrap();
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("4.75"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_was_bought_offline_is_credited_once_the_gateway_is_there_also_after_a_restart() {
    let (world, store) = apple_world().await;
    let phone = world.device("phone");
    let wallet = phone.open().await;
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    let error = wallet.top_up_from_store(of_apple(&world, &store, "1")).await.unwrap_err();
    assert!(matches!(error, WalletError::Offline { .. }), "{error:?}");
    wallet.close().await;
    world.network.set(Weather::Fair);
    let wallet = phone.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
    // It is not asked about for ever.
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
}

#[tokio::test]
async fn a_lost_answer_credits_once() {
    let (world, store) = apple_world().await;
    let wallet = enrolled(&world, "phone").await;
    world.network.set(Weather::AnswersLost);
    wallet.top_up_from_store(of_apple(&world, &store, "1")).await.unwrap_err();
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!((total(&wallet), world.ledger("store_receivable").await), (usd("5.00"), usd("4.24")));
}

#[tokio::test]
async fn what_was_bought_before_the_first_sync_is_kept_until_then() {
    let (world, store) = apple_world().await;
    let wallet = world.device("phone").open().await;
    let error = wallet.top_up_from_store(of_apple(&world, &store, "1")).await.unwrap_err();
    assert_eq!(error, WalletError::NotEnrolled);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
}

#[tokio::test]
async fn a_purchase_that_is_refused_holds_nothing_up() {
    let (world, store) = apple_world().await;
    let (first, other) = (enrolled(&world, "first").await, enrolled(&world, "other").await);
    first.top_up_from_store(of_apple(&world, &store, "1")).await.unwrap();
    world.network.set(Weather::Cut);
    for bought in
        [of_apple(&world, &AppStore::new(), "2"), of_apple(&world, &store, "1"), of_apple(&world, &store, "3")]
    {
        other.top_up_from_store(bought).await.unwrap_err();
    }
    world.network.set(Weather::Fair);
    other.sync().await.unwrap();
    assert_eq!(total(&other), usd("5.00"), "the third is the player's");
    let taken = other.top_up_from_store(of_apple(&world, &store, "1")).await;
    assert_eq!(taken, Err(WalletError::StorePurchaseTaken));
    let forged = other.top_up_from_store(of_apple(&world, &AppStore::new(), "2")).await;
    assert!(matches!(forged, Err(WalletError::StorePurchaseInvalid { .. })), "{forged:?}");
}

#[tokio::test]
async fn a_purchase_for_the_account_that_the_wallet_names_credits_nobody_else() {
    let (world, play) = google_world().await;
    let (owner, thief) = (enrolled(&world, "owner").await, enrolled(&world, "thief").await);
    let account = owner.account().await.unwrap().unwrap();
    play.sell("token", GOOGLE_PLAY_PACK, json!({"obfuscatedExternalAccountId": account}));
    assert_eq!(thief.top_up_from_store(of_google("token")).await, Err(WalletError::StorePurchaseTaken));
    assert!(owner.top_up_from_store(of_google("token")).await.unwrap().is_credited);
}

#[tokio::test]
async fn what_is_paid_in_cash_later_is_credited_by_a_sync() {
    let (world, play) = google_world().await;
    let phone = world.device("phone");
    let wallet = phone.open().await;
    wallet.sync().await.unwrap();
    play.sell("cash", GOOGLE_PLAY_PACK, json!({"purchaseState": 2}));
    let waiting = wallet.top_up_from_store(of_google("cash")).await.unwrap();
    assert_eq!(waiting, StoreTopUp { amount: usd("5.00"), is_credited: false });
    wallet.close().await;
    let wallet = phone.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("0"));
    play.pay("cash");
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
    world.gateway().consume_due_purchases().await.unwrap();
    assert!(play.is_consumed("cash"));
}

#[tokio::test]
async fn an_outage_of_the_store_is_sat_out() {
    let (world, play) = google_world().await;
    let wallet = enrolled(&world, "phone").await;
    play.sell("token", GOOGLE_PLAY_PACK, json!({}));
    play.trouble(Trouble::IsDown);
    let error = wallet.top_up_from_store(of_google("token")).await.unwrap_err();
    assert!(matches!(error, WalletError::GatewayUnavailable { .. }), "{error:?}");
    // Meanwhile all else goes on.
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("0"));
    play.trouble(Trouble::None);
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_refund_by_the_store_leaves_what_was_promised_and_shows_in_the_balance() {
    let (world, play) = google_world().await;
    let wallet = enrolled(&world, "phone").await;
    for token in ["1", "2", "3", "4", "5"] {
        play.sell(token, GOOGLE_PLAY_PACK, json!({}));
        wallet.top_up_from_store(of_google(token)).await.unwrap();
    }
    world.gateway().consume_due_purchases().await.unwrap();
    play.void("1");
    play.void("2");
    assert_eq!(world.gateway().take_voided_purchases().await.unwrap(), 2);
    wallet.sync().await.unwrap();
    // 20.00 of 25.00 are reserved for this phone: a purchase inside of the allowance always settles.
    assert_eq!(total(&wallet), usd("20.00"));
    wallet.buy(PurchaseRequest::new("extra_life")).await.unwrap();
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("19.75"));
    world.assert_balanced().await;
}

/// Runs in a process of its own, which the test below kills: writes a purchase down while there is no network, and waits.
#[tokio::test]
#[ignore = "is the victim of the test below"]
async fn victim() {
    let Ok(folder) = std::env::var("FARTHING_VICTIM_FOLDER") else { return };
    let folder = std::path::Path::new(&folder);
    let config = farthing_core::WalletConfig::new("http://127.0.0.1:1", "pk_test_victim", folder.join("wallet"));
    let keys = std::sync::Arc::new(farthing_core::SoftwareKeyStore::new(folder.join("keys.json")));
    let wallet = Wallet::open(config.syncs_by_itself(false), keys).await.unwrap();
    let bought = StorePurchase::AppStore { signed_transaction: std::env::var("FARTHING_VICTIM_BUYS").unwrap() };
    wallet.top_up_from_store(bought).await.unwrap_err();
    println!("kept");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_kill_loses_no_purchase() {
    use std::io::{BufRead, BufReader};

    let (world, store) = apple_world().await;
    let phone = world.device("phone");
    let StorePurchase::AppStore { signed_transaction } = of_apple(&world, &store, "1") else { unreachable!() };
    std::fs::create_dir_all(&phone.folder).unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stores::victim", "--include-ignored", "--nocapture"])
        .env("FARTHING_VICTIM_FOLDER", &phone.folder)
        .env("FARTHING_VICTIM_BUYS", signed_transaction)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(victim.stdout.take().unwrap()).lines().any(|line| line.unwrap().contains("kept"));
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(said, "the victim has written nothing down");

    let wallet = phone.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(total(&wallet), usd("5.00"));
}

async fn ask(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
    serde_json::from_slice(&answer).unwrap_or_default()
}

#[tokio::test]
async fn at_the_counter_of_the_stand_ins_an_app_buys_hands_over_and_finishes() {
    let mut world = World::new();
    let clock = world.clock.clock();
    let counter = Counter::open("127.0.0.1:0", move || clock.now().as_millisecond()).await.unwrap();
    for (name, content) in counter.files() {
        std::fs::write(world.gateway_folder().join(name), content).unwrap();
    }
    world.edit_policy(|policy| policy + &counter.settings()).await;
    let wallet = enrolled(&world, "phone").await;
    let account = wallet.account().await.unwrap().unwrap().to_string();
    // Not used: the counter has no TLS. There is no client without one, though.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (post, get) = (|path| client.post(counter.address.clone() + path), |path: String| client.get(path));
    let order = json!({"product": "balance_5", "account": account});
    let unfinished = |store: &str| get(format!("{}/{store}/purchases?account={account}", counter.address));

    let signed = ask(post("/app-store/purchases").json(&order)).await["signed_transaction"].clone();
    assert_eq!(ask(unfinished("app-store")).await, json!({"signed_transactions": [signed]}));
    let bought = StorePurchase::AppStore { signed_transaction: signed.as_str().unwrap().into() };
    assert!(wallet.top_up_from_store(bought).await.unwrap().is_credited);
    ask(post("/app-store/finished").json(&json!({"signed_transaction": signed}))).await;
    assert_eq!(ask(unfinished("app-store")).await, json!({"signed_transactions": []}));

    let token = ask(post("/google-play/purchases").json(&order)).await["purchase_token"].clone();
    let listed = json!({"purchases": [{"product": "balance_5", "purchase_token": token}]});
    assert_eq!(ask(unfinished("google-play")).await, listed);
    let bought =
        StorePurchase::GooglePlay { product: "balance_5".into(), purchase_token: token.as_str().unwrap().into() };
    assert!(wallet.top_up_from_store(bought).await.unwrap().is_credited);
    assert_eq!(total(&wallet), usd("10.00"));
    let refused = post("/google-play/purchases").json(&json!({"product": "yacht", "account": account}));
    assert_eq!(refused.send().await.unwrap().status(), 404);
}
