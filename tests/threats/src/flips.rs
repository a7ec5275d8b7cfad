//! Every byte of every message of a conversation, changed one at a time.
//!
//! After each change: the ledger balances; cards were charged what the player asked for; nothing
//! left the queue that the gateway has not settled; the balance is what was paid in less what was
//! bought. With fair weather after it everything settles, once, and the wallet goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use farthing_core::{CardId, Currency, Money, PurchaseFilter, PurchaseRequest, PurchaseState, Wallet, WalletError};
use farthing_tests::{Device, GOOD_CARD, World, add_card, usd};

use crate::proxy::{Flip, Part, Proxy, parts};
use crate::table::GatewayBooks;

/// Which bytes are changed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Every how many-eth byte of a part; 1 is each.
    pub every: usize,
    /// How many of the eight bits of a byte are changed in turn.
    pub bits: usize,
}

/// A part of the conversation that is had again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scene {
    /// A new wallet: enrolment, token, allowance, catalog, cards; the nonce's problem document.
    Enrol,
    /// A card is added.
    Card,
    /// A card that the gateway refuses, with a problem document.
    RefusedCard,
    /// The balance is topped up.
    TopUp,
    /// Three entries are settled, and everything is asked for.
    Settle,
    /// A receipt is fetched.
    Receipt,
    /// The key set is fetched again, since a document names a key that is not known.
    KeySet,
}

const SCENES: [Scene; 7] =
    [Scene::Enrol, Scene::Card, Scene::RefusedCard, Scene::TopUp, Scene::Settle, Scene::Receipt, Scene::KeySet];

/// What was changed, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Changes for each message and direction.
    pub flips: BTreeMap<String, u64>,
    /// Changes for each error that the wallet told of; `none` where it did not notice, since
    /// nothing that it needs was changed or since it asked again by itself.
    pub errors: BTreeMap<String, u64>,
    /// What was found wrong.
    pub findings: Vec<String>,
}

impl Report {
    /// How many bytes were changed.
    pub fn total(&self) -> u64 {
        self.flips.values().sum()
    }
}

/// A player with a wallet behind the proxy, and what it should have.
struct Player {
    world: World,
    proxy: Arc<Proxy>,
    wallet: Wallet,
    card: CardId,
    asked: Money,
    bought: u32,
    used: u32,
}

const PRICE: &str = "0.005";

impl Player {
    async fn new() -> Self {
        let world = World::new();
        let proxy = Proxy::new(world.network.clone());
        let device = world.device("phone");
        let wallet = open(&device, &proxy).await.unwrap();
        wallet.sync().await.unwrap();
        let card = add_card(&wallet, GOOD_CARD).await.unwrap().id;
        wallet.top_up(usd("20.00"), card).await.unwrap();
        wallet.sync().await.unwrap();
        Player { world, proxy, wallet, card, asked: usd("20.00"), bought: 0, used: 0 }
    }

    /// What must be so before a scene, without the proxy's mischief.
    async fn prepare(&mut self, scene: Scene) {
        if scene == Scene::Settle {
            for _ in 0..2 {
                self.wallet.buy(PurchaseRequest::new("arrow")).await.unwrap();
                self.bought += 1;
            }
            self.wallet.consume("arrow", 1, &format!("use-{}", self.used)).await.unwrap();
            self.used += 1;
        }
        if scene == Scene::Card {
            let cards = self.wallet.cards().await.unwrap();
            for card in cards.iter().filter(|card| card.id != self.card) {
                self.wallet.remove_card(card.id).await.unwrap();
            }
        }
        if scene == Scene::Receipt && self.bought == 0 {
            self.wallet.buy(PurchaseRequest::new("arrow")).await.unwrap();
            self.bought += 1;
            self.wallet.sync().await.unwrap();
        }
    }

    async fn play(&mut self, scene: Scene) -> Result<(), WalletError> {
        let wallet = &self.wallet;
        match scene {
            Scene::Enrol => {
                let device = self.world.device("another");
                let _ = std::fs::remove_dir_all(&device.folder);
                let fresh = open(&device, &self.proxy).await?;
                let first = fresh.sync().await;
                self.proxy.end();
                // With fair weather it enrols, whatever became of the first try.
                fresh.sync().await?;
                assert!(fresh.buy("arrow".into()).await.is_err(), "a new wallet has money");
                fresh.close().await;
                first.map(|_| ())
            }
            Scene::Card => add_card(wallet, "5555555555554444").await.map(|_| ()),
            Scene::RefusedCard => match add_card(wallet, "6200000000000005").await {
                Err(WalletError::CardInvalid { .. }) => Ok(()),
                done => done.map(|_| ()),
            },
            Scene::TopUp => {
                self.asked = self.asked.plus(usd("1.00")).unwrap();
                wallet.top_up(usd("1.00"), self.card).await.map(|_| ())
            }
            Scene::Settle => wallet.sync().await.map(|_| ()),
            Scene::Receipt => {
                let filter = PurchaseFilter { limit: 1, waiting_only: false };
                let newest = wallet.purchases(filter).await?.remove(0);
                wallet.receipt(newest.id).await.map(|_| ())
            }
            Scene::KeySet => {
                let mut once = true;
                // Once: the key set is fetched, and the document is looked at again.
                self.proxy
                    .forge(move |_, answer| if std::mem::take(&mut once) { with_unknown_key(answer) } else { answer });
                match wallet.sync().await {
                    // The fresh key set does not have that key either, as it should.
                    Err(WalletError::GatewayNotTrusted { .. }) => Ok(()),
                    done => done.map(|_| ()),
                }
            }
        }
    }

    fn total(&self) -> Money {
        self.wallet.balance().of_currency(Currency::USD).total
    }

    /// What holds at any time.
    async fn check_now(&self) -> Result<(), String> {
        let books = GatewayBooks::open(&self.world.gateway_folder());
        let queued = self.wallet.purchases(PurchaseFilter { limit: 4, waiting_only: true }).await;
        let queued = queued.map_err(|error| error.to_string())?.len() as u64;
        let known = u64::from(self.bought) - queued;
        let settled = books.receipts_count();
        ensure(settled >= known, || format!("{known} purchases left the queue, {settled} are settled"))?;
        ensure(books.imbalance() == (0, 0), || "the ledger is off".into())?;
        ensure(books.frozen() == 0, || "the device was frozen".into())?;
        ensure(books.rejected() == 0, || "an entry was rejected".into())
    }

    /// What holds once the weather was fair again.
    async fn check_after(&mut self, top_up_may_be_gone: bool) -> Result<(), String> {
        let report = self.wallet.sync().await.map_err(|error| format!("it does not recover: {error}"))?;
        ensure(report.waiting == 0, || format!("{} entries still wait", report.waiting))?;
        let books = GatewayBooks::open(&self.world.gateway_folder());
        let charged = books.charged();
        let not_charged = self.asked.minus(charged).unwrap();
        if top_up_may_be_gone && not_charged == usd("1.00") {
            // It was refused, and said so.
            self.asked = charged;
        }
        ensure(charged == self.asked, || format!("cards were charged {charged}, the player asked for {}", self.asked))?;
        let spent = usd(PRICE).times(self.bought).unwrap();
        let expected = self.asked.minus(spent).unwrap();
        ensure(self.total() == expected, || format!("the balance is {} and not {expected}", self.total()))?;
        let entries = u64::from(self.bought + self.used);
        ensure(books.entries() == entries, || format!("{} entries and not {entries}", books.entries()))?;
        let newest = self.wallet.purchases(PurchaseFilter { limit: 2, waiting_only: false }).await.unwrap();
        let all_settled = newest.iter().all(|purchase| matches!(purchase.state, PurchaseState::Settled { .. }));
        ensure(all_settled, || format!("{newest:?}"))?;
        let owned = farthing_tests::owned(&self.wallet, "arrow").await;
        ensure(owned == u64::from(self.bought - self.used), || format!("{owned} arrows"))
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

async fn open(device: &Device, proxy: &Arc<Proxy>) -> Result<Wallet, WalletError> {
    Wallet::open(device.config().transport(proxy.clone()), device.keys()).await
}

/// Has the first document of an answer name a key that no key set has.
fn with_unknown_key(answer: http::Response<bytes::Bytes>) -> http::Response<bytes::Bytes> {
    answer.map(|body| {
        let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(&body) else { return body };
        let Some(token) = json.get("statement").and_then(|token| token.as_str()) else { return body };
        let (_, rest) = token.split_once('.').unwrap_or_default();
        let key = farthing_protocol::Digest::of(b"no key");
        let header = format!(r#"{{"alg":"ES256","kid":"{key}","typ":"farthing-statement+jwt"}}"#);
        json["statement"] = format!("{}.{rest}", farthing_protocol::base64url(header.as_bytes())).into();
        serde_json::to_vec(&json).unwrap().into()
    })
}

/// Has the conversation again for each byte. `progress` is told of each scene and how far it is.
pub async fn run(plan: Plan, mut progress: impl FnMut(&str, usize, usize)) -> Report {
    let mut report = Report::default();
    for scene in SCENES {
        let mut player = Player::new().await;
        let flips = player.flips(scene, plan).await;
        for (place, (name, flip)) in flips.iter().enumerate() {
            progress(name, place, flips.len());
            if let Err(finding) = player.try_one(scene, name, flip, &mut report).await {
                report.findings.push(format!("{scene:?}, {name}, {flip:?}: {finding}"));
                player = Player::new().await;
            }
            // A wallet with a long past lists and copies more: a new one now and then is quicker.
            if place % 400 == 399 {
                player = Player::new().await;
            }
        }
    }
    report
}

/// Headers that neither side reads: what they say comes to nothing.
const UNREAD: [&str; 3] = ["content-length", "vary", "cache-control"];

impl Player {
    /// The changes of a scene, from one conversation that is left alone.
    async fn flips(&mut self, scene: Scene, plan: Plan) -> Vec<(String, Flip)> {
        self.prepare(scene).await;
        self.proxy.begin(None);
        self.play(scene).await.unwrap();
        let mut flips = Vec::new();
        let mut seen = 0;
        for (exchange, said) in self.proxy.recorded().iter().enumerate() {
            for (part, length) in parts(said) {
                let header = match &part {
                    Part::RequestHeader(name) | Part::AnswerHeader(name) => Some(name.as_str()),
                    _ => None,
                };
                if header.is_some_and(|name| UNREAD.contains(&name)) {
                    continue;
                }
                let direction = match &part {
                    Part::Path | Part::RequestHeader(_) | Part::RequestBody => "->",
                    _ => "<-",
                };
                let name = format!("{} {direction} {}", said.name(), said.answer.status().as_u16());
                let is_unsigned = part == Part::RequestBody && length < 300 || header == Some("idempotency-key");
                for at in 0..length {
                    seen += 1;
                    // Where it begins differs from part to part, so that no place is always left out.
                    if (seen + at) % plan.every != 0 && length > 16 && !is_unsigned {
                        continue;
                    }
                    // What is under no signature is tried at each byte; these bits make one digit another.
                    let bits = if is_unsigned { 3.max(plan.bits) } else { plan.bits };
                    for bit in 0..bits {
                        let mask = 1 << if is_unsigned { bit } else { (seen + bit) % 7 };
                        flips.push((name.clone(), Flip { exchange, part: part.clone(), at, mask }));
                    }
                }
            }
        }
        self.proxy.end();
        self.check_after(false).await.unwrap();
        flips
    }

    async fn try_one(&mut self, scene: Scene, name: &str, flip: &Flip, report: &mut Report) -> Result<(), String> {
        self.prepare(scene).await;
        self.proxy.begin(Some(flip.clone()));
        let outcome = self.play(scene).await;
        if self.proxy.end() || scene == Scene::Enrol {
            *report.flips.entry(name.to_owned()).or_default() += 1;
        }
        let kind = match &outcome {
            Ok(()) => "none".to_owned(),
            Err(error) => format!("{error:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
        };
        *report.errors.entry(kind.clone()).or_default() += 1;
        ensure(!matches!(kind.as_str(), "Internal" | "StorageDamaged" | "StorageUnavailable"), || {
            format!("{outcome:?}")
        })?;
        self.check_now().await?;
        let refused = outcome.is_err();
        self.check_after(scene == Scene::TopUp && refused).await
    }
}
