//! What operators and support are promised of the dashboard: who gets in and for how long, what they may do by hand, and
//! that it is written down. What it looks like is tried in a browser (`cargo xtask test dashboard`).

use axum::http::StatusCode;
use farthing_gateway::{Administrators, Role};
use farthing_protocol::{DeviceState, ProblemKind, Timestamp};
use secrecy::SecretString;

use crate::browser::{self, Browser, PASSWORD, audit_log, frozen, name};
use crate::device::{self, World, usd};

fn pass_minutes(world: &World, minutes: i64) {
    let now = world.clock.clock().now().as_millisecond() + minutes * 60_000;
    world.clock.set(Timestamp::from_millisecond(now).unwrap());
}

#[tokio::test]
async fn nobody_sees_anything_before_they_have_signed_in() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    for path in ["/", "/devices", "/ledger", "/audit", "/administrators", "/overview/live"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/sign-in"));
    }
    assert!(browser.get("/sign-in").await.text().contains("Nobody may sign in yet"));
    world.gateway.administrators().add("ada", Role::Admin, PASSWORD.to_owned().into()).await.unwrap();
    assert!(!browser.get("/sign-in").await.text().contains("Nobody may sign in yet"));
}

#[tokio::test]
async fn a_password_opens_a_session_that_no_script_and_no_other_site_can_use() {
    let world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Viewer).await;
    let cookie = ada.cookie_as_set.clone();
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this gateway is reached over HTTP");
    assert!(ada.get("/").await.text().contains("Overview"));
    let answer = ada.post("/sign-out", &[]).await;
    assert_eq!(answer.headers["location"], "/sign-in");
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    // It is over for the gateway, too, whatever a browser still has.
    assert_eq!(ada.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn over_https_the_cookie_goes_nowhere_else() {
    let mut world = World::new();
    let settings = world.folder.path().join("gateway.toml");
    let sample = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("public_url = \"https://gateway.example\"\n{sample}")).unwrap();
    world.restart().await;
    let mut vera = Browser::signed_in(&world, Role::Viewer).await;
    assert!(vera.cookie_as_set.starts_with("__Host-farthing-session="), "{}", vera.cookie_as_set);
    assert!(vera.cookie_as_set.contains("; Secure") && vera.cookie_as_set.contains("; Path=/;"));
    assert_eq!(vera.get("/devices").await.status, StatusCode::OK);
    // One that another host could have set is not looked at.
    vera.cookie = vera.cookie.map(|cookie| cookie.replace("__Host-", ""));
    assert_eq!(vera.get("/devices").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_alike_and_are_written_down_without_what_was_typed() {
    let world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Viewer).await;
    let mut stranger = Browser::new(&world);
    let wrong = stranger.sign_in("viewer", "a wrong password").await;
    let unknown = stranger.sign_in("my secret passphrase", "a wrong password").await;
    assert_eq!((wrong.status, wrong.text()), (unknown.status, unknown.text()));
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let log = ada.get("/audit").await.text();
    assert!(log.contains("the password was not right") && log.contains("there is no administrator of that name"));
    assert!(!log.contains("my secret passphrase") && !log.contains("a wrong password"), "{log}");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Viewer).await;
    let mut stranger = Browser::new(&world);
    for _ in 0..5 {
        assert_eq!(stranger.sign_in("viewer", "a wrong password").await.status, StatusCode::UNAUTHORIZED);
    }
    let refused = stranger.sign_in("viewer", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    assert_eq!(ada.get("/").await.status, StatusCode::OK, "who is signed in stays so");
    pass_minutes(&world, 5);
    assert_eq!(stranger.sign_in("viewer", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_survives_a_restart_and_ends_when_nobody_is_there() {
    let mut world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Viewer).await;
    pass_minutes(&world, 29);
    assert_eq!(ada.get("/").await.status, StatusCode::OK);
    world.restart().await;
    ada.router = world.gateway.router();
    pass_minutes(&world, 29);
    assert_eq!(ada.get("/").await.status, StatusCode::OK, "a page that is asked for prolongs it");
    pass_minutes(&world, 20);
    ada.poll("/overview/live").await;
    pass_minutes(&world, 10);
    assert_eq!(ada.get("/").await.status, StatusCode::SEE_OTHER, "a page that refreshes itself does not");
}

#[tokio::test]
async fn a_session_ends_after_half_a_day_however_busy_it_is() {
    let world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Viewer).await;
    for _ in 0..35 {
        pass_minutes(&world, 20);
        assert_eq!(ada.get("/").await.status, StatusCode::OK);
    }
    pass_minutes(&world, 20);
    assert_eq!(ada.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_database_has_no_token_and_no_password() {
    let world = World::new();
    let ada = Browser::signed_in(&world, Role::Viewer).await;
    let kept = browser::everything_kept(&world).await;
    let token = ada.cookie.as_deref().unwrap().split_once('=').unwrap().1;
    assert!(kept.contains("viewer") && kept.contains("$argon2id$"), "it was looked in the right place");
    assert!(!kept.contains(token) && !kept.contains(PASSWORD));
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let world = World::new();
    let device = frozen(&world).await;
    let path = format!("/devices/{}/unfreeze", name(&device));
    let mut sam = Browser::signed_in(&world, Role::Support).await;
    let mut other = Browser::signed_in(&world, Role::Support).await;
    other.get("/").await;
    sam.get("/").await;
    let own = sam.form_token.clone();
    for (form_token, site) in [
        (String::new(), "same-origin"),
        (other.form_token.clone(), "same-origin"),
        (own.clone(), "cross-site"),
        (own.clone(), "same-site"),
    ] {
        sam.form_token = form_token;
        sam.site = Some(site);
        assert_eq!(sam.post(&path, &[]).await.status, StatusCode::FORBIDDEN);
    }
    sam.form_token = own;
    sam.site = None;
    assert_eq!(sam.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "a browser says where a form is from");
    let mut stranger = Browser::new(&world);
    stranger.site = Some("cross-site");
    assert_eq!(stranger.sign_in("support", PASSWORD).await.status, StatusCode::FORBIDDEN);
    let mut device = device;
    assert!(matches!(device.account().await.0.device_state, DeviceState::Frozen { .. }));
}

#[tokio::test]
async fn who_may_only_read_changes_nothing_and_is_written_down() {
    let world = World::new();
    let mut device = frozen(&world).await;
    let mut viewer = Browser::signed_in(&world, Role::Viewer).await;
    let page = viewer.get(&format!("/devices/{}", name(&device))).await.text();
    assert!(page.contains("Why it is frozen") && !page.contains("Unfreeze…") && !page.contains("Revoke…"));
    for action in ["unfreeze", "revoke"] {
        let refused = viewer.post(&format!("/devices/{}/{action}", name(&device)), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert!(matches!(device.account().await.0.device_state, DeviceState::Frozen { .. }));
    let log = audit_log(&world).await;
    assert_eq!(log.iter().filter(|line| line.action == "forbidden" && line.who == "viewer").count(), 2, "{log:?}");
}

#[tokio::test]
async fn unfreezing_lets_the_settled_journal_go_on_and_makes_no_money() {
    let world = World::new();
    let mut device = frozen(&world).await;
    let before = (world.ledger("user_reserved").await, world.ledger("user_available").await);
    let mut sam = Browser::signed_in(&world, Role::Support).await;
    let path = format!("/devices/{}", name(&device));
    sam.get(&path).await;
    let done = sam.post(&format!("{path}/unfreeze"), &[]).await;
    assert_eq!(done.headers["location"].to_str().unwrap(), format!("{path}?done=unfrozen"));
    assert_eq!((world.ledger("user_reserved").await, world.ledger("user_available").await), before);
    assert_eq!(device.account().await.0.device_state, DeviceState::Active);

    // The journal that was settled goes on, inside of what was reserved before.
    let settled = device.journal;
    let more = [device.buy()];
    device.upload(&more).await;
    assert_eq!(world.ledger("user_reserved").await, usd("-4.50"));
    // Another one is a fork again, and the first one stands.
    device.journal = settled;
    let other = [device.buy()];
    assert_eq!(device.try_upload(&other).await.kind(), ProblemKind::JournalFork);
    assert_eq!(world.ledger("user_reserved").await, usd("-4.50"));
    world.assert_balanced().await;

    let log = audit_log(&world).await;
    let freed = log.iter().find(|line| line.action == "device.unfreeze").unwrap();
    assert_eq!((freed.who.as_str(), freed.outcome.as_str(), &freed.subject), ("support", "done", &name(&device)));
    assert!(freed.detail.contains("forked at entry 1"), "the evidence is kept: {}", freed.detail);
    let page = sam.get(&path).await.text();
    assert!(page.contains("Why it is frozen"), "it is frozen again");
}

#[tokio::test]
async fn only_a_frozen_device_is_unfrozen() {
    let world = World::new();
    let device = world.funded("5.00").await;
    let mut sam = Browser::signed_in(&world, Role::Support).await;
    sam.get("/").await;
    let path = format!("/devices/{}", name(&device));
    assert_eq!(sam.post(&format!("{path}/unfreeze"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    sam.post(&format!("{path}/revoke"), &[]).await;
    assert_eq!(sam.post(&format!("{path}/unfreeze"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sam.post(&format!("{path}/revoke"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nowhere = "/devices/01a20da0-79c5-766f-986c-0f5ba27a3a4c/unfreeze";
    assert_eq!(sam.post(nowhere, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ledger("user_available").await, usd("-5.00"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn the_audit_log_lets_nobody_change_or_delete_an_entry() {
    let world = World::new();
    Browser::signed_in(&world, Role::Viewer).await;
    let before = audit_log(&world).await;
    assert!(!before.is_empty());
    for statement in ["UPDATE audit_log SET administrator = 'eve'", "DELETE FROM audit_log", browser::EMPTY_AUDIT_LOG] {
        let refused = browser::execute(&world, statement).await.unwrap_err();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(audit_log(&world).await, before);
}

#[tokio::test]
async fn who_is_removed_or_changed_is_signed_out_at_once() {
    let world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Admin).await;
    let mut vera = Browser::signed_in(&world, Role::Viewer).await;
    ada.get("/administrators").await;
    let done = ada.post("/administrators/viewer/role", &[("role", "support")]).await;
    assert_eq!(done.headers["location"], "/administrators?done=changed");
    assert_eq!(vera.get("/").await.status, StatusCode::SEE_OTHER);
    vera.sign_in("viewer", PASSWORD).await;
    assert!(vera.get("/").await.text().contains(">support<"));
    ada.post("/administrators/viewer/password", &[("password", "another long one")]).await;
    assert_eq!(vera.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(vera.sign_in("viewer", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(vera.sign_in("viewer", "another long one").await.status, StatusCode::SEE_OTHER);
    ada.post("/administrators/viewer/remove", &[]).await;
    assert_eq!(vera.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(vera.sign_in("viewer", "another long one").await.status, StatusCode::UNAUTHORIZED);
    // There is always one left.
    assert_eq!(ada.post("/administrators/admin/remove", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ada.post("/administrators/admin/role", &[("role", "viewer")]).await.status.as_u16(), 422);
    for (name, password) in [("ada lovelace", PASSWORD), ("ada", "too short"), ("admin", PASSWORD)] {
        let fields = [("name", name), ("role", "viewer"), ("password", password)];
        assert_eq!(ada.post("/administrators", &fields).await.status.as_u16(), 422, "{name}");
    }
}

#[tokio::test]
async fn the_command_line_names_administrators_while_the_gateway_runs() {
    let world = World::new();
    let run = |arguments: &[&str], input: &str| browser::command(&world, arguments, input);
    let added = run(&["add", "ada", "--role", "admin"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let listed = run(&["list"], "");
    assert!(String::from_utf8_lossy(&listed.stdout).starts_with("ada\tadmin\t"));
    let mut ada = Browser::new(&world);
    assert_eq!(ada.sign_in("ada", PASSWORD).await.status, StatusCode::SEE_OTHER);
    for (arguments, input) in [
        (&["add", "ada", "--role", "viewer"][..], PASSWORD),
        (&["add", "grace", "--role", "viewer"], "short"),
        (&["remove", "grace"], ""),
    ] {
        let refused = run(arguments, input);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(!String::from_utf8_lossy(&refused.stderr).contains(PASSWORD));
    }
    let file = world.folder.path().join("password");
    std::fs::write(&file, "from a file, long enough\n").unwrap();
    let changed = run(&["password", "ada", "--password-file", file.to_str().unwrap()], "");
    assert!(changed.status.success(), "{}", String::from_utf8_lossy(&changed.stderr));
    assert_eq!(ada.get("/").await.status, StatusCode::SEE_OTHER, "a new password signs out");
    assert_eq!(ada.sign_in("ada", "from a file, long enough").await.status, StatusCode::SEE_OTHER);
    assert!(run(&["remove", "ada"], "").status.success());
    assert_eq!(ada.get("/").await.status, StatusCode::SEE_OTHER);
    let by_command_line = audit_log(&world).await.into_iter().filter(|line| line.who == "(command line)");
    assert_eq!(by_command_line.count(), 3);
}

#[tokio::test]
async fn administrators_are_named_before_the_first_start_too() {
    if farthing_database::server().is_some() {
        return; // The database is then made by `migrate`.
    }
    let folder = tempfile::tempdir().unwrap();
    let administrators = Administrators::of_folder(folder.path()).unwrap();
    let password = SecretString::from(PASSWORD.to_owned());
    administrators.add("ada", Role::Admin, password).await.unwrap();
    administrators.close().await;
    drop(administrators);
    let clock = farthing_gateway::Clock::system();
    let gateway = farthing_gateway::Gateway::open(folder.path(), device::ADDRESS, clock).unwrap();
    assert_eq!(gateway.administrators().list().await.unwrap().len(), 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test postgres"]
async fn a_session_of_one_gateway_is_good_at_each() {
    let world = World::new();
    let mut ada = Browser::signed_in(&world, Role::Viewer).await;
    let other = farthing_database::open(world.folder.path(), device::ADDRESS, world.clock.clock()).unwrap();
    ada.router = other.router();
    assert_eq!(ada.get("/").await.status, StatusCode::OK);
    ada.post("/sign-out", &[]).await;
    ada.router = world.gateway.router();
    assert_eq!(ada.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn support_limits_an_account_and_answers_in_a_guardian_s_place() {
    let world = World::new();
    let mut phone = world.funded("5.00").await;
    let account = phone.enrolment.as_ref().unwrap().account;
    let path = format!("/accounts/{account}");
    let mut sam = Browser::signed_in(&world, Role::Support).await;
    assert!(sam.shown(&path).await.contains("Nothing limits what it spends"));
    let fields = [("currency", "USD"), ("day", "2.00"), ("ask_above", "0")];
    let set = sam.post(&format!("{path}/limits"), &fields).await;
    assert_eq!(set.headers["location"].to_str().unwrap(), format!("{path}?done=limited"));
    let bad = [("currency", "USD"), ("day", "-2.00")];
    assert_eq!(sam.post(&format!("{path}/limits"), &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let wish = serde_json::json!({"sku": "extra_life", "quantity": 1, "catalog": 1});
    let asked: farthing_protocol::api::ApprovalRecord = phone.post("/v1/approvals", &wish).await.json();
    let page = sam.shown(&path).await;
    assert!(page.contains("waits for an answer") && page.contains("a guardian"), "{page}");
    let name = asked.id.to_string();
    let answer = [("approval", name.as_str()), ("answer", "approve")];
    assert_eq!(sam.post(&format!("{path}/approvals"), &answer).await.status, StatusCode::SEE_OTHER);
    assert!(sam.shown(&path).await.contains("approved"));
    let other = [("approval", name.as_str()), ("answer", "decline")];
    assert_eq!(sam.post(&format!("{path}/approvals"), &other).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, allowances) = phone.raise_allowance(None).await;
    let spending = allowances[0].spending.clone().unwrap();
    assert_eq!(spending.approvals[0].id, asked.id);

    // A PIN that the guardian has forgotten.
    let pin = |pin: &str| serde_json::json!({"currency": "USD", "limits": {}, "pin": pin});
    assert_eq!(sam.post(&format!("{path}/pin/forget"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(phone.post("/v1/limits", &pin("4711")).await.status, StatusCode::OK);
    assert_eq!(phone.post("/v1/limits", &pin("1234")).await.kind(), ProblemKind::PinInvalid);
    assert_eq!(sam.post(&format!("{path}/pin/forget"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(phone.post("/v1/limits", &pin("1234")).await.status, StatusCode::OK);
    let done: Vec<_> = audit_log(&world).await.into_iter().map(|line| (line.action, line.subject)).collect();
    for action in ["limits.set", "approval.approve", "pin.forget"] {
        assert!(done.contains(&(action.to_owned(), account.to_string())), "{action}: {done:?}");
    }
}
