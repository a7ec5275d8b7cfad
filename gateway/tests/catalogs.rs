//! What a merchant is promised who publishes prices by the API: one editor doesn't overwrite another, what was bought
//! before settles, and no restart brings old prices back.

use axum::http::{Method, StatusCode};
use farthing_protocol::api::CatalogResponse;
use farthing_protocol::limits::CATALOG_BYTES_MAX;
use farthing_protocol::{Catalog, EntryBody, Outcome, ProblemKind, PurchaseBody, RejectionReason};
use serde_json::{Value, json};

use crate::device::{Answer, Device, World, usd};

fn content(price: &str) -> Value {
    let price = json!({"amount": price, "currency": "USD"});
    let item = json!({"sku": "extra_life", "title": "Extra life", "price": price, "kind": "consumable"});
    json!({"merchant": "sample-studio", "items": [item]})
}

async fn publish(world: &World, content: Value) -> Answer {
    world.merchant(Method::POST, "/v1/catalogs", &[], Some(content)).await
}

async fn versions(world: &World, query: &str) -> Value {
    world.merchant(Method::GET, &format!("/v1/catalogs{query}"), &[], None).await.json()
}

async fn on_sale(device: &mut Device) -> Catalog {
    let answer: CatalogResponse = device.get("/v1/catalog").await.json();
    device.open(&answer.catalog)
}

fn purchase(device: &Device, catalog: u64, price: &str) -> EntryBody {
    EntryBody::Purchase(PurchaseBody { catalog, unit_price: usd(price), total: usd(price), ..device.purchase() })
}

#[tokio::test]
async fn a_catalog_that_is_uploaded_is_for_sale_at_once_and_older_prices_still_settle() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let answer = publish(&world, content("0.35")).await;
    assert_eq!((answer.status, &answer.headers["etag"]), (StatusCode::CREATED, &"\"2\"".parse().unwrap()));
    let published = json!({"version": 2, "origin": "upload", "published_at": "2026-06-01T08:00:00Z"});
    assert_eq!(answer.json::<Value>(), published);
    let catalog = on_sale(&mut device).await;
    assert_eq!((catalog.version, catalog.items[0].price), (2, usd("0.35")));
    // Wallets are told what a charge costs in each currency that something is priced in.
    let charges: Vec<_> = catalog.charges.iter().map(|terms| (terms.per_million, terms.fixed)).collect();
    assert_eq!(charges, [(29_000, usd("0.30"))]);

    let entries = [(1, "0.25"), (2, "0.35"), (2, "0.25")];
    let entries = entries.map(|(version, price)| purchase(&device, version, price));
    let entries = entries.map(|body| device.append(body));
    let outcomes = device.upload(&entries).await.settlement.outcomes;
    assert!(matches!(outcomes[..2], [Outcome::Settled { .. }, Outcome::Settled { .. }]), "{outcomes:?}");
    assert_eq!(outcomes[2], Outcome::Rejected { reason: RejectionReason::WrongPrice });

    let shown = world.merchant(Method::GET, "/v1/catalogs/2", &[], None).await;
    assert_eq!(shown.headers["etag"], "\"2\"");
    let shown: Value = shown.json();
    assert_eq!((&shown["version"], &shown["content"]["items"][0]["price"]["amount"]), (&json!(2), &json!("0.35")));
    assert_eq!(world.merchant(Method::GET, "/v1/catalogs/3", &[], None).await.kind(), ProblemKind::NotFound);
}

#[tokio::test]
async fn price_tiers_are_checked_and_no_wallet_learns_which_countries_they_have() {
    let world = World::new();
    let low = json!({"name": "low", "countries": ["BR", "IN"]});
    let with = |tiers: Value, of_item: Value| {
        let mut content = content("0.30");
        content["price_tiers"] = tiers;
        content["items"][0]["tiers"] = of_item;
        content
    };
    let price = |amount: &str| json!({"price": {"amount": amount, "currency": "USD"}});
    let cases = [
        (json!([{"name": "Low", "countries": []}]), json!({}), "price_tiers[0]"),
        (json!([low, low]), json!({}), "price_tiers[1]"),
        (json!([{"name": "low", "countries": ["Brazil"]}]), json!({}), "price_tiers[0]"),
        (json!([low, {"name": "lower", "countries": ["IN"]}]), json!({}), "price_tiers[1]"),
        (json!([low]), json!({"high": price("0.10")}), "items[0].tiers"),
        (json!([low]), json!({"low": price("0")}), "items[0].prices"),
    ];
    for (tiers, of_item, field) in cases {
        let problem = publish(&world, with(tiers, of_item)).await.problem();
        assert_eq!(problem.field.as_deref(), Some(field), "{problem:?}");
    }
    let good = publish(&world, with(json!([low]), json!({"low": price("0.10")}))).await;
    assert_eq!(good.status, StatusCode::CREATED, "{}", good.text());
    let mut device = world.enrolled().await;
    let catalog = on_sale(&mut device).await;
    assert_eq!(catalog.items[0].tiers["low"].price, usd("0.10"));
    assert!(!serde_json::to_string(&catalog).unwrap().contains("BR"));

    // A device doesn't choose its tier: the allowance says none.
    let mut device = world.funded("5.00").await;
    let entries = [device.append(purchase(&device, 2, "0.10")), device.append(purchase(&device, 2, "0.30"))];
    let outcomes = device.upload(&entries).await.settlement.outcomes;
    assert_eq!(outcomes[0], Outcome::Rejected { reason: RejectionReason::WrongPrice });
    assert!(matches!(outcomes[1], Outcome::Settled { .. }), "{outcomes:?}");
}

#[tokio::test]
async fn the_same_content_is_published_once_and_versions_are_paged() {
    let world = World::new();
    for (price, status, version) in
        [("0.30", 201, 2), ("0.30", 200, 2), ("0.40", 201, 3), ("0.30", 201, 4), ("0.30", 200, 4)]
    {
        let answer = publish(&world, content(price)).await;
        assert_eq!((answer.status.as_u16(), answer.json::<Value>()["version"].clone()), (status, json!(version)));
    }
    let first = versions(&world, "?limit=3").await;
    let numbers = |page: &Value| -> Vec<u64> {
        page["catalogs"].as_array().unwrap().iter().map(|one| one["version"].as_u64().unwrap()).collect()
    };
    assert_eq!((numbers(&first), &first["next"]), (vec![4, 3, 2], &json!(2)));
    let rest = versions(&world, "?limit=3&before=2").await;
    assert_eq!((numbers(&rest), rest.get("next")), (vec![1], None));
    assert_eq!(rest["catalogs"][0]["origin"], "file");
    for bad in ["?limit=0", "?limit=101", "?before=x", "?other=1"] {
        let answer = world.merchant(Method::GET, &format!("/v1/catalogs{bad}"), &[], None).await;
        assert_eq!(answer.kind(), ProblemKind::InvalidRequest, "{bad}");
    }
}

#[tokio::test]
async fn one_editor_does_not_overwrite_another() {
    let world = World::new();
    let with = async |etag: &str, price: &str| {
        world.merchant(Method::POST, "/v1/catalogs", &[("If-Match", etag)], Some(content(price))).await
    };
    assert_eq!(with("\"1\"", "0.30").await.status, StatusCode::CREATED);
    let late = with("\"1\"", "0.40").await;
    assert_eq!((late.kind(), late.status), (ProblemKind::VersionConflict, StatusCode::PRECONDITION_FAILED));
    // Who asks again because an answer was lost has published it once.
    assert_eq!(with("\"1\"", "0.30").await.status, StatusCode::OK);
    assert_eq!(with("\"2\"", "0.40").await.status, StatusCode::CREATED);
    assert_eq!(with("\"two\"", "0.50").await.problem().field.as_deref(), Some("If-Match"));
}

#[tokio::test]
async fn editors_at_once_publish_one_version_from_each() {
    let world = World::new();
    let answers =
        futures_util::future::join_all(
            (0..8).map(|number| {
                let content = content(&format!("0.3{number}"));
                let world = &world;
                async move {
                    world.merchant(Method::POST, "/v1/catalogs", &[("If-Match", "\"1\"")], Some(content)).await.status
                }
            }),
        );
    let published = answers.await.into_iter().filter(|status| *status == StatusCode::CREATED).count();
    assert_eq!(published, 1);
    assert_eq!(versions(&world, "").await["catalogs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_the_field() {
    let world = World::new();
    let price = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    let item = |sku: &str, price: Value| json!({"sku": sku, "title": "T", "price": price, "kind": "consumable"});
    let good = || item("a", price("1", "USD"));
    let catalog = |items: Vec<Value>| json!({"merchant": "sample-studio", "items": items});
    let bad_kind = json!({"sku": "a", "title": "T", "price": price("1", "USD"), "kind": "rented"});
    let priceless = json!({"sku": "a", "title": "T", "kind": "durable"});
    let gems = json!({"code": "USD", "exponent": 0, "title": "Gems"});
    for (bad, field) in [
        (catalog(vec![good(), item("b", price("0", "USD"))]), "items[1].price"),
        (catalog(vec![good(), item("b", price("0.1", "gems"))]), "items[1].price"),
        (catalog(vec![good(), item("b", price("0.1", "XXXX"))]), "items[1].price.currency"),
        (catalog(vec![good(), good()]), "items[1].sku"),
        (catalog(vec![good(), item("", price("1", "USD"))]), "items[1].sku"),
        (catalog(vec![bad_kind]), "items[0].kind"),
        (catalog(vec![priceless]), "items[0].price"),
        (json!({"merchant": "sample-studio", "currencies": [gems], "items": [good()]}), "currencies[0]"),
        (json!({"items": [good()]}), "merchant"),
        (json!({"merchant": "another-studio", "items": [good()]}), "merchant"),
        (json!({"merchant": " ", "items": [good()]}), "merchant"),
        (json!({"merchant": "sample-studio", "itmes": []}), "itmes"),
    ] {
        let problem = publish(&world, bad.clone()).await.problem();
        assert_eq!((problem.kind, problem.field.as_deref()), (ProblemKind::InvalidRequest, Some(field)), "{bad}");
    }
    assert_eq!(versions(&world, "").await["catalogs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_catalog_that_no_wallet_would_take_is_refused() {
    let world = World::new();
    let item = |number: usize| {
        let mut item = content("0.25")["items"][0].clone();
        (item["sku"], item["description"]) = (json!(format!("item-{number}")), json!("D".repeat(1_000)));
        item
    };
    let catalog =
        |items: usize| json!({"merchant": "sample-studio", "items": (0..items).map(item).collect::<Vec<_>>()});
    let problem = publish(&world, catalog(CATALOG_BYTES_MAX / 1_000)).await.problem();
    assert_eq!((problem.kind, problem.field.as_deref()), (ProblemKind::InvalidRequest, Some("items")));
    assert!(problem.detail.contains("fewer items or languages"), "{}", problem.detail);
    assert_eq!(publish(&world, catalog(CATALOG_BYTES_MAX / 2_000)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_file_is_published_when_it_changes_until_a_catalog_is_uploaded() {
    let mut world = World::new();
    let file = world.folder.path().join("catalog.toml");
    let original = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, original.replace("\"0.25\"", "\"0.45\"")).unwrap();
    world.restart().await;
    world.restart().await;
    assert_eq!(versions(&world, "").await["catalogs"][0]["version"], 2);
    publish(&world, content("0.35")).await;
    for prices in [original.clone(), original.replace("\"0.25\"", "\"0.55\"")] {
        std::fs::write(&file, prices).unwrap();
        world.restart().await;
        let listed = versions(&world, "").await;
        assert_eq!(
            (&listed["catalogs"][0]["version"], &listed["catalogs"][0]["origin"]),
            (&json!(3), &json!("upload"))
        );
        let mut device = world.enrolled().await;
        assert_eq!(on_sale(&mut device).await.items[0].price, usd("0.35"));
    }
}
