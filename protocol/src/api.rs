//! The bodies of requests and answers under `/v1`. Members that end in a document's name
//! (`settlement`, `statement`, …) are compact JWS; see [`crate::jws`].

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::Bytes;
use crate::{AccountId, CardId, DeviceId, EntryId, Money, PublicKey, TopUpId};

/// `POST /v1/enrolments`: a device asks for an account. The DPoP proof's key becomes the
/// device's key. Asking again with the same key gives the same device.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentRequest {
    /// The app's publishable key, `pk_test_…`.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub publishable_key: String,
    /// Whose device it is: a token from `POST /v1/enrolment-tokens`, which the app's back end asks for. In the sandbox
    /// it may be left out; the device then gets an account of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl std::fmt::Debug for EnrolmentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "enrolment by {}, {} token", self.publishable_key, if self.token.is_some() { "a" } else { "no" })
    }
}

/// A device is enrolled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentResponse {
    /// The device's name from now on.
    pub device: DeviceId,
    /// The account whose money it spends.
    pub account: AccountId,
    /// The epoch of its journal.
    pub epoch: u32,
    /// The gateway's [`crate::KeySet`], a JWS by its root key.
    pub key_set: String,
    /// How the account stands: a [`crate::Statement`].
    pub statement: String,
}

/// `POST /v1/token`: an access token for a device, bound to its key (RFC 9449).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenRequest {
    /// Which device; the proof's key must be its own.
    pub device: DeviceId,
}

/// An access token.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenResponse {
    /// The token, for `Authorization: DPoP …`.
    pub access_token: String,
    /// Always `DPoP`.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: u32,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} token for {} s", self.token_type, self.expires_in)
    }
}

/// `GET /v1/account` and `POST /v1/allowances`: how the account stands, and what the device
/// may spend.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountResponse {
    /// A [`crate::Statement`].
    pub statement: String,
    /// The latest [`crate::Allowance`] of each currency.
    pub allowances: Vec<String>,
}

/// `POST /v1/allowances`: reserve funds for this device, or extend what it has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllowanceRequest {
    /// What the device is about to spend, where that is more than the operator's usual
    /// reserve. Without it, the usual reserve is made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Money>,
}

/// `GET /v1/catalog`: what is for sale.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogResponse {
    /// A [`crate::Catalog`].
    pub catalog: String,
}

/// `POST /v1/cards`: a card for the vault. The number and the CVC go nowhere else.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardRequest {
    /// The PAN, digits only.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32, example = "4242424242424242"))]
    pub number: String,
    /// 1 to 12.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 12))]
    pub expiry_month: u8,
    /// With the century: 2030.
    pub expiry_year: u16,
    /// The card verification code, 3 or 4 digits.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 8, example = "123"))]
    pub cvc: String,
}

impl CardRequest {
    /// Whether the number can be a card's: 12 to 19 digits with the right check digit
    /// (ISO/IEC 7812-1, annex B: the Luhn formula).
    pub fn has_card_number(&self) -> bool {
        let number = &self.number;
        if !(12..=19).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        let digits = number.bytes().rev().map(|byte| u32::from(byte - b'0'));
        let sum: u32 =
            digits.enumerate().map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum();
        sum.is_multiple_of(10)
    }
}

impl std::fmt::Debug for CardRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("card (hidden)")
    }
}

/// A card as anyone but the vault sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Card {
    /// The token that stands for it.
    pub id: CardId,
    /// Who issued it, by its number.
    pub brand: CardBrand,
    /// The last four digits.
    pub last_four: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// With the century.
    pub expiry_year: u16,
}

/// A card's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub enum CardBrand {
    Visa,
    Mastercard,
    AmericanExpress,
    Discover,
    Jcb,
    DinersClub,
    UnionPay,
    #[serde(other)]
    Unknown,
}

/// `GET /v1/cards`: the account's cards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardsResponse {
    /// The newest first.
    pub cards: Vec<Card>,
}

/// `POST /v1/top-ups`, with an `Idempotency-Key`: charge a card, raise the balance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopUpRequest {
    /// How much, in whole minor units of an ISO 4217 currency.
    pub amount: Money,
    /// From which card.
    pub card: CardId,
}

/// A top-up and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopUpResponse {
    /// Its name.
    pub id: TopUpId,
    /// How much.
    pub amount: Money,
    /// How far it is.
    pub state: TopUpState,
    /// The same, signed: a [`TopUpStatement`](crate::TopUpStatement).
    pub statement: String,
}

/// How far a top-up is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TopUpState {
    /// The cardholder must confirm on the bank's page (3-D Secure).
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The processor has not said yet: ask again.
    Processing,
    /// The money is in the balance.
    Succeeded,
    /// The card was not charged.
    Failed {
        /// Why.
        decline_code: DeclineCode,
    },
}

/// Why a card was not charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeclineCode {
    /// The bank says no and not why.
    GenericDecline,
    /// The card's account has not enough money.
    InsufficientFunds,
    /// The card has expired.
    ExpiredCard,
    /// The card verification code is wrong.
    IncorrectCvc,
    /// The card was reported lost.
    LostCard,
    /// The card was reported stolen.
    StolenCard,
    /// The cardholder did not confirm, or failed to.
    AuthenticationFailed,
    /// The processor failed.
    ProcessingError,
    /// A code that this library does not know yet.
    #[serde(other)]
    Other,
}

/// `POST /v1/journal`: a batch of entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRequest {
    /// A [`crate::BatchClaims`], a JWS by the device's key.
    pub batch: String,
    /// The exact bytes of each entry, base64url.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, min_items = 1, max_items = 500))]
    pub entries: Vec<Bytes>,
}

/// A batch is settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResponse {
    /// A [`crate::Settlement`].
    pub settlement: String,
    /// The payload of the [`crate::Receipt`] of each settled purchase, in order, base64url;
    /// the settlement has their hashes.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub receipts: Vec<Bytes>,
    /// The latest [`crate::Allowance`] of each currency.
    pub allowances: Vec<String>,
}

/// `GET /v1/receipts/{purchase}`: a receipt to hand on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptResponse {
    /// The purchase.
    pub purchase: EntryId,
    /// A [`crate::Receipt`].
    pub receipt: String,
}

/// `GET /v1/keys`: the gateway's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySetResponse {
    /// A [`crate::KeySet`], a JWS by the root key.
    pub key_set: String,
}

/// `GET /.well-known/jwks.json`: the same keys, for any JOSE library (RFC 7517, section 5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JwksResponse {
    /// The keys.
    pub keys: Vec<JsonWebKey>,
}

/// One key of a JWKS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JsonWebKey {
    /// The key itself.
    #[serde(flatten)]
    pub key: PublicKey,
    /// Its thumbprint.
    pub kid: String,
    /// Always `ES256`.
    pub alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
}

/// One account of the ledger, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerBalance {
    /// What the account is for, such as `user_available`.
    pub account: String,
    /// Debits minus credits: assets and costs are positive, what is owed is negative.
    pub balance: Money,
}

/// `GET /v1/ledger/trial-balance`: every account of the ledger, summed by kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrialBalanceResponse {
    /// Each kind of account in each currency.
    pub balances: Vec<LedgerBalance>,
    /// The sum for each currency: always zero.
    pub totals: Vec<Money>,
}
