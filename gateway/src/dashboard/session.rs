//! Sessions: who is signed in, and until when. The database has a digest of the token, so whoever reads it can't be anyone;
//! all gateways on one database know the same sessions.

use std::time::Duration;

use farthing_protocol::{Digest, Timestamp, base64url};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::store::StoredSession;

/// A session ends when no page was asked for during this time.
pub(super) const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after this time, whatever happens.
pub(super) const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// That a page was asked for is written down at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// What a browser shows to be someone.
pub(super) struct Token(Zeroizing<String>);

impl Token {
    /// A fresh one; `None` where the system has no randomness.
    pub(super) fn generate() -> Option<Self> {
        let mut random = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(random.as_mut()).ok()?;
        Some(Token(Zeroizing::new(base64url(random.as_ref()))))
    }

    /// The one that a cookie has.
    pub(super) fn presented(text: &str) -> Self {
        Token(Zeroizing::new(text.to_owned()))
    }

    /// For the cookie alone.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// What the database knows it by.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// What each form of this session carries, so that no other page can send it.
    pub(super) fn form_token(&self) -> String {
        base64url(hmac::sign(&self.key(), FORM).as_ref())
    }

    /// Whether a form is of this session; it takes as long whatever is wrong with it.
    pub(super) fn is_form_token(&self, presented: &str) -> bool {
        let presented = farthing_protocol::from_base64url(presented).unwrap_or_default();
        hmac::verify(&self.key(), FORM, &presented).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes())
    }
}

const FORM: &[u8] = b"form of a session";

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Over,
    /// It goes on.
    Live,
    /// It goes on, and that a page was asked for is to be written down.
    ToBeNoted,
}

/// Whether a session goes on. A clock that was set back ends none, and prolongs none beyond its longest.
pub(super) fn standing(session: &StoredSession, now: Timestamp) -> Standing {
    let since = |then: Timestamp| {
        Duration::from_millis(now.as_millisecond().saturating_sub(then.as_millisecond()).max(0).unsigned_abs())
    };
    if since(session.seen_at) >= IDLE || since(session.created_at) >= LONGEST {
        Standing::Over
    } else if since(session.seen_at) >= NOTED_EVERY {
        Standing::ToBeNoted
    } else {
        Standing::Live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::Role;

    #[test]
    fn a_session_ends_when_nobody_is_there_and_at_the_latest_after_half_a_day() {
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
        let session = |created: i64, seen: i64| StoredSession {
            administrator: "ada".into(),
            role: Role::Viewer,
            created_at: at(created),
            seen_at: at(seen),
        };
        assert_eq!(standing(&session(0, 0), at(0)), Standing::Live);
        assert_eq!(standing(&session(0, 0), at(1)), Standing::ToBeNoted);
        assert_eq!(standing(&session(0, 0), at(29)), Standing::ToBeNoted);
        assert_eq!(standing(&session(0, 0), at(30)), Standing::Over);
        assert_eq!(standing(&session(0, 719), at(719)), Standing::Live);
        assert_eq!(standing(&session(0, 719), at(720)), Standing::Over);
        assert_eq!(standing(&session(9, 9), at(0)), Standing::Live);
    }

    #[test]
    fn a_form_is_of_its_session_only() {
        let (token, other) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert!(token.is_form_token(&token.form_token()));
        assert!(Token::presented(token.text()).is_form_token(&token.form_token()));
        for wrong in [other.form_token(), String::new(), token.text().to_owned(), "!".to_owned()] {
            assert!(!token.is_form_token(&wrong), "{wrong}");
        }
        assert_ne!(token.form_token(), token.text());
    }
}
