//! What Stripe says, as far as we listen, and what it means here: pure.

use std::collections::BTreeMap;
use std::fmt;

use farthing_protocol::api::{CardBrand, DeclineCode};
use farthing_protocol::{Currency, Money};
use serde::Deserialize;

use super::amount;
use crate::processor::{Capture, ChargeStatus, Progress};
use crate::store::DisputeState;

/// What has our own name written on it.
pub(super) trait Object {
    fn farthing(&self) -> Option<&str>;
}

/// The key of our name in an object's metadata.
pub(super) const FARTHING: &str = "farthing";

macro_rules! object {
    ($name:ident) => {
        impl Object for $name {
            fn farthing(&self) -> Option<&str> {
                self.metadata.get(FARTHING).map(String::as_str)
            }
        }
    };
}
object!(PaymentIntent);
object!(StripeRefund);

/// A list's page (<https://docs.stripe.com/api/pagination>).
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
}

/// A customer (<https://docs.stripe.com/api/customers/object>).
#[derive(Deserialize)]
pub(super) struct Customer {
    pub(super) id: String,
}

/// A card as Stripe keeps it (<https://docs.stripe.com/api/payment_methods/object>).
#[derive(Deserialize)]
pub(super) struct StripePaymentMethod {
    pub(super) id: String,
    pub(super) card: Option<StripeCard>,
}

#[derive(Deserialize)]
pub(super) struct StripeCard {
    pub(super) brand: String,
    pub(super) last4: String,
    pub(super) exp_month: u8,
    pub(super) exp_year: u16,
    #[serde(default)]
    pub(super) fingerprint: Option<String>,
}

impl StripeCard {
    pub(super) fn brand(&self) -> CardBrand {
        match self.brand.as_str() {
            "visa" => CardBrand::Visa,
            "mastercard" => CardBrand::Mastercard,
            "amex" => CardBrand::AmericanExpress,
            "discover" => CardBrand::Discover,
            "jcb" => CardBrand::Jcb,
            "diners" => CardBrand::DinersClub,
            "unionpay" => CardBrand::UnionPay,
            _ => CardBrand::Unknown,
        }
    }
}

/// A charge and what leads to it (<https://docs.stripe.com/api/payment_intents/object>).
#[derive(Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    #[serde(default)]
    next_action: Option<NextAction>,
    #[serde(default)]
    last_payment_error: Option<ApiError>,
    #[serde(default)]
    latest_charge: Option<Expandable<StripeCharge>>,
}

#[derive(Deserialize)]
struct NextAction {
    redirect_to_url: Option<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    url: String,
}

#[derive(Deserialize)]
struct StripeCharge {
    #[serde(default)]
    balance_transaction: Option<Expandable<BalanceTransaction>>,
}

#[derive(Deserialize)]
struct BalanceTransaction {
    fee: i64,
    currency: String,
}

/// An object, or its name where it was not asked for (<https://docs.stripe.com/api/expanding_objects>).
#[derive(Deserialize)]
#[serde(untagged)]
enum Expandable<T> {
    Object(T),
    Name(#[expect(dead_code, reason = "only its shape counts")] String),
}

impl<T> Expandable<T> {
    fn object(&self) -> Option<&T> {
        match self {
            Expandable::Object(object) => Some(object),
            Expandable::Name(_) => None,
        }
    }
}

impl PaymentIntent {
    /// How far it is (<https://docs.stripe.com/payments/paymentintents/lifecycle>).
    pub(super) fn status(&self, capture: Capture, currency: Currency) -> ChargeStatus {
        match self.status.as_str() {
            "succeeded" => ChargeStatus::Succeeded { fee: self.fee(currency) },
            "requires_capture" if capture == Capture::Manual => ChargeStatus::Succeeded { fee: None },
            "requires_action" => match self.next_action.as_ref().and_then(|action| action.redirect_to_url.as_ref()) {
                Some(redirect) => ChargeStatus::RequiresAction { page: redirect.url.clone() },
                None => ChargeStatus::Processing,
            },
            "requires_payment_method" | "canceled" => {
                let code = self.last_payment_error.as_ref().map_or(DeclineCode::Other, ApiError::decline_code);
                ChargeStatus::Declined { code }
            }
            _ => ChargeStatus::Processing,
        }
    }

    /// How far the capture of an authorised amount is.
    pub(super) fn captured(&self, currency: Currency) -> Progress {
        match self.status.as_str() {
            "succeeded" => Progress::Done { fee: self.fee(currency) },
            // The authorisation has lapsed.
            "canceled" | "requires_payment_method" => Progress::Failed,
            _ => Progress::Pending,
        }
    }

    /// What Stripe took for the charge, where it has said so in the charge's currency.
    fn fee(&self, currency: Currency) -> Option<Money> {
        let charge = self.latest_charge.as_ref()?.object()?;
        let transaction = charge.balance_transaction.as_ref()?.object()?;
        let same_currency = transaction.currency.eq_ignore_ascii_case(currency.code());
        same_currency.then(|| amount::from_stripe(transaction.fee, currency)).flatten()
    }
}

/// Money on its way back to a card (<https://docs.stripe.com/api/refunds/object>).
#[derive(Deserialize)]
pub(super) struct StripeRefund {
    pub(super) id: String,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

impl StripeRefund {
    pub(super) fn progress(&self) -> Progress {
        match self.status.as_deref() {
            Some("succeeded") => Progress::Done { fee: None },
            Some("failed" | "canceled") => Progress::Failed,
            _ => Progress::Pending,
        }
    }
}

/// A charge that the cardholder disputes (<https://docs.stripe.com/api/disputes/object>).
#[derive(Deserialize)]
pub(super) struct StripeDispute {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) payment_intent: Option<String>,
    #[serde(default)]
    balance_transactions: Vec<BalanceTransaction>,
}

impl StripeDispute {
    /// How it stands; nothing for an inquiry, which has moved no money.
    pub(super) fn state(&self) -> Option<DisputeState> {
        match self.status.as_str() {
            "needs_response" | "under_review" => Some(DisputeState::Open),
            "won" => Some(DisputeState::Won),
            "lost" => Some(DisputeState::Lost),
            _ => None,
        }
    }

    /// What Stripe has taken for it, less what it has returned.
    pub(super) fn fee(&self, currency: Currency) -> Money {
        let same = |transaction: &&BalanceTransaction| transaction.currency.eq_ignore_ascii_case(currency.code());
        let fees = self.balance_transactions.iter().filter(same).map(|transaction| transaction.fee);
        let fee = amount::from_stripe(fees.sum::<i64>().max(0), currency);
        fee.unwrap_or(Money::zero(currency))
    }
}

/// Why something was refused (<https://docs.stripe.com/api/errors>).
#[derive(Debug, Default, Deserialize)]
pub(super) struct ApiError {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    pub(super) param: Option<String>,
    #[serde(default)]
    pub(super) payment_intent: Option<Named>,
}

/// An object of which only the name counts.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.decline_code.as_deref().or(self.code.as_deref()).unwrap_or("no code");
        write!(f, "{} ({code})", if self.kind.is_empty() { "no reason" } else { &self.kind })
    }
}

impl ApiError {
    /// Whether it is the card that was refused, rather than the request.
    pub(super) fn is_of_card(&self) -> bool {
        self.kind == "card_error"
    }

    /// Our name for it (<https://docs.stripe.com/declines/codes>, <https://docs.stripe.com/error-codes>).
    pub(super) fn decline_code(&self) -> DeclineCode {
        let code = |text: Option<&str>| match text? {
            "insufficient_funds" | "withdrawal_count_limit_exceeded" | "card_velocity_exceeded" => {
                Some(DeclineCode::InsufficientFunds)
            }
            "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => Some(DeclineCode::ExpiredCard),
            "incorrect_cvc" | "invalid_cvc" => Some(DeclineCode::IncorrectCvc),
            "lost_card" => Some(DeclineCode::LostCard),
            "stolen_card" => Some(DeclineCode::StolenCard),
            "authentication_required" | "payment_intent_authentication_failure" | "authentication_not_handled" => {
                Some(DeclineCode::AuthenticationFailed)
            }
            "processing_error" | "issuer_not_available" | "reenter_transaction" | "try_again_later" => {
                Some(DeclineCode::ProcessingError)
            }
            _ => None,
        };
        let known = code(self.decline_code.as_deref()).or_else(|| code(self.code.as_deref()));
        known.unwrap_or(if self.is_of_card() { DeclineCode::GenericDecline } else { DeclineCode::ProcessingError })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn intent(value: serde_json::Value) -> PaymentIntent {
        serde_json::from_value(value).unwrap()
    }

    fn usd(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    #[test]
    fn a_charge_is_as_far_as_its_payment_intent() {
        let status = |value, capture| intent(value).status(capture, Currency::USD);
        let charged = json!({"id": "pi_1", "status": "succeeded",
            "latest_charge": {"balance_transaction": {"fee": 45, "currency": "usd"}}});
        assert_eq!(status(charged, Capture::Automatic), ChargeStatus::Succeeded { fee: Some(usd(450_000)) });
        for other in [
            json!("ch_1"),
            json!({"balance_transaction": "txn_1"}),
            json!(null),
            json!({"balance_transaction": {"fee": 40, "currency": "eur"}}),
        ] {
            let charged = json!({"id": "pi_1", "status": "succeeded", "latest_charge": other});
            assert_eq!(status(charged, Capture::Automatic), ChargeStatus::Succeeded { fee: None });
        }
        let authorised = json!({"id": "pi_1", "status": "requires_capture"});
        assert_eq!(status(authorised.clone(), Capture::Manual), ChargeStatus::Succeeded { fee: None });
        assert_eq!(status(authorised, Capture::Automatic), ChargeStatus::Processing);
        let action = json!({"id": "pi_1", "status": "requires_action",
            "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example"}}});
        let page = "https://bank.example".to_owned();
        assert_eq!(status(action, Capture::Automatic), ChargeStatus::RequiresAction { page });
        let declined = json!({"id": "pi_1", "status": "requires_payment_method",
            "last_payment_error": {"type": "card_error", "code": "card_declined", "decline_code": "stolen_card"}});
        let code = DeclineCode::StolenCard;
        assert_eq!(status(declined, Capture::Automatic), ChargeStatus::Declined { code });
        let processing = json!({"id": "pi_1", "status": "a word of a later version"});
        assert_eq!(status(processing, Capture::Automatic), ChargeStatus::Processing);
    }

    #[test]
    fn decline_codes_have_our_names() {
        for (kind, code, decline_code, expected) in [
            ("card_error", "card_declined", Some("insufficient_funds"), DeclineCode::InsufficientFunds),
            ("card_error", "card_declined", Some("do_not_honor"), DeclineCode::GenericDecline),
            ("card_error", "card_declined", Some("a_later_one"), DeclineCode::GenericDecline),
            ("card_error", "expired_card", None, DeclineCode::ExpiredCard),
            ("card_error", "incorrect_cvc", None, DeclineCode::IncorrectCvc),
            ("card_error", "processing_error", None, DeclineCode::ProcessingError),
            ("invalid_request_error", "payment_intent_authentication_failure", None, DeclineCode::AuthenticationFailed),
            ("invalid_request_error", "resource_missing", None, DeclineCode::ProcessingError),
        ] {
            let error = json!({"type": kind, "code": code, "decline_code": decline_code});
            let error: ApiError = serde_json::from_value(error).unwrap();
            assert_eq!(error.decline_code(), expected, "{error}");
        }
    }

    #[test]
    fn an_inquiry_moves_no_money_and_a_returned_fee_is_none() {
        let dispute = |status, fees: &[i64]| -> StripeDispute {
            let transactions: Vec<_> = fees.iter().map(|fee| json!({"fee": fee, "currency": "usd"})).collect();
            serde_json::from_value(json!({"id": "dp_1", "amount": 500, "currency": "usd", "status": status,
                "payment_intent": "pi_1", "balance_transactions": transactions}))
            .unwrap()
        };
        assert_eq!(dispute("warning_needs_response", &[]).state(), None);
        assert_eq!(dispute("under_review", &[]).state(), Some(DisputeState::Open));
        assert_eq!(dispute("won", &[1500, -1500]).fee(Currency::USD), usd(0));
        assert_eq!(dispute("lost", &[1500]).fee(Currency::USD), usd(15_000_000));
    }
}
