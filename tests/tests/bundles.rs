//! Bundles as a player lives through them: one purchase, all or nothing.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use farthing_core::{Currency, Money, PassState, PurchaseRequest, PurchaseState, Wallet, WalletError, WalletEvent};
use farthing_tests::{Weather, World, owned, usd};
use http::Method;
use serde_json::json;

/// The sample catalog, in which the set has other things.
async fn world(contents: &str) -> World {
    let mut world = World::new();
    let file = world.gateway_folder().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    let known = catalog.lines().find(|line| line.starts_with("contents = ")).unwrap();
    std::fs::write(&file, catalog.replace(known, &format!("contents = [{contents}]"))).unwrap();
    world.restart_gateway().await;
    world
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

#[tokio::test]
async fn several_bundles_of_what_is_used_up_are_bought_at_once_and_settle() {
    let world = world(r#"{ sku = "hint", quantity = 5 }, { sku = "arrow", quantity = 20 }"#).await;
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    world.network.set(Weather::Cut);
    let purchase = wallet.buy(PurchaseRequest::new("explorer_set").quantity(3)).await.unwrap();
    assert_eq!((purchase.quantity, purchase.total, total(&wallet)), (3, usd("5.37"), usd("4.63")));
    assert_eq!((owned(&wallet, "hint").await, owned(&wallet, "arrow").await), (15, 60));
    assert_eq!(owned(&wallet, "explorer_set").await, 0);
    wallet.consume("hint", 15, "level-1").await.unwrap();
    wallet.close().await;
    let wallet = device.open().await;
    assert_eq!((owned(&wallet, "hint").await, owned(&wallet, "arrow").await), (0, 60));
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (2, 0));
    assert_eq!(wallet.refund(purchase.id).await, Err(WalletError::AlreadyUsed));

    // The merchant gives back two of three: what is left of what they had in them is gone.
    let mut events = wallet.events();
    let body = json!({ "purchase": purchase.id, "amount": { "amount": "3.58", "currency": "USD" }, "quantity": 2 });
    let (_, refund) = world.merchant(Method::POST, "/v1/refunds", Some(body)).await;
    assert_eq!(refund["quantity"], json!(2));
    wallet.sync().await.unwrap();
    assert_eq!((owned(&wallet, "hint").await, owned(&wallet, "arrow").await), (0, 20));
    let told = std::iter::from_fn(|| events.try_recv().ok()).find_map(|event| match event {
        WalletEvent::PurchaseRefunded { quantity, revoked, .. } => Some((quantity, revoked)),
        _ => None,
    });
    assert_eq!(told, Some((2, 0)), "none of them was whole");
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_bundle_with_a_pass_lasts_and_is_given_back_whole() {
    let world = world(r#"{ sku = "season_pass", quantity = 2 }, { sku = "lantern" }"#).await;
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    let two = wallet.buy(PurchaseRequest::new("explorer_set").quantity(2)).await;
    assert!(matches!(&two, Err(WalletError::InvalidArgument { field, .. }) if field == "quantity"), "{two:?}");
    let purchase = wallet.buy("explorer_set".into()).await.unwrap();
    let pass = wallet.pass("season_pass").await.unwrap().unwrap();
    let lasts = pass.ends_at.as_second() - pass.starts_at.as_second();
    assert_eq!((pass.state, lasts, owned(&wallet, "lantern").await), (PassState::Active, 60 * 86_400, 1));
    assert!(matches!(wallet.buy("lantern".into()).await, Err(WalletError::AlreadyOwned { .. })));
    assert_eq!(wallet.sync().await.unwrap().rejected, 0);
    assert_eq!(wallet.pass("season_pass").await.unwrap().unwrap(), pass);

    device.clock.pass(Duration::from_secs(3_600));
    let done = wallet.refund(purchase.id).await.unwrap();
    assert!(matches!(done.state, PurchaseState::Refunded { quantity: 1, .. }));
    let pass = wallet.pass("season_pass").await.unwrap().unwrap();
    assert_eq!((pass.state, owned(&wallet, "lantern").await, total(&wallet)), (PassState::Ended, 0, usd("10.00")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_rejected_bundle_is_taken_back_as_far_as_it_is_unused() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    let name = wallet.device().await.unwrap().unwrap();
    world.order_faults(name, json!({"reject": {"reason": "wrong_price", "count": 1}})).await;
    let mut events = wallet.events();
    wallet.buy("explorer_set".into()).await.unwrap();
    wallet.consume("hint", 1, "level-1").await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().rejected, 1);
    assert_eq!(wallet.inventory().await.unwrap(), []);
    assert_eq!(total(&wallet), usd("10.00"));
    let revoked = std::iter::from_fn(|| events.try_recv().ok()).find_map(|event| match event {
        WalletEvent::Rejected { revoked, .. } => Some(revoked),
        _ => None,
    });
    assert_eq!(revoked, Some(0), "a hint of it was used, so it was not whole any more");
}
