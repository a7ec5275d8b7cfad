//! Prices that begin and end at a time, and what items are called: signed, and so the same on both sides, offline too.

use std::time::Duration;

use farthing_core::{Currency, Money, Wallet};
use farthing_tests::{Weather, World, usd};

/// The sample catalog, with more to say of hints.
async fn world(more: &str) -> World {
    let mut world = World::new();
    let file = world.gateway_folder().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    let hint = "sku = \"hint\"\n";
    assert!(catalog.contains(hint));
    std::fs::write(&file, catalog.replacen(hint, &format!("{hint}{more}\n"), 1)).unwrap();
    world.restart_gateway().await;
    world
}

fn total(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).total
}

#[tokio::test]
async fn a_sale_begins_and_ends_without_a_network_and_settles_at_the_prices_that_were_paid() {
    let sale = "prices = [{ price = { amount = \"0.03\", currency = \"USD\" }, \
                from = \"2026-06-01T09:00:00Z\", until = \"2026-06-01T10:00:00Z\" }]";
    let world = world(sale).await;
    let device = world.device("phone");
    let wallet = device.open_with("5.00").await;
    wallet.sync().await.unwrap();
    world.network.set(Weather::Cut);
    // At eight, at nine, a second before ten, and at ten.
    let mut paid = Vec::new();
    for pause in [0, 3_600, 3_599, 1] {
        device.clock.pass(Duration::from_secs(pause));
        paid.push(wallet.buy("hint".into()).await.unwrap().total);
    }
    assert_eq!(paid, [usd("0.05"), usd("0.03"), usd("0.03"), usd("0.05")]);
    world.clock.set("2026-06-03T08:00:00Z".parse().unwrap());
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, total(&wallet)), (4, 0, usd("4.84")));
    world.assert_balanced().await;
}

#[tokio::test]
async fn items_have_names_in_languages_and_a_picture() {
    let more = "picture = \"https://cdn.example/hint.png\"\ntexts = { de = { title = \"Tipp\", description = \"Ein Wink.\" } }";
    let world = world(more).await;
    let wallet = world.device("phone").open_with("5.00").await;
    world.network.set(Weather::Cut);
    let catalog = wallet.catalog().await.unwrap();
    let hint = catalog.items.iter().find(|item| item.sku.as_str() == "hint").unwrap();
    assert_eq!((hint.text("de-AT").title.as_str(), hint.text("fr").title.as_str()), ("Tipp", "Hint"));
    assert_eq!(hint.picture.as_deref(), Some("https://cdn.example/hint.png"));
}
