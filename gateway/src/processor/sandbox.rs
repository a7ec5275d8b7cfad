//! The sandbox processor: no real money, and outcomes by card number.
//!
//! The numbers are the test numbers that Stripe documents, where it has one for the purpose
//! (<https://docs.stripe.com/testing>); any expiry date in the future and any CVC of the right
//! length will do.
//!
//! | number | what happens |
//! |---|---|
//! | 4242 4242 4242 4242 | succeeds (Visa) |
//! | 5555 5555 5555 4444 | succeeds (Mastercard) |
//! | 3782 822463 10005 | succeeds (American Express) |
//! | 6011 1111 1111 1117 | succeeds (Discover) |
//! | 3566 0020 2036 0505 | succeeds (JCB) |
//! | 3056 9309 0259 04 | succeeds (Diners Club) |
//! | 6200 0000 0000 0005 | succeeds (UnionPay) |
//! | 4000 0000 0000 0002 | declined: `generic_decline` |
//! | 4000 0000 0000 9995 | declined: `insufficient_funds` |
//! | 4000 0000 0000 9987 | declined: `lost_card` |
//! | 4000 0000 0000 9979 | declined: `stolen_card` |
//! | 4000 0000 0000 0069 | declined: `expired_card` |
//! | 4000 0000 0000 0127 | declined: `incorrect_cvc` |
//! | 4000 0000 0000 0119 | declined: `processing_error` |
//! | 4000 0027 6000 3184 | asks for 3-D Secure, then succeeds |
//! | 4000 0084 0000 1629 | asks for 3-D Secure, then declined: `generic_decline` |
//! | 4000 0000 0000 0341 | authorises a tab, and can't be charged at its end; a top-up is declined: `generic_decline` |
//! | 4000 0000 0000 4202 | times out: the first answer is `processing`, then it has succeeded |

use std::sync::Arc;

use async_trait::async_trait;
use farthing_protocol::api::DeclineCode;
use farthing_protocol::{AccountId, Currency, Money, TopUpId, base64url};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use super::{Capture, CardRefund, Charge, ChargeStatus, Processor, Progress};
use crate::faults::Faults;
use crate::store::{SandboxCharge, Store, StoreError, Tables};
use crate::vault::{Instrument, Pan};

/// What a test card does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    Succeed,
    Decline(DeclineCode),
    Authenticate,
    AuthenticateThenDecline(DeclineCode),
    AuthoriseThenDecline(DeclineCode),
    TimeOut,
}

const TEST_CARDS: &[(&str, Behaviour)] = &[
    ("4242424242424242", Behaviour::Succeed),
    ("5555555555554444", Behaviour::Succeed),
    ("378282246310005", Behaviour::Succeed),
    ("6011111111111117", Behaviour::Succeed),
    ("3566002020360505", Behaviour::Succeed),
    ("30569309025904", Behaviour::Succeed),
    ("6200000000000005", Behaviour::Succeed),
    ("4000000000000002", Behaviour::Decline(DeclineCode::GenericDecline)),
    ("4000000000009995", Behaviour::Decline(DeclineCode::InsufficientFunds)),
    ("4000000000009987", Behaviour::Decline(DeclineCode::LostCard)),
    ("4000000000009979", Behaviour::Decline(DeclineCode::StolenCard)),
    ("4000000000000069", Behaviour::Decline(DeclineCode::ExpiredCard)),
    ("4000000000000127", Behaviour::Decline(DeclineCode::IncorrectCvc)),
    ("4000000000000119", Behaviour::Decline(DeclineCode::ProcessingError)),
    ("4000002760003184", Behaviour::Authenticate),
    ("4000008400001629", Behaviour::AuthenticateThenDecline(DeclineCode::GenericDecline)),
    ("4000000000000341", Behaviour::AuthoriseThenDecline(DeclineCode::GenericDecline)),
    ("4000000000004202", Behaviour::TimeOut),
];

fn behaviour(number: &Pan) -> Option<Behaviour> {
    TEST_CARDS.iter().find(|(known, _)| *known == number.digits()).map(|(_, behaviour)| *behaviour)
}

/// Whether the sandbox knows this number. It takes no other, so that no real card ever gets in.
pub(crate) fn is_test_card(number: &Pan) -> bool {
    behaviour(number).is_some()
}

/// Where a 3-D Secure page is.
pub(crate) const PAGE_PATH: &str = "sandbox/authentication";

/// Decides by card number; remembers in the gateway's database.
pub(crate) struct SandboxProcessor {
    pub(crate) store: Arc<Store>,
    pub(crate) faults: Arc<Faults>,
}

#[async_trait]
impl Processor for SandboxProcessor {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn charge(&self, charge: Charge) -> Result<ChargeStatus, StoreError> {
        let Charge { id, device, amount, instrument, must_authenticate, capture } = charge;
        tracing::debug!(%id, %amount, "the sandbox is asked for a charge");
        let top_up = TopUpId::from_bytes(id.into_bytes());
        let mut authentication = [0; 16];
        SystemRandom::new()
            .fill(&mut authentication)
            .map_err(|_| StoreError::Keys(farthing_protocol::KeyError::CannotSign.into()))?;
        let faults = self.faults.clone();
        let write = move |tables: &dyn Tables| {
            if let Some(known) = tables.sandbox_charge(top_up)? {
                return asked_again(tables, known);
            }
            let ordered = faults.decline(device).map(Behaviour::Decline);
            let behaviour = ordered.or_else(|| match &instrument {
                Instrument::Number(number) => behaviour(number),
                Instrument::PaymentMethod(_) => None,
            });
            let behaviour = behaviour.unwrap_or(Behaviour::Decline(DeclineCode::GenericDecline));
            let page = || ChargeStatus::RequiresAction { page: format!("{PAGE_PATH}/{}", base64url(&authentication)) };
            let succeeded = ChargeStatus::Succeeded { fee: None };
            let (status, answer) = match behaviour {
                Behaviour::Succeed | Behaviour::TimeOut if must_authenticate => (page(), succeeded),
                Behaviour::Succeed => (succeeded.clone(), succeeded),
                Behaviour::Decline(code) => (ChargeStatus::Declined { code }, ChargeStatus::Declined { code }),
                Behaviour::Authenticate => (page(), succeeded),
                Behaviour::AuthenticateThenDecline(code) => (page(), ChargeStatus::Declined { code }),
                Behaviour::AuthoriseThenDecline(code) if capture == Capture::Manual => {
                    (succeeded, ChargeStatus::Declined { code })
                }
                Behaviour::AuthoriseThenDecline(code) => {
                    (ChargeStatus::Declined { code }, ChargeStatus::Declined { code })
                }
                Behaviour::TimeOut => (ChargeStatus::Processing, succeeded),
            };
            let charge = SandboxCharge { top_up, authentication, status, answer };
            tables.put_sandbox_charge(&charge)?;
            Ok(charge.status)
        };
        self.store.write(write).await
    }

    async fn look_up(
        &self,
        id: Uuid,
        _account: AccountId,
        _currency: Currency,
    ) -> Result<Option<ChargeStatus>, StoreError> {
        let top_up = TopUpId::from_bytes(id.into_bytes());
        let write = move |tables: &dyn Tables| {
            let known = tables.sandbox_charge(top_up)?;
            known.map(|known| asked_again(tables, known)).transpose()
        };
        self.store.write(write).await
    }

    async fn capture(&self, id: Uuid, amount: Money) -> Result<Progress, StoreError> {
        let top_up = TopUpId::from_bytes(id.into_bytes());
        let known = self.store.read(move |tables| tables.sandbox_charge(top_up)).await?;
        let is_declined = known.is_some_and(|known| matches!(known.answer, ChargeStatus::Declined { .. }));
        Ok(if is_declined && !amount.is_zero() { Progress::Failed } else { Progress::Done { fee: None } })
    }

    async fn refund(&self, _refund: CardRefund) -> Result<Progress, StoreError> {
        Ok(Progress::Done { fee: None })
    }
}

/// What timed out is known when it is asked for again.
fn asked_again(tables: &dyn Tables, mut charge: SandboxCharge) -> Result<ChargeStatus, StoreError> {
    if charge.status == ChargeStatus::Processing {
        charge.status = charge.answer.clone();
        tables.put_sandbox_charge(&charge)?;
    }
    Ok(charge.status)
}

/// The cardholder confirms or declines on the 3-D Secure page. Once decided, it stays so.
pub(crate) fn decide(mut charge: SandboxCharge, confirmed: bool) -> SandboxCharge {
    if matches!(charge.status, ChargeStatus::RequiresAction { .. }) {
        let declined = ChargeStatus::Declined { code: DeclineCode::AuthenticationFailed };
        charge.status = if confirmed { charge.answer.clone() } else { declined };
    }
    charge
}

#[cfg(test)]
mod tests {
    use farthing_protocol::api::CardRequest;

    use super::*;

    #[test]
    fn every_test_card_is_a_card_number() {
        for (number, _) in TEST_CARDS {
            let request =
                CardRequest { number: (*number).into(), expiry_month: 12, expiry_year: 2034, cvc: "123".into() };
            assert!(request.has_card_number(), "{number}");
        }
    }

    #[test]
    fn a_decision_stays() {
        let charge = SandboxCharge {
            top_up: TopUpId::generate(),
            authentication: [0; 16],
            status: ChargeStatus::RequiresAction { page: "page".into() },
            answer: ChargeStatus::Succeeded { fee: None },
        };
        let declined = decide(charge, false);
        assert_eq!(declined.status, ChargeStatus::Declined { code: DeclineCode::AuthenticationFailed });
        assert_eq!(decide(declined, true).status, ChargeStatus::Declined { code: DeclineCode::AuthenticationFailed });
    }
}
