//! Low-value card payments without strong customer authentication, and when it is due again.
//!
//! Delegated Regulation (EU) 2018/389, article 16 (in force since 14 September 2019), lets a remote payment go without
//! strong authentication where (a) it is at most EUR 30, and (b) the payments before it, since the last authentication,
//! come to at most EUR 100, or (c) they are at most five in a row. A provider chooses (b) or (c); both need not hold
//! (EBA opinion EBA-Op-2018-04, paragraph 43; EBA answer 2018_4225).
//!
//! The text counts the payments before; this counts the one that is asked for, too, as the EBA's answer does ("less than
//! five"): so it asks at most one payment early, and never late. A charge counts once it is asked for, even where the card
//! is declined in the end.
//!
//! **What counts** is what a card is charged: top-ups and tabs. A purchase from the balance is no payment with a card or
//! from a bank account: it moves nothing at the cardholder's bank, so it is no electronic payment transaction of the
//! card's (Directive (EU) 2015/2366, article 4(5) and article 97(1)(b)). Where the balance itself is electronic money, its
//! issuer must see to purchases from it, too; the limits of guardians and players are there for that.
//!
//! The cardholder's bank decides in the end: it may ask whatever we think.

use farthing_protocol::{AccountId, Currency, Money};
use uuid::Uuid;

use crate::config::{Counted, LowValuePolicy};
use crate::processor::ChargeStatus;
use crate::store::{StoreError, Tables};

/// What an account's cards were charged without it, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    pub(crate) amount: Money,
    pub(crate) count: u32,
}

/// Whether a charge needs strong authentication, after those since the last one. Amounts of several currencies count by
/// their share of their limit.
pub(crate) fn is_required(policy: &LowValuePolicy, since: &[Since], asked: Money) -> bool {
    if asked.micros() > policy.each.of(asked.currency()).micros() {
        return true;
    }
    let asked = Since { amount: asked, count: 1 };
    let all = || since.iter().chain([&asked]);
    let is_too_much = || all().map(|since| share(policy, since.amount)).sum::<i128>() > WHOLE;
    let are_too_many = || all().map(|since| u64::from(since.count)).sum::<u64>() > u64::from(policy.in_a_row);
    match policy.counted {
        Counted::Amount => is_too_much(),
        Counted::Count => are_too_many(),
        Counted::Both => is_too_much() || are_too_many(),
    }
}

/// The whole of a limit.
const WHOLE: i128 = 1_000_000_000_000;

/// An amount's share of its currency's limit, rounded up: an amount above the limit is more than the whole.
fn share(policy: &LowValuePolicy, amount: Money) -> i128 {
    let limit = i128::from(policy.in_all.of(amount.currency()).micros());
    if limit <= 0 {
        return if amount.is_positive() { WHOLE + 1 } else { 0 };
    }
    let parts = i128::from(amount.micros().max(0)) * WHOLE;
    parts / limit + i128::from(parts % limit > 0)
}

/// Counts a charge that is about to be asked for, and says whether it needs strong authentication.
pub(crate) fn count(
    tables: &dyn Tables,
    policy: Option<&LowValuePolicy>,
    account: AccountId,
    (payment, amount): (Uuid, Money),
) -> Result<(), StoreError> {
    let Some(policy) = policy else { return Ok(()) };
    if is_required(policy, &tables.charged_since_authentication(account)?, amount) {
        tables.note_authentication(payment, true, false)
    } else {
        tables.count_charge(account, amount)
    }
}

/// Hears what became of a charge: once its cardholder was asked and it succeeded, the counting begins anew.
pub(crate) fn hear(
    tables: &dyn Tables,
    policy: Option<&LowValuePolicy>,
    account: AccountId,
    payment: Uuid,
    said: &ChargeStatus,
) -> Result<(), StoreError> {
    if policy.is_none() {
        return Ok(());
    }
    match said {
        ChargeStatus::RequiresAction { .. } => tables.note_authentication(payment, false, true),
        ChargeStatus::Succeeded { .. } if tables.authentication(payment)?.was_asked => tables.forget_charges(account),
        _ => Ok(()),
    }
}

/// How far the authentication for a charge is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Authentication {
    /// The processor is told to ask for it.
    pub(crate) is_required: bool,
    /// The cardholder was sent to their bank.
    pub(crate) was_asked: bool,
}

/// What [`count`] and [`hear`] keep.
pub(crate) trait Authentications {
    /// What an account's cards were charged since the last authentication, by currency.
    fn charged_since_authentication(&self, account: AccountId) -> Result<Vec<Since>, StoreError>;

    /// Counts a charge without it.
    fn count_charge(&self, account: AccountId, amount: Money) -> Result<(), StoreError>;

    /// An account's cardholder has proved who they are.
    fn forget_charges(&self, account: AccountId) -> Result<(), StoreError>;

    /// How far it is for a top-up or a tab.
    fn authentication(&self, payment: Uuid) -> Result<Authentication, StoreError>;

    /// It is required for a top-up or a tab, or the cardholder was asked; what was noted before stays.
    fn note_authentication(&self, payment: Uuid, is_required: bool, was_asked: bool) -> Result<(), StoreError>;
}

/// From a row's columns.
pub(crate) fn since(micros: i64, currency: Currency, count: u32) -> Since {
    Since { amount: Money::from_micros(micros, currency), count }
}

#[cfg(test)]
#[path = "authentication_tests.rs"]
mod tests;
