//! Cards.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::CardId;

/// `POST /v1/cards`: a card for the vault. The number and the CVC go nowhere else.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardRequest {
    /// The PAN, digits only.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32, example = "4242424242424242"))]
    pub number: String,
    /// 1 to 12.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 12))]
    pub expiry_month: u8,
    /// With the century: 2030.
    pub expiry_year: u16,
    /// The card verification code, 3 or 4 digits.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 8, example = "123"))]
    pub cvc: String,
}

impl CardRequest {
    /// Whether the number can be a card's: 12 to 19 digits with the right check digit
    /// (ISO/IEC 7812-1, annex B: the Luhn formula).
    pub fn has_card_number(&self) -> bool {
        let number = &self.number;
        if !(12..=19).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        let digits = number.bytes().rev().map(|byte| u32::from(byte - b'0'));
        let sum: u32 =
            digits.enumerate().map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum();
        sum.is_multiple_of(10)
    }
}

impl std::fmt::Debug for CardRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("card (hidden)")
    }
}

/// A card as anyone but the vault sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Card {
    /// The token that stands for it.
    pub id: CardId,
    /// Who issued it, by its number.
    pub brand: CardBrand,
    /// The last four digits.
    pub last_four: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// With the century.
    pub expiry_year: u16,
}

/// A card's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub enum CardBrand {
    Visa,
    Mastercard,
    AmericanExpress,
    Discover,
    Jcb,
    DinersClub,
    UnionPay,
    #[serde(other)]
    Unknown,
}

/// `POST /v1/payment-methods`: a card that the processor keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentMethodRequest {
    /// The processor's name for it, such as `pm_…`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^pm_[A-Za-z0-9_]{1,252}$"))]
    pub payment_method: String,
}

/// `GET /v1/cards`: the account's cards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardsResponse {
    /// The newest first.
    pub cards: Vec<Card>,
}

/// Why a card was not charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeclineCode {
    /// The bank says no and not why.
    GenericDecline,
    /// The card's account has not enough money.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The card verification code is wrong.
    IncorrectCvc,
    /// The card was reported lost.
    LostCard,
    /// The card was reported stolen.
    StolenCard,
    /// The cardholder did not confirm, or failed to.
    AuthenticationFailed,
    /// The processor failed.
    ProcessingError,
    /// A code that this library does not know yet.
    #[serde(other)]
    Other,
}
