//! Each row of the design's threat table, as something that is done to a real wallet and a real
//! gateway. Each returns its lines of the table, drawn up from the gateway's books.

mod clock;
mod clone;
mod database;
mod forgery;
mod repeat;

use farthing_core::{Currency, Money, Purchase, PurchaseRequest, Wallet, WalletError};
use farthing_tests::usd;

pub use clock::clock_set_ten_years_back_and_forth;
pub use clone::{backup_restored_after_each_of_a_hundred_purchases, running_wallet_copied, two_clones_interleaved};
pub use database::{Tally, every_column_edited};
pub use forgery::{access_token_stolen, rewritten_wallet};
pub use repeat::{answers_lost_and_requests_doubled, double_taps, second_opening};

/// What may be spent offline.
pub fn spendable(wallet: &Wallet) -> Money {
    wallet.balance().of_currency(Currency::USD).offline_spendable
}

/// Buys all that an offline wallet sells: large purchases first, then the cheapest item one by one.
pub async fn spend_all(wallet: &Wallet) -> Vec<Purchase> {
    let mut granted = Vec::new();
    for quantity in [1_000, 100, 10, 1] {
        // A wallet that goes on for ever has lost count of its allowance.
        for _ in 0..1_000 {
            match wallet.buy(PurchaseRequest::new("arrow").quantity(quantity)).await {
                Ok(purchase) => granted.push(purchase),
                Err(_) => break,
            }
        }
    }
    granted
}

/// What purchases cost together.
pub fn sum(purchases: &[Purchase]) -> Money {
    purchases.iter().fold(usd("0"), |sum, purchase| sum.plus(purchase.total).unwrap())
}

/// Syncs until there is nothing to say, or no way to say it.
pub async fn settle(wallet: &Wallet) -> Result<(), WalletError> {
    wallet.sync().await?;
    wallet.sync().await.map(|_| ())
}
