//! Talking to the gateway: one file for each resource, over a [`Transport`] that knows nothing
//! of them.

mod account;
mod address;
mod card;
mod catalog;
mod elsewhere;
mod enrolment;
mod error;
mod https;
mod journal;
mod key_set;
mod limits;
mod offline;
mod receipt;
mod refund;
mod session;
mod tab;
mod tls;
mod top_up;
mod transport;
mod trust;

pub use transport::{Transport, TransportError};

pub(crate) use account::VerifiedAccount;
pub(crate) use address::gateway_address;
pub(crate) use card::NewCard;
pub(crate) use catalog::FreshCatalog;
pub(crate) use elsewhere::PurchasesElsewhere;
pub(crate) use enrolment::VerifiedEnrolment;
pub(crate) use error::GatewayError;
pub(crate) use https::HttpsTransport;
pub(crate) use journal::VerifiedBatchAnswer;
pub(crate) use offline::OfflineSwitch;
pub(crate) use session::Session;
pub(crate) use tls::TlsPolicy;
pub(crate) use trust::Trust;
