//! The process that gets killed: an app with a wallet that never stops doing things.
//!
//! It says each action before it does it and what came of it after. It ends when its standard input
//! does, which is also what happens when the one that started it dies.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use farthing_core::{
    CardDetails, Currency, CurrencyBalance, Money, PurchaseRequest, Sku, SoftwareKeyStore, Wallet, WalletConfig,
    WalletError,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::line::{Action, Answer, Line};

/// What is bought, with its price in micros of US dollars, as in the sample catalog.
pub(crate) const GOODS: [(&str, i64); 6] = [
    ("arrow", 5_000),
    ("hint", 50_000),
    ("health_potion", 100_000),
    ("extra_life", 250_000),
    ("golden_key", 990_000),
    ("lantern", 1_490_000),
];
/// Those of them that can be used up.
const CONSUMABLES: usize = 5;
/// Cards: most pay, one is declined, one answers late.
const CARDS: [&str; 4] = ["4242424242424242", "5555555555554444", "4000000000000002", "4000000000004202"];
/// A wallet lists its newest hundred top-ups: fewer can all be accounted for.
const TOP_UPS_MAX: usize = 90;
/// Below this a player tops up.
const LOW: i64 = 10_000_000;
/// The name of a refusal of the app's own.
pub(crate) const NO_CARD: &str = "NoCard";
/// How long it may take to end once its standard input has.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// A wallet's folder and its gateway.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    #[arg(long)]
    pub(crate) gateway: String,
    #[arg(long)]
    pub(crate) publishable_key: String,
    #[arg(long)]
    pub(crate) root_key: String,
    #[arg(long)]
    pub(crate) folder: PathBuf,
}

/// An app with a wallet.
#[derive(Args)]
pub(crate) struct Victim {
    #[command(flatten)]
    place: Place,
    /// What it does follows from it
    #[arg(long)]
    seed: u64,
    /// Which of the wallet's lives this is, for the names of its actions
    #[arg(long)]
    run: u64,
}

impl Place {
    /// The settings of an app.
    pub(crate) fn config(&self) -> WalletConfig {
        WalletConfig::new(&self.gateway, &self.publishable_key, self.folder.join("wallet")).root_key(&self.root_key)
    }

    /// Opens the wallet.
    pub(crate) async fn open(&self, syncs_by_itself: bool) -> Result<Wallet, WalletError> {
        let keys = Arc::new(SoftwareKeyStore::new(self.folder.join("keys.json")));
        Wallet::open(self.config().syncs_by_itself(syncs_by_itself), keys).await
    }

    /// The arguments of a victim at this place. A key may begin with a hyphen, so each is one word with its name.
    pub(crate) fn victim(&self, seed: u64, run: u64) -> Vec<String> {
        vec![
            "wallet".into(),
            format!("--gateway={}", self.gateway),
            format!("--publishable-key={}", self.publishable_key),
            format!("--root-key={}", self.root_key),
            format!("--folder={}", self.folder.display()),
            format!("--seed={seed}"),
            format!("--run={run}"),
        ]
    }

    /// Where it logs.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("wallet.log")
    }

    pub(crate) fn at(folder: &Path, gateway: &crate::gateway::Gateway) -> Self {
        Place {
            gateway: gateway.url(),
            publishable_key: gateway.publishable_key.clone(),
            root_key: gateway.root_key.clone(),
            folder: folder.to_owned(),
        }
    }
}

/// Money in US dollars.
pub(crate) fn usd(micros: i64) -> Money {
    Money::from_micros(micros, Currency::USD)
}

/// What a wallet has in US dollars.
pub(crate) fn dollars(wallet: &Wallet) -> CurrencyBalance {
    wallet.balance().of_currency(Currency::USD)
}

/// The name of an error.
fn refused(error: &WalletError) -> Answer {
    let name = format!("{error:?}");
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    Answer::Refused { error: name.to_owned(), text: error.to_string() }
}

/// Does one action with an open wallet.
pub(crate) async fn act(wallet: &Wallet, action: &Action) -> Answer {
    let done = match action {
        Action::Buy { key, sku, quantity } => {
            let request = PurchaseRequest::new(sku.as_str()).quantity(*quantity).idempotency_key(key);
            wallet.buy(request).await.map(|bought| Answer::Bought { purchase: bought.id, total: bought.total })
        }
        Action::Consume { operation, sku, quantity } => {
            wallet.consume(sku.as_str(), *quantity, operation).await.map(|_| Answer::Done)
        }
        Action::Sync => wallet.sync().await.map(|_| Answer::Done),
        Action::TopUp { amount } => match top_up(wallet, *amount).await {
            Err(WalletError::CardDeclined { top_up, .. }) => Ok(Answer::Declined(top_up)),
            done => done,
        },
        Action::AddCard { last_four } => {
            let number = CARDS.iter().find(|number| number.ends_with(last_four)).copied().unwrap_or_default();
            let details =
                CardDetails { number: number.into(), expiry_month: 12, expiry_year: 2034, cvc: "123".to_owned() };
            wallet.add_card(details).await.map(|card| Answer::CardAdded(card.id))
        }
        Action::Open => Ok(Answer::Done),
        Action::Close => {
            wallet.close().await;
            Ok(Answer::Done)
        }
    };
    done.unwrap_or_else(|error| refused(&error))
}

async fn top_up(wallet: &Wallet, amount: Money) -> Result<Answer, WalletError> {
    let mut cards = wallet.cards().await?;
    // The dollars choose the card, so that both are drawn at once.
    let chosen = usize::try_from(amount.micros() / 1_000_000).unwrap_or_default() % cards.len().max(1);
    if cards.is_empty() {
        return Ok(Answer::Refused { error: NO_CARD.into(), text: "there is no card to charge".into() });
    }
    wallet.top_up(amount, cards.swap_remove(chosen).id).await.map(Answer::ToppedUp)
}

impl Victim {
    /// Opens the wallet and does things until it is told to stop, or killed.
    pub(crate) async fn live(self) -> anyhow::Result<()> {
        let stop = until_input_ends();
        let mut app = App {
            rng: fastrand::Rng::with_seed(self.seed),
            place: self.place,
            run: self.run,
            said: 0,
            keys: Vec::new(),
            stop,
        };
        let syncs_by_itself = app.rng.u8(..4) > 0;
        app.play(syncs_by_itself).await
    }
}

/// An app that runs.
struct App {
    place: Place,
    rng: fastrand::Rng,
    run: u64,
    /// How many actions were said.
    said: u64,
    /// Actions that can be asked for again under their keys.
    keys: Vec<Action>,
    stop: watch::Receiver<bool>,
}

impl App {
    async fn play(&mut self, syncs_by_itself: bool) -> anyhow::Result<()> {
        let Some(mut wallet) = self.open(syncs_by_itself).await? else { return Ok(()) };
        self.prepare(&wallet).await?;
        while !*self.stop.borrow() {
            match self.rng.u8(..100) {
                0..2 => {
                    self.say_and_do(&wallet, vec![Action::Close]).await?;
                    drop(wallet);
                    let Some(again) = self.open(syncs_by_itself).await? else { return Ok(()) };
                    wallet = again;
                }
                2..6 => wallet.set_offline(!wallet.is_offline()),
                // A sync of the wallet's own gets the processor.
                6..16 => tokio::time::sleep(Duration::from_micros(self.rng.u64(..4_000))).await,
                _ => {
                    let together = if self.rng.u8(..4) == 0 { self.rng.usize(2..6) } else { 1 };
                    let mut actions = Vec::new();
                    for _ in 0..together {
                        actions.push(self.draw(&wallet).await?);
                    }
                    self.say_and_do(&wallet, actions).await?;
                }
            }
        }
        self.say_and_do(&wallet, vec![Action::Close]).await
    }

    /// Sees to it that there is money to spend.
    async fn prepare(&mut self, wallet: &Arc<Wallet>) -> anyhow::Result<()> {
        if wallet.device().await?.is_none() {
            self.say_and_do(wallet, vec![Action::Sync]).await?;
        }
        if wallet.cards().await?.is_empty() {
            self.say_and_do(wallet, vec![Action::AddCard { last_four: last_four(CARDS[0]) }]).await?;
        }
        if dollars(wallet).total.micros() < LOW && wallet.top_ups().await?.len() < TOP_UPS_MAX {
            let amount = usd(self.rng.i64(30..50) * 1_000_000);
            self.say_and_do(wallet, vec![Action::TopUp { amount }]).await?;
        }
        Ok(())
    }

    async fn open(&mut self, syncs_by_itself: bool) -> anyhow::Result<Option<Arc<Wallet>>> {
        let number = self.say(Action::Open)?;
        let opened = self.place.open(syncs_by_itself).await;
        let answer = opened.as_ref().err().map_or(Answer::Done, refused);
        Line::Answer { number, answer }.say()?;
        Ok(opened.ok().map(Arc::new))
    }

    fn say(&mut self, action: Action) -> anyhow::Result<u64> {
        self.said += 1;
        Line::Intent { number: self.said, action }.say()?;
        Ok(self.said)
    }

    /// Says all of them, then does them at the same time.
    async fn say_and_do(&mut self, wallet: &Arc<Wallet>, actions: Vec<Action>) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        for action in actions {
            let (number, wallet) = (self.say(action.clone())?, wallet.clone());
            tasks.spawn(async move { Line::Answer { number, answer: act(&wallet, &action).await }.say() });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    /// What to do next.
    async fn draw(&mut self, wallet: &Wallet) -> anyhow::Result<Action> {
        let name = format!("{}-{}", self.run, self.rng.u64(..));
        let action = match self.rng.u8(..100) {
            // An item that is not for sale, and more than anyone has.
            0..2 => Action::Buy { key: name, sku: Sku::new("unicorn")?, quantity: 1 },
            2..4 => Action::Buy { key: name, sku: Sku::new("golden_key")?, quantity: self.rng.u32(50..200) },
            4..9 if !self.keys.is_empty() => return Ok(self.keys[self.rng.usize(..self.keys.len())].clone()),
            4..56 => {
                let (sku, _) = GOODS[self.rng.usize(..GOODS.len())];
                Action::Buy { key: name, sku: Sku::new(sku)?, quantity: 1 }
            }
            56..80 => {
                let (sku, _) = GOODS[self.rng.usize(..CONSUMABLES)];
                Action::Consume { operation: name, sku: Sku::new(sku)?, quantity: self.rng.u32(1..3) }
            }
            80..86 if wallet.top_ups().await?.len() < TOP_UPS_MAX => {
                Action::TopUp { amount: usd(self.rng.i64(1..12) * 1_000_000) }
            }
            86..90 => Action::AddCard { last_four: last_four(CARDS[self.rng.usize(..CARDS.len())]) },
            _ => Action::Sync,
        };
        if matches!(action, Action::Buy { .. } | Action::Consume { .. }) {
            self.keys.push(action.clone());
        }
        Ok(action)
    }
}

fn last_four(number: &str) -> String {
    number.chars().skip(number.len().saturating_sub(4)).collect()
}

/// Tells when the standard input ends. A process that does not end soon after it is ended.
fn until_input_ends() -> watch::Receiver<bool> {
    let (stop, told) = watch::channel(false);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stop.send_replace(true);
        std::thread::sleep(LAST_WORDS);
        std::process::exit(3);
    });
    told
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        victim: Victim,
    }

    #[test]
    fn a_key_may_begin_with_a_hyphen() {
        let place = Place {
            gateway: "http://127.0.0.1:1".into(),
            publishable_key: "pk_test_1".into(),
            root_key: "-ngWv48Bz".into(),
            folder: "/phone".into(),
        };
        let read = CommandLine::try_parse_from(place.victim(7, 3)).unwrap().victim;
        assert_eq!((read.place.root_key.as_str(), read.seed, read.run), ("-ngWv48Bz", 7, 3));
    }

    #[test]
    fn a_refusal_has_the_name_of_its_error() {
        let Answer::Refused { error, .. } = refused(&WalletError::Offline { operation: "a sync".into() }) else {
            panic!()
        };
        assert_eq!(error, "Offline");
        assert!(matches!(refused(&WalletError::Closed), Answer::Refused { error, .. } if error == "Closed"));
    }
}
