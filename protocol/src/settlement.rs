//! The gateway's signed answers: what became of each entry, and how the account stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::{
    AccountId, DeviceId, Digest, Drawn, IdempotencyKey, JournalPosition, MeterTotals, Money, PassPeriod, Pricing, Sku,
    Thumbprint,
};

/// The gateway's answer to a batch. Only this, verified, lets the wallet forget an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Whose batch.
    pub device: DeviceId,
    /// The epoch of the chain.
    pub epoch: u32,
    /// The first entry that it answers; `outcomes` follow from there.
    pub first_seq: u64,
    /// The SHA-256 of the last entry that it answers.
    pub head: Digest,
    /// What became of each entry, in order.
    pub outcomes: Vec<Outcome>,
    /// How the account stands after it.
    pub statement: Statement,
}

impl Document for Settlement {
    const TYPE: &'static str = "farthing-settlement+jwt";
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It stands, for ever.
    Settled {
        /// The SHA-256 of the receipt's payload, for a purchase.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Digest>,
    },
    /// It never counted: it leaves the running totals on both sides.
    Rejected {
        /// Why.
        reason: RejectionReason,
    },
}

/// Why the gateway rejects an entry. An honest wallet never meets one of them: it judges
/// by the same signed allowance and catalog before it grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RejectionReason {
    /// The entry can't be read by this gateway.
    Malformed,
    /// The catalog version was never published to this merchant's devices.
    UnknownCatalog,
    /// The catalog version has no such item.
    UnknownItem,
    /// The price is not the catalog's, or what is had for it is not.
    WrongPrice,
    /// The quantity is nothing, or more than can be bought at once.
    WrongQuantity,
    /// The allowance version was never issued, or is older than the one named before.
    UnknownAllowance,
    /// It happened after the allowance had expired, or came after its last settlement date.
    AllowanceExpired,
    /// It is above what one purchase may cost.
    AbovePurchaseMax,
    /// It is beyond the sum or the count of the allowance, or beyond the day's cap of a meter.
    AllowanceExceeded,
    /// The limits of the player or a guardian leave less.
    SpendingLimitReached,
    /// It needed a guardian's approval.
    ApprovalRequired,
    /// The merchant has registered no such creator.
    UnknownCreator,
    /// The gateway has a reason that this library does not know yet.
    #[serde(other)]
    Other,
}

/// How an account stands, seen from one of its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Whose money.
    pub account: AccountId,
    /// The device that it is made for.
    pub device: DeviceId,
    /// The device's key, so that an enrolment can't be answered with that of another. Those that wallets of the first
    /// days have kept are without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Thumbprint>,
    /// Counts up with each change of the account, so that an older statement is known as such.
    pub revision: u64,
    /// When it was made, by the gateway's clock.
    pub issued_at: Timestamp,
    /// Whether the device may go on.
    pub device_state: DeviceState,
    /// What is reserved for no device, for each currency.
    pub available: Vec<Money>,
    /// Up to where the device's journal is settled.
    pub journal: JournalPosition,
    /// What has been settled against the device's allowances, for each currency.
    pub drawn: Vec<Drawn>,
    /// How many refunds of purchases the account has had: a device that has heard of fewer asks for the others. Those
    /// that gateways of the first days have signed are without.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refunds: u64,
    /// What the device's meters have come to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meters: Vec<MeterTotals>,
    /// How long the device's passes last, by what is settled and refunded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<PassPeriod>,
    /// Which of the catalog's prices hold for the account, until an allowance says so.
    #[serde(default, skip_serializing_if = "Pricing::is_usual")]
    pub pricing: Pricing,
    /// The account's charges that a cardholder's bank has taken back, the newest first, at most
    /// [`DISPUTED_CHARGES_MAX`](crate::limits::DISPUTED_CHARGES_MAX). One that the bank lets stand after all is not among
    /// them any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputed: Vec<DisputedCharge>,
    /// The durable items that the account owns, on whichever of its devices they were bought, by what is settled and not
    /// taken back. Sorted, and at most [`DURABLES_MAX`](crate::limits::DURABLES_MAX).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub durables: Vec<Sku>,
}

/// A charge of a top-up or a tab that the cardholder's bank has taken back: until it has decided, or for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedCharge {
    /// The key under which the top-up or the tab was asked for.
    pub idempotency_key: IdempotencyKey,
    /// What went out of the balance for it: as much of the charge as was neither spent nor reserved for a device.
    pub held: Money,
    /// Whether the bank keeps the money. Until it has decided, it may come back.
    pub is_lost: bool,
}

fn is_none(refunds: &u64) -> bool {
    *refunds == 0
}

impl Document for Statement {
    const TYPE: &'static str = "farthing-statement+jwt";
}

/// Whether a device may spend and settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeviceState {
    /// All is well.
    Active,
    /// Two different journals were seen from it: a restored backup or a clone. What was
    /// settled stands; it has to be enrolled anew.
    Frozen {
        /// The entry at which the two journals part.
        fork_seq: u64,
    },
    /// It was given up by its owner or the operator.
    Revoked,
    /// Its account was erased: nothing of it can be spent any more.
    Erased,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_of_the_first_days_is_read_and_written_as_it_was() {
        let text = format!(
            r#"{{"account":"{}","device":"{}","revision":1,"issued_at":"2026-01-01T00:00:00Z","device_state":{{"state":"active"}},"available":[],"journal":{{"epoch":1,"seq":0,"head":"{}"}},"drawn":[]}}"#,
            AccountId::from_bytes([1; 16]),
            DeviceId::from_bytes([2; 16]),
            Digest::of(b"head"),
        );
        let statement: Statement = serde_json::from_str(&text).unwrap();
        assert_eq!((statement.durables.len(), serde_json::to_string(&statement).unwrap()), (0, text));
        let lantern = Statement { durables: vec![Sku::new("lantern").unwrap()], ..statement };
        assert!(serde_json::to_string(&lantern).unwrap().ends_with(r#","durables":["lantern"]}"#));
    }

    #[test]
    fn a_reason_from_the_future_is_still_a_rejection() {
        let outcome: Outcome = serde_json::from_str(r#"{"outcome":"rejected","reason":"moon_phase"}"#).unwrap();
        assert_eq!(outcome, Outcome::Rejected { reason: RejectionReason::Other });
    }
}
