//! Each path of the dashboard with each role, and with none.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use tower::ServiceExt;

use super::access::Access;
use super::role::Role;
use super::routes;
use super::session::Token;
use crate::clock::Clock;
use crate::gateway::Gateway;

/// Who may use what, written down a second time: a new path is a decision, and it is made here, too.
const DECIDED: [(&str, &str, Option<Role>); 44] = [
    ("GET", "/assets/style.css", None),
    ("GET", "/assets/htmx.js", None),
    ("GET", "/assets/icon.svg", None),
    ("GET", "/sign-in", None),
    ("POST", "/sign-in", None),
    ("POST", "/sign-out", Some(Role::Viewer)),
    ("GET", "/", Some(Role::Viewer)),
    ("GET", "/overview/live", Some(Role::Viewer)),
    ("GET", "/purchases", Some(Role::Viewer)),
    ("GET", "/purchases/{purchase}", Some(Role::Viewer)),
    ("POST", "/purchases/{purchase}/refund", Some(Role::Support)),
    ("GET", "/devices", Some(Role::Viewer)),
    ("GET", "/devices/{device}", Some(Role::Viewer)),
    ("POST", "/devices/{device}/unfreeze", Some(Role::Support)),
    ("POST", "/devices/{device}/revoke", Some(Role::Support)),
    ("GET", "/accounts/{account}", Some(Role::Viewer)),
    ("POST", "/accounts/{account}/approvals", Some(Role::Support)),
    ("POST", "/accounts/{account}/limits", Some(Role::Support)),
    ("POST", "/accounts/{account}/pin/forget", Some(Role::Support)),
    ("POST", "/accounts/{account}/personal-data", Some(Role::Admin)),
    ("POST", "/accounts/{account}/erase", Some(Role::Admin)),
    ("GET", "/top-ups/{top_up}", Some(Role::Viewer)),
    ("GET", "/ledger", Some(Role::Viewer)),
    ("GET", "/ledger/kinds/{kind}", Some(Role::Viewer)),
    ("GET", "/ledger/account", Some(Role::Viewer)),
    ("GET", "/ledger/transactions/{transaction}", Some(Role::Viewer)),
    ("GET", "/economics", Some(Role::Viewer)),
    ("GET", "/webhooks", Some(Role::Viewer)),
    ("GET", "/webhooks/{endpoint}", Some(Role::Viewer)),
    ("POST", "/webhooks/{endpoint}/replay", Some(Role::Support)),
    ("GET", "/webhooks/messages/{message}", Some(Role::Viewer)),
    ("GET", "/faults", Some(Role::Viewer)),
    ("POST", "/faults/order", Some(Role::Admin)),
    ("POST", "/faults/lift", Some(Role::Admin)),
    ("GET", "/support", Some(Role::Support)),
    ("POST", "/support", Some(Role::Support)),
    ("POST", "/support/re-grant", Some(Role::Support)),
    ("GET", "/search", Some(Role::Viewer)),
    ("GET", "/audit", Some(Role::Viewer)),
    ("GET", "/administrators", Some(Role::Admin)),
    ("POST", "/administrators", Some(Role::Admin)),
    ("POST", "/administrators/{name}/role", Some(Role::Admin)),
    ("POST", "/administrators/{name}/remove", Some(Role::Admin)),
    ("POST", "/administrators/{name}/password", Some(Role::Admin)),
];

/// A gateway with a session of each role.
async fn gateway(folder: &std::path::Path) -> (Gateway, Vec<(Role, Token)>) {
    let gateway = Gateway::open(folder, "http://gateway.test", Clock::system()).unwrap();
    let mut sessions = Vec::new();
    for role in Role::ALL {
        let password = "correct horse battery".to_owned().into();
        gateway.administrators().add(role.name(), role, password).await.unwrap();
        let token = Token::generate().unwrap();
        let (digest, now) = (token.digest(), gateway.shared.clock.now());
        let begin = move |tables: &dyn crate::store::Tables| tables.add_session(digest, role.name(), now);
        gateway.shared.store.write(begin).await.unwrap();
        sessions.push((role, token));
    }
    (gateway, sessions)
}

async fn ask(gateway: &Gateway, method: &Method, path: &str, token: Option<&Token>) -> (StatusCode, Option<String>) {
    let mut path = path.to_owned();
    while let (Some(begin), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(begin..=end, "01a20da0-79c5-766f-986c-0f5ba27a3a4c");
    }
    let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
    if let Some(token) = token {
        request = request.header("cookie", format!("farthing-session={}", token.text()));
    }
    let form = token.map_or(String::new(), |token| format!("form_token={}", token.form_token()));
    let body = if method == Method::POST { Body::from(form) } else { Body::empty() };
    let answer = gateway.router().oneshot(request.body(body).unwrap()).await.unwrap();
    let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    (answer.status(), location)
}

#[tokio::test]
async fn who_may_use_each_path_is_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, _) = gateway(folder.path()).await;
    let listed = routes(gateway).listed.into_iter().map(|(method, path, access)| {
        let least = match access {
            Access::Anyone => None,
            Access::From(role) => Some(role),
        };
        (method.to_string(), path.to_owned(), least)
    });
    let decided = DECIDED.iter().map(|(method, path, least)| ((*method).to_owned(), (*path).to_owned(), *least));
    assert_eq!(listed.collect::<BTreeSet<_>>(), decided.collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn each_path_keeps_to_what_was_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, sessions) = gateway(folder.path()).await;
    for (method, path, least) in DECIDED {
        let method: Method = method.parse().unwrap();
        if path == "/sign-out" {
            continue; // It would end the session that the others need; it is asked for without one below.
        }
        for (role, token) in &sessions {
            let (status, location) = ask(&gateway, &method, path, Some(token)).await;
            let is_let_in = status != StatusCode::FORBIDDEN && location.as_deref() != Some("/sign-in");
            assert_eq!(is_let_in, least.is_none_or(|least| *role >= least), "{method} {path} by {role}: {status}");
            assert!(!status.is_server_error(), "{method} {path} by {role}: {status}");
        }
    }
    for (method, path, least) in DECIDED {
        let method: Method = method.parse().unwrap();
        let (status, location) = ask(&gateway, &method, path, None).await;
        match (least, &method) {
            (None, _) => assert!(status != StatusCode::FORBIDDEN && location.is_none(), "{method} {path}: {status}"),
            (Some(_), &Method::GET) => {
                assert_eq!((status, location.as_deref()), (StatusCode::SEE_OTHER, Some("/sign-in")), "{path}");
            }
            // A form that is of no session is not looked at.
            (Some(_), _) => assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}"),
        }
    }
}

#[tokio::test]
async fn a_crowd_at_the_door_is_turned_away_and_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, sessions) = gateway(folder.path()).await;
    let crowd = gateway.shared.sign_in_places.try_acquire_many(super::SIGN_INS_MAX as u32).unwrap();
    let (status, _) = ask(&gateway, &Method::POST, "/sign-in", None).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let (status, _) = ask(&gateway, &Method::GET, "/", sessions.first().map(|(_, token)| token)).await;
    assert_eq!(status, StatusCode::OK);
    drop(crowd);
    let (status, _) = ask(&gateway, &Method::POST, "/sign-in", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
