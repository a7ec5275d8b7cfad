//! What sync does next: a pure function of how the wallet stands and what is wanted.

use farthing_protocol::limits::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX};
use farthing_protocol::{DeviceState, Money};

use crate::auto_top_up::Consent;
use crate::state::State;

/// One step of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Enrol,
    LookUpAccount,
    Upload,
    ResumeTopUps,
    ResumeTabs,
    AskRefunds,
    FetchRefunds,
    RaiseAllowance(Option<Money>),
    FetchCatalog,
    FetchCards,
    FetchPurchases,
    TopUpAutomatically,
}

/// What a sync is still to do beside the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) account: bool,
    pub(super) amounts: Vec<Money>,
    pub(super) top_ups: bool,
    pub(super) tabs: bool,
    pub(super) refunds: bool,
    pub(super) catalog: bool,
    pub(super) cards: bool,
    pub(super) purchases: bool,
    pub(super) auto_top_up: bool,
}

impl Wanted {
    /// Only that the queue is settled, and that the balance is topped up where it is low then.
    pub(super) fn settlement() -> Self {
        Wanted { auto_top_up: true, ..Wanted::default() }
    }

    /// All that the gateway can tell.
    pub(super) fn everything() -> Self {
        Wanted {
            account: true,
            amounts: Vec::new(),
            top_ups: true,
            tabs: true,
            refunds: true,
            catalog: true,
            cards: true,
            purchases: true,
            auto_top_up: true,
        }
    }
}

/// How the wallet stands, as far as the plan depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Situation {
    pub(super) is_enrolled: bool,
    pub(super) may_spend: bool,
    pub(super) is_rolled_back: bool,
    pub(super) has_catalog: bool,
    pub(super) queued: u64,
    /// How many of them the gateway has settled already, as it last said.
    pub(super) settled_unheard: u64,
    /// Whether the player has a tab that is not at its end.
    pub(super) has_tabs: bool,
    /// Whether the player has asked for a refund.
    pub(super) has_refunds: bool,
    /// How many refunds the gateway has signed that this device has not heard of.
    pub(super) refunds_unheard: u64,
    /// Whether other devices of the account may have bought what is not known here.
    pub(super) has_purchases_unheard: bool,
    /// Whether the player has agreed to automatic top-ups, and they are not paused.
    pub(super) tops_up: bool,
}

impl Situation {
    pub(super) fn of(state: &State) -> Self {
        let statement = state.account.statement.as_ref();
        let device = statement.map(|statement| &statement.device_state);
        let settled = statement.map_or(0, |statement| statement.journal.seq);
        Situation {
            is_enrolled: state.enrolment.is_some(),
            may_spend: matches!(device, None | Some(DeviceState::Active)),
            is_rolled_back: state.rolled_back,
            has_catalog: state.catalog.is_some(),
            queued: state.queued(),
            settled_unheard: settled.saturating_sub(state.settled.seq()).min(state.queued()),
            has_tabs: state.tabs.are_under_way(),
            has_refunds: !state.refunds.is_empty(),
            refunds_unheard: statement.map_or(0, |statement| statement.refunds).saturating_sub(state.settled.refunds),
            has_purchases_unheard: state.elsewhere.is_behind(),
            tops_up: state.auto_top_up.as_ref().is_some_and(Consent::is_active),
        }
    }
}

/// The next step, or none when all is done. The caller strikes out what was wanted once it is done.
pub(super) fn next_step(situation: &Situation, wanted: &Wanted) -> Option<Step> {
    if !situation.is_enrolled {
        return Some(Step::Enrol);
    }
    // A frozen or revoked device may only ask how it stands (an operator may have freed it), and
    // what became of what was settled before.
    if !situation.may_spend {
        let unheard = situation.settled_unheard > 0;
        return if wanted.account { Some(Step::LookUpAccount) } else { unheard.then_some(Step::Upload) };
    }
    if situation.queued > 0 {
        return Some(Step::Upload);
    }
    if situation.is_rolled_back {
        return Some(Step::LookUpAccount);
    }
    if wanted.top_ups {
        return Some(Step::ResumeTopUps);
    }
    if wanted.tabs && situation.has_tabs {
        return Some(Step::ResumeTabs);
    }
    if wanted.refunds && situation.has_refunds {
        return Some(Step::AskRefunds);
    }
    if let Some(amount) = wanted.amounts.last() {
        return Some(Step::RaiseAllowance(Some(*amount)));
    }
    if wanted.account {
        return Some(Step::RaiseAllowance(None));
    }
    if situation.refunds_unheard > 0 {
        return Some(Step::FetchRefunds);
    }
    if wanted.catalog || !situation.has_catalog {
        return Some(Step::FetchCatalog);
    }
    if wanted.cards {
        return Some(Step::FetchCards);
    }
    if wanted.purchases && situation.has_purchases_unheard {
        return Some(Step::FetchPurchases);
    }
    // Last, so that a charge holds nothing up.
    (wanted.auto_top_up && situation.tops_up).then_some(Step::TopUpAutomatically)
}

/// How many of these entries, by their sizes, go into one batch: as many as the limits of a
/// batch and `most` allow, at least one.
pub(super) fn batch_length(sizes: impl IntoIterator<Item = usize>, most: usize) -> usize {
    // Each entry is a JSON string in base64: four characters for three bytes, quotes, a comma.
    let on_the_wire = |size: usize| size.div_ceil(3) * 4 + 3;
    // The batch's signature and the braces around it.
    let mut bytes = 1_024;
    let fits = sizes.into_iter().take(most.min(BATCH_ENTRIES_MAX)).take_while(|size| {
        bytes += on_the_wire(*size);
        bytes <= BATCH_BYTES_MAX
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use farthing_protocol::Currency;
    use proptest::prelude::*;

    use super::*;

    const READY: Situation = Situation {
        is_enrolled: true,
        may_spend: true,
        is_rolled_back: false,
        has_catalog: true,
        queued: 0,
        settled_unheard: 0,
        has_tabs: false,
        has_refunds: false,
        refunds_unheard: 0,
        has_purchases_unheard: false,
        tops_up: false,
    };

    fn steps(mut situation: Situation, mut wanted: Wanted) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(step) = next_step(&situation, &wanted) {
            steps.push(step);
            match step {
                Step::Enrol => situation.is_enrolled = true,
                Step::LookUpAccount => (situation.is_rolled_back, wanted.account) = (false, false),
                Step::Upload => {
                    situation.queued -= 1;
                    situation.settled_unheard = situation.settled_unheard.saturating_sub(1);
                }
                Step::ResumeTopUps => wanted.top_ups = false,
                Step::ResumeTabs => wanted.tabs = false,
                Step::RaiseAllowance(Some(_)) => drop(wanted.amounts.pop()),
                Step::RaiseAllowance(None) => wanted.account = false,
                Step::AskRefunds => {
                    (situation.has_refunds, wanted.refunds, wanted.account) = (false, false, true);
                    situation.refunds_unheard += 1;
                }
                Step::FetchRefunds => situation.refunds_unheard -= 1,
                Step::FetchCatalog => (situation.has_catalog, wanted.catalog) = (true, false),
                Step::FetchCards => wanted.cards = false,
                Step::FetchPurchases => wanted.purchases = false,
                Step::TopUpAutomatically => wanted.auto_top_up = false,
            }
        }
        steps
    }

    #[test]
    fn a_first_sync_gets_all_there_is() {
        let nothing = Situation { is_enrolled: false, has_catalog: false, ..READY };
        assert_eq!(
            steps(nothing, Wanted::everything()),
            [Step::Enrol, Step::ResumeTopUps, Step::RaiseAllowance(None), Step::FetchCatalog, Step::FetchCards]
        );
    }

    #[test]
    fn a_purchase_only_settles() {
        assert_eq!(steps(Situation { queued: 2, ..READY }, Wanted::settlement()), [Step::Upload, Step::Upload]);
        assert_eq!(steps(READY, Wanted::settlement()), []);
    }

    #[test]
    fn a_restored_backup_sends_what_it_has_then_asks_where_the_gateway_stands() {
        let restored = Situation { is_rolled_back: true, queued: 1, ..READY };
        assert_eq!(steps(restored, Wanted::settlement()), [Step::Upload, Step::LookUpAccount]);
    }

    #[test]
    fn a_frozen_device_sends_nothing_but_what_was_settled_before() {
        let frozen = Situation { may_spend: false, queued: 9, is_rolled_back: true, ..READY };
        assert_eq!(steps(frozen, Wanted::everything()), [Step::LookUpAccount]);
        assert_eq!(steps(frozen, Wanted::settlement()), []);
        let unheard = Situation { settled_unheard: 1, ..frozen };
        assert_eq!(steps(unheard, Wanted::everything()), [Step::LookUpAccount, Step::Upload]);
    }

    #[test]
    fn each_amount_gets_its_room() {
        let amount = Money::parse("30", Currency::USD).unwrap();
        let wanted = Wanted { amounts: vec![amount], ..Wanted::settlement() };
        assert_eq!(steps(READY, wanted), [Step::RaiseAllowance(Some(amount))]);
    }

    #[test]
    fn a_refund_is_asked_for_once_what_was_used_is_settled_and_then_it_is_heard_of() {
        let asked = Situation { has_refunds: true, queued: 1, ..READY };
        let wanted = Wanted { refunds: true, ..Wanted::settlement() };
        let all = [Step::Upload, Step::AskRefunds, Step::RaiseAllowance(None), Step::FetchRefunds];
        assert_eq!(steps(asked, wanted), all);
        assert_eq!(steps(asked, Wanted::settlement()), [Step::Upload]);
        let by_merchant = Situation { refunds_unheard: 2, ..READY };
        assert_eq!(steps(by_merchant, Wanted::settlement()), [Step::FetchRefunds, Step::FetchRefunds]);
    }

    #[test]
    fn what_other_devices_bought_is_fetched_once_what_the_player_waits_for_is_there() {
        let behind = Situation { has_purchases_unheard: true, ..READY };
        let all = steps(behind, Wanted::everything());
        assert_eq!(all.last(), Some(&Step::FetchPurchases));
        assert!(!steps(READY, Wanted::everything()).contains(&Step::FetchPurchases));
        assert_eq!(steps(behind, Wanted::settlement()), [], "a purchase waits for nothing else");
        let frozen = Situation { may_spend: false, ..behind };
        assert_eq!(steps(frozen, Wanted::everything()), [Step::LookUpAccount]);
    }

    #[test]
    fn a_tab_goes_on_once_what_was_spent_and_given_back_is_settled() {
        let tab = Situation { has_tabs: true, queued: 1, ..READY };
        assert_eq!(steps(tab, Wanted { tabs: true, ..Wanted::settlement() }), [Step::Upload, Step::ResumeTabs]);
        assert_eq!(steps(tab, Wanted::settlement()), [Step::Upload]);
        assert_eq!(steps(READY, Wanted { tabs: true, ..Wanted::settlement() }), []);
    }

    #[test]
    fn prices_are_fetched_when_they_are_wanted_and_when_there_are_none() {
        let prices = Wanted { catalog: true, ..Wanted::settlement() };
        assert_eq!(steps(READY, prices), [Step::FetchCatalog]);
        assert_eq!(steps(Situation { has_catalog: false, ..READY }, Wanted::settlement()), [Step::FetchCatalog]);
    }

    #[test]
    fn a_low_balance_is_topped_up_last_in_each_sync_where_the_player_agrees() {
        let agreed = Situation { tops_up: true, ..READY };
        let settled = Situation { queued: 1, ..agreed };
        assert_eq!(steps(settled, Wanted::settlement()), [Step::Upload, Step::TopUpAutomatically]);
        assert_eq!(steps(agreed, Wanted::everything()).last(), Some(&Step::TopUpAutomatically));
        let frozen = Situation { may_spend: false, ..agreed };
        assert_eq!(steps(frozen, Wanted::everything()), [Step::LookUpAccount]);
    }

    #[test]
    fn a_batch_is_as_large_as_its_limits_allow() {
        assert_eq!(batch_length([400; 600], 600), BATCH_ENTRIES_MAX);
        assert_eq!(batch_length([400; 600], 7), 7);
        assert_eq!(batch_length([400; 3], 7), 3);
        // 1,024 bytes around the entries, and 4 * 65,471 + 3 for each of the first three, fill up a batch with
        // a fourth of 4 * 65,472 + 3.
        let (part, rest) = (65_471 * 3, 65_472 * 3);
        assert_eq!(batch_length([part, part, part, rest, 1], 9), 4);
        assert_eq!(batch_length([part, part, part, rest + 1, 1], 9), 3);
        // What would never fit alone is sent alone, for the gateway to say so.
        assert_eq!(batch_length([BATCH_BYTES_MAX, 1], 9), 1);
    }

    proptest! {
        #[test]
        fn a_batch_keeps_its_limits(sizes in prop::collection::vec(1_usize..4_096, 1..700), most in 1_usize..700) {
            let length = batch_length(sizes.iter().copied(), most);
            let bytes: usize = sizes[..length].iter().map(|size| size.div_ceil(3) * 4 + 3).sum();
            prop_assert!(length >= 1 && length <= most.min(BATCH_ENTRIES_MAX));
            prop_assert!(bytes + 1_024 <= BATCH_BYTES_MAX);
        }
    }
}
