use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use farthing_protocol::{AccountId, Money, Problem, ProblemKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::body::{JsonBody, QueryOf};
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::enrolment::check_user;
use crate::gateway::Gateway;
use crate::privacy::erase::{Erased, LeftOver, Wish, amounts, erase};
use crate::privacy::export::{Export, csv, export};

/// How the audit log calls who has the merchant's secret key. No administrator can be called so.
const WHO: &str = "(secret key)";

/// Whose data are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// Those of a user, as you call them.
    #[param(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// Or those of an account.
    account: Option<AccountId>,
    /// One table, as CSV; all of them as JSON where it is not said.
    table: Option<String>,
}

/// Tells all that is known of a user: every row of every table that is theirs, with what is sealed opened. Card numbers
/// and other secrets are not in it.
///
/// With `table`, that table alone, as CSV. Who asked is in the audit log.
#[utoipa::path(
    get,
    path = "/v1/personal-data",
    tag = "merchant",
    security(("merchant" = [])),
    params(ExportQuery),
    responses(
        (status = 200, description = "All that is known.", content(
            (Export = "application/json"),
            (String = "text/csv"),
        )),
        (status = 404, description = "`not-found`: there is no such user or account, or it has no row in the table.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    QueryOf(query): QueryOf<ExportQuery>,
) -> Result<Response, Refusal> {
    let account = account_of(&gateway, query.user, query.account).await?;
    let export = export(&gateway.shared, account, WHO.to_owned()).await?.ok_or_else(not_found)?;
    let Some(table) = query.table else { return Ok(Json(export).into_response()) };
    let Some(table) = export.tables.get(table.as_str()) else {
        let detail = "The user has no row in a table of that name: the JSON document names those that have.";
        return Err(Refusal::new(ProblemKind::NotFound, detail));
    };
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv(table)?).into_response())
}

/// Who is to be forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ErasureRequest {
    /// A user, as you call them.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// Or an account.
    #[serde(default)]
    account: Option<AccountId>,
    /// What becomes of money that is left: `refuse` erases nothing then; `write_off` declares it the platform's. Where it
    /// is electronic money the player may have it back at any time (Directive 2009/110/EC, article 11).
    #[serde(default)]
    left_over: LeftOverWish,
}

/// What becomes of money that is left.
#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum LeftOverWish {
    #[default]
    Refuse,
    WriteOff,
}

/// An account that is forgotten.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ErasureResponse {
    /// Its name, under which the books go on. It says nothing any more.
    account: AccountId,
    /// When.
    #[schema(value_type = String, format = "date-time")]
    erased_at: Timestamp,
    /// What was written off this time.
    written_off: Vec<Money>,
}

/// Forgets a user for good: the key that has sealed what says who they are is destroyed.
///
/// Their devices are revoked, their cards removed. The books and receipts stay under the account's name. Asked again by
/// the account, the answer is the same.
#[utoipa::path(
    post,
    path = "/v1/erasures",
    tag = "merchant",
    request_body = ErasureRequest,
    security(("merchant" = [])),
    responses(
        (status = 200, description = "The account is erased, now or before.", body = ErasureResponse),
        (status = 404, description = "`not-found`: there is no such user or account.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`erasure-refused`: something is under way, or money is left. Nothing was changed.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn erase_account(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    JsonBody(request): JsonBody<ErasureRequest>,
) -> Result<Json<ErasureResponse>, Refusal> {
    let account = account_of(&gateway, request.user, request.account).await?;
    let left_over = match request.left_over {
        LeftOverWish::Refuse => LeftOver::Refuse,
        LeftOverWish::WriteOff => LeftOver::WriteOff,
    };
    let refused = |detail: String| Err(Refusal::new(ProblemKind::ErasureRefused, detail));
    match erase(&gateway.shared, Wish { account, left_over, who: WHO.to_owned() }).await? {
        Erased::Done { at, written_off } => Ok(Json(ErasureResponse { account, erased_at: at, written_off })),
        Erased::NoSuchAccount => Err(not_found()),
        Erased::Unfinished(unfinished) => refused(format!("{unfinished} Nothing was changed: wait for the outcome.")),
        Erased::HasMoney(left) => refused(format!(
            "{} is left. Nothing was changed: pay it back to the card first (POST /v1/refunds), or send \
             `left_over` as `write_off`.",
            amounts(&left)
        )),
    }
}

async fn account_of(gateway: &Gateway, user: Option<String>, account: Option<AccountId>) -> Result<AccountId, Refusal> {
    let invalid = |detail: &str| Refusal::new(ProblemKind::InvalidRequest, detail).in_field("user");
    match (user, account) {
        (Some(user), None) => {
            check_user(&user).map_err(|detail| invalid(&detail))?;
            let persons = gateway.shared.persons.clone();
            let found = gateway.shared.store.read(move |tables| persons.account_of(tables, &user)).await?;
            found.ok_or_else(not_found)
        }
        (None, Some(account)) => Ok(account),
        _ => Err(invalid("Say who: either `user` or `account`.")),
    }
}

fn not_found() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is no such user or account.")
}
