//! What an operator is promised of several gateways on one PostgreSQL database. That they survive being killed is
//! shown by `tests/replicas`.

use axum::http::{Method, StatusCode};
use farthing_gateway::{Clock, Gateway, StartError, StoreError};
use farthing_protocol::api::CatalogResponse;
use farthing_protocol::{Catalog, Outcome, PurchaseBody};
use secrecy::SecretString;
use sqlx::{Connection, Executor, PgConnection};

use crate::device::{self, ADDRESS, World, usd};

/// Another gateway on the folder and database of a world.
fn another(world: &World) -> Gateway {
    farthing_database::open(world.folder.path(), ADDRESS, world.clock.clock()).unwrap()
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_device_of_one_gateway_is_at_home_at_each() {
    let world = World::new();
    let other = another(&world);
    let mut device = world.funded("5.00").await;
    let bought = [device.buy(), device.buy()];
    device.router = other.router();
    // Nonce, token and balance are good here, too.
    let proof = device.proof(&Method::GET, "/v1/account", device.token.as_deref());
    let request = device.request(&Method::GET, "/v1/account", &proof, None);
    assert_eq!(device::send(&device.router, request).await.status, StatusCode::OK);
    let there = device.upload(&bought).await;
    device.router = world.gateway.router();
    let here = device.upload(&bought).await;
    assert_eq!(here.settlement.outcomes, there.settlement.outcomes);
    assert_eq!(here.receipts, there.receipts);
    assert_eq!(world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap(), usd("-4.50"));
    world.assert_balanced().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn prices_that_one_gateway_publishes_hold_at_each() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let file = world.folder.path().join("catalog.toml");
    let catalog = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, catalog.replace("\"0.25\"", "\"0.35\"")).unwrap();
    let _other = another(&world);

    let dearer = PurchaseBody { catalog: 2, unit_price: usd("0.35"), total: usd("0.35"), ..device.purchase() };
    let bought = [device.append(farthing_protocol::EntryBody::Purchase(dearer)), device.buy()];
    let outcomes = device.upload(&bought).await.settlement.outcomes;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Settled { .. })), "{outcomes:?}");
    let on_sale: CatalogResponse = device.get("/v1/catalog").await.json();
    assert_eq!(device.open::<Catalog>(&on_sale.catalog).version, 2);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn prices_that_are_uploaded_to_one_gateway_hold_at_each_and_no_old_file_takes_them_back() {
    let world = World::new();
    let other = another(&world);
    let mut device = world.funded("5.00").await;
    device.router = other.router();
    let price = serde_json::json!({"amount": "0.35", "currency": "USD"});
    let item = serde_json::json!({"sku": "extra_life", "title": "T", "price": price, "kind": "consumable"});
    let content = serde_json::json!({"merchant": "sample-studio", "items": [item]});
    let published = world.merchant(Method::POST, "/v1/catalogs", &[], Some(content)).await;
    assert_eq!(published.status, StatusCode::CREATED);

    let late = another(&world);
    for router in [other.router(), late.router()] {
        device.router = router;
        let dearer = PurchaseBody { catalog: 2, unit_price: usd("0.35"), total: usd("0.35"), ..device.purchase() };
        let bought = [device.append(farthing_protocol::EntryBody::Purchase(dearer)), device.buy()];
        let outcomes = device.upload(&bought).await.settlement.outcomes;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Settled { .. })), "{outcomes:?}");
        let on_sale: CatalogResponse = device.get("/v1/catalog").await.json();
        assert_eq!(device.open::<Catalog>(&on_sale.catalog).version, 2);
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_gateway_with_another_root_key_is_turned_away() {
    let world = World::new();
    let stranger = tempfile::tempdir().unwrap();
    let name = farthing_database::NAME_FILE;
    std::fs::copy(world.folder.path().join(name), stranger.path().join(name)).unwrap();
    let refused = farthing_database::open(stranger.path(), ADDRESS, world.clock.clock()).err();
    assert!(matches!(refused, Some(StartError::Store(StoreError::AnotherGateway))), "{refused:?}");
    world.funded("5.00").await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_database_is_served_once_it_is_migrated_and_that_may_be_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = SecretString::from(farthing_database::empty(&farthing_database::server().unwrap()));
    let open = || Gateway::connect(folder.path(), &database, ADDRESS, Clock::system());
    let refused = open().await.err().unwrap();
    assert!(matches!(refused, StartError::Store(StoreError::NotMigrated)), "{refused:?}");
    for _ in 0..2 {
        Gateway::migrate(&database).await.unwrap();
        open().await.unwrap().close().await;
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_dump_that_was_made_while_it_ran_starts_again_with_everything() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let settled = device.upload(&bought).await;
    let name = farthing_database::NAME_FILE;
    let original = std::fs::read_to_string(world.folder.path().join(name)).unwrap();
    let dump = world.folder.path().join("dump");
    let run = |program: &str, arguments: [&str; 4]| {
        let output = farthing_database::client(program).unwrap().args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run("pg_dump", ["--format=custom", "--file", dump.to_str().unwrap(), &original]);

    // The drill: the server is gone, another one has the dump.
    world.gateway.close().await;
    let restored = farthing_database::empty(&farthing_database::server().unwrap());
    run("pg_restore", ["--exit-on-error", "--dbname", &restored, dump.to_str().unwrap()]);
    std::fs::write(world.folder.path().join(name), &restored).unwrap();
    world.gateway = another(&world);
    device.router = world.gateway.router();
    assert_eq!(device.upload(&bought).await.receipts, settled.receipts);
    let more = [device.buy()];
    device.upload(&more).await;
    assert_eq!(world.ledger("user_reserved").await, usd("-4.50"));
    world.assert_balanced().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_server_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = SecretString::from("postgres://farthing:a-secret@127.0.0.1:1/farthing".to_owned());
    let refused = Gateway::connect(folder.path(), &nowhere, ADDRESS, Clock::system()).await.err().unwrap();
    assert!(!refused.to_string().contains("a-secret"), "{refused}");
    assert!(matches!(refused, StartError::Store(StoreError::Unreachable(_))), "{refused:?}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_gateway_that_does_not_know_of_a_rotation_can_not_bring_a_retired_key_back() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let clock = world.clock.clock();
    Gateway::rotate_vault_key(world.folder.path(), std::time::Duration::ZERO, &clock).unwrap();
    // This one was started again and the other one was forgotten.
    let other = another(&world);
    while other.rewrap_some().await.unwrap() > 0 {}
    let request = r#"{"number":"5555555555554444","expiry_month":12,"expiry_year":2034,"cvc":"123"}"#;
    // What the new key has sealed, the forgotten one can't open: it says so, and changes nothing.
    assert_eq!(device.post_raw("/v1/cards", request).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let mut newcomer = world.device();
    newcomer.enrol(world.gateway.publishable_key()).await;
    let late = newcomer.add_card("4000000000000002").await;
    let refused = other.retire_vault_keys().await.unwrap_err();
    assert!(matches!(refused, StoreError::Keys(_)), "{refused:?}");
    while other.rewrap_some().await.unwrap() > 0 {}
    other.retire_vault_keys().await.unwrap();
    let mut next = world.device();
    next.enrol(world.gateway.publishable_key()).await;
    assert_eq!(next.post_raw("/v1/cards", request).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(other.sealed_values().await.unwrap()[&1], 0);
    // At the other it goes on.
    for device in [&mut device, &mut newcomer, &mut next] {
        device.router = other.router();
        device.add_card("5555555555554444").await;
    }
    let answer = newcomer.try_top_up("late", usd("1.00"), &late).await;
    assert!(answer.text().contains("generic_decline"), "its number was opened: {}", answer.text());
    world.assert_balanced().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn folding_reads_by_an_index_and_compiles_nothing() {
    let url = farthing_database::fresh(&farthing_database::server().unwrap());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    // As the gateway's own connections are.
    connection.execute("SET enable_seqscan = off").await.unwrap();
    let fold = include_str!("../src/store/postgres/fold.sql").replace("$1", "5000");
    let plan: Vec<String> = sqlx::query_scalar(&format!("EXPLAIN {fold}")).fetch_all(&mut connection).await.unwrap();
    let bad = plan.iter().find(|line| line.contains("Seq Scan") || line.contains("JIT"));
    assert_eq!(bad, None, "{plan:#?}");
}
