//! A merchant's own currency, as devices tell of it: what a pack credits, what its units buy, and what goes back.

use axum::http::{Method, StatusCode};
use farthing_protocol::{EntryBody, Money, Outcome, ProblemKind, PurchaseBody, RejectionReason, Sku, Split, Statement};
use serde_json::{Value, json};

use crate::device::{Device, World, usd};

fn gems(amount: &str) -> Money {
    Money::parse(amount, "gems".parse().unwrap()).unwrap()
}

/// A gateway that sells 500 gems for $4.99 and a chest for 120 of them, and reserves up to 500 for a device.
async fn world() -> World {
    let mut world = World::new();
    let price = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    let pack = json!({"sku": "gems_500", "title": "500 gems", "kind": "currency_pack",
        "price": price("4.99", "USD"), "credits": price("500", "gems")});
    let chest = json!({"sku": "chest", "title": "Chest", "kind": "consumable", "price": price("120", "gems")});
    let currency = json!({"code": "gems", "exponent": 0, "title": "Gems"});
    let catalog = json!({"merchant": "sample-studio", "currencies": [currency], "items": [pack, chest]});
    let answer = world.merchant(Method::POST, "/v1/catalogs", &[], Some(catalog)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let file = world.folder.path().join("gateway.toml");
    let policy = std::fs::read_to_string(&file).unwrap();
    let policy = policy.replace("reserve = { default = \"20.00\"", "reserve = { default = \"20.00\", gems = \"500\"");
    let policy = policy
        .replace("purchase_max = { default = \"100.00\"", "purchase_max = { default = \"100.00\", gems = \"500\"");
    assert_eq!(policy.matches("gems").count(), 2, "{policy}");
    std::fs::write(&file, policy).unwrap();
    world.restart().await;
    world
}

fn packs(device: &Device, quantity: u32) -> PurchaseBody {
    PurchaseBody {
        sku: Sku::new("gems_500").unwrap(),
        quantity,
        unit_price: usd("4.99"),
        total: usd("4.99").times(quantity).unwrap(),
        catalog: 2,
        credits: Some(gems("500")),
        ..device.purchase()
    }
}

fn chest(device: &Device, allowance: u64) -> PurchaseBody {
    let (unit_price, total) = (gems("120"), gems("120"));
    PurchaseBody { sku: Sku::new("chest").unwrap(), unit_price, total, catalog: 2, allowance, ..device.purchase() }
}

fn of_gems(statement: &Statement) -> Vec<Money> {
    statement.available.iter().copied().filter(|money| money.currency().is_virtual()).collect()
}

#[tokio::test]
async fn a_pack_credits_once_and_its_units_buy_what_is_priced_in_them() {
    let world = world().await;
    let mut device = world.funded("20.00").await;
    let entry = device.append(EntryBody::Purchase(packs(&device, 2)));
    let answer = device.upload(std::slice::from_ref(&entry)).await;
    assert_eq!((answer.receipts[0].credits, answer.receipts[0].total), (Some(gems("1000")), usd("9.98")));
    // 500 are reserved for the device at once, as the operator says.
    assert_eq!(of_gems(&answer.settlement.statement), [gems("500")]);
    let allowance = answer.allowances.iter().find(|allowance| allowance.limit == gems("500")).unwrap().clone();
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("1000"));
    // Sent again, it is answered with the same, and credits nothing more.
    assert_eq!(device.upload(&[entry]).await.receipts, answer.receipts);
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("1000"));

    let entry = device.append(EntryBody::Purchase(chest(&device, allowance.version)));
    let answer = device.upload(&[entry]).await;
    let nothing = gems("0");
    assert_eq!(answer.receipts[0].split, Split { processor: nothing, platform: nothing, developer: gems("120") });
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("880"));
    // What was paid for the gems is the developer's; the gems themselves are nobody's earnings.
    assert_eq!(world.balance("merchant_payable", "gems").await, nothing);
    assert!(world.balance("merchant_payable", "USD").await.is_negative());
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_the_catalog_does_not_credit_is_rejected() {
    let world = world().await;
    let mut device = world.funded("20.00").await;
    let good = packs(&device, 1);
    for (what, body) in [
        ("more", PurchaseBody { credits: Some(gems("501")), ..good.clone() }),
        ("nothing", PurchaseBody { credits: None, ..good.clone() }),
        ("dollars", PurchaseBody { credits: Some(usd("500")), ..good }),
        ("by a life", PurchaseBody { credits: Some(gems("500")), ..device.purchase() }),
    ] {
        let entry = device.append(EntryBody::Purchase(body));
        let answer = device.upload(&[entry]).await;
        let wrong = Outcome::Rejected { reason: RejectionReason::WrongPrice };
        assert_eq!(answer.settlement.outcomes, [wrong], "{what}");
    }
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("0"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_refund_takes_back_the_packs_whose_units_are_still_in_the_account() {
    let world = world().await;
    let mut device = world.funded("20.00").await;
    let entry = device.append(EntryBody::Purchase(packs(&device, 3)));
    let receipt = device.upload(&[entry]).await.receipts.remove(0);
    // The player can't give back what may be spent offline this moment.
    let own = device.post(&format!("/v1/purchases/{}/refund", receipt.jti), &json!({})).await;
    assert_eq!(own.kind(), ProblemKind::RefundUsed);

    let refund = async |key: &'static str, wish: Value| {
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", key)], Some(wish)).await
    };
    // One of three is reserved for the device.
    let all = refund("a", json!({ "purchase": receipt.jti, "quantity": 3 })).await;
    assert_eq!(all.kind(), ProblemKind::AmountInvalid, "{}", all.text());
    let amount = json!({ "amount": "9.98", "currency": "USD" });
    let two: Value = refund("b", json!({ "purchase": receipt.jti, "amount": amount, "quantity": 2 })).await.json();
    assert_eq!((&two["quantity"], &two["amount"]["amount"]), (&json!(2), &json!("9.98")));
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("500"));
    assert!(of_gems(&device.account().await.0).iter().all(Money::is_zero));
    // The price of the last one can go back all the same; the player keeps the gems.
    let rest: Value = refund("c", json!({ "purchase": receipt.jti })).await.json();
    assert_eq!((&rest["quantity"], &rest["amount"]["amount"]), (&json!(0), &json!("4.99")));
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("500"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_price_of_what_gems_bought_goes_back_in_gems() {
    let world = world().await;
    let mut device = world.funded("20.00").await;
    let entry = device.append(EntryBody::Purchase(packs(&device, 1)));
    let answer = device.upload(&[entry]).await;
    let allowance = answer.allowances.iter().find(|allowance| allowance.limit == gems("500")).unwrap().version;
    let entry = device.append(EntryBody::Purchase(chest(&device, allowance)));
    let receipt = device.upload(&[entry]).await.receipts.remove(0);
    let wish = json!({ "purchase": receipt.jti });
    let refund: Value =
        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", "a")], Some(wish)).await.json();
    assert_eq!(refund["amount"], json!({ "amount": "120", "currency": "gems" }));
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("500"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_erased_account_s_gems_are_nobody_s() {
    let world = world().await;
    let mut device = world.funded("4.99").await;
    let entry = device.append(EntryBody::Purchase(packs(&device, 1)));
    let account = device.upload(&[entry]).await.receipts[0].sub;
    let erase = async |wish: Value| world.merchant(Method::POST, "/v1/erasures", &[], Some(wish)).await;
    let refused = erase(json!({ "account": account })).await;
    assert_eq!(refused.kind(), ProblemKind::ErasureRefused, "{}", refused.text());
    let erased = erase(json!({ "account": account, "left_over": "write_off" })).await;
    assert!(erased.status.is_success(), "{}", erased.text());
    assert_eq!(world.balance("virtual_currency", "gems").await, gems("0"));
    world.assert_balanced().await;
}
