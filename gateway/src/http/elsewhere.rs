use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use farthing_protocol::api::{AccountPurchase, AccountPurchasesResponse};
use farthing_protocol::limits::ACCOUNT_PURCHASES_MAX;
use farthing_protocol::{Receipt, RefundReceipt};

use super::body::Named;
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::elsewhere::page;
use crate::gateway::{Gateway, Shared};
use crate::purchases::Cursor;
use crate::store::{Refund, SettledPurchase, Tables};

/// Where a page begins.
pub(super) struct After(Option<Cursor>);

impl FromStr for After {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "0" { Ok(After(None)) } else { text.parse().map(Some).map(After) }
    }
}

/// Gives the receipts of what the account's other devices have bought and settled, the oldest first, at most 100, each with
/// the receipts of its refunds.
///
/// Of more than 500 that a device has not got, it gets the newest 500. `purchases` in the answer to `GET /v1/account` says
/// whether there are any: it is the `next` of whoever has all.
#[utoipa::path(
    get,
    path = "/v1/account/purchases/{after}",
    tag = "account",
    security(("dpop" = [], "proof" = [])),
    params(("after" = String, Path, description = "`next` of the last answer, however long ago that was; 0 for none.")),
    responses((status = 200, description = "Signed receipts.", body = AccountPurchasesResponse))
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    caller: Caller,
    Named(After(after)): Named<After>,
) -> Result<Json<AccountPurchasesResponse>, Refusal> {
    let device = (caller.account, caller.device);
    let read = move |tables: &dyn Tables| page(tables, device, after.as_ref(), ACCOUNT_PURCHASES_MAX);
    let page = gateway.shared.store.read(read).await?;
    let purchases = page.purchases.iter().map(|(refunds, purchase)| signed(&gateway.shared, purchase, refunds));
    let purchases = purchases.collect::<Result<_, Refusal>>()?;
    let next = page.next.map(|next| next.to_string());
    Ok(Json(AccountPurchasesResponse { purchases, next, has_more: page.has_more }))
}

fn signed(shared: &Shared, purchase: &SettledPurchase, refunds: &[Refund]) -> Result<AccountPurchase, Refusal> {
    // Those of the first days have no receipt.
    let mut refunds: Vec<_> = refunds.iter().filter_map(Refund::signed).collect();
    refunds.sort_by_key(|refund| refund.number);
    let refunds = refunds.into_iter().map(|refund| shared.signer.sign_payload::<RefundReceipt>(&refund.payload));
    let receipt = shared.signer.sign_payload::<Receipt>(&purchase.receipt)?;
    Ok(AccountPurchase { receipt, refunds: refunds.collect::<Result<_, _>>()? })
}
