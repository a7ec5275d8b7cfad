//! Is the database older than this device remembers?
//!
//! A restored backup brings back spent money. The gateway would notice and freeze the device;
//! the wallet notices first: the key store, which backups don't restore, remembers how far the
//! journal had come. It is told behind the purchase, a moment later, never in its path.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

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

/// Tells the key store of each new head, until the wallet closes; then once more.
pub(crate) async fn remember_heads(keys: Arc<dyn KeyStore>, mut heads: watch::Receiver<JournalHead>) {
    // The first value is what it remembers already.
    let mut remembered = *heads.borrow_and_update();
    loop {
        let closed = heads.changed().await.is_err();
        if !closed {
            // Woken early by the end of the wallet only.
            let _ = tokio::time::timeout(WRITE_BEHIND, closing(heads.clone())).await;
        }
        let head = *heads.borrow_and_update();
        if head > remembered {
            match remember(&*keys, head).await {
                Ok(()) => remembered = head,
                Err(error) => tracing::warn!(%error, "the key store did not take note of the journal's head"),
            }
        }
        if closed {
            return;
        }
    }
}

async fn closing(mut heads: watch::Receiver<JournalHead>) {
    while heads.changed().await.is_ok() {}
}
