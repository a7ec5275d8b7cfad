use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use farthing_protocol::{Currency, Money};
use serde::Serialize;

use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::ledger::{LedgerAccount, Payee, owed};
use crate::store::{StoreError, Tables};

/// How the merchant or a creator stands in one currency.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CurrencyBalance {
    /// What can be paid out. Below zero, where more was refunded than was sold since.
    payable: Money,
    /// What is on its way to the bank.
    in_transit: Money,
}

/// How the merchant stands.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct BalanceResponse {
    /// In each currency in which there ever was something.
    balances: Vec<CurrencyBalance>,
}

/// Tells what is payable to the merchant, and what is on its way to the bank.
#[utoipa::path(
    get,
    path = "/v1/balance",
    tag = "merchant",
    security(("merchant" = [])),
    responses((status = 200, description = "The balances.", body = BalanceResponse))
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
) -> Result<Json<BalanceResponse>, Refusal> {
    let payee = Payee::Merchant(gateway.shared.catalogs.merchant());
    let balances = gateway.shared.store.read(move |tables| balances_of(tables, &payee)).await?;
    Ok(Json(BalanceResponse { balances }))
}

/// What is payable to someone, and what is on its way.
pub(super) fn balances_of(tables: &dyn Tables, payee: &Payee) -> Result<Vec<CurrencyBalance>, StoreError> {
    let owed_by = |account: LedgerAccount| -> Result<BTreeMap<Currency, Money>, StoreError> {
        let balances = tables.balances(&account)?.into_iter();
        balances.map(|balance| Ok((balance.currency(), owed(balance)?))).collect()
    };
    let (payable, in_transit) = (owed_by(payee.payable())?, owed_by(payee.in_transit())?);
    let balances = payable.into_iter().map(|(currency, payable)| CurrencyBalance {
        payable,
        in_transit: in_transit.get(&currency).copied().unwrap_or(Money::zero(currency)),
    });
    Ok(balances.collect())
}
