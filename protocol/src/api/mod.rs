//! The bodies of requests and answers under `/v1`. Members that end in a document's name
//! (`settlement`, `statement`, …) are compact JWS; see [`crate::jws`].

mod account;
mod approval;
mod card;
mod enrolment;
mod journal;
mod keys;
mod ledger;
mod limits;
mod tab;
mod top_up;

pub use account::{AccountResponse, AllowanceRequest, CatalogResponse, HeldAllowance};
pub use approval::{ApprovalAnswer, ApprovalRecord, ApprovalRequest, ApprovalState, ApprovalsResponse};
pub use card::{Card, CardBrand, CardRequest, CardsResponse, DeclineCode, PaymentMethodRequest};
pub use enrolment::{EnrolmentRequest, EnrolmentResponse, TokenRequest, TokenResponse};
pub use journal::{
    AccountPurchase, AccountPurchasesResponse, BatchRequest, BatchResponse, ReceiptResponse, RefundReceiptResponse,
    RefundReceiptsResponse,
};
pub use keys::{JsonWebKey, JwksResponse, KeySetResponse};
pub use ledger::{LedgerBalance, TrialBalanceResponse};
pub use limits::{AccountLimits, LimitUse, LimitsRequest, LimitsResponse, PendingLimits};
pub use tab::{TabRequest, TabResponse, TabState};
pub use top_up::{TopUpRequest, TopUpResponse, TopUpState};
