//! The receipt of one purchase, for any back end with a JOSE library.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::{AccountId, DeviceId, EntryId, Money, MoneyError, Sku};

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
    /// The price of one.
    pub unit_price: Money,
    /// The price of all.
    pub total: Money,
    /// When it was bought, by the device's trusted time.
    pub purchased_at: Timestamp,
    /// Who got what of the total.
    pub split: Split,
}

impl Document for Receipt {
    const TYPE: &'static str = "farthing-receipt+jwt";
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
    /// What the developer gets.
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
