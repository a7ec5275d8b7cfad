//! What a merchant with very many sales is promised: they are paid out as a few are, whole and once, whatever breaks off
//! meanwhile.

use axum::http::{Method, StatusCode};
use farthing_protocol::Money;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};

use crate::browser::execute;
use crate::device::{ADDRESS, World, usd};
use crate::payouts::{balance, get, id, money, order, order_at_once, sell, statement};
use crate::rows::database;

/// More than PostgreSQL marks in two transactions, and than a statement has in five parts.
const BATCHES: u32 = 25_001;
const STUDIO: (&str, &str) = ("merchant_payable", "sample-studio");

/// Settles batches that earned ten cents each, a millisecond apart, as the ledger would have them.
async fn fill(world: &World, (kind, owner): (&str, &str), batches: u32) {
    let now = world.clock.clock().now().as_millisecond();
    let is_postgres = database(world).is_some();
    let name = |owner: &str| if is_postgres { format!("'{owner}'") } else { format!("CAST('{owner}' AS BLOB)") };
    let (owner, processor) = (name(owner), name("sandbox"));
    let sides = format!(
        "('{kind}', {owner}, 'USD', CAST(-100000 AS bigint)), ('card_clearing', {processor}, 'USD', CAST(100000 AS bigint))"
    );
    let accounts = format!(
        "INSERT INTO ledger_accounts (kind, owner, currency, balance)
           SELECT kind, owner, currency, amount * {batches} FROM side WHERE true
           ON CONFLICT (kind, owner, currency) DO UPDATE SET balance = ledger_accounts.balance + excluded.balance"
    );
    let with_sides = format!("WITH side (kind, owner, currency, amount) AS (VALUES {sides})");
    let statements = if is_postgres {
        format!(
            "{with_sides} {accounts};
             {with_sides}, batch AS (
               INSERT INTO ledger_transactions (id, kind, reference, at)
                 SELECT gen_random_uuid(), 'settlement', gen_random_uuid(), {now} + number
                 FROM generate_series(1, {batches}) AS number RETURNING id, at)
             INSERT INTO ledger_postings (ledger_transaction, kind, owner, currency, amount, at)
               SELECT batch.id, side.kind, owner, currency, amount, at FROM batch CROSS JOIN side"
        )
    } else {
        format!(
            "BEGIN;
             {with_sides} {accounts};
             CREATE TEMP TABLE before AS SELECT coalesce(max(id), 0) AS id FROM ledger_transactions;
             WITH RECURSIVE numbers (number) AS
                 (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {batches})
               INSERT INTO ledger_transactions (kind, reference, at)
               SELECT 'settlement', randomblob(16), {now} + number FROM numbers;
             {with_sides}
               INSERT INTO ledger_postings (ledger_transaction, ledger_account, amount)
               SELECT batch.id, account.id, amount FROM ledger_transactions AS batch CROSS JOIN side
                 JOIN ledger_accounts AS account
                   ON (account.kind, account.owner, account.currency) = (side.kind, side.owner, side.currency)
               WHERE batch.id > (SELECT id FROM before);
             DROP TABLE before;
             COMMIT"
        )
    };
    execute(world, &statements).await.unwrap();
}

fn earned(batches: u32) -> Money {
    usd("0.10").times(batches).unwrap()
}

/// The settlements that a payout's statement has, each of which is there once.
async fn settled(world: &World, payout: &str) -> Vec<String> {
    let text = get(world, &format!("/v1/payouts/{payout}/statement.csv")).await.text();
    let cells = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let mut settled: Vec<String> =
        cells.filter(|cells| cells[1] == "settlement").map(|cells| cells[2].to_owned()).collect();
    let count = settled.len();
    settled.sort_unstable();
    settled.dedup();
    assert_eq!(settled.len(), count, "a settlement is there twice");
    settled
}

#[tokio::test]
async fn more_batches_than_one_transaction_takes_are_paid_out_whole_and_once() {
    let world = World::new();
    fill(&world, STUDIO, BATCHES).await;
    assert_eq!(balance(&world).await, (earned(BATCHES), usd("0")));
    // More than is payable is refused, however much that is.
    assert_eq!(order(&world, "much", Some("2500.11")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = order(&world, "one", None).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let first: Value = answer.json();
    assert_eq!((money(&first["amount"]), money(&first["remaining"])), (earned(BATCHES), usd("0")));
    let again = order(&world, "one", None).await;
    assert_eq!((again.status, again.json::<Value>()), (StatusCode::OK, first.clone()));
    let lines = statement(&world, &id(&first)).await;
    assert_eq!(lines.len(), BATCHES as usize + 2);
    assert_eq!((lines[0].2, lines.last().unwrap().2), (usd("0"), usd("0")));
    assert_eq!(lines.last().unwrap().0, "payout");

    // The next one has what came after it, and nothing of it.
    let mut device = world.funded("5.00").await;
    let sold = sell(&mut device, 2).await;
    fill(&world, STUDIO, 3).await;
    let second: Value = order(&world, "two", Some("0.50")).await.json();
    let lines = statement(&world, &id(&second)).await;
    let kinds: Vec<&str> = lines.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(kinds, ["opening_balance", "settlement", "settlement", "settlement", "settlement", "payout"]);
    assert_eq!(lines.last().unwrap().2, sold.minus(usd("0.20")).unwrap());
    let (before, after) = (settled(&world, &id(&first)).await, settled(&world, &id(&second)).await);
    assert!(after.iter().all(|reference| before.binary_search(reference).is_err()));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_creator_with_very_many_tips_is_paid_out_whole_and_nobody_else_s_are_taken() {
    let world = World::new();
    let name = json!({"name": "Ana"});
    world.merchant(Method::PUT, "/v1/creators/ana", &[], Some(name)).await.json::<Value>();
    fill(&world, ("creator_payable", "ana"), BATCHES).await;
    fill(&world, STUDIO, 7).await;
    let wish = json!({"creator": "ana", "currency": "USD"});
    let ordered = world.merchant(Method::POST, "/v1/payouts", &[("Idempotency-Key", "ana")], Some(wish)).await;
    let payout: Value = ordered.json();
    assert_eq!(money(&payout["amount"]), earned(BATCHES));
    assert_eq!(settled(&world, &id(&payout)).await.len(), BATCHES as usize);
    let merchant_s: Value = order(&world, "one", None).await.json();
    assert_eq!(money(&merchant_s["amount"]), earned(7));
    assert_eq!(settled(&world, &id(&merchant_s)).await.len(), 7);
    world.assert_balanced().await;
}

/// Postings that were marked for a payout, made or not.
async fn marked(world: &World) -> i64 {
    let mut connection = PgConnection::connect(&database(world).unwrap()).await.unwrap();
    let count = "SELECT count(*) FROM ledger_postings WHERE payout IS NOT NULL";
    sqlx::query(count).fetch_one(&mut connection).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_payout_that_broke_off_is_made_by_the_next_request_and_covers_what_came_since() {
    let mut world = World::new();
    // So many that it is not done by the time that it is seen to have begun.
    fill(&world, STUDIO, 4 * BATCHES).await;
    let router = world.gateway.router();
    let key = secrecy::ExposeSecret::expose_secret(world.gateway.secret_key()).to_owned();
    let begun = tokio::spawn(async move {
        let request = axum::http::Request::post(format!("{ADDRESS}/v1/payouts"))
            .header("Authorization", format!("Bearer {key}"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "one")
            .body(axum::body::Body::from(json!({"currency": "USD"}).to_string()));
        crate::device::send(&router, request.unwrap()).await
    });
    while marked(&world).await == 0 {
        tokio::task::yield_now().await;
    }
    begun.abort();
    assert!(begun.await.unwrap_err().is_cancelled(), "it was done before it could break off");
    world.restart().await;
    let taken = marked(&world).await;
    assert!(taken > 0 && taken < i64::from(4 * BATCHES), "{taken}");
    assert_eq!(get(&world, "/v1/payouts").await.json::<Value>()["payouts"], json!([]));
    assert_eq!(balance(&world).await, (earned(4 * BATCHES), usd("0")));

    fill(&world, STUDIO, 5).await;
    let payout: Value = order(&world, "one", None).await.json();
    assert_eq!(money(&payout["amount"]), earned(4 * BATCHES + 5));
    assert_eq!(settled(&world, &id(&payout)).await.len(), 4 * BATCHES as usize + 5);
    fill(&world, STUDIO, 2).await;
    let next: Value = order(&world, "two", None).await.json();
    assert_eq!((settled(&world, &id(&next)).await.len(), money(&next["amount"])), (2, earned(2)));
    world.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn large_payouts_at_once_by_several_gateways_take_each_batch_once() {
    let world = World::new();
    let another = || farthing_database::open(world.folder.path(), ADDRESS, world.clock.clock()).unwrap();
    let gateways = [world.gateway.clone(), another(), another()];
    let mut device = world.funded("20.00").await;
    fill(&world, STUDIO, BATCHES).await;
    let (mut ordered, sold) =
        tokio::join!(order_at_once(&gateways, |number| format!("all-{number}"), None), sell(&mut device, 20));
    let rest = order(&world, "rest", None).await;
    if rest.status.is_success() {
        ordered.push(rest.json());
    }
    let mut all = Vec::new();
    for payout in &ordered {
        all.extend(settled(&world, &id(payout)).await);
        statement(&world, &id(payout)).await;
    }
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!((all.len(), count), (BATCHES as usize + 1, BATCHES as usize + 1));
    let paid = ordered.iter().fold(usd("0"), |sum, payout| sum.plus(money(&payout["amount"])).unwrap());
    let (payable, in_transit) = balance(&world).await;
    assert_eq!((in_transit, paid.plus(payable)), (paid, earned(BATCHES).plus(sold)));
    world.assert_balanced().await;
}
