//! Cards: the wallet holds the token that stands for one, never its number.

use std::fmt;

use farthing_protocol::api::{self, CardBrand, CardRequest};
use farthing_protocol::{CardId, Timestamp};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::WalletError;

/// Days before its end in which a card counts as expiring: time for a person to add the next.
const EXPIRING_DAYS: i64 = 30;

/// A card's details as the player typed them. They go to the gateway's vault and nowhere else,
/// and are wiped from memory after use.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CardDetails {
    /// The number (PAN); spaces and hyphens are allowed.
    pub number: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// With the century: 2030.
    pub expiry_year: u16,
    /// The card verification code, 3 or 4 digits. It is never stored anywhere.
    pub cvc: String,
}

impl fmt::Debug for CardDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card details (hidden)")
    }
}

/// A card of the player: the token that stands for it, and what a person knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The token.
    pub id: CardId,
    /// Its network.
    pub brand: CardBrand,
    /// The last four digits.
    pub last_four: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// With the century.
    pub expiry_year: u16,
    /// Whether it can still be charged, by trusted time.
    pub state: CardState,
}

/// Whether a card can still be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CardState {
    /// It can be charged.
    Active,
    /// It can be charged for less than 30 more days.
    Expiring,
    /// It can't be charged any more.
    Expired,
}

impl Card {
    pub(crate) fn of(card: api::Card, now: Timestamp) -> Self {
        let state = state(card.expiry_month, card.expiry_year, now);
        let api::Card { id, brand, last_four, expiry_month, expiry_year } = card;
        Card { id, brand, last_four, expiry_month, expiry_year, state }
    }
}

/// A card is good to the end of its month.
fn state(expiry_month: u8, expiry_year: u16, now: Timestamp) -> CardState {
    let now_day = days_since_1970(now);
    match first_day_after(expiry_month, expiry_year) {
        Some(end) if now_day >= end => CardState::Expired,
        Some(end) if now_day >= end - EXPIRING_DAYS => CardState::Expiring,
        Some(_) => CardState::Active,
        None => CardState::Expired,
    }
}

fn days_since_1970(time: Timestamp) -> i64 {
    time.as_second().div_euclid(86_400)
}

/// The first day of the month after, in days since 1970.
fn first_day_after(month: u8, year: u16) -> Option<i64> {
    let (year, month) = if month == 12 { (year.checked_add(1)?, 1) } else { (year, month.checked_add(1)?) };
    let midnight: Timestamp = format!("{year:04}-{month:02}-01T00:00:00Z").parse().ok()?;
    Some(days_since_1970(midnight))
}

/// Checks what can be checked without asking anyone, so that a slip of the finger is told at once.
pub(crate) fn request(details: &CardDetails, now: Timestamp) -> Result<CardRequest, WalletError> {
    let invalid = |field: &str| WalletError::CardInvalid { field: field.to_owned() };
    // Room for all of it at once: a string that grows leaves copies behind.
    let mut number = String::with_capacity(details.number.len());
    number.extend(details.number.chars().filter(|c| !matches!(c, ' ' | '-')));
    // The request wipes it.
    let request = CardRequest {
        number,
        expiry_month: details.expiry_month,
        expiry_year: details.expiry_year,
        cvc: details.cvc.trim().to_owned(),
    };
    if !request.has_card_number() {
        return Err(invalid("number"));
    }
    if !(1..=12).contains(&request.expiry_month) {
        return Err(invalid("expiry_month"));
    }
    if state(request.expiry_month, request.expiry_year, now) == CardState::Expired {
        return Err(invalid("expiry_year"));
    }
    if !(3..=4).contains(&request.cvc.len()) || !request.cvc.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("cvc"));
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> CardDetails {
        CardDetails { number: "4242 4242 4242 4242".into(), expiry_month: 2, expiry_year: 2028, cvc: "123".into() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_card_is_good_to_the_last_day_of_its_month() {
        for (now, expected) in [
            ("2028-01-30T23:59:59Z", CardState::Active),
            ("2028-01-31T00:00:00Z", CardState::Expiring),
            ("2028-02-29T23:59:59Z", CardState::Expiring),
            ("2028-03-01T00:00:00Z", CardState::Expired),
        ] {
            assert_eq!(state(2, 2028, at(now)), expected, "{now}");
        }
        assert_eq!(state(12, 2027, at("2027-12-31T12:00:00Z")), CardState::Expiring);
        assert_eq!(state(12, u16::MAX, at("2027-12-31T12:00:00Z")), CardState::Expired);
    }

    #[test]
    fn a_slip_of_the_finger_is_named() {
        let now = at("2026-01-01T00:00:00Z");
        assert_eq!(request(&details(), now).unwrap().number, "4242424242424242");
        let wrong = |change: fn(&mut CardDetails)| {
            let mut details = details();
            change(&mut details);
            match request(&details, now) {
                Err(WalletError::CardInvalid { field }) => field,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wrong(|card| card.number = "4242424242424241".into()), "number");
        assert_eq!(wrong(|card| card.number = "4242".into()), "number");
        assert_eq!(wrong(|card| card.number.push('x')), "number");
        assert_eq!(wrong(|card| card.expiry_month = 13), "expiry_month");
        assert_eq!(wrong(|card| card.expiry_month = 0), "expiry_month");
        assert_eq!(wrong(|card| card.expiry_year = 2025), "expiry_year");
        assert_eq!(wrong(|card| card.expiry_year = 28), "expiry_year");
        assert_eq!(wrong(|card| card.cvc = "12".into()), "cvc");
        assert_eq!(wrong(|card| card.cvc = "12a".into()), "cvc");
    }

    #[test]
    fn no_digit_is_ever_shown() {
        let shown = format!("{:?} {:?}", details(), request(&details(), at("2026-01-01T00:00:00Z")));
        assert!(!shown.contains("4242") && !shown.contains("123"), "{shown}");
    }
}
