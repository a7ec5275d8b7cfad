//! What sync does for tabs: asks after them, and closes those that the player wants closed.

use std::collections::BTreeSet;

use farthing_protocol::{TabId, TabStatement};

use super::Parts;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::GatewayError;
use crate::state::Enrolment;
use crate::store::Books;
use crate::tab::{self, KeptTab, Question};

impl Parts {
    /// Asks after the tabs that are not done, and closes some of them. One that the player wants closed only now waits for
    /// the next run: what is reserved was not given back for it.
    pub(super) async fn resume_tabs(&self, closing: &BTreeSet<TabId>) -> Result<(), GatewayError> {
        let (enrolment, under_way) =
            self.store.run(|books| Ok((books.enrolment()?, books.state.tabs.under_way()))).await?;
        let mut heard = Vec::new();
        let mut outcome = Ok(());
        for kept in under_way {
            if kept.question() == Question::Open && DeliberateBug::ForgetTab.is_planted() {
                continue;
            }
            let kept = if closing.contains(&kept.id) { kept } else { kept.unclosed() };
            match self.session.tab(&self.trust, &enrolment, &kept).await {
                Ok(statement) => heard.push((kept, statement)),
                // Refused for good, or not known there.
                Err(error) if error.is_final() => self.store.run(move |books| tab::give_up(books, kept.id)).await?,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        // Not before all were asked: the fetched balance comes with a new reserve.
        self.keep_heard(heard).await?;
        outcome
    }

    /// Asks the gateway for a tab, or of it, and writes down how far it is.
    pub(crate) async fn ask_of_tab(&self, enrolment: &Enrolment, kept: KeptTab) -> Result<(), GatewayError> {
        let statement = self.session.tab(&self.trust, enrolment, &kept).await?;
        let _held = self.reserve.lock().await;
        // What fails from here on says nothing of the tab.
        self.keep_heard(vec![(kept, statement)]).await.map_err(|error| GatewayError::Again(Box::new(error)))
    }

    /// Writes down what the gateway said of tabs. Where money has moved, the balance is fetched before, so that what is
    /// owed is right from the moment that the tab says so. The caller holds the reserve.
    async fn keep_heard(&self, heard: Vec<(KeptTab, TabStatement)>) -> Result<(), GatewayError> {
        if heard.iter().any(|(kept, statement)| kept.moves_money(&statement.state)) {
            self.make_up_allowance(None).await?;
        }
        let keep = |books: &mut Books| {
            heard.into_iter().try_for_each(|(kept, TabStatement { id: name, state, .. })| {
                tab::advance(books, kept.id, kept.question(), (Some(name), state))
            })
        };
        Ok(self.store.run(keep).await?)
    }
}
