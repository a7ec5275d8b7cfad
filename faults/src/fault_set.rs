//! What a tester may order.

use farthing_protocol::RejectionReason;
use farthing_protocol::api::DeclineCode;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};

/// Twice as long as a wallet waits for an answer.
const LATENCY_MILLISECONDS_MAX: u32 = 60_000;
/// Ten years: farther than any phone's clock is off.
const CLOCK_SKEW_SECONDS_MAX: i64 = 10 * 366 * 86_400;

/// Faults for one device, or for all. Each member is one fault; what is left out does not happen.
///
/// A fault with a `count` ends after so many times, one without it when it is lifted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FaultSet {
    /// Requests wait before anything else happens to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// The connection ends without an answer, and the request is not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Drop>,
    /// Requests are not carried out but answered with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorAnswer>,
    /// Requests are carried out; then the connection ends without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lose_response: Option<LoseResponse>,
    /// New top-ups and tabs are declined, whatever the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// New purchases are settled as rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject: Option<Reject>,
    /// Each purchase needs a guardian's approval, whatever limits are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_to_buy: Option<AskToBuy>,
    /// The gateway's clock is ahead by so much, or behind where it is negative. For all only: a
    /// gateway has one clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -316_224_000, maximum = 316_224_000)]
    pub clock_skew_seconds: Option<i64>,
    /// The device is frozen, until this is lifted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub freeze: bool,
}

/// Requests wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// How long.
    #[schema(minimum = 1, maximum = 60_000)]
    pub milliseconds: u32,
    /// Only requests of this resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Only so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// Requests are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Drop {
    /// Only requests of this resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Only so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// Requests are answered with an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    /// 500, or 503 with `Retry-After`.
    #[schema(example = 503)]
    pub status: u16,
    /// Only requests of this resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Only so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// Answers are lost. One with status 401 is not: it asks for a new nonce or token, and nothing was
/// carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoseResponse {
    /// Only requests of this resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Only so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// Top-ups are declined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// What the bank says.
    #[serde(deserialize_with = "known_name")]
    pub code: DeclineCode,
    /// Only so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// Purchases are rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// What the settlement says.
    #[serde(deserialize_with = "known_name")]
    pub reason: RejectionReason,
    /// Only so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// Purchases need an approval, which may be answered by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskToBuy {
    /// What a guardian answers; nothing where nobody does, or a person will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// How often it is asked in vain before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// Only so many answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// What a guardian answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It may be bought.
    Approve,
    /// It may not.
    Decline,
}

/// What requests are about: the word after `/v1/` in their path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// A device becomes known.
    Enrolments,
    /// A device is let in.
    Token,
    /// What an account has.
    Account,
    /// What a device may spend.
    Allowances,
    /// What is sold.
    Catalog,
    /// Cards.
    Cards,
    /// Money in.
    TopUps,
    /// Money that is spent first and paid afterwards.
    Tabs,
    /// What a device has done, settled.
    Journal,
    /// Receipts of purchases.
    Receipts,
    /// What limits an account's spending.
    Limits,
    /// What guardians are asked for.
    Approvals,
}

impl Resource {
    /// What a request with that path is about, if it is one of these.
    pub fn of_path(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("/v1/")?.split('/').next()? {
            "enrolments" => Resource::Enrolments,
            "token" => Resource::Token,
            "account" => Resource::Account,
            "allowances" => Resource::Allowances,
            "catalog" => Resource::Catalog,
            "cards" => Resource::Cards,
            "top-ups" | "store-top-ups" => Resource::TopUps,
            "tabs" => Resource::Tabs,
            "journal" => Resource::Journal,
            "receipts" => Resource::Receipts,
            "limits" => Resource::Limits,
            "approvals" => Resource::Approvals,
            _ => return None,
        })
    }

    /// Whether its requests are made before there is a token that names the device.
    fn is_before_token(self) -> bool {
        matches!(self, Resource::Enrolments | Resource::Token)
    }
}

/// What is wrong with a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FaultSetError {
    /// Which member.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

impl FaultSet {
    /// Whether nothing is ordered.
    pub fn is_empty(&self) -> bool {
        *self == FaultSet::default()
    }

    /// Checks what the types alone don't say.
    ///
    /// # Errors
    /// [`FaultSetError`]
    pub fn check(&self, is_for_one_device: bool) -> Result<(), FaultSetError> {
        let wrong = |field, reason: String| Err(FaultSetError { field, reason });
        let counts = [
            ("latency.count", self.latency.as_ref().and_then(|fault| fault.count)),
            ("drop.count", self.drop.as_ref().and_then(|fault| fault.count)),
            ("error.count", self.error.as_ref().and_then(|fault| fault.count)),
            ("lose_response.count", self.lose_response.as_ref().and_then(|fault| fault.count)),
            ("decline.count", self.decline.as_ref().and_then(|fault| fault.count)),
            ("reject.count", self.reject.as_ref().and_then(|fault| fault.count)),
            ("ask_to_buy.count", self.ask_to_buy.as_ref().and_then(|fault| fault.count)),
        ];
        if let Some((field, _)) = counts.iter().find(|(_, count)| *count == Some(0)) {
            return wrong(field, "A count is 1 or more; leave a fault out that is not to happen.".into());
        }
        let resources = [
            ("latency.resource", self.latency.as_ref().and_then(|fault| fault.resource)),
            ("drop.resource", self.drop.as_ref().and_then(|fault| fault.resource)),
            ("error.resource", self.error.as_ref().and_then(|fault| fault.resource)),
            ("lose_response.resource", self.lose_response.as_ref().and_then(|fault| fault.resource)),
        ];
        let before_token = |resource: &Option<Resource>| resource.is_some_and(Resource::is_before_token);
        if is_for_one_device && let Some((field, _)) = resources.iter().find(|(_, resource)| before_token(resource)) {
            let reason = "Requests for an enrolment or a token come before the device is known: order it for all.";
            return wrong(field, reason.into());
        }
        if self.latency.as_ref().is_some_and(|fault| !(1..=LATENCY_MILLISECONDS_MAX).contains(&fault.milliseconds)) {
            return wrong(
                "latency.milliseconds",
                format!("A latency is 1 to {LATENCY_MILLISECONDS_MAX} milliseconds."),
            );
        }
        if self.error.as_ref().is_some_and(|fault| !matches!(fault.status, 500 | 503)) {
            return wrong("error.status", "An error is 500 or 503.".into());
        }
        match self.clock_skew_seconds {
            Some(_) if is_for_one_device => {
                let reason =
                    "The gateway has one clock, which can be skewed for all only. Skew the device's own clock.";
                wrong("clock_skew_seconds", reason.into())
            }
            Some(skew) if skew.unsigned_abs() > CLOCK_SKEW_SECONDS_MAX.unsigned_abs() => {
                let reason = format!("A clock is skewed by at most {CLOCK_SKEW_SECONDS_MAX} seconds, about ten years.");
                wrong("clock_skew_seconds", reason)
            }
            _ => Ok(()),
        }
    }
}

/// A name as the protocol has it. Both sides read names that they don't know as `other`; a tester
/// who misspells one is told.
fn known_name<'de, D: Deserializer<'de>, T: DeserializeOwned + Serialize>(deserializer: D) -> Result<T, D::Error> {
    let name = serde_json::Value::String(String::deserialize(deserializer)?);
    let value: T = serde_json::from_value(name.clone()).map_err(D::Error::custom)?;
    if serde_json::to_value(&value).is_ok_and(|known| known == name) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("{name} is not known; the API's document lists what is")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(json: &str) -> Result<FaultSet, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_set_is_told_as_it_was_ordered() {
        let all = r#"{"latency":{"milliseconds":800},"drop":{"count":2},"error":{"status":503,"resource":"journal"},"lose_response":{"resource":"top-ups","count":1},"decline":{"code":"lost_card"},"reject":{"reason":"wrong_price","count":3},"ask_to_buy":{"answer":"approve","after":1},"clock_skew_seconds":-60,"freeze":true}"#;
        assert_eq!(serde_json::to_string(&set(all).unwrap()).unwrap(), all);
        assert_eq!(set("{}").unwrap(), FaultSet::default());
        assert_eq!(serde_json::to_string(&FaultSet::default()).unwrap(), "{}");
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        for bad in [
            r#"{"latencyy":{"milliseconds":1}}"#,
            r#"{"drop":{"counts":1}}"#,
            r#"{"drop":{"resource":"top_ups"}}"#,
            r#"{"drop":{"count":-1}}"#,
            r#"{"decline":{"code":"lost card"}}"#,
            r#"{"reject":{"reason":"price_wrong"}}"#,
            r#"{"reject":{"count":1}}"#,
            r#"{"ask_to_buy":{"answer":"maybe"}}"#,
        ] {
            assert!(set(bad).is_err(), "{bad}");
        }
        assert!(set(r#"{"decline":{"code":"lots_card"}}"#).unwrap_err().contains("\"lots_card\" is not known"));
    }

    #[test]
    fn what_can_not_be_is_refused_by_its_member() {
        let field = |json: &str, is_for_one_device| set(json).unwrap().check(is_for_one_device).map_err(|e| e.field);
        for (json, wrong) in [
            (r#"{"latency":{"milliseconds":0}}"#, "latency.milliseconds"),
            (r#"{"latency":{"milliseconds":60001}}"#, "latency.milliseconds"),
            (r#"{"error":{"status":404}}"#, "error.status"),
            (r#"{"reject":{"reason":"other","count":0}}"#, "reject.count"),
            (r#"{"ask_to_buy":{"count":0}}"#, "ask_to_buy.count"),
            (r#"{"clock_skew_seconds":316224001}"#, "clock_skew_seconds"),
            (r#"{"clock_skew_seconds":-9223372036854775808}"#, "clock_skew_seconds"),
        ] {
            assert_eq!(field(json, false), Err(wrong), "{json}");
            assert_eq!(field(json, true), Err(wrong), "{json}");
        }
        for (json, wrong) in [
            (r#"{"clock_skew_seconds":1}"#, "clock_skew_seconds"),
            (r#"{"drop":{"resource":"enrolments"}}"#, "drop.resource"),
        ] {
            assert_eq!(field(json, false), Ok(()), "{json}");
            assert_eq!(field(json, true), Err(wrong), "{json}");
        }
    }
}
