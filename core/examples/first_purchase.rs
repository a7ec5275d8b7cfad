//! A first purchase, from nothing: enrol, add a test card, top up, buy, settle, get the receipt.
//!
//! Start a gateway (`cargo xtask demo --serve` prints its address and its publishable key), then
//! `cargo run --package farthing-core --example first_purchase -- http://127.0.0.1:PORT pk_test_…`

#![allow(clippy::print_stdout, reason = "an example speaks on its standard output")]

use std::error::Error;
use std::sync::Arc;

use farthing_core::{
    CardDetails, Currency, Money, PurchaseFilter, PurchaseState, SoftwareKeyStore, Wallet, WalletConfig,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [gateway, publishable_key] = arguments.as_slice() else {
        return Err("usage: first_purchase GATEWAY PUBLISHABLE_KEY".into());
    };

    // On a phone the keys are in hardware; on a desktop a file has to do.
    // It lies beside the wallet's folder, not in it: what restores the one must not restore the other.
    let folder = std::env::temp_dir().join("farthing-first-purchase").join(publishable_key);
    let keys = Arc::new(SoftwareKeyStore::new(folder.join("keys.json")));
    let config = WalletConfig::new(gateway, publishable_key, folder.join("wallet"));
    let wallet = Wallet::open(config, keys).await?;
    wallet.sync().await?; // enrols, once

    if wallet.balance().of_currency(Currency::USD).total.is_zero() {
        let details = CardDetails {
            number: "4242 4242 4242 4242".into(),
            expiry_month: 12,
            expiry_year: 2034,
            cvc: "123".into(),
        };
        let card = wallet.add_card(details).await?;
        wallet.top_up(Money::parse("5.00", Currency::USD)?, card.id).await?;
    }

    let purchase = wallet.buy("extra_life".into()).await?; // granted and on disk, online or not
    println!("bought {} for {}", purchase.sku, purchase.total);
    let left = wallet.consume("extra_life", 1, &format!("use-{}", purchase.id)).await?;
    println!("used it, {left} left; the balance is {}", wallet.balance().of_currency(Currency::USD).total);

    wallet.sync().await?; // it would also settle by itself
    if let Some(PurchaseState::Settled { split, .. }) =
        wallet.purchases(PurchaseFilter::default()).await?.first().map(|newest| &newest.state)
    {
        println!("settled: {} developer, {} platform, {} processor", split.developer, split.platform, split.processor);
    }
    println!("receipt for your back end: {}", wallet.receipt(purchase.id).await?);
    wallet.close().await;
    Ok(())
}
