//! Transactions and the accounts that they post to.

use std::collections::BTreeMap;

use farthing_protocol::{AccountId, Currency, DeviceId, Money};

use crate::store::StoreError;

/// What an account of the ledger is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AccountKind {
    CardClearing,
    ProcessorFeesPrepaid,
    UserAvailable,
    UserReserved,
    MerchantPayable,
    PlatformRevenue,
}

impl AccountKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            AccountKind::CardClearing => "card_clearing",
            AccountKind::ProcessorFeesPrepaid => "processor_fees_prepaid",
            AccountKind::UserAvailable => "user_available",
            AccountKind::UserReserved => "user_reserved",
            AccountKind::MerchantPayable => "merchant_payable",
            AccountKind::PlatformRevenue => "platform_revenue",
        }
    }
}

/// One account of the ledger; it has a balance in each currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LedgerAccount {
    pub(crate) kind: AccountKind,
    pub(crate) owner: Vec<u8>,
}

impl LedgerAccount {
    fn new(kind: AccountKind, owner: &[u8]) -> Self {
        LedgerAccount { kind, owner: owner.to_vec() }
    }

    pub(crate) fn card_clearing(processor: &str) -> Self {
        LedgerAccount::new(AccountKind::CardClearing, processor.as_bytes())
    }

    pub(crate) fn processor_fees_prepaid(account: AccountId) -> Self {
        LedgerAccount::new(AccountKind::ProcessorFeesPrepaid, account.as_bytes())
    }

    pub(crate) fn user_available(account: AccountId) -> Self {
        LedgerAccount::new(AccountKind::UserAvailable, account.as_bytes())
    }

    pub(crate) fn user_reserved(device: DeviceId) -> Self {
        LedgerAccount::new(AccountKind::UserReserved, device.as_bytes())
    }

    pub(crate) fn merchant_payable(merchant: &str) -> Self {
        LedgerAccount::new(AccountKind::MerchantPayable, merchant.as_bytes())
    }

    pub(crate) fn platform_revenue() -> Self {
        LedgerAccount::new(AccountKind::PlatformRevenue, &[])
    }
}

/// A movement of money, to be posted whole.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) kind: &'static str,
    /// The top-up or device that it is about.
    pub(crate) reference: Vec<u8>,
    postings: Vec<(LedgerAccount, Money)>,
}

impl Transaction {
    pub(crate) fn new(kind: &'static str, reference: &[u8]) -> Self {
        Transaction { kind, reference: reference.to_vec(), postings: Vec::new() }
    }

    /// Adds a debit.
    pub(crate) fn debit(mut self, account: LedgerAccount, amount: Money) -> Self {
        self.postings.push((account, amount));
        self
    }

    /// Adds a credit.
    pub(crate) fn credit(mut self, account: LedgerAccount, amount: Money) -> Result<Self, StoreError> {
        let amount = Money::zero(amount.currency()).minus(amount).map_err(|_| out_of_range())?;
        self.postings.push((account, amount));
        Ok(self)
    }

    /// The postings that change something, once it is sure that they sum to zero in each currency.
    pub(crate) fn balanced(&self) -> Result<Vec<(&LedgerAccount, Money)>, StoreError> {
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        for (_, amount) in &self.postings {
            *sums.entry(amount.currency()).or_default() += i128::from(amount.micros());
        }
        if sums.values().any(|sum| *sum != 0) {
            return Err(StoreError::Unbalanced(self.kind));
        }
        let moving = self.postings.iter().filter(|(_, amount)| !amount.is_zero());
        Ok(moving.map(|(account, amount)| (account, *amount)).collect())
    }
}

fn out_of_range() -> StoreError {
    StoreError::Unbalanced("an amount is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn an_account_s_kind_has_the_name_that_is_on_disk() {
        let (account, device) = (AccountId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        for (ledger_account, name, owner) in [
            (LedgerAccount::card_clearing("sandbox"), "card_clearing", &b"sandbox"[..]),
            (LedgerAccount::processor_fees_prepaid(account), "processor_fees_prepaid", &[1; 16]),
            (LedgerAccount::user_available(account), "user_available", &[1; 16]),
            (LedgerAccount::user_reserved(device), "user_reserved", &[2; 16]),
            (LedgerAccount::merchant_payable("studio"), "merchant_payable", b"studio"),
            (LedgerAccount::platform_revenue(), "platform_revenue", b""),
        ] {
            assert_eq!((ledger_account.kind.name(), &ledger_account.owner[..]), (name, owner));
        }
    }

    #[test]
    fn only_what_sums_to_zero_in_each_currency_can_be_posted() {
        let account = AccountId::from_bytes([1; 16]);
        let euro = Money::parse("1", Currency::EUR).unwrap();
        let half = Transaction::new("test", b"").debit(LedgerAccount::user_available(account), usd("1"));
        assert!(matches!(half.balanced(), Err(StoreError::Unbalanced("test"))));
        let mixed = half.clone().credit(LedgerAccount::platform_revenue(), euro).unwrap();
        assert!(mixed.balanced().is_err());
        let whole = half.credit(LedgerAccount::platform_revenue(), usd("1")).unwrap();
        let whole = whole.debit(LedgerAccount::card_clearing("sandbox"), usd("0"));
        assert_eq!(whole.balanced().unwrap().len(), 2);
    }
}
