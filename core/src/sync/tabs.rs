//! What sync does for tabs: asks after them, and closes those that the player wants closed.

use farthing_protocol::TabStatement;

use super::Parts;
use crate::gateway::GatewayError;
use crate::state::Enrolment;
use crate::tab::{self, KeptTab};

impl Parts {
    /// Asks after the tabs that are not done.
    pub(super) async fn resume_tabs(&self) -> Result<(), GatewayError> {
        let (enrolment, under_way) =
            self.store.run(|books| Ok((books.enrolment()?, books.state.tabs.under_way()))).await?;
        for kept in under_way {
            match self.ask_of_tab(&enrolment, &kept).await {
                Ok(()) => {}
                // Refused for good, or not known there.
                Err(error) if error.is_final() => self.store.run(move |books| tab::give_up(books, kept.id)).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Asks the gateway for a tab, or of it, and writes down how far it is. Where money has moved, the balance is fetched
    /// before, so that what is owed is right from the moment that the tab says so.
    pub(crate) async fn ask_of_tab(&self, enrolment: &Enrolment, kept: &KeptTab) -> Result<(), GatewayError> {
        let TabStatement { id: name, state, .. } = self.session.tab(&self.trust, enrolment, kept).await?;
        // What fails from here on says nothing of the tab.
        let again = |error| GatewayError::Again(Box::new(error));
        if kept.moves_money(&state) {
            self.raise_allowance(None).await.map_err(again)?;
        }
        let (id, question) = (kept.id, kept.question());
        let written = self.store.run(move |books| tab::advance(books, id, question, (Some(name), state))).await;
        written.map_err(|error| again(error.into()))
    }
}
