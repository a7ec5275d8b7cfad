//! Looks for what Google Play has given back.

use std::time::Duration;

use farthing_protocol::Timestamp;
use tracing::Instrument;

use super::Seller;
use super::reverse::Word;
use super::terms::WHOLE;
use crate::gateway::Gateway;
use crate::processor::google_play::{Failure, VoidedPurchase};
use crate::store::{StoreError, Tables};
use crate::traces;

/// How often Google is asked.
const PAUSE: Duration = Duration::from_secs(15 * 60);
/// How far Google looks back: 30 days, and it refuses to look further. An hour is left for clocks that differ.
const LOOKS_BACK: Duration = Duration::from_secs((30 * 24 - 1) * 3_600);
/// What is looked at twice, since the list may be late.
const OVERLAP: Duration = Duration::from_secs(24 * 3_600);

impl Gateway {
    pub(super) async fn look_for_voided_purchases(&self) {
        loop {
            match self.take_voided_purchases().await {
                Ok(_) => {}
                Err(StoreError::Closed) => return,
                Err(error) => tracing::warn!(%error, "Google Play was not asked for what it has given back"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Takes back what Google Play has given back since it was asked last; says how many purchases that were.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unreachable`] where Google can't be asked. It is asked for the same again then.
    #[doc(hidden)]
    pub async fn take_voided_purchases(&self) -> Result<usize, StoreError> {
        let Some(google_play) = &self.shared.google_play else { return Ok(0) };
        let (store, now) = (&self.shared.store, self.shared.clock.now());
        let looked = store.read(|tables| tables.store_looked_until(Seller::GooglePlay)).await?;
        let earliest = before(now, LOOKS_BACK);
        let since = looked.map_or(earliest, |looked| before(looked, OVERLAP).max(earliest));
        if let Some(looked) = looked.filter(|looked| *looked < earliest) {
            tracing::error!(%looked, "Google Play was not asked for a month: what it gave back first is not in its list");
        }
        let (mut page, mut count) = (None, 0);
        loop {
            let span = traces::processor(Seller::GooglePlay.name(), "voided_purchases");
            let voided = traces::outcome(google_play.voided(since, page.as_deref())).instrument(span).await;
            let (voided, next) = voided.map_err(|failure: Failure| StoreError::Unreachable(failure.to_string()))?;
            count += self.take_back(voided).await?;
            match next {
                Some(next) => page = Some(next),
                None => break,
            }
        }
        store.write(move |tables| tables.set_store_looked_until(Seller::GooglePlay, now)).await?;
        Ok(count)
    }

    /// Takes back those that were credited, each in a transaction of its own.
    async fn take_back(&self, voided: Vec<VoidedPurchase>) -> Result<usize, StoreError> {
        let (store, Some(google_play)) = (&self.shared.store, &self.shared.google_play) else { return Ok(0) };
        let find = move |tables: &dyn Tables| {
            let mut credited = Vec::new();
            for one in &voided {
                let pack = tables.sold_pack(Seller::GooglePlay, &one.purchase_token)?;
                if pack.is_some_and(|pack| pack.reversal.is_none()) {
                    credited.push(one.clone());
                }
            }
            Ok(credited)
        };
        let credited = store.read(find).await?;
        let count = credited.len();
        for one in credited {
            let (terms, now) = (google_play.terms.clone(), self.shared.clock.now());
            let write = move |tables: &dyn Tables| {
                let word = Word { seller: Seller::GooglePlay, name: &one.purchase_token, at: one.voided_at() };
                word.refunded(tables, &terms, WHOLE, now)
            };
            store.write(write).await?;
        }
        Ok(count)
    }
}

fn before(time: Timestamp, pause: Duration) -> Timestamp {
    time.checked_sub(pause).unwrap_or(Timestamp::UNIX_EPOCH)
}
