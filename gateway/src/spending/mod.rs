//! Limits on what an account spends: by its player, who is held to loosening them slowly, and by a guardian with a PIN.
//!
//! 1. **Set** ([`set`]): [`rule`] (pure) says what holds at once and what only after the cooling-off; [`pin`] knows a
//!    guardian.
//! 2. **Share out** ([`share`]): what the limits leave in the current [`window`]s goes to the account's devices, in their
//!    allowances. [`room`] (pure) never gives out more than is left, so no number of offline devices passes a limit.
//! 3. **Count** ([`Spent`]): what is settled, at the time at which it was bought.
//! 4. **Ask** ([`approval`]): a purchase above what needs no approval waits for a guardian's answer.

pub(crate) mod approval;
pub(crate) mod pin;
pub(crate) mod room;
pub(crate) mod rule;
pub(crate) mod set;
pub(crate) mod share;
pub(crate) mod show;
pub(crate) mod window;

use std::collections::BTreeMap;

use farthing_protocol::{AccountId, Currency, Money, Timestamp};

use crate::store::{StoreError, Tables};

/// What a batch has spent, in quarters of an hour.
#[derive(Debug, Default)]
pub(crate) struct Spent(BTreeMap<i64, i64>);

impl Spent {
    /// Counts a purchase. It happened after its allowance was issued and before it came in, whatever the device's clock
    /// said.
    pub(crate) fn add(&mut self, amount: Money, at: Timestamp, issued_at: Timestamp, now: Timestamp) {
        let slot = window::slot(at.max(issued_at).min(now));
        let sum = self.0.entry(slot).or_default();
        // The sums stay under the allowance's limit, which is an amount itself.
        *sum = sum.saturating_add(amount.micros());
    }

    /// Keeps it, where the account's spending is limited.
    pub(crate) fn keep(&self, tables: &dyn Tables, account: AccountId, currency: Currency) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|(slot, micros)| tables.add_spent(account, currency, *slot, *micros))
    }
}
