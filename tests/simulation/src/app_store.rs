//! An app store beside the wallets: what it has sold, what it says of that, and what is promised to who bought it.
//!
//! - **Each pack credits once, ever**, whoever hands it over and however often, and the account that it was bought for where
//!   that is said; what the store has not signed credits nobody.
//! - **None is lost**: what a wallet has taken to hand over is credited in the end, unless the store has given its price back.
//! - **A price that goes back** takes out of the balance what is left and not reserved, at most the pack; one that was taken
//!   from the player again is there again.

use std::collections::BTreeSet;

use farthing_core::{AccountId, StorePurchase, Timestamp};
use farthing_store_fakes::AppStore;
use farthing_tests::APP_STORE_PACK;

/// The store.
pub(crate) struct Store {
    app_store: AppStore,
    /// Somebody who signs as the store does, and is not it.
    forger: AppStore,
    pub(crate) packs: Vec<Pack>,
    /// What the gateway has not taken yet.
    pub(crate) undelivered: Vec<String>,
    words: i64,
}

/// A pack of balance that the store has sold, or somebody has made up.
pub(crate) struct Pack {
    pub(crate) id: String,
    purchase: StorePurchase,
    transaction: serde_json::Value,
    pub(crate) is_forged: bool,
    /// The account that it was bought for, where the app says so.
    pub(crate) bought_for: Option<AccountId>,
    /// The accounts by which it was handed over, as the world names them.
    pub(crate) handed_over_by: BTreeSet<String>,
    /// Those whose wallets have taken it to go on by themselves.
    pub(crate) kept_by: BTreeSet<String>,
    /// The store has ever given its price back.
    pub(crate) was_refunded: bool,
    /// By its last word it has, and not taken it again.
    pub(crate) is_refunded: bool,
}

impl Store {
    pub(crate) fn new() -> Self {
        let (app_store, forger) = (AppStore::new(), AppStore::new());
        Store { app_store, forger, packs: Vec::new(), undelivered: Vec::new(), words: 0 }
    }

    /// Its root certificate.
    pub(crate) fn root(&self) -> &[u8] {
        self.app_store.root()
    }

    /// Sells a pack, or has somebody make one up.
    pub(crate) fn sell(&mut self, bought_for: Option<AccountId>, is_forged: bool, now: Timestamp) -> &mut Pack {
        let id = format!("{}", 2_000_000_000 + self.packs.len());
        let mut transaction = AppStore::transaction(&id, APP_STORE_PACK, now.as_millisecond());
        if let Some(account) = bought_for {
            transaction["appAccountToken"] = account.to_string().into();
        }
        let signer = if is_forged { &self.forger } else { &self.app_store };
        let purchase = StorePurchase::AppStore { signed_transaction: signer.sign(&transaction) };
        let (handed_over_by, kept_by) = (BTreeSet::new(), BTreeSet::new());
        let pack = Pack {
            id,
            purchase,
            transaction,
            is_forged,
            bought_for,
            handed_over_by,
            kept_by,
            was_refunded: false,
            is_refunded: false,
        };
        self.packs.push(pack);
        let last = self.packs.len() - 1;
        &mut self.packs[last]
    }

    /// Gives the price of a pack back, or takes it from the player again; the message is to be delivered.
    pub(crate) fn decide(&mut self, which: usize, is_refund: bool, now: Timestamp) -> bool {
        let mut genuine: Vec<&mut Pack> = self.packs.iter_mut().filter(|pack| !pack.is_forged).collect();
        let length = genuine.len().max(1);
        let Some(pack) = genuine.get_mut(which % length).filter(|pack| pack.is_refunded != is_refund) else {
            return false;
        };
        (pack.is_refunded, pack.was_refunded) = (is_refund, true);
        // It never says two things at the same time.
        self.words += 1;
        let at = now.as_millisecond() + self.words;
        let mut transaction = pack.transaction.clone();
        if is_refund {
            transaction["revocationDate"] = at.into();
            transaction["revocationReason"] = 0.into();
        }
        let (kind, id) =
            (if is_refund { "REFUND" } else { "REFUND_REVERSED" }, uuid(u64::try_from(self.words).unwrap_or_default()));
        self.undelivered.push(self.app_store.notification(kind, &id, &transaction, at));
        true
    }
}

impl Pack {
    /// What the store has given the app.
    pub(crate) fn purchase(&self) -> StorePurchase {
        self.purchase.clone()
    }
}

/// The name of a message.
fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}
