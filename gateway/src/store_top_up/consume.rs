//! Consumes at Google Play what was credited, until it is done.
//!
//! It is due from the moment of the credit, in the same transaction. So whatever is killed or out of reach meanwhile, it
//! is asked for again; it is never given up, since Google gives back after three days what nobody acknowledged.

use std::time::Duration;

use farthing_protocol::Timestamp;
use futures_util::future::join_all;
use tracing::Instrument;

use super::Seller;
use crate::gateway::Gateway;
use crate::store::{SoldPack, StoreError, Tables};
use crate::traces;

/// As long nobody else asks for what was taken to be asked for. Then it is due again, in case this gateway is gone.
const HELD: Duration = Duration::from_secs(60);
/// Purchases that are consumed at once.
const TOGETHER_MAX: u32 = 32;
/// How often it is looked for more where there was nothing to do.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after a first failure; it doubles with each.
const FIRST_PAUSE: u64 = 5;
/// The longest pause: some hundred tries fit into three days.
const LONGEST_PAUSE: u64 = 600;

impl Gateway {
    /// Consumes at Google Play what was credited, and looks for what it has given back, until the gateway is closed. A
    /// gateway that is [served](crate::server::serve) does so by itself.
    pub async fn tend_store_purchases(&self) {
        if self.shared.google_play.is_none() {
            return;
        }
        tokio::join!(self.consume_sold_packs(), self.look_for_voided_purchases());
    }

    async fn consume_sold_packs(&self) {
        loop {
            match self.consume_due_purchases().await {
                Ok(0) => tokio::time::sleep(PAUSE).await,
                Ok(_) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "purchases could not be consumed; they are tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Consumes what is due now; says how many purchases were asked about.
    ///
    /// # Errors
    /// [`StoreError`]. What was consumed meanwhile is asked about again then.
    #[doc(hidden)]
    pub async fn consume_due_purchases(&self) -> Result<usize, StoreError> {
        let Some(google_play) = &self.shared.google_play else { return Ok(0) };
        let (store, now) = (&self.shared.store, self.shared.clock.now());
        let take = move |tables: &dyn Tables| tables.take_sold_packs_to_consume(now, after(now, HELD), TOGETHER_MAX);
        let due = store.write(take).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let consumed = due.into_iter().map(async |pack| {
            let span = traces::processor(Seller::GooglePlay.name(), "consume");
            let consumed = traces::outcome(google_play.consume(&pack.product, &pack.name)).instrument(span).await;
            if let Err(failure) = &consumed {
                tracing::warn!(%failure, top_up = %pack.id, "a purchase was not consumed; it is tried again");
            }
            (pack, consumed.is_ok())
        });
        let (consumed, now) = (join_all(consumed).await, self.shared.clock.now());
        let count = consumed.len();
        let concluded: Vec<SoldPack> =
            consumed.into_iter().map(|(pack, is_done)| conclude(pack, is_done, now)).collect();
        let write = move |tables: &dyn Tables| concluded.iter().try_for_each(|pack| tables.set_consumption(pack));
        store.write(write).await?;
        Ok(count)
    }
}

/// How far a purchase is after it was asked for.
fn conclude(mut pack: SoldPack, is_done: bool, now: Timestamp) -> SoldPack {
    pack.consume_at = (!is_done).then(|| after(now, pause(pack.attempts)));
    pack.attempts = pack.attempts.saturating_add(1);
    pack
}

/// How long to wait after so many failures before this one.
fn pause(failures: u32) -> Duration {
    let seconds = 2_u64.checked_pow(failures).and_then(|times| times.checked_mul(FIRST_PAUSE));
    Duration::from_secs(seconds.map_or(LONGEST_PAUSE, |seconds| seconds.min(LONGEST_PAUSE)))
}

fn after(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_some_hundred_times_in_three_days() {
        let within_three_days = |sum: &mut Duration, pause: Duration| {
            *sum += pause;
            (*sum < Duration::from_secs(3 * 24 * 3_600)).then_some(pause)
        };
        let pauses: Vec<_> = (0..).map(pause).scan(Duration::ZERO, within_three_days).collect();
        assert!(pauses.is_sorted() && pauses.len() > 400, "{}", pauses.len());
        assert_eq!((pause(0).as_secs(), pause(1).as_secs(), pause(u32::MAX).as_secs()), (5, 10, 600));
    }
}
