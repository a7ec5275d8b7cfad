//! Revokes a device that is lost: nothing more is settled from it, and what was reserved for it goes back to the player.
//!
//! What it had bought offline and not sent yet is not settled any more. Its goods cannot be taken back from a device that
//! is not there; the loss is at most what was reserved (design, section 4, rule 3).

use farthing_protocol::{DeviceId, DeviceState, Timestamp};

use crate::ledger::{LedgerAccount, Transaction, owed};
use crate::store::{StoreError, Tables};
use crate::webhook::{Event, announce};

/// Revokes a device; false when there is none of that name. Revoked again, nothing changes.
pub(crate) fn revoke(tables: &dyn Tables, device: DeviceId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(device) = tables.device(device)? else { return Ok(false) };
    if device.state == DeviceState::Revoked {
        return Ok(true);
    }
    let (reserved, available) =
        (LedgerAccount::user_reserved(device.id), LedgerAccount::user_available(device.account));
    for balance in tables.balances(&reserved)? {
        let reserve = owed(balance)?;
        let given_back = Transaction::new("revocation", device.id.as_bytes())
            .debit(reserved.clone(), reserve)
            .credit(available.clone(), reserve)?;
        tables.post(&given_back, now)?;
    }
    tables.revoke(device.id)?;
    tables.raise_revision(device.account)?;
    let event = || Ok(Event::DeviceRevoked { account: device.account, device: device.id });
    announce(tables, device.account, event, now)?;
    Ok(true)
}
