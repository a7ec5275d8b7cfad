//! What a player's other phones have bought, as it shows on this one: in order and once, without a network too, whatever
//! becomes of answers; and never what is not the player's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{
    Currency, EntryId, Purchase, PurchaseFilter, PurchaseKind, PurchaseState, TipRequest, Transport, TransportError,
    Wallet, WalletConfig, WalletError, WalletEvent,
};
use farthing_protocol::limits::PURCHASES_KEPT_MAX;
use farthing_tests::{Device, GOOD_CARD, Network, Weather, World, add_card, owned, usd};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::oneshot;

const ALL: PurchaseFilter = PurchaseFilter { limit: 10_000, waiting_only: false };
const PATH: &str = "/v1/account/purchases/";

/// What an app does at its start for a player who has signed in.
async fn open(world: &World, user: &str, config: WalletConfig, device: &Device) -> Wallet {
    let (_, token) = world.merchant(http::Method::POST, "/v1/enrolment-tokens", Some(json!({"user": user}))).await;
    let config = config.enrolment_token(token["token"].as_str().unwrap());
    let wallet = Wallet::open(config, device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet
}

/// A phone of Ada's with 90 dollars, of which 20 are reserved for it.
async fn phone(world: &World) -> Wallet {
    phone_of(world, &world.device("phone")).await
}

async fn phone_of(world: &World, device: &Device) -> Wallet {
    let phone = open(world, "ada", device.config(), device).await;
    let card = add_card(&phone, GOOD_CARD).await.unwrap();
    for _ in 0..2 {
        phone.top_up(usd("45.00"), card.id).await.unwrap();
    }
    phone
}

/// And her tablet.
async fn tablet(world: &World) -> Wallet {
    let device = world.device("tablet");
    open(world, "ada", device.config(), &device).await
}

async fn listed(wallet: &Wallet) -> Vec<Purchase> {
    wallet.purchases(ALL).await.unwrap()
}

/// The names of what other phones have bought, the newest first.
async fn elsewhere(wallet: &Wallet) -> Vec<EntryId> {
    listed(wallet).await.into_iter().filter(|known| known.is_from_another_device).map(|known| known.id).collect()
}

async fn find(wallet: &Wallet, id: EntryId) -> Purchase {
    listed(wallet).await.into_iter().find(|purchase| purchase.id == id).unwrap()
}

async fn buy(wallet: &Wallet, sku: &str) -> EntryId {
    wallet.buy(sku.into()).await.unwrap().id
}

async fn buy_hints(wallet: &Wallet, count: usize) -> Vec<EntryId> {
    let mut bought = Vec::new();
    for _ in 0..count {
        bought.push(buy(wallet, "hint").await);
    }
    bought
}

fn newest_first(mut bought: Vec<EntryId>) -> Vec<EntryId> {
    bought.reverse();
    bought
}

/// How many are said to have arrived.
fn arrived(events: &mut Receiver<WalletEvent>) -> Vec<u32> {
    let told = std::iter::from_fn(|| events.try_recv().ok());
    told.filter_map(|event| match event {
        WalletEvent::PurchasesArrived { count } => Some(count),
        _ => None,
    })
    .collect()
}

/// How often it was asked what other devices have bought.
fn questions(world: &World) -> usize {
    world.network.take_sent().iter().filter(|path| path.starts_with(PATH)).count()
}

/// What becomes of an answer that has other devices' purchases.
enum Act {
    Lose,
    /// It never comes; whoever waits is told that the gateway has answered.
    Hold(oneshot::Sender<()>),
    Rewrite(Box<dyn FnOnce(&mut Value) + Send>),
}

/// A network that does so to one answer after the other.
struct Interference {
    network: Arc<Network>,
    acts: Mutex<VecDeque<Act>>,
}

impl Interference {
    fn of(world: &World) -> Arc<Self> {
        Arc::new(Interference { network: world.network.clone(), acts: Mutex::default() })
    }

    fn hold(&self) -> oneshot::Receiver<()> {
        let (answer, answered) = oneshot::channel();
        self.acts.lock().unwrap().push_back(Act::Hold(answer));
        answered
    }

    fn lose(&self) {
        self.acts.lock().unwrap().push_back(Act::Lose);
    }

    fn rewrite(&self, rewrite: impl FnOnce(&mut Value) + Send + 'static) {
        self.acts.lock().unwrap().push_back(Act::Rewrite(Box::new(rewrite)));
    }
}

#[async_trait]
impl Transport for Interference {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let is_meant = request.uri().path().starts_with(PATH);
        let answer = self.network.send(request).await?;
        let act = if is_meant && answer.status().is_success() { self.acts.lock().unwrap().pop_front() } else { None };
        match act {
            None => Ok(answer),
            Some(Act::Lose) => Err(TransportError::Lost { reason: "the answer was lost".into() }),
            Some(Act::Hold(answer)) => {
                answer.send(()).unwrap();
                std::future::pending().await
            }
            Some(Act::Rewrite(rewrite)) => Ok(answer.map(|body| {
                let mut body = serde_json::from_slice(&body).unwrap();
                rewrite(&mut body);
                serde_json::to_vec(&body).unwrap().into()
            })),
        }
    }
}

#[tokio::test]
async fn what_another_phone_has_bought_is_listed_in_order_and_once_and_counts_nowhere() {
    let world = World::new();
    let devices = [world.device("phone"), world.device("tablet")];
    let phone = phone_of(&world, &devices[0]).await;
    let tablet = open(&world, "ada", devices[1].config(), &devices[1]).await;
    let mut events = tablet.events();
    let a_minute = || devices.iter().for_each(|device| device.clock.pass(Duration::from_secs(60)));
    let (mut bought, mut of_tablet) = (Vec::new(), Vec::new());
    world.network.set(Weather::Cut);
    for (place, sku) in ["hint", "health_potion", "lantern"].into_iter().enumerate() {
        a_minute();
        bought.push(buy(&phone, sku).await);
        if place == 1 {
            a_minute();
            of_tablet.push(buy(&tablet, "hint").await);
        }
    }
    world.network.set(Weather::Fair);
    world.clock.set("2026-06-01T09:00:00Z".parse().unwrap());
    assert_eq!(phone.sync().await.unwrap().settled, 3);
    tablet.sync().await.unwrap();
    let report = tablet.sync().await.unwrap();

    let all = listed(&tablet).await;
    assert_eq!((all.len(), report.waiting), (4, 0));
    let in_order = [bought[2], of_tablet[0], bought[1], bought[0]];
    assert_eq!(all.iter().map(|purchase| purchase.id).collect::<Vec<_>>(), in_order, "the newest first");
    assert_eq!(elsewhere(&tablet).await, newest_first(bought.clone()));
    for id in &bought {
        let (here, there) = (find(&tablet, *id).await, find(&phone, *id).await);
        assert!(matches!(here.state, PurchaseState::Settled { .. }));
        assert_eq!(here, Purchase { is_from_another_device: true, ..there });
    }
    assert_eq!(arrived(&mut events), [3]);
    // What is used up stays with the phone; what is owned for ever is the account's.
    assert_eq!((owned(&tablet, "hint").await, owned(&tablet, "health_potion").await), (1, 0));
    assert_eq!(owned(&tablet, "lantern").await, 1);
    let money = tablet.balance().of_currency(Currency::USD);
    assert_eq!((money.offline_spendable, money.pending), (usd("20.00"), usd("0")), "its reserve has paid for one hint");

    // The phone hears of the tablet's, and nobody asks for what is known.
    phone.sync().await.unwrap();
    assert_eq!(elsewhere(&phone).await, of_tablet);
    questions(&world);
    for wallet in [&phone, &tablet] {
        wallet.sync().await.unwrap();
    }
    assert_eq!((questions(&world), arrived(&mut events)), (0, vec![]));

    let filter = PurchaseFilter { limit: 2, waiting_only: false };
    let newest = tablet.purchases(filter).await.unwrap();
    assert_eq!(newest, all[..2]);
    world.network.set(Weather::Cut);
    let waiting = buy(&tablet, "hint").await;
    let filter = PurchaseFilter { waiting_only: true, ..ALL };
    let shown: Vec<_> = tablet.purchases(filter).await.unwrap().into_iter().map(|purchase| purchase.id).collect();
    assert_eq!(shown, [waiting], "nothing of another phone waits");

    // It is on disk, and there without a network.
    let all = listed(&tablet).await;
    tablet.close().await;
    let tablet = world.device("tablet").open().await;
    assert_eq!(listed(&tablet).await, all);
    world.assert_balanced().await;
}

#[tokio::test]
async fn its_receipt_is_there_and_it_is_given_back_where_it_was_bought() {
    let world = World::new();
    let (phone, tablet) = (phone(&world).await, tablet(&world).await);
    let id = buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    tablet.sync().await.unwrap();
    let payload = |token: String| token.split('.').nth(1).unwrap().to_owned();
    let receipts = (tablet.receipt(id).await.unwrap(), phone.receipt(id).await.unwrap());
    assert_eq!(payload(receipts.0), payload(receipts.1));

    let refused = tablet.refund(id).await;
    assert!(matches!(&refused, Err(WalletError::InvalidArgument { field, .. }) if field == "purchase"), "{refused:?}");
    assert!(matches!(find(&tablet, id).await.state, PurchaseState::Settled { .. }));
    assert_eq!(tablet.refund_receipts(id).await.unwrap(), Vec::<String>::new());
    phone.refund(id).await.unwrap();
    let mut events = tablet.events();
    tablet.sync().await.unwrap();
    assert_eq!(find(&tablet, id).await.state, find(&phone, id).await.state);
    let PurchaseState::Refunded { amount, quantity, .. } = find(&tablet, id).await.state else { unreachable!() };
    assert_eq!((amount, quantity, arrived(&mut events)), (usd("0.05"), 1, vec![]));
    assert_eq!(tablet.refund_receipts(id).await.unwrap().len(), 1);

    // A phone that is new hears of it as it is, though it had not been there.
    let device = world.device("new");
    let new = open(&world, "ada", device.config(), &device).await;
    assert_eq!(find(&new, id).await, Purchase { is_from_another_device: true, ..find(&phone, id).await });
    assert_eq!(new.refund_receipts(id).await.unwrap().len(), 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_refund_that_is_heard_of_first_is_there_when_the_purchase_comes() {
    let world = World::new();
    let (phone, device, network) = (phone(&world).await, world.device("tablet"), Interference::of(&world));
    let tablet = open(&world, "ada", device.config().transport(network.clone()), &device).await;
    let id = buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    phone.refund(id).await.unwrap();
    // The refund is fetched before, and the answer that has the purchase is lost.
    network.lose();
    let mut events = tablet.events();
    assert!(tablet.sync().await.is_err());
    let told = std::iter::from_fn(|| events.try_recv().ok());
    assert!(told.into_iter().any(|event| matches!(event, WalletEvent::PurchaseRefunded { .. })));
    assert_eq!(elsewhere(&tablet).await, []);
    tablet.sync().await.unwrap();
    assert_eq!(find(&tablet, id).await.state, find(&phone, id).await.state);
    assert!(matches!(find(&tablet, id).await.state, PurchaseState::Refunded { .. }));
}

#[tokio::test]
async fn tips_and_what_was_used_are_listed_as_what_they_are() {
    let world = World::new();
    world.register_creator("ana", "Ana").await;
    let (phone, tablet) = (phone(&world).await, tablet(&world).await);
    let tip = TipRequest::new("ana", usd("0.50")).unwrap().message("What a level!").unwrap();
    phone.tip(tip).await.unwrap();
    let metered = phone.catalog().await.unwrap().items.iter().find(|item| item.meter.is_some()).unwrap().sku.clone();
    phone.meter(metered.as_str()).record(7).await.unwrap();
    phone.sync().await.unwrap();
    tablet.sync().await.unwrap();
    let (mut here, mut there) = (listed(&tablet).await, listed(&phone).await);
    assert_eq!(here.iter().filter(|known| known.kind == PurchaseKind::Tip && known.tip.is_some()).count(), 1);
    assert_eq!(here.iter().filter(|known| known.kind == PurchaseKind::Usage && known.quantity == 7).count(), 1);
    there.iter_mut().for_each(|purchase| purchase.is_from_another_device = true);
    here.sort_by_key(|purchase| purchase.id);
    there.sort_by_key(|purchase| purchase.id);
    assert_eq!(here, there);
}

#[tokio::test]
async fn whatever_becomes_of_answers_each_purchase_is_there_once() {
    let world = World::new();
    let (phone, device, network) = (phone(&world).await, world.device("tablet"), Interference::of(&world));
    let config = || device.config().transport(network.clone());
    let tablet = open(&world, "ada", config(), &device).await;
    let mut bought = buy_hints(&phone, 130).await;
    phone.sync().await.unwrap();

    // All answers are lost, then that with the first page, then the one with the second; meanwhile the app is killed.
    world.network.set(Weather::AnswersLost);
    assert!(tablet.sync().await.is_err());
    world.network.set(Weather::Fair);
    network.lose();
    assert!(tablet.sync().await.is_err());
    assert_eq!(elsewhere(&tablet).await, []);
    drop(tablet);
    let tablet = reopened(config(), &device).await;
    network.rewrite(|_| {});
    network.lose();
    assert!(tablet.sync().await.is_err());
    assert_eq!(elsewhere(&tablet).await, newest_first(bought[..100].to_vec()), "a page is a commit");
    drop(tablet);
    let tablet = reopened(config(), &device).await;
    assert_eq!(elsewhere(&tablet).await.len(), 100);
    for weather in [Weather::Doubled, Weather::Garbled, Weather::Portal] {
        world.network.set(weather);
        // A proof is good for once, so that the second of two is refused.
        assert!(tablet.sync().await.is_err());
    }
    world.network.set(Weather::Fair);
    tablet.sync().await.unwrap();
    assert_eq!(elsewhere(&tablet).await, newest_first(bought.clone()));

    // A kill while the answer is on its way.
    bought.extend(buy_hints(&phone, 1).await);
    phone.sync().await.unwrap();
    let (answered, tablet) = (network.hold(), Arc::new(tablet));
    let syncing = tokio::spawn({
        let tablet = tablet.clone();
        async move { tablet.sync().await }
    });
    answered.await.unwrap();
    syncing.abort();
    assert!(syncing.await.is_err_and(|error| error.is_cancelled()));
    drop(tablet);
    let tablet = reopened(config(), &device).await;
    tablet.sync().await.unwrap();
    assert_eq!(elsewhere(&tablet).await, newest_first(bought));
    world.assert_balanced().await;
}

/// A wallet that was dropped closes a moment later.
async fn reopened(config: WalletConfig, device: &Device) -> Wallet {
    loop {
        match Wallet::open(config.clone(), device.keys()).await {
            Err(WalletError::AlreadyOpen) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

#[tokio::test]
async fn the_newest_five_hundred_are_kept() {
    let world = World::new();
    let phone = phone(&world).await;
    let mut bought = buy_hints(&phone, 399).await;
    phone.sync().await.unwrap();
    bought.extend(buy_hints(&phone, 130).await);
    phone.sync().await.unwrap();
    world.network.take_sent();
    let tablet = tablet(&world).await;
    assert_eq!(questions(&world), 5, "what is older is not even sent");
    let kept = PURCHASES_KEPT_MAX as usize;
    assert_eq!(elsewhere(&tablet).await, newest_first(bought[bought.len() - kept..].to_vec()));
    bought.extend(buy_hints(&phone, 10).await);
    phone.sync().await.unwrap();
    let own = buy(&tablet, "hint").await;
    tablet.sync().await.unwrap();
    tablet.sync().await.unwrap();
    assert_eq!(elsewhere(&tablet).await, newest_first(bought[bought.len() - kept..].to_vec()));
    assert!(listed(&tablet).await.iter().any(|purchase| purchase.id == own), "its own are not among the five hundred");
}

#[tokio::test]
async fn a_player_with_one_phone_never_asks() {
    let world = World::new();
    let phone = phone(&world).await;
    buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(questions(&world), 0);
    assert_eq!(elsewhere(&phone).await, []);
}

#[tokio::test]
async fn what_is_not_another_phone_s_of_the_player_is_refused_and_changes_nothing() {
    let world = World::new();
    let (phone, device, network) = (phone(&world).await, world.device("tablet"), Interference::of(&world));
    let tablet = open(&world, "ada", device.config().transport(network.clone()), &device).await;
    let stranger = world.device("stranger").open_with("5.00").await;
    let theirs = buy(&stranger, "hint").await;
    stranger.sync().await.unwrap();
    let own = buy(&tablet, "hint").await;
    tablet.sync().await.unwrap();
    let (known, given_back, id) =
        (buy(&phone, "health_potion").await, buy(&phone, "hint").await, buy(&phone, "lantern").await);
    phone.sync().await.unwrap();
    phone.refund(given_back).await.unwrap();
    tablet.sync().await.unwrap();
    let newest = buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    let before = listed(&tablet).await;
    assert!([known, given_back, id].iter().all(|id| before.iter().any(|purchase| purchase.id == *id)));

    let (theirs, own) = (stranger.receipt(theirs).await.unwrap(), tablet.receipt(own).await.unwrap());
    let refund = phone.refund_receipts(given_back).await.unwrap().remove(0);
    let unsigned = {
        let receipt = phone.receipt(id).await.unwrap();
        let (signed, signature) = receipt.rsplit_once('.').unwrap();
        format!("{signed}.{}", signature.chars().rev().collect::<String>())
    };
    let receipt = |token: String| move |page: &mut Value| page["purchases"][0]["receipt"] = token.into();
    network.rewrite(receipt(theirs));
    network.rewrite(receipt(own));
    network.rewrite(receipt(unsigned));
    // What is signed is a refund, and no receipt.
    network.rewrite(receipt(refund.clone()));
    network.rewrite(move |page| page["purchases"][0]["refunds"] = json!([refund]));
    network.rewrite(|page| {
        // The right one comes first: nothing of a page is taken where something of it is wrong.
        let mut wrong = page["purchases"][0].clone();
        wrong["receipt"] = "eyJhbGciOiJFUzI1NiJ9.e30.AAAA".into();
        page["purchases"].as_array_mut().unwrap().push(wrong);
    });
    network.rewrite(|page| *page = json!({"purchases": [], "next": page["next"], "has_more": true}));
    network.rewrite(|page| page["next"] = "../../receipts".into());
    network.rewrite(|page| page["next"] = Value::Null);
    for attack in 0..9 {
        let refused = tablet.sync().await;
        assert!(matches!(refused, Err(WalletError::GatewayNotTrusted { .. })), "attack {attack}: {refused:?}");
        assert_eq!(listed(&tablet).await, before, "attack {attack}");
    }
    tablet.sync().await.unwrap();
    assert_eq!(elsewhere(&tablet).await.first(), Some(&newest));
    assert_eq!(listed(&tablet).await.len(), before.len() + 1);
}

#[tokio::test]
async fn pages_without_end_end() {
    let world = World::new();
    let (phone, device, network) = (phone(&world).await, world.device("tablet"), Interference::of(&world));
    let tablet = open(&world, "ada", device.config().transport(network.clone()), &device).await;
    buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    world.network.take_sent();
    let mut events = tablet.events();
    // A proxy that shows the same page again and again, each time with another place after it.
    for number in 0..1_000 {
        network.rewrite(move |page| {
            page["has_more"] = true.into();
            page["next"] = format!("{number:0>32}").into();
        });
    }
    tablet.sync().await.unwrap();
    assert_eq!((questions(&world), arrived(&mut events)), (10, vec![1]), "and what came ten times is there once");
    buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    network.acts.lock().unwrap().clear();
    tablet.sync().await.unwrap();
    assert_eq!(elsewhere(&tablet).await.len(), 2);
}

#[tokio::test]
async fn what_is_damaged_is_fetched_again() {
    let world = World::new();
    let (phone, tablet) = (phone(&world).await, tablet(&world).await);
    let bought = buy_hints(&phone, 3).await;
    phone.sync().await.unwrap();
    phone.refund(bought[1]).await.unwrap();
    let own = buy(&tablet, "hint").await;
    tablet.sync().await.unwrap();
    tablet.sync().await.unwrap();
    let before = listed(&tablet).await;
    assert_eq!(before.len(), 4);
    tablet.close().await;

    let device = world.device("tablet");
    let database = Connection::open(device.folder.join("wallet").join("wallet.db")).unwrap();
    let changed = database.execute("UPDATE elsewhere SET sealed = (SELECT max(sealed) FROM elsewhere)", []).unwrap();
    assert_eq!(changed, 3, "a row for each purchase");
    drop(database);
    let tablet = device.open().await;
    assert!(matches!(tablet.purchases(ALL).await, Err(WalletError::StorageDamaged { .. })));
    tablet.close().await;
    let tablet = device.open().await;
    assert!(tablet.recovery().await.unwrap().is_some());
    let ids: Vec<_> = listed(&tablet).await.iter().map(|purchase| purchase.id).collect();
    assert_eq!(ids, [own], "they can be fetched again, with their refunds");
    tablet.sync().await.unwrap();
    assert_eq!(listed(&tablet).await, before);
}

#[tokio::test]
async fn a_wallet_that_was_erased_has_nothing_of_the_other_phone() {
    let world = World::new();
    let (phone, tablet) = (phone(&world).await, tablet(&world).await);
    buy(&phone, "hint").await;
    phone.sync().await.unwrap();
    tablet.sync().await.unwrap();
    assert_eq!(elsewhere(&tablet).await.len(), 1);
    tablet.erase(false).await.unwrap();
    let device = world.device("tablet");
    let new = open(&world, "bob", device.config(), &device).await;
    assert_eq!(listed(&new).await, []);
}
