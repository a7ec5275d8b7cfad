//! A merchant's own currency as a player lives through it: gems are bought, and spent offline.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use farthing_core::{Currency, Money, PurchaseRequest, Wallet, WalletError};
use farthing_tests::{Weather, World, owned, usd};

const SHOP: &str = r#"
[[currencies]]
code = "gems"
exponent = 0
title = "Gems"

[[items]]
sku = "gems_500"
title = "500 gems"
kind = "currency_pack"
price = { amount = "4.99", currency = "USD" }
credits = { amount = "500", currency = "gems" }

[[items]]
sku = "chest"
title = "Chest"
kind = "consumable"
price = { amount = "120", currency = "gems" }
"#;

fn gems(amount: &str) -> Money {
    Money::parse(amount, "gems".parse().unwrap()).unwrap()
}

/// The sample catalog, with gems.
async fn world() -> World {
    let mut world = World::new();
    let file = world.gateway_folder().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{catalog}{SHOP}")).unwrap();
    world
        .edit_policy(|policy| {
            let policy =
                policy.replace("reserve = { default = \"20.00\"", "reserve = { default = \"20.00\", gems = \"500\"");
            policy.replace(
                "purchase_max = { default = \"100.00\"",
                "purchase_max = { default = \"100.00\", gems = \"500\"",
            )
        })
        .await;
    world
}

fn totals(wallet: &Wallet) -> (Money, Money) {
    let balance = wallet.balance();
    (balance.of_currency(Currency::USD).total, balance.of_currency("gems".parse().unwrap()).total)
}

#[tokio::test]
async fn gems_are_there_once_the_pack_is_settled_and_are_spent_offline() {
    let world = world().await;
    let device = world.device("phone");
    let wallet = device.open_with("10.00").await;
    let catalog = wallet.catalog().await.unwrap();
    assert_eq!(catalog.currencies[0].title, "Gems");
    let pack = catalog.items.iter().find(|item| item.sku.as_str() == "gems_500").unwrap();
    assert_eq!(pack.credits, Some(gems("500")));

    // Bought offline, it is paid for; nobody has said yet that the gems are there.
    world.network.set(Weather::Cut);
    wallet.buy("gems_500".into()).await.unwrap();
    assert_eq!((totals(&wallet), owned(&wallet, "gems_500").await), ((usd("5.01"), gems("0")), 0));
    let early = wallet.buy("chest".into()).await;
    assert!(matches!(early, Err(WalletError::InsufficientFunds { needed, .. }) if needed == gems("120")), "{early:?}");
    wallet.close().await;
    let wallet = device.open().await;
    world.network.set(Weather::Fair);
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    assert_eq!(totals(&wallet), (usd("5.01"), gems("500")));

    world.network.set(Weather::Cut);
    wallet.buy(PurchaseRequest::new("chest").quantity(4)).await.unwrap();
    assert_eq!((totals(&wallet).1, owned(&wallet, "chest").await), (gems("20"), 4));
    let short = wallet.buy("chest".into()).await;
    assert!(matches!(short, Err(WalletError::InsufficientFunds { .. })), "{short:?}");
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, totals(&wallet).1), (1, 0, gems("20")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_lost_answer_credits_once() {
    let world = world().await;
    let wallet = world.device("phone").open_with("10.00").await;
    wallet.buy(PurchaseRequest::new("gems_500").quantity(2)).await.unwrap();
    world.network.set(Weather::AnswersLost);
    wallet.sync().await.unwrap_err();
    world.network.set(Weather::Fair);
    wallet.sync().await.unwrap();
    assert_eq!(totals(&wallet), (usd("0.02"), gems("1000")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_pack_is_the_merchant_s_to_refund() {
    let world = world().await;
    let wallet = world.device("phone").open_with("10.00").await;
    let pack = wallet.buy("gems_500".into()).await.unwrap();
    wallet.sync().await.unwrap();
    let refused = wallet.refund(pack.id).await;
    assert!(matches!(&refused, Err(WalletError::InvalidArgument { field, .. }) if field == "purchase"), "{refused:?}");
    assert_eq!(totals(&wallet), (usd("5.01"), gems("500")));
}
