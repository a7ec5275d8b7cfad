//! Packs of balance that were bought in Apple's App Store.
//!
//! The app hands over StoreKit 2's signed transaction. It is verified here, to Apple's root, without asking Apple: by its
//! signature, its app, its environment. What the store tells later (App Store Server Notifications, version 2) is signed
//! in the same way. Whether Apple has revoked a certificate is not asked (OCSP): a forger would need a key of Apple's.

mod chain;
mod payload;

use std::fmt;

use rustls::pki_types::CertificateDer;

pub(crate) use self::payload::{Notification, Told, Transaction};

use self::payload::Payload;
use crate::clock::from_milliseconds;
use crate::config::{AppStorePolicy, StoreEnvironment};
use crate::store_top_up::Terms;

/// Apple's App Store, as one app sells in it.
pub(crate) struct AppStore {
    root: CertificateDer<'static>,
    bundle_id: String,
    environment: &'static str,
    pub(crate) terms: Terms,
}

/// Why something is not believed to be the App Store's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It is not what the store signs.
    Malformed,
    /// Its certificates do not lead to Apple, for this reason.
    BadChain(String),
    /// It was changed, or signed by another key.
    BadSignature,
    /// It is of another app.
    OtherApp,
    /// It is of testers where paid ones are taken, or the other way round.
    OtherEnvironment,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Malformed => f.write_str("it is not what the App Store signs"),
            Doubt::BadChain(reason) => write!(f, "its certificates do not lead to Apple: {reason}"),
            Doubt::BadSignature => f.write_str("its signature is wrong"),
            Doubt::OtherApp => f.write_str("it is of another app"),
            Doubt::OtherEnvironment => f.write_str("it is of another environment of the App Store"),
        }
    }
}

impl AppStore {
    pub(crate) fn new(root: CertificateDer<'static>, policy: &AppStorePolicy) -> Self {
        let environment = match policy.environment {
            StoreEnvironment::Sandbox => "Sandbox",
            StoreEnvironment::Production => "Production",
        };
        let terms = Terms::new(&policy.fees, policy.keeps_fee_of_refunds, &policy.packs);
        AppStore { root, bundle_id: policy.bundle_id.clone(), environment, terms }
    }

    /// A purchase, if the store has signed it for this app.
    pub(crate) fn transaction(&self, signed: &str) -> Result<Transaction, Doubt> {
        let transaction: Transaction = chain::open(&self.root, signed)?;
        self.is_ours(&transaction.bundle_id, &transaction.environment)?;
        Ok(transaction)
    }

    /// What the store tells, if it does.
    pub(crate) fn notification(&self, signed: &str) -> Result<Notification, Doubt> {
        let payload: Payload = chain::open(&self.root, signed)?;
        let mut transaction = None;
        if let Some(data) = &payload.data {
            let (bundle_id, environment) = (data.bundle_id.as_deref(), data.environment.as_deref());
            self.is_ours(bundle_id.unwrap_or_default(), environment.unwrap_or_default())?;
            transaction = data.signed_transaction_info.as_deref().map(|signed| self.transaction(signed)).transpose()?;
        }
        let Payload { notification_type, notification_uuid: id, signed_date, .. } = payload;
        Ok(Notification { id, told: Told::named(&notification_type), at: from_milliseconds(signed_date), transaction })
    }

    fn is_ours(&self, bundle_id: &str, environment: &str) -> Result<(), Doubt> {
        if bundle_id != self.bundle_id {
            return Err(Doubt::OtherApp);
        }
        if environment == self.environment { Ok(()) } else { Err(Doubt::OtherEnvironment) }
    }
}
