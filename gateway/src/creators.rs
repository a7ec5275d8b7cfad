//! Who can be tipped, as the signed catalog lists them.
//!
//! The list is kept in memory. What this gateway changes it reads again at once, what others on the same database have
//! changed after a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use farthing_protocol::Creator;
use farthing_protocol::limits::CREATORS_MAX;

use crate::store::{Store, StoreError, StoredCreator, Tables};

/// How long what another gateway has changed may go unnoticed: a list of thousands is not read for each wallet.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// The creators who can be tipped.
#[derive(Default)]
pub(crate) struct CreatorList(Mutex<Known>);

#[derive(Default)]
struct Known {
    listed: Option<(Arc<Vec<Creator>>, Instant)>,
    /// How often it was changed here: what was read before a change is not kept after it.
    changes: u64,
}

impl CreatorList {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A creator was registered, renamed or closed.
    pub(crate) fn change(&self) {
        let mut known = self.known();
        (known.listed, known.changes) = (None, known.changes + 1);
    }

    /// All who can be tipped now, sorted by their names in code. As long as nothing changes, it is the same list.
    pub(crate) async fn listed(&self, store: &Store) -> Result<Arc<Vec<Creator>>, StoreError> {
        let (before, changes) = {
            let known = self.known();
            (known.listed.clone(), known.changes)
        };
        if let Some((creators, read_at)) = &before
            && (!store.is_shared() || read_at.elapsed() < STALE_AFTER)
        {
            return Ok(creators.clone());
        }
        let read = |tables: &dyn Tables| {
            let open = tables.creators_after("", true, u32::try_from(CREATORS_MAX).unwrap_or(u32::MAX))?;
            Ok(open.into_iter().map(|StoredCreator { id, name, .. }| Creator { id, name }).collect::<Vec<_>>())
        };
        let read = store.read(read).await?;
        let same = before.map(|(creators, _)| creators).filter(|creators| **creators == read);
        let creators = same.unwrap_or_else(|| Arc::new(read));
        let mut known = self.known();
        if known.changes == changes {
            known.listed = Some((creators.clone(), Instant::now()));
        }
        Ok(creators)
    }
}
