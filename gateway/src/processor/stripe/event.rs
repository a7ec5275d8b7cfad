//! What Stripe tells of by itself, and whether it was Stripe (<https://docs.stripe.com/webhooks#verify-manually>).

use farthing_protocol::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Seconds by which a message may be older than its arrival, or ahead of it: Stripe's libraries have the same.
const TOLERANCE_SECONDS: i64 = 300;

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It has no signature that can be read.
    NoSignature,
    /// It was signed with another secret, or changed.
    BadSignature,
    /// It was signed too long ago, or in the future.
    WrongTime,
}

/// Whether a message is Stripe's, and of now.
pub(super) fn verify(secret: &SecretString, header: &str, body: &[u8], now: Timestamp) -> Result<(), Doubt> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let at = parts().find(|(name, _)| *name == "t").map(|(_, at)| at).ok_or(Doubt::NoSignature)?;
    let seconds: i64 = at.parse().map_err(|_| Doubt::NoSignature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let signed = [at.as_bytes(), b".", body].concat();
    let mut signatures = parts().filter(|(name, _)| *name == "v1").peekable();
    signatures.peek().ok_or(Doubt::NoSignature)?;
    // While a secret is rolled there are several.
    let is_signed = signatures.filter_map(|(_, hex)| bytes(hex)).any(|tag| hmac::verify(&key, &signed, &tag).is_ok());
    if !is_signed {
        return Err(Doubt::BadSignature);
    }
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(Doubt::WrongTime);
    }
    Ok(())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// A message, as far as it says what to ask Stripe for.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Subject,
}

#[derive(Deserialize)]
struct Subject {
    id: String,
}

/// What something has happened to, by Stripe's name. What happened is asked for: messages may come late and in any order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    Payment {
        name: String,
        /// Whether it has come to an end.
        has_ended: bool,
    },
    Refund(String),
    Dispute(String),
    /// Nothing that matters here.
    Other,
}

impl Event {
    pub(super) fn happened(self) -> Happened {
        let id = self.data.object.id;
        match self.kind.as_str() {
            "payment_intent.succeeded" | "payment_intent.payment_failed" | "payment_intent.canceled" => {
                Happened::Payment { name: id, has_ended: true }
            }
            kind if kind.starts_with("payment_intent.") => Happened::Payment { name: id, has_ended: false },
            kind if kind.starts_with("refund.") => Happened::Refund(id),
            kind if kind.starts_with("charge.dispute.") => Happened::Dispute(id),
            _ => Happened::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}"#;

    fn signed(secret: &str, at: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, &[format!("{at}.").as_bytes(), BODY].concat());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={at},v1={hex}")
    }

    fn judge(header: &str, body: &[u8], now: i64) -> Result<(), Doubt> {
        verify(&"whsec_test".into(), header, body, Timestamp::from_second(now).unwrap())
    }

    #[test]
    fn a_signature_by_stripe_s_own_library_is_good() {
        // `stripe.WebhookSignature` of stripe-python 16.1.0, for this secret, time and body.
        let tag = "d500f8a0b805930119b216079f8c6fa661ec244b170aa180fc8d3a00d0eab0ee";
        assert_eq!(judge(&format!("t=1000000,v1={tag}"), BODY, 1_000_000), Ok(()));
    }

    #[test]
    fn only_what_stripe_has_signed_just_now_is_believed() {
        let header = signed("whsec_test", 1_000_000);
        assert_eq!(judge(&header, BODY, 1_000_000), Ok(()));
        assert_eq!(judge(&format!("{header},v0=00"), BODY, 1_000_300), Ok(()));
        assert_eq!(judge(&header.replace("v1=", "v1=00,v1="), BODY, 1_000_000), Ok(()));
        for now in [1_000_301, 999_699] {
            assert_eq!(judge(&header, BODY, now), Err(Doubt::WrongTime));
        }
        assert_eq!(judge(&signed("whsec_other", 1_000_000), BODY, 1_000_000), Err(Doubt::BadSignature));
        assert_eq!(judge(&header, b"{}", 1_000_000), Err(Doubt::BadSignature));
        assert_eq!(judge(&header.replace("t=1000000", "t=1000001"), BODY, 1_000_000), Err(Doubt::BadSignature));
        for none in ["", "t=1000000", "v1=00", "t=soon,v1=00"] {
            assert_eq!(judge(none, BODY, 1_000_000), Err(Doubt::NoSignature), "{none}");
        }
        for odd in ["t=1000000,v1=0", "t=1000000,v1=é", "t=1000000,v1="] {
            assert_eq!(judge(odd, BODY, 1_000_000), Err(Doubt::BadSignature), "{odd}");
        }
    }

    #[test]
    fn a_message_names_what_to_ask_for() {
        let event: Event = serde_json::from_slice(BODY).unwrap();
        assert_eq!(event.happened(), Happened::Payment { name: "pi_1".into(), has_ended: true });
    }
}
