//! Limits on what is spent: what a player or a guardian has set, and how much of that one device may use.
//!
//! Limits hold for an **account**, purchases are decided on **devices** that may be offline. So each device gets a share
//! ([`SpendingShare`]) in its signed [`Allowance`](crate::Allowance): a cumulative sum, as the allowance's own limit is. It
//! says all that the device may ever have drawn as far as the limits go; no new share begins without the gateway, whatever
//! the device's clock shows. The gateway hands out no more in shares than the limits leave.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApprovalId, Currency, Money, Sku};

/// What a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LimitPeriod {
    /// One purchase.
    Purchase,
    /// A day.
    Day,
    /// A week, from Monday on (ISO 8601).
    Week,
    /// A month of the calendar.
    Month,
}

/// Limits on what an account spends in one currency. What is left out is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendingLimits {
    /// The most that one purchase may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Money>,
    /// The most that may be spent in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Money>,
    /// The most that may be spent in a week, from Monday on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week: Option<Money>,
    /// The most that may be spent in a month of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<Money>,
    /// A purchase that costs more than this needs a guardian's approval; zero has every purchase need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_above: Option<Money>,
}

impl SpendingLimits {
    /// Each limit there is.
    pub fn amounts(&self) -> impl Iterator<Item = Money> {
        [self.purchase, self.day, self.week, self.month, self.ask_above].into_iter().flatten()
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        self.amounts().next().is_none()
    }

    /// Whether each limit is an amount of that currency, and none is below zero.
    pub fn is_in(&self, currency: Currency) -> bool {
        self.amounts().all(|amount| amount.currency() == currency && !amount.is_negative())
    }

    /// The stricter of two, limit by limit. They are of the same currency.
    pub fn stricter(&self, other: &SpendingLimits) -> SpendingLimits {
        let least = |one: Option<Money>, another: Option<Money>| match (one, another) {
            (Some(one), Some(another)) if another.micros() < one.micros() => Some(another),
            (one, another) => one.or(another),
        };
        SpendingLimits {
            purchase: least(self.purchase, other.purchase),
            day: least(self.day, other.day),
            week: least(self.week, other.week),
            month: least(self.month, other.month),
            ask_above: least(self.ask_above, other.ask_above),
        }
    }
}

/// How much of an account's limits one device may use, in the currency of its allowance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendingShare {
    /// What the limits of periods leave to the device; nothing where no period is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<PeriodShare>,
    /// A purchase that costs more needs an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_above: Option<Money>,
    /// What was approved for this device and not used yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
}

/// What the limits of periods leave to one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodShare {
    /// All that the device may ever have drawn in this epoch as far as the limits go. By another version it may be less.
    pub drawn_max: Money,
    /// The limit that leaves the least.
    pub limit: Money,
    /// The period that it is for.
    pub period: LimitPeriod,
    /// When that period ends. Then the gateway may have more; until it was asked, nothing more may be drawn.
    pub resets: Timestamp,
}

/// A purchase that a guardian has approved: one, of this and for this price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The request that was approved; the purchase names it.
    pub id: ApprovalId,
    /// What may be bought.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// The price of all.
    pub total: Money,
    /// Until when.
    pub expires_at: Timestamp,
}

impl SpendingShare {
    /// What the limits of periods leave, once `drawn` was drawn; nothing where no period is limited.
    pub fn remaining(&self, drawn: Money) -> Option<Money> {
        let periods = self.periods.as_ref()?;
        let left = periods.drawn_max.micros().saturating_sub(drawn.micros()).max(0);
        Some(Money::from_micros(left, drawn.currency()))
    }

    /// Whether each amount is in that currency.
    pub fn is_in(&self, currency: Currency) -> bool {
        let periods = self.periods.iter().flat_map(|periods| [periods.drawn_max, periods.limit]);
        let approvals = self.approvals.iter().map(|approval| approval.total);
        periods.chain(self.ask_above).chain(approvals).all(|amount| amount.currency() == currency)
    }

    /// Whether a purchase of that price needs an approval.
    pub fn must_ask(&self, total: Money) -> bool {
        self.ask_above.is_some_and(|most| total.micros() > most.micros())
    }

    /// An approval for a purchase, other than those that were used.
    pub fn approval(
        &self,
        (sku, quantity, total): (&Sku, u32, Money),
        at: Timestamp,
        is_used: impl Fn(&ApprovalId) -> bool,
    ) -> Option<&Approval> {
        self.approvals.iter().find(|approval| {
            let fits = approval.sku == *sku && approval.quantity == quantity && approval.total == total;
            fits && at <= approval.expires_at && !is_used(&approval.id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn of_two_limits_the_stricter_holds() {
        let player = SpendingLimits { day: Some(usd("5")), week: Some(usd("9")), ..SpendingLimits::default() };
        let guardian = SpendingLimits { day: Some(usd("3")), month: Some(usd("20")), ..SpendingLimits::default() };
        let both = SpendingLimits {
            day: Some(usd("3")),
            week: Some(usd("9")),
            month: Some(usd("20")),
            ..SpendingLimits::default()
        };
        assert_eq!(player.stricter(&guardian), both);
        assert_eq!(guardian.stricter(&player), both);
        assert!(both.is_in(Currency::USD) && !both.is_in(Currency::EUR) && !both.is_empty());
        assert!(!SpendingLimits { day: Some(usd("-1")), ..both }.is_in(Currency::USD));
    }

    #[test]
    fn an_approval_is_for_one_purchase_and_a_while() {
        let sword = Sku::new("sword").unwrap();
        let id = ApprovalId::from_bytes([7; 16]);
        let expires_at = at("2026-01-02T00:00:00Z");
        let approval = Approval { id, sku: sword.clone(), quantity: 1, total: usd("3"), expires_at };
        let share = SpendingShare { ask_above: Some(usd("1")), approvals: vec![approval], ..SpendingShare::default() };
        assert!(share.must_ask(usd("3")) && !share.must_ask(usd("1")));
        let found = |quantity, total, at, used| share.approval((&sword, quantity, total), at, |_| used).is_some();
        assert!(found(1, usd("3"), expires_at, false));
        assert!(!found(2, usd("3"), expires_at, false));
        assert!(!found(1, usd("3.01"), expires_at, false));
        assert!(!found(1, usd("3"), at("2026-01-02T00:00:00.001Z"), false));
        assert!(!found(1, usd("3"), expires_at, true));
    }
}
