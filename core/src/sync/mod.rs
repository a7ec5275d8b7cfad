//! Sync: what was decided here is settled at the gateway, and what the gateway decided comes back.
//!
//! One task does it, one run at a time. A run asks [`plan`] (pure) for the next step until there
//! is none: enrol, look up the account, upload a batch, resume top-ups and tabs, ask for refunds,
//! raise the allowance, hear of refunds, fetch the catalog, fetch the cards, fetch what other devices have bought, top up by
//! itself. [`engine`], [`top_ups`], [`tabs`] and [`elsewhere`] do the steps, [`apply`] writes down what came back.
//!
//! - A run begins at the opening of the wallet, after a purchase, when the app asks for it, and
//!   by itself some time after one that failed ([`back_off`]).
//! - An entry leaves the queue only when a settlement that the gateway signed says what became of
//!   it, in the commit that writes that down. A batch whose answer was lost is sent again; the
//!   gateway knows its entries by their hashes and gives the same answer.
//! - A kill at any moment loses at most the answer of the request under way.
//! - What can't be mended by trying again (frozen, revoked, too old) stops the task until the app
//!   asks once more.

mod apply;
mod back_off;
mod elsewhere;
mod engine;
mod plan;
mod tabs;
mod top_ups;

use std::time::Duration;

use farthing_protocol::Money;
use tokio::sync::{mpsc, oneshot};

pub(crate) use engine::{Parts, run};

use crate::{Balance, WalletError};

/// How long a call that needs the gateway waits for it: longer, and a player walks away.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What a sync has done.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncReport {
    /// Entries that were settled.
    pub settled: u64,
    /// Entries that were rejected; see [`crate::WalletEvent::Rejected`].
    pub rejected: u64,
    /// Entries that wait for settlement: those made meanwhile.
    pub waiting: u64,
    /// The balance after it.
    pub balance: Balance,
}

/// A sync that the app asked for.
pub(crate) struct Order {
    /// An amount that the allowance should have room for.
    pub(crate) needed: Option<Money>,
    pub(crate) done: oneshot::Sender<Result<SyncReport, WalletError>>,
}

/// Asks the task for a sync and waits for its end.
pub(crate) async fn order(orders: &mpsc::Sender<Order>, needed: Option<Money>) -> Result<SyncReport, WalletError> {
    let (done, outcome) = oneshot::channel();
    orders.send(Order { needed, done }).await.map_err(|_| WalletError::Closed)?;
    outcome.await.map_err(|_| WalletError::Closed)?
}
