//! What money is counted in: an ISO 4217 currency, or a virtual currency of the merchant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A currency: ISO 4217 (`USD`) or a merchant's virtual one (`gems`).
///
/// The two can't be mixed up in text: an ISO code is three upper-case letters, a virtual
/// code starts with a lower-case letter.
///
/// ```
/// use farthing_protocol::Currency;
///
/// let dollars: Currency = "USD".parse()?;
/// assert_eq!(dollars.exponent(), Some(2));
///
/// let gems: Currency = "gems".parse()?;
/// assert_eq!(gems.exponent(), None); // declared in the merchant's catalog
/// # Ok::<(), farthing_protocol::CurrencyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(Code);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Code {
    Iso(iso_currency::Currency),
    Virtual(VirtualCode),
}

/// At most 16 bytes, so that a [`Currency`] can be copied like a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct VirtualCode {
    bytes: [u8; VirtualCode::LENGTH_MAX],
    length: u8,
}

impl VirtualCode {
    const LENGTH_MIN: usize = 2;
    /// Long enough for a name that players know, short enough to be kept in place.
    const LENGTH_MAX: usize = 16;

    fn as_str(&self) -> &str {
        // Only ASCII is ever stored, so this never falls back.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

/// A text that names no currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{code:?} is no currency: use an ISO 4217 code such as \"USD\", or a virtual currency's code of 2 to 16 \
     lower-case letters, digits and underscores that starts with a letter, such as \"gems\""
)]
pub struct CurrencyError {
    /// The text that was given, cut to a readable length.
    pub code: String,
}

impl Currency {
    /// The US dollar.
    pub const USD: Currency = Currency(Code::Iso(iso_currency::Currency::USD));
    /// The euro.
    pub const EUR: Currency = Currency(Code::Iso(iso_currency::Currency::EUR));
    /// The Japanese yen, which has no minor unit.
    pub const JPY: Currency = Currency(Code::Iso(iso_currency::Currency::JPY));

    /// The number of decimals of the minor unit by ISO 4217: 2 for `USD`, 0 for `JPY`.
    /// `None` for a virtual currency, whose exponent the merchant's catalog declares.
    pub fn exponent(&self) -> Option<u32> {
        match self.0 {
            Code::Iso(iso) => iso.exponent().map(u32::from),
            Code::Virtual(_) => None,
        }
    }

    /// Whether this is a merchant's own currency rather than one of ISO 4217.
    pub fn is_virtual(&self) -> bool {
        matches!(self.0, Code::Virtual(_))
    }

    /// The code: `USD`, `gems`.
    pub fn code(&self) -> &str {
        match &self.0 {
            Code::Iso(iso) => iso.code(),
            Code::Virtual(code) => code.as_str(),
        }
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let refused = || CurrencyError { code: code.chars().take(32).collect() };
        if let Some(iso) = iso_currency::Currency::from_code(code) {
            // Gold, test codes and "no currency" are in ISO 4217 too, but have no minor unit.
            iso.exponent().ok_or_else(refused)?;
            return Ok(Currency(Code::Iso(iso)));
        }
        let bytes = code.as_bytes();
        let well_formed = (VirtualCode::LENGTH_MIN..=VirtualCode::LENGTH_MAX).contains(&bytes.len())
            && bytes[0].is_ascii_lowercase()
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_');
        if !well_formed {
            return Err(refused());
        }
        let mut padded = [0; VirtualCode::LENGTH_MAX];
        padded[..bytes.len()].copy_from_slice(bytes);
        Ok(Currency(Code::Virtual(VirtualCode { bytes: padded, length: bytes.len() as u8 })))
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_and_virtual_codes_survive_a_round_trip() {
        for code in ["USD", "EUR", "JPY", "BHD", "gems", "gold_2", "ab", "a234567890123456"] {
            assert_eq!(code.parse::<Currency>().unwrap().to_string(), code);
        }
    }

    #[test]
    fn what_is_no_currency_is_refused() {
        for code in ["", "usd$", "US", "XAU", "XXX", "Gems", "1up", "_x", "a", "a2345678901234567", "gé", "ZZZ"] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
    }

    #[test]
    fn exponents_come_from_the_standard() {
        assert_eq!(Currency::USD.exponent(), Some(2));
        assert_eq!(Currency::JPY.exponent(), Some(0));
        assert_eq!("BHD".parse::<Currency>().unwrap().exponent(), Some(3));
        assert_eq!("gems".parse::<Currency>().unwrap().exponent(), None);
    }
}
