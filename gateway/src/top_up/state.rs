//! How far a top-up is: a pure function of where it was and what the processor says.

use farthing_protocol::api::DeclineCode;

use crate::processor::ChargeStatus;

/// How far a top-up is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Written down; the processor may not have been asked yet.
    Created,
    /// The cardholder must confirm.
    RequiresAction,
    /// The processor does not know yet.
    Processing,
    /// The money is in the balance.
    Succeeded,
    /// The card was not charged.
    Failed(DeclineCode),
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Created => "created",
            State::RequiresAction => "requires_action",
            State::Processing => "processing",
            State::Succeeded => "succeeded",
            State::Failed(_) => "failed",
        }
    }

    /// Whether it may still change.
    pub(crate) fn is_open(self) -> bool {
        !matches!(self, State::Succeeded | State::Failed(_))
    }
}

/// What the processor's word changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) state: State,
    /// Whether the money goes into the balance now.
    pub(crate) credits: bool,
}

/// The next step, or none where nothing changes.
pub(crate) fn step(state: State, said: &ChargeStatus) -> Option<Step> {
    if !state.is_open() {
        return None;
    }
    let next = match said {
        ChargeStatus::RequiresAction { .. } => State::RequiresAction,
        ChargeStatus::Processing => State::Processing,
        ChargeStatus::Succeeded { .. } => State::Succeeded,
        ChargeStatus::Declined { code } => State::Failed(*code),
    };
    (next != state).then_some(Step { state: next, credits: next == State::Succeeded })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said() -> impl Strategy<Value = ChargeStatus> {
        prop_oneof![
            Just(ChargeStatus::RequiresAction { page: "page".into() }),
            Just(ChargeStatus::Processing),
            Just(ChargeStatus::Succeeded { fee: None }),
            Just(ChargeStatus::Declined { code: DeclineCode::GenericDecline }),
        ]
    }

    proptest! {
        #[test]
        fn whatever_the_processor_says_money_comes_in_at_most_once(words in prop::collection::vec(said(), 0..12)) {
            let (mut state, mut credits) = (State::Created, 0);
            for word in &words {
                let was_open = state.is_open();
                if let Some(step) = step(state, word) {
                    prop_assert!(was_open);
                    state = step.state;
                    credits += u32::from(step.credits);
                }
            }
            prop_assert_eq!(credits, u32::from(state == State::Succeeded));
            let first_end = words.iter().find(|word| matches!(word, ChargeStatus::Succeeded { .. } | ChargeStatus::Declined { .. }));
            prop_assert_eq!(state == State::Succeeded, matches!(first_end, Some(ChargeStatus::Succeeded { .. })));
        }
    }
}
