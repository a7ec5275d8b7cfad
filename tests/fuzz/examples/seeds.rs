//! Writes the seeds in `corpus/`: `cargo run -p farthing-fuzz --example seeds`.
//!
//! A wallet and a gateway have a conversation, and what they say is kept, a few examples of each kind. To
//! those come malformed ones, written by hand. Keys, names and so signatures are new each time.
#![allow(clippy::unwrap_used, reason = "a chore fails by panicking")]
#![allow(clippy::print_stdout, reason = "a chore says what it did")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Transport, TransportError, Wallet};
use farthing_protocol::api::{AccountResponse, BatchRequest, BatchResponse, CatalogResponse, KeySetResponse};
use farthing_protocol::{PROBLEM_MEDIA_TYPE, from_base64url};
use farthing_tests::{GOOD_CARD, Network, World, add_card, usd};
use serde::de::DeserializeOwned;

/// As many of one kind from the conversation; the malformed ones come on top.
const MOST_OF_A_KIND: usize = 8;

#[tokio::main]
async fn main() {
    let mut seeds = Seeds::default();
    converse(&mut seeds).await;
    by_hand(&mut seeds);
    seeds.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
}

/// A player's day: enrolment, a card, top-ups, purchases, uses, and requests that are refused.
async fn converse(seeds: &mut Seeds) {
    let world = World::new();
    let device = world.device("phone");
    let recorder = Arc::new(Recorder { network: world.network.clone(), heard: Mutex::default() });
    let config = device.config().transport(recorder.clone());
    let wallet = Wallet::open(config, device.keys()).await.unwrap();
    wallet.sync().await.unwrap();
    let card = add_card(&wallet, GOOD_CARD).await.unwrap();
    wallet.top_up(usd("20.00"), card.id).await.unwrap();
    for round in 1..=6 {
        for (sku, use_it) in [("extra_life", true), ("arrow", false), ("hint", true)].iter().take(round) {
            wallet.buy((*sku).into()).await.unwrap();
            if *use_it {
                wallet.consume(sku, 1, &format!("use-{sku}-{round}")).await.unwrap();
            }
        }
        wallet.sync().await.unwrap();
        let day = Duration::from_secs(24 * 3_600);
        world.clock.set(world.clock.clock().now() + day);
        device.clock.pass(day);
    }
    assert!(wallet.top_up(usd("0.01"), card.id).await.is_err());
    assert!(add_card(&wallet, "4242424242424241").await.is_err());
    let answer = world.network.send(http::Request::post("/v1/journal").body(Bytes::new()).unwrap()).await.unwrap();
    seeds.add("problem", "conversation", answer.into_body());
    let answer = world.network.send(http::Request::get("/v1/nothing").body(Bytes::new()).unwrap()).await.unwrap();
    seeds.add("problem", "conversation", answer.into_body());
    let answer = world.network.send(http::Request::get("/v1/keys").body(Bytes::new()).unwrap()).await.unwrap();
    seeds.add("key_set", "conversation", read::<KeySetResponse>(answer.body()).unwrap().key_set);

    let heard = std::mem::take(&mut *recorder.heard.lock().unwrap());
    for exchange in &heard {
        exchange.keep(seeds);
    }
    for file in ["catalog", "gateway"] {
        let text = fs::read(world.gateway_folder().join(format!("{file}.toml"))).unwrap();
        seeds.add(&format!("{file}_toml"), "sample", text);
    }
}

/// Carries requests on, and keeps a copy of what is said.
struct Recorder {
    network: Arc<Network>,
    heard: Mutex<Vec<Exchange>>,
}

struct Exchange {
    path: String,
    proof: Option<Vec<u8>>,
    request: Bytes,
    is_problem: bool,
    answer: Bytes,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let path = request.uri().path().to_owned();
        let proof = request.headers().get("dpop").map(|proof| proof.as_bytes().to_vec());
        let body = request.body().clone();
        let answer = self.network.send(request).await?;
        let media_type = answer.headers().get(http::header::CONTENT_TYPE);
        let is_problem = media_type.is_some_and(|media_type| media_type == PROBLEM_MEDIA_TYPE);
        let exchange = Exchange { path, proof, request: body, is_problem, answer: answer.body().clone() };
        self.heard.lock().unwrap().push(exchange);
        Ok(answer)
    }
}

impl Exchange {
    fn keep(&self, seeds: &mut Seeds) {
        if let Some(proof) = &self.proof {
            seeds.add("dpop_proof", "conversation", proof.clone());
        }
        if self.is_problem {
            return seeds.add("problem", "conversation", self.answer.clone());
        }
        match self.path.as_str() {
            "/v1/journal" => self.keep_batch(seeds),
            "/v1/catalog" => {
                if let Some(answer) = read::<CatalogResponse>(&self.answer) {
                    seeds.add("catalog", "conversation", payload(&answer.catalog));
                }
            }
            _ => {
                if let Some(answer) = read::<AccountResponse>(&self.answer) {
                    seeds.add("statement", "conversation", payload(&answer.statement));
                    for allowance in &answer.allowances {
                        seeds.add("allowance", "conversation", payload(allowance));
                    }
                }
            }
        }
    }

    fn keep_batch(&self, seeds: &mut Seeds) {
        let request = read::<BatchRequest>(&self.request).unwrap();
        let mut lines = payload(&request.batch);
        for entry in &request.entries {
            seeds.add("entry", "conversation", entry.0.clone());
            lines.push(b'\n');
            lines.extend_from_slice(&entry.0);
        }
        seeds.add("batch", "conversation", lines);
        seeds.add("batch_request", "conversation", self.request.clone());
        let answer = read::<BatchResponse>(&self.answer).unwrap();
        seeds.add("settlement", "conversation", payload(&answer.settlement));
        for receipt in &answer.receipts {
            seeds.add("receipt", "conversation", receipt.0.clone());
        }
        for allowance in &answer.allowances {
            seeds.add("allowance", "conversation", payload(allowance));
        }
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

/// What is inside of a signed document.
fn payload(token: &str) -> Vec<u8> {
    from_base64url(token.split('.').nth(1).unwrap()).unwrap()
}

/// What a conversation doesn't have: the rare, and the malformed.
fn by_hand(seeds: &mut Seeds) {
    for (name, text) in [
        ("dollars", "0.25 USD"),
        ("most", "9223372036854.775807 USD"),
        ("least", "-9223372036854.775808 USD"),
        ("beyond", "9223372036854.775808 USD"),
        ("gems", "7 gems_2"),
        ("yen", "3 JPY"),
        ("json", r#"{"amount":"0.005","currency":"USD"}"#),
        ("json-number", r#"{"amount":0.005,"currency":"USD"}"#),
        ("too-precise", "0.0000001 USD"),
        ("gold", "1 XAU"),
        ("two-points", "1.2.3 USD"),
    ] {
        seeds.add("money", name, text.to_owned());
    }
    let entry = String::from_utf8(seeds.first("entry")).unwrap();
    for (name, text) in [
        ("newer-version", entry.replace(r#""version":1"#, r#""version":2"#)),
        ("unknown-type", entry.replace(r#""type":"purchase""#, r#""type":"gift""#)),
        ("negative-seq", entry.replace(r#""seq":"#, r#""seq":-"#)),
        ("spaces", entry.replace(',', " , ")),
        ("cut", entry[..entry.len() / 2].to_owned()),
        ("too-long", format!("{entry}{}", " ".repeat(4 * 1024))),
    ] {
        seeds.add("entry", name, text);
    }
    let batch = String::from_utf8(seeds.longest("batch")).unwrap();
    let lines: Vec<&str> = batch.lines().collect();
    seeds.add("batch", "without-entries", lines[0].to_owned());
    seeds.add("batch", "entry-doubled", format!("{batch}\n{}", lines[lines.len() - 1]));
    seeds.add("batch", "entry-left-out", [&lines[..1], &lines[2..]].concat().join("\n"));
    seeds.add("batch", "unreadable-entry", batch.replacen(r#""type":"purchase""#, r#""type":"gift""#, 1));
    let request = String::from_utf8(seeds.first("batch_request")).unwrap();
    seeds.add("batch_request", "padded", request.replacen("\"]", "=\"]", 1));
    seeds.add("batch_request", "another-member", request.replacen('{', r#"{"more":1,"#, 1));

    let settlement = String::from_utf8(seeds.first("settlement")).unwrap();
    let rejected = r#"{"outcome":"rejected","reason":"wrong_price"},{"outcome":"rejected","reason":"moon"}"#;
    seeds.add("settlement", "rejected", settlement.replacen(r#"{"outcome":"settled"}"#, rejected, 1));
    seeds.add("settlement", "no-outcome", settlement.replacen(r#""outcome":"#, r#""outcame":"#, 1));
    let statement = String::from_utf8(seeds.first("statement")).unwrap();
    seeds.add("statement", "frozen", statement.replace(r#""state":"active""#, r#""state":"frozen","fork_seq":3"#));
    seeds.add("statement", "unknown-state", statement.replace(r#""state":"active""#, r#""state":"asleep""#));
    let durables = r#""drawn":[],"durables":["lantern","map:of/everything"]}"#;
    seeds.add("statement", "durables", statement.replace(r#""drawn":[]}"#, durables));
    let allowance = String::from_utf8(seeds.first("allowance")).unwrap();
    seeds.add("allowance", "endless", allowance.replace(r#""count_limit":"#, r#""count_limit":9999999"#));
    seeds.add("allowance", "negative", allowance.replace(r#""amount":""#, r#""amount":"-"#));
    seeds.add("allowance", "no-date", allowance.replace("T", " at "));
    let catalog = String::from_utf8(seeds.first("catalog")).unwrap();
    let gems = r#""currencies":[{"code":"gems","exponent":0,"title":"Gems"}]"#;
    let in_gems =
        catalog.replace(r#""currencies":[]"#, gems).replace(r#"0.25","currency":"USD""#, r#"25","currency":"gems""#);
    seeds.add("catalog", "gems", in_gems);
    seeds.add("catalog", "twice", catalog.replace("golden_key", "extra_life"));
    seeds.add("catalog", "unknown-kind", catalog.replace("consumable", "rented"));
    let receipt = String::from_utf8(seeds.first("receipt")).unwrap();
    seeds.add("receipt", "two-currencies", receipt.replacen(r#""currency":"USD""#, r#""currency":"EUR""#, 3));
    seeds.add("receipt", "unknown-environment", receipt.replace("sandbox", "moon"));
    let problem = String::from_utf8(seeds.first("problem")).unwrap();
    seeds.add("problem", "unknown-kind", problem.replace("urn:farthing:problem:", "urn:moon:"));
    let gap = r#"{"type":"urn:farthing:problem:journal-gap","title":"t","status":409,"detail":"d","journal":{"epoch":1,"seq":2,"head":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}}"#;
    seeds.add("problem", "gap", gap.to_owned());
    seeds.add("problem", "status-too-large", problem.replace(r#""status":"#, r#""status":9999"#));

    for target in ["dpop_proof", "key_set"] {
        let token = String::from_utf8(seeds.first(target)).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        seeds.add(target, "unsigned", format!("{input}."));
        seeds.add(target, "signature-reversed", format!("{input}.{}", signature.chars().rev().collect::<String>()));
        seeds.add(target, "three-points", format!("{input}..{signature}"));
    }
    let catalog = String::from_utf8(seeds.first("catalog_toml")).unwrap();
    let gems = "[[currencies]]\ncode = \"gems\"\nexponent = 0\ntitle = \"Gems\"\n\n[[items]]";
    let in_gems =
        catalog.replacen("[[items]]", gems, 1).replace(r#"0.25", currency = "USD""#, r#"25", currency = "gems""#);
    seeds.add("catalog_toml", "gems", in_gems);
    seeds.add("catalog_toml", "float-price", catalog.replace(r#""0.25""#, "0.25"));
    seeds.add("catalog_toml", "twice", catalog.replace("golden_key", "extra_life"));
    seeds.add("catalog_toml", "nobody-sells", catalog.replace("sample-studio", " "));
    let policy = String::from_utf8(seeds.first("gateway_toml")).unwrap();
    seeds.add("gateway_toml", "public-url", policy.replace("# public_url", "public_url"));
    seeds.add("gateway_toml", "all-to-the-processor", policy.replace(r#""2.9""#, r#""100""#));
    seeds.add("gateway_toml", "no-days", policy.replace("valid_days = 30", "valid_days = 0"));
    let long = policy.replace("30\n", "4294967295\n").replace(r#""500.00""#, r#""9223372036854.775807""#);
    seeds.add("gateway_toml", "for-ever", long);
}

/// Seeds by target and name.
#[derive(Default)]
struct Seeds(BTreeMap<String, Vec<(String, Vec<u8>)>>);

impl Seeds {
    /// Keeps one more, unless there are enough from the conversation.
    fn add(&mut self, target: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        let (bytes, of_target) = (bytes.into(), self.0.entry(target.to_owned()).or_default());
        let of_name = of_target.iter().filter(|(known, _)| known.starts_with(name)).count();
        let is_known = of_target.iter().any(|(_, known)| *known == bytes);
        if name == "conversation" && !is_known && of_name < MOST_OF_A_KIND {
            of_target.push((format!("{name}-{}", of_name + 1), bytes));
        } else if name != "conversation" {
            assert!(
                !is_known,
                "{target}/{name} is no other than one that is there: {}",
                String::from_utf8_lossy(&bytes)
            );
            of_target.push((name.to_owned(), bytes));
        }
    }

    fn first(&self, target: &str) -> Vec<u8> {
        self.0[target][0].1.clone()
    }

    fn longest(&self, target: &str) -> Vec<u8> {
        self.0[target].iter().map(|(_, bytes)| bytes).max_by_key(|bytes| bytes.len()).unwrap().clone()
    }

    fn write(&self, folder: &Path) {
        for (target, seeds) in &self.0 {
            let folder = folder.join(target);
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in seeds {
                fs::write(folder.join(name), bytes).unwrap();
            }
            println!("{target}: {} seeds", seeds.len());
        }
    }
}
