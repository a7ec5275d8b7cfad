//! Passwords: argon2id with the parameters that OWASP names (19 MiB, two passes), and nothing else is kept of them.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};

/// Letters of a password, at least. Length is what makes one hard to guess (NIST SP 800-63B).
pub(super) const LENGTH_MIN: usize = 12;
/// Bytes of a password, at most, so that nobody has a novel hashed.
pub(super) const BYTES_MAX: usize = 256;

/// The hash of no password: what an unknown name's password is compared with, so that it takes as long as a known one's.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCEhIQ$\
                      4pVXFRGdG9vKxWQ6hWqP3VtVJ4PyrJGZl5DoRcm6nZo";

/// Whether a password may be chosen.
pub(super) fn is_long_enough(password: &SecretString) -> bool {
    let password = password.expose_secret();
    password.chars().count() >= LENGTH_MIN && password.len() <= BYTES_MAX
}

/// A PHC string with a fresh salt. `None` where the system has no randomness.
pub(crate) fn hash(password: &SecretString) -> Option<String> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes()).ok()?;
    Some(hash.to_string())
}

/// Whether a password is the one that was hashed. Without a hash it takes as long, and never is.
pub(crate) fn verify(password: &SecretString, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    let is_right = Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
    is_right && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[test]
    fn the_right_password_is_right_and_each_hash_has_its_own_salt() {
        let (password, other) = (secret("correct horse battery"), secret("correct horse batterx"));
        let (first, second) = (hash(&password).unwrap(), hash(&password).unwrap());
        assert_ne!(first, second);
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert!(verify(&password, Some(&first)) && verify(&password, Some(&second)));
        assert!(!verify(&other, Some(&first)));
        assert!(!verify(&password, Some("no hash")));
    }

    #[test]
    fn an_unknown_name_costs_as_much_and_has_no_password() {
        let parameters = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parameters(NOBODY), parameters(&hash(&secret("correct horse battery")).unwrap()));
        assert!(PasswordHash::new(NOBODY).is_ok(), "it is really computed");
        assert!(!verify(&secret("correct horse battery"), None));
    }

    #[test]
    fn a_password_has_twelve_letters_and_no_novel() {
        assert!(is_long_enough(&secret("twelve chars")));
        assert!(!is_long_enough(&secret("eleven char")));
        assert!(!is_long_enough(&secret("ééééééé")), "letters are counted, not bytes");
        assert!(!is_long_enough(&secret(&"a".repeat(BYTES_MAX + 1))));
    }
}
