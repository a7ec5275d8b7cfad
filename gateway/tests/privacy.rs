//! What a user is promised of what is known of them: they can have all of it, and have it forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use farthing_gateway::{Gateway, Role};
use farthing_protocol::api::TopUpState;
use farthing_protocol::{CreatorId, DeviceState, EntryBody, EntryId, ProblemKind, TipBody, TipMessage};
use serde_json::{Value, json};

use crate::browser::{Browser, audit_log, execute};
use crate::device::{self, Answer, Device, World, usd};
use crate::rows;

const USER: &str = "maria.mustermann@example.org";
const CARD: &str = "5555555555554444";
const REASON: &str = "Maria's little brother had pressed the button";
const KEY: &str = "marias-first-top-up";
/// What the user said with a tip; others say something else.
const MESSAGE: &str = "Maria from next door thanks you";

fn account(device: &Device) -> String {
    device.enrolment.as_ref().unwrap().account.to_string()
}

/// Someone of whom every room of the gateway knows something.
async fn somebody(world: &World, user: &str) -> Device {
    let hook = json!({"url": "https://studio.example/hooks"});
    let hooked = world.merchant(Method::POST, "/v1/webhook-endpoints", &[], Some(hook)).await;
    assert!(hooked.status.is_success(), "{}", hooked.text());
    let mut device = world.device_of(user).await;
    let card = device.add_card(CARD).await;
    assert_eq!(device.top_up(KEY, usd("10.00"), &card).await.state, TopUpState::Succeeded);
    let given_up = device.try_top_up(&format!("{KEY}-given-up"), usd("0"), &card).await;
    assert_eq!(given_up.kind(), ProblemKind::AmountInvalid);
    device.refresh().await;
    let registered = world.merchant(Method::PUT, "/v1/creators/ana", &[], Some(json!({"name": "Ana"}))).await;
    assert!(registered.status.is_success(), "{}", registered.text());
    let tip = TipBody {
        creator: CreatorId::new("ana").unwrap(),
        amount: usd("0.50"),
        message: Some(TipMessage::new(if user == USER { MESSAGE } else { "Well played" }).unwrap()),
        allowance: device.allowance,
        operation: None,
        approval: None,
    };
    let bought = [device.buy(), device.buy(), device.buy(), device.consume(), device.append(EntryBody::Tip(tip))];
    let receipts = device.upload(&bought).await.receipts;
    let refund = json!({"purchase": receipts[0].jti, "reason": REASON});
    let key = format!("refund-{}", account(&device));
    let refunded = world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", &key)], Some(refund)).await;
    assert_eq!(refunded.status, StatusCode::CREATED, "{}", refunded.text());
    let limits = json!({"currency": "USD", "limits": {"day": usd("50.00"), "ask_above": usd("5.00")}, "pin": "2468"});
    let limited = device.post("/v1/limits", &limits).await;
    assert!(limited.status.is_success(), "{}", limited.text());
    device
}

async fn export(world: &World, query: &str) -> Value {
    world.merchant(Method::GET, &format!("/v1/personal-data?{query}"), &[], None).await.json()
}

async fn erase(world: &World, body: Value) -> Answer {
    world.merchant(Method::POST, "/v1/erasures", &[], Some(body)).await
}

#[tokio::test]
async fn every_column_of_the_database_is_classified() {
    let world = World::new();
    let mut known = farthing_gateway::classified(rows::database(&world).is_none());
    let mut schema = rows::schema(&world).await;
    schema.values_mut().for_each(|columns| columns.sort());
    for (_, columns, _) in &mut known {
        columns.sort_unstable();
    }
    for (table, columns) in &schema {
        let classified = known.iter().find(|(name, ..)| name == table);
        let (_, classified, is_of_users) = classified.unwrap_or_else(|| {
            panic!("the table {table} is new: say in gateway/src/privacy/data_map what it has of a user")
        });
        assert_eq!(columns, classified, "say in gateway/src/privacy/data_map what {table}'s new column has of a user");
        let names_someone = columns.iter().any(|column| ["account", "device", "user_name"].contains(&column.as_str()));
        assert!(*is_of_users || !names_someone, "{table} has an account or a device, so its rows are a user's");
    }
    for (table, ..) in &known {
        assert!(schema.contains_key(*table), "the data map has a table {table} that there is not");
    }
}

/// Whatever names the account, or something that is the account's.
async fn names(world: &World, account: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::from([account.to_owned()]);
    let all = rows::rows(world).await;
    loop {
        let before = names.len();
        for row in all.values().flatten() {
            if mentions(row.values(), &names) {
                let own = ["id", "purchase"].into_iter().filter_map(|column| row.get(column)?.as_str());
                names.extend(own.filter(|name| name.len() == 36).map(str::to_owned));
            }
        }
        if names.len() == before {
            return names;
        }
    }
}

fn mentions<'a>(mut values: impl Iterator<Item = &'a Value>, names: &BTreeSet<String>) -> bool {
    values.any(|value| value.as_str().is_some_and(|text| names.iter().any(|name| text.contains(name.as_str()))))
}

#[tokio::test]
async fn an_export_has_every_row_that_mentions_the_user_and_no_one_else_s() {
    let world = World::new();
    let (device, other) = (somebody(&world, USER).await, somebody(&world, "somebody else").await);
    let exported = export(&world, &format!("user={USER}")).await;
    assert_eq!(exported["account"], json!(account(&device)));
    assert_eq!((&exported["user"], &exported["cards"][0]["last_four"]), (&json!(USER), &json!("4444")));

    let names = names(&world, &account(&device)).await;
    assert!(names.len() > 10, "{names:?}");
    // What an export opens, or leaves out, is not in it as the database has it.
    let opened = ["receipt", "user_sealed", "details", "customer"];
    let mut compared = 0;
    for (table, rows) in rows::rows(&world).await {
        let exported = exported["tables"][&table]["rows"].as_array().cloned().unwrap_or_default();
        for row in rows.iter().filter(|row| mentions(row.values(), &names)) {
            let is_same = |exported: &Value| {
                let exported = exported.as_object().unwrap();
                exported.iter().all(|(name, value)| opened.contains(&name.as_str()) || row[name] == *value)
            };
            let found = exported.iter().filter(|exported| is_same(exported)).count();
            assert_eq!(found, 1, "{table} mentions the user, and the export has not: {row:?} {exported:#?}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");

    let text = exported.to_string();
    for foreign in self::names(&world, &account(&other)).await {
        assert!(!text.contains(&foreign), "{foreign} is someone else's");
    }
    for secret in [CARD, "argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }
    // Each table is to be had as CSV, too, with as many lines.
    for (table, content) in exported["tables"].as_object().unwrap() {
        let path = format!("/v1/personal-data?user={USER}&table={table}");
        let csv = world.merchant(Method::GET, &path, &[], None).await;
        assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
        let lines = csv::Reader::from_reader(&csv.body[..]).into_records().map(Result::unwrap).count();
        // Each export is noted in the audit log.
        let expected = content["rows"].as_array().unwrap().len();
        assert!(lines == expected || table == "audit_log", "{table}: {lines} of {expected}");
    }
    let noted = audit_log(&world).await;
    assert!(noted.iter().any(|line| line.action == "account.export" && line.subject == account(&device)));
}

#[tokio::test]
async fn what_says_who_somebody_is_is_never_written_in_the_clear() {
    let world = World::new();
    // The server's log has what other tests wrote, too.
    let user = format!("{}@example.org", EntryId::generate());
    somebody(&world, &user).await;
    let mut written = rows::on_disk(&world).await;
    assert!(rows::has(&written, REASON.as_bytes()), "it is looked in the right place");
    written.extend(rows::write_ahead_log(&world).await);
    for datum in [&user, CARD, "\"last_four\":\"4444\""] {
        assert!(!rows::has(&written, datum.as_bytes()), "{datum}");
    }
}

#[tokio::test]
async fn an_erasure_leaves_no_personal_datum_on_the_disk() {
    let world = World::new();
    let (device, other) = (somebody(&world, USER).await, somebody(&world, "somebody else").await);
    let account_key = account_key(&world, &account(&device)).await.unwrap();
    let refund = world.merchant(Method::GET, &format!("/v1/personal-data?user={USER}"), &[], None).await;
    let refund: Value = refund.json();
    let pin_hash = rows::rows(&world).await["guardianships"].iter().find_map(|row| {
        (row["account"] == json!(account(&device))).then(|| row["pin_hash"].as_str().map(str::to_owned)).flatten()
    });
    let before = rows::on_disk(&world).await;
    for datum in [REASON, KEY, MESSAGE] {
        assert!(rows::has(&before, datum.as_bytes()), "{datum}: it is looked in the right place");
    }
    assert!(rows::has(&before, &account_key) || rows::has(&before, rows::hexadecimal(&account_key).as_bytes()));

    let done = erase(&world, json!({"user": USER, "left_over": "write_off"})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let done: Value = done.json();
    assert_eq!(done["written_off"], json!([usd("9.00")]));

    let after = rows::on_disk(&world).await;
    let mut data = vec![USER, CARD, KEY, MESSAGE];
    data.extend(pin_hash.as_deref());
    for datum in data {
        // The other one's app has used the same key.
        let theirs = datum == KEY;
        assert!(theirs || !rows::has(&after, datum.as_bytes()), "{datum}");
    }
    assert!(!rows::has(&after, &account_key) && !rows::has(&after, rows::hexadecimal(&account_key).as_bytes()));
    // Of what was typed, only the other's is left.
    let all = rows::rows(&world).await;
    for row in all["refunds"].iter().chain(&all["webhook_messages"]) {
        let text = Value::Object(row.clone()).to_string();
        assert!(row["account"] == json!(account(&other)) || !text.contains("brother"), "{text}");
    }
    let receipt = rows::bytes(
        all["refunds"].iter().find(|row| row["account"] == json!(account(&device))).unwrap()["receipt"]
            .as_str()
            .unwrap(),
    );
    assert!(!rows::has(&receipt, b"brother"));

    // The books stay: whose they are, nobody can say.
    let kept = export(&world, &format!("account={}", account(&device))).await;
    assert_eq!((&kept["user"], &kept["cards"], &kept["customer"]), (&Value::Null, &json!([]), &Value::Null));
    for table in ["entries", "top_ups", "refunds", "ledger_postings", "ledger_transactions"] {
        let (was, is) = (&refund["tables"][table]["rows"], &kept["tables"][table]["rows"]);
        assert!(is.as_array().unwrap().len() >= was.as_array().unwrap().len(), "{table}");
    }
    for table in ["account_keys", "guardianships", "spending_limits", "approvals", "processor_customers"] {
        assert_eq!(kept["tables"].get(table), None, "{table}");
    }
    world.assert_balanced().await;
    let noted = audit_log(&world).await;
    let erased = noted.iter().find(|line| line.action == "account.erase").unwrap();
    assert_eq!((&*erased.who, &erased.subject, &*erased.outcome), ("(secret key)", &account(&device), "done"));
    assert_eq!(erased.detail, "9.00 USD written off");
}

async fn account_key(world: &World, account: &str) -> Option<Vec<u8>> {
    let all = rows::rows(world).await;
    let row = all["account_keys"].iter().find(|row| row["id"] == json!(account))?;
    Some(rows::bytes(row["sealed"].as_str().unwrap()))
}

#[tokio::test]
async fn an_erased_account_can_spend_nothing_and_is_told_so() {
    let world = World::new();
    let mut device = somebody(&world, USER).await;
    let unsent = [device.buy()];
    let done = erase(&world, json!({"user": USER, "left_over": "write_off"})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());

    assert_eq!(device.try_upload(&unsent).await.kind(), ProblemKind::AccountErased);
    let (statement, _) = device.account().await;
    assert_eq!((statement.device_state, statement.available), (DeviceState::Erased, vec![usd("0")]));
    let card = farthing_protocol::api::CardRequest {
        number: CARD.into(),
        expiry_month: 12,
        expiry_year: 2034,
        cvc: "123".into(),
    };
    assert_eq!(device.post("/v1/cards", &card).await.kind(), ProblemKind::AccountErased);
    let needed = json!({"needed": usd("1.00"), "holds": []});
    assert_eq!(device.post("/v1/allowances", &needed).await.kind(), ProblemKind::AccountErased);

    // Asked again by the account, the answer is the same; by the user, there is nobody.
    let again = erase(&world, json!({"account": account(&device)})).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    assert_eq!(erase(&world, json!({"user": USER})).await.kind(), ProblemKind::NotFound);
    // Who comes back begins anew.
    let back = world.device_of(USER).await;
    assert_ne!(account(&back), account(&device));
    // Nothing comes back into what was erased.
    let purchase =
        export(&world, &format!("account={}", account(&device))).await["tables"]["entries"]["rows"][1]["purchase"]
            .clone();
    let refund = json!({"purchase": purchase, "reason": "late"});
    let refused = world.merchant(Method::POST, "/v1/refunds", &[("Idempotency-Key", "late")], Some(refund)).await;
    assert_eq!(refused.kind(), ProblemKind::AmountInvalid);
    world.assert_balanced().await;
}

#[tokio::test]
async fn nobody_is_erased_while_money_is_left_or_something_is_under_way() {
    let world = World::new();
    let mut device = world.device_of(USER).await;
    let card = device.add_card("4000002760003184").await;
    assert!(matches!(device.top_up("one", usd("5.00"), &card).await.state, TopUpState::RequiresAction { .. }));
    let refused = erase(&world, json!({"user": USER, "left_over": "write_off"})).await;
    assert_eq!(refused.kind(), ProblemKind::ErasureRefused);
    assert!(refused.problem().detail.contains("1 top-ups"), "{}", refused.text());

    let mut rich = somebody(&world, "rich").await;
    let refused = erase(&world, json!({"user": "rich"})).await;
    assert_eq!(refused.kind(), ProblemKind::ErasureRefused);
    assert!(refused.problem().detail.contains("9.00 USD"), "{}", refused.text());
    // Nothing was changed.
    let bought = [rich.buy()];
    rich.upload(&bought).await;
    assert_eq!(export(&world, "user=rich").await["user"], json!("rich"));
    for body in [json!({}), json!({"user": "a", "account": account(&rich)}), json!({"user": USER, "left_over": "keep"})]
    {
        assert_eq!(erase(&world, body).await.kind(), ProblemKind::InvalidRequest);
    }
    assert_eq!(erase(&world, json!({"user": "nobody"})).await.kind(), ProblemKind::NotFound);
    world.assert_balanced().await;
}

#[tokio::test]
async fn an_admin_may_erase_and_nobody_below() {
    let world = World::new();
    let device = somebody(&world, USER).await;
    let page = format!("/accounts/{}", account(&device));
    let mut sam = Browser::signed_in(&world, Role::Support).await;
    assert!(!sam.get(&page).await.text().contains("Erase this account"));
    assert_eq!(sam.post(&format!("{page}/erase"), &[]).await.status, StatusCode::FORBIDDEN);

    let mut ada = Browser::signed_in(&world, Role::Admin).await;
    assert!(ada.get(&page).await.text().contains(USER));
    let file = ada.post(&format!("{page}/personal-data"), &[]).await;
    let file: Value = file.json();
    assert_eq!(file["user"], json!(USER));
    ada.get(&page).await;
    let unsure = ada.post(&format!("{page}/erase"), &[("confirm", "yes"), ("left_over", "write_off")]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = ada.post(&format!("{page}/erase"), &[("confirm", &account(&device)), ("left_over", "refuse")]).await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("confirm", &*account(&device)), ("left_over", "write_off")];
    assert_eq!(ada.post(&format!("{page}/erase"), &form).await.status, StatusCode::SEE_OTHER);
    let shown = ada.get(&page).await.text();
    assert!(!shown.contains(USER) && shown.contains("Erased"), "{shown}");
    let noted = audit_log(&world).await;
    let outcomes: Vec<_> = noted.iter().filter(|line| line.action == "account.erase").collect();
    let outcomes: BTreeSet<&str> = outcomes.iter().map(|line| &*line.outcome).collect();
    assert_eq!(outcomes, BTreeSet::from(["refused", "done"]));
    assert!(noted.iter().all(|line| !format!("{line:?}").contains(USER)));
}

#[tokio::test]
async fn what_an_earlier_version_wrote_in_the_clear_is_sealed_at_the_start() {
    let mut world = World::new();
    let device = somebody(&world, USER).await;
    world.gateway.close().await;
    for statement in [
        "UPDATE accounts SET user_name = 'maria.mustermann@example.org', user_index = NULL, user_sealed = NULL",
        "UPDATE cards SET details = NULL, brand = 'mastercard', last_four = '4444', expiry_month = 12, expiry_year = 2034",
        "INSERT INTO processor_customers (account, customer) SELECT id, 'cus_maria' FROM accounts",
        "DELETE FROM account_keys",
    ] {
        execute(&world, statement).await.unwrap();
    }
    world.restart().await;
    let exported = export(&world, &format!("user={USER}")).await;
    assert_eq!((&exported["account"], &exported["user"]), (&json!(account(&device)), &json!(USER)));
    assert_eq!((&exported["cards"][0]["last_four"], &exported["customer"]), (&json!("4444"), &json!("cus_maria")));
    for (_, rows) in rows::rows(&world).await {
        for row in rows {
            let text = Value::Object(row).to_string();
            assert!(!text.contains(USER) && !text.contains("cus_maria") && !text.contains("mastercard"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_back_up_from_before_is_beyond_reach_once_its_vault_key_is_destroyed() {
    let mut world = World::new();
    if rows::database(&world).is_some() {
        return;
    }
    let device = somebody(&world, USER).await;
    let copy = tempfile::tempdir().unwrap();
    Gateway::back_up(world.folder.path(), &copy.path().join("farthing.db")).unwrap();
    let done = erase(&world, json!({"user": USER, "left_over": "write_off"})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    Gateway::rotate_vault_key(world.folder.path(), Duration::ZERO, &world.clock.clock()).unwrap();
    world.restart().await;
    while world.gateway.rewrap_some().await.unwrap() > 0 {}
    for path in world.gateway.retire_vault_keys().await.unwrap() {
        std::fs::remove_file(path).unwrap();
    }
    // Who restores the copy has everything but that key.
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if !name.to_string_lossy().starts_with("farthing.db") && path.is_file() {
            std::fs::copy(&path, copy.path().join(name)).unwrap();
        }
    }
    let refused = Gateway::open(copy.path(), device::ADDRESS, world.clock.clock()).err();
    assert!(refused.is_some(), "it opens");
    let bytes = std::fs::read(copy.path().join("farthing.db")).unwrap();
    assert!(rows::has(&bytes, REASON.as_bytes()) && !rows::has(&bytes, USER.as_bytes()));
    // The gateway itself goes on.
    let again = erase(&world, json!({"account": account(&device)})).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
}
