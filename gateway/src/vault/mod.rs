//! The vault: card numbers are checked, sealed, and never leave it but for the processor. Where the processor keeps the
//! numbers, the vault has its names for them, sealed alike.
//!
//! What leaves is the token that stands for a card, its network, its last four digits and its
//! expiry. The CVC is checked and forgotten.
//!
//! The vault has one key or, after a rotation, several: what is new is sealed by the latest one that is in use, and
//! what is old is sealed anew by it, beside the requests ([`rewrap`]).

pub(crate) mod check;
pub(crate) mod rewrap;

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use farthing_protocol::api::{Card, CardRequest};
use farthing_protocol::{CardId, KeyError, Timestamp};
use farthing_seal::{SealError, SealKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::keys::KeysError;
use crate::store::{Endpoint, Sealed, StoreError, StoredCard, Tables};

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

/// What a processor charges: what the vault has in the place of a card.
#[derive(Debug)]
pub(crate) enum Instrument {
    /// A card's number, which this gateway was given.
    Number(Pan),
    /// A card that the processor keeps.
    PaymentMethod(PaymentMethod),
}

impl Instrument {
    pub(crate) fn is_same_card(&self, other: &Instrument) -> bool {
        match (self, other) {
            (Instrument::Number(one), Instrument::Number(other)) => one.digits() == other.digits(),
            (Instrument::PaymentMethod(one), Instrument::PaymentMethod(other)) => one.fingerprint == other.fingerprint,
            _ => false,
        }
    }
}

/// A card that the processor keeps, by the processor's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    /// Such as `pm_…`.
    pub(crate) name: String,
    /// Whose it is, such as `cus_…`.
    pub(crate) customer: String,
    /// The same for the same card number.
    pub(crate) fingerprint: String,
}

/// A key that seals from some time on, until the next one does. It opens what it has sealed for ever.
pub(crate) struct VaultKey {
    pub(crate) number: u32,
    pub(crate) used_from: Timestamp,
    /// Its file.
    pub(crate) path: PathBuf,
    /// Not there where its file is gone.
    pub(crate) key: Option<SealKey>,
}

impl VaultKey {
    fn key(&self) -> Result<&SealKey, KeysError> {
        self.key.as_ref().ok_or_else(|| KeysError::Missing { path: self.path.clone() })
    }
}

/// Seals card numbers, each in the place of its own card.
pub(crate) struct Vault {
    /// The oldest first.
    keys: Vec<VaultKey>,
    clock: Clock,
}

impl Vault {
    pub(crate) fn new(keys: Vec<VaultKey>, clock: Clock) -> Self {
        Vault { keys, clock }
    }

    /// The key that seals now.
    fn current(&self) -> Result<&VaultKey, StoreError> {
        let now = self.clock.now();
        let in_use = self.keys.iter().rev().find(|key| key.used_from <= now).or(self.keys.first());
        in_use.ok_or(StoreError::NoVaultKey(1))
    }

    pub(crate) fn seal(&self, place: &[u8], value: &[u8]) -> Result<Sealed, StoreError> {
        let current = self.current()?;
        Ok(Sealed { vault_key: current.number, bytes: current.key()?.seal(place, value)? })
    }

    pub(crate) fn unseal(&self, place: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let key = self.keys.iter().find(|key| key.number == sealed.vault_key);
        let key = key.ok_or(StoreError::NoVaultKey(sealed.vault_key))?.key()?;
        Ok(key.open(place, &sealed.bytes)?)
    }

    /// Makes sure that what was sealed a moment ago may be kept: a key that another process has retired meanwhile
    /// must not be needed again.
    pub(crate) fn require_in_use(tables: &dyn Tables, sealed: &Sealed) -> Result<(), StoreError> {
        let is_retired = tables.vault_key(sealed.vault_key)?.is_some_and(|key| key.is_retired);
        if is_retired { Err(StoreError::NoVaultKey(sealed.vault_key)) } else { Ok(()) }
    }

    /// Makes a token for a card that was checked.
    pub(crate) fn tokenize(&self, request: &CardRequest) -> Result<StoredCard, StoreError> {
        let id = CardId::generate();
        let number = request.number.as_str();
        let card = Card {
            id,
            brand: check::brand(number),
            last_four: number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
            expiry_month: request.expiry_month,
            expiry_year: request.expiry_year,
        };
        let sealed = self.seal(&place(id), number.as_bytes())?;
        Ok(StoredCard { card, sealed })
    }

    /// Makes a token for a card that the processor keeps.
    pub(crate) fn keep(&self, card: Card, method: &PaymentMethod) -> Result<StoredCard, StoreError> {
        let method = serde_json::to_vec(method).map_err(|_| SealError::DoesNotOpen)?;
        let sealed = self.seal(&place(card.id), &method)?;
        Ok(StoredCard { card, sealed })
    }

    /// What a card is charged by.
    pub(crate) fn open(&self, stored: &StoredCard) -> Result<Instrument, StoreError> {
        let opened = self.unseal(&place(stored.card.id), &stored.sealed)?;
        if opened.first() == Some(&b'{') {
            let method = serde_json::from_slice(&opened).map_err(|_| SealError::DoesNotOpen)?;
            return Ok(Instrument::PaymentMethod(method));
        }
        let digits = std::str::from_utf8(&opened).map_err(|_| SealError::DoesNotOpen)?;
        Ok(Instrument::Number(Pan::new(digits)))
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
        let sealed = self.seal(&webhook_place(id), secret.as_ref())?;
        let shown = format!("whsec_{}", BASE64_STANDARD.encode(secret.as_ref()));
        Ok((Endpoint { id, url, secret: sealed, created_at: now }, shown))
    }

    /// What signs the messages to an endpoint.
    pub(crate) fn open_webhook_secret(&self, endpoint: &Endpoint) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.unseal(&webhook_place(endpoint.id), &endpoint.secret)
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

    fn vault() -> Vault {
        let key = Some(SealKey::generate().unwrap().0);
        let path = PathBuf::from("vault.key");
        Vault::new(vec![VaultKey { number: 1, used_from: Timestamp::UNIX_EPOCH, path, key }], Clock::system())
    }

    #[test]
    fn a_card_that_the_processor_keeps_is_known_by_its_names_there() {
        let vault = vault();
        let card = Card {
            id: CardId::generate(),
            brand: farthing_protocol::api::CardBrand::Visa,
            last_four: "4242".into(),
            expiry_month: 12,
            expiry_year: 2034,
        };
        let method = PaymentMethod { name: "pm_1".into(), customer: "cus_1".into(), fingerprint: "f".into() };
        let stored = vault.keep(card, &method).unwrap();
        assert!(matches!(vault.open(&stored).unwrap(), Instrument::PaymentMethod(opened) if opened == method));
    }

    #[test]
    fn a_number_is_sealed_in_its_own_place_and_never_shown() {
        let vault = vault();
        let request =
            CardRequest { number: "4242424242424242".into(), expiry_month: 12, expiry_year: 2034, cvc: "987".into() };
        let mut stored = vault.tokenize(&request).unwrap();
        assert_eq!(stored.card.last_four, "4242");
        let Instrument::Number(number) = vault.open(&stored).unwrap() else { panic!("another instrument") };
        assert_eq!(number.digits(), "4242424242424242");
        for shown in [format!("{number:?}"), format!("{request:?}")] {
            assert!(!shown.contains("42424242") && !shown.contains("987"), "{shown}");
        }
        assert!(!stored.sealed.bytes.windows(8).any(|bytes| bytes == b"42424242"));
        stored.card.id = CardId::generate();
        assert!(vault.open(&stored).is_err());
    }
}
