//! What a merchant and the operator's accountant are promised: what was earned is paid out once, whatever happens at
//! once, and each file adds up.
#![allow(unreachable_pub, reason = "a module of the tests is as public as it gets")]

use axum::http::{Method, StatusCode};
use farthing_gateway::Gateway;
use farthing_protocol::{Money, ProblemKind, PurchaseBody, Sku};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::device::{self, ADDRESS, Answer, Device, World, usd};

pub async fn get(world: &World, path: &str) -> Answer {
    world.merchant(Method::GET, path, &[], None).await
}

pub async fn order(world: &World, key: &str, amount: Option<&str>) -> Answer {
    let mut body = json!({"currency": "USD"});
    if let Some(amount) = amount {
        body["amount"] = json!(amount);
    }
    world.merchant(Method::POST, "/v1/payouts", &[("Idempotency-Key", key)], Some(body)).await
}

async fn paid(world: &World, payout: &str) -> Answer {
    world.merchant(Method::POST, &format!("/v1/payouts/{payout}/paid"), &[], None).await
}

async fn failed(world: &World, payout: &str) -> Answer {
    let reason = Some(json!({"reason": "AC04: the account is closed"}));
    world.merchant(Method::POST, &format!("/v1/payouts/{payout}/failed"), &[], reason).await
}

pub fn id(payout: &Value) -> String {
    payout["id"].as_str().unwrap().to_owned()
}

pub fn money(value: &Value) -> Money {
    serde_json::from_value(value.clone()).unwrap()
}

/// What is payable and what is in transit, in US dollars.
pub async fn balance(world: &World) -> (Money, Money) {
    let balances: Value = get(world, "/v1/balance").await.json();
    match balances["balances"].as_array().unwrap().iter().find(|one| one["payable"]["currency"] == "USD") {
        Some(balance) => (money(&balance["payable"]), money(&balance["in_transit"])),
        None => (usd("0"), usd("0")),
    }
}

/// Settles purchases; returns what the developer earned by them.
pub async fn sell(device: &mut Device, count: usize) -> Money {
    device.refresh().await;
    let entries: Vec<_> = (0..count).map(|_| device.buy()).collect();
    let receipts = device.upload(&entries).await.receipts;
    receipts.iter().fold(usd("0"), |sum, receipt| sum.plus(receipt.split.developer).unwrap())
}

/// Arrows for half a cent each, so that what is earned is no whole number of cents.
async fn sell_arrows(device: &mut Device, count: u32) -> Money {
    device.refresh().await;
    let sku = Sku::new("arrow").unwrap();
    let (unit_price, total) = (usd("0.005"), usd("0.005").times(count).unwrap());
    let arrows = PurchaseBody { sku, quantity: count, unit_price, total, ..device.purchase() };
    let entries = [device.append(farthing_protocol::EntryBody::Purchase(arrows))];
    device.upload(&entries).await.receipts[0].split.developer
}

/// A statement's lines: kind, change and balance. Each balance follows from the one before.
pub async fn statement(world: &World, payout: &str) -> Vec<(String, Money, Money)> {
    let answer = get(world, &format!("/v1/payouts/{payout}/statement.csv")).await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let text = answer.text();
    let mut rows = text.split("\r\n").filter(|row| !row.is_empty());
    assert_eq!(rows.next(), Some("at,transaction,reference,change,balance,currency"));
    let mut lines: Vec<(String, Money, Money)> = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        let change = if cells[3].is_empty() { usd("0") } else { usd(cells[3]) };
        assert_eq!((cells.len(), cells[5]), (6, "USD"));
        if let Some((_, _, before)) = lines.last() {
            assert_eq!(before.plus(change), Ok(usd(cells[4])), "{text}");
        }
        lines.push((cells[1].to_owned(), change, usd(cells[4])));
    }
    lines
}

#[tokio::test]
async fn what_was_earned_is_paid_out_in_whole_cents_and_the_statement_adds_up() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let first = sell(&mut device, 4).await;
    // What happens in one moment has no order on PostgreSQL.
    world.clock.set("2026-06-01T08:01:00Z".parse().unwrap());
    let second = sell_arrows(&mut device, 3).await;
    let earned = first.plus(second).unwrap();
    assert_eq!((earned, balance(&world).await), (usd("0.8729"), (usd("0.8729"), usd("0"))));

    let payout: Value = order(&world, "one", None).await.json();
    assert_eq!((money(&payout["amount"]), money(&payout["remaining"])), (usd("0.87"), usd("0.0029")));
    assert_eq!((&payout["state"], &payout["created_at"]), (&json!("in_transit"), &json!("2026-06-01T08:01:00Z")));
    assert_eq!(balance(&world).await, (usd("0.0029"), usd("0.87")));
    assert_eq!(world.ledger("payouts_in_transit").await, usd("-0.87"));
    assert_eq!(get(&world, &format!("/v1/payouts/{}", id(&payout))).await.json::<Value>(), payout);
    let lines = [
        ("opening_balance".to_owned(), usd("0"), usd("0")),
        ("settlement".to_owned(), first, first),
        ("settlement".to_owned(), second, earned),
        ("payout".to_owned(), usd("-0.87"), usd("0.0029")),
    ];
    assert_eq!(statement(&world, &id(&payout)).await, lines);

    let concluded: Value = paid(&world, &id(&payout)).await.json();
    assert_eq!((&concluded["state"], &concluded["concluded_at"]), (&json!("paid"), &json!("2026-06-01T08:01:00Z")));
    assert_eq!(balance(&world).await, (usd("0.0029"), usd("0")));
    assert_eq!((world.ledger("bank").await, world.ledger("payouts_in_transit").await), (usd("-0.87"), usd("0")));
    // The next statement begins where this one ended, and has nothing twice.
    let third = sell(&mut device, 1).await;
    let next: Value = order(&world, "two", None).await.json();
    let lines = statement(&world, &id(&next)).await;
    let kinds: Vec<&str> = lines.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(kinds, ["opening_balance", "settlement", "payout"]);
    assert_eq!((lines[0].2, lines[1].1), (usd("0.0029"), third));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_payout_that_came_back_is_payable_again_and_is_concluded_once() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let earned = sell(&mut device, 4).await;
    let payout: Value = order(&world, "one", Some("0.50")).await.json();
    let back: Value = failed(&world, &id(&payout)).await.json();
    assert_eq!((&back["state"], &back["failure"]), (&json!("failed"), &json!("AC04: the account is closed")));
    assert_eq!(balance(&world).await, (earned, usd("0")));
    assert_eq!(failed(&world, &id(&payout)).await.json::<Value>(), back, "it is said again, not done again");
    assert_eq!(paid(&world, &id(&payout)).await.kind(), ProblemKind::PayoutConcluded);
    assert_eq!((balance(&world).await, world.ledger("bank").await), ((earned, usd("0")), usd("0")));

    let again: Value = order(&world, "two", None).await.json();
    let lines = statement(&world, &id(&again)).await;
    let changes: Vec<_> = lines.iter().map(|(kind, change, _)| (kind.as_str(), *change)).collect();
    let expected =
        [("opening_balance", usd("0")), ("payout_failed", usd("0.50")), ("payout", money(&again["amount"]).negated())];
    assert_eq!(changes, expected);
    paid(&world, &id(&again)).await;
    assert_eq!(failed(&world, &id(&again)).await.kind(), ProblemKind::PayoutConcluded);
    world.assert_balanced().await;
}

trait Negated {
    fn negated(self) -> Self;
}

impl Negated for Money {
    fn negated(self) -> Self {
        Money::zero(self.currency()).minus(self).unwrap()
    }
}

#[tokio::test]
async fn one_key_pays_once_and_what_is_not_payable_is_not_paid() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let earned = sell(&mut device, 4).await;
    let first = order(&world, "one", Some("0.20")).await;
    assert_eq!(first.status, StatusCode::CREATED);
    let first: Value = first.json();
    world.restart().await;
    let again = order(&world, "one", Some("0.20")).await;
    assert_eq!((again.status, again.json::<Value>()), (StatusCode::OK, first));
    for other in [Some("0.30"), None] {
        assert_eq!(order(&world, "one", other).await.kind(), ProblemKind::IdempotencyConflict);
    }
    for (number, bad) in ["0.87", "0.205", "0", "-0.10", "1000000"].iter().enumerate() {
        let refused = order(&world, &format!("bad-{number}"), Some(bad)).await.problem();
        assert_eq!((refused.kind, refused.field.as_deref()), (ProblemKind::PayoutRefused, Some("amount")), "{bad}");
    }
    assert_eq!(order(&world, "bad", Some("a dollar")).await.kind(), ProblemKind::InvalidRequest);
    let left = earned.minus(usd("0.20")).unwrap();
    assert_eq!(balance(&world).await, (left, usd("0.20")));
    let ask = async |headers: &[(&str, &str)], body: Value| {
        world.merchant(Method::POST, "/v1/payouts", headers, Some(body)).await.kind()
    };
    assert_eq!(ask(&[], json!({"currency": "USD"})).await, ProblemKind::InvalidRequest);
    assert_eq!(ask(&[("Idempotency-Key", "e")], json!({"currency": "EUR"})).await, ProblemKind::PayoutRefused);
    assert_eq!(ask(&[("Idempotency-Key", "g")], json!({"currency": "gems"})).await, ProblemKind::PayoutRefused);
    let nobody = "01a20da0-79c5-766f-986c-0f5ba27a3a4c";
    assert_eq!(paid(&world, nobody).await.kind(), ProblemKind::NotFound);
    assert_eq!(get(&world, &format!("/v1/payouts/{nobody}/statement.csv")).await.kind(), ProblemKind::NotFound);
}

#[tokio::test]
async fn payouts_are_listed_the_newest_first() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    sell(&mut device, 10).await;
    let mut ordered = Vec::new();
    for number in 0..5 {
        ordered.insert(0, id(&order(&world, &format!("{number}"), Some("0.10")).await.json()));
    }
    let (mut listed, mut before) = (Vec::new(), String::new());
    loop {
        let page: Value = get(&world, &format!("/v1/payouts?limit=2{before}")).await.json();
        listed.extend(page["payouts"].as_array().unwrap().iter().map(id));
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    assert_eq!(listed, ordered);
}

#[tokio::test]
async fn a_file_for_the_bank_has_what_is_in_transit() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    sell(&mut device, 8).await;
    let first: Value = order(&world, "one", Some("0.50")).await.json();
    assert_eq!(get(&world, "/v1/payouts/pain.001.xml").await.kind(), ProblemKind::NotFound, "no bank account yet");
    let settings = world.folder.path().join("gateway.toml");
    let sample = std::fs::read_to_string(&settings).unwrap();
    let accounts = ["# [payouts]", "# debtor", "# creditor"];
    let sample = accounts.iter().fold(sample, |text, line| text.replace(line, line.trim_start_matches("# ")));
    std::fs::write(&settings, sample).unwrap();
    world.restart().await;
    let second: Value = order(&world, "two", Some("0.25")).await.json();

    let answer = get(&world, "/v1/payouts/pain.001.xml").await;
    assert_eq!(answer.headers["content-type"], "application/xml");
    let xml = answer.text();
    for part in [
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>",
        "<CreDtTm>2026-06-01T08:00:00Z</CreDtTm><NbOfTxs>2</NbOfTxs><CtrlSum>0.75</CtrlSum>",
        "<ReqdExctnDt><Dt>2026-06-01</Dt></ReqdExctnDt><Dbtr><Nm>Your company</Nm></Dbtr>",
        "<DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>",
        "<Amt><InstdAmt Ccy=\"USD\">0.5</InstdAmt></Amt>",
        "<Amt><InstdAmt Ccy=\"USD\">0.25</InstdAmt></Amt>",
        "<CdtrAcct><Id><IBAN>GB82WEST12345698765432</IBAN></Id></CdtrAcct>",
        &format!("<EndToEndId>{}</EndToEndId>", id(&first).replace('-', "")),
    ] {
        assert!(xml.contains(part), "{part} is not in\n{xml}");
    }
    // However they are named, the same payouts are the same message.
    let named = format!("/v1/payouts/pain.001.xml?payouts={},{}", id(&first), id(&second));
    let message = |xml: &str| xml.split("MsgId>").nth(1).unwrap().to_owned();
    assert_eq!(message(&get(&world, &named).await.text()), message(&xml));
    paid(&world, &id(&first)).await;
    assert_eq!(get(&world, &named).await.kind(), ProblemKind::PayoutConcluded);
    let rest = get(&world, "/v1/payouts/pain.001.xml").await.text();
    assert!(rest.contains("<NbOfTxs>1</NbOfTxs><CtrlSum>0.25</CtrlSum>") && message(&rest) != message(&xml));
    for bad in ["?payouts=x", "?payouts=", "?other=1"] {
        let answer = get(&world, &format!("/v1/payouts/pain.001.xml{bad}")).await;
        assert_eq!(answer.kind(), ProblemKind::InvalidRequest, "{bad}");
    }
}

/// What happens in a property's run.
#[derive(Clone, Debug)]
enum Step {
    Sell { device: usize, count: usize },
    SellArrows { device: usize, count: u32 },
    PayAll,
    Pay { cents: u32 },
    Conclude { which: usize, paid: bool },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..2_usize, 1..4_usize).prop_map(|(device, count)| Step::Sell { device, count }),
        3 => (0..2_usize, 1..20_u32).prop_map(|(device, count)| Step::SellArrows { device, count }),
        2 => Just(Step::PayAll),
        2 => (1..100_u32).prop_map(|cents| Step::Pay { cents }),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, paid)| Step::Conclude { which, paid }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    // A server takes its time to make a database for each.
    #![proptest_config(ProptestConfig::with_cases(if farthing_database::server().is_some() { 4 } else { 16 }))]
    #[test]
    fn nothing_is_paid_twice_and_nothing_is_lost(steps in prop::collection::vec(step(), 1..24)) {
        tokio::runtime::Runtime::new().unwrap().block_on(nothing_is_lost(steps));
    }
}

async fn nothing_is_lost(steps: Vec<Step>) {
    let mut world = World::new();
    let mut devices = [world.funded("20.00").await, world.funded("20.00").await];
    let (mut earned, mut arrived, mut in_transit) = (usd("0"), usd("0"), usd("0"));
    let (mut on_their_way, mut opening, mut ordered) = (Vec::new(), usd("0"), 0);
    for step in steps {
        match step {
            Step::Sell { device, count } => earned = earned.plus(sell(&mut devices[device], count).await).unwrap(),
            Step::SellArrows { device, count } => {
                earned = earned.plus(sell_arrows(&mut devices[device], count).await).unwrap();
            }
            Step::PayAll | Step::Pay { .. } => {
                let amount =
                    if let Step::Pay { cents } = step { Some(usd("0.01").times(cents).unwrap()) } else { None };
                let (payable, _) = balance(&world).await;
                ordered += 1;
                let text = amount.map(|amount| amount.amount().to_string());
                let answer = order(&world, &ordered.to_string(), text.as_deref()).await;
                let enough = amount.unwrap_or(usd("0.01")).micros() <= payable.micros();
                assert_eq!(answer.status.is_success(), enough, "{payable} {amount:?} {}", answer.text());
                if enough {
                    let payout: Value = answer.json();
                    in_transit = in_transit.plus(money(&payout["amount"])).unwrap();
                    // Its statement goes on where the one before has ended.
                    let lines = statement(&world, &id(&payout)).await;
                    assert_eq!(lines.first().unwrap().2, opening);
                    opening = lines.last().unwrap().2;
                    assert_eq!(opening, money(&payout["remaining"]));
                    on_their_way.push(payout);
                }
            }
            Step::Conclude { which, paid: has_arrived } if !on_their_way.is_empty() => {
                let payout = on_their_way.swap_remove(which % on_their_way.len());
                let amount = money(&payout["amount"]);
                in_transit = in_transit.minus(amount).unwrap();
                if has_arrived {
                    arrived = arrived.plus(amount).unwrap();
                    paid(&world, &id(&payout)).await.json::<Value>();
                } else {
                    failed(&world, &id(&payout)).await.json::<Value>();
                }
            }
            Step::Conclude { .. } => {}
            Step::Restart => {
                world.restart().await;
                devices.iter_mut().for_each(|device| device.router = world.gateway.router());
            }
        }
        let (payable, moving) = balance(&world).await;
        assert_eq!((moving, world.ledger("bank").await.negated()), (in_transit, arrived));
        assert_eq!(payable.plus(moving).unwrap().plus(arrived), Ok(earned), "payable + in transit + paid = earned");
        world.assert_balanced().await;
    }
}

/// Asks each gateway for payouts at once; returns those that were ordered.
pub async fn order_at_once(gateways: &[Gateway], key: impl Fn(usize) -> String, amount: Option<&str>) -> Vec<Value> {
    use secrecy::ExposeSecret;
    let orders = gateways.iter().cycle().take(12).enumerate().map(|(number, gateway)| {
        let mut body = json!({"currency": "USD"});
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        let request = axum::http::Request::post(format!("{ADDRESS}/v1/payouts"))
            .header("Authorization", format!("Bearer {}", gateway.secret_key().expose_secret()))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key(number))
            .body(axum::body::Body::from(body.to_string()));
        let router = gateway.router();
        tokio::spawn(async move { device::send(&router, request.unwrap()).await })
    });
    let mut ordered = Vec::new();
    for answer in orders.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        match answer.status {
            StatusCode::OK | StatusCode::CREATED => ordered.push(answer.json()),
            _ => assert_eq!(answer.kind(), ProblemKind::PayoutRefused, "{}", answer.text()),
        }
    }
    ordered
}

async fn at_once(world: &World, gateways: &[Gateway]) {
    let mut device = world.funded("20.00").await;
    let mut earned = sell(&mut device, 20).await;
    assert_eq!(earned, usd("4.53"));
    // Seven times sixty cents are payable, and no more.
    let (ordered, more) =
        tokio::join!(order_at_once(gateways, |number| format!("part-{number}"), Some("0.60")), sell(&mut device, 1));
    earned = earned.plus(more).unwrap();
    assert_eq!(ordered.len(), 7);
    let (payable, in_transit) = balance(world).await;
    assert_eq!((in_transit, payable.plus(in_transit)), (usd("4.20"), Ok(earned)));
    let all = order_at_once(gateways, |number| format!("all-{number}"), None).await;
    assert_eq!(all.len(), 1, "one takes all that is there");
    earned = earned.plus(sell(&mut device, 4).await).unwrap();
    let same = order_at_once(gateways, |_| "same".to_owned(), Some("0.10")).await;
    assert!(same.len() == 12 && same.iter().all(|payout| id(payout) == id(&same[0])));
    let (payable, in_transit) = balance(world).await;
    assert_eq!(payable.plus(in_transit), Ok(earned));

    // Each change is in one statement, and they follow from each other.
    let mut payouts: Vec<Value> = ordered.into_iter().chain(all).chain([same[0].clone()]).collect();
    let mut lines = Vec::new();
    let mut opening = usd("0");
    while !payouts.is_empty() {
        let mut next = None;
        for (place, payout) in payouts.iter().enumerate() {
            let statement = statement(world, &id(payout)).await;
            if statement[0].2 == opening && next.is_none() {
                next = Some((place, statement));
            }
        }
        let (place, statement) = next.unwrap();
        opening = money(&payouts.swap_remove(place)["remaining"]);
        lines.extend(statement.into_iter().skip(1));
    }
    let settled = lines.iter().filter(|(kind, ..)| kind == "settlement").map(|(_, change, _)| *change);
    assert_eq!(settled.fold(usd("0"), |sum, change| sum.plus(change).unwrap()), earned);
    world.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payouts_at_once_pay_no_more_than_is_payable() {
    let world = World::new();
    at_once(&world, std::slice::from_ref(&world.gateway)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn payouts_at_once_by_several_gateways_pay_no_more_than_is_payable() {
    let world = World::new();
    let another = || farthing_database::open(world.folder.path(), ADDRESS, world.clock.clock()).unwrap();
    at_once(&world, &[world.gateway.clone(), another(), another()]).await;
}
