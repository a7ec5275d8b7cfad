//! Ask to buy: a purchase that a guardian has to approve, once.

use std::time::Duration;

use farthing_protocol::api::{ApprovalRecord, ApprovalState};
use farthing_protocol::{AccountId, ApprovalId, DeviceId, Money, Sku, Timestamp};

use crate::store::{StoreError, Tables};

/// How long a request can be answered, and how long what was approved can be bought.
const LASTS: Duration = Duration::from_secs(24 * 3_600);
/// Requests of one account that wait for an answer: more than a guardian wants to read.
const WAITING_MAX: usize = 50;
/// Requests that are shown.
pub(crate) const SHOWN_MAX: u32 = 100;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) sku: Sku,
    pub(crate) quantity: u32,
    pub(crate) total: Money,
}

/// The state that a request has at a time.
pub(crate) fn at_time(mut record: ApprovalRecord, now: Timestamp) -> ApprovalRecord {
    let is_open = matches!(record.state, ApprovalState::Pending | ApprovalState::Approved);
    if is_open && now >= record.expires_at {
        record.state = ApprovalState::Expired;
    }
    record
}

/// Writes a request down, or finds the one of this device for the same that is open; nothing where too many wait.
pub(crate) fn ask(
    tables: &dyn Tables,
    (account, device): (AccountId, DeviceId),
    wish: &Wish,
    now: Timestamp,
) -> Result<Option<ApprovalRecord>, StoreError> {
    let known = shown(tables, account, now)?;
    let is_same = |record: &&ApprovalRecord| {
        let is_open = matches!(record.state, ApprovalState::Pending | ApprovalState::Approved);
        let fits = record.sku == wish.sku && record.quantity == wish.quantity && record.total == wish.total;
        is_open && record.device == device && fits
    };
    if let Some(same) = known.iter().find(is_same) {
        return Ok(Some(same.clone()));
    }
    if known.iter().filter(|record| record.state == ApprovalState::Pending).count() >= WAITING_MAX {
        return Ok(None);
    }
    let Wish { sku, quantity, total } = wish.clone();
    let record = ApprovalRecord {
        id: ApprovalId::generate(),
        device,
        sku,
        quantity,
        total,
        state: ApprovalState::Pending,
        asked_at: now,
        expires_at: later(now),
    };
    tables.add_approval(account, &record)?;
    Ok(Some(record))
}

/// Answers a request, as long as nobody has; returns how it stands then. Nothing where the account has none of that name.
pub(crate) fn answer(
    tables: &dyn Tables,
    account: AccountId,
    (id, approve): (ApprovalId, bool),
    now: Timestamp,
) -> Result<Option<ApprovalRecord>, StoreError> {
    let Some((owner, record)) = tables.approval(id)? else { return Ok(None) };
    if owner != account {
        return Ok(None);
    }
    let mut record = at_time(record, now);
    if record.state == ApprovalState::Pending {
        record.state = if approve { ApprovalState::Approved } else { ApprovalState::Declined };
        if approve {
            record.expires_at = later(now);
        }
        tables.set_approval(&record)?;
        tables.raise_revision(account)?;
    }
    Ok(Some(record))
}

/// The latest requests of an account, the newest first.
pub(crate) fn shown(
    tables: &dyn Tables,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<ApprovalRecord>, StoreError> {
    Ok(tables.approvals_of(account, SHOWN_MAX)?.into_iter().map(|record| at_time(record, now)).collect())
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(LASTS).unwrap_or(Timestamp::MAX)
}
