//! Who is paid out: the merchant, or one of the merchant's creators.

use farthing_protocol::CreatorId;

use super::LedgerAccount;

/// Whose earnings they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payee {
    Merchant(String),
    Creator(CreatorId),
}

impl Payee {
    /// Where what was earned is until it is paid out.
    pub(crate) fn payable(&self) -> LedgerAccount {
        match self {
            Payee::Merchant(merchant) => LedgerAccount::merchant_payable(merchant),
            Payee::Creator(creator) => LedgerAccount::creator_payable(creator),
        }
    }

    /// Where what is being paid out is until it has arrived.
    pub(crate) fn in_transit(&self) -> LedgerAccount {
        match self {
            Payee::Merchant(merchant) => LedgerAccount::payouts_in_transit(merchant),
            Payee::Creator(creator) => LedgerAccount::creator_payouts_in_transit(creator),
        }
    }
}
