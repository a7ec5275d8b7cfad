//! Is the database older than this device remembers?
//!
//! A restored backup brings back spent money. The gateway would notice and freeze the device;
//! the wallet notices first: the key store, which backups don't restore, remembers how far the
//! journal had come. It is told behind the purchase, a moment later, never in its path.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::WalletError;
use crate::keys::{KeyStore, KeyStoreError};

/// How long news may wait, so that a player who buys quickly costs one write of the key store.
const WRITE_BEHIND: Duration = Duration::from_secs(2);
const JOURNAL_HEAD: &str = "journal-head";

/// How far a journal has come. Later is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct JournalHead {
    pub(crate) epoch: u32,
    pub(crate) seq: u64,
}

/// What the key store remembers; nothing before the first purchase.
pub(crate) async fn remembered(keys: &dyn KeyStore) -> Result<JournalHead, WalletError> {
    let Some(secret) = keys.load_secret(JOURNAL_HEAD.into()).await? else { return Ok(JournalHead::default()) };
    serde_json::from_slice(&secret)
        .map_err(|_| WalletError::KeyStoreUnavailable { reason: "its memory of the journal is malformed".into() })
}

async fn remember(keys: &dyn KeyStore, head: JournalHead) -> Result<(), KeyStoreError> {
    // Two numbers always make JSON.
    let secret = serde_json::to_vec(&head).unwrap_or_default();
    keys.store_secret(JOURNAL_HEAD.into(), secret).await
}

/// How the writer tells how far the journal has come. When it is dropped, the wallet has closed.
pub(crate) struct HeadTeller {
    heads: watch::Sender<JournalHead>,
    _open: oneshot::Sender<()>,
}

impl HeadTeller {
    /// Tells a new head: a later one, or what the gateway has confirmed in place of one that is
    /// lost. It wakes the guard at most once in [`WRITE_BEHIND`].
    pub(crate) fn tell(&self, head: JournalHead) {
        self.heads.send_if_modified(|known| std::mem::replace(known, head) != head);
    }
}

/// Tells the key store of new heads, behind the purchases.
pub(crate) struct Guard {
    keys: Arc<dyn KeyStore>,
    remembered: JournalHead,
    heads: watch::Receiver<JournalHead>,
    closed: oneshot::Receiver<()>,
}

/// A guard of what the key store remembers, and what tells it.
pub(crate) fn guard(keys: Arc<dyn KeyStore>, remembered: JournalHead) -> (HeadTeller, Guard) {
    let ((tell, heads), (open, closed)) = (watch::channel(remembered), oneshot::channel());
    (HeadTeller { heads: tell, _open: open }, Guard { keys, remembered, heads, closed })
}

impl Guard {
    /// Watches until the wallet closes; then writes once more.
    pub(crate) async fn watch(mut self) {
        while self.heads.changed().await.is_ok() {
            // Nothing is listened to meanwhile but the end of the wallet.
            let closed = tokio::time::timeout(WRITE_BEHIND, &mut self.closed).await.is_ok();
            self.write_down().await;
            if closed {
                break;
            }
        }
        self.write_down().await;
    }

    async fn write_down(&mut self) {
        let head = *self.heads.borrow_and_update();
        if head == self.remembered {
            return;
        }
        match remember(&*self.keys, head).await {
            Ok(()) => self.remembered = head,
            Err(error) => tracing::warn!(%error, "the key store did not take note of the journal's head"),
        }
    }
}
