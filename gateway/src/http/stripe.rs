use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use farthing_protocol::{Problem, ProblemKind, TopUpId};
use uuid::Uuid;

use super::body::read;
use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::processor::stripe::event::{Doubt, Happened};
use crate::store::{StoreError, Tables};
use crate::{dispute, refund, tab, top_up};

/// Bytes of a message: Stripe's largest objects are some tens of thousands.
const MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// Takes what Stripe tells: a payment went on, money went back, a charge is disputed.
///
/// For Stripe alone, which signs each message. What it says is only a reason to ask Stripe, so that messages may come
/// late, twice, and in any order.
#[utoipa::path(
    post,
    path = "/v1/processors/stripe/webhook",
    tag = "processors",
    request_body(content = Object, content_type = "application/json"),
    params(("Stripe-Signature" = String, Header, description = "Time and signatures.")),
    responses(
        (status = 204, description = "It is taken."),
        (status = 400, description = "`invalid-request`: it is not signed by Stripe, or not just now.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: Stripe could not be asked; it is to tell again.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: this gateway does not charge through Stripe.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn take(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let Some(stripe) = &gateway.shared.stripe else {
        return Err(Refusal::new(ProblemKind::NotFound, "This gateway does not charge through Stripe."));
    };
    let body = read(&headers, body, MESSAGE_BYTES_MAX).await?;
    let signature = headers.get("stripe-signature").map(HeaderValue::as_bytes).unwrap_or_default();
    let signature = std::str::from_utf8(signature).unwrap_or_default();
    let happened = stripe.happened(signature, &body).map_err(|doubt| {
        tracing::warn!(?doubt, "a message that says it is Stripe's was refused");
        let detail = match doubt {
            Doubt::NoSignature => "It has no `Stripe-Signature` that can be read.",
            Doubt::BadSignature => "It was signed with another secret, or changed.",
            Doubt::WrongTime => "It was signed too long ago, or in the future: check the clock.",
        };
        Refusal::new(ProblemKind::InvalidRequest, detail).in_field("Stripe-Signature")
    })?;
    match happened {
        Some(Happened::Payment { name, has_ended }) => {
            if let Some(payment) = stripe.payment_of(name).await? {
                let is_open = went_on(&gateway, payment).await?;
                if is_open && has_ended {
                    // Stripe could not be asked: it tells again what is not taken, for days.
                    return Err(Refusal::unavailable("Stripe could not be asked what became of it."));
                }
            }
        }
        Some(Happened::Refund(name)) => {
            if let Some(payment) = stripe.payment_of(name).await? {
                went_back(&gateway, payment).await?;
            }
        }
        Some(Happened::Dispute(name)) => {
            if let Some((payment, told)) = stripe.dispute(&name).await? {
                let read = move |tables: &dyn Tables| {
                    let top_up = tables.top_up(top_up_of(payment))?.map(|top_up| top_up.account);
                    Ok(top_up.or(tables.tab(payment)?.map(|tab| tab.account)))
                };
                let account = gateway.shared.store.read(read).await?;
                let account = account.ok_or(StoreError::Damaged("a payment of nothing"))?;
                dispute::record(&gateway.shared, account, payment, told).await?;
            }
        }
        Some(Happened::Other) | None => {}
    }
    Ok(StatusCode::NO_CONTENT)
}

fn top_up_of(payment: Uuid) -> TopUpId {
    TopUpId::from_bytes(payment.into_bytes())
}

/// Asks how far a payment is; says whether that is still not known.
async fn went_on(gateway: &Gateway, payment: Uuid) -> Result<bool, StoreError> {
    let top_up = gateway.shared.store.read(move |tables| tables.top_up(top_up_of(payment))).await?;
    if let Some(top_up) = top_up {
        let (top_up, _) = top_up::resolve(&gateway.shared, top_up).await?;
        return Ok(top_up.state.is_open());
    }
    let Some(tab) = gateway.shared.store.read(move |tables| tables.tab(payment)).await? else { return Ok(false) };
    let (tab, _) = tab::resolve(&gateway.shared, tab).await?;
    tab::conclude(&gateway.shared, tab).await?;
    Ok(false)
}

async fn went_back(gateway: &Gateway, payment: Uuid) -> Result<(), StoreError> {
    let refund = gateway.shared.store.read(move |tables| tables.refund(payment)).await?;
    if let Some(refund) = refund {
        refund::resolve(&gateway.shared, refund).await?;
    }
    Ok(())
}
