//! Every endpoint answers what it can't take with a problem that its document names.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use farthing_protocol::ProblemKind;
use farthing_protocol::api::CatalogResponse;
use farthing_protocol::limits::{BATCH_BYTES_MAX, REQUEST_BYTES_MAX};

use crate::device::{ADDRESS, Answer, Device, World, send};

const JSON_ENDPOINTS: [&str; 6] =
    ["/v1/enrolments", "/v1/token", "/v1/allowances", "/v1/cards", "/v1/top-ups", "/v1/journal"];

async fn post(device: &mut Device, path: &str, body: Vec<u8>) -> Answer {
    if matches!(path, "/v1/enrolments" | "/v1/token") {
        device.token = None;
    } else if device.token.is_none() {
        device.renew_token().await;
    }
    device.call_with(Method::POST, path, &[("idempotency-key", "key")], Some(body)).await
}

#[tokio::test]
async fn what_is_not_the_json_of_a_request_is_refused() {
    let world = World::new();
    let mut device = world.enrolled().await;
    for path in JSON_ENDPOINTS {
        for body in ["", "{", "[]", "null", "1", "\"text\"", r#"{"unknown":1}"#, "\u{0}", "{\"needed\":[]}"] {
            let answer = post(&mut device, path, body.into()).await;
            assert_eq!(answer.kind(), ProblemKind::InvalidRequest, "{path} {body}: {}", answer.text());
        }
        let not_text = post(&mut device, path, vec![0xff, 0xfe]).await;
        assert_eq!(not_text.kind(), ProblemKind::InvalidRequest);
        let deep = post(&mut device, path, "[".repeat(10_000).into()).await;
        assert_eq!(deep.kind(), ProblemKind::InvalidRequest);
    }
    assert_eq!(post(&mut device, "/v1/token", b"{}".to_vec()).await.problem().field.as_deref(), Some("device"));
}

#[tokio::test]
async fn an_amount_that_is_no_amount_is_refused() {
    let world = World::new();
    let mut device = world.enrolled().await;
    for amount in [
        r#"{"amount":"1e3","currency":"USD"}"#,
        r#"{"amount":1,"currency":"USD"}"#,
        r#"{"amount":"0.0000001","currency":"USD"}"#,
        r#"{"amount":"99999999999999999999","currency":"USD"}"#,
        r#"{"amount":"1","currency":"usd dollars"}"#,
        r#"{"amount":"1","currency":"XXX"}"#,
        r#"{"amount":"1"}"#,
        "5",
    ] {
        let body = format!(r#"{{"needed":{amount}}}"#);
        assert_eq!(device.post_raw("/v1/allowances", &body).await.kind(), ProblemKind::InvalidRequest, "{amount}");
    }
    for amount in ["0", "-1"] {
        let body = format!(r#"{{"needed":{{"amount":"{amount}","currency":"USD"}}}}"#);
        assert_eq!(device.post_raw("/v1/allowances", &body).await.kind(), ProblemKind::AmountInvalid, "{amount}");
    }
    // In a currency of which there is nothing, nothing is reserved.
    let body = r#"{"needed":{"amount":"5","currency":"gems"}}"#;
    assert!(device.post_raw("/v1/allowances", body).await.status.is_success());
    assert!(device.account().await.1.is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let world = World::new();
    let mut device = world.enrolled().await;
    for path in JSON_ENDPOINTS {
        let max = if path == "/v1/journal" { BATCH_BYTES_MAX } else { REQUEST_BYTES_MAX };
        let answer = post(&mut device, path, vec![b' '; max + 1]).await;
        assert_eq!(answer.kind(), ProblemKind::BodyTooLarge, "{path}");
        let fits = post(&mut device, path, vec![b' '; max]).await;
        assert_eq!(fits.kind(), ProblemKind::InvalidRequest, "{path}");
    }
    // A length that is too large is refused before anything is read.
    device.renew_token().await;
    let length = (REQUEST_BYTES_MAX + 1).to_string();
    let answer = device.call_with(Method::POST, "/v1/cards", &[("content-length", &length)], Some(Vec::new())).await;
    assert_eq!(answer.kind(), ProblemKind::BodyTooLarge);
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let world = World::new();
    let mut device = world.enrolled().await;
    for path in ["/v1/allowances", "/v1/cards", "/v1/top-ups", "/v1/journal"] {
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
            let headers = [("content-type", media_type), ("idempotency-key", "key")];
            let answer = device.call_with(Method::POST, path, &headers, Some(b"{}".to_vec())).await;
            assert_eq!(answer.kind(), ProblemKind::UnsupportedMediaType, "{path} {media_type}");
        }
    }
    let headers = [("content-type", "Application/JSON; charset=utf-8")];
    let answer = device.call_with(Method::POST, "/v1/allowances", &headers, Some(b"{}".to_vec())).await;
    assert!(answer.status.is_success());
}

#[tokio::test]
async fn other_paths_and_methods_are_answered_with_problems() {
    let world = World::new();
    let router = world.gateway.router();
    let call = async |method: Method, path: &str| {
        send(&router, Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
    };
    for path in
        ["/nowhere", "/v1", "/v1/", "/v2/account", "/v1/cards/", "/v1/account/", "/sandbox/authentication", "/%00"]
    {
        assert_eq!(call(Method::GET, path).await.kind(), ProblemKind::NotFound, "{path}");
    }
    for (method, path, allow) in [
        (Method::GET, "/v1/enrolments", "POST"),
        (Method::PUT, "/v1/cards", "POST,GET,HEAD"),
        (Method::GET, "/v1/cards/x", "DELETE"),
        (Method::POST, "/healthz", "GET,HEAD"),
        (Method::POST, "/openapi.json", "GET,HEAD"),
        (Method::OPTIONS, "/v1/journal", "POST"),
    ] {
        let answer = call(method, path).await;
        assert_eq!(answer.kind(), ProblemKind::MethodNotAllowed, "{path}");
        assert_eq!(answer.headers["allow"], allow);
    }
    assert_eq!(call(Method::GET, "/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_document_has_every_endpoint_and_every_problem() {
    let world = World::new();
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    let document: serde_json::Value = send(&world.gateway.router(), request).await.json();
    for (path, methods) in [
        ("/v1/enrolments", vec!["post"]),
        ("/v1/token", vec!["post"]),
        ("/v1/account", vec!["get"]),
        ("/v1/allowances", vec!["post"]),
        ("/v1/catalog", vec!["get"]),
        ("/v1/cards", vec!["get", "post"]),
        ("/v1/cards/{card}", vec!["delete"]),
        ("/v1/top-ups", vec!["post"]),
        ("/v1/top-ups/{top_up}", vec!["get"]),
        ("/sandbox/authentication/{page}", vec!["get", "post"]),
        ("/v1/journal", vec!["post"]),
        ("/v1/receipts/{purchase}", vec!["get"]),
        ("/v1/keys", vec!["get"]),
        ("/.well-known/jwks.json", vec!["get"]),
        ("/v1/ledger/trial-balance", vec!["get"]),
        ("/healthz", vec!["get"]),
        ("/openapi.json", vec!["get"]),
    ] {
        let item = document["paths"][path].as_object().unwrap_or_else(|| panic!("{path} is missing"));
        let mut described: Vec<_> = item.keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(described, methods, "{path}");
    }
    let cards = &document["paths"]["/v1/cards"]["post"]["responses"];
    for status in ["201", "400", "401", "403", "413", "415", "422", "500", "503"] {
        assert!(cards[status].is_object(), "{status}");
    }
    assert!(cards["401"]["content"]["application/problem+json"].is_object());
}

#[tokio::test]
async fn the_catalog_is_sent_again_only_when_it_is_newer() {
    let world = World::new();
    let mut device = world.enrolled().await;
    let first = device.get("/v1/catalog").await;
    let etag = first.headers["etag"].to_str().unwrap().to_owned();
    let catalog: farthing_protocol::Catalog = device.open(&first.json::<CatalogResponse>().catalog);
    assert_eq!((catalog.version, catalog.check()), (1, Ok(())));
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".into()] {
        let answer = device.call_with(Method::GET, "/v1/catalog", &[("if-none-match", &known)], None).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        assert_eq!(answer.headers["etag"], etag.as_str());
    }
    let answer = device.call_with(Method::GET, "/v1/catalog", &[("if-none-match", "\"other\"")], None).await;
    assert_eq!(answer.status, StatusCode::OK);
    // Prices hold for thirty days from the last day on which they were asked for.
    world.pass_days(1);
    device.renew_token().await;
    let next = device.call_with(Method::GET, "/v1/catalog", &[("if-none-match", &etag)], None).await;
    let renewed: farthing_protocol::Catalog = device.open(&next.json::<CatalogResponse>().catalog);
    assert!(renewed.expires_at > catalog.expires_at && renewed.version == 1);
}

#[tokio::test]
async fn a_closed_gateway_says_that_it_is_not_available() {
    let world = World::new();
    let mut device = world.enrolled().await;
    world.gateway.close().await;
    let answer = device.post_raw("/v1/allowances", "{}").await;
    assert_eq!(answer.kind(), ProblemKind::Unavailable);
    assert_eq!(answer.headers["retry-after"], "1");
    let health = Request::get(format!("{ADDRESS}/healthz")).body(Body::empty()).unwrap();
    assert_eq!(send(&world.gateway.router(), health).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
