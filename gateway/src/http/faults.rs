use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use farthing_faults::FaultSet;
use farthing_protocol::{DeviceId, Problem, ProblemKind};
use serde::Serialize;

use super::authorization::credentials;
use super::body::JsonBody;
use super::limit::{count_address, count_merchant};
use super::refusal::{Challenge, Refusal};
use crate::gateway::{Gateway, Shared};
use crate::keys::MerchantKeys;

/// The faults that are ordered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FaultsResponse {
    /// That of all first, then those of devices. A count is what is left of it.
    sets: Vec<OrderedFaults>,
}

/// The faults of one device, or of all.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OrderedFaults {
    /// Which device; left out where they are for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceId>,
    faults: FaultSet,
}

/// Whose faults a request is about, once the key that comes with it may do so: one device's, or those
/// of all.
///
/// An app has the publishable key. Anyone who takes the app apart has it, too, so it orders faults
/// for a device that it can name, and not for the phones of all the other testers.
pub(super) struct Scope(Option<DeviceId>);

/// Which key came with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Publishable,
    Secret,
}

impl FromRequestParts<Gateway> for Scope {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, Refusal> {
        let key = key(credentials(&parts.headers, "Bearer"), &gateway.shared.merchant)?;
        match key {
            Key::Publishable => count_address(&gateway.shared, parts)?,
            Key::Secret => count_merchant(&gateway.shared)?,
        }
        let device = device(parts.uri.query().unwrap_or_default())?;
        match device {
            None if key == Key::Publishable => {
                let detail =
                    "With the publishable key name a device, as `?device=…`; the faults of all take the secret key.";
                return Err(Refusal::new(ProblemKind::InvalidRequest, detail).in_field("device"));
            }
            None => {}
            Some(device) => {
                let known = gateway.shared.store.read(move |tables| tables.device(device)).await?;
                known.ok_or_else(|| {
                    Refusal::new(ProblemKind::NotFound, "There is no such device here.").in_field("device")
                })?;
            }
        }
        Ok(Scope(device))
    }
}

/// With live keys these paths are not there.
pub(super) fn require_test_keys(merchant: &MerchantKeys) -> Result<(), Refusal> {
    if merchant.are_for_tests() { Ok(()) } else { Err(Refusal::no_such_path()) }
}

/// Which key was presented. With live keys there are no faults.
fn key(presented: Option<&str>, merchant: &MerchantKeys) -> Result<Key, Refusal> {
    require_test_keys(merchant)?;
    match presented {
        Some(key) if key == merchant.publishable => Ok(Key::Publishable),
        Some(key) if merchant.is_secret(key) => Ok(Key::Secret),
        _ => {
            let detail =
                "Send `Authorization: Bearer` with the publishable key (pk_test_…) or the secret key (sk_test_…).";
            Err(Refusal::unauthorised(Challenge::SecretKey, detail))
        }
    }
}

/// The device that a query names. A parameter that isn't known is refused: with a misspelt `device`
/// the faults would be for all.
fn device(query: &str) -> Result<Option<DeviceId>, Refusal> {
    let mut device = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let wrong = |detail: &str| Refusal::new(ProblemKind::InvalidRequest, detail).in_field(name.as_ref());
        if name != "device" || device.is_some() {
            return Err(wrong("The one parameter of this path is `device`, once."));
        }
        device = Some(value.parse().map_err(|_| wrong("The device's name is no identifier."))?);
    }
    Ok(device)
}

/// Tells the faults that are ordered (sandbox only).
///
/// Those of all and, where a device is named, its own; else those of every device.
#[utoipa::path(
    get,
    path = "/v1/sandbox/faults",
    tag = "sandbox",
    security(("publishable" = []), ("merchant" = [])),
    params(("device" = Option<DeviceId>, Query, description = "One device. Without it all of them, which takes the secret key.")),
    responses(
        (status = 200, description = "The faults.", body = FaultsResponse),
        (status = 404, description = "`not-found`: there is no such device.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(State(gateway): State<Gateway>, Scope(device): Scope) -> Json<FaultsResponse> {
    Json(listed(&gateway.shared, device))
}

/// Orders faults for one device or for all (sandbox only).
///
/// They take the place of those that were ordered before for that device, or for all. They are kept
/// in memory: a gateway that starts again has none. No fault happens to requests of this path, of
/// `/healthz` and of `/openapi.json`.
#[utoipa::path(
    put,
    path = "/v1/sandbox/faults",
    tag = "sandbox",
    request_body = FaultSet,
    security(("publishable" = []), ("merchant" = [])),
    params(("device" = Option<DeviceId>, Query, description = "One device. Without it they are for all, which takes the secret key.")),
    responses(
        (status = 200, description = "The faults from now on.", body = FaultsResponse),
        (status = 404, description = "`not-found`: there is no such device.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn order(
    State(gateway): State<Gateway>,
    Scope(device): Scope,
    JsonBody(faults): JsonBody<FaultSet>,
) -> Result<Json<FaultsResponse>, Refusal> {
    faults
        .check(device.is_some())
        .map_err(|error| Refusal::new(ProblemKind::InvalidRequest, error.reason).in_field(error.field))?;
    gateway.shared.order_faults(device, faults);
    Ok(Json(listed(&gateway.shared, device)))
}

/// Lifts the faults of one device, or every fault (sandbox only).
#[utoipa::path(
    delete,
    path = "/v1/sandbox/faults",
    tag = "sandbox",
    security(("publishable" = []), ("merchant" = [])),
    params(("device" = Option<DeviceId>, Query, description = "One device. Without it every fault is lifted, which takes the secret key.")),
    responses(
        (status = 204, description = "They are lifted, now or before."),
        (status = 404, description = "`not-found`: there is no such device.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn lift(State(gateway): State<Gateway>, Scope(device): Scope) -> StatusCode {
    gateway.shared.lift_faults(device);
    StatusCode::NO_CONTENT
}

/// What is ordered for all, and for one device or for each.
fn listed(shared: &Shared, device: Option<DeviceId>) -> FaultsResponse {
    let ordered = shared.faults.listed().into_iter();
    let wanted = ordered.filter(|(of, _)| of.is_none() || device.is_none() || *of == device);
    FaultsResponse { sets: wanted.map(|(device, faults)| OrderedFaults { device, faults }).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_live_keys_there_are_no_faults() {
        let keys = |publishable: &str, secret: &str| MerchantKeys {
            publishable: publishable.into(),
            secret: secret.to_owned().into(),
        };
        let ask =
            |presented: &str, keys: &MerchantKeys| key(Some(presented), keys).map_err(|refusal| refusal.problem.kind);
        let test = keys("pk_test_a", "sk_test_b");
        assert_eq!(ask("pk_test_a", &test), Ok(Key::Publishable));
        assert_eq!(ask("sk_test_b", &test), Ok(Key::Secret));
        assert_eq!(ask("sk_live_b", &test), Err(ProblemKind::Unauthorised));
        for live in [keys("pk_live_a", "sk_live_b"), keys("pk_test_a", "sk_live_b"), keys("pk_live_a", "sk_test_b")] {
            for presented in [live.publishable.as_str(), "sk_live_b", "sk_test_b", "anything"] {
                assert_eq!(ask(presented, &live), Err(ProblemKind::NotFound), "{presented}");
            }
        }
    }

    #[test]
    fn a_misspelt_device_does_not_become_all() {
        assert_eq!(device("").unwrap(), None);
        let id = "01a20da0-79c5-766f-986c-0f5ba27a3a4c";
        assert_eq!(device(&format!("device={id}")).unwrap(), Some(id.parse().unwrap()));
        for bad in ["devise=1", "device=", "device=phone", &format!("device={id}&device={id}")] {
            assert_eq!(device(bad).unwrap_err().problem.kind, ProblemKind::InvalidRequest, "{bad}");
        }
    }
}
