//! Charges cards through Stripe (<https://docs.stripe.com>).
//!
//! No card number comes here: the device hands it to Stripe with the publishable key, and gives the gateway Stripe's name
//! for it (a PaymentMethod). A lost answer is asked for again under the same idempotency key. Stripe keeps those for a
//! day ([`KEYS_LAST`]); after that what was asked for is looked for by our name in its metadata, and never asked for a
//! second time. What Stripe tells by webhook is only a reason to ask it.

mod amount;
mod client;
pub(crate) mod event;
mod object;

use std::fmt::Display;
use std::sync::Arc;

use async_trait::async_trait;
use farthing_protocol::api::{Card, DeclineCode};
use farthing_protocol::{AccountId, CardId, Currency, Money, Timestamp};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

pub(crate) use client::API;

use self::client::{Client, Failure, Form};
use self::event::{Doubt, Happened};
use self::object::{
    ApiError, Customer, FARTHING, Object, Page, PaymentIntent, StripeDispute, StripePaymentMethod, StripeRefund,
};
use super::{Capture, CardRefund, Charge, ChargeStatus, Processor, Progress};
use crate::clock::Clock;
use crate::dispute::Told;
use crate::privacy::Persons;
use crate::store::{Payment, Store, StoreError};
use crate::vault::{Instrument, PaymentMethod};

/// Seconds for which a request may be made again under its idempotency key. Stripe keeps keys for at least 24 hours.
const KEYS_LAST: i64 = 23 * 3_600;
/// Seconds after which a request that got no answer is not under way any more.
const ARRIVES_WITHIN: i64 = 3_600;
/// The fee is on the charge's balance transaction.
const EXPAND_FEE: (&str, &str) = ("expand[]", "latest_charge.balance_transaction");

/// Stripe, as one of its accounts.
pub(crate) struct Stripe {
    client: Client,
    webhook_secret: SecretString,
    /// Where the cardholder goes on after the bank's page.
    return_url: String,
    store: Arc<Store>,
    persons: Arc<Persons>,
    clock: Clock,
}

/// Why a card can't be kept.
#[derive(Debug)]
pub(crate) enum NotKept {
    /// Stripe does not know it, or its bank refuses it; the field says which part.
    Refused {
        field: Option<String>,
    },
    /// Stripe could not be asked.
    Unknown,
    Store(StoreError),
}

impl From<StoreError> for NotKept {
    fn from(error: StoreError) -> Self {
        NotKept::Store(error)
    }
}

impl NotKept {
    fn of(failure: Failure) -> Self {
        warn("a card could not be kept", &failure);
        match failure {
            Failure::Unknown(_) => NotKept::Unknown,
            Failure::Refused(error) => NotKept::Refused { field: error.param },
        }
    }
}

impl Stripe {
    pub(crate) fn new(
        api: Url,
        (secret, webhook_secret): (SecretString, SecretString),
        return_url: String,
        (store, persons): (Arc<Store>, Arc<Persons>),
        clock: Clock,
    ) -> Self {
        Stripe { client: Client::new(api, secret), webhook_secret, return_url, store, persons, clock }
    }

    /// Keeps a card for an account: what it looks like, and how it is charged.
    pub(crate) async fn keep(&self, account: AccountId, name: &str) -> Result<(Card, PaymentMethod), NotKept> {
        let customer = self.customer(account).await?;
        let path = format!("v1/payment_methods/{name}/attach");
        // Attached again, a card stays attached; and one that was let go of is not to be remembered as kept.
        let key = Uuid::new_v4().to_string();
        let kept = self.client.post::<StripePaymentMethod>(&path, &[("customer", &customer)], &key).await;
        let kept = kept.map_err(NotKept::of)?;
        let Some(card) = kept.card else { return Err(NotKept::Refused { field: None }) };
        let shown = Card {
            id: CardId::generate(),
            brand: card.brand(),
            last_four: card.last4,
            expiry_month: card.exp_month,
            expiry_year: card.exp_year,
        };
        let fingerprint = card.fingerprint.unwrap_or_else(|| kept.id.clone());
        Ok((shown, PaymentMethod { name: kept.id, customer, fingerprint }))
    }

    /// Lets go of a card. Where Stripe can't be asked it stays there, and can't be charged through us.
    pub(crate) async fn forget(&self, method: &PaymentMethod) {
        let path = format!("v1/payment_methods/{}/detach", method.name);
        if let Err(failure) = self.client.post::<Value>(&path, &[], &format!("detach-{}", method.name)).await {
            warn("a card could not be detached", &failure);
        }
    }

    /// What Stripe calls an account.
    async fn customer(&self, account: AccountId) -> Result<String, NotKept> {
        if let Some(known) = self.known_customer(account).await? {
            return Ok(known);
        }
        let (name, field) = (account.to_string(), format!("metadata[{FARTHING}]"));
        let made = self.client.post::<Customer>("v1/customers", &[(&field, &name)], &format!("customer-{name}")).await;
        let made = made.map_err(NotKept::of)?.id;
        let persons = self.persons.clone();
        let write = move |tables: &dyn crate::store::Tables| {
            persons.add_customer(tables, account, &made)?;
            persons.customer(tables, account)
        };
        let customer = self.store.write(write).await?;
        Ok(customer.ok_or(StoreError::Damaged("a customer is gone"))?)
    }

    async fn known_customer(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        let persons = self.persons.clone();
        self.store.read(move |tables| persons.customer(tables, account)).await
    }

    /// What a message of Stripe's is about.
    pub(crate) fn happened(&self, signature: &str, body: &[u8]) -> Result<Option<Happened>, Doubt> {
        event::verify(&self.webhook_secret, signature, body, self.clock.now())?;
        Ok(serde_json::from_slice::<event::Event>(body).ok().map(event::Event::happened))
    }

    /// The top-up or tab of a payment.
    pub(crate) async fn payment_of(&self, name: String) -> Result<Option<Uuid>, StoreError> {
        self.store.read(move |tables| tables.payment_named(&name)).await
    }

    /// How a dispute stands; nothing where no money was moved or it is of no charge of ours.
    pub(crate) async fn dispute(&self, name: &str) -> Result<Option<(Uuid, Told)>, StoreError> {
        let dispute = match self.client.get::<StripeDispute>(&format!("v1/disputes/{name}"), &[]).await {
            Ok(dispute) => dispute,
            Err(failure) => return Err(StoreError::Unreachable(failure.to_string())),
        };
        let (Some(state), Some(intent)) = (dispute.state(), dispute.payment_intent.clone()) else { return Ok(None) };
        let currency: Result<Currency, _> = dispute.currency.to_uppercase().parse();
        let amount = currency.ok().and_then(|currency| amount::from_stripe(dispute.amount, currency));
        let (Some(payment), Some(amount)) = (self.payment_of(intent).await?, amount) else { return Ok(None) };
        let fee = dispute.fee(amount.currency());
        Ok(Some((payment, Told { name: dispute.id, amount, fee, state })))
    }

    /// What Stripe calls a thing of ours, and when it was asked for it first.
    async fn payment(&self, id: Uuid) -> Result<Payment, StoreError> {
        let now = self.clock.now();
        self.store.write(move |tables| tables.payment(id, now)).await
    }

    /// Remembers what Stripe calls it, so that from now on it is asked for by that name.
    async fn name(&self, id: Uuid, known: &Payment, name: &str) -> Result<(), StoreError> {
        if known.name.is_some() {
            return Ok(());
        }
        let name = name.to_owned();
        self.store.write(move |tables| tables.name_payment(id, &name)).await
    }

    fn seconds_since(&self, then: Timestamp) -> i64 {
        self.clock.now().as_second() - then.as_second()
    }

    /// Looks for a thing by our name for it, in a list of Stripe's.
    async fn find<T: DeserializeOwned + Object>(
        &self,
        path: &str,
        query: Form<'_>,
        id: Uuid,
    ) -> Result<Option<T>, Failure> {
        let page: Page<T> = self.client.get(path, query).await?;
        let ours = id.to_string();
        Ok(page.data.into_iter().find(|object| object.farthing() == Some(&ours)))
    }

    /// The charges of a customer since one was asked for.
    async fn find_intent(&self, customer: &str, known: &Payment, id: Uuid) -> Result<Option<PaymentIntent>, Failure> {
        let since = (known.asked_at.as_second() - ARRIVES_WITHIN).to_string();
        let query = [("customer", customer), ("created[gte]", &since), ("limit", "100")];
        self.find("v1/payment_intents", &query, id).await
    }

    async fn intent(&self, name: &str) -> Result<PaymentIntent, Failure> {
        self.client.get(&format!("v1/payment_intents/{name}"), &[EXPAND_FEE]).await
    }

    /// Asks for a charge; it is made once.
    async fn create(&self, charge: &Charge, method: &PaymentMethod) -> Result<PaymentIntent, Failure> {
        let Some(units) = amount::to_stripe(charge.amount) else {
            return Err(Failure::Refused(Box::default()));
        };
        let (id, units) = (charge.id.to_string(), units.to_string());
        let (currency, field) = (charge.amount.currency().code().to_lowercase(), format!("metadata[{FARTHING}]"));
        let capture = if charge.capture == Capture::Manual { "manual" } else { "automatic" };
        let mut fields = vec![
            ("amount", units.as_str()),
            ("currency", &currency),
            ("customer", &method.customer),
            ("payment_method", &method.name),
            ("payment_method_types[]", "card"),
            ("capture_method", capture),
            ("confirm", "true"),
            ("return_url", &self.return_url),
            (&field, &id),
            EXPAND_FEE,
        ];
        if charge.must_authenticate {
            // A challenge: an attempt without friction would be another exemption
            // (<https://docs.stripe.com/payments/3d-secure/authentication-flow>).
            fields.push(("payment_method_options[card][request_three_d_secure]", "challenge"));
        }
        self.client.post("v1/payment_intents", &fields, &id).await
    }

    /// What was asked for and answered with a name, is asked for by it; what may be under way is asked for again; what
    /// is older is looked for.
    async fn ask(&self, charge: &Charge, method: &PaymentMethod, known: &Payment) -> Result<PaymentIntent, Failure> {
        if let Some(name) = &known.name {
            return self.intent(name).await;
        }
        if self.seconds_since(known.asked_at) < KEYS_LAST {
            return self.create(charge, method).await;
        }
        let found = self.find_intent(&method.customer, known, charge.id).await?;
        found.ok_or_else(|| Failure::Refused(Box::default()))
    }
}

#[async_trait]
impl Processor for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn charge(&self, charge: Charge) -> Result<ChargeStatus, StoreError> {
        let Instrument::PaymentMethod(method) = &charge.instrument else {
            // A number of the sandbox's, from before.
            return Ok(ChargeStatus::Declined { code: DeclineCode::ProcessingError });
        };
        let known = self.payment(charge.id).await?;
        match self.ask(&charge, method, &known).await {
            Ok(intent) => {
                self.name(charge.id, &known, &intent.id).await?;
                Ok(intent.status(charge.capture, charge.amount.currency()))
            }
            Err(Failure::Refused(error)) => {
                if let Some(intent) = &error.payment_intent {
                    self.name(charge.id, &known, &intent.id).await?;
                }
                Ok(declined(&error))
            }
            Err(failure) => {
                warn("nobody knows yet whether a card was charged", &failure);
                Ok(ChargeStatus::Processing)
            }
        }
    }

    async fn look_up(
        &self,
        id: Uuid,
        account: AccountId,
        currency: Currency,
    ) -> Result<Option<ChargeStatus>, StoreError> {
        let known = self.payment(id).await?;
        let intent = match (&known.name, self.known_customer(account).await?) {
            (Some(name), _) => self.intent(name).await.map(Some),
            (None, _) if self.seconds_since(known.asked_at) < ARRIVES_WITHIN => {
                return Ok(Some(ChargeStatus::Processing));
            }
            (None, Some(customer)) => self.find_intent(&customer, &known, id).await,
            (None, None) => return Ok(None),
        };
        match intent {
            // Of a manual capture only the authorisation is asked for here, so either will do.
            Ok(intent) => Ok(intent.map(|intent| intent.status(Capture::Manual, currency))),
            Err(Failure::Refused(error)) => Ok(Some(declined(&error))),
            Err(failure) => {
                warn("nobody knows yet whether a card was charged", &failure);
                Ok(Some(ChargeStatus::Processing))
            }
        }
    }

    async fn capture(&self, id: Uuid, amount: Money) -> Result<Progress, StoreError> {
        let Some(name) = self.payment(id).await?.name else { return Ok(Progress::Failed) };
        let currency = amount.currency();
        let asked = match amount::to_stripe(amount).map(|units| units.to_string()) {
            None => {
                let path = format!("v1/payment_intents/{name}/cancel");
                self.client.post::<PaymentIntent>(&path, &[], &format!("{id}-cancel")).await
            }
            Some(units) => {
                let path = format!("v1/payment_intents/{name}/capture");
                let fields = [("amount_to_capture", units.as_str()), EXPAND_FEE];
                self.client.post(&path, &fields, &format!("{id}-capture")).await
            }
        };
        let intent = match asked {
            // It may have been done before, or the authorisation has lapsed: how it is now tells.
            Err(Failure::Refused(_)) => self.intent(&name).await,
            asked => asked,
        };
        match intent {
            Ok(intent) if amount.is_zero() => Ok(match intent.captured(currency) {
                Progress::Failed => Progress::Done { fee: None },
                other => other,
            }),
            Ok(intent) => Ok(intent.captured(currency)),
            Err(failure) => {
                warn("nobody knows yet whether an amount was captured", &failure);
                Ok(Progress::Pending)
            }
        }
    }

    async fn refund(&self, refund: CardRefund) -> Result<Progress, StoreError> {
        let (id, top_up) = (refund.id, Uuid::from_bytes(*refund.top_up.as_bytes()));
        let known = self.payment(id).await?;
        let Some(intent) = self.payment(top_up).await?.name else { return Ok(Progress::Failed) };
        let asked = match &known.name {
            Some(name) => self.client.get::<StripeRefund>(&format!("v1/refunds/{name}"), &[]).await.map(Some),
            None if self.seconds_since(known.asked_at) < KEYS_LAST => {
                let Some(units) = amount::to_stripe(refund.amount) else { return Ok(Progress::Failed) };
                let (ours, units, field) = (id.to_string(), units.to_string(), format!("metadata[{FARTHING}]"));
                let fields = [("payment_intent", intent.as_str()), ("amount", &units), (&field, &ours)];
                self.client.post("v1/refunds", &fields, &ours).await.map(Some)
            }
            None => self.find("v1/refunds", &[("payment_intent", &intent), ("limit", "100")], id).await,
        };
        match asked {
            Ok(Some(refund)) => {
                self.name(id, &known, &refund.id).await?;
                Ok(refund.progress())
            }
            Ok(None) | Err(Failure::Refused(_)) => Ok(Progress::Failed),
            Err(failure) => {
                warn("nobody knows yet whether money went back to a card", &failure);
                Ok(Progress::Pending)
            }
        }
    }
}

fn declined(error: &ApiError) -> ChargeStatus {
    if !error.is_of_card() {
        tracing::error!(%error, "Stripe refused a request: nothing was charged");
    }
    ChargeStatus::Declined { code: error.decline_code() }
}

fn warn(what: &str, failure: &dyn Display) {
    tracing::warn!(%failure, "{what}");
}

#[cfg(test)]
#[path = "mock_tests.rs"]
mod tests;
