//! What the day cost in fees, and what it would have cost card by card.

use std::path::Path;

use farthing_core::{Money, MoneyError};
use farthing_gateway::Config;
use rust_decimal::Decimal;

/// Stripe's least charge in US dollars, <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>.
pub(crate) const STRIPE_MINIMUM: &str = "0.50 USD";

/// Fees at list price.
pub(crate) struct Fees {
    pub(crate) one_charge: Money,
    pub(crate) one_by_one: Money,
    /// Of what was bought, in per cent with one decimal.
    pub(crate) one_charge_share: String,
    pub(crate) one_by_one_share: String,
}

/// The fees of one charge of `charge`, and of as many charges as there were purchases of `price`,
/// by the gateway's own fee schedule.
pub(crate) fn fees(data: &Path, charge: Money, price: Money, purchases: u32) -> anyhow::Result<Fees> {
    let schedule = Config::read(&data.join("gateway.toml"))?.processors.sandbox;
    let one_charge = schedule.fee(charge);
    let one_by_one = schedule.fee(price).times(purchases)?;
    let bought = price.times(purchases)?;
    Ok(Fees {
        one_charge,
        one_by_one,
        one_charge_share: share(one_charge, bought)?,
        one_by_one_share: share(one_by_one, bought)?,
    })
}

/// `part` of `whole` in per cent.
fn share(part: Money, whole: Money) -> Result<String, MoneyError> {
    let share = (part.amount() * Decimal::ONE_HUNDRED).checked_div(whole.amount()).ok_or(MoneyError::OutOfRange)?;
    Ok(format!("{share:.1} %"))
}
