//! The vault: card numbers are checked, sealed, and never leave it but for the processor.
//!
//! What leaves is the token that stands for a card, its network, its last four digits and its
//! expiry. The CVC is checked and forgotten.

pub(crate) mod check;

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use farthing_protocol::api::{Card, CardRequest};
use farthing_protocol::{CardId, KeyError, Timestamp};
use farthing_seal::{SealError, SealKey};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::store::{Endpoint, StoreError, StoredCard};

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

/// Bytes of a webhook's secret: the standard asks for 24 to 64.
const WEBHOOK_SECRET_BYTES: usize = 32;

impl Vault {
    /// A new webhook endpoint, and its secret in the standard's form.
    pub(crate) fn new_webhook_endpoint(&self, url: String, now: Timestamp) -> Result<(Endpoint, String), StoreError> {
        let mut secret = Zeroizing::new([0; WEBHOOK_SECRET_BYTES]);
        SystemRandom::new().fill(secret.as_mut()).map_err(|_| StoreError::Keys(KeyError::CannotSign.into()))?;
        let id = Uuid::now_v7();
        let sealed = self.key.seal(&webhook_place(id), secret.as_ref())?;
        let shown = format!("whsec_{}", BASE64_STANDARD.encode(secret.as_ref()));
        Ok((Endpoint { id, url, secret: sealed, created_at: now }, shown))
    }

    /// What signs the messages to an endpoint.
    pub(crate) fn open_webhook_secret(&self, endpoint: &Endpoint) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.key.open(&webhook_place(endpoint.id), &endpoint.secret)
    }
}

fn webhook_place(endpoint: Uuid) -> Vec<u8> {
    format!("webhook_endpoints/secret/{endpoint}").into_bytes()
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
