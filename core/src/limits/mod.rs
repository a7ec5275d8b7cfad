//! Limits on what the player spends, their own and a guardian's, and purchases that a guardian is asked for.
//!
//! The gateway keeps them. What they leave to this device is in its signed allowance, so [`crate::Wallet::buy`] keeps them
//! offline too, and the gateway judges by the same function ([`farthing_protocol::spending_limit`]).

use farthing_protocol::api::{ApprovalRequest, HeldAllowance, LimitsResponse};
use farthing_protocol::{Allowance, ApprovalId, LimitPeriod, Money, Sku, Timestamp};

use crate::WalletError;
use crate::deliberate_bug::DeliberateBug;
use crate::purchase::Wanted;
use crate::state::State;
use crate::store::{Books, DocumentName};

/// Names no request: the gateway was not asked yet.
const NOT_ASKED: ApprovalId = ApprovalId::from_bytes([0; 16]);

/// The limits leave `remaining` to this device.
pub(crate) fn reached(allowance: &Allowance, remaining: Money, now: Timestamp) -> WalletError {
    match allowance.spending.as_ref().and_then(|spending| spending.periods) {
        // A new period has begun; what it leaves to this device, the gateway has to say.
        Some(periods) if now >= periods.resets => WalletError::OfflineLimitReached { limit: periods.limit, remaining },
        Some(periods) => WalletError::SpendingLimitReached {
            period: periods.period,
            limit: periods.limit,
            remaining,
            resets: Some(periods.resets),
        },
        None => above_purchase_max(allowance),
    }
}

/// One purchase may not cost so much.
pub(crate) fn above_purchase_max(allowance: &Allowance) -> WalletError {
    let limit = allowance.purchase_max;
    WalletError::SpendingLimitReached { period: LimitPeriod::Purchase, limit, remaining: limit, resets: None }
}

/// The approval that a purchase has to name, where it needs one.
pub(crate) fn approval(
    state: &State,
    allowance: &Allowance,
    (sku, quantity, total): (&Sku, u32, Money),
    now: Timestamp,
) -> Result<Option<ApprovalId>, WalletError> {
    let is_used = |id: &ApprovalId| state.current.approvals.contains(id) && !DeliberateBug::ApproveForEver.is_planted();
    let required = |_| WalletError::ApprovalRequired { approval: NOT_ASKED, sku: sku.clone(), total };
    allowance.approval((sku, quantity, total), now, is_used).map_err(required)
}

/// What a guardian is to be asked for.
pub(crate) fn wish(state: &State, wanted: &Wanted) -> Result<ApprovalRequest, WalletError> {
    let catalog = state.catalog.as_ref().ok_or(WalletError::CatalogMissing)?.catalog.version;
    let request = match wanted {
        Wanted::Item(request) => request,
        Wanted::Tip(tip) => {
            return Ok(ApprovalRequest { sku: tip.creator.sku(), quantity: 1, catalog, amount: Some(tip.amount) });
        }
    };
    let sku = Sku::new(request.sku.as_str()).map_err(|_| WalletError::UnknownItem { sku: request.sku.clone() })?;
    Ok(ApprovalRequest { sku, quantity: request.quantity, catalog, amount: None })
}

/// The allowances that this device holds and will name none before, where limits are shared out; nothing while entries
/// wait that may name others.
pub(crate) fn held(state: &State) -> Vec<HeldAllowance> {
    if state.queued() > 0 {
        return Vec::new();
    }
    let limited = state.account.allowances.values().filter(|allowance| allowance.spending.is_some());
    limited.map(|held| HeldAllowance { currency: held.limit.currency(), version: held.version }).collect()
}

/// What the gateway said last of the limits.
pub(crate) fn known(books: &mut Books) -> Result<Option<LimitsResponse>, WalletError> {
    books.document(DocumentName::Limits)
}

/// Keeps what the gateway says of the limits, unless it is older than what is known.
pub(crate) fn keep(books: &mut Books, limits: &LimitsResponse) -> Result<(), WalletError> {
    match known(books)? {
        Some(known) if known.as_of > limits.as_of => Ok(()),
        _ => books.put_document(DocumentName::Limits, limits),
    }
}
