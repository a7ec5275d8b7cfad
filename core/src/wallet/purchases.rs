//! What was bought, to be looked back on: purchases, receipts, refunds.

use farthing_protocol::EntryId;

use super::Wallet;
use crate::store::Books;
use crate::{Purchase, PurchaseFilter, WalletError, elsewhere, purchase, refund, sync};

impl Wallet {
    /// The account's purchases, newest first: this device's own, and those that its other devices have settled, as of the
    /// last sync, of which [`Purchase::is_from_another_device`] tells. Of those the newest 500 are kept. They are there
    /// to be looked back on: what they brought is on the other device, unless it is owned for ever. Needs no network.
    ///
    /// ```no_run
    /// # use farthing_core::{PurchaseFilter, Wallet, WalletError};
    /// # async fn example(wallet: Wallet) -> Result<(), WalletError> {
    /// for purchase in wallet.purchases(PurchaseFilter::default()).await? {
    ///     let place = if purchase.is_from_another_device { "on another device" } else { "here" };
    ///     println!("{} for {}, bought {place}", purchase.sku, purchase.total);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`WalletError::StorageDamaged`] when one of them can't be read: the next [`Wallet::open`]
    /// salvages the others. [`WalletError::Closed`].
    pub async fn purchases(&self, filter: PurchaseFilter) -> Result<Vec<Purchase>, WalletError> {
        self.parts.store.run(move |books| purchase::listed(books, filter)).await
    }

    /// The signed receipt of a settled purchase of the account, on whichever of its devices it was made: a compact JWS
    /// that the app's back end verifies with the gateway's JWKS. It is fetched from the gateway; what it says is in
    /// [`Wallet::purchases`] without a network.
    ///
    /// # Errors
    /// [`WalletError::Offline`], [`WalletError::Refused`] when the purchase is not settled (yet),
    /// [`WalletError::GatewayUnavailable`], [`WalletError::GatewayNotTrusted`],
    /// [`WalletError::NotEnrolled`], [`WalletError::Closed`].
    pub async fn receipt(&self, purchase: EntryId) -> Result<String, WalletError> {
        let enrolment = self.parts.enrolment().await?;
        let receipt = self.parts.session.receipt(&self.parts.trust, &enrolment, purchase).await;
        let (token, content) = receipt.map_err(|error| error.during("the receipt"))?;
        if content.document.jti == purchase {
            Ok(token)
        } else {
            Err(WalletError::not_trusted("it sent the receipt of another purchase"))
        }
    }

    /// Has an unused purchase refunded: its price is in the balance again, and its items are gone. It syncs first, so
    /// that the gateway knows what was used.
    ///
    /// Where the gateway was asked and its answer is lost, the items stay out of use, and the wallet finds out by itself
    /// what became of it: [`WalletEvent::PurchaseRefunded`](crate::WalletEvent::PurchaseRefunded) tells.
    ///
    /// # Errors
    /// Nothing is refunded then, unless an answer was lost: [`WalletError::RefundTooLate`] for one that only the
    /// merchant can give, [`WalletError::AlreadyUsed`], [`WalletError::AlreadyRefunded`], [`WalletError::NotSettled`],
    /// [`WalletError::InvalidArgument`] for a purchase that is not this device's
    /// ([`Purchase::is_from_another_device`]: it can be refunded where it was bought), [`WalletError::Offline`], and those
    /// of [`Wallet::sync`].
    pub async fn refund(&self, purchase: EntryId) -> Result<Purchase, WalletError> {
        self.parts.store.run(move |books| refund::begin(books, purchase)).await?;
        let synced = sync::order(&self.orders, None).await.map(drop);
        self.parts.store.run(move |books| refund::outcome(books, purchase, synced)).await
    }

    /// The signed receipts of a purchase's refunds, the oldest first: compact JWS that the app's back end verifies as
    /// those of purchases. Needs no network; there are none where nothing was refunded.
    ///
    /// # Errors
    /// [`WalletError::StorageDamaged`], [`WalletError::Closed`].
    pub async fn refund_receipts(&self, purchase: EntryId) -> Result<Vec<String>, WalletError> {
        let read = move |books: &mut Books| match purchase::Record::find(books, purchase)? {
            Some(record) => Ok(record.refunds),
            None => elsewhere::refunds_of(books, purchase),
        };
        self.parts.store.run(read).await
    }
}
