use axum::Json;
use axum::extract::State;
use farthing_protocol::{AccountId, Money, Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::{JsonBody, Named};
use super::fault_script::Tester;
use super::refusal::Refusal;
use crate::dispute::{self, Ordered};
use crate::gateway::Gateway;
use crate::store::{Dispute, DisputeState};

/// How a bank sees a charge.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum BankDecision {
    /// It has taken the charge back, and has not decided yet.
    Open,
    /// The charge stands: the money comes back.
    Won,
    /// It keeps the money.
    Lost,
}

impl From<BankDecision> for DisputeState {
    fn from(decision: BankDecision) -> Self {
        match decision {
            BankDecision::Open => DisputeState::Open,
            BankDecision::Won => DisputeState::Won,
            BankDecision::Lost => DisputeState::Lost,
        }
    }
}

/// What the bank does.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DisputeRequest {
    state: BankDecision,
}

/// A disputed charge.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct DisputeResponse {
    /// Its name, as webhooks call it.
    #[schema(value_type = String, format = "uuid")]
    dispute: Uuid,
    account: AccountId,
    /// The top-up or tab that was charged, as the gateway calls it.
    #[schema(value_type = String, format = "uuid")]
    payment: Uuid,
    /// What the bank has taken back.
    amount: Money,
    /// What is or was held for it of the balance.
    held: Money,
    /// `open`, `won` or `lost`.
    #[schema(example = "open")]
    state: &'static str,
}

impl From<Dispute> for DisputeResponse {
    fn from(Dispute { id, account, payment, amount, held, state, .. }: Dispute) -> Self {
        DisputeResponse { dispute: id, account, payment, amount, held, state: state.name() }
    }
}

/// Takes a charge back in the place of the cardholder's bank, or decides on it (sandbox only).
///
/// What follows is as where a real bank does it: the hold, the ledger, webhooks, and what wallets are told. A charge that is
/// not disputed yet may be `won` or `lost` at once. Asked again, the answer is the same; what is decided stays so.
#[utoipa::path(
    put,
    path = "/v1/sandbox/disputes/{payment}",
    tag = "sandbox",
    request_body = DisputeRequest,
    security(("merchant" = [])),
    params(("payment" = String, Path, format = "uuid", description = "The top-up or tab: as the wallet calls it (`TopUp.id`, `Tab.id`), or as the gateway does (`payment`, `top_up` or `tab` of webhooks).")),
    responses(
        (status = 200, description = "The dispute as it is now.", body = DisputeResponse),
        (status = 404, description = "`not-found`: there is no such top-up or tab, or cards are charged through Stripe.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`dispute-refused`: no card was charged for it, or the bank has decided otherwise before.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn order(
    State(gateway): State<Gateway>,
    _: Tester,
    Named(payment): Named<Uuid>,
    JsonBody(request): JsonBody<DisputeRequest>,
) -> Result<Json<DisputeResponse>, Refusal> {
    if gateway.shared.stripe.is_some() {
        let detail = "This gateway charges through Stripe: Stripe's test cards are disputed there.";
        return Err(Refusal::new(ProblemKind::NotFound, detail));
    }
    let refused = |detail: String| Err(Refusal::new(ProblemKind::DisputeRefused, detail));
    match dispute::order(&gateway.shared, payment, request.state.into()).await? {
        Ordered::Dispute(dispute) => Ok(Json((*dispute).into())),
        Ordered::NoSuchPayment => Err(Refusal::new(ProblemKind::NotFound, "There is no such top-up or tab.")),
        Ordered::NothingCharged => {
            refused("No card was charged for it yet, or all of it has gone back: a bank can't take it.".to_owned())
        }
        Ordered::Decided(state) => refused(format!("The bank has decided, and that stays: it is {}.", state.name())),
    }
}
