//! The receipt of one purchase, for any back end with a JOSE library.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::{AccountId, Content, DeviceId, EntryId, Money, MoneyError, PassPeriod, Sku, Tip};

/// What a receipt says. Its claims `iss`, `sub`, `jti` and `iat` are those of RFC 7519, so
/// that any JWT library checks them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The gateway that settled the purchase.
    pub iss: String,
    /// The account that paid.
    pub sub: AccountId,
    /// The purchase: grant once for each.
    pub jti: EntryId,
    /// When it was settled, in seconds since 1970.
    pub iat: i64,
    /// Whether real money moved. A back end in production accepts `live` only.
    pub environment: Environment,
    /// Who sold the item.
    pub merchant: String,
    /// The device that bought it.
    pub device: DeviceId,
    /// What was bought.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of one; where it is `metered`, of as many units as that says.
    pub unit_price: Money,
    /// The price of all.
    pub total: Money,
    /// Where units of a metered item were used: what the meter had come to. Nothing was bought then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metered: Option<MeterReading>,
    /// Where a creator was tipped: who got it, and what was said. Nothing was bought then; `sku` is `tip:` and the creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<Tip>,
    /// Where it is a bundle: what is in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<Content>,
    /// Where it is a pass, or has some in it: from when to when this purchase lets the player have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<PassPeriod>,
    /// Where it is a currency pack: what all of it credits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<Money>,
    /// When it was bought, by the device's trusted time.
    pub purchased_at: Timestamp,
    /// Who got what of the total.
    pub split: Split,
    /// The tax that is in the total, where the operator says so. It is part of the price, and of nobody's share more
    /// than of another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
}

impl Document for Receipt {
    const TYPE: &'static str = "farthing-receipt+jwt";
}

/// The tax that is in a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tax {
    /// Where the player lives, as the merchant says: two letters (ISO 3166-1).
    pub country: String,
    /// The rate, in millionths: 190,000 are 19 %.
    pub per_million: u32,
    /// How much of the total it is, to the micro.
    pub amount: Money,
}

/// What a meter had come to with the units of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeterReading {
    /// How many units the receipt's `unit_price` is for.
    pub per_units: u32,
    /// All units on this device since the price last changed.
    pub total_units: u64,
    /// What those cost.
    pub total: Money,
}

/// Whether real money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Environment {
    /// Test cards, no real money.
    Sandbox,
    /// Real money.
    Live,
}

/// Who got what of a price. The three always sum to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The share of the card charge's fee that falls on this purchase.
    pub processor: Money,
    /// The platform's share.
    pub platform: Money,
    /// What the developer gets; of a tip, what the creator gets.
    pub developer: Money,
}

impl Split {
    /// The sum of the shares.
    ///
    /// # Errors
    /// [`MoneyError`] when the shares are of several currencies or out of range.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.processor.plus(self.platform)?.plus(self.developer)
    }
}
