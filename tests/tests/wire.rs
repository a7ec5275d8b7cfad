//! What version 1 said on the wire is understood for ever.
//!
//! `fixtures/v1/wire` has one file for each signed document and message, as a gateway and a wallet
//! of version 0.1.0 exchanged them, with what it says beside it. Once that version is released
//! they are never written again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Transport, TransportError, Wallet};
use farthing_protocol::api::{
    AccountResponse, BatchRequest, BatchResponse, CatalogResponse, EnrolmentResponse, ReceiptResponse,
};
use farthing_protocol::{
    Allowance, BatchClaims, Catalog, Digest, Document, EncodedEntry, Entry, EntryBody, EntryId, KeySet, Money, Problem,
    PublicKey, Receipt, ReleaseBody, Settlement, Statement, Thumbprint, Unverified, verify_batch,
};
use farthing_tests::{Network, World, usd};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/v1/wire")
}

/// A message as it went over the wire, and what it says.
#[derive(Serialize, Deserialize)]
struct Fixture {
    wire: String,
    says: Value,
}

fn fixture(name: &str) -> Fixture {
    serde_json::from_slice(&fs::read(folder().join(format!("{name}.json"))).unwrap()).unwrap()
}

fn value(document: &impl Serialize) -> Value {
    serde_json::to_value(document).unwrap()
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// The keys by which the gateway of the fixtures signs.
fn key_set() -> KeySet {
    let root: Thumbprint = serde_json::from_value(fixture("root_key").says).unwrap();
    KeySet::verify(&fixture("key_set").wire, root).unwrap()
}

fn assert_signed<D: Document>(name: &str) {
    let Fixture { wire, says } = fixture(name);
    assert_eq!(value(&key_set().open::<D>(&wire).unwrap().document), says, "{name}");
}

#[test]
fn signed_documents_of_version_1_verify_and_say_the_same() {
    assert_eq!(value(&key_set()), fixture("key_set").says);
    assert_signed::<Statement>("statement");
    assert_signed::<Allowance>("allowance");
    assert_signed::<Catalog>("catalog");
    assert_signed::<Settlement>("settlement");
    assert_signed::<Receipt>("receipt");
}

#[test]
fn entries_of_version_1_have_the_same_bytes_hashes_and_meaning() {
    for name in ["entry_purchase", "entry_consume", "entry_release"] {
        let Fixture { wire, says } = fixture(name);
        let entry = EncodedEntry::decode(wire.clone().into_bytes()).unwrap();
        assert_eq!(json!({"sha256": entry.hash(), "entry": entry.entry()}), says, "{name}");
        let again = EncodedEntry::new(entry.entry().clone()).unwrap();
        assert_eq!(again.bytes(), wire.as_bytes(), "{name}: it is written as it was");

        let newer = wire.replace(r#""version":1"#, r#""version":2"#);
        assert_eq!(EncodedEntry::decode(newer.into_bytes()), Err(farthing_protocol::EntryError::UnknownVersion));
    }
}

#[test]
fn a_batch_of_version_1_is_what_its_device_signed() {
    let Fixture { wire, says } = fixture("batch");
    let request: BatchRequest = read(&wire);
    let device: Vec<u8> = serde_json::from_value::<farthing_protocol::Bytes>(fixture("device_key").says).unwrap().0;
    let claims = Unverified::parse(&request.batch).unwrap();
    let claims: BatchClaims = claims.verify(&PublicKey::from_point(&device).unwrap()).unwrap().document;
    assert_eq!(value(&claims), says["claims"]);
    let entries = request.entries.into_iter().map(|entry| entry.0).collect();
    let entries = verify_batch(&claims, entries).unwrap();
    let entries: Vec<Entry> = entries.into_iter().map(|entry| entry.content.unwrap().entry().clone()).collect();
    assert_eq!(value(&entries), says["entries"]);
}

#[test]
fn answers_of_version_1_are_read_and_hold_together() {
    let settled = fixture("batch_answer");
    let answer: BatchResponse = read(&settled.wire);
    let settlement = key_set().open::<Settlement>(&answer.settlement).unwrap().document;
    assert_eq!(value(&settlement), fixture("settlement").says);
    let receipts: Vec<Receipt> =
        answer.receipts.iter().map(|receipt| serde_json::from_slice(&receipt.0).unwrap()).collect();
    assert_eq!(value(&receipts), settled.says["receipts"]);
    let vouched: Vec<_> = settlement
        .outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            farthing_protocol::Outcome::Settled { receipt } => *receipt,
            farthing_protocol::Outcome::Rejected { .. } => None,
        })
        .collect();
    assert_eq!(vouched, answer.receipts.iter().map(|receipt| Digest::of(&receipt.0)).collect::<Vec<_>>());

    let enrolled = fixture("enrolment_answer");
    let answer: EnrolmentResponse = read(&enrolled.wire);
    assert_eq!(json!({"device": answer.device, "account": answer.account, "epoch": answer.epoch}), enrolled.says);
}

#[test]
fn problems_of_version_1_are_read() {
    let Fixture { wire, says } = fixture("problem");
    assert_eq!(value(&read::<Problem>(&wire)), says);
}

#[test]
fn each_fixture_is_one_of_those_above() {
    let mut files: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let known = [
        "allowance",
        "batch",
        "batch_answer",
        "catalog",
        "device_key",
        "enrolment_answer",
        "entry_consume",
        "entry_purchase",
        "entry_release",
        "key_set",
        "problem",
        "receipt",
        "root_key",
        "settlement",
        "statement",
    ];
    assert_eq!(files, known.map(|name| format!("{name}.json")));
}

/// Writes down what goes by.
struct Recorder {
    network: Arc<Network>,
    said: Mutex<Vec<(String, String, String)>>,
}

impl Recorder {
    /// The last exchange for a path: what was asked, and the answer.
    fn last(&self, path: &str) -> (String, String) {
        let said = self.said.lock().unwrap();
        let (_, request, answer) = said.iter().rfind(|(known, ..)| known.starts_with(path)).unwrap();
        (request.clone(), answer.clone())
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (path, asked) = (request.uri().path().to_owned(), request.body().clone());
        let answer = self.network.send(request).await?;
        let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        self.said.lock().unwrap().push((path, text(&asked), text(answer.body())));
        Ok(answer)
    }
}

fn write(name: &str, wire: &str, says: Value) {
    let mut text = serde_json::to_string_pretty(&Fixture { wire: wire.to_owned(), says }).unwrap();
    text.push('\n');
    fs::write(folder().join(format!("{name}.json")), text).unwrap();
}

fn write_entry(name: &str, bytes: Vec<u8>) {
    let entry = EncodedEntry::decode(bytes).unwrap();
    let wire = std::str::from_utf8(entry.bytes()).unwrap();
    write(name, wire, json!({"sha256": entry.hash(), "entry": entry.entry()}));
}

/// Writes the fixtures of the version that is being developed.
#[tokio::test]
#[ignore = "writes a fixture"]
async fn write_fixtures() {
    fs::create_dir_all(folder()).unwrap();
    let world = World::new();
    let device = world.device("phone");
    let recorder = Arc::new(Recorder { network: world.network.clone(), said: Mutex::default() });
    let wallet = Wallet::open(device.config().transport(recorder.clone()), device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    let refused: Problem = {
        let request = http::Request::get(format!("{}/v1/account", farthing_tests::ADDRESS)).body(Bytes::new()).unwrap();
        let answer = recorder.send(request).await.unwrap();
        serde_json::from_slice(answer.body()).unwrap()
    };
    write("problem", &recorder.last("/v1/account").1, value(&refused));
    let card = farthing_tests::add_card(&wallet, farthing_tests::GOOD_CARD).await.unwrap();
    wallet.top_up(usd("5.00"), card.id).await.unwrap();
    let bought = wallet.buy("extra_life".into()).await.unwrap();
    wallet.consume("extra_life", 1, "level-1").await.unwrap();
    wallet.sync().await.unwrap();
    wallet.receipt(bought.id).await.unwrap();

    let (_, enrolled) = recorder.last("/v1/enrolments");
    let enrolment: EnrolmentResponse = read(&enrolled);
    let says = json!({"device": enrolment.device, "account": enrolment.account, "epoch": enrolment.epoch});
    write("enrolment_answer", &enrolled, says);
    let root = world.gateway().root_key();
    write("root_key", &root.to_string(), value(&root));
    let keys = KeySet::verify(&enrolment.key_set, root).unwrap();
    write("key_set", &enrolment.key_set, value(&keys));

    let account: AccountResponse = read(&recorder.last("/v1/allowances").1);
    write("statement", &account.statement, value(&keys.open::<Statement>(&account.statement).unwrap().document));
    let allowance = &account.allowances[0];
    write("allowance", allowance, value(&keys.open::<Allowance>(allowance).unwrap().document));
    let catalog: CatalogResponse = {
        let said = recorder.said.lock().unwrap();
        let (.., answer) = said.iter().find(|(path, _, answer)| path == "/v1/catalog" && !answer.is_empty()).unwrap();
        read(answer)
    };
    write("catalog", &catalog.catalog, value(&keys.open::<Catalog>(&catalog.catalog).unwrap().document));
    let receipt: ReceiptResponse = read(&recorder.last("/v1/receipts").1);
    write("receipt", &receipt.receipt, value(&keys.open::<Receipt>(&receipt.receipt).unwrap().document));

    let (asked, answered) = recorder.last("/v1/journal");
    let (request, answer): (BatchRequest, BatchResponse) = (read(&asked), read(&answered));
    let point = farthing_core::KeyStore::public_key(&*device.keys()).await.unwrap();
    let claims = Unverified::parse(&request.batch).unwrap();
    let claims = claims.verify::<BatchClaims>(&PublicKey::from_point(&point).unwrap()).unwrap().document;
    write("device_key", "", value(&farthing_protocol::Bytes(point)));
    let entries: Vec<EncodedEntry> =
        request.entries.iter().map(|entry| EncodedEntry::decode(entry.0.clone()).unwrap()).collect();
    let said: Vec<&Entry> = entries.iter().map(EncodedEntry::entry).collect();
    write("batch", &asked, json!({"claims": claims, "entries": said}));
    let receipts: Vec<Value> =
        answer.receipts.iter().map(|receipt| serde_json::from_slice(&receipt.0).unwrap()).collect();
    write("batch_answer", &answered, json!({"receipts": receipts}));
    write("settlement", &answer.settlement, value(&keys.open::<Settlement>(&answer.settlement).unwrap().document));

    write_entry("entry_purchase", entries[0].bytes().to_vec());
    write_entry("entry_consume", entries[1].bytes().to_vec());
    let last = entries[1].entry();
    let amount: Money = usd("1.25");
    let body = EntryBody::Release(ReleaseBody { amount, allowance: 1 });
    let (seq, previous, id) = (last.seq + 1, entries[1].hash(), EntryId::from_parts(1_780_000_000_000, [3; 10]));
    let release = EncodedEntry::new(Entry { seq, previous, id, body, ..last.clone() }).unwrap();
    write_entry("entry_release", release.bytes().to_vec());
}
