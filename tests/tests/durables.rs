//! What is owned for ever, as a player with several phones lives through it: there on each of them, without a network too,
//! and paid for once.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use farthing_core::{
    Currency, EntryId, Money, Purchase, PurchaseFilter, PurchaseState, Wallet, WalletError, WalletEvent,
};
use farthing_tests::{GOOD_CARD, Weather, World, add_card, owned, usd};
use serde_json::json;

/// The player's phone and tablet, with 50 dollars: 20 are reserved for each.
async fn two_phones(world: &World) -> (Wallet, Wallet) {
    let phone = world.wallet_of("ada", &world.device("phone")).await;
    let card = add_card(&phone, GOOD_CARD).await.unwrap();
    phone.top_up(usd("50.00"), card.id).await.unwrap();
    (phone, world.wallet_of("ada", &world.device("tablet")).await)
}

async fn settled(wallet: &Wallet, sku: &str) -> EntryId {
    let purchase = wallet.buy(sku.into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    purchase.id
}

async fn find(wallet: &Wallet, id: EntryId) -> Purchase {
    let all = wallet.purchases(PurchaseFilter::default()).await.unwrap();
    all.into_iter().find(|purchase| purchase.id == id).unwrap()
}

async fn refuses(wallet: &Wallet, sku: &str, durable: &str) {
    let refused = wallet.buy(sku.into()).await;
    assert!(matches!(&refused, Err(WalletError::AlreadyOwned { sku }) if sku.as_str() == durable), "{refused:?}");
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

#[tokio::test]
async fn a_new_phone_has_what_is_owned_for_ever_and_does_not_sell_it_again() {
    let world = World::new();
    let (phone, tablet) = two_phones(&world).await;
    settled(&phone, "explorer_set").await;
    settled(&phone, "sword_of_dawn").await;
    assert_eq!(
        (owned(&tablet, "lantern").await, owned(&tablet, "sword_of_dawn").await),
        (0, 0),
        "it has not heard yet"
    );
    tablet.sync().await.unwrap();

    let device = world.device("new");
    let new = world.wallet_of("ada", &device).await;
    for wallet in [&tablet, &new] {
        let inventory = wallet.inventory().await.unwrap();
        let inventory: Vec<_> = inventory.iter().map(|item| (item.sku.as_str(), item.quantity)).collect();
        assert_eq!(inventory, [("lantern", 1), ("sword_of_dawn", 1)], "what is used up stays where it was bought");
        refuses(wallet, "sword_of_dawn", "sword_of_dawn").await;
        refuses(wallet, "explorer_set", "lantern").await;
        let used = wallet.consume("lantern", 1, "a-dark-cave").await;
        assert!(matches!(used, Err(WalletError::InvalidArgument { .. })), "{used:?}");
    }
    // It is on disk, and there without a network.
    new.close().await;
    world.network.set(Weather::Cut);
    let new = device.open().await;
    assert_eq!((owned(&new, "lantern").await, owned(&new, "sword_of_dawn").await), (1, 1));
    refuses(&new, "lantern", "lantern").await;
    world.network.set(Weather::Fair);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_both_phones_bought_offline_is_paid_for_once_and_stays_on_both() {
    let world = World::new();
    let (phone, tablet) = two_phones(&world).await;
    let mut events = tablet.events();
    world.network.set(Weather::Cut);
    let first = phone.buy("lantern".into()).await.unwrap();
    let second = tablet.buy("lantern".into()).await.unwrap();
    tablet.buy("hint".into()).await.unwrap();
    assert_eq!((owned(&phone, "lantern").await, owned(&tablet, "lantern").await), (1, 1), "granted at once");
    world.network.set(Weather::Fair);
    phone.sync().await.unwrap();
    let report = tablet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (2, 0));
    for wallet in [&phone, &tablet] {
        wallet.sync().await.unwrap();
        assert_eq!(owned(wallet, "lantern").await, 1);
        refuses(wallet, "lantern", "lantern").await;
    }
    assert!(matches!(find(&phone, first.id).await.state, PurchaseState::Settled { .. }));
    let PurchaseState::Refunded { amount, quantity, .. } = find(&tablet, second.id).await.state else {
        panic!("it was not given back")
    };
    assert_eq!((amount, quantity), (usd("1.49"), 1));
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .filter_map(|event| match event {
            WalletEvent::PurchaseRefunded { purchase, quantity, revoked, .. } => Some((purchase, quantity, revoked)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(second.id, 1, 0)], "an app that takes away what was revoked takes nothing");
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await);
    assert_eq!(owed, Ok(usd("-48.46")), "one lantern and a hint are paid for");
    assert_eq!(tablet.refund(second.id).await, Err(WalletError::AlreadyRefunded));
    world.assert_balanced().await;
}

#[tokio::test]
async fn once_the_first_is_given_back_too_nobody_owns_it_and_it_can_be_bought() {
    let world = World::new();
    let (phone, tablet) = two_phones(&world).await;
    world.network.set(Weather::Cut);
    let first = phone.buy("lantern".into()).await.unwrap();
    tablet.buy("lantern".into()).await.unwrap();
    world.network.set(Weather::Fair);
    phone.sync().await.unwrap();
    tablet.sync().await.unwrap();
    phone.refund(first.id).await.unwrap();
    assert_eq!(owned(&phone, "lantern").await, 0);
    tablet.sync().await.unwrap();
    assert_eq!(owned(&tablet, "lantern").await, 0);
    settled(&tablet, "lantern").await;
    phone.sync().await.unwrap();
    assert_eq!((owned(&phone, "lantern").await, owned(&tablet, "lantern").await), (1, 1));
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_a_bundle_of_another_phone_brought_stays_when_one_s_own_is_given_back() {
    let world = World::new();
    let (phone, tablet) = two_phones(&world).await;
    world.network.set(Weather::Cut);
    let lantern = phone.buy("lantern".into()).await.unwrap();
    tablet.buy("explorer_set".into()).await.unwrap();
    world.network.set(Weather::Fair);
    phone.sync().await.unwrap();
    tablet.sync().await.unwrap();
    assert!(
        tablet
            .purchases(PurchaseFilter::default())
            .await
            .unwrap()
            .iter()
            .all(|purchase| { matches!(purchase.state, PurchaseState::Settled { .. }) })
    );
    let mut events = phone.events();
    phone.refund(lantern.id).await.unwrap();
    assert_eq!((owned(&phone, "lantern").await, owned(&tablet, "lantern").await), (1, 1));
    let told = std::iter::from_fn(|| events.try_recv().ok()).find_map(|event| match event {
        WalletEvent::PurchaseRefunded { quantity, revoked, .. } => Some((quantity, revoked)),
        _ => None,
    });
    assert_eq!(told, Some((1, 0)));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_rejected_purchase_takes_nothing_away_that_another_phone_has_bought() {
    let world = World::new();
    let (phone, tablet) = two_phones(&world).await;
    settled(&phone, "lantern").await;
    let name = tablet.device().await.unwrap().unwrap();
    world.order_faults(name, json!({"reject": {"reason": "wrong_price", "count": 1}})).await;
    let mut events = tablet.events();
    tablet.buy("lantern".into()).await.unwrap();
    assert_eq!(tablet.sync().await.unwrap().rejected, 1);
    assert_eq!((owned(&tablet, "lantern").await, total(&tablet)), (1, usd("28.51")));
    let revoked = std::iter::from_fn(|| events.try_recv().ok()).find_map(|event| match event {
        WalletEvent::Rejected { revoked, .. } => Some(revoked),
        _ => None,
    });
    assert_eq!(revoked, Some(0));
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_app_that_is_installed_anew_or_restored_has_it_again() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("20.00").await;
    let backup = device.back_up();
    settled(&wallet, "lantern").await;
    wallet.close().await;

    // A backup of before, on the same phone.
    device.restore(&backup);
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    assert_eq!(owned(&wallet, "lantern").await, 1);
    refuses(&wallet, "lantern", "lantern").await;
    wallet.close().await;

    // The app is deleted, and the key store keeps the key, as a keychain does.
    std::fs::remove_dir_all(device.folder.join("wallet")).unwrap();
    let wallet = device.open().await;
    wallet.sync().await.unwrap();
    assert_eq!((owned(&wallet, "lantern").await, total(&wallet)), (1, usd("18.51")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_lost_phone_leaves_what_it_has_settled() {
    let world = World::new();
    let (phone, tablet) = two_phones(&world).await;
    settled(&phone, "lantern").await;
    world.network.set(Weather::Cut);
    phone.buy("sword_of_dawn".into()).await.unwrap();
    world.network.set(Weather::Fair);
    let name = phone.device().await.unwrap().unwrap();
    let (status, _) = world.merchant(http::Method::DELETE, &format!("/v1/devices/{name}"), None).await;
    assert!(status.is_success());
    tablet.sync().await.unwrap();
    assert_eq!((owned(&tablet, "lantern").await, owned(&tablet, "sword_of_dawn").await), (1, 0));
    assert_eq!(total(&tablet), usd("48.51"), "what the lost phone had reserved is the player's again");
    settled(&tablet, "sword_of_dawn").await;
    assert_eq!(phone.sync().await, Err(WalletError::DeviceRevoked));
    world.assert_balanced().await;
}
