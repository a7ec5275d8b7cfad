//! Support bundles, end to end: a real wallet makes one, the dashboard verifies it, shows where it differs from the books,
//! and settles from it what never arrived.

use axum::Router;
use axum::body::{Body, to_bytes};
use farthing_core::{PurchaseFilter, PurchaseState, SyncState, Wallet, WalletError};
use farthing_gateway::Role;
use farthing_protocol::limits::SUPPORT_BUNDLE_BYTES_MAX;
use farthing_protocol::{SupportBundle, base64url, from_base64url};
use farthing_tests::{Device, GOOD_CARD, Weather, World, add_card, owned, usd};
use http::{Request, StatusCode};
use tower::ServiceExt;

const PASSWORD: &str = "correct horse battery";

/// Someone of support before the dashboard.
struct Desk {
    router: Router,
    cookie: String,
    form_token: String,
}

/// What the dashboard answers.
struct Answer {
    status: StatusCode,
    location: String,
    page: String,
}

impl Desk {
    async fn of(world: &World, role: Role) -> Desk {
        let gateway = world.gateway();
        gateway.administrators().add(&role.to_string(), role, PASSWORD.to_owned().into()).await.unwrap();
        let router = gateway.router();
        let mut desk = Desk { router, cookie: String::new(), form_token: String::new() };
        let form = format!("name={}&password={}", role, PASSWORD.replace(' ', "+"));
        desk.post("/sign-in", "application/x-www-form-urlencoded", form).await;
        desk.get("/").await;
        desk
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Uploads a file, as the page's form does.
    async fn upload(&mut self, content: &str) -> Answer {
        let part = |name: &str, value: &str| {
            format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = [part("form_token", &self.form_token), part("file", content), part("bundle", "")].concat();
        self.post("/support", "multipart/form-data; boundary=line", body + "--line--\r\n").await
    }

    async fn re_grant(&mut self, content: &str, reason: &str) -> Answer {
        let form = format!("form_token={}&bundle={content}&reason={}", self.form_token, reason.replace(' ', "+"));
        self.post("/support/re-grant", "application/x-www-form-urlencoded", form).await
    }

    async fn act(&mut self, path: &str) -> Answer {
        let form = format!("form_token={}", self.form_token);
        self.post(path, "application/x-www-form-urlencoded", form).await
    }

    async fn post(&mut self, path: &str, media_type: &str, body: String) -> Answer {
        self.send(Request::post(path).header("content-type", media_type).body(Body::from(body)).unwrap()).await
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let headers = request.headers_mut();
        headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
        headers.insert("cookie", self.cookie.parse().unwrap());
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        if let Some(cookie) = parts.headers.get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let page = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        if let Some((_, rest)) = page.split_once(r#"name="form_token" value=""#) {
            self.form_token = rest.split('"').next().unwrap().to_owned();
        }
        let location = parts.headers.get("location").map_or(String::new(), |at| at.to_str().unwrap().to_owned());
        Answer { status: parts.status, location, page }
    }
}

async fn bundle(wallet: &Wallet) -> String {
    wallet.support_bundle().await.unwrap().content
}

fn read(content: &str) -> SupportBundle {
    SupportBundle::verify(content).unwrap().0
}

/// A player with five dollars who has bought once online, and then four times without a network.
async fn offline(device: &Device) -> Wallet {
    let wallet = device.open_with("5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.set_offline(true);
    for sku in ["hint", "extra_life", "golden_key"] {
        wallet.buy(sku.into()).await.unwrap();
    }
    wallet.consume("hint", 1, "level-7").await.unwrap();
    wallet
}

#[tokio::test]
async fn a_healthy_wallet_and_the_books_say_the_same() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    let file = wallet.support_bundle().await.unwrap();
    let device = wallet.device().await.unwrap().unwrap().to_string();
    assert_eq!(file.name, format!("farthing-support-{}-2026-06-01.txt", device.rsplit('-').next().unwrap()));
    let mut sam = Desk::of(&world, Role::Support).await;
    let shown = sam.upload(&file.content).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.page.contains("No differences") && !shown.page.contains("differs"), "{}", shown.page);
    assert!(!shown.page.contains("Re-grant…"));
    let refused = sam.re_grant(&file.content, "to see").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.page.contains("settled already"), "{}", refused.page);
    // A mail may wrap its lines.
    let wrapped: String = file.content.chars().flat_map(|letter| [letter, '\n']).collect();
    assert!(sam.upload(&wrapped).await.page.contains("No differences"));
}

#[tokio::test]
async fn a_bundle_says_how_the_wallet_stands() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&device).await;
    assert!(matches!(wallet.sync().await, Err(WalletError::Offline { .. })));
    let bundle = read(&bundle(&wallet).await);
    assert_eq!(bundle.device, wallet.device().await.unwrap());
    assert_eq!((bundle.settled.unwrap().seq, bundle.journal.unwrap().seq), (1, 5));
    assert_eq!((bundle.entries.len(), bundle.entries_left_out), (4, 0));
    assert_eq!(bundle.settled_drawn[0].total, usd("0.25"));
    assert_eq!(bundle.drawn[0].total, usd("1.54"));
    assert_eq!(bundle.purchases.len(), 4);
    assert_eq!(bundle.purchases[3].state, "settled");
    assert_eq!(bundle.purchases[0].state, "granted");
    assert_eq!(bundle.cards.get("active"), Some(&1));
    assert_eq!(bundle.top_ups[0].state, "succeeded");
    assert!(bundle.sync.starts_with("waiting after try 1: "), "{}", bundle.sync);
    assert!(matches!(wallet.sync_state(), SyncState::Waiting { .. }));
    assert!(bundle.events.iter().any(|event| event.what.contains("of golden_key granted")), "{:?}", bundle.events);
    assert_eq!(bundle.versions["journal"], 1);
    assert!(bundle.notes.is_empty(), "{:?}", bundle.notes);
    assert_eq!(bundle.platform, format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    wallet.close().await;
    assert_eq!(wallet.support_bundle().await, Err(WalletError::Closed));
}

#[tokio::test]
async fn what_never_arrived_is_settled_from_a_bundle_and_the_device_hears_the_same_later() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&device).await;
    let before = world.ledger("merchant_payable").await;
    let content = bundle(&wallet).await;
    let mut sam = Desk::of(&world, Role::Support).await;
    let shown = sam.upload(&content).await.page;
    assert_eq!(shown.matches("would be settled").count(), 4, "{shown}");
    assert!(shown.contains("Re-grant…") && !shown.contains("No differences"));
    assert_eq!(world.ledger("merchant_payable").await, before, "looking changes nothing");

    let refused = sam.re_grant(&content, "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "without a reason nothing is done");
    let done = sam.re_grant(&content, "ticket 4711").await;
    let id = wallet.device().await.unwrap().unwrap();
    assert_eq!((done.status, done.location), (StatusCode::SEE_OTHER, format!("/devices/{id}?done=re-granted")));
    let payable = world.ledger("merchant_payable").await;
    assert_ne!(payable, before);
    let log = sam.get("/audit").await.page;
    assert!(log.contains("device.re-grant") && log.contains("ticket 4711"), "{log}");
    assert!(log.contains("entries 2 to 5; purchases: settled 3"), "{log}");

    // Twice changes nothing.
    assert_eq!(sam.re_grant(&content, "ticket 4711").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.ledger("merchant_payable").await, payable);
    let shown = sam.upload(&content).await.page;
    assert!(!shown.contains("not arrived") && shown.contains("Purchases that differ"), "{shown}");

    // The device sends the same entries, and gets the same outcomes.
    wallet.set_offline(false);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (4, 0, 0));
    assert_eq!(world.ledger("merchant_payable").await, payable);
    for purchase in wallet.purchases(PurchaseFilter::default()).await.unwrap() {
        assert!(matches!(purchase.state, PurchaseState::Settled { .. }), "{purchase:?}");
    }
    assert_eq!((owned(&wallet, "extra_life").await, owned(&wallet, "hint").await), (2, 0));
    assert!(sam.upload(&bundle(&wallet).await).await.page.contains("No differences"));
    wallet.buy("hint".into()).await.unwrap();
    assert_eq!(wallet.sync().await.unwrap().settled, 1, "the journal goes on");
    world.assert_balanced().await;
}

#[tokio::test]
async fn more_than_one_batch_is_settled_at_once() {
    farthing_tests::in_memory();
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    wallet.set_offline(true);
    for _ in 0..502 {
        wallet.buy("arrow".into()).await.unwrap();
    }
    let content = bundle(&wallet).await;
    let mut sam = Desk::of(&world, Role::Support).await;
    assert!(sam.upload(&content).await.page.contains("And 2 more."));
    assert_eq!(sam.re_grant(&content, "a month offline").await.status, StatusCode::SEE_OTHER);
    wallet.set_offline(false);
    let report = wallet.sync().await.unwrap();
    assert_eq!((report.settled, report.rejected, report.waiting), (502, 0, 0));
    assert!(sam.upload(&bundle(&wallet).await).await.page.contains("No differences"));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_bundle_that_was_changed_or_is_another_devices_is_refused() {
    let world = World::new();
    let wallet = offline(&world.device("phone")).await;
    let content = bundle(&wallet).await;
    let before = world.ledger("merchant_payable").await;
    let mut sam = Desk::of(&world, Role::Support).await;

    let (header, rest) = content.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let forged = String::from_utf8(from_base64url(payload).unwrap()).unwrap().replace("golden_key", "golden_kex");
    let changed = format!("{header}.{}.{signature}", base64url(forged.as_bytes()));
    // Signed by another phone's key, and by name of this one.
    let other = world.device("other").open_with("5.00").await;
    let other = bundle(&other).await;
    let anothers = {
        let key = farthing_protocol::SigningKey::generate().unwrap().0;
        read(&content).unsigned(key.public_key()).unwrap().sign(&key).unwrap()
    };
    assert!(sam.upload(&other).await.page.contains("No differences"));
    for (bad, said) in [
        (changed.as_str(), "Its signature is wrong"),
        (anothers.as_str(), "a key that is not the device"),
        (&content[..content.len() / 2], "no support bundle"),
        ("hello", "no support bundle"),
        ("", "Choose the player"),
    ] {
        for answer in [sam.upload(bad).await, sam.re_grant(bad, "a try").await] {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
            assert!(answer.page.contains(said), "{said}: {}", answer.page);
        }
    }
    assert_eq!(world.ledger("merchant_payable").await, before);
}

#[tokio::test]
async fn what_is_too_large_is_not_looked_at() {
    let world = World::new();
    let mut sam = Desk::of(&world, Role::Support).await;
    let most = "x".repeat(SUPPORT_BUNDLE_BYTES_MAX + 1);
    let answer = sam.upload(&most).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.page.contains("longer than any bundle"));
    assert_eq!(sam.upload(&most.repeat(2)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Who is not signed in has nothing read.
    sam.cookie = String::new();
    assert_eq!(sam.upload(&most.repeat(2)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_forked_clones_bundle_shows_the_fork_and_settles_nothing() {
    let world = World::new();
    let phone = world.device("phone");
    let wallet = phone.open_with("5.00").await;
    wallet.close().await;
    let clone = phone.clone_to("clone");
    let wallet = phone.open().await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    let before = world.ledger("merchant_payable").await;

    let cloned = clone.open().await;
    cloned.buy("golden_key".into()).await.unwrap();
    let content = bundle(&cloned).await;
    let mut sam = Desk::of(&world, Role::Support).await;
    let shown = sam.upload(&content).await.page;
    assert!(shown.contains("It has another journal") && shown.contains("forked"), "{shown}");
    assert!(!shown.contains("Re-grant…"));
    let refused = sam.re_grant(&content, "a try").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.page.contains("Another journal is settled"), "{}", refused.page);
    assert_eq!(world.ledger("merchant_payable").await, before);
    assert_eq!(wallet.sync().await.unwrap().waiting, 0, "nothing is frozen by looking");

    // A frozen wallet makes one, too. The settled journal's owner is unfrozen before anything is settled from theirs.
    wallet.set_offline(true);
    wallet.buy("hint".into()).await.unwrap();
    let owners = bundle(&wallet).await;
    assert!(matches!(cloned.sync().await, Err(WalletError::DeviceFrozen { .. })));
    let frozen = bundle(&cloned).await;
    assert!(read(&frozen).sync.starts_with("stopped: "), "{}", read(&frozen).sync);
    assert!(sam.upload(&frozen).await.page.contains("It has another journal"));
    let refused = sam.re_grant(&owners, "a try").await;
    assert!(refused.page.contains("unfreeze it first"), "{}", refused.page);
    let id = wallet.device().await.unwrap().unwrap();
    assert_eq!(sam.act(&format!("/devices/{id}/unfreeze")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(sam.re_grant(&owners, "ticket 4712").await.status, StatusCode::SEE_OTHER);
    wallet.set_offline(false);
    assert_eq!(wallet.sync().await.unwrap().settled, 1);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_revoked_device_still_makes_a_bundle_and_nothing_is_settled_from_it() {
    let world = World::new();
    let wallet = offline(&world.device("phone")).await;
    let mut sam = Desk::of(&world, Role::Support).await;
    let id = wallet.device().await.unwrap().unwrap();
    assert_eq!(sam.act(&format!("/devices/{id}/revoke")).await.status, StatusCode::SEE_OTHER);
    wallet.set_offline(false);
    assert!(matches!(wallet.sync().await, Err(WalletError::DeviceRevoked)));
    let content = bundle(&wallet).await;
    let shown = sam.upload(&content).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.page.contains("The device is revoked"), "{}", shown.page);
    let refused = sam.re_grant(&content, "a try").await;
    assert!(refused.page.contains("The device is revoked"), "{}", refused.page);
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_wallet_that_never_enrolled_makes_one_and_another_gateways_is_nobodys_here() {
    let (here, elsewhere) = (World::new(), World::new());
    here.network.set(Weather::Cut);
    let wallet = here.device("phone").open().await;
    assert!(wallet.sync().await.is_err());
    let file = wallet.support_bundle().await.unwrap();
    assert_eq!(file.name, "farthing-support-new-2026-06-01.txt");
    let mut sam = Desk::of(&here, Role::Support).await;
    let shown = sam.upload(&file.content).await.page;
    assert!(shown.contains("No device of this name") && shown.contains("had not enrolled yet"), "{shown}");
    assert_eq!(sam.re_grant(&file.content, "a try").await.status, StatusCode::NOT_FOUND);
    let content = bundle(&offline(&elsewhere.device("phone")).await).await;
    assert!(sam.upload(&content).await.page.contains("No device of this name"));
    assert_eq!(sam.re_grant(&content, "a try").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn who_may_only_read_uploads_nothing() {
    let world = World::new();
    let content = bundle(&world.device("phone").open_with("5.00").await).await;
    let mut vera = Desk::of(&world, Role::Viewer).await;
    assert!(!vera.get("/").await.page.contains("/support"));
    for answer in [vera.get("/support").await, vera.upload(&content).await, vera.re_grant(&content, "a try").await] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn books_that_were_restored_from_a_backup_lack_what_the_device_knows() {
    let mut world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let backup = world.back_up_gateway().await;
    wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    world.restore_gateway(&backup).await;
    let mut sam = Desk::of(&world, Role::Support).await;
    let shown = sam.upload(&bundle(&wallet).await).await.page;
    assert!(shown.contains("differs") && shown.contains("Purchases that differ"), "{shown}");
    assert!(shown.contains("not known") && !shown.contains("It has another journal"), "{shown}");
}

#[tokio::test]
async fn a_bundle_has_no_card_number_no_key_and_no_token() {
    let world = World::new();
    let device = world.device("phone");
    let wallet = offline(&device).await;
    wallet.set_offline(false);
    let card = "4000002760003184"; // It has a bank's page, whose address is the player's alone.
    let card = add_card(&wallet, card).await.unwrap();
    let top_up = wallet.top_up(usd("5.00"), card.id).await.unwrap();
    let address = match top_up.state {
        farthing_core::TopUpState::RequiresAction { url } => url,
        state => panic!("{state:?}"),
    };
    wallet.buy("hint".into()).await.unwrap();
    wallet.sync().await.unwrap();
    let file = wallet.support_bundle().await.unwrap();
    let (header, rest) = file.content.split_once('.').unwrap();
    let payload = rest.split_once('.').unwrap().0;
    let [header, payload] = [header, payload].map(|part| String::from_utf8(from_base64url(part).unwrap()).unwrap());
    let mut text = format!("{}\n{header}\n{payload}", file.name);
    for entry in read(&file.content).entries {
        text += &String::from_utf8(entry.0).unwrap();
    }
    assert!(text.contains("extra_life") && text.contains("requires_action"), "it was looked in the right place");
    let keys = std::fs::read_to_string(device.folder.join("keys.json")).unwrap();
    let secrets = keys.split('"').filter(|secret| secret.len() > 16).map(str::to_owned);
    let planted = [GOOD_CARD, "4000002760003184", "\"123\"", &address, world.gateway().publishable_key(), "eyJ"];
    let planted: Vec<String> = secrets.chain(planted.map(str::to_owned)).collect();
    assert!(planted.len() > 7, "the key store's file has secrets");
    for secret in planted {
        assert!(!text.contains(&secret), "{secret} is in {text}");
    }
}

#[tokio::test]
async fn what_was_refunded_and_what_was_paid_by_use_is_no_difference() {
    let world = World::new();
    let wallet = world.device("phone").open_with("5.00").await;
    let purchase = wallet.buy("extra_life".into()).await.unwrap();
    wallet.sync().await.unwrap();
    wallet.refund(purchase.id).await.unwrap();
    wallet.meter("api_calls").record(100).await.unwrap();
    wallet.sync().await.unwrap();
    let mut sam = Desk::of(&world, Role::Support).await;
    let shown = sam.upload(&bundle(&wallet).await).await;
    assert!(shown.page.contains("No differences") && !shown.page.contains("differs"), "{}", shown.page);
}
