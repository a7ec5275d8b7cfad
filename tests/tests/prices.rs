//! Prices that begin and end at a time, are a country's, or introductory, and what items are called: signed, and so the
//! same on both sides, offline too.

use std::time::Duration;

use farthing_core::{Currency, Money, Wallet};
use farthing_tests::{Device, GOOD_CARD, Weather, World, add_card, usd};

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

/// Hints cost 5 cents, in Brazil and India 2, and a cent in a player's first three days.
async fn world_of_two_tiers() -> World {
    let mut world = World::new();
    let file = world.gateway_folder().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    let tiers = "price_tiers = [{ name = \"low\", countries = [\"BR\", \"IN\"] }]";
    let hint = "sku = \"hint\"\ntiers = { low = { price = { amount = \"0.02\", currency = \"USD\" } } }\n\
                introductory = { price = { amount = \"0.01\", currency = \"USD\" }, days = 3 }\n";
    let catalog =
        catalog.replacen("sku = \"hint\"\n", hint, 1).replacen("[[items]]", &format!("{tiers}\n\n[[items]]"), 1);
    std::fs::write(&file, catalog).unwrap();
    world.restart_gateway().await;
    world
}

/// The wallet of a player who lives there, with five dollars.
async fn player(world: &World, device: &Device, user: &str, country: Option<&str>) -> Wallet {
    let config = device.config().enrolment_token(world.enrolment_token(user, country).await);
    let wallet = Wallet::open(config, device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet
}

async fn fund(wallet: &Wallet) {
    let card = add_card(wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    wallet.sync().await.unwrap();
}

/// What the shop shows for a hint.
async fn shown(wallet: &Wallet, at: &str) -> Money {
    let catalog = wallet.catalog().await.unwrap();
    let hint = catalog.items.iter().find(|item| item.sku.as_str() == "hint").unwrap();
    assert!(hint.tiers.is_empty() && hint.introductory.is_none(), "nobody else's prices are shown");
    hint.price_at(at.parse().unwrap())
}

#[tokio::test]
async fn a_country_s_prices_are_shown_before_the_first_top_up_and_paid_offline() {
    let world = world_of_two_tiers().await;
    for (user, country, price) in [("ana", Some("BR"), "0.02"), ("bob", Some("US"), "0.01"), ("eve", None, "0.01")] {
        let device = world.device(user);
        let wallet = player(&world, &device, user, country).await;
        assert_eq!(shown(&wallet, "2026-06-01T08:00:00Z").await, usd(price), "{user}");
        fund(&wallet).await;
        world.network.set(Weather::Cut);
        wallet.close().await;
        let wallet = device.open().await;
        assert_eq!(wallet.buy("hint".into()).await.unwrap().total, usd(price), "{user}");
        assert_eq!(shown(&wallet, "2026-06-01T08:00:00Z").await, usd(price), "{user}");
        world.network.set(Weather::Fair);
        let report = wallet.sync().await.unwrap();
        assert_eq!((report.settled, report.rejected), (1, 0), "{user}");
        wallet.close().await;
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_introductory_price_ends_after_its_days_also_without_a_network() {
    let world = world_of_two_tiers().await;
    let device = world.device("phone");
    let wallet = player(&world, &device, "bob", None).await;
    fund(&wallet).await;
    world.network.set(Weather::Cut);
    let mut paid = Vec::new();
    for pause in [0, 3 * 86_400 - 1, 1] {
        device.clock.pass(Duration::from_secs(pause));
        paid.push(wallet.buy("hint".into()).await.unwrap().total);
    }
    assert_eq!(paid, [usd("0.01"), usd("0.01"), usd("0.05")]);
    let after = shown(&wallet, "2026-06-04T08:00:00Z").await;
    assert_eq!((shown(&wallet, "2026-06-04T07:59:59Z").await, after), (usd("0.01"), usd("0.05")));
    world.clock.set("2026-06-05T08:00:00Z".parse().unwrap());
    world.network.set(Weather::Fair);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, total(&wallet)), (3, 0, usd("4.93")));
}

#[tokio::test]
async fn who_moves_pays_what_was_promised_until_the_next_allowance() {
    let world = world_of_two_tiers().await;
    let device = world.device("phone");
    let wallet = player(&world, &device, "ana", Some("BR")).await;
    fund(&wallet).await;
    world.network.set(Weather::Cut);
    let before = wallet.buy("hint".into()).await.unwrap().total;
    wallet.close().await;
    world.network.set(Weather::Fair);
    // The back end says that she lives in France now; her other phone tells the gateway.
    let tablet = world.device("tablet");
    player(&world, &tablet, "ana", Some("FR")).await.close().await;
    let wallet = device.open().await;
    let report = wallet.sync().await.unwrap();
    assert_eq!((before, report.settled, report.rejected), (usd("0.02"), 1, 0));
    assert_eq!(wallet.buy("hint".into()).await.unwrap().total, usd("0.01"));
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected), (1, 0));
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
