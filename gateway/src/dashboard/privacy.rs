//! What is known of a user: an admin may download and erase it.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use farthing_protocol::AccountId;

use super::access::Visitor;
use super::address::Named;
use super::form::Form;
use super::page::{Failure, see};
use crate::gateway::Gateway;
use crate::privacy::erase::{Erased, LeftOver, Wish, amounts, erase as erase_account};
use crate::privacy::export::export;
use crate::store::StoreError;

/// All that is known of a user, as a file.
pub(super) async fn download(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(account): Named<AccountId>,
) -> Result<Response, Failure> {
    let export = export(&gateway.shared, account, visitor.name.clone()).await?;
    let export = export.ok_or_else(|| Failure::not_found("account"))?;
    let file = serde_json::to_vec_pretty(&export).map_err(|_| StoreError::Damaged("an export that is no JSON"))?;
    let name = format!("attachment; filename=\"personal-data-{account}.json\"");
    Ok(([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)], file).into_response())
}

/// Forgets a user for good.
pub(super) async fn erase(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(account): Named<AccountId>,
    form: Form,
) -> Result<Response, Failure> {
    if form.get("confirm") != account.to_string() {
        return Err(Failure::not_that("Write the account’s name as it stands on its page. Nothing was changed."));
    }
    let left_over = if form.get("left_over") == "write_off" { LeftOver::WriteOff } else { LeftOver::Refuse };
    match erase_account(&gateway.shared, Wish { account, left_over, who: visitor.name.clone() }).await? {
        Erased::Done { .. } => Ok(see(&format!("/accounts/{account}?done=erased"))),
        Erased::NoSuchAccount => Err(Failure::not_found("account")),
        Erased::Unfinished(unfinished) => Err(Failure::not_that(format!("{unfinished} Nothing was changed."))),
        Erased::HasMoney(left) => Err(Failure::not_that(format!(
            "{} is left. Nothing was changed. Pay it back to the card first, or write it off.",
            amounts(&left)
        ))),
    }
}
