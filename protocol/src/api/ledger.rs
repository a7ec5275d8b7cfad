//! The ledger.

use serde::{Deserialize, Serialize};

use crate::Money;

/// One account of the ledger, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerBalance {
    /// What the account is for, such as `user_available`.
    pub account: String,
    /// Debits minus credits: assets and costs are positive, what is owed is negative.
    pub balance: Money,
}

/// `GET /v1/ledger/trial-balance`: every account of the ledger, summed by kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrialBalanceResponse {
    /// Each kind of account in each currency.
    pub balances: Vec<LedgerBalance>,
    /// The sum for each currency: always zero.
    pub totals: Vec<Money>,
}
