//! A phone that is taken out for a moment: its wallet is opened, a card is charged, items are bought, everything is sent.
//! What became of it is printed as one line of JSON.
#![allow(clippy::print_stdout, reason = "a command line tool speaks on its standard output")]

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use farthing_core::{CardDetails, Currency, Money, SoftwareKeyStore, Wallet, WalletConfig, WalletError};
use serde_json::json;

/// A player's phone.
#[derive(Parser)]
struct Phone {
    #[arg(long)]
    gateway: String,
    #[arg(long)]
    publishable_key: String,
    #[arg(long)]
    root_key: String,
    /// Where its wallet and keys are; a copy of it is a clone of the phone
    #[arg(long)]
    folder: PathBuf,
    /// Whose phone it is, where it is not enrolled yet
    #[arg(long)]
    enrolment_token: Option<String>,
    /// An amount in US dollars that the card is charged with
    #[arg(long)]
    top_up: Option<String>,
    /// The card
    #[arg(long, default_value = "4242424242424242")]
    card: String,
    /// An item to buy; may be given again
    #[arg(long)]
    buy: Vec<String>,
    /// There is no network: what is bought is sent another time
    #[arg(long)]
    offline: bool,
    /// Where the file for support goes, if there is to be one
    #[arg(long)]
    support_bundle: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let phone = Phone::parse();
    let mut config = WalletConfig::new(&phone.gateway, &phone.publishable_key, phone.folder.join("wallet"))
        .root_key(&phone.root_key)
        .syncs_by_itself(false);
    if let Some(token) = &phone.enrolment_token {
        config = config.enrolment_token(token);
    }
    let wallet = Wallet::open(config, Arc::new(SoftwareKeyStore::new(phone.folder.join("keys.json")))).await?;
    let done = phone.play(&wallet).await;
    wallet.close().await;
    println!("{}", done?);
    Ok(())
}

impl Phone {
    async fn play(&self, wallet: &Wallet) -> anyhow::Result<serde_json::Value> {
        if self.offline {
            wallet.set_offline(true);
            for sku in &self.buy {
                wallet.buy(sku.as_str().into()).await?;
            }
            if let Some(path) = &self.support_bundle {
                std::fs::write(path, wallet.support_bundle().await?.content)?;
            }
            return Ok(json!({}));
        }
        let frozen = is_frozen(wallet.sync().await.map(drop))?;
        let mut top_up = None;
        if let Some(amount) = &self.top_up {
            let amount = Money::parse(amount, Currency::USD)?;
            let card =
                CardDetails { number: self.card.clone(), expiry_month: 12, expiry_year: 2034, cvc: "123".to_owned() };
            let card = wallet.add_card(card).await.context("the card can't be added")?;
            top_up = Some(wallet.top_up(amount, card.id).await?);
            wallet.sync().await?;
        }
        let mut purchases = Vec::new();
        for sku in &self.buy {
            purchases.push(wallet.buy(sku.as_str().into()).await?.id);
        }
        let frozen = is_frozen(wallet.sync().await.map(drop))? || frozen;
        Ok(json!({
            "device": wallet.device().await?.map(|device| device.to_string()),
            "top_up": top_up.map(|top_up| top_up.id.to_string()),
            "purchases": purchases.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "frozen": frozen,
        }))
    }
}

/// Whether the gateway has frozen the phone; another error stays one.
fn is_frozen(synced: Result<(), WalletError>) -> Result<bool, WalletError> {
    match synced {
        Ok(()) => Ok(false),
        Err(WalletError::DeviceFrozen { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
