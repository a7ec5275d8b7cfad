use axum::Json;
use axum::extract::State;
use farthing_protocol::{AccountId, DeviceId, EntryId, Money, Problem, ProblemKind, Receipt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::body::{Named, QueryOf, limit};
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::enrolment::check_user;
use crate::gateway::{Gateway, Shared};
use crate::purchases::{Cursor, page};
use crate::store::{SettledPurchase, StoreError, Tables};

/// Purchases that are shown at once.
const PURCHASES_MAX: u32 = 100;

/// How a purchase stands.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum PurchaseState {
    /// It counts.
    Settled,
    /// All of its price went back.
    Refunded,
}

/// A purchase.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PurchaseResponse {
    /// Its name.
    id: EntryId,
    /// How it stands.
    state: PurchaseState,
    /// How much of the price went back; nothing there where it is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<Money>,
    /// The account that paid.
    account: AccountId,
    /// Whose account that is, as you call them, where it is somebody's in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The device that bought it.
    device: DeviceId,
    /// What the receipt says.
    #[schema(value_type = Object)]
    claims: Box<RawValue>,
    /// The signed receipt.
    receipt: String,
}

/// Purchases of one account.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PurchasesResponse {
    /// The newest first, by when they were settled.
    purchases: Vec<PurchaseResponse>,
    /// Where there are more: the `cursor` that shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Whose purchases are to be shown.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PurchasesQuery {
    /// Those of a user, as you call them.
    #[param(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// Or those of an account.
    account: Option<AccountId>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many, 20 where it is not said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Whose purchases are asked for.
enum Buyer {
    User(String),
    Account(AccountId),
}

/// Looks a purchase up, with its signed receipt.
#[utoipa::path(
    get,
    path = "/v1/purchases/{purchase}",
    tag = "merchant",
    security(("merchant" = [])),
    params(("purchase" = EntryId, Path, description = "The purchase: `jti` of its receipt.")),
    responses(
        (status = 200, description = "The purchase.", body = PurchaseResponse),
        (status = 404, description = "`not-found`: no such purchase was settled.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    Named(purchase): Named<EntryId>,
) -> Result<Json<PurchaseResponse>, Refusal> {
    let persons = gateway.shared.persons.clone();
    let read = move |tables: &dyn Tables| {
        let Some(purchase) = tables.purchase(purchase)? else { return Ok(None) };
        let device = tables.device(purchase.device)?.ok_or(StoreError::Damaged("a device is gone"))?;
        let user = persons.user_of(tables, device.account)?;
        let refunded = tables.refunded(&[purchase.id])?.remove(&purchase.id);
        Ok(Some((purchase, refunded, device.account, user)))
    };
    let found = gateway.shared.store.read(read).await?;
    let detail = "No such purchase was settled: it waits on its device, was rejected, or never was.";
    let (purchase, refunded, account, user) = found.ok_or_else(|| Refusal::new(ProblemKind::NotFound, detail))?;
    Ok(Json(response(&gateway.shared, (purchase, refunded), account, user)?))
}

/// Lists what a user has bought on all devices, the newest first.
#[utoipa::path(
    get,
    path = "/v1/purchases",
    tag = "merchant",
    security(("merchant" = [])),
    params(PurchasesQuery),
    responses(
        (status = 200, description = "A page of purchases.", body = PurchasesResponse),
        (status = 404, description = "`not-found`: there is no such user or account.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    QueryOf(query): QueryOf<PurchasesQuery>,
) -> Result<Json<PurchasesResponse>, Refusal> {
    let invalid = |field: &str, detail: &str| Refusal::new(ProblemKind::InvalidRequest, detail).in_field(field);
    let limit = limit(query.limit, PURCHASES_MAX)?;
    let cursor = query.cursor.as_deref().map(str::parse::<Cursor>).transpose();
    let cursor = cursor.map_err(|_| invalid("cursor", "Send `next` of the page before as it is."))?;
    let buyer = match (query.user, query.account) {
        (Some(user), None) => {
            check_user(&user).map_err(|detail| invalid("user", &detail))?;
            Buyer::User(user)
        }
        (None, Some(account)) => Buyer::Account(account),
        _ => return Err(invalid("user", "Say whose purchases: either `user` or `account`.")),
    };
    let persons = gateway.shared.persons.clone();
    let read = move |tables: &dyn Tables| {
        let account = match &buyer {
            Buyer::User(user) => persons.account_of(tables, user)?,
            // Each account was made for a device.
            Buyer::Account(account) => (!tables.devices_of(*account)?.is_empty()).then_some(*account),
        };
        let Some(account) = account else { return Ok(None) };
        let user = persons.user_of(tables, account)?;
        let (purchases, next) = page(tables, account, cursor.as_ref(), limit)?;
        let names: Vec<EntryId> = purchases.iter().map(|purchase| purchase.id).collect();
        let mut refunded = tables.refunded(&names)?;
        let with_refund = |purchase: SettledPurchase| (refunded.remove(&purchase.id), purchase);
        let purchases: Vec<_> = purchases.into_iter().map(with_refund).collect();
        Ok(Some((account, user, (purchases, next))))
    };
    let found = gateway.shared.store.read(read).await?;
    let not_found = || Refusal::new(ProblemKind::NotFound, "There is no such user or account.");
    let (account, user, (purchases, next)) = found.ok_or_else(not_found)?;
    let shown = |(refunded, purchase)| response(&gateway.shared, (purchase, refunded), account, user.clone());
    let purchases = purchases.into_iter().map(shown);
    let purchases = purchases.collect::<Result<_, _>>()?;
    Ok(Json(PurchasesResponse { purchases, next: next.map(|next| next.to_string()) }))
}

fn response(
    shared: &Shared,
    (purchase, refunded): (SettledPurchase, Option<Money>),
    account: AccountId,
    user: Option<String>,
) -> Result<PurchaseResponse, StoreError> {
    let SettledPurchase { id, device, receipt, .. } = purchase;
    let claims = serde_json::from_slice(&receipt).map_err(|_| StoreError::Damaged("a receipt that is no JSON"))?;
    let paid: Receipt = serde_json::from_slice(&receipt).map_err(|_| StoreError::Damaged("a receipt that is none"))?;
    let state = if refunded == Some(paid.total) { PurchaseState::Refunded } else { PurchaseState::Settled };
    let receipt = shared.signer.sign_payload::<Receipt>(&receipt)?;
    Ok(PurchaseResponse { id, state, refunded, account, user, device, claims, receipt })
}
