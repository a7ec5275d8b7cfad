use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use farthing_protocol::api::{TopUpResponse, TopUpState};
use farthing_protocol::{DeviceState, IdempotencyKey, Problem, ProblemKind, StorePurchase, TopUpStatement};
use serde::Deserialize;

use super::body::{JsonBody, read};
use super::dpop::Caller;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::store_top_up::{Credited, Verified, credit, take_notification, verify};

/// Bytes of a message of the App Store's: those with a transaction and a renewal have some ten thousand.
const MESSAGE_BYTES_MAX: usize = 128 * 1024;

/// Credits a pack of balance that was bought in an app store, once ever.
///
/// The same purchase again, by any device of the account, tells how far it is. `processing` means that the player has not
/// paid yet: hand it over again later. What is bought in Google Play is consumed by the gateway; the app must not do so.
#[utoipa::path(
    post,
    path = "/v1/store-top-ups",
    tag = "top-ups",
    request_body = StorePurchase,
    security(("dpop" = [], "proof" = [])),
    responses(
        (status = 200, description = "The top-up and how far it is. The statement's `idempotency_key` is the SHA-256 of the signed transaction or of the token, base64url.", body = TopUpResponse),
        (status = 404, description = "`not-found`: this gateway credits nothing of that store.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`store-purchase-taken`: it has credited another account, or was bought for one.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`store-purchase-invalid`: it is not signed by the store, is of another app, was given back, or is no pack.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(gateway): State<Gateway>,
    caller: Caller,
    JsonBody(purchase): JsonBody<StorePurchase>,
) -> Result<Json<TopUpResponse>, Refusal> {
    let shared = &gateway.shared;
    let invalid =
        |reason: &str| Refusal::new(ProblemKind::StorePurchaseInvalid, format!("Nothing was credited: {reason}."));
    let credited = match verify(shared, caller.account, &purchase).await? {
        Verified::Bought(bought) => credit(shared, caller.device, *bought).await?,
        Verified::Known(credited) => credited,
        Verified::Taken => Credited::Taken,
        Verified::Invalid(reason) => return Err(invalid(&reason)),
        Verified::Pending { id, amount } => {
            return answer(&gateway, &caller, &purchase, (id, amount, TopUpState::Processing));
        }
        Verified::NotSoldHere => {
            return Err(Refusal::new(ProblemKind::NotFound, "This gateway credits nothing of that store."));
        }
        Verified::Unknown(reason) => {
            tracing::warn!(%reason, "a store could not be asked about a purchase");
            return Err(Refusal::unavailable("The store could not be asked; nothing was credited yet. Ask again."));
        }
    };
    match credited {
        Credited::Done(pack) => {
            answer(&gateway, &caller, &purchase, (pack.id, pack.sale.amount, TopUpState::Succeeded))
        }
        Credited::Taken => {
            let detail = "It was bought for another account, or has credited one. Sign in as that player.";
            Err(Refusal::new(ProblemKind::StorePurchaseTaken, detail))
        }
        Credited::Refunded => Err(invalid("the store has given its price back")),
        Credited::Consumed => Err(invalid("it was consumed already, and not by this gateway")),
        Credited::Erased => Err(Refusal::may_not(&DeviceState::Erased)),
        Credited::NoSuchDevice => Err(Refusal::no_such_device()),
    }
}

type HowFar = (farthing_protocol::TopUpId, farthing_protocol::Money, TopUpState);

fn answer(
    gateway: &Gateway,
    caller: &Caller,
    purchase: &StorePurchase,
    (id, amount, state): HowFar,
) -> Result<Json<TopUpResponse>, Refusal> {
    let idempotency_key = IdempotencyKey::new(purchase.key().to_string()).map_err(|_| Refusal::internal())?;
    let signed = TopUpStatement { account: caller.account, idempotency_key, amount, state: state.clone() };
    Ok(Json(TopUpResponse { id, amount, state, statement: gateway.shared.signer.sign(&signed)? }))
}

/// What the App Store sends.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "signedPayload")]
    signed_payload: String,
}

/// Takes what the App Store tells (App Store Server Notifications, version 2): a price went back to a player, or was
/// taken again; a player wants one back.
///
/// For Apple alone, which signs each message. Each is taken once, by its `notificationUUID`.
#[utoipa::path(
    post,
    path = "/v1/processors/app-store/notifications",
    tag = "processors",
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 204, description = "It is taken."),
        (status = 400, description = "`invalid-request`: it is not signed by Apple, or of another app.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: this gateway credits nothing of the App Store.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn take_app_store_notification(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let Some(store) = &gateway.shared.app_store else {
        return Err(Refusal::new(ProblemKind::NotFound, "This gateway credits nothing of the App Store."));
    };
    let body = read(&headers, body, MESSAGE_BYTES_MAX).await?;
    let refused = |reason: &str| {
        tracing::warn!(reason, "a message that says it is the App Store's was refused");
        Refusal::new(ProblemKind::InvalidRequest, format!("It was not taken: {reason}.")).in_field("signedPayload")
    };
    let message: Message = serde_json::from_slice(&body).map_err(|_| refused("it has no signed payload"))?;
    let notification = store.notification(&message.signed_payload).map_err(|doubt| refused(&doubt.to_string()))?;
    take_notification(&gateway.shared, store, notification).await?;
    Ok(StatusCode::NO_CONTENT)
}
