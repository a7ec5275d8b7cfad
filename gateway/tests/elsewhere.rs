//! What a device is promised of what its account's other devices have bought: all of it in order and once, with what went
//! back of it, however many pages it takes, and nothing of anyone else's.

use axum::http::Method;
use farthing_protocol::api::{AccountPurchasesResponse, AccountResponse, AllowanceRequest, RefundReceiptResponse};
use farthing_protocol::limits::{ACCOUNT_PURCHASES_MAX, PURCHASES_KEPT_MAX};
use farthing_protocol::{
    EncodedEntry, EntryBody, EntryId, ProblemKind, PurchaseBody, Receipt, RefundReceipt, Sku, Timestamp,
};
use serde_json::{Value, json};

use crate::device::{Device, GOOD_CARD, World, usd};

/// A new device of a user, with a reserve of 25 dollars where the user has money.
async fn device_of(world: &World, user: &str) -> Device {
    let mut device = world.device_of(user).await;
    device.raise_allowance(Some(usd("25.00"))).await;
    device.refresh().await;
    device
}

/// A phone and a tablet of one user.
async fn two_devices(world: &World) -> (Device, Device) {
    let mut phone = device_of(world, "ada").await;
    let card = phone.add_card(GOOD_CARD).await;
    phone.top_up("first", usd("45.00"), &card).await;
    phone.top_up("second", usd("45.00"), &card).await;
    phone.raise_allowance(Some(usd("25.00"))).await;
    phone.refresh().await;
    let tablet = device_of(world, "ada").await;
    (phone, tablet)
}

fn buy_hints(device: &mut Device, count: usize) -> Vec<EncodedEntry> {
    let mut hint = || {
        let (sku, price) = (Sku::new("hint").unwrap(), usd("0.05"));
        let body = PurchaseBody { sku, unit_price: price, total: price, ..device.purchase() };
        device.append(EntryBody::Purchase(body))
    };
    (0..count).map(|_| hint()).collect()
}

fn ids(entries: &[EncodedEntry]) -> Vec<EntryId> {
    entries.iter().map(|entry| entry.entry().id).collect()
}

fn pass_seconds(world: &World, seconds: i64) {
    let now = world.clock.clock().now().as_millisecond() + seconds * 1_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

async fn page(device: &mut Device, after: &str) -> AccountPurchasesResponse {
    device.get(&format!("/v1/account/purchases/{after}")).await.json()
}

/// Up to where the others are settled, as the account says it.
async fn end(device: &mut Device) -> Option<String> {
    let account: AccountResponse = device.get("/v1/account").await.json();
    let allowances: AccountResponse = device.post("/v1/allowances", &AllowanceRequest::default()).await.json();
    assert_eq!(account.purchases, allowances.purchases);
    account.purchases
}

fn bought(device: &Device, page: &AccountPurchasesResponse) -> Vec<EntryId> {
    page.purchases.iter().map(|purchase| device.open::<Receipt>(&purchase.receipt).jti).collect()
}

#[tokio::test]
async fn a_device_is_told_what_the_others_have_bought_and_nobody_else_is() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    assert_eq!(end(&mut tablet).await, None, "there is nothing to ask for");
    let nothing = page(&mut tablet, "0").await;
    assert!(nothing.purchases.is_empty() && nothing.next.is_none() && !nothing.has_more);

    let entries = buy_hints(&mut phone, 3);
    let receipts = phone.upload(&entries).await.receipts;
    let all = page(&mut tablet, "0").await;
    let shown: Vec<Receipt> = all.purchases.iter().map(|purchase| tablet.open(&purchase.receipt)).collect();
    assert_eq!(shown, receipts);
    assert!(all.purchases.iter().all(|purchase| purchase.refunds.is_empty()) && !all.has_more);
    assert_eq!(end(&mut tablet).await, all.next, "whoever has all is told so");
    assert_eq!(end(&mut phone).await, None, "one's own purchases are not told");
    assert!(page(&mut phone, "0").await.purchases.is_empty());

    let next = all.next.unwrap();
    let more = buy_hints(&mut phone, 1);
    phone.upload(&more).await;
    assert_ne!(end(&mut tablet).await.as_deref(), Some(next.as_str()));
    let later = page(&mut tablet, &next).await;
    assert_eq!(bought(&tablet, &later), ids(&more));
    // The same question has the same answer.
    let again = page(&mut tablet, &next).await;
    assert_eq!(bought(&tablet, &again), ids(&more));

    // What is used says nothing to the others, but how far it goes.
    let used = [phone.consume()];
    phone.upload(&used).await;
    let last = page(&mut tablet, later.next.as_deref().unwrap()).await;
    assert!(last.purchases.is_empty() && !last.has_more);
    assert_ne!(last.next, later.next);
    assert_eq!(end(&mut tablet).await, last.next);

    // A stranger has nothing of it, with a place in its journal neither.
    let mut stranger = device_of(&world, "bob").await;
    for after in ["0", &next] {
        let theirs = page(&mut stranger, after).await;
        assert!(theirs.purchases.is_empty() && theirs.next.is_none(), "{theirs:?}");
    }
    assert_eq!(end(&mut stranger).await, None);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_went_back_comes_with_the_purchase() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let entries = buy_hints(&mut phone, 3);
    phone.upload(&entries).await;
    let asked = format!("/v1/purchases/{}/refund", entries[1].entry().id);
    assert_eq!(
        tablet.post(&asked, &json!({})).await.kind(),
        ProblemKind::NotFound,
        "it is asked for where it was bought"
    );
    let whole: RefundReceiptResponse = phone.post(&asked, &json!({})).await.json();
    for amount in ["0.01", "0.02"] {
        let wish = json!({"purchase": entries[2].entry().id, "amount": usd(amount), "reason": "a courtesy"});
        let key = format!("courtesy-{amount}");
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", &key)], Some(wish)).await.json::<Value>();
    }
    let all = page(&mut tablet, "0").await;
    assert_eq!(bought(&tablet, &all), ids(&entries));
    let refunds: Vec<Vec<RefundReceipt>> =
        all.purchases.iter().map(|it| it.refunds.iter().map(|token| tablet.open(token)).collect()).collect();
    assert_eq!(refunds[0], []);
    assert_eq!(refunds[1], [tablet.open::<RefundReceipt>(&whole.receipt)]);
    let courtesies: Vec<_> = refunds[2].iter().map(|refund| (refund.purchase, refund.amount, refund.number)).collect();
    let third = entries[2].entry().id;
    assert_eq!(courtesies, [(third, usd("0.01"), 2), (third, usd("0.02"), 3)], "in the order of their numbers");
}

#[tokio::test]
async fn pages_of_several_devices_are_in_order_and_each_purchase_comes_once() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let mut watch = device_of(&world, "ada").await;
    let mut expected = Vec::new();
    for count in [60, 45, 40] {
        for device in [&mut phone, &mut tablet] {
            pass_seconds(&world, 1);
            let entries = buy_hints(device, count);
            device.upload(&entries).await;
            expected.extend(ids(&entries));
        }
    }
    let (mut shown, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page = page(&mut watch, &after).await;
        assert!(page.purchases.len() <= ACCOUNT_PURCHASES_MAX as usize);
        assert!(!page.has_more || page.purchases.len() == ACCOUNT_PURCHASES_MAX as usize);
        shown.extend(bought(&watch, &page));
        after = page.next.unwrap();
        if !page.has_more {
            break;
        }
    }
    assert_eq!(shown, expected);
    assert_eq!(end(&mut watch).await, Some(after));
    let of_tablet = page(&mut phone, "0").await;
    let phones = bought(&phone, &of_tablet);
    assert_eq!(
        (phones.len(), phones.first()),
        (100, Some(&expected[60])),
        "the phone has only the tablet's to hear of"
    );
}

#[tokio::test]
async fn a_device_that_is_far_behind_gets_the_newest() {
    let world = World::new();
    let (mut phone, mut tablet) = two_devices(&world).await;
    let mut watch = device_of(&world, "ada").await;
    // It has heard of one purchase, and then of nothing for long.
    let first = buy_hints(&mut tablet, 1);
    tablet.upload(&first).await;
    let early = page(&mut watch, "0").await.next.unwrap();
    let mut expected = Vec::new();
    for (count, is_phone) in [(15, false), (400, true), (110, false)] {
        pass_seconds(&world, 1);
        let device = if is_phone { &mut phone } else { &mut tablet };
        let entries = buy_hints(device, count);
        device.upload(&entries).await;
        expected.extend(ids(&entries));
    }
    let expected = &expected[expected.len() - PURCHASES_KEPT_MAX as usize..];
    for begin in ["0", &early] {
        let (mut shown, mut after, mut pages) = (Vec::new(), begin.to_owned(), 0);
        loop {
            let page = page(&mut watch, &after).await;
            shown.extend(bought(&watch, &page));
            (after, pages) = (page.next.unwrap(), pages + 1);
            if !page.has_more {
                break;
            }
        }
        assert_eq!((shown.as_slice(), pages), (expected, 5));
        assert_eq!(end(&mut watch).await, Some(after));
    }
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let world = World::new();
    let (_, mut tablet) = two_devices(&world).await;
    for bad in ["1", "nonsense", "AAAA", "%00"] {
        let answer = tablet.get(&format!("/v1/account/purchases/{bad}")).await;
        assert_eq!(answer.kind(), ProblemKind::InvalidRequest, "{bad}");
    }
}
