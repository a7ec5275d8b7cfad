//! Errors on the wire: problem details (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::{CapReached, JournalPosition};

/// The media type of a problem.
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// An error answer of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Which problem it is; see [`ProblemKind`].
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The same for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// The member of the request that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where the gateway's copy of the journal ends, for [`ProblemKind::JournalGap`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalPosition>,
    /// Which cap a top-up or a tab would pass, for [`ProblemKind::TopUpCapReached`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<CapReached>,
}

macro_rules! problem_kinds {
    ($($(#[$documentation:meta])* $name:ident = $code:tt, $status:literal, $title:literal;)*) => {
        /// The problems that a gateway answers with. On the wire each is a URN such as
        /// `urn:farthing:problem:invalid-request`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ProblemKind {
            $($(#[$documentation])* #[serde(rename = $code)] $name,)*
            /// A problem that this library does not know yet.
            #[serde(other, rename = "about:blank")]
            Unknown,
        }

        impl ProblemKind {
            /// Every kind that a gateway makes.
            pub const ALL: &'static [ProblemKind] = &[$(ProblemKind::$name,)*];

            /// The HTTP status that it comes with.
            pub const fn status(self) -> u16 {
                match self {
                    $(ProblemKind::$name => $status,)*
                    ProblemKind::Unknown => 500,
                }
            }

            /// What it is, for people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(ProblemKind::$name => $title,)*
                    ProblemKind::Unknown => "Something went wrong",
                }
            }
        }
    };
}

problem_kinds! {
    /// The request can't be read, or a member of it is wrong; `field` says which.
    InvalidRequest = "urn:farthing:problem:invalid-request", 400, "The request is malformed";
    /// The access token or the proof is missing, wrong, expired or used before.
    Unauthorised = "urn:farthing:problem:unauthorised", 401, "The request is not authorised";
    /// The proof lacks the gateway's current nonce: try again with the one in `DPoP-Nonce`.
    DpopNonceRequired = "urn:farthing:problem:dpop-nonce-required", 401, "The proof needs the current nonce";
    /// The enrolment is not accepted: the publishable key is unknown or switched off.
    EnrolmentRejected = "urn:farthing:problem:enrolment-rejected", 403, "The enrolment was rejected";
    /// The device is frozen: two different journals were seen from it.
    DeviceFrozen = "urn:farthing:problem:device-frozen", 403, "The device is frozen";
    /// The device was given up by its owner or the operator.
    DeviceRevoked = "urn:farthing:problem:device-revoked", 403, "The device is revoked";
    /// The account was erased, and nothing of it can be spent any more.
    AccountErased = "urn:farthing:problem:account-erased", 403, "The account was erased";
    /// The user is too young for a card to be charged.
    AgeRestricted = "urn:farthing:problem:age-restricted", 403, "The user is too young";
    /// The user is so young that a guardian has to set a PIN before a card is charged.
    GuardianRequired = "urn:farthing:problem:guardian-required", 403, "A guardian is needed";
    /// There is no such thing, or it is someone else's.
    NotFound = "urn:farthing:problem:not-found", 404, "There is no such thing";
    /// The path is there, but not for this method.
    MethodNotAllowed = "urn:farthing:problem:method-not-allowed", 405, "The method is not allowed";
    /// The batch starts after the end of the gateway's copy, or was made for another epoch; `journal` says where that ends.
    JournalGap = "urn:farthing:problem:journal-gap", 409, "The batch does not follow the settled journal";
    /// The batch differs from what is settled: the device is frozen from now on.
    JournalFork = "urn:farthing:problem:journal-fork", 409, "The journal differs from what is settled";
    /// The idempotency key was used for another request.
    IdempotencyConflict = "urn:farthing:problem:idempotency-conflict", 409, "The idempotency key was used for another request";
    /// The payout was concluded in another way before.
    PayoutConcluded = "urn:farthing:problem:payout-concluded", 409, "The payout was concluded otherwise";
    /// All of the purchase's price has gone back before.
    RefundDone = "urn:farthing:problem:refund-done", 409, "The purchase was refunded before";
    /// The account has a tab in that currency, or owes what one could not be charged.
    TabUnpaid = "urn:farthing:problem:tab-unpaid", 409, "A tab is to be closed or paid first";
    /// The account can't be erased yet: something of it is under way, or money is left in it.
    ErasureRefused = "urn:farthing:problem:erasure-refused", 409, "The account can't be erased yet";
    /// The charge can't be disputed, or the bank has decided otherwise.
    DisputeRefused = "urn:farthing:problem:dispute-refused", 409, "The charge can't be disputed like this";
    /// The purchase can't be refunded by the player, or no longer.
    RefundTooLate = "urn:farthing:problem:refund-too-late", 409, "It is too late for a refund";
    /// What was bought was used.
    RefundUsed = "urn:farthing:problem:refund-used", 409, "What was bought was used";
    /// The store's purchase has credited another account, or was made for one.
    StorePurchaseTaken = "urn:farthing:problem:store-purchase-taken", 409, "The store's purchase is another account's";
    /// Another version was published since the one that the request is based on.
    VersionConflict = "urn:farthing:problem:version-conflict", 412, "Another version was published meanwhile";
    /// The body is larger than the endpoint takes.
    BodyTooLarge = "urn:farthing:problem:body-too-large", 413, "The body is too large";
    /// The body is not JSON by its media type.
    UnsupportedMediaType = "urn:farthing:problem:unsupported-media-type", 415, "The body must be application/json";
    /// The card can't be used; `field` says which part is wrong.
    CardInvalid = "urn:farthing:problem:card-invalid", 422, "The card is not valid";
    /// The amount can't be charged.
    AmountInvalid = "urn:farthing:problem:amount-invalid", 422, "The amount can't be charged";
    /// The account would hold or load more than the operator lets it, or have a larger tab; `cap` says which cap, and how
    /// much still fits.
    TopUpCapReached = "urn:farthing:problem:top-up-cap-reached", 422, "The account may not hold or load so much";
    /// The guardian's PIN is missing or wrong.
    PinInvalid = "urn:farthing:problem:pin-invalid", 422, "The PIN is not the guardian's";
    /// What a store is said to have sold can't be credited: it is not signed by the store, was for another app, was
    /// refunded, or is no pack of this gateway's.
    StorePurchaseInvalid = "urn:farthing:problem:store-purchase-invalid", 422, "The store's purchase can't be credited";
    /// There is nothing that can be paid out like this.
    PayoutRefused = "urn:farthing:problem:payout-refused", 422, "The payout is not possible";
    /// The batch is signed, but its entries are not the ones that were signed.
    BatchInvalid = "urn:farthing:problem:batch-invalid", 422, "The batch is not what was signed";
    /// The wire version is one that this gateway no longer takes.
    UpgradeRequired = "urn:farthing:problem:upgrade-required", 426, "A newer version is required";
    /// Too many requests: wait as long as `Retry-After` says.
    TooManyRequests = "urn:farthing:problem:too-many-requests", 429, "Too many requests";
    /// The gateway failed; nothing was changed.
    Internal = "urn:farthing:problem:internal", 500, "The gateway failed";
    /// The gateway can't answer just now: wait as long as `Retry-After` says.
    Unavailable = "urn:farthing:problem:unavailable", 503, "The gateway is not available";
}

impl Problem {
    /// A problem with a sentence about this case.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let (title, status) = (kind.title().to_owned(), kind.status());
        Problem { kind, title, status, detail: detail.into(), field: None, journal: None, cap: None }
    }

    /// The same, naming the member of the request that is wrong.
    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_survives_the_wire() {
        for kind in ProblemKind::ALL {
            let problem = Problem::new(*kind, "detail").in_field("amount");
            let json = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), problem);
        }
    }

    #[test]
    fn a_problem_from_the_future_is_still_read() {
        let json = r#"{"type":"urn:farthing:problem:moon","title":"Moon","status":418,"detail":"full","new":1}"#;
        assert_eq!(serde_json::from_str::<Problem>(json).unwrap().kind, ProblemKind::Unknown);
    }
}
