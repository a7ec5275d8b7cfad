//! What a player meets of the rules that the law sets: an account that was erased, caps, ages, strong authentication.

use farthing_core::{Currency, TopUpCap, TopUpState, Wallet, WalletError};
use farthing_tests::{Device, GOOD_CARD, World, add_card, owned, usd};
use http::Method;
use serde_json::{Value, json};

/// A wallet of a user.
async fn of_user(world: &World, device: &Device, declared: Value) -> Wallet {
    let (_, answer) = world.merchant(Method::POST, "/v1/enrolment-tokens", Some(declared)).await;
    let token = answer["token"].as_str().unwrap().to_owned();
    let wallet = Wallet::open(device.config().enrolment_token(token), device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet
}

async fn with_rules(rules: &str) -> World {
    let mut world = World::new();
    world.edit_policy(|policy| format!("{policy}\n{rules}\n")).await;
    world
}

#[tokio::test]
async fn an_erased_account_spends_nothing_more_and_says_so_also_offline_and_after_a_restart() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = of_user(&world, &device, json!({"user": "ada"})).await;
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    // Bought offline, while the merchant erases the player.
    wallet.set_offline(true);
    wallet.buy("extra_life".into()).await.unwrap();
    let user = json!({"user": "ada", "left_over": "write_off"});
    let (_, erased) = world.merchant(Method::POST, "/v1/erasures", Some(user)).await;
    assert_eq!(erased["written_off"], json!([usd("4.75")]), "{erased}");

    wallet.set_offline(false);
    assert_eq!(wallet.sync().await, Err(WalletError::AccountErased));
    assert_eq!(wallet.buy("extra_life".into()).await.unwrap_err(), WalletError::AccountErased);
    assert_eq!(wallet.top_up(usd("5.00"), card.id).await.unwrap_err(), WalletError::AccountErased);
    wallet.close().await;
    let wallet = device.open().await;
    wallet.set_offline(true);
    assert_eq!(wallet.buy("extra_life".into()).await.unwrap_err(), WalletError::AccountErased);
    assert!(WalletError::AccountErased.to_string().contains("erase this wallet"));
    world.assert_balanced().await;

    // The player comes back with a new wallet: an account of its own, without the old one's money.
    wallet.erase(true).await.unwrap();
    let back = of_user(&world, &device, json!({"user": "ada"})).await;
    assert_eq!((owned(&back, "extra_life").await, back.balance().of_currency(Currency::USD).total), (0, usd("0")));
}

#[tokio::test]
async fn a_top_up_above_a_cap_is_refused_with_what_still_fits_and_leaves_nothing_behind() {
    let world = with_rules("[rules.caps]\nbalance = { default = \"20.00\" }").await;
    let wallet = world.device("phone").open_with("15.00").await;
    let card = wallet.cards().await.unwrap().remove(0);
    let refused = wallet.top_up(usd("10.00"), card.id).await.unwrap_err();
    let (most, room) = (usd("20.00"), usd("5.00"));
    assert_eq!(refused, WalletError::TopUpCapReached { cap: TopUpCap::Balance, most, room });
    assert!(refused.to_string().contains("5.00 USD more can be loaded"), "{refused}");
    assert_eq!(wallet.top_ups().await.unwrap().len(), 1);
    assert_eq!(wallet.top_up(room, card.id).await.unwrap().state, TopUpState::Succeeded);
    wallet.sync().await.unwrap();
    assert_eq!(wallet.balance().of_currency(Currency::USD).total, most);
}

#[tokio::test]
async fn the_young_are_told_whether_a_guardian_helps() {
    let world = with_rules("[rules.age]\ntop_ups_from = 13\nguardian_below = 18").await;
    for (name, age, needs_guardian) in [("child", 12, false), ("teen", 15, true)] {
        let wallet = of_user(&world, &world.device(name), json!({"user": name, "age": age})).await;
        let card = add_card(&wallet, GOOD_CARD).await.unwrap();
        let refused = wallet.top_up(usd("5.00"), card.id).await.unwrap_err();
        assert_eq!(refused, WalletError::AgeRestricted { needs_guardian });
        if needs_guardian {
            let limits = farthing_core::SpendingLimits { day: Some(usd("5.00")), ..Default::default() };
            let change = farthing_core::LimitsChange {
                currency: Currency::USD,
                limits,
                pin: Some("2468".to_owned()),
                utc_offset_minutes: None,
            };
            wallet.set_limits(change).await.unwrap();
            assert_eq!(wallet.top_up(usd("5.00"), card.id).await.unwrap().state, TopUpState::Succeeded);
        }
    }
}

#[tokio::test]
async fn strong_authentication_is_due_after_some_charges_and_the_player_confirms_it() {
    let rules =
        "[rules.authentication]\neach = { default = \"30.00\" }\nin_all = { default = \"100.00\" }\nin_a_row = 5";
    let world = with_rules(rules).await;
    let wallet = world.device("phone").open_with("30.00").await;
    let card = wallet.cards().await.unwrap().remove(0);
    for _ in 0..2 {
        assert_eq!(wallet.top_up(usd("30.00"), card.id).await.unwrap().state, TopUpState::Succeeded);
    }
    let TopUpState::RequiresAction { url } = wallet.top_up(usd("30.00"), card.id).await.unwrap().state else {
        panic!("the fourth comes to 120 dollars")
    };
    world.answer_bank_page(&url, "confirm").await;
    wallet.sync().await.unwrap();
    assert_eq!(wallet.balance().of_currency(Currency::USD).total, usd("120.00"));
    assert_eq!(wallet.top_up(usd("30.00"), card.id).await.unwrap().state, TopUpState::Succeeded);
}
