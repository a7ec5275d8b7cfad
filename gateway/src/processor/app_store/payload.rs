//! What the App Store signs, as far as it matters here
//! (<https://developer.apple.com/documentation/appstoreserverapi/jwstransactiondecodedpayload>,
//! <https://developer.apple.com/documentation/appstoreservernotifications/responsebodyv2decodedpayload>).

use farthing_protocol::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::clock::from_milliseconds;
use crate::store_top_up::{Part, WHOLE};

/// A purchase, as the store signed it at some time.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    /// Its name; a purchase that is handed over again has the same.
    pub(crate) transaction_id: String,
    pub(super) bundle_id: String,
    pub(super) environment: String,
    pub(crate) product_id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default = "one")]
    pub(crate) quantity: u32,
    #[serde(default)]
    pub(super) in_app_ownership_type: Option<String>,
    /// For whom the app said that it was bought.
    #[serde(default)]
    pub(crate) app_account_token: Option<String>,
    signed_date: i64,
    #[serde(default)]
    revocation_date: Option<i64>,
    #[serde(default)]
    revocation_type: Option<String>,
    #[serde(default)]
    revocation_percentage: Option<u32>,
}

fn one() -> u32 {
    1
}

impl Transaction {
    pub(crate) fn signed_at(&self) -> Timestamp {
        from_milliseconds(self.signed_date)
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.revocation_date.is_some()
    }

    /// How much of the price has gone back, where it is refunded. Apple counts in thousandths of a per cent.
    pub(crate) fn refunded_part(&self) -> Part {
        let is_prorated = self.revocation_type.as_deref() == Some("REFUND_PRORATED");
        match self.revocation_percentage {
            Some(percentage) if is_prorated => percentage.min(WHOLE),
            _ => WHOLE,
        }
    }

    /// Why it is no pack that someone has paid for.
    pub(crate) fn is_not_sold(&self) -> Option<&'static str> {
        if self.kind != "Consumable" {
            return Some("it is not a consumable, and a pack of balance is");
        }
        if self.in_app_ownership_type.as_deref().is_some_and(|ownership| ownership != "PURCHASED") {
            return Some("it was bought by another of the family");
        }
        None
    }
}

/// What the store tells by itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    pub(super) notification_type: String,
    #[serde(rename = "notificationUUID")]
    pub(super) notification_uuid: Uuid,
    pub(super) signed_date: i64,
    #[serde(default)]
    pub(super) data: Option<Data>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Data {
    #[serde(default)]
    pub(super) bundle_id: Option<String>,
    #[serde(default)]
    pub(super) environment: Option<String>,
    #[serde(default)]
    pub(super) signed_transaction_info: Option<String>,
}

/// What the store tells of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The price went back to the player, whole or in part.
    Refunded,
    /// It was taken from the player again.
    RefundReversed,
    /// The player wants it back, and the store asks how much was used.
    ConsumptionAsked,
    /// Nothing that matters here.
    Other,
}

impl Told {
    pub(super) fn named(notification_type: &str) -> Self {
        match notification_type {
            "REFUND" => Told::Refunded,
            "REFUND_REVERSED" => Told::RefundReversed,
            "CONSUMPTION_REQUEST" => Told::ConsumptionAsked,
            _ => Told::Other,
        }
    }
}

/// A message that is the store's, about a purchase of this app.
#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub(crate) id: Uuid,
    pub(crate) told: Told,
    pub(crate) at: Timestamp,
    pub(crate) transaction: Option<Transaction>,
}
