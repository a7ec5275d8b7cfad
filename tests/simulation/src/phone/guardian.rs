//! What a guardian says and answers, who takes the player's phone in hand and knows the PIN.

use farthing_core::{ApprovalState, Currency, LimitsChange, Money, SpendingLimits};

use super::{EVERYTHING, Phone};
use crate::Violation;
use crate::guards::Guards;
use crate::limits::Period;

const PIN: &str = "4711";
const ANOTHER_PIN: &str = "0000";

impl Phone {
    /// A guardian wants to be asked for what costs more than so many micros, and may limit what the account spends in a
    /// day.
    pub(crate) async fn guard(&mut self, micros: i64, limit: Option<i64>) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let ask_above = Some(Money::from_micros(micros, Currency::USD));
        let limits = limit.map_or_else(SpendingLimits::default, limits_of);
        let limits = SpendingLimits { ask_above, ..limits };
        let pin = Some(PIN.to_owned());
        let change = LimitsChange { currency: Currency::USD, limits, pin, utc_offset_minutes: None };
        let guarded = wallet.set_limits(change).await;
        if let Err(error) = &guarded {
            self.check_failure(error)?;
        }
        Ok(self.cover("guard", guarded.err().as_ref()))
    }

    /// Answers one of the requests: of those that wait, where some do.
    pub(crate) async fn answer(
        &mut self,
        guards: &mut Guards,
        which: usize,
        approve: bool,
        knows_pin: bool,
    ) -> Result<String, Violation> {
        let Some(wallet) = self.free().await? else { return Ok("closed".into()) };
        let mut asked = match wallet.approvals().await {
            Ok(asked) => asked,
            Err(error) => {
                self.check_failure(&error)?;
                return Ok(self.cover("approvals", Some(&error)));
            }
        };
        if asked.iter().any(|record| record.state == ApprovalState::Pending) {
            asked.retain(|record| record.state == ApprovalState::Pending);
        }
        let Some(record) = asked.get(which % asked.len().max(1)) else { return Ok("nothing was asked for".into()) };
        if approve && knows_pin {
            guards.may_approve(record.id);
        }
        let pin = if knows_pin { PIN } else { ANOTHER_PIN };
        let answered = wallet.answer_approval(record.id, approve, pin).await;
        let outcome = self.cover(answer_name(approve, knows_pin), answered.as_ref().err());
        match answered {
            Ok(_) if !knows_pin => Err(Violation::new("a wrong PIN was taken for the guardian's")),
            Ok(now) if now.state == ApprovalState::Approved && !guards.may_have_approved(&now.id) => {
                Err(Violation::new("something is approved that no guardian has approved"))
            }
            Ok(now) => Ok(format!("{:?}", now.state)),
            Err(error) => self.check_failure(&error).map(|()| outcome),
        }
    }

    /// What is bought from now on goes by what the guardian said.
    pub(crate) async fn go_by_guardian(&mut self) {
        if self.unguarded.is_none()
            && let Some(wallet) = &self.wallet
            && let Ok(shown) = wallet.purchases(EVERYTHING).await
        {
            self.unguarded = Some(shown.iter().map(|purchase| purchase.id).collect());
        }
    }
}

fn answer_name(approve: bool, knows_pin: bool) -> &'static str {
    match (approve, knows_pin) {
        (_, false) => "answer with another PIN",
        (true, true) => "approve",
        (false, true) => "decline",
    }
}

/// Limits of each period, for so many micros in a day, and half as much for one purchase.
pub(super) fn limits_of(micros: i64) -> SpendingLimits {
    let amount = |micros| Some(Money::from_micros(micros, Currency::USD));
    let of = |period: Period| amount(period.limit(micros));
    let [day, week, month] = Period::ALL.map(of);
    SpendingLimits { purchase: amount(micros / 2), day, week, month, ..SpendingLimits::default() }
}
