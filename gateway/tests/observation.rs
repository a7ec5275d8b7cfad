//! What an operator sees of a gateway at work: figures, readiness, a name for each request.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use farthing_protocol::{EntryBody, ProblemKind, PurchaseBody};
use secrecy::ExposeSecret;

use crate::device::{ADDRESS, Answer, World, send, usd};

async fn get(world: &World, path: &str, key: Option<&str>) -> Answer {
    let mut request = Request::get(format!("{ADDRESS}{path}"));
    if let Some(key) = key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    send(&world.gateway.router(), request.body(Body::empty()).unwrap()).await
}

async fn figures(world: &World) -> String {
    let answer = get(world, "/metrics", Some(world.gateway.secret_key().expose_secret())).await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.text()
}

fn figure(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |number| number.parse().unwrap())
}

#[tokio::test]
async fn what_happened_is_counted_once_however_often_it_was_asked_for() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let dear = PurchaseBody { unit_price: usd("0.01"), total: usd("0.01"), ..device.purchase() };
    let bought = [device.buy(), device.buy(), device.append(EntryBody::Purchase(dear)), device.consume()];
    for _ in 0..3 {
        device.upload(&bought).await;
    }
    let declined = device.add_card("4000000000000002").await;
    for _ in 0..2 {
        device.top_up("declined", usd("2.00"), &declined).await;
    }
    let text = figures(&world).await;
    for (name, expected) in [
        ("farthing_purchases_total{outcome=\"settled\"}", 2),
        ("farthing_purchases_total{outcome=\"wrong_price\"}", 1),
        ("farthing_top_ups_total{outcome=\"succeeded\"}", 1),
        ("farthing_top_ups_total{outcome=\"failed\"}", 1),
        ("farthing_http_requests_total{method=\"POST\",path=\"/v1/journal\",status=\"200\"}", 3),
        ("farthing_http_request_duration_seconds_count{path=\"/v1/journal\"}", 3),
        ("farthing_devices_frozen_total", 0),
    ] {
        assert_eq!(figure(&text, name), expected, "{name} in\n{text}");
    }
    // Neither the player nor the card can be told from them.
    let account = device.enrolment.as_ref().unwrap().account.to_string();
    assert!(!text.contains(&account) && !text.contains("4000000000000002"));
}

#[tokio::test]
async fn the_figures_are_for_the_operator() {
    let world = World::new();
    assert_eq!(get(&world, "/metrics", None).await.kind(), ProblemKind::Unauthorised);
    let publishable = world.gateway.publishable_key();
    assert_eq!(get(&world, "/metrics", Some(publishable)).await.kind(), ProblemKind::Unauthorised);
}

#[tokio::test]
async fn any_path_and_any_method_are_one_figure() {
    let world = World::new();
    for number in 0..20 {
        let request = Request::builder().method(format!("METHOD{number}").as_str()).uri(format!("{ADDRESS}/{number}"));
        send(&world.gateway.router(), request.body(Body::empty()).unwrap()).await;
    }
    let text = figures(&world).await;
    let name = "farthing_http_requests_total{method=\"other\",path=\"unknown\",status=\"404\"}";
    assert_eq!(figure(&text, name), 20, "{text}");
}

#[tokio::test]
async fn a_gateway_that_has_closed_is_not_ready() {
    let world = World::new();
    assert_eq!(get(&world, "/readyz", None).await.status, StatusCode::OK);
    world.gateway.close().await;
    let answer = get(&world, "/readyz", None).await;
    assert_eq!((answer.status, answer.kind()), (StatusCode::SERVICE_UNAVAILABLE, ProblemKind::Unavailable));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn each_request_has_a_name_of_its_own() {
    let world = World::new();
    let name = async || get(&world, "/healthz", None).await.headers["x-request-id"].to_str().unwrap().to_owned();
    let (first, second) = (name().await, name().await);
    assert_eq!(first.len(), 36);
    assert_ne!(first, second);
}
