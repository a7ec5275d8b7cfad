//! Asks any gateway whether it speaks the protocol of `docs/protocol.md`, so that others can write their own.
//!
//! Each [`Case`] enrols devices of its own and says what must hold; it fails by panicking, which [`run`] turns into a
//! [`Verdict`]. Nothing is charged but a test card: point it at a sandbox.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a case fails by panicking, and what it says is shown")]

mod cases;
mod https;

use std::any::Any;
use std::sync::Arc;

use farthing_core::Transport;
use farthing_protocol::api::CatalogResponse;
use farthing_protocol::{Catalog, Currency, EncodedEntry, EntryBody, ItemKind, Money, Timestamp};
use farthing_threats::raw::{RawDevice, read};
use futures_util::future::BoxFuture;

pub use cases::CASES;
pub use https::Https;

/// The gateway that is asked.
#[derive(Clone)]
pub struct Target {
    /// Carries requests to it.
    pub transport: Arc<dyn Transport>,
    /// Where it is, without a slash at the end.
    pub address: String,
    /// What apps enrol with.
    pub publishable_key: String,
    /// A test card that is charged without more ado.
    pub card: String,
}

/// One rule of the protocol, put to the test.
pub struct Case {
    /// What must hold.
    pub name: &'static str,
    /// The chapter of `docs/protocol.md` that says so.
    pub chapter: &'static str,
    run: fn(Target) -> BoxFuture<'static, ()>,
}

/// What became of a case.
pub struct Verdict {
    /// Which.
    pub case: &'static Case,
    /// What did not hold, if anything.
    pub failure: Option<String>,
}

/// Puts every case to a gateway, one after the other; `told` hears of each.
pub async fn run(target: &Target, mut told: impl FnMut(&Verdict)) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(CASES.len());
    for case in CASES {
        let ended = tokio::spawn((case.run)(target.clone())).await;
        let failure = ended.err().map(|error| match error.try_into_panic() {
            Ok(panic) => words(&*panic),
            Err(error) => error.to_string(),
        });
        let verdict = Verdict { case, failure };
        told(&verdict);
        verdicts.push(verdict);
    }
    verdicts
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it failed and does not say why").to_owned()
}

impl Target {
    /// A new device.
    async fn device(&self) -> RawDevice {
        RawDevice::enrol(self.transport.clone(), &self.address, &self.publishable_key).await
    }

    /// A device with five dollars, and something to buy with them.
    async fn player(&self) -> Player {
        self.player_with(ItemKind::Consumable, usd("1.00")).await
    }

    /// The same, and something of a kind that costs no more than that.
    async fn player_with(&self, kind: ItemKind, most: Money) -> Player {
        let mut device = self.device().await;
        device.fund(&self.card, usd("5.00")).await;
        let answer: CatalogResponse = read(&device.get("/v1/catalog").await.unwrap());
        let catalog: Catalog = device.open(&answer.catalog);
        let will_do = catalog.items.iter().filter(|item| {
            let is_dollars = item.price.currency() == Currency::USD;
            item.kind == kind && is_dollars && item.price.micros() <= most.micros()
        });
        let item = will_do.max_by_key(|item| item.price.micros());
        let item =
            item.expect("the catalog has a consumable item of at most a dollar, and a durable one of at most two");
        let (sku, price) = (item.sku.as_str().to_owned(), item.price);
        Player { device, catalog: catalog.version, sku, price }
    }
}

/// A device that can buy.
struct Player {
    device: RawDevice,
    catalog: u64,
    sku: String,
    price: Money,
}

impl Player {
    /// The next purchase of the journal.
    fn buy(&mut self) -> EncodedEntry {
        self.buy_at(self.price)
    }

    /// A purchase at a price that may be wrong.
    fn buy_at(&mut self, price: Money) -> EncodedEntry {
        let mut purchase = self.device.purchase(&self.sku, price, 1);
        purchase.catalog = self.catalog;
        self.device.append(EntryBody::Purchase(purchase), now())
    }
}

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

/// Journals have times in whole milliseconds.
fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap()
}
