//! The trial balance as the dashboard shows it: counted anew for each view while that is a matter of milliseconds, then
//! at most once a minute, since each player has a row in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use farthing_protocol::Timestamp;
use farthing_protocol::api::TrialBalanceResponse;
use jiff::SignedDuration;

use crate::gateway::Gateway;
use crate::store::{StoreError, Tables};

/// So many accounts of the ledger are counted for each view.
const COUNTED_EACH_TIME: u32 = 10_000;
/// How old what is shown may be before it is counted again.
const AGE_MAX: SignedDuration = SignedDuration::from_mins(1);

/// What was counted last.
#[derive(Default)]
pub(crate) struct TrialBalance {
    counted: Mutex<Option<Counted>>,
    is_counting: AtomicBool,
}

/// A trial balance, and when it was so.
#[derive(Clone)]
pub(super) struct Counted {
    pub(super) trial: TrialBalanceResponse,
    pub(super) at: Timestamp,
}

/// The trial balance: as it is now, or, where the ledger is large, as it was counted last. Where that was long ago it is
/// counted in the background for the next view.
pub(super) async fn recent(gateway: &Gateway) -> Result<Counted, StoreError> {
    recent_beyond(gateway, COUNTED_EACH_TIME).await
}

async fn recent_beyond(gateway: &Gateway, counted_each_time: u32) -> Result<Counted, StoreError> {
    let count_some = move |tables: &dyn Tables| tables.ledger_accounts_up_to(counted_each_time + 1);
    if gateway.shared.store.read(count_some).await? <= counted_each_time {
        return count(gateway).await;
    }
    let kept = &gateway.shared.trial_balance;
    let Some(counted) = kept.counted.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
        return count(gateway).await;
    };
    let is_old = gateway.shared.clock.now().duration_since(counted.at) > AGE_MAX;
    if is_old && !kept.is_counting.swap(true, Ordering::SeqCst) {
        let gateway = gateway.clone();
        tokio::spawn(async move {
            if let Err(error) = count(&gateway).await {
                tracing::warn!(%error, "the trial balance was not counted; the one before is shown");
            }
            gateway.shared.trial_balance.is_counting.store(false, Ordering::SeqCst);
        });
    }
    Ok(counted)
}

async fn count(gateway: &Gateway) -> Result<Counted, StoreError> {
    let at = gateway.shared.clock.now();
    let counted = Counted { trial: gateway.trial_balance().await?, at };
    *gateway.shared.trial_balance.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted.clone());
    Ok(counted)
}

#[cfg(test)]
mod tests {
    use farthing_protocol::{AccountId, Currency, Money};

    use super::*;
    use crate::ManualClock;
    use crate::ledger::{LedgerAccount, Transaction};

    /// Moves a dollar to some player.
    async fn post(gateway: &Gateway) {
        let now = gateway.shared.clock.now();
        let write = move |tables: &dyn Tables| {
            let (player, dollar) = (AccountId::generate(), Money::parse("1", Currency::USD).unwrap());
            let top_up = Transaction::new("top_up", player.as_bytes());
            let top_up = top_up.debit(LedgerAccount::card_clearing("sandbox"), dollar);
            tables.post(&top_up.credit(LedgerAccount::user_available(player), dollar)?, now)
        };
        gateway.shared.store.write(write).await.unwrap();
    }

    async fn owed(gateway: &Gateway, counted_each_time: u32) -> String {
        let counted = recent_beyond(gateway, counted_each_time).await.unwrap();
        counted.trial.balances.iter().find(|line| line.account == "user_available").unwrap().balance.to_string()
    }

    #[tokio::test]
    async fn a_small_ledger_is_counted_for_each_view_and_a_large_one_once_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-06-01T08:00:00Z".parse().unwrap();
        let clock = ManualClock::new(start);
        let gateway = Gateway::open(folder.path(), "http://gateway.test", clock.clock()).unwrap();
        post(&gateway).await;
        assert_eq!(owed(&gateway, 10).await, "-1.00 USD");
        post(&gateway).await;
        assert_eq!(owed(&gateway, 10).await, "-2.00 USD");
        post(&gateway).await;
        // It is large now: what was counted last is shown for a minute.
        assert_eq!(owed(&gateway, 1).await, "-2.00 USD");
        clock.set(start + SignedDuration::from_secs(61));
        assert_eq!(owed(&gateway, 1).await, "-2.00 USD");
        while gateway.shared.trial_balance.is_counting.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        assert_eq!(owed(&gateway, 1).await, "-3.00 USD");
    }
}
