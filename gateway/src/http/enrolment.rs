use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use farthing_protocol::api::{EnrolmentRequest, EnrolmentResponse};
use farthing_protocol::{Problem, ProblemKind, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::JsonBody;
use super::dpop::Proven;
use super::ledger::Merchant;
use super::refusal::Refusal;
use crate::account::AccountView;
use crate::config::is_country;
use crate::enrolment::{Enrolled, EnrolmentToken, check_user, enrol as enrol_key};
use crate::gateway::{Gateway, Shared};
use crate::store::Tables;

/// How long an enrolment token is good for where the merchant does not say.
const VALID_SECONDS: u32 = 600;
/// And at most: a token that is stolen enrols the thief.
const VALID_SECONDS_MAX: u32 = 86_400;
const AGE_MAX: u8 = 120;

/// Enrols a device.
///
/// The proof's key becomes the device's key. Asking again with the same key gives the same
/// device. With an enrolment token the device belongs to that user's account. In the sandbox one without a token
/// gets an account of its own.
#[utoipa::path(
    post,
    path = "/v1/enrolments",
    tag = "devices",
    request_body = EnrolmentRequest,
    security(("proof" = [])),
    responses(
        (status = 200, description = "The device is enrolled.", body = EnrolmentResponse),
        (status = 403, description = "`enrolment-rejected`: the publishable key is unknown, or the enrolment token is not good.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn enrol(
    State(gateway): State<Gateway>,
    proven: Proven,
    JsonBody(request): JsonBody<EnrolmentRequest>,
) -> Result<Json<EnrolmentResponse>, Refusal> {
    let shared = gateway.shared.clone();
    if request.publishable_key != shared.merchant.publishable {
        let detail = "The publishable key is not this gateway's; it prints its own when it starts.";
        return Err(Refusal::new(ProblemKind::EnrolmentRejected, detail).in_field("publishable_key"));
    }
    let token = request.token.as_deref().map(|token| read_token(&shared, token)).transpose()?;
    if token.is_none() && !shared.merchant.are_for_tests() {
        return Err(rejected("With live keys a device enrols with a token from the app's back end."));
    }
    let (key, merchant, now) = (proven.key.thumbprint(), shared.catalogs.merchant(), shared.clock.now());
    let writing = shared.clone();
    let write =
        move |tables: &dyn Tables| match enrol_key(tables, &writing.persons, key, token.as_ref(), &merchant, now)? {
            Enrolled::Device(device) => {
                let device = writing.seen(tables, device)?;
                AccountView::read(tables, &writing, &device, now).map(Ok)
            }
            Enrolled::Rejected(reason) => Ok(Err(rejected(reason))),
        };
    let view = shared.store.write(write).await??;
    Ok(Json(EnrolmentResponse {
        device: view.statement.device,
        account: view.statement.account,
        epoch: view.statement.journal.epoch,
        key_set: shared.signer.key_set.clone(),
        statement: shared.signer.sign(&view.statement)?,
    }))
}

fn rejected(detail: &str) -> Refusal {
    Refusal::new(ProblemKind::EnrolmentRejected, detail).in_field("token")
}

fn read_token(shared: &Shared, token: &str) -> Result<EnrolmentToken, Refusal> {
    let token = shared.signer.open::<EnrolmentToken>(token);
    let token = token.map_err(|_| rejected("The enrolment token is not one of this gateway's."))?;
    if token.exp <= shared.clock.now().as_second() {
        return Err(rejected("The enrolment token has expired: get a new one."));
    }
    Ok(token)
}

/// Whose device is to be enrolled.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentTokenRequest {
    /// The user, as you call them: the same name is the same account.
    #[schema(min_length = 1, max_length = 128, example = "player-42")]
    user: String,
    /// How long the token is good for, in seconds.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86_400, default = 600)]
    valid_seconds: Option<u32>,
    /// How old the user is at least, in years, as far as you know: `[rules.age]` of the configuration goes by it. The
    /// latest one counts.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 120)]
    age: Option<u8>,
    /// Where the user lives, as far as you know: `[rules.tax]` of the configuration goes by it. The latest one counts.
    #[serde(default)]
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    country: Option<String>,
}

/// An enrolment token.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EnrolmentTokenResponse {
    /// What the app hands to the wallet. It enrols one device.
    token: String,
    /// Until when.
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
}

/// Makes an enrolment token for a user, for the app's back end to hand to the app.
#[utoipa::path(
    post,
    path = "/v1/enrolment-tokens",
    tag = "merchant",
    request_body = EnrolmentTokenRequest,
    security(("merchant" = [])),
    responses((status = 201, description = "The token.", body = EnrolmentTokenResponse))
)]
pub(super) async fn make_token(
    State(gateway): State<Gateway>,
    _merchant: Merchant,
    JsonBody(request): JsonBody<EnrolmentTokenRequest>,
) -> Result<(StatusCode, Json<EnrolmentTokenResponse>), Refusal> {
    let invalid = |field: &str, detail: String| Refusal::new(ProblemKind::InvalidRequest, detail).in_field(field);
    check_user(&request.user).map_err(|detail| invalid("user", detail))?;
    let seconds = request.valid_seconds.unwrap_or(VALID_SECONDS);
    if !(1..=VALID_SECONDS_MAX).contains(&seconds) {
        return Err(invalid("valid_seconds", format!("A token is good for 1 to {VALID_SECONDS_MAX} seconds.")));
    }
    if request.age.is_some_and(|age| age > AGE_MAX) {
        return Err(invalid("age", format!("An age is from 0 to {AGE_MAX} years.")));
    }
    if request.country.as_deref().is_some_and(|country| !is_country(country)) {
        return Err(invalid("country", "A country is two capital letters, such as DE.".to_owned()));
    }
    let shared = &gateway.shared;
    let exp = shared.clock.now().as_second() + i64::from(seconds);
    let EnrolmentTokenRequest { user: sub, age, country, .. } = request;
    let (iss, jti) = (shared.signer.issuer.clone(), Uuid::new_v4());
    let claims = EnrolmentToken { iss, sub, jti, exp, age, country };
    let token = shared.signer.sign(&claims)?;
    let expires_at = Timestamp::from_second(exp).unwrap_or(Timestamp::MAX);
    Ok((StatusCode::CREATED, Json(EnrolmentTokenResponse { token, expires_at })))
}
