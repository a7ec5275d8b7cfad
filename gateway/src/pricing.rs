//! Which of the catalog's prices hold for an account.
//!
//! Countries with like incomes share a **price tier**; the merchant says where a user lives, with the enrolment token.
//! **Introductory** prices are for an account's first days. The allowance carries both, so that a device goes by them
//! offline, and an entry is judged by those of the allowance that it names, wherever its user lives by then.

use farthing_protocol::{AccountId, Pricing};

use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::store::{StoreError, Tables};

/// What holds for an account now, by the catalog that is on sale.
pub(crate) fn of(tables: &dyn Tables, shared: &Shared, account: AccountId) -> Result<Pricing, StoreError> {
    let rules = shared.catalogs.pricing();
    let mut pricing = Pricing::default();
    if DeliberateBug::TellUsualPrices.is_planted() {
        return Ok(pricing);
    }
    if !rules.tiers.is_empty() {
        let country = shared.persons.country_of(tables, account)?;
        pricing.tier = country.and_then(|country| rules.tiers.get(&country).cloned());
    }
    if rules.is_introductory {
        pricing.since = tables.account_record(account)?.map(|record| record.created_at);
    }
    Ok(pricing)
}
