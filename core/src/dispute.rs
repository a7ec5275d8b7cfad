//! Charges that a cardholder's bank takes back. Each statement says which of the account's these are; the wallet writes
//! down nothing more of it, and shows a top-up or a tab by what the last statement says.

use std::collections::BTreeSet;

use farthing_protocol::{DisputedCharge, TabId, TopUpId};

use crate::deliberate_bug::DeliberateBug;
use crate::event::WalletEvent;
use crate::store::Books;
use crate::top_up::{self, TopUp, TopUpState};
use crate::{WalletError, auto_top_up, tab};

/// What the last statement says was taken back.
pub(crate) fn known(books: &Books) -> &[DisputedCharge] {
    books.state.account.statement.as_ref().map_or(&[], |statement| &statement.disputed)
}

/// What was taken back of the charge that was asked for by this name.
pub(crate) fn of<'a>(disputed: &'a [DisputedCharge], name: &impl ToString) -> Option<&'a DisputedCharge> {
    // Mostly there are none.
    if disputed.is_empty() {
        return None;
    }
    let key = name.to_string();
    disputed.iter().find(|charge| charge.idempotency_key.as_str() == key)
}

/// A top-up as the player sees it: the charge of one that has succeeded may have been taken back since.
pub(crate) fn shown(disputed: &[DisputedCharge], mut top_up: TopUp) -> TopUp {
    let is_shown = !DeliberateBug::ForgetDisputes.is_planted();
    if is_shown
        && top_up.state == TopUpState::Succeeded
        && let Some(&DisputedCharge { held, is_lost, .. }) = of(disputed, &top_up.id)
    {
        top_up.state = if is_lost { TopUpState::ChargedBack { amount: held } } else { TopUpState::Disputed { held } };
    }
    top_up
}

/// Tells the app of each top-up and tab that a bank has taken back, or lets stand after all, since an earlier statement.
/// The wallet charges nothing more by itself after one of its own.
pub(crate) fn hear(books: &mut Books, before: &[DisputedCharge], now: &[DisputedCharge]) -> Result<(), WalletError> {
    if before == now {
        return Ok(());
    }
    let keys: BTreeSet<&str> = before.iter().chain(now).map(|charge| charge.idempotency_key.as_str()).collect();
    for key in keys {
        if let Ok(id) = key.parse::<TopUpId>()
            && let Some(top_up) = top_up::find(books, id)?
        {
            let (was, is) = (shown(before, top_up.clone()), shown(now, top_up));
            if was != is {
                books.tell(WalletEvent::TopUpChanged { top_up: is.clone() });
                auto_top_up::hear(books, &is)?;
            }
        } else if let Ok(id) = key.parse::<TabId>()
            && let (Ok(was), Ok(is)) = (tab::shown_by(books, id, before), tab::shown_by(books, id, now))
            && was != is
        {
            books.tell(WalletEvent::TabChanged { tab: is });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use farthing_protocol::api::DeclineCode;
    use farthing_protocol::{CardId, Currency, IdempotencyKey, Money, Timestamp};

    use super::*;

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    fn top_up(state: TopUpState) -> TopUp {
        let (id, card) = (TopUpId::from_bytes([1; 16]), CardId::from_bytes([2; 16]));
        TopUp { id, amount: usd("5.00"), card, created_at: Timestamp::UNIX_EPOCH, state, is_automatic: false }
    }

    fn charge(id: TopUpId, is_lost: bool) -> DisputedCharge {
        let idempotency_key = IdempotencyKey::new(id.to_string()).unwrap();
        DisputedCharge { idempotency_key, held: usd("3.00"), is_lost }
    }

    #[test]
    fn a_top_up_says_that_the_bank_has_taken_it_back_and_what_is_held_for_it() {
        let (ours, other) = (TopUpId::from_bytes([1; 16]), TopUpId::from_bytes([9; 16]));
        for (disputed, expected) in [
            (vec![], TopUpState::Succeeded),
            (vec![charge(other, false)], TopUpState::Succeeded),
            (vec![charge(other, true), charge(ours, false)], TopUpState::Disputed { held: usd("3.00") }),
            (vec![charge(ours, true), charge(other, false)], TopUpState::ChargedBack { amount: usd("3.00") }),
        ] {
            assert_eq!(shown(&disputed, top_up(TopUpState::Succeeded)).state, expected);
        }
    }

    #[test]
    fn what_was_never_charged_is_not_taken_back() {
        let disputed = [charge(TopUpId::from_bytes([1; 16]), true)];
        for state in [TopUpState::Created, TopUpState::Processing, TopUpState::Failed { code: DeclineCode::Other }] {
            assert_eq!(shown(&disputed, top_up(state.clone())).state, state);
        }
    }
}
