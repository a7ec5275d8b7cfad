//! The vault: card numbers are checked, sealed, and never leave it but for the processor.
//!
//! What leaves is the token that stands for a card, its network, its last four digits and its
//! expiry. The CVC is checked and forgotten.

pub(crate) mod check;

use std::fmt;

use farthing_protocol::CardId;
use farthing_protocol::api::{Card, CardRequest};
use farthing_seal::{SealError, SealKey};
use zeroize::Zeroizing;

use crate::store::StoredCard;

/// A card number (PAN): wiped after use, and never shown.
pub(crate) struct Pan(Zeroizing<String>);

impl Pan {
    pub(crate) fn new(digits: &str) -> Self {
        Pan(Zeroizing::new(digits.to_owned()))
    }

    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card number (hidden)")
    }
}

/// Seals card numbers, each in the place of its own card.
pub(crate) struct Vault {
    key: SealKey,
}

impl Vault {
    pub(crate) fn new(key: SealKey) -> Self {
        Vault { key }
    }

    /// Makes a token for a card that was checked.
    pub(crate) fn tokenize(&self, request: &CardRequest) -> Result<StoredCard, SealError> {
        let id = CardId::generate();
        let number = request.number.as_str();
        let card = Card {
            id,
            brand: check::brand(number),
            last_four: number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
            expiry_month: request.expiry_month,
            expiry_year: request.expiry_year,
        };
        let sealed = self.key.seal(&place(id), number.as_bytes())?;
        Ok(StoredCard { card, sealed })
    }

    /// The number of a card.
    pub(crate) fn open(&self, stored: &StoredCard) -> Result<Pan, SealError> {
        let digits = self.key.open(&place(stored.card.id), &stored.sealed)?;
        let digits = std::str::from_utf8(&digits).map_err(|_| SealError::DoesNotOpen)?;
        Ok(Pan::new(digits))
    }
}

fn place(card: CardId) -> Vec<u8> {
    format!("cards/sealed/{card}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_sealed_in_its_own_place_and_never_shown() {
        let vault = Vault::new(SealKey::generate().unwrap().0);
        let request =
            CardRequest { number: "4242424242424242".into(), expiry_month: 12, expiry_year: 2034, cvc: "987".into() };
        let mut stored = vault.tokenize(&request).unwrap();
        assert_eq!(stored.card.last_four, "4242");
        let number = vault.open(&stored).unwrap();
        assert_eq!(number.digits(), "4242424242424242");
        for shown in [format!("{number:?}"), format!("{request:?}")] {
            assert!(!shown.contains("42424242") && !shown.contains("987"), "{shown}");
        }
        assert!(!stored.sealed.windows(8).any(|bytes| bytes == b"42424242"));
        stored.card.id = CardId::generate();
        assert!(vault.open(&stored).is_err());
    }
}
