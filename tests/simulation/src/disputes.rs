//! What banks have taken back of a wallet's charges, counted beside the real thing.
//!
//! - **A bank decides once**: what it has decided stays so, and asked again it holds no more.
//! - **Each wallet hears of it**: in the end it shows each charge as the bank sees it, with what is or was held.
//! - What is held, and that it comes back where the charge stands, the gateway's books say ([`crate::audit`]).

use std::collections::BTreeMap;

use farthing_core::{Money, TopUp, TopUpId, TopUpState};

use crate::Violation;
use crate::plan::Decision;

/// The disputes of one wallet's charges.
#[derive(Default)]
pub(crate) struct Disputes(BTreeMap<TopUpId, Option<Known>>);

/// What a bank has said for sure.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Known {
    decision: Decision,
    held: Money,
}

/// What the gateway answers to a bank.
pub(crate) enum Answer {
    /// It has written it down, and holds so much.
    Held(Money),
    Refused,
    /// What became of it is not known.
    Lost,
}

impl Disputes {
    /// A bank has said something about a charge that was made.
    pub(crate) fn note(&mut self, top_up: TopUpId, decision: Decision, answer: &Answer) -> Result<(), Violation> {
        let before = self.0.get(&top_up).copied();
        let may_become = |known: &Known| known.decision == decision || known.decision == Decision::TakesBack;
        match (answer, before) {
            (Answer::Held(held), Some(Some(known))) if !may_become(&known) || known.held != *held => {
                Err(Violation::new("a bank has decided twice, or more is held than before"))
            }
            (Answer::Held(held), _) => {
                self.0.insert(top_up, Some(Known { decision, held: *held }));
                Ok(())
            }
            (Answer::Refused, Some(Some(known))) if may_become(&known) => {
                Err(Violation::new("what a bank has decided is refused"))
            }
            (Answer::Refused, None) => Err(Violation::new("a bank can't take back what a wallet says was charged")),
            (Answer::Refused, Some(_)) => Ok(()),
            (Answer::Lost, Some(Some(known))) if known.decision != Decision::TakesBack => Ok(()),
            (Answer::Lost, _) => {
                self.0.insert(top_up, None);
                Ok(())
            }
        }
    }

    /// A wallet that has heard everything shows each charge as the bank sees it.
    pub(crate) fn check(&self, shown: &[TopUp]) -> Result<(), Violation> {
        for top_up in shown {
            let is_right = match (self.0.get(&top_up.id), &top_up.state) {
                (Some(None), _) => true,
                (None, state) => !matches!(state, TopUpState::Disputed { .. } | TopUpState::ChargedBack { .. }),
                (Some(Some(Known { decision, held })), state) => match decision {
                    Decision::TakesBack => *state == TopUpState::Disputed { held: *held },
                    Decision::LetsStand => *state == TopUpState::Succeeded,
                    Decision::Keeps => *state == TopUpState::ChargedBack { amount: *held },
                },
            };
            if !is_right {
                let state = &top_up.state;
                return Err(Violation::new(format!("a wallet shows another dispute than there is: {state:?}")));
            }
        }
        Ok(())
    }
}

/// What of a top-up is in the balance, or was spent, in micros.
pub(crate) fn brought(top_up: &TopUp) -> i64 {
    match top_up.state {
        TopUpState::Succeeded => top_up.amount.micros(),
        TopUpState::Disputed { held } => top_up.amount.micros() - held.micros(),
        TopUpState::ChargedBack { amount } => top_up.amount.micros() - amount.micros(),
        _ => 0,
    }
}
