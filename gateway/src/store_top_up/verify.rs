//! Whether what an app hands over was sold by a store to this account.

use farthing_protocol::{AccountId, Money, StorePurchase, Timestamp, TopUpId};
use tracing::Instrument;

use super::credit::{Bought, Credited};
use super::{Sale, Seller};
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::processor::app_store::AppStore;
use crate::processor::google_play::{Failure, GooglePlay, PurchaseState};
use crate::store::StoreError;
use crate::traces;

/// Characters of a purchase token: Google's have some hundreds at most.
const TOKEN_LENGTH_MAX: usize = 4_000;

/// What became of looking at it.
#[derive(Debug)]
pub(crate) enum Verified {
    /// It was sold, and can be credited.
    Bought(Box<Bought>),
    /// It is known already.
    Known(Credited),
    /// The player has not paid yet.
    Pending { id: TopUpId, amount: Money },
    /// It can't be credited, for this reason.
    Invalid(String),
    /// It was bought for another account.
    Taken,
    /// This gateway credits nothing of that store.
    NotSoldHere,
    /// The store could not be asked.
    Unknown(String),
}

/// Looks at what a device of an account hands over.
pub(crate) async fn verify(
    shared: &Shared,
    account: AccountId,
    purchase: &StorePurchase,
) -> Result<Verified, StoreError> {
    match purchase {
        StorePurchase::AppStore { signed_transaction } => Ok(match &shared.app_store {
            Some(store) => of_app_store(store, account, signed_transaction),
            None => Verified::NotSoldHere,
        }),
        StorePurchase::GooglePlay { product, purchase_token } => match &shared.google_play {
            Some(store) => of_google_play(shared, store, account, (product, purchase_token)).await,
            None => Ok(Verified::NotSoldHere),
        },
    }
}

fn of_app_store(store: &AppStore, account: AccountId, signed: &str) -> Verified {
    let transaction = match store.transaction(signed) {
        Ok(transaction) => transaction,
        Err(doubt) => return Verified::Invalid(doubt.to_string()),
    };
    if let Some(reason) = transaction.is_not_sold() {
        return Verified::Invalid(reason.to_owned());
    }
    if transaction.is_revoked() {
        return Verified::Invalid("the App Store has given its price back".to_owned());
    }
    let is_theirs = is_for(account, transaction.app_account_token.as_deref());
    if !is_theirs && !DeliberateBug::CreditAnyone.is_planted() {
        return Verified::Taken;
    }
    let Some(sale) = store.terms.sale(&transaction.product_id, transaction.quantity) else {
        return Verified::Invalid(no_such_pack(&transaction.product_id));
    };
    Verified::Bought(Box::new(Bought {
        seller: Seller::AppStore,
        told_at: transaction.signed_at(),
        name: transaction.transaction_id,
        product: transaction.product_id,
        sale,
        is_consumed: false,
    }))
}

async fn of_google_play(
    shared: &Shared,
    store: &GooglePlay,
    account: AccountId,
    (product, token): (&str, &str),
) -> Result<Verified, StoreError> {
    if token.is_empty() || token.len() > TOKEN_LENGTH_MAX || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Verified::Invalid("it has no purchase token".to_owned()));
    }
    let name = token.to_owned();
    let known = shared.store.read(move |tables| tables.sold_pack(Seller::GooglePlay, &name)).await?;
    if let Some(pack) = known {
        return Ok(Verified::Known(Credited::of(pack, account)));
    }
    // What is no pack of ours, Google is not asked about.
    if store.terms.sale(product, 1).is_none() {
        return Ok(Verified::Invalid(no_such_pack(product)));
    }
    let span = traces::processor(Seller::GooglePlay.name(), "look_up");
    let purchase = match traces::outcome(store.look_up(product, token)).instrument(span).await {
        Ok(purchase) => purchase,
        Err(Failure::Refused(reason)) => {
            return Ok(Verified::Invalid(format!("Google Play does not know it: {reason}")));
        }
        Err(failure @ Failure::Unknown(_)) => return Ok(Verified::Unknown(failure.to_string())),
    };
    if !purchase.is_of(product) {
        return Ok(Verified::Invalid("it is of another product".to_owned()));
    }
    if let Some(reason) = store.is_not_sold(&purchase) {
        return Ok(Verified::Invalid(reason.to_owned()));
    }
    if !is_for(account, purchase.obfuscated_external_account_id.as_deref()) {
        return Ok(Verified::Taken);
    }
    let Some(sale) = store.terms.sale(product, purchase.quantity()) else {
        return Ok(Verified::Invalid(no_such_pack(product)));
    };
    Ok(match purchase.state() {
        PurchaseState::Purchased => Verified::Bought(Box::new(bought(product, token, sale, purchase.is_consumed()))),
        PurchaseState::Pending => Verified::Pending { id: Seller::GooglePlay.top_up(token), amount: sale.amount },
        PurchaseState::Cancelled => Verified::Invalid("it was cancelled, or its price was given back".to_owned()),
    })
}

fn bought(product: &str, token: &str, sale: Sale, is_consumed: bool) -> Bought {
    Bought {
        seller: Seller::GooglePlay,
        name: token.to_owned(),
        product: product.to_owned(),
        sale,
        // Google's clock is not ours: what it says later always counts.
        told_at: Timestamp::UNIX_EPOCH,
        is_consumed,
    }
}

/// Whether a purchase was made for an account, as far as the app has told the store for whom.
fn is_for(account: AccountId, told: Option<&str>) -> bool {
    told.is_none_or(|told| told.is_empty() || told.parse() == Ok(account))
}

fn no_such_pack(product: &str) -> String {
    // It may be any text.
    format!("{:?} is no pack of this gateway's", product.chars().take(150).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purchase_is_for_the_account_that_the_app_has_named() {
        let account = AccountId::from_bytes([7; 16]);
        for good in [None, Some(""), Some(&*account.to_string()), Some(&*account.to_string().to_uppercase())] {
            assert!(is_for(account, good), "{good:?}");
        }
        for bad in [AccountId::from_bytes([8; 16]).to_string().as_str(), "player-1"] {
            assert!(!is_for(account, Some(bad)), "{bad}");
        }
    }
}
