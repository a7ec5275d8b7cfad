//! What an operator is promised of a rotation: whoever knew the old keys goes on, nothing that is sealed is lost, and what
//! is wrong with the files is told before anyone is served.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use farthing_gateway::{Gateway, KeysError, StartError, StoreError};
use farthing_protocol::api::{JwksResponse, KeySetResponse, ReceiptResponse, TopUpState};
use farthing_protocol::{EncodedEntry, KeySet, Receipt, Statement, Timestamp, Unverified};
use serde::de::DeserializeOwned;

use crate::device::{ADDRESS, Device, GOOD_CARD, World, send, usd};

const HOUR: Duration = Duration::from_secs(3_600);

fn pass_hour(world: &World) {
    let now = world.clock.clock().now().as_second() + 3_600;
    world.clock.set(Timestamp::from_second(now).unwrap());
}

async fn restart(world: &mut World, devices: &mut [&mut Device]) {
    world.restart().await;
    devices.iter_mut().for_each(|device| device.router = world.gateway.router());
}

async fn get<T: DeserializeOwned>(world: &World, path: &str) -> T {
    send(&world.gateway.router(), Request::get(path).body(Body::empty()).unwrap()).await.json()
}

async fn key_set(world: &World) -> KeySet {
    let answer: KeySetResponse = get(world, "/v1/keys").await;
    KeySet::verify(&answer.key_set, world.gateway.root_key()).unwrap()
}

fn rotate_signing(world: &World, after: Duration) {
    Gateway::rotate_signing_key(world.folder.path(), after, 400, &world.clock.clock()).unwrap();
}

fn rotate_vault(world: &World) {
    Gateway::rotate_vault_key(world.folder.path(), Duration::ZERO, &world.clock.clock()).unwrap();
}

async fn receipt(device: &mut Device, purchase: &EncodedEntry) -> String {
    let answer: ReceiptResponse = device.get(&format!("/v1/receipts/{}", purchase.entry().id)).await.json();
    answer.receipt
}

fn signed_by(world: &KeySet, token: &str) -> usize {
    let key = Unverified::parse(token).unwrap().key_id().unwrap();
    world.keys.iter().position(|known| known.thumbprint() == key).unwrap()
}

#[tokio::test]
async fn signing_keys_overlap_so_that_nobody_has_to_change_over_at_once() {
    let mut world = World::new();
    let mut device = world.funded("5.00").await;
    let bought = [device.buy()];
    device.upload(&bought).await;
    let old_receipt = receipt(&mut device, &bought[0]).await;
    let before = key_set(&world).await;
    rotate_signing(&world, HOUR);
    restart(&mut world, &mut [&mut device]).await;

    // It is listed before it signs.
    let listed = key_set(&world).await;
    assert_eq!((before.version, listed.version, listed.keys.len()), (1, 2, 2));
    let statement = device.get("/v1/account").await.json::<farthing_protocol::api::AccountResponse>().statement;
    assert_eq!(signed_by(&listed, &statement), 0);
    assert!(before.open::<Statement>(&statement).is_ok());

    // Then it signs, with no restart, and takes the tokens that the one before it has signed.
    let token = device.token.clone();
    pass_hour(&world);
    device.renew_token().await;
    let answer: farthing_protocol::api::AccountResponse = device.get("/v1/account").await.json();
    assert_eq!(signed_by(&listed, &answer.statement), 1);
    assert!(before.open::<Statement>(&answer.statement).is_err(), "who knows the old set fetches the new one");
    assert!(listed.open::<Statement>(&answer.statement).is_ok());
    assert_ne!(device.token, token);
    device.keys = Some(listed.clone());
    let more = [device.buy()];
    device.upload(&more).await;
    for old in [old_receipt, receipt(&mut device, &bought[0]).await, receipt(&mut device, &more[0]).await] {
        assert!(listed.open::<Receipt>(&old).is_ok());
        let kid = Unverified::parse(&old).unwrap().key_id().unwrap().to_string();
        let jwks: JwksResponse = get(&world, "/.well-known/jwks.json").await;
        assert!(jwks.keys.iter().any(|key| key.kid == kid));
    }
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_token_from_before_a_key_took_over_is_good_to_its_end() {
    let mut world = World::new();
    let mut device = world.enrolled().await;
    rotate_signing(&world, Duration::from_secs(600));
    restart(&mut world, &mut [&mut device]).await;
    let later = world.clock.clock().now().as_second() + 900;
    world.clock.set(Timestamp::from_second(later).unwrap());
    assert!(device.get("/v1/account").await.status.is_success());
}

#[tokio::test]
async fn a_key_set_never_goes_back() {
    let mut world = World::new();
    let copy = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let kept = copy.path().join(format!("keys-{round}.toml"));
        rotate_signing(&world, Duration::ZERO);
        restart(&mut world, &mut []).await;
        fs::copy(world.folder.path().join("keys.toml"), kept).unwrap();
    }
    assert_eq!(key_set(&world).await.version, 3);
    fs::copy(copy.path().join("keys-0.toml"), world.folder.path().join("keys.toml")).unwrap();
    let refused = reopen(&world).await;
    assert!(matches!(refused, Err(StartError::Keys(KeysError::Outdated { version: 2, known: 3 }))), "{refused:?}");

    // Nor are there two of the same version, as where two folders are rotated each for itself.
    Gateway::rotate_signing_key(world.folder.path(), Duration::ZERO, 400, &world.clock.clock()).unwrap();
    let refused = reopen(&world).await;
    assert!(matches!(refused, Err(StartError::Keys(KeysError::Outdated { version: 3, known: 3 }))), "{refused:?}");
    Gateway::rotate_signing_key(world.folder.path(), Duration::ZERO, 400, &world.clock.clock()).unwrap();
    reopen(&world).await.unwrap();
}

/// Opens the data folder once more, as the next start would; the gateway before is closed.
async fn reopen(world: &World) -> Result<(), StartError> {
    world.gateway.close().await;
    let opened = farthing_database::open(world.folder.path(), ADDRESS, world.clock.clock());
    opened.map(|_| ())
}

/// Devices with cards, sealed by the keys that are in use by then.
async fn with_cards(world: &World, count: usize) -> Vec<Device> {
    let mut devices = Vec::new();
    for _ in 0..count {
        let mut device = world.funded("5.00").await;
        device.add_card("5555555555554444").await;
        devices.push(device);
    }
    devices
}

async fn sealed(world: &World) -> BTreeMap<u32, u64> {
    world.gateway.sealed_values().await.unwrap()
}

async fn rewrap(world: &World) {
    while world.gateway.rewrap_some().await.unwrap() > 0 {}
}

#[tokio::test]
async fn what_old_vault_keys_sealed_is_sealed_anew_and_then_they_are_retired() {
    let mut world = World::new();
    let mut devices = with_cards(&world, 3).await;
    let mut device = devices.remove(0);
    rotate_vault(&world);
    restart(&mut world, &mut [&mut device]).await;
    let card = device.add_card("4000000000000069").await;
    // Beside the cards, a key for each account, and the one by which users are found.
    assert_eq!(sealed(&world).await, BTreeMap::from([(1, 10), (2, 1)]));
    let refused = world.gateway.retire_vault_keys().await.unwrap_err();
    assert!(matches!(refused, StoreError::Keys(KeysError::InUse { rows: 10, .. })), "{refused:?}");

    // Cards of both are good meanwhile. A card that is removed needs no key any more.
    let known = device.add_card(GOOD_CARD).await;
    assert_eq!(device.top_up("by-the-old", usd("1.00"), &known).await.state, TopUpState::Succeeded);
    let path = format!("/v1/cards/{}", card.id);
    device.call_with(axum::http::Method::DELETE, &path, &[], None).await;
    rewrap(&world).await;
    assert_eq!(sealed(&world).await, BTreeMap::from([(1, 0), (2, 10)]));
    assert_eq!(device.top_up("by-the-new", usd("1.00"), &known).await.state, TopUpState::Succeeded);

    let file = world.folder.path().join("vault.key");
    assert_eq!(world.gateway.retire_vault_keys().await.unwrap(), vec![file.clone()]);
    fs::remove_file(&file).unwrap();
    restart(&mut world, &mut [&mut device]).await;
    assert_eq!(device.top_up("without-the-old", usd("1.00"), &known).await.state, TopUpState::Succeeded);
    rotate_vault(&world);
    restart(&mut world, &mut [&mut device]).await;
    rewrap(&world).await;
    assert_eq!(sealed(&world).await, BTreeMap::from([(1, 0), (2, 0), (3, 10)]));
    world.assert_balanced().await;
}

#[tokio::test]
async fn a_backup_from_before_a_rotation_is_restored_with_the_old_key() {
    let mut world = World::new();
    let mut device = with_cards(&world, 1).await.remove(0);
    let known = device.add_card(GOOD_CARD).await;
    // The backup of everything; the keys are kept apart and move on.
    world.gateway.close().await;
    let backup = tempfile::tempdir().unwrap();
    copy_files(world.folder.path(), backup.path());
    farthing_database::copied(backup.path());
    rotate_vault(&world);
    rotate_signing(&world, Duration::ZERO);
    restart(&mut world, &mut [&mut device]).await;
    rewrap(&world).await;
    world.gateway.retire_vault_keys().await.unwrap();

    world.gateway.close().await;
    for key in ["keys.toml", "vault-2.key", "signing-2.key"] {
        fs::copy(world.folder.path().join(key), backup.path().join(key)).unwrap();
    }
    world.folder = backup;
    // Without the key that sealed it, it is told at the start.
    let file = world.folder.path().join("vault.key");
    let key = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let refused = reopen(&world).await;
    assert!(matches!(&refused, Err(StartError::Keys(KeysError::Missing { path })) if *path == file), "{refused:?}");
    fs::write(&file, key).unwrap();
    restart(&mut world, &mut [&mut device]).await;
    assert_eq!(device.top_up("restored", usd("1.00"), &known).await.state, TopUpState::Succeeded);
    rewrap(&world).await;
    assert_eq!(sealed(&world).await, BTreeMap::from([(1, 0), (2, 4)]));
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_missing_or_another_one_is_told_before_anyone_is_served() {
    let mut world = World::new();
    with_cards(&world, 1).await;
    rotate_vault(&world);
    rotate_signing(&world, Duration::ZERO);
    world.restart().await;
    let folder = world.folder.path();
    for name in ["root.key", "signing.key", "signing-2.key", "vault.key", "vault-2.key", "keys.toml"] {
        let (path, kept) = (folder.join(name), fs::read(folder.join(name)).unwrap());
        fs::remove_file(&path).unwrap();
        let missing = reopen(&world).await;
        assert!(
            matches!(&missing, Err(StartError::Keys(KeysError::Missing { path: gone })) if *gone == path),
            "{missing:?}"
        );
        assert!(!path.exists(), "none is made in its place");
        fs::write(&path, b"no key").unwrap();
        let malformed = reopen(&world).await.unwrap_err();
        assert!(
            matches!(malformed, StartError::Keys(KeysError::Malformed { .. } | KeysError::List { .. })),
            "{malformed:?}"
        );
        assert!(malformed.to_string().contains(name), "{malformed}");
        fs::write(path, kept).unwrap();
    }
    // Another gateway's key in the place of this one's.
    let other = World::new();
    for (name, of) in [("vault.key", "vault.key"), ("vault-2.key", "vault.key"), ("vault.key", "vault-2.key")] {
        let (path, kept) = (folder.join(name), fs::read(folder.join(name)).unwrap());
        let from = if of == name { other.folder.path().join(of) } else { folder.join(of) };
        fs::copy(from, &path).unwrap();
        let another = reopen(&world).await;
        assert!(
            matches!(&another, Err(StartError::Keys(KeysError::Another { path: wrong })) if *wrong == path),
            "{another:?}"
        );
        fs::write(path, kept).unwrap();
    }
    let path = folder.join("signing-2.key");
    fs::copy(other.folder.path().join("signing.key"), path).unwrap();
    let another = reopen(&world).await;
    assert!(matches!(another, Err(StartError::Keys(KeysError::Outdated { .. }))), "{another:?}");
}

#[tokio::test]
async fn a_wrong_key_is_noticed_also_where_the_database_is_from_before_there_were_rotations() {
    let world = World::new();
    with_cards(&world, 1).await;
    world.gateway.close().await;
    if farthing_database::server().is_some() {
        // The same code on the same tables: making a PostgreSQL database forget is left out.
        return;
    }
    let database = rusqlite::Connection::open(world.folder.path().join("farthing.db")).unwrap();
    database.execute_batch("DELETE FROM vault_keys; DELETE FROM key_sets").unwrap();
    drop(database);
    let path = world.folder.path().join("vault.key");
    let kept = fs::read(&path).unwrap();
    fs::copy(World::new().folder.path().join("vault.key"), &path).unwrap();
    let another = reopen(&world).await;
    assert!(matches!(another, Err(StartError::Keys(KeysError::Another { .. }))), "{another:?}");
    fs::write(path, kept).unwrap();
    reopen(&world).await.unwrap();
}
