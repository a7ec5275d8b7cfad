//! What support may give back by hand, and that it is written down.

use axum::http::StatusCode;
use farthing_gateway::Role;

use crate::browser::{Browser, audit_log};
use crate::device::{World, usd};

/// The name that the form of a page has for its refund.
fn key(page: &str) -> String {
    let (_, rest) = page.split_once(r#"name="key" value=""#).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn support_refunds_a_purchase_once_with_a_reason() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let purchase = device.upload(&bought).await.receipts[0].jti;
    let path = format!("/purchases/{purchase}");
    let mut viewer = Browser::signed_in(&world, Role::Viewer).await;
    assert!(!viewer.get(&path).await.text().contains("Refund…"));
    let form = [("key", "dashboard-1"), ("reason", "lag")];
    assert_eq!(viewer.post(&format!("{path}/refund"), &form).await.status, StatusCode::FORBIDDEN);

    let mut sam = Browser::signed_in(&world, Role::Support).await;
    let page = sam.get(&path).await.text();
    assert!(page.contains("Nothing of it went back") && page.contains("Refund…"));
    let first = key(&page);
    for (form, status) in [
        (vec![("key", &*first), ("reason", "")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("key", &*first), ("reason", "lag"), ("amount", "a lot")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("key", &*first), ("reason", "lag"), ("amount", "0.26")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("key", &*first), ("reason", "lag"), ("quantity", "2")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("key", &*first), ("reason", "lag"), ("quantity", "one")], StatusCode::UNPROCESSABLE_ENTITY),
        (vec![("key", &*first), ("reason", "lag"), ("amount", "0.10")], StatusCode::SEE_OTHER),
        // A form that is sent twice refunds once; with something else in it, it says so.
        (vec![("key", &*first), ("reason", "lag"), ("amount", "0.10")], StatusCode::SEE_OTHER),
        (vec![("key", &*first), ("reason", "lag"), ("amount", "0.20")], StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = sam.post(&format!("{path}/refund"), &form).await;
        assert_eq!(answer.status, status, "{form:?}: {}", answer.text());
    }
    let shown = sam.shown(&path).await;
    assert!(shown.contains("partly refunded") && shown.contains("0 of 1") && shown.contains("lag"), "{shown}");
    let second = key(&sam.get(&path).await.text());
    assert_ne!(first, second);
    let rest = sam.post(&format!("{path}/refund"), &[("key", &second), ("reason", "gone wrong")]).await;
    assert_eq!(rest.headers["location"].to_str().unwrap(), format!("{path}?done=refunded"));
    let page = sam.get(&path).await.text();
    assert!(page.contains("1 of 1") && !page.contains("Refund…"), "{page}");
    let nowhere = "/purchases/01a20da0-79c5-766f-986c-0f5ba27a3a4c/refund";
    assert_eq!(sam.post(nowhere, &[("key", "k"), ("reason", "lag")]).await.status, StatusCode::NOT_FOUND);
    let owed = world.ledger("user_available").await.plus(world.ledger("user_reserved").await).unwrap();
    assert_eq!(owed, usd("-5.00"));
    world.assert_balanced().await;

    let log = audit_log(&world).await;
    let done: Vec<_> = log.iter().filter(|line| line.action == "purchase.refund" && line.outcome == "done").collect();
    assert!(done.iter().all(|line| line.who == "support" && line.subject == purchase.to_string()));
    assert!(done.iter().any(|line| line.detail == "0.15 USD and 1 item back"), "{done:?}");
    assert!(log.iter().any(|line| line.action == "purchase.refund" && line.outcome == "refused"));
    assert_eq!(device.account().await.0.refunds, 2);
}
