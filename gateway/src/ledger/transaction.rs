//! Transactions and the accounts that they post to.

use std::collections::BTreeMap;

use farthing_protocol::{AccountId, CreatorId, Currency, DeviceId, Money};
use uuid::Uuid;

use super::days::DayFigures;
use crate::deliberate_bug::DeliberateBug;
use crate::store::StoreError;

/// What an account of the ledger is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AccountKind {
    CardClearing,
    CardAuthorised,
    StoreReceivable,
    Refunds,
    Chargebacks,
    ProcessorFeesPrepaid,
    VirtualCurrency,
    UserAvailable,
    UserReserved,
    MerchantPayable,
    CreatorPayable,
    PlatformRevenue,
    PayoutsInTransit,
    CreatorPayoutsInTransit,
    Bank,
}

impl AccountKind {
    /// All of them, as a reader of the books wants them: what is owned, then what is owed and earned.
    pub(crate) const ALL: [AccountKind; 15] = [
        AccountKind::Bank,
        AccountKind::CardClearing,
        AccountKind::CardAuthorised,
        AccountKind::StoreReceivable,
        AccountKind::Chargebacks,
        AccountKind::ProcessorFeesPrepaid,
        AccountKind::VirtualCurrency,
        AccountKind::UserAvailable,
        AccountKind::UserReserved,
        AccountKind::Refunds,
        AccountKind::MerchantPayable,
        AccountKind::CreatorPayable,
        AccountKind::PayoutsInTransit,
        AccountKind::CreatorPayoutsInTransit,
        AccountKind::PlatformRevenue,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        AccountKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the owner is known by an identifier rather than by name.
    fn is_of_identifier(self) -> bool {
        match self {
            AccountKind::UserAvailable
            | AccountKind::UserReserved
            | AccountKind::ProcessorFeesPrepaid
            | AccountKind::CardAuthorised => true,
            AccountKind::Bank
            | AccountKind::CardClearing
            | AccountKind::StoreReceivable
            | AccountKind::Chargebacks
            | AccountKind::Refunds
            | AccountKind::VirtualCurrency
            | AccountKind::MerchantPayable
            | AccountKind::CreatorPayable
            | AccountKind::PayoutsInTransit
            | AccountKind::CreatorPayoutsInTransit
            | AccountKind::PlatformRevenue => false,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            AccountKind::CardClearing => "card_clearing",
            AccountKind::CardAuthorised => "card_authorised",
            AccountKind::StoreReceivable => "store_receivable",
            AccountKind::Refunds => "refunds",
            AccountKind::Chargebacks => "chargebacks",
            AccountKind::ProcessorFeesPrepaid => "processor_fees_prepaid",
            AccountKind::VirtualCurrency => "virtual_currency",
            AccountKind::UserAvailable => "user_available",
            AccountKind::UserReserved => "user_reserved",
            AccountKind::MerchantPayable => "merchant_payable",
            AccountKind::CreatorPayable => "creator_payable",
            AccountKind::PlatformRevenue => "platform_revenue",
            AccountKind::PayoutsInTransit => "payouts_in_transit",
            AccountKind::CreatorPayoutsInTransit => "creator_payouts_in_transit",
            AccountKind::Bank => "bank",
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

    /// From a row's columns.
    pub(crate) fn of_row(kind: &str, owner: Vec<u8>) -> Result<Self, StoreError> {
        let kind = AccountKind::named(kind).ok_or(StoreError::Damaged("an account of no known kind"))?;
        Ok(LedgerAccount { kind, owner })
    }

    /// The account of that kind and owner, if there can be one: the owner is an identifier or a name.
    pub(crate) fn named(kind: &str, owner: &str) -> Option<Self> {
        let kind = AccountKind::named(kind)?;
        if owner.chars().any(char::is_control) {
            return None;
        }
        let owner = if kind.is_of_identifier() {
            Uuid::try_parse(owner).ok()?.as_bytes().to_vec()
        } else {
            owner.as_bytes().to_vec()
        };
        Some(LedgerAccount { kind, owner })
    }

    /// The owner as text.
    pub(crate) fn owner_name(&self) -> String {
        match Uuid::from_slice(&self.owner) {
            Ok(owner) if self.kind.is_of_identifier() => owner.to_string(),
            _ => String::from_utf8_lossy(&self.owner).into_owned(),
        }
    }

    pub(crate) fn card_clearing(processor: &str) -> Self {
        LedgerAccount::new(AccountKind::CardClearing, processor.as_bytes())
    }

    pub(crate) fn card_authorised(account: AccountId) -> Self {
        LedgerAccount::new(AccountKind::CardAuthorised, account.as_bytes())
    }

    pub(crate) fn store_receivable(store: &str) -> Self {
        LedgerAccount::new(AccountKind::StoreReceivable, store.as_bytes())
    }

    pub(crate) fn refunds(processor: &str) -> Self {
        LedgerAccount::new(AccountKind::Refunds, processor.as_bytes())
    }

    pub(crate) fn chargebacks(processor: &str) -> Self {
        LedgerAccount::new(AccountKind::Chargebacks, processor.as_bytes())
    }

    pub(crate) fn processor_fees_prepaid(account: AccountId) -> Self {
        LedgerAccount::new(AccountKind::ProcessorFeesPrepaid, account.as_bytes())
    }

    pub(crate) fn virtual_currency(merchant: &str) -> Self {
        LedgerAccount::new(AccountKind::VirtualCurrency, merchant.as_bytes())
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

    /// What a merchant gets of a price. In a currency of the merchant's own that is nothing to be paid out: the units are
    /// the player's no more.
    pub(crate) fn earned(merchant: &str, currency: Currency) -> Self {
        if currency.is_virtual() && !DeliberateBug::PayUnits.is_planted() {
            LedgerAccount::virtual_currency(merchant)
        } else {
            LedgerAccount::merchant_payable(merchant)
        }
    }

    pub(crate) fn creator_payable(creator: &CreatorId) -> Self {
        LedgerAccount::new(AccountKind::CreatorPayable, creator.as_str().as_bytes())
    }

    pub(crate) fn platform_revenue() -> Self {
        LedgerAccount::new(AccountKind::PlatformRevenue, &[])
    }

    pub(crate) fn payouts_in_transit(merchant: &str) -> Self {
        LedgerAccount::new(AccountKind::PayoutsInTransit, merchant.as_bytes())
    }

    pub(crate) fn creator_payouts_in_transit(creator: &CreatorId) -> Self {
        LedgerAccount::new(AccountKind::CreatorPayoutsInTransit, creator.as_str().as_bytes())
    }

    pub(crate) fn bank() -> Self {
        LedgerAccount::new(AccountKind::Bank, &[])
    }
}

/// A movement of money, to be posted whole.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) kind: &'static str,
    /// The top-up, device or payout that it is about.
    pub(crate) reference: Vec<u8>,
    postings: Vec<(LedgerAccount, Money)>,
    figures: Option<DayFigures>,
}

impl Transaction {
    pub(crate) fn new(kind: &'static str, reference: &[u8]) -> Self {
        Transaction { kind, reference: reference.to_vec(), postings: Vec::new(), figures: None }
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

    /// Counts for its day.
    pub(crate) fn counting(mut self, figures: DayFigures) -> Self {
        self.figures = Some(figures);
        self
    }

    /// What it counts for, if it does.
    pub(crate) fn figures(&self) -> Option<DayFigures> {
        self.figures
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
        let creator = CreatorId::new("ana").unwrap();
        for (ledger_account, name, owner) in [
            (LedgerAccount::card_clearing("sandbox"), "card_clearing", &b"sandbox"[..]),
            (LedgerAccount::card_authorised(account), "card_authorised", &[1; 16]),
            (LedgerAccount::store_receivable("app_store"), "store_receivable", b"app_store"),
            (LedgerAccount::refunds("sandbox"), "refunds", b"sandbox"),
            (LedgerAccount::chargebacks("sandbox"), "chargebacks", b"sandbox"),
            (LedgerAccount::processor_fees_prepaid(account), "processor_fees_prepaid", &[1; 16]),
            (LedgerAccount::virtual_currency("studio"), "virtual_currency", b"studio"),
            (LedgerAccount::user_available(account), "user_available", &[1; 16]),
            (LedgerAccount::user_reserved(device), "user_reserved", &[2; 16]),
            (LedgerAccount::merchant_payable("studio"), "merchant_payable", b"studio"),
            (LedgerAccount::creator_payable(&creator), "creator_payable", b"ana"),
            (LedgerAccount::creator_payouts_in_transit(&creator), "creator_payouts_in_transit", b"ana"),
            (LedgerAccount::platform_revenue(), "platform_revenue", b""),
            (LedgerAccount::payouts_in_transit("studio"), "payouts_in_transit", b"studio"),
            (LedgerAccount::bank(), "bank", b""),
        ] {
            assert_eq!((ledger_account.kind.name(), &ledger_account.owner[..]), (name, owner));
            assert_eq!(LedgerAccount::named(name, &ledger_account.owner_name()), Some(ledger_account.clone()));
            assert_eq!(LedgerAccount::of_row(name, owner.to_vec()).unwrap(), ledger_account);
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
