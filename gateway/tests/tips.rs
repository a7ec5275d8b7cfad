//! What merchants, creators and players are promised of tips, said without a wallet in between.

use axum::http::{Method, StatusCode};
use farthing_protocol::api::CatalogResponse;
use farthing_protocol::{
    Catalog, Creator, CreatorId, EncodedEntry, EntryBody, Money, Outcome, Receipt, RejectionReason, TipBody, TipMessage,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::device::{Answer, Device, World, usd};

async fn register(world: &World, creator: &str, name: &str) -> Answer {
    world.merchant(Method::PUT, &format!("/v1/creators/{creator}"), &[], Some(json!({"name": name}))).await
}

async fn show(world: &World, creator: &str) -> Value {
    world.merchant(Method::GET, &format!("/v1/creators/{creator}"), &[], None).await.json()
}

async fn payable(world: &World, creator: &str) -> Money {
    let answer = show(world, creator).await;
    answer["balances"].get(0).map_or(usd("0"), |line| serde_json::from_value(line["payable"].clone()).unwrap())
}

async fn creators(device: &mut Device) -> Vec<Creator> {
    let answer: CatalogResponse = device.get("/v1/catalog").await.json();
    device.open::<Catalog>(&answer.catalog).creators
}

fn body(device: &Device, creator: &str, amount: Money) -> TipBody {
    TipBody {
        creator: CreatorId::new(creator).unwrap(),
        amount,
        message: None,
        allowance: device.allowance,
        operation: None,
        approval: None,
    }
}

fn tip(device: &mut Device, creator: &str, amount: &str) -> EncodedEntry {
    let body = body(device, creator, usd(amount));
    device.append(EntryBody::Tip(body))
}

#[tokio::test]
async fn a_creator_is_registered_renamed_listed_and_closed() {
    let world = World::new();
    let first = register(&world, "ana", "Ana").await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(register(&world, "ana", " Ana B. ").await.status, StatusCode::OK);
    register(&world, "bo", "Bo").await;
    let page: Value = world.merchant(Method::GET, "/v1/creators?limit=1", &[], None).await.json();
    assert_eq!((&page["creators"][0]["name"], &page["next"]), (&json!("Ana B."), &json!("ana")));
    let page: Value = world.merchant(Method::GET, "/v1/creators?after=ana", &[], None).await.json();
    assert_eq!((&page["creators"][0]["id"], page.get("next")), (&json!("bo"), None));

    let mut device = world.enrolled().await;
    let listed = creators(&mut device).await;
    assert_eq!(listed.iter().map(|creator| creator.name.as_str()).collect::<Vec<_>>(), ["Ana B.", "Bo"]);
    let closed = world.merchant(Method::DELETE, "/v1/creators/ana", &[], None).await;
    assert_eq!(closed.status, StatusCode::OK);
    assert_eq!(creators(&mut device).await.len(), 1);
    assert_eq!(show(&world, "ana").await["creator"]["is_open"], json!(false));
    register(&world, "ana", "Ana").await;
    assert_eq!(creators(&mut device).await.len(), 2);

    for (path, body) in [("/v1/creators/ana", json!({"name": " "})), ("/v1/creators/ana", json!({"name": "a\nb"}))] {
        let refused = world.merchant(Method::PUT, path, &[], Some(body)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(register(&world, &"x".repeat(65), "Long").await.status, StatusCode::BAD_REQUEST);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(world.merchant(method, "/v1/creators/nobody", &[], None).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn tips_of_a_batch_move_the_money_to_each_creator_and_leave_what_is_bought_to_the_merchant() {
    let world = World::new();
    register(&world, "ana", "Ana").await;
    register(&world, "bo", "Bo").await;
    let mut device = world.funded("5.00").await;
    let entries = [
        tip(&mut device, "ana", "0.50"),
        device.buy(),
        tip(&mut device, "bo", "0.000001"),
        tip(&mut device, "ana", "0.50"),
    ];
    let receipts: Vec<Receipt> = device.upload(&entries).await.receipts;
    assert_eq!(receipts.len(), 4);
    for receipt in &receipts {
        assert_eq!(receipt.split.total(), Ok(receipt.total));
    }
    let tips: Vec<_> = receipts.iter().filter_map(|receipt| receipt.tip.as_ref()).collect();
    assert_eq!(tips.iter().map(|tip| tip.creator.as_str()).collect::<Vec<_>>(), ["ana", "bo", "ana"]);
    let sum = receipts[0].split.developer.plus(receipts[3].split.developer).unwrap();
    assert_eq!((payable(&world, "ana").await, payable(&world, "bo").await), (sum, receipts[2].split.developer));
    let earned = Money::zero(sum.currency()).minus(receipts[1].split.developer).unwrap();
    assert_eq!(world.ledger("merchant_payable").await, earned);
    world.assert_balanced().await;

    // The same bytes again change nothing.
    let again = device.upload(&entries).await.receipts;
    assert_eq!(again, receipts);
    assert_eq!(payable(&world, "ana").await, sum);
    world.assert_balanced().await;
}

#[tokio::test]
async fn what_no_wallet_would_tip_is_rejected_and_costs_nothing() {
    let world = World::new();
    register(&world, "ana", "Ana").await;
    let mut device = world.funded("5.00").await;
    let gems = Money::parse("1", "gems".parse().unwrap()).unwrap();
    let cases = [
        (body(&device, "nobody", usd("0.10")), RejectionReason::UnknownCreator),
        (body(&device, "ana", usd("0")), RejectionReason::WrongPrice),
        (body(&device, "ana", usd("-1")), RejectionReason::WrongPrice),
        (body(&device, "ana", gems), RejectionReason::WrongPrice),
        (body(&device, "ana", usd("5.01")), RejectionReason::AllowanceExceeded),
        (body(&device, "ana", usd("100.01")), RejectionReason::AbovePurchaseMax),
        (TipBody { allowance: 99, ..body(&device, "ana", usd("0.10")) }, RejectionReason::UnknownAllowance),
    ];
    let reasons: Vec<_> = cases.iter().map(|(_, reason)| Outcome::Rejected { reason: *reason }).collect();
    let entries: Vec<_> = cases.into_iter().map(|(body, _)| device.append(EntryBody::Tip(body))).collect();
    let settled = device.upload(&entries).await;
    assert_eq!(settled.settlement.outcomes, reasons);
    assert_eq!(world.ledger("creator_payable").await, usd("0"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_tip_is_paid_out_once_and_its_statement_has_the_creator_s_lines_only() {
    let world = World::new();
    register(&world, "ana", "Ana").await;
    let mut device = world.funded("5.00").await;
    let entries = [tip(&mut device, "ana", "1.00"), device.buy()];
    device.upload(&entries).await;
    let order = |key: &'static str, body: Value| {
        let world = &world;
        async move { world.merchant(Method::POST, "/v1/payouts", &[("Idempotency-Key", key)], Some(body)).await }
    };
    let of_ana = json!({"creator": "ana", "currency": "USD"});
    let first = order("one", of_ana.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let payout: Value = first.json();
    assert_eq!((payout["amount"]["amount"].as_str(), &payout["creator"]), (Some("0.89"), &json!("ana")));
    assert_eq!(order("one", of_ana.clone()).await.status, StatusCode::OK, "asked again, it is the same");
    let other = order("one", json!({"currency": "USD"})).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "the key was used for another payee");
    assert_eq!(order("two", of_ana.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing is left");
    let merchant = order("three", json!({"currency": "USD"})).await;
    assert_eq!(merchant.status, StatusCode::CREATED);
    let merchant: Value = merchant.json();
    assert_eq!((merchant["amount"]["amount"].as_str(), merchant.get("creator")), (Some("0.21"), None));

    let id = payout["id"].as_str().unwrap();
    let csv = world.merchant(Method::GET, &format!("/v1/payouts/{id}/statement.csv"), &[], None).await;
    let csv = String::from_utf8(csv.body.to_vec()).unwrap();
    let changes: Vec<_> = csv.lines().skip(2).map(|line| line.split(',').nth(3).unwrap().to_owned()).collect();
    assert_eq!(changes, ["0.89", "-0.89"], "{csv}");

    let failed = Some(json!({"reason": "AC04: the account is closed"}));
    world.merchant(Method::POST, &format!("/v1/payouts/{id}/failed"), &[], failed).await;
    assert_eq!(payable(&world, "ana").await, usd("0.89"));
    assert_eq!(order("four", of_ana).await.status, StatusCode::CREATED);
    assert_eq!(world.ledger("creator_payouts_in_transit").await, usd("-0.89"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_message_that_can_mislead_makes_an_entry_unreadable_and_a_good_one_is_kept() {
    let world = World::new();
    register(&world, "ana", "Ana").await;
    let mut device = world.funded("5.00").await;
    let good = TipBody { message: Some(TipMessage::new("bravo").unwrap()), ..body(&device, "ana", usd("0.10")) };
    let entries = [device.append(EntryBody::Tip(good))];
    let receipts = device.upload(&entries).await.receipts;
    assert_eq!(receipts[0].tip.as_ref().unwrap().message.as_ref().unwrap().as_str(), "bravo");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// However a balance is tipped and taken back, in parts, what everyone has sums to what was paid in.
    #[test]
    fn refunds_of_tips_mint_nothing(
        tips in prop::collection::vec((1_i64..900_000, prop::option::of(1_i64..900_000)), 1..6),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let world = World::new();
            register(&world, "ana", "Ana").await;
            let mut device = world.funded("5.00").await;
            let (mut kept, mut number) = (0, 0);
            for (amount, back) in tips {
                let money = |micros| Money::from_micros(micros, farthing_protocol::Currency::USD);
                let tip = body(&device, "ana", money(amount));
                let entries = [device.append(EntryBody::Tip(tip))];
                let receipt = device.upload(&entries).await.receipts.pop().unwrap();
                assert_eq!(receipt.split.total(), Ok(money(amount)));
                kept += amount;
                for back in back.into_iter().flat_map(|back| [back, back]) {
                    number += 1;
                    let body = json!({"purchase": receipt.jti, "amount": money(back)});
                    let key = format!("refund-{number}");
                    let answer =
                        world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", &key)], Some(body)).await;
                    if answer.status == StatusCode::CREATED {
                        kept -= back;
                    }
                }
                world.assert_balanced().await;
            }
            let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
            assert_eq!(owed.micros(), kept - 5_000_000);
            assert_eq!(world.ledger("refunds").await, usd("0"));
        });
    }
}
