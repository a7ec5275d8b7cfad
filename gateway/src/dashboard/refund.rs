//! What went back of a purchase, and giving more of it back by hand.

use axum::extract::State;
use axum::response::Response;
use farthing_protocol::{AccountId, Currency, EntryId, IdempotencyKey, Money, RefundReceipt, Timestamp};
use uuid::Uuid;

use super::access::Visitor;
use super::address::Named;
use super::audit::{Action, Note};
use super::form::Form;
use super::page::{Failure, see};
use crate::gateway::Gateway;
use crate::refund::{Begun, REASON_MAX, Wish, refund_in};
use crate::store::{Dispute, DisputeState, Refund, StoreError, Tables};

/// A refund as the page of its purchase shows it.
pub(super) struct RefundLine {
    pub(super) refund: Refund,
    /// When, by the gateway's clock; refunds of the first days do not say.
    pub(super) at: Option<Timestamp>,
}

impl RefundLine {
    fn new(refund: Refund) -> Self {
        let claims = refund.signed().and_then(|signed| serde_json::from_slice::<RefundReceipt>(&signed.payload).ok());
        let at = claims.map(|claims| crate::clock::from_milliseconds(claims.iat.saturating_mul(1_000)));
        RefundLine { refund, at }
    }
}

/// What went back of a purchase.
pub(super) struct Returned {
    pub(super) refunds: Vec<RefundLine>,
    /// How much.
    pub(super) micros: i64,
    /// Those of the charges that paid the account: a bank disputes a charge, not what was bought with it.
    pub(super) disputes: Vec<Dispute>,
}

pub(super) fn returned(tables: &dyn Tables, purchase: EntryId, account: AccountId) -> Result<Returned, StoreError> {
    let refunds = tables.refunds_of_purchase(purchase)?;
    Ok(Returned {
        micros: refunds.iter().map(|refund| refund.amount.micros()).sum(),
        refunds: refunds.into_iter().map(RefundLine::new).collect(),
        disputes: tables.disputes_of(account)?,
    })
}

/// How a dispute stands, and whether that is good or bad.
pub(super) fn dispute_state(dispute: &Dispute) -> (&'static str, &'static str) {
    match dispute.state {
        DisputeState::Open => ("open", "warning"),
        DisputeState::Won => ("won", "good"),
        DisputeState::Lost => ("lost", "danger"),
    }
}

/// Gives back the price of a purchase, or a part of it.
pub(super) async fn give(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(purchase): Named<EntryId>,
    form: Form,
) -> Result<Response, Failure> {
    let Asked { key, amount, quantity, reason } = Asked::read(&form)?;
    let shared = gateway.shared.clone();
    let (now, noted_at) = (shared.clock.now(), shared.clock.unskewed());
    let write = move |tables: &dyn Tables| {
        let Some(currency) = currency_of(tables, purchase)? else { return Ok(Err(Failure::not_found("purchase"))) };
        let amount = match amount.as_deref().map(|amount| Money::parse(amount, currency)).transpose() {
            Ok(amount) => amount,
            Err(error) => return Ok(Err(Failure::not_that(format!("The amount can’t be read: {error}.")))),
        };
        let wish = Wish { of: purchase, key: key.clone(), amount, reason: reason.clone() };
        let begun = refund_in(tables, &shared, &wish, quantity, now)?;
        let (who, subject) = (Some(visitor.name.as_str()), Some(purchase.to_string()));
        let note = |detail: String| Note { who, action: Action::RefundPurchase, subject, detail: Some(detail) };
        match begun {
            Begun::Refund(refund) => {
                // Why is on the refund, where an erasure finds it.
                note(format!("{} and {} back", refund.amount, items(refund.quantity()))).done(tables, noted_at)?;
                Ok(Ok(()))
            }
            Begun::BadAmount(why) | Begun::BadQuantity(why) => {
                note(why.clone()).refused(tables, noted_at)?;
                Ok(Err(Failure::not_that(why)))
            }
            Begun::NotThere => Ok(Err(Failure::not_found("purchase"))),
            Begun::OtherRequest => {
                let why = "This form was sent before with something else. Load the page again, and see what was done.";
                Ok(Err(Failure::not_that(why)))
            }
        }
    };
    // A failure is an answer here, not an error of the database: what was noted stays.
    gateway.shared.store.write(write).await??;
    Ok(see(&format!("/purchases/{purchase}?done=refunded")))
}

fn items(quantity: u32) -> String {
    if quantity == 1 { "1 item".to_owned() } else { format!("{quantity} items") }
}

fn currency_of(tables: &dyn Tables, purchase: EntryId) -> Result<Option<Currency>, StoreError> {
    let payload = tables.receipt_of(purchase)?;
    payload.map(|payload| Ok(super::purchase::parse(&payload)?.total.currency())).transpose()
}

/// What the form says.
struct Asked {
    key: IdempotencyKey,
    amount: Option<String>,
    quantity: Option<u32>,
    reason: String,
}

impl Asked {
    fn read(form: &Form) -> Result<Self, Failure> {
        let key = IdempotencyKey::new(form.get("key"));
        let key = key.map_err(|_| Failure::not_that("Load the page again, and send the form from there."))?;
        let given = |name: &str| Some(form.get(name).to_owned()).filter(|text| !text.is_empty());
        let quantity = given("quantity").map(|text| text.parse()).transpose();
        let quantity = quantity.map_err(|_| Failure::not_that("How many are taken back must be a whole number."))?;
        let reason = form.get("reason").to_owned();
        if reason.is_empty() || reason.chars().count() > REASON_MAX {
            return Err(Failure::not_that(format!("Say why, in at most {REASON_MAX} characters.")));
        }
        Ok(Asked { key, amount: given("amount"), quantity, reason })
    }
}

/// A name for the refund that a form asks for, so that a form which is sent twice refunds once.
pub(super) fn fresh_key() -> String {
    format!("dashboard-{}", Uuid::now_v7())
}
