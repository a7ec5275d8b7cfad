//! A player buys a pack of balance in an app store, and the app hands it over.

use farthing_core::{StoreTopUp, Timestamp, WalletError};

use super::{Phone, is_storage};
use crate::Violation;
use crate::app_store::{Pack, Store};
use crate::catalog::STORE_PACK_MICROS;

impl Phone {
    /// Buys a pack, for this account where the app says so, or makes one up.
    pub(crate) async fn buy_pack(
        &mut self,
        store: &mut Store,
        (is_named, is_forged): (bool, bool),
        now: Timestamp,
    ) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let account = wallet.account().await.ok().flatten().filter(|_| is_named);
        let pack = store.sell(account, is_forged, now);
        self.hand_over(pack).await
    }

    /// Hands a pack over, this player's or somebody else's.
    pub(crate) async fn hand_over(&mut self, pack: &mut Pack) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let (account, name) = (wallet.account().await.ok().flatten(), self.account());
        pack.handed_over_by.insert(name.clone());
        let credited = wallet.top_up_from_store(pack.purchase()).await;
        let outcome = self.cover("pack of a store", credited.as_ref().err());
        self.heard = None;
        self.let_passes_be_tended().await;
        self.look_back().await?;
        let is_another_s = pack.bought_for.is_some() && account.is_some() && pack.bought_for != account;
        let is_certain = !self.link.may_have_confused();
        match credited {
            Ok(StoreTopUp { amount, is_credited }) => {
                if pack.is_forged || is_another_s {
                    return Err(Violation::new("a pack was credited that is forged, or another player's"));
                }
                if amount.micros() != STORE_PACK_MICROS || !is_credited {
                    return Err(Violation::new(format!("a pack has brought {amount}, credited: {is_credited}")));
                }
            }
            Err(WalletError::StorePurchaseTaken)
                if is_certain && !is_another_s && pack.handed_over_by.len() < 2 && !self.book.is_tampered =>
            {
                return Err(Violation::new("a pack is another player's, and nobody else has handed it over"));
            }
            Err(WalletError::StorePurchaseInvalid { .. }) if is_certain && !pack.is_forged && !pack.was_refunded => {
                return Err(Violation::new("a pack that the store has sold is refused"));
            }
            Err(WalletError::StorePurchaseTaken | WalletError::StorePurchaseInvalid { .. }) => {}
            Err(error) => {
                self.check_failure(&error)?;
                if !is_storage(&error) && !matches!(error, WalletError::Refused { .. } | WalletError::QueueFull { .. })
                {
                    pack.kept_by.insert(name);
                }
            }
        }
        Ok(outcome)
    }
}
