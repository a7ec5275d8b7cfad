//! Cards.

use std::fmt;

use farthing_core as core;

use crate::convert::same_enum;

/// A card's details as the player typed them; the core wipes them after use.
#[derive(Clone, uniffi::Record)]
pub struct CardDetails {
    /// The number (PAN).
    pub number: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// With the century.
    pub expiry_year: u16,
    /// The card verification code.
    pub cvc: String,
}

impl fmt::Debug for CardDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card details (hidden)")
    }
}

/// A card that the vault does not have yet.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum NewCard {
    /// Its number, as the player typed it.
    Number {
        /// All of it.
        details: CardDetails,
    },
    /// The gateway's processor has the number.
    PaymentMethod {
        /// The processor's name for it.
        name: String,
    },
}

/// A card of the player.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Card {
    /// The token.
    pub id: String,
    /// Its network.
    pub brand: CardBrand,
    /// The last four digits.
    pub last_four: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// With the century.
    pub expiry_year: u16,
    /// Whether it can still be charged.
    pub state: CardState,
}

same_enum! {
    /// A card's network.
    CardBrand = core::CardBrand {
        /// Visa.
        Visa,
        /// Mastercard.
        Mastercard,
        /// American Express.
        AmericanExpress,
        /// Discover.
        Discover,
        /// JCB.
        Jcb,
        /// Diners Club.
        DinersClub,
        /// UnionPay.
        UnionPay,
        /// One that this library does not know.
        Unknown,
    } else Unknown
}

same_enum! {
    /// Whether a card can still be charged.
    CardState = core::CardState {
        /// It can be charged.
        Active,
        /// It can be charged for less than 30 more days.
        Expiring,
        /// It can't be charged any more.
        Expired,
    } else Expired
}

impl From<CardDetails> for core::CardDetails {
    fn from(details: CardDetails) -> Self {
        let CardDetails { number, expiry_month, expiry_year, cvc } = details;
        core::CardDetails { number, expiry_month, expiry_year, cvc }
    }
}

impl From<core::Card> for Card {
    fn from(card: core::Card) -> Self {
        Card {
            id: card.id.to_string(),
            brand: card.brand.into(),
            last_four: card.last_four,
            expiry_month: card.expiry_month,
            expiry_year: card.expiry_year,
            state: card.state.into(),
        }
    }
}
