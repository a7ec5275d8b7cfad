//! Tips: any amount, from a player to a creator whom the merchant has registered.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{TIP_MESSAGE_BYTES_MAX, TIP_MESSAGE_LENGTH_MAX};
use crate::{ApprovalId, CreatorId, IdempotencyKey, IdentifierError, Money};

/// Who can be tipped, as the signed catalog lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Creator {
    /// What the merchant calls them.
    pub id: CreatorId,
    /// Their name for players.
    pub name: String,
}

/// A creator was tipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TipBody {
    /// Who gets it.
    pub creator: CreatorId,
    /// How much, above zero, of an ISO 4217 currency.
    pub amount: Money,
    /// What the player says with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<TipMessage>,
    /// The version of the allowance (in the currency of the amount) that it was judged by.
    pub allowance: u64,
    /// The app's name for this tip, where it gave one; one tip for each name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<IdempotencyKey>,
    /// The guardian's approval that let it through, where it needed one; one tip for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

/// Whom a tip was for, and what was said with it: what a receipt has of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// Who got it.
    pub creator: CreatorId,
    /// What the player said with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<TipMessage>,
}

impl TipBody {
    /// Whom it is for, and what is said with it.
    pub fn tip(&self) -> Tip {
        Tip { creator: self.creator.clone(), message: self.message.clone() }
    }
}

/// What a player says to a creator, in one line. It is personal: [`fmt::Debug`] shows only how long it is, so that no log
/// has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TipMessage(String);

const RULE: &str = "has 1 to 140 characters in one line, and none that hides or turns text";

impl TipMessage {
    /// Checks a text and takes it, without the white space around it.
    ///
    /// # Errors
    /// When it is empty or longer than [`TIP_MESSAGE_LENGTH_MAX`] characters, or has control characters or such as turn
    /// the direction of text or show nothing.
    pub fn new(text: impl AsRef<str>) -> Result<Self, IdentifierError> {
        let text = text.as_ref().trim();
        let fits = text.len() <= TIP_MESSAGE_BYTES_MAX && text.chars().count() <= TIP_MESSAGE_LENGTH_MAX;
        if text.is_empty() || !fits || text.chars().any(misleads) {
            return Err(IdentifierError::of("message of a tip", RULE));
        }
        Ok(TipMessage(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and those of Unicode's that change how the text around them looks: line and paragraph separators
/// and explicit directional formatting (UAX #9, section 2).
fn misleads(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl TryFrom<String> for TipMessage {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        TipMessage::new(text)
    }
}

impl From<TipMessage> for String {
    fn from(message: TipMessage) -> Self {
        message.0
    }
}

impl fmt::Debug for TipMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message of {} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line_and_shows_in_no_log() {
        for good in ["Great level!", "Danke schön 🎉", "اللعبة رائعة", &"ä".repeat(140)] {
            assert_eq!(TipMessage::new(good).unwrap().as_str(), good);
        }
        assert_eq!(TipMessage::new("  bravo ").unwrap().as_str(), "bravo");
        for bad in ["", "  ", "two\nlines", "a\0b", "\u{202e}gnol", "\u{2066}x", &"x".repeat(141), &"🎉".repeat(141)]
        {
            assert!(TipMessage::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(format!("{:?}", TipMessage::new("secret").unwrap()), "a message of 6 bytes");
    }

    #[test]
    fn the_longest_tip_is_an_entry() {
        let body = TipBody {
            creator: CreatorId::new("c".repeat(64)).unwrap(),
            amount: Money::from_micros(i64::MAX, crate::Currency::USD),
            message: Some(TipMessage::new("🎉".repeat(140)).unwrap()),
            allowance: u64::MAX,
            operation: Some(IdempotencyKey::new("\"".repeat(64)).unwrap()),
            approval: Some(ApprovalId::generate()),
        };
        let entry = crate::Entry {
            version: crate::JOURNAL_VERSION,
            seq: u64::MAX,
            previous: crate::Digest::of(b""),
            id: crate::EntryId::generate(),
            at: jiff::Timestamp::UNIX_EPOCH,
            body: crate::EntryBody::Tip(body),
        };
        let encoded = crate::EncodedEntry::new(entry).unwrap();
        assert_eq!(crate::EncodedEntry::decode(encoded.bytes().to_vec()), Ok(encoded));
    }
}
