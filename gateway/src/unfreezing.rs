//! Frees a device that was frozen because it had shown two journals.
//!
//! The journal that was settled stands, and so do its sums: nothing is posted, and the reserve is what it was, the limit
//! less what was settled. So no money comes of it. From then on the gateway takes what follows the settled journal, as before.
//! The installation whose journal that is goes on; a copy with another one is frozen again by its next batch.
//! Where the owner's own journal is the other one, the device is to be revoked, and the app enrols anew.

use farthing_protocol::{DeviceId, DeviceState, Timestamp};

use crate::store::{Fork, StoreError, Tables};
use crate::webhook::{Event, announce};

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfreezing {
    /// It is active; this had frozen it, and is not kept with the device any more.
    Done(Fork),
    /// It is not frozen. Nothing was changed.
    NotFrozen,
    /// There is no such device.
    NoSuchDevice,
}

/// Frees a device.
pub(crate) fn unfreeze(tables: &dyn Tables, device: DeviceId, now: Timestamp) -> Result<Unfreezing, StoreError> {
    let Some(listed) = tables.listed_device(device)? else { return Ok(Unfreezing::NoSuchDevice) };
    let (DeviceState::Frozen { .. }, Some(fork)) = (&listed.device.state, listed.fork) else {
        return Ok(Unfreezing::NotFrozen);
    };
    tables.unfreeze(device)?;
    let account = listed.device.account;
    tables.raise_revision(account)?;
    announce(tables, account, || Ok(Event::DeviceUnfrozen { account, device }), now)?;
    Ok(Unfreezing::Done(fork))
}
