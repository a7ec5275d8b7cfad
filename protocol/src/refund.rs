//! The receipt of one refund of a purchase, for wallets and for any back end with a JOSE library.

use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::{AccountId, DeviceId, EntryId, Environment, Money, RefundId, Sku, Split};

/// What a refund receipt says. Its claims `iss`, `sub`, `jti` and `iat` are those of RFC 7519.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReceipt {
    /// The gateway that gave the money back.
    pub iss: String,
    /// The account that got it.
    pub sub: AccountId,
    /// The refund: take back once for each.
    pub jti: RefundId,
    /// When, in seconds since 1970.
    pub iat: i64,
    /// Whether real money moved.
    pub environment: Environment,
    /// Who had sold the item.
    pub merchant: String,
    /// The device that had bought it.
    pub device: DeviceId,
    /// The purchase: `jti` of its receipt.
    pub purchase: EntryId,
    /// Which refund of the account it is: they count from 1 without a gap, so that a device hears of each once.
    pub number: u64,
    /// What had been bought.
    pub sku: Sku,
    /// How many are taken back, as far as they are not used; 0 where the player keeps them.
    pub quantity: u32,
    /// How much of the price went back into the balance this time.
    pub amount: Money,
    /// Whether a part of the price has not gone back, with this refund and those before.
    pub partial: bool,
    /// Who gave back what of the amount.
    pub split: Split,
    /// Why, in the merchant's words.
    pub reason: String,
}

impl Document for RefundReceipt {
    const TYPE: &'static str = "farthing-refund+jwt";
}
