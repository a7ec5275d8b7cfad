//! What operators and support are promised of the dashboard's pages: they say what the ledger says, find what is asked for,
//! and hold whatever is typed. What they look like is tried in a browser (`cargo xtask test dashboard`).

use axum::http::StatusCode;
use farthing_gateway::Role;

use crate::browser::{self, Browser, audit_log, frozen, name, unescaped};
use crate::device::World;

#[tokio::test]
async fn what_was_settled_is_told_as_exactly_as_the_ledger_has_it() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought: Vec<_> = (0..20).map(|_| device.buy()).collect();
    device.upload(&bought).await;
    let mut vera = Browser::signed_in(&world, Role::Viewer).await;
    let overview = vera.shown("/").await;
    assert!(overview.contains("5.00 USD 20 purchases"), "{overview}");
    // One charge of five dollars cost 0.45; twenty charges of a quarter would cost 0.31 each.
    let economics = vera.shown("/economics").await;
    for figure in ["Saved 5.75 USD", "One by one 6.20 USD", "As charged 0.45 USD", "92.7 % of the fees"] {
        assert!(economics.contains(figure), "{figure}: {economics}");
    }
    let ledger = vera.shown("/ledger").await;
    assert!(ledger.contains("balanced") && ledger.contains("Merchant payable"), "{ledger}");
}

#[tokio::test]
async fn the_ledger_is_followed_from_the_trial_balance_to_a_posting() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    device.upload(&bought).await;
    let mut vera = Browser::signed_in(&world, Role::Viewer).await;
    let kinds = vera.get("/ledger").await;
    for (kind, balance) in [("user_reserved", "4.75"), ("merchant_payable", "0.215"), ("card_clearing", "4.55")] {
        assert!(kinds.text().contains(&format!("/ledger/kinds/{kind}")), "{kind}");
        let accounts = vera.get(&format!("/ledger/kinds/{kind}")).await.text();
        let account = browser::link(&accounts, "/ledger/account?");
        let page = vera.get(&account).await.text();
        assert!(page.contains(balance), "{kind}: {page}");
        let transaction = vera.get(&browser::link(&page, "/ledger/transactions/")).await;
        assert_eq!(transaction.status, StatusCode::OK, "{kind}");
        assert!(transaction.text().contains(&unescaped(&account).replace('&', "&#38;")), "it leads back: {kind}");
    }
}

#[tokio::test]
async fn one_box_finds_anything_by_its_name() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    let settled = device.upload(&bought).await;
    let mut vera = Browser::signed_in(&world, Role::Viewer).await;
    let account = settled.receipts[0].sub;
    let top_ups = vera.get(&format!("/accounts/{account}")).await.text();
    let top_up = browser::link(&top_ups, "/top-ups/");
    for (wanted, path) in [
        (name(&device), format!("/devices/{}", name(&device))),
        (account.to_string(), format!("/accounts/{account}")),
        (settled.receipts[0].jti.to_string(), format!("/purchases/{}", settled.receipts[0].jti)),
        (top_up.trim_start_matches("/top-ups/").to_owned(), top_up.clone()),
    ] {
        let found = vera.get(&format!("/search?q=%20{wanted}%20")).await;
        assert_eq!(found.headers["location"].to_str().unwrap(), path);
        assert_eq!(vera.get(&path).await.status, StatusCode::OK, "{path}");
    }
    for nothing in ["", "nobody", "01a20da0-79c5-766f-986c-0f5ba27a3a4c", "%3Cscript%3E", "msg_%00"] {
        let found = vera.get(&format!("/search?q={nothing}")).await;
        assert_eq!(found.status, StatusCode::OK, "{nothing}");
        assert!(!found.text().contains("<script>"), "what was typed is no markup");
    }
}

#[tokio::test]
async fn what_nobody_would_type_is_answered_too() {
    let world = World::new();
    world.funded("5.00").await;
    let mut ada = Browser::signed_in(&world, Role::Admin).await;
    let odd = "%00%F0%9F%92%B8%27%22%3Cblink";
    for path in [
        "/devices/",
        "/accounts/",
        "/purchases/",
        "/top-ups/",
        "/webhooks/",
        "/webhooks/messages/",
        "/ledger/kinds/",
        "/ledger/transactions/",
        "/devices?before=",
        "/purchases?before=",
        "/audit?before=",
        "/search?q=",
        "/ledger/account?kind=merchant_payable&currency=USD&owner=",
        "/ledger/account?kind=merchant_payable&owner=sample-studio&currency=",
        "/ledger/account?kind=platform_revenue&currency=USD&before=",
        "/ledger/kinds/merchant_payable?currency=USD&owner=",
        "/economics?currency=",
    ] {
        let answer = ada.get(&format!("{path}{odd}")).await;
        assert!(!answer.status.is_server_error(), "{path}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("<blink"), "{path}: what is typed is no markup");
    }
    for path in ["/devices/1/unfreeze", "/administrators/%00/remove", "/administrators", "/faults/order", "/sign-in"] {
        let answer = ada.post(path, &[("name", "\0"), ("device", "\0"), ("role", "viewer")]).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn long_lists_are_read_page_by_page_with_nothing_lost_or_doubled() {
    let world = World::new();
    let mut device = world.funded("20.00").await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let bought: Vec<_> = (0..25).map(|_| device.buy()).collect();
        device.upload(&bought).await;
        names.extend(bought.iter().map(|entry| entry.entry().id.to_string()));
    }
    let mut devices = vec![name(&device)];
    for _ in 0..60 {
        devices.push(name(&world.enrolled().await));
    }
    let mut vera = Browser::signed_in(&world, Role::Viewer).await;
    for (first, begin, expected) in [
        ("/purchases".to_owned(), "/purchases/", &names),
        (format!("/devices/{}", name(&device)), "/purchases/", &names),
        ("/devices".to_owned(), "/devices/", &devices),
    ] {
        let (mut path, mut seen) = (Some(first.clone()), Vec::new());
        while let Some(here) = path {
            let page = vera.get(&here).await.text();
            seen.extend(browser::links(&page, begin));
            path = browser::next(&page);
        }
        seen.sort();
        let mut expected: Vec<_> = expected.iter().map(|name| format!("{begin}{name}")).collect();
        expected.sort();
        assert_eq!(seen, expected, "{first}");
    }
}

#[tokio::test]
async fn no_fault_shuts_out_who_ordered_it() {
    let world = World::new();
    let mut device = world.funded("5.00").await;
    let mut ada = Browser::signed_in(&world, Role::Admin).await;
    ada.get("/faults").await;
    for (fault, value) in [("drop", ""), ("clock_skew_seconds", "86400")] {
        let done = ada.post("/faults/order", &[("fault", fault), ("value", value)]).await;
        assert_eq!(done.headers["location"], "/faults?done=ordered", "{fault}");
    }
    assert!(ada.get("/faults").await.text().contains("86400"), "both are ordered, and the session goes on");
    let lifted = ada.post("/faults/lift", &[]).await;
    assert_eq!(lifted.headers["location"], "/faults?done=lifted");
    device.account().await;
    for (fault, value) in [("error", "404"), ("latency", ""), ("decline", "no_such_code"), ("earthquake", "")] {
        let refused = ada.post("/faults/order", &[("fault", fault), ("value", value)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fault}");
    }
    let log = audit_log(&world).await;
    let actions: Vec<_> =
        log.iter().map(|line| line.action.as_str()).filter(|action| action.starts_with("faults")).collect();
    assert_eq!(actions.len(), 3, "{log:?}");
}

#[tokio::test]
async fn pages_have_no_script_or_style_of_their_own_and_stand_in_no_frame() {
    let world = World::new();
    let device = frozen(&world).await;
    let mut ada = Browser::signed_in(&world, Role::Admin).await;
    let device = format!("/devices/{}", name(&device));
    let pages = [
        "/",
        "/purchases",
        "/devices",
        &device,
        "/ledger",
        "/economics",
        "/webhooks",
        "/faults",
        "/support",
        "/search",
        "/audit",
        "/administrators",
        "/nowhere",
    ];
    for path in pages {
        let answer = ada.get(path).await;
        if path == "/nowhere" {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            continue;
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        let page = answer.text();
        for own in [" style=", "<style", "<script>", " onclick=", "hx-on", "javascript:"] {
            assert!(!page.contains(own), "{path}: {own}");
        }
        assert!(!page.contains("https://") && !page.contains("//cdn"), "nothing is fetched from elsewhere: {path}");
    }
}
