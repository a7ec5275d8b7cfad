//! The allowance: what a device may spend without asking.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::jws::Document;
use crate::{AccountId, ApprovalId, DeviceId, Money, Pricing, Sku, SpendingShare, Thumbprint};

/// Funds that the gateway has reserved for one device, in one currency, signed.
///
/// It is **cumulative**, as in a payment channel: `limit` is all that the device may ever
/// have drawn in this epoch. So a newer version only raises the limit or extends the time,
/// purchases go on while a batch is under way, and a lost answer does no harm. A purchase
/// inside it always settles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// Whose money.
    pub account: AccountId,
    /// Who may spend it.
    pub device: DeviceId,
    /// The thumbprint of the device's key.
    pub key: Thumbprint,
    /// The device's chain that it is for.
    pub epoch: u32,
    /// Counts up for each currency of a device and epoch; an entry names the one it was judged by.
    pub version: u64,
    /// All that may ever have been drawn in this epoch; its currency is the allowance's.
    pub limit: Money,
    /// All entries that may ever have drawn on it in this epoch.
    pub count_limit: u64,
    /// The most that one purchase may cost.
    pub purchase_max: Money,
    /// When it was signed, by the gateway's clock.
    pub issued_at: Timestamp,
    /// Nothing may be bought with it after this.
    pub expires_at: Timestamp,
    /// What was bought in time is accepted until then.
    pub settle_by: Timestamp,
    /// How much of the account's spending limits the device may use; nothing where none are set. Unlike the limit, it
    /// may be less in a newer version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spending: Option<SpendingShare>,
    /// Which of the catalog's prices hold for what is bought with it.
    #[serde(default, skip_serializing_if = "Pricing::is_usual")]
    pub pricing: Pricing,
}

impl Document for Allowance {
    const TYPE: &'static str = "farthing-allowance+jwt";
}

/// What has been drawn on a device's allowances of one currency, in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Purchases and releases, summed.
    pub total: Money,
    /// How many entries that were.
    pub count: u64,
}

/// Why an amount does not fit into an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowanceRefusal {
    /// It is for another currency.
    OtherCurrency,
    /// The amount is nothing or less.
    NotPositive,
    /// It has expired.
    Expired,
    /// The amount is above what one purchase may cost.
    AbovePurchaseMax,
    /// The limits of the player or a guardian leave less.
    SpendingLimitReached {
        /// What they leave to this device.
        remaining: Money,
    },
    /// The purchase needs a guardian's approval, and the one that it names is none or is for another.
    ApprovalRequired,
    /// The sum that may be drawn is used up but for `remaining`.
    LimitReached {
        /// What could still be drawn.
        remaining: Money,
    },
    /// As many entries as allowed have drawn on it.
    CountReached,
}

impl Allowance {
    /// What can still be drawn. Never negative.
    pub fn remaining(&self, drawn: &Drawn) -> Money {
        let remaining = self.limit.minus(drawn.total).unwrap_or(Money::zero(self.limit.currency()));
        if remaining.is_negative() { Money::zero(self.limit.currency()) } else { remaining }
    }

    /// What can still be spent: what can be drawn, as far as the limits of the player or a guardian leave it.
    pub fn spendable(&self, drawn: &Drawn) -> Money {
        let remaining = self.remaining(drawn);
        let limited = self.spending.as_ref().and_then(|spending| spending.remaining(drawn.total));
        limited.filter(|limited| limited.micros() < remaining.micros()).unwrap_or(remaining)
    }

    /// Draws `amount` at a time, or says why not. Device and gateway judge by this same
    /// function, each with its own running totals.
    ///
    /// # Errors
    /// [`AllowanceRefusal`].
    pub fn draw(&self, drawn: &Drawn, amount: Money, at: Timestamp) -> Result<Drawn, AllowanceRefusal> {
        let currency = self.limit.currency();
        if amount.currency() != currency || drawn.total.currency() != currency {
            return Err(AllowanceRefusal::OtherCurrency);
        }
        if !amount.is_positive() {
            return Err(AllowanceRefusal::NotPositive);
        }
        if at > self.expires_at {
            return Err(AllowanceRefusal::Expired);
        }
        if amount.micros() > self.purchase_max.micros() {
            return Err(AllowanceRefusal::AbovePurchaseMax);
        }
        let limit_reached = AllowanceRefusal::LimitReached { remaining: self.remaining(drawn) };
        let total = drawn.total.plus(amount).map_err(|_| limit_reached)?;
        if let Some(remaining) = self.spending.as_ref().and_then(|spending| spending.remaining(drawn.total))
            && amount.micros() > remaining.micros()
        {
            return Err(AllowanceRefusal::SpendingLimitReached { remaining });
        }
        if total.micros() > self.limit.micros() {
            return Err(limit_reached);
        }
        if drawn.count >= self.count_limit {
            return Err(AllowanceRefusal::CountReached);
        }
        Ok(Drawn { total, count: drawn.count + 1 })
    }

    /// The approval that a purchase has to name; nothing where it needs none. `is_used` tells those that were named
    /// before. Device and gateway judge by this same function.
    ///
    /// # Errors
    /// [`AllowanceRefusal::ApprovalRequired`].
    pub fn approval(
        &self,
        wish: (&Sku, u32, Money),
        at: Timestamp,
        is_used: impl Fn(&ApprovalId) -> bool,
    ) -> Result<Option<ApprovalId>, AllowanceRefusal> {
        let Some(spending) = self.spending.as_ref().filter(|spending| spending.must_ask(wish.2)) else {
            return Ok(None);
        };
        let approval = spending.approval(wish, at, is_used).ok_or(AllowanceRefusal::ApprovalRequired)?;
        Ok(Some(approval.id))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Currency, Digest, LimitPeriod, PeriodShare};

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn allowance() -> Allowance {
        Allowance {
            account: AccountId::from_bytes([1; 16]),
            device: DeviceId::from_bytes([2; 16]),
            key: Digest::of(b"key"),
            epoch: 1,
            version: 1,
            limit: usd("5.00"),
            count_limit: 100,
            purchase_max: usd("2.00"),
            issued_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            expires_at: "2026-01-31T00:00:00Z".parse().unwrap(),
            settle_by: "2026-07-01T00:00:00Z".parse().unwrap(),
            spending: None,
            pricing: Pricing::default(),
        }
    }

    /// Of which the limits leave $3.00 in all.
    fn limited() -> Allowance {
        let resets = "2026-01-16T00:00:00Z".parse().unwrap();
        let periods = PeriodShare { drawn_max: usd("3.00"), limit: usd("3.00"), period: LimitPeriod::Day, resets };
        Allowance {
            spending: Some(SpendingShare { periods: Some(periods), ..SpendingShare::default() }),
            ..allowance()
        }
    }

    const NOTHING: Drawn = Drawn { total: Money::zero(Currency::USD), count: 0 };

    #[test]
    fn what_fits_is_drawn_to_the_last_micro() {
        let noon: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        let mut drawn = NOTHING;
        for _ in 0..20 {
            drawn = allowance().draw(&drawn, usd("0.25"), noon).unwrap();
        }
        assert_eq!(drawn, Drawn { total: usd("5.00"), count: 20 });
        let one_more = allowance().draw(&drawn, usd("0.000001"), noon);
        assert_eq!(one_more, Err(AllowanceRefusal::LimitReached { remaining: usd("0") }));
    }

    #[test]
    fn each_bound_holds() {
        let noon: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
        let euro = Money::parse("1", Currency::EUR).unwrap();
        let late: Timestamp = "2026-01-31T00:00:00.001Z".parse().unwrap();
        let used_up = Drawn { count: 100, ..NOTHING };
        assert_eq!(allowance().draw(&NOTHING, euro, noon), Err(AllowanceRefusal::OtherCurrency));
        assert_eq!(allowance().draw(&NOTHING, usd("0"), noon), Err(AllowanceRefusal::NotPositive));
        assert_eq!(allowance().draw(&NOTHING, usd("-1"), noon), Err(AllowanceRefusal::NotPositive));
        assert_eq!(allowance().draw(&NOTHING, usd("1"), late), Err(AllowanceRefusal::Expired));
        assert_eq!(allowance().draw(&NOTHING, usd("2.01"), noon), Err(AllowanceRefusal::AbovePurchaseMax));
        assert_eq!(allowance().draw(&used_up, usd("1"), noon), Err(AllowanceRefusal::CountReached));
    }

    #[test]
    fn the_most_that_one_purchase_may_cost_and_the_last_moment_are_inside() {
        let (allowance, most) = (allowance(), usd("2.00"));
        let drawn = allowance.draw(&NOTHING, most, allowance.expires_at);
        assert_eq!(drawn, Ok(Drawn { total: most, count: 1 }));
        assert_eq!(allowance.remaining(&drawn.unwrap()), usd("3.00"));
        // A newer limit may be lower than what an older one let through.
        let overdrawn = Drawn { total: usd("7.00"), count: 9 };
        assert_eq!(allowance.remaining(&overdrawn), usd("0"));
    }

    #[test]
    fn the_spending_limits_end_before_the_reserve_does() {
        let after: Timestamp = "2026-01-20T12:00:00Z".parse().unwrap();
        let two = Drawn { total: usd("2.00"), count: 1 };
        assert!(limited().draw(&two, usd("1.00"), after).is_ok());
        let refused = AllowanceRefusal::SpendingLimitReached { remaining: usd("1.00") };
        assert_eq!(limited().draw(&two, usd("1.01"), after), Err(refused));
        // The end of the day alone opens nothing, whatever the device's clock shows.
        let all = Drawn { total: usd("3.00"), count: 2 };
        let refused = AllowanceRefusal::SpendingLimitReached { remaining: usd("0") };
        assert_eq!(limited().draw(&all, usd("0.01"), after), Err(refused));
    }

    #[test]
    fn an_allowance_from_before_there_were_limits_is_read() {
        let json = serde_json::to_string(&allowance()).unwrap();
        assert!(!json.contains("spending"));
        assert_eq!(serde_json::from_str::<Allowance>(&json).unwrap(), allowance());
        let json = serde_json::to_string(&limited()).unwrap();
        assert_eq!(serde_json::from_str::<Allowance>(&json).unwrap(), limited());
    }

    #[test]
    fn totals_of_another_currency_draw_on_nothing() {
        let euros = Drawn { total: Money::zero(Currency::EUR), count: 0 };
        let drawn = allowance().draw(&euros, usd("1"), allowance().issued_at);
        assert_eq!(drawn, Err(AllowanceRefusal::OtherCurrency));
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_is_drawn(amounts in prop::collection::vec(any::<i64>(), 0..200)) {
            let noon: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
            let (allowance, mut drawn) = (allowance(), NOTHING);
            for micros in amounts {
                let amount = Money::from_micros(micros % 3_000_000, Currency::USD);
                if let Ok(after) = allowance.draw(&drawn, amount, noon) {
                    prop_assert_eq!(after.total, drawn.total.plus(amount).unwrap());
                    drawn = after;
                }
                prop_assert!(drawn.total.micros() <= allowance.limit.micros());
                prop_assert!(drawn.count <= allowance.count_limit);
            }
        }
    }
}
