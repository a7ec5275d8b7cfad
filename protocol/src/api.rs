//! The bodies of requests and answers under `/v1`. Members that end in a document's name
//! (`settlement`, `statement`, …) are compact JWS; see [`crate::jws`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::Bytes;
use crate::{
    AccountId, ApprovalId, CardId, Currency, DeviceId, EntryId, LimitPeriod, Money, PublicKey, Sku, SpendingLimits,
    TabId, TopUpId,
};

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
    /// How far the account's other devices have settled: where it is not the `next` that a device has got with their
    /// purchases, `GET /v1/account/purchases/{after}` has more. Missing where no other device has settled anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchases: Option<String>,
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
    /// The allowances that the device holds, where they have spending limits. It will name none before them in any entry
    /// that is not settled yet, so that what those left to it can go to other devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub holds: Vec<HeldAllowance>,
}

/// An allowance that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeldAllowance {
    /// Its currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
    /// Its version.
    pub version: u64,
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

/// `POST /v1/payment-methods`: a card that the processor keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentMethodRequest {
    /// The processor's name for it, such as `pm_…`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^pm_[A-Za-z0-9_]{1,252}$"))]
    pub payment_method: String,
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

/// `POST /v1/tabs`, with an `Idempotency-Key`: have a card authorise a limit, which is then in the balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TabRequest {
    /// The most that it will be charged, in whole minor units of an ISO 4217 currency.
    pub limit: Money,
    /// Which card.
    pub card: CardId,
}

/// A tab and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TabResponse {
    /// Its name.
    pub id: TabId,
    /// The most that the card will be charged.
    pub limit: Money,
    /// How far it is.
    pub state: TabState,
    /// The same, signed: a [`TabStatement`](crate::TabStatement).
    pub statement: String,
}

/// How far a tab is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TabState {
    /// The cardholder must confirm on the bank's page (3-D Secure).
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The processor has not said yet: ask again.
    Processing,
    /// The limit is in the balance.
    Open,
    /// The card is about to be charged.
    Closing {
        /// How much.
        due: Money,
    },
    /// It is paid: the card is charged, or what it could not be charged was paid out of the balance.
    Closed {
        /// How much; zero where nothing was spent.
        charged: Money,
    },
    /// The card did not authorise the limit, or could not be charged at the end.
    Failed {
        /// Why.
        decline_code: DeclineCode,
        /// What the card could not be charged and is to be paid out of the balance; missing where it authorised nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Money>,
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

/// `POST /v1/purchases/{purchase}/refund`: the price of an unused purchase is in the balance again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefundReceiptResponse {
    /// A [`crate::RefundReceipt`].
    pub receipt: String,
}

/// `GET /v1/account/refunds/{after}`: refunds of the account's purchases.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefundReceiptsResponse {
    /// A [`crate::RefundReceipt`] each, in the order of their numbers; the first that follow, where there are many.
    pub receipts: Vec<String>,
}

/// `GET /v1/account/purchases/{after}`: what the account's other devices have bought.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPurchasesResponse {
    /// The oldest first, by when they were settled; those of one device in the order of its journal.
    pub purchases: Vec<AccountPurchase>,
    /// Where what comes later begins: `{after}` of the next request. Missing where no other device has settled anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether there are more already.
    pub has_more: bool,
}

/// A settled purchase of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPurchase {
    /// A [`crate::Receipt`].
    pub receipt: String,
    /// A [`crate::RefundReceipt`] for each time that some of its price went back, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<String>,
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

/// `GET /v1/limits`: what limits the account's spending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsResponse {
    /// The currencies in which there are limits.
    pub limits: Vec<AccountLimits>,
    /// Whether a guardian has set a PIN.
    pub has_guardian: bool,
    /// By how many minutes the account's days begin before those of UTC.
    pub utc_offset_minutes: i16,
    /// When this was said, by the gateway's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub as_of: Timestamp,
}

/// What limits an account's spending in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountLimits {
    /// Which currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
    /// What the player has set.
    pub player: SpendingLimits,
    /// What a guardian has set.
    pub guardian: SpendingLimits,
    /// What the player has set that is looser, and from when on it will hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingLimits>,
    /// What has been settled in each period that is limited.
    pub used: Vec<LimitUse>,
}

/// Limits that will hold after the cooling-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingLimits {
    /// Which.
    pub limits: SpendingLimits,
    /// From when on.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub from: Timestamp,
}

/// How much of a limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitUse {
    /// The period that it is for.
    pub period: LimitPeriod,
    /// The stricter of the player's and the guardian's.
    pub limit: Money,
    /// What has been settled in the current one.
    pub used: Money,
    /// When the current one ends.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub resets: Timestamp,
}

/// `POST /v1/limits`: limits for the account in one currency, in place of those that were set before.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsRequest {
    /// Which currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD"))]
    pub currency: Currency,
    /// What is limited from now on; what is left out is not.
    pub limits: SpendingLimits,
    /// The guardian's PIN, 4 to 12 digits: then these are the guardian's limits. The first one that is given is the PIN
    /// from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{4,12}$"))]
    pub pin: Option<String>,
    /// By how many minutes the account's days begin before those of UTC. Once it is set, only a guardian may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = -720, maximum = 840, multiple_of = 15))]
    pub utc_offset_minutes: Option<i16>,
}

impl std::fmt::Debug for LimitsRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let who = if self.pin.is_some() { "guardian" } else { "player" };
        write!(f, "limits of a {who} in {}: {:?}", self.currency, self.limits)
    }
}

/// `POST /v1/approvals`: asks a guardian for a purchase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalRequest {
    /// What is to be bought; for a tip, `tip:` and the creator.
    pub sku: Sku,
    /// How many.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub quantity: u32,
    /// The catalog version that the price is from.
    pub catalog: u64,
    /// How much a tip is to be, which no catalog says; missing for anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// `GET /v1/approvals`: what a guardian was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalsResponse {
    /// The newest first.
    pub approvals: Vec<ApprovalRecord>,
}

/// A purchase that a guardian was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalRecord {
    /// The request's name.
    pub id: ApprovalId,
    /// The device that asked, which alone may buy it.
    pub device: DeviceId,
    /// What is to be bought.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// How far it is.
    pub state: ApprovalState,
    /// When it was asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub asked_at: Timestamp,
    /// Until when it can be answered, and then until when it can be bought.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = "date-time"))]
    pub expires_at: Timestamp,
}

/// How far a request for an approval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ApprovalState {
    /// Nobody has answered yet.
    Pending,
    /// It may be bought, once.
    Approved,
    /// It may not.
    Declined,
    /// It was bought.
    Used,
    /// It was not answered, or not bought, in time.
    Expired,
}

/// `POST /v1/approvals/{approval}`: a guardian's answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalAnswer {
    /// Whether it may be bought.
    pub approve: bool,
    /// The guardian's PIN.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{4,12}$"))]
    pub pin: String,
}

impl std::fmt::Debug for ApprovalAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.approve { "an approval" } else { "a refusal" })
    }
}
