//! Whether a card's details can be right: pure checks.

use farthing_protocol::Timestamp;
use farthing_protocol::api::{CardBrand, CardRequest};

use super::Pan;
use crate::processor::sandbox::is_test_card;

/// What is wrong with a card: the member of the request, and a sentence that says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CardFault {
    pub(crate) field: &'static str,
    pub(crate) reason: &'static str,
}

/// Checks a card.
pub(crate) fn check(card: &CardRequest, now: Timestamp) -> Result<(), CardFault> {
    let fault = |field, reason| Err(CardFault { field, reason });
    if !card.has_card_number() {
        return fault("number", "The number has a typing error.");
    }
    if !is_test_card(&Pan::new(&card.number)) {
        return fault("number", "The sandbox takes its documented test cards only, such as 4242 4242 4242 4242.");
    }
    if !(1..=12).contains(&card.expiry_month) {
        return fault("expiry_month", "The month is from 1 to 12.");
    }
    if has_expired(card.expiry_month, card.expiry_year, now) {
        return fault("expiry_year", "The card has expired.");
    }
    if u32::from(card.expiry_year) > year_and_month(now).0 + YEARS_MAX {
        return fault("expiry_year", "No card is good for so long.");
    }
    let cvc_length = if brand(&card.number) == CardBrand::AmericanExpress { 4 } else { 3 };
    if card.cvc.len() != cvc_length || !card.cvc.bytes().all(|byte| byte.is_ascii_digit()) {
        return fault("cvc", "The CVC has 3 digits; 4 for American Express.");
    }
    Ok(())
}

/// Cards are issued for a few years; this leaves room for those that last longest.
const YEARS_MAX: u32 = 50;

/// A card is good to the end of its month.
pub(crate) fn has_expired(month: u8, year: u16, now: Timestamp) -> bool {
    (u32::from(year), u32::from(month)) < year_and_month(now)
}

/// From a time as RFC 3339 writes it; the years of any clock of ours have four digits.
fn year_and_month(time: Timestamp) -> (u32, u32) {
    let date = time.to_string();
    let number = |range| date.get(range).and_then(|digits: &str| digits.parse().ok()).unwrap_or(0);
    (number(0..4), number(5..7))
}

/// The network that a number belongs to, by its first digits (ISO/IEC 7812-1, issuer
/// identification numbers).
pub(crate) fn brand(number: &str) -> CardBrand {
    let starts = |digits: usize| number.get(..digits).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    match (starts(1), starts(2), starts(3), starts(4)) {
        (4, ..) => CardBrand::Visa,
        (_, 51..=55, ..) | (.., 2221..=2720) => CardBrand::Mastercard,
        (_, 34 | 37, ..) => CardBrand::AmericanExpress,
        (.., 6011) | (_, 65, ..) | (_, _, 644..=649, _) => CardBrand::Discover,
        (.., 3528..=3589) => CardBrand::Jcb,
        (_, 36 | 38 | 39, ..) | (_, _, 300..=305, _) => CardBrand::DinersClub,
        (_, 62, ..) => CardBrand::UnionPay,
        _ => CardBrand::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> CardRequest {
        CardRequest { number: "4242424242424242".into(), expiry_month: 2, expiry_year: 2028, cvc: "123".into() }
    }

    fn fault(change: impl FnOnce(&mut CardRequest), now: &str) -> Option<&'static str> {
        let mut card = card();
        change(&mut card);
        check(&card, now.parse().unwrap()).err().map(|fault| fault.field)
    }

    #[test]
    fn a_card_is_good_to_the_end_of_its_month() {
        assert_eq!(fault(|_| {}, "2028-02-29T23:59:59Z"), None);
        assert_eq!(fault(|_| {}, "2028-03-01T00:00:00Z"), Some("expiry_year"));
        assert_eq!(fault(|_| {}, "2029-01-01T00:00:00Z"), Some("expiry_year"));
    }

    #[test]
    fn each_part_that_is_wrong_is_named() {
        let now = "2026-06-01T00:00:00Z";
        for number in ["", "4242", "4242424242424241", "4242 4242 4242 4242", "4111111111111111", "४२४२४२४२४२४२४२४२"]
        {
            assert_eq!(fault(|card| card.number = number.into(), now), Some("number"), "{number}");
        }
        assert_eq!(fault(|card| card.expiry_month = 0, now), Some("expiry_month"));
        assert_eq!(fault(|card| card.expiry_month = 13, now), Some("expiry_month"));
        assert_eq!(fault(|card| card.expiry_year = 28, now), Some("expiry_year"));
        assert_eq!(fault(|card| card.expiry_year = u16::MAX, now), Some("expiry_year"));
        for cvc in ["", "12", "1234", "abc", "१२३"] {
            assert_eq!(fault(|card| card.cvc = cvc.into(), now), Some("cvc"), "{cvc}");
        }
        let amex = |cvc: &str| fault(|card| (card.number, card.cvc) = ("378282246310005".into(), cvc.into()), now);
        assert_eq!((amex("1234"), amex("123")), (None, Some("cvc")));
    }

    #[test]
    fn networks_are_known_by_their_ranges() {
        for (number, expected) in [
            ("4242424242424242", CardBrand::Visa),
            ("5555555555554444", CardBrand::Mastercard),
            ("2223003122003222", CardBrand::Mastercard),
            ("378282246310005", CardBrand::AmericanExpress),
            ("6011111111111117", CardBrand::Discover),
            ("3566002020360505", CardBrand::Jcb),
            ("30569309025904", CardBrand::DinersClub),
            ("6200000000000005", CardBrand::UnionPay),
            ("9999999999999995", CardBrand::Unknown),
        ] {
            assert_eq!(brand(number), expected, "{number}");
        }
    }
}
