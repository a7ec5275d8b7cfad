//! Old batches against a running gateway: at the same time, out of order, in other cuts, mixed
//! with new entries. Each answer is compared with the first one.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use farthing_core::{Transport, TransportError};
use farthing_protocol::api::BatchResponse;
use farthing_protocol::limits::BATCH_ENTRIES_MAX;
use farthing_protocol::{Digest, EncodedEntry, EntryBody, Outcome, Settlement, Timestamp};
use farthing_tests::{GOOD_CARD, usd};
use http::{Method, Request, Response, StatusCode};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::process::GatewayProcess;
use crate::raw::{Courier, RawDevice, json};
use crate::table::GatewayBooks;

const DEVICES: usize = 6;
/// Who replays at the same time, for each device.
const REPLAYERS: usize = 3;
const ITEM: (&str, &str) = ("arrow", "0.005");
/// What a new gateway reserves for a device, and so what it can settle at that price.
const FUNDS: &str = "20.00";
const ENTRIES_MAX: u64 = 4_000;
/// So that there is something to cut.
const ENTRIES_MIN: u64 = 1_000;

/// How many entries each device makes for so many replays. Half of them are settled before the replays begin, the
/// rest comes in between.
fn made_by_each(replays: u64) -> usize {
    (replays / 20).clamp(ENTRIES_MIN, ENTRIES_MAX) as usize
}

/// What is to be replayed.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The gateway's binary.
    pub binary: PathBuf,
    /// Its command that serves.
    pub command: &'static str,
    /// How many entries to replay.
    pub entries: u64,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Entries that were sent again.
    pub replayed: u64,
    /// Entries that were sent for the first time in between.
    pub new: u64,
    /// Entries that the gateway has more often than they were made.
    pub doubled: u64,
    /// Outcomes and receipts that differ from the first answer.
    pub wrong: u64,
    /// What the ledger is off by, in micros.
    pub imbalance: i64,
    /// What was settled and not paid for, in micros.
    pub unpaid: i64,
}

impl Tally {
    /// Whether nothing went wrong.
    pub fn is_clean(&self) -> bool {
        (self.doubled, self.wrong, self.imbalance, self.unpaid) == (0, 0, 0, 0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { replayed, new, doubled, wrong, imbalance, unpaid } = self;
        write!(f, "replayed {replayed} entries, {new} new, doubled {doubled}, wrong answers {wrong}, ")?;
        write!(f, "ledger off by {imbalance}, unpaid {unpaid}")
    }
}

/// Plain HTTP to a gateway on this machine.
struct Http(reqwest::Client);

#[async_trait]
impl Transport for Http {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let lost = |error: reqwest::Error| TransportError::Lost { reason: error.to_string() };
        let answer = self.0.execute(request.try_into().map_err(lost)?).await.map_err(lost)?;
        let mut response = Response::builder().status(answer.status());
        response.headers_mut().unwrap().extend(answer.headers().clone());
        Ok(response.body(answer.bytes().await.map_err(lost)?).unwrap())
    }
}

/// What an entry was answered with for the first time.
type First = (Outcome, Option<Digest>);

struct Player {
    device: RawDevice,
    /// Every entry that was made, settled or not yet.
    entries: Vec<EncodedEntry>,
    /// The first answers, as far as they have come.
    first: Mutex<Vec<First>>,
}

/// Replays to a gateway's process of its own. `progress` is told how many entries were replayed.
pub async fn run(plan: Replay, progress: impl Fn(u64) + Send + Sync + 'static) -> Tally {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("gateway");
    let gateway = GatewayProcess::start(&plan.binary, plan.command, &data, &[]);
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).tls_backend_preconfigured(no_tls());
    let transport = Arc::new(Http(client.build().unwrap()));
    let (replayed, wrong, progress) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(progress));
    let mut tasks = JoinSet::new();
    let made = made_by_each(plan.entries);
    for _ in 0..DEVICES {
        let player = Arc::new(Player::begin(transport.clone(), &gateway, made).await);
        let share = plan.entries.div_ceil(DEVICES as u64);
        let done = watch::Sender::new(0);
        for number in 0..REPLAYERS {
            let (player, done, replayed, wrong, progress) =
                (player.clone(), done.clone(), replayed.clone(), wrong.clone(), progress.clone());
            tasks.spawn(async move {
                let mut dice = Dice(number as u64 * 7_919 + 17);
                let mut courier = player.device.courier.clone();
                while *done.borrow() < share {
                    let (from, to) = player.cut(&mut dice);
                    wrong.fetch_add(player.send(&mut courier, from, to).await, Ordering::Relaxed);
                    done.send_modify(|done| *done += (to - from) as u64);
                    progress(replayed.fetch_add((to - from) as u64, Ordering::Relaxed));
                }
            });
        }
        let (wrong, replayed, mut done) = (wrong.clone(), replayed.clone(), done.subscribe());
        tasks.spawn(async move {
            // New entries, each batch with some old ones before them, spread over the replays.
            let mut dice = Dice(11);
            let mut courier = player.device.courier.clone();
            let mut settled = made / 2;
            while settled < made {
                let share_of_new = (settled - made / 2) as u64 * share / (made - made / 2) as u64;
                done.wait_for(|done| *done >= share_of_new.min(share)).await.unwrap();
                let to = (settled + 1 + dice.below(60)).min(made);
                let from = settled - dice.below(200);
                wrong.fetch_add(player.send(&mut courier, from, to).await, Ordering::Relaxed);
                replayed.fetch_add((settled - from) as u64, Ordering::Relaxed);
                settled = to;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    let books = GatewayBooks::open(&data);
    let all = (DEVICES * made) as u64;
    let receipts = books.receipts();
    let ids: HashSet<_> = receipts.iter().map(|receipt| receipt.jti).collect();
    assert_eq!(ids.len() as u64, all, "entries are missing");
    let (postings, balances) = books.imbalance();
    Tally {
        replayed: replayed.load(Ordering::Relaxed),
        new: (DEVICES * (made - made / 2)) as u64,
        doubled: books.entries() - all + (receipts.len() - ids.len()) as u64,
        wrong: wrong.load(Ordering::Relaxed),
        imbalance: postings.abs() + balances.abs(),
        unpaid: books.unpaid().micros(),
    }
}

/// No request here goes over TLS; reqwest asks for its settings anyway.
fn no_tls() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}

impl Player {
    /// A device with all its entries made and the first of them settled.
    async fn begin(transport: Arc<dyn Transport>, gateway: &GatewayProcess, made: usize) -> Self {
        let mut device = RawDevice::enrol(transport, &gateway.url, &gateway.publishable_key).await;
        device.fund(GOOD_CARD, usd(FUNDS)).await;
        let purchase = EntryBody::Purchase(device.purchase(ITEM.0, usd(ITEM.1), 1));
        let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
        let entries: Vec<_> = (0..made).map(|_| device.append(purchase.clone(), now)).collect();
        let player = Player { device, entries, first: Mutex::new(Vec::new()) };
        let mut courier = player.device.courier.clone();
        for from in (0..made / 2).step_by(BATCH_ENTRIES_MAX) {
            let to = (from + BATCH_ENTRIES_MAX).min(made / 2);
            assert_eq!(player.send(&mut courier, from, to).await, 0);
        }
        player
    }

    /// A range of what is settled.
    fn cut(&self, dice: &mut Dice) -> (usize, usize) {
        let settled = self.first.lock().unwrap().len();
        let length = 1 + dice.below(BATCH_ENTRIES_MAX.min(settled));
        let from = dice.below(settled - length + 1);
        (from, from + length)
    }

    /// Sends some entries as a batch, and counts what is answered otherwise than for the first time.
    async fn send(&self, courier: &mut Courier, from: usize, to: usize) -> u64 {
        let batch = json(&self.device.batch(&self.entries[from..to]));
        let token = self.device.token.as_deref();
        let answer = loop {
            let answer = courier.exchange(Method::POST, "/v1/journal", token, Some(&batch)).await.unwrap();
            // A gateway that has too much to do asks for patience.
            if !matches!(answer.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let text = || String::from_utf8_lossy(answer.body()).into_owned();
        assert_eq!(answer.status(), StatusCode::OK, "{}", text());
        let answer: BatchResponse = serde_json::from_slice(answer.body()).unwrap();
        let settlement: Settlement = self.device.open(&answer.settlement);
        assert_eq!(settlement.head, self.entries[to - 1].hash());
        assert_eq!(settlement.outcomes.len(), to - from);
        let mut receipts = answer.receipts.iter().map(|receipt| Digest::of(&receipt.0));
        let answers = settlement.outcomes.into_iter().map(|outcome| {
            let receipt = if matches!(outcome, Outcome::Settled { receipt: Some(_) }) { receipts.next() } else { None };
            (outcome, receipt)
        });
        let answers: Vec<First> = answers.collect();
        let mut wrong = answers.iter().filter(|(outcome, receipt)| !fits(outcome, *receipt)).count();
        let mut first = self.first.lock().unwrap();
        let known = first.len().clamp(from, to);
        wrong += answers[..known - from].iter().zip(&first[from..known]).filter(|(now, then)| now != then).count();
        first.extend_from_slice(&answers[known - from..]);
        wrong as u64
    }
}

/// Whether a purchase was settled with the receipt that the settlement vouches for.
fn fits(outcome: &Outcome, shown: Option<Digest>) -> bool {
    matches!(outcome, Outcome::Settled { receipt } if receipt.is_some() && *receipt == shown)
}

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}
