//! A player's real wallet, that buys whatever happens.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use farthing_core::{
    CardDetails, Currency, EntryId, Money, PurchaseFilter, PurchaseState, SoftwareKeyStore, TopUpState, Wallet,
    WalletConfig, WalletError,
};

/// What each top-up is.
const TOP_UP: &str = "20.00";
/// Tries at what must work in the end, over half a minute.
const TRIES: u32 = 120;
const PAUSE: Duration = Duration::from_millis(250);

pub(crate) struct Phone {
    wallet: Wallet,
    purchases: Vec<EntryId>,
}

/// What a wallet was told in the end.
pub(crate) struct Told {
    pub(crate) purchases: Vec<EntryId>,
    pub(crate) spent: i64,
    pub(crate) came_in: i64,
    pub(crate) balance: i64,
}

impl Phone {
    /// A new wallet with money.
    pub(crate) async fn open(
        folder: &Path,
        number: usize,
        address: &str,
        (publishable_key, root_key): &(String, String),
    ) -> anyhow::Result<Self> {
        let place = folder.join(format!("phone-{number}"));
        std::fs::create_dir_all(&place)?;
        let config = WalletConfig::new(address, publishable_key, place.join("wallet")).root_key(root_key);
        let keys = Arc::new(SoftwareKeyStore::new(place.join("keys.json")));
        let wallet = Wallet::open(config.syncs_by_itself(false), keys).await?;
        let phone = Phone { wallet, purchases: Vec::new() };
        phone.settle().await?;
        let details = || CardDetails {
            number: "4242424242424242".into(),
            expiry_month: 12,
            expiry_year: 2034,
            cvc: "123".into(),
        };
        for _ in 0..TRIES {
            if phone.wallet.add_card(details()).await.is_ok() {
                phone.top_up().await;
                return Ok(phone);
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("no card could be added")
    }

    /// Buys and syncs until it is over.
    pub(crate) async fn play(mut self, is_over: Arc<AtomicBool>) -> anyhow::Result<Self> {
        while !is_over.load(Ordering::Relaxed) {
            for _ in 0..fastrand::u32(1..=8) {
                match self.wallet.buy("hint".into()).await {
                    Ok(purchase) => self.purchases.push(purchase.id),
                    Err(WalletError::InsufficientFunds { .. } | WalletError::OfflineLimitReached { .. }) => {
                        self.top_up().await;
                    }
                    Err(error) => check(&error)?,
                }
            }
            if let Err(error) = self.wallet.sync().await {
                check(&error)?;
            }
        }
        Ok(self)
    }

    /// The answer may be lost; a later sync asks again.
    async fn top_up(&self) {
        let Some(card) = self.wallet.cards().await.ok().and_then(|cards| cards.first().cloned()) else { return };
        let Ok(amount) = Money::parse(TOP_UP, Currency::USD) else { return };
        let _ = self.wallet.top_up(amount, card.id).await;
    }

    /// Syncs until nothing is open any more.
    async fn settle(&self) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            match self.wallet.sync().await {
                Ok(report) if report.waiting == 0 => return Ok(()),
                Ok(_) => {}
                Err(error) => check(&error)?,
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("the wallet does not settle: {:?}", self.wallet.sync().await)
    }

    /// Settles what waits, and tells what the player sees.
    pub(crate) async fn finish(self) -> anyhow::Result<Told> {
        self.settle().await?;
        let filter = PurchaseFilter { limit: u32::MAX, ..PurchaseFilter::default() };
        let seen = self.wallet.purchases(filter).await?;
        ensure!(seen.len() == self.purchases.len(), "{} purchases are seen, {} made", seen.len(), self.purchases.len());
        let mut spent = 0;
        for purchase in &seen {
            ensure!(self.purchases.contains(&purchase.id), "a purchase is seen that nobody made");
            ensure!(
                matches!(purchase.state, PurchaseState::Settled { .. }),
                "a purchase is {:?} after everything was settled",
                purchase.state
            );
            spent += purchase.total.micros();
        }
        let top_ups = self.wallet.top_ups().await?;
        let succeeded = top_ups.iter().filter(|top_up| top_up.state == TopUpState::Succeeded);
        let came_in = succeeded.map(|top_up| top_up.amount.micros()).sum();
        let open =
            top_ups.iter().find(|top_up| !matches!(top_up.state, TopUpState::Succeeded | TopUpState::Failed { .. }));
        ensure!(open.is_none(), "a top-up is still open: {open:?}");
        let balance = self.wallet.balance().of_currency(Currency::USD).total.micros();
        self.wallet.close().await;
        Ok(Told { purchases: self.purchases, spent, came_in, balance })
    }
}

/// An error that kills and lost connections explain; anything else is a bug.
fn check(error: &WalletError) -> anyhow::Result<()> {
    let is_expected = matches!(error, WalletError::Offline { .. } | WalletError::GatewayUnavailable { .. });
    if is_expected {
        Ok(())
    } else {
        Err(anyhow::anyhow!("{error:?}")).context("a wallet was told what nothing explains")
    }
}
