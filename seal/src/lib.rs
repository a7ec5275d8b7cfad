//! Encryption at rest, and nothing else: a value is sealed with AES-256-GCM (NIST SP 800-38D)
//! and bound to the place where it is kept, so that it opens there and nowhere else.
//!
//! ```
//! use farthing_seal::{SealError, SealKey};
//!
//! let (key, _secret) = SealKey::generate()?;
//! let sealed = key.seal(b"cards/7", b"4242")?;
//! assert_eq!(key.open(b"cards/7", &sealed)?.as_slice(), b"4242");
//! assert_eq!(key.open(b"cards/8", &sealed), Err(SealError::DoesNotOpen));
//! # Ok::<(), SealError>(())
//! ```
//!
//! A sealed value is `nonce (12 bytes) || ciphertext || tag (16 bytes)`. Nonces are random:
//! one key may seal 2³² values (SP 800-38D, section 8.3), far beyond what a wallet writes.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;

/// A key that seals and opens values.
pub struct SealKey {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Why a value can't be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A key has [`KEY_LENGTH`] bytes.
    #[error("a seal key has {KEY_LENGTH} bytes")]
    WrongKeyLength,
    /// The value was changed, was sealed for another place, or by another key.
    #[error("the value was changed, moved from its place, or sealed by another key")]
    DoesNotOpen,
    /// The machine's random source failed.
    #[error("the random source of the machine failed")]
    NoRandomness,
}

impl SealKey {
    /// Makes a key; returns its bytes for safe keeping, wiped when dropped.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), SealError> {
        let mut secret = Zeroizing::new(vec![0; KEY_LENGTH]);
        SystemRandom::new().fill(&mut secret).map_err(|_| SealError::NoRandomness)?;
        Ok((SealKey::from_bytes(&secret)?, secret))
    }

    /// A key that was made before.
    ///
    /// # Errors
    /// [`SealError::WrongKeyLength`].
    pub fn from_bytes(secret: &[u8]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, secret).map_err(|_| SealError::WrongKeyLength)?;
        Ok(SealKey { key: LessSafeKey::new(key), random: SystemRandom::new() })
    }

    /// Seals a value for one place. `place` is authenticated, not kept: it must be said again
    /// to open the value.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn seal(&self, place: &[u8], value: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + value.len() + TAG_LENGTH);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(value);
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed[NONCE_LEN..])
            .map_err(|_| SealError::NoRandomness)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens a value that was sealed for this place. It is wiped from memory when dropped.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`]; nothing of the value is returned then.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::DoesNotOpen)?;
        let mut value = Zeroizing::new(ciphertext.to_vec());
        let length =
            self.key.open_in_place(nonce, Aad::from(place), &mut value).map_err(|_| SealError::DoesNotOpen)?.len();
        value.truncate(length);
        Ok(value)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seal key (hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_byte_is_found() {
        let (key, _) = SealKey::generate().unwrap();
        let sealed = key.seal(b"place", b"a quarter").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(b"place", &changed), Err(SealError::DoesNotOpen), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(b"place", &sealed[..length]), Err(SealError::DoesNotOpen));
        }
    }

    #[test]
    fn a_value_opens_only_in_its_place_by_its_key() {
        let (key, secret) = SealKey::generate().unwrap();
        let sealed = key.seal(b"here", b"value").unwrap();
        assert_eq!(SealKey::from_bytes(&secret).unwrap().open(b"here", &sealed).unwrap().as_slice(), b"value");
        assert!(key.open(b"there", &sealed).is_err());
        assert!(SealKey::generate().unwrap().0.open(b"here", &sealed).is_err());
        assert_eq!(SealKey::from_bytes(&secret[1..]).unwrap_err(), SealError::WrongKeyLength);
    }
}
