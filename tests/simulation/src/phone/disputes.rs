//! A player, or whoever has the card, disputes a charge at the bank.

use farthing_core::TopUpState;

use super::Phone;
use crate::Violation;
use crate::disputes::Answer;
use crate::plan::Decision;

impl Phone {
    /// The bank takes the charge of one of the newest top-ups back, or decides on it.
    pub(crate) async fn dispute(&mut self, which: usize, decision: Decision) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        let mut charged = wallet.top_ups().await.unwrap_or_default();
        charged.retain(|top_up| top_up.state.is_final() && !matches!(top_up.state, TopUpState::Failed { .. }));
        let Some(top_up) = charged.get(which % charged.len().max(1)) else { return Ok("nothing was charged".into()) };
        let answer = self.back_end.dispute(top_up.id, decision).await;
        self.book.disputes.note(top_up.id, decision, &answer)?;
        let held = match answer {
            Answer::Held(held) => held,
            Answer::Refused => return Ok("refused".into()),
            Answer::Lost => return Ok("not known".into()),
        };
        self.coverage.add(format!("a bank: {decision:?}"));
        if held.micros() < top_up.amount.micros() {
            self.coverage.add("a bank took back what was spent or reserved in part");
        }
        Ok(format!("{held} held"))
    }
}
