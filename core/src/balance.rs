//! What the player has, for each currency.

use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::{Currency, Money, Timestamp};

use crate::state::State;

/// What the player has. Exact for this device; what other devices of the account spend shows
/// after the next sync.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Balance {
    /// Each currency, sorted by its code.
    pub currencies: Vec<CurrencyBalance>,
    /// When the gateway last confirmed it, by the gateway's clock; `None` before the first sync.
    pub as_of: Option<Timestamp>,
}

/// What the player has of one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrencyBalance {
    /// All that can be spent: reserved for this device or not.
    pub total: Money,
    /// What can be spent on this device without a connection.
    pub offline_spendable: Money,
    /// What was spent here and waits for settlement. It has left the total already.
    pub pending: Money,
}

impl Balance {
    /// What the player has of a currency; nothing if it never occurred.
    pub fn of_currency(&self, currency: Currency) -> CurrencyBalance {
        let zero = Money::zero(currency);
        self.currencies.iter().find(|line| line.total.currency() == currency).cloned().unwrap_or(CurrencyBalance {
            total: zero,
            offline_spendable: zero,
            pending: zero,
        })
    }

    pub(crate) fn of(state: &State, now: Timestamp) -> Self {
        let account = &state.account;
        let available = account.statement.iter().flat_map(|statement| &statement.available);
        let currencies: BTreeSet<Currency> = available
            .map(Money::currency)
            .chain(account.allowances.keys().copied())
            .chain(state.current.drawn.keys().copied())
            .collect();
        let mut currencies: Vec<_> =
            currencies.into_iter().map(|currency| CurrencyBalance::of(state, currency, now)).collect();
        currencies.sort_by(|a, b| a.total.currency().code().cmp(b.total.currency().code()));
        Balance { currencies, as_of: account.statement.as_ref().map(|statement| statement.issued_at) }
    }

    /// The same after more was spent that waits for settlement, in micros.
    pub(crate) fn less(mut self, spent: &BTreeMap<Currency, i64>) -> Self {
        for line in &mut self.currencies {
            let currency = line.total.currency();
            let spent = Money::from_micros(spent.get(&currency).copied().unwrap_or(0), currency);
            // It is under the allowance, so the sums are in range.
            line.total = line.total.minus(spent).unwrap_or(line.total);
            line.pending = line.pending.plus(spent).unwrap_or(line.pending);
            let left = line.offline_spendable.micros().saturating_sub(spent.micros()).max(0);
            line.offline_spendable = Money::from_micros(left, currency);
        }
        self
    }

    pub(crate) fn same_amounts(&self, other: &Balance) -> bool {
        self.currencies == other.currencies
    }
}

impl CurrencyBalance {
    fn of(state: &State, currency: Currency, now: Timestamp) -> Self {
        let zero = Money::zero(currency);
        let (settled, current) = (state.settled.drawn(currency), state.current.drawn(currency));
        let allowance = state.account.allowances.get(&currency);
        let reserved = allowance.map_or(zero, |allowance| allowance.remaining(&current));
        let returning = state.returning(currency);
        let spendable = allowance.map_or(zero, |allowance| allowance.spendable(&current));
        let expired = allowance.is_none_or(|allowance| now > allowance.expires_at);
        CurrencyBalance {
            // The sums were in range when the gateway signed them and the journal checked them.
            total: available(state, currency).plus(reserved).unwrap_or(reserved),
            offline_spendable: if expired || state.rolled_back { zero } else { spendable },
            pending: current.total.minus(settled.total).and_then(|drawn| drawn.minus(returning)).unwrap_or(zero),
        }
    }
}

/// What the account has that is reserved for no device: as the gateway last said, and what this device gives back.
pub(crate) fn available(state: &State, currency: Currency) -> Money {
    let available = state.account.statement.iter().flat_map(|statement| &statement.available);
    let available = available.copied().find(|money| money.currency() == currency).unwrap_or(Money::zero(currency));
    available.plus(state.returning(currency)).unwrap_or(available)
}
