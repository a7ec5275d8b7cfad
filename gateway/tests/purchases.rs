//! What a merchant's support is promised: any purchase can be looked up, with a receipt that verifies, and what a
//! player bought is listed whole, however many devices and pages it takes.

use axum::http::{Method, StatusCode};
use farthing_protocol::{EntryBody, EntryId, ProblemKind, PurchaseBody, Receipt, Timestamp};
use serde_json::{Value, json};

use crate::device::{Answer, Device, GOOD_CARD, World, usd};

async fn get(world: &World, path: &str) -> Answer {
    world.merchant(Method::GET, path, &[], None).await
}

/// A new device of a user, with a reserve of its own where the user has money.
async fn device_of(world: &World, user: &str) -> Device {
    let mut device = world.device_of(user).await;
    device.raise_allowance(None).await;
    device.refresh().await;
    device
}

fn pass_seconds(world: &World, seconds: i64) {
    let now = world.clock.clock().now().as_millisecond() + seconds * 1_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

#[tokio::test]
async fn a_purchase_is_looked_up_with_its_signed_receipt() {
    let world = World::new();
    let mut device = device_of(&world, "ada").await;
    let card = device.add_card(GOOD_CARD).await;
    device.top_up("first", usd("5.00"), &card).await;
    device.refresh().await;
    let dear = PurchaseBody { unit_price: usd("0.01"), total: usd("0.01"), ..device.purchase() };
    let entries = [device.buy(), device.append(EntryBody::Purchase(dear)), device.consume()];
    let settled = device.upload(&entries).await;
    let id = entries[0].entry().id;
    let shown: Value = get(&world, &format!("/v1/purchases/{id}")).await.json();
    let enrolment = device.enrolment.as_ref().unwrap();
    let expected = json!({
        "id": id, "state": "settled", "user": "ada", "account": enrolment.account, "device": enrolment.device,
        "claims": settled.receipts[0], "receipt": shown["receipt"],
    });
    assert_eq!(shown, expected);
    assert_eq!(device.open::<Receipt>(shown["receipt"].as_str().unwrap()), settled.receipts[0]);

    for unsettled in [entries[1].entry().id, entries[2].entry().id, EntryId::generate()] {
        assert_eq!(get(&world, &format!("/v1/purchases/{unsettled}")).await.kind(), ProblemKind::NotFound);
    }
    assert_eq!(get(&world, "/v1/purchases/nonsense").await.kind(), ProblemKind::InvalidRequest);
    assert_eq!(device.get(&format!("/v1/purchases/{id}")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_a_user_bought_is_listed_once_and_in_order_over_devices_and_pages() {
    let world = World::new();
    let mut phone = device_of(&world, "ada").await;
    let card = phone.add_card(GOOD_CARD).await;
    phone.top_up("first", usd("50.00"), &card).await;
    phone.refresh().await;
    let mut tablet = device_of(&world, "ada").await;
    let mut stranger = world.funded("5.00").await;
    let (mut expected, mut count) = (Vec::new(), 0);
    for round in 0..14 {
        let device = if round % 3 == 0 { &mut tablet } else { &mut phone };
        let entries: Vec<_> = (0..=round % 4).flat_map(|_| [device.consume(), device.buy()]).collect();
        device.upload(&entries).await;
        expected.extend(entries.iter().skip(1).step_by(2).map(|entry| entry.entry().id.to_string()));
        pass_seconds(&world, 1);
        let other = [stranger.buy()];
        if round < 5 {
            stranger.upload(&other).await;
        }
        count += 1 + round % 4;
    }
    expected.reverse();
    assert_eq!(expected.len(), count);

    let account = phone.enrolment.as_ref().unwrap().account;
    for (limit, whose) in [(1, "user=ada".to_owned()), (3, format!("account={account}")), (100, "user=ada".to_owned())]
    {
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page: Value = get(&world, &format!("/v1/purchases?{whose}&limit={limit}{cursor}")).await.json();
            let purchases = page["purchases"].as_array().unwrap();
            assert!(purchases.len() <= limit && purchases.iter().all(|purchase| purchase["user"] == "ada"));
            listed.extend(purchases.iter().map(|purchase| purchase["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            assert_eq!(purchases.len(), limit);
            cursor = format!("&cursor={next}");
        }
        assert_eq!(listed, expected, "by {limit}");
    }
    let first: Value = get(&world, "/v1/purchases?user=ada&limit=5").await.json();
    // What is bought in between doesn't move what is listed.
    let more = [phone.buy()];
    phone.upload(&more).await;
    let cursor = first["next"].as_str().unwrap();
    let second: Value = get(&world, &format!("/v1/purchases?user=ada&limit=5&cursor={cursor}")).await.json();
    assert_eq!(second["purchases"][0]["id"], json!(expected[5]));
}

#[tokio::test]
async fn who_asks_for_nobody_s_purchases_is_told() {
    let world = World::new();
    device_of(&world, "ada").await;
    assert_eq!(get(&world, "/v1/purchases?user=ada").await.json::<Value>(), json!({"purchases": []}));
    let unknown = EntryId::generate();
    for nobody in ["user=bob".to_owned(), format!("account={unknown}")] {
        assert_eq!(get(&world, &format!("/v1/purchases?{nobody}")).await.kind(), ProblemKind::NotFound, "{nobody}");
    }
    for bad in [
        "",
        "?user=ada&account=01a20da0-79c5-766f-986c-0f5ba27a3a4c",
        "?user=ada&cursor=x",
        "?user=ada&limit=0",
        "?user=%00",
        "?account=x",
        "?name=ada",
    ] {
        assert_eq!(get(&world, &format!("/v1/purchases{bad}")).await.kind(), ProblemKind::InvalidRequest, "{bad}");
    }
}
