//! The steps of a sync that ask for top-ups: those that were begun, and those that the wallet makes by itself.

use farthing_protocol::api::{self, DeclineCode, TopUpRequest};
use farthing_protocol::{Money, ProblemKind, StorePurchase, TopUpId};

use super::engine::{Parts, Run};
use crate::auto_top_up::Begun;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::GatewayError;
use crate::state::Enrolment;
use crate::top_up::{self, TopUpState};
use crate::{StoreTopUp, TopUp, auto_top_up, store_top_up};

impl Parts {
    /// Asks after the top-ups that are not done; says whether money came in.
    pub(super) async fn resume_top_ups(&self) -> Result<bool, GatewayError> {
        let (enrolment, unfinished) =
            self.store.run(|books| Ok((books.enrolment()?, top_up::unfinished(books)?))).await?;
        let mut money_came_in = false;
        for top_up in unfinished {
            if !self.may_ask_again(&enrolment, &top_up).await? {
                self.store.run(move |books| top_up::discard(books, top_up.id)).await?;
                continue;
            }
            let state = match self.session.create_top_up(&self.trust, &enrolment, top_up.id, &top_up.request()).await {
                Ok(state) => state.into(),
                // A refusal is not signed, and may be of another's making: it counts once the gateway has no such top-up.
                Err(error) if error.is_final() || error.is(ProblemKind::IdempotencyConflict) => {
                    if !self.give_up(&enrolment, &top_up).await? {
                        continue;
                    }
                    if top_up.is_automatic && top_up.state == TopUpState::Created {
                        self.forget_automatic(top_up.id, error).await?;
                        continue;
                    }
                    // Such as when the card was removed meanwhile.
                    TopUpState::Failed { code: DeclineCode::ProcessingError }
                }
                Err(error) => return Err(error),
            };
            money_came_in |= state == TopUpState::Succeeded;
            self.store.run(move |books| top_up::advance(books, top_up.id, state)).await?;
        }
        for purchase in self.store.run(|books| store_top_up::waiting(books)).await? {
            match self.hand_over(&enrolment, &purchase).await {
                Ok(top_up) => money_came_in |= top_up.is_credited,
                // One that is refused holds nothing up, nor does a store that can't be asked.
                Err(error) if error.refuses_store_purchase() || error.is(ProblemKind::Unavailable) => {
                    tracing::warn!(?error, ?purchase, "a store's purchase was not credited");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(money_came_in)
    }

    /// Hands over what a store has sold, and forgets it once the gateway has answered for good.
    pub(crate) async fn hand_over(
        &self,
        enrolment: &Enrolment,
        purchase: &StorePurchase,
    ) -> Result<StoreTopUp, GatewayError> {
        let answer = self.session.top_up_from_store(&self.trust, enrolment, purchase).await;
        let answer =
            answer.map(|(amount, state)| StoreTopUp { amount, is_credited: state == api::TopUpState::Succeeded });
        let is_answered = match &answer {
            Ok(top_up) => top_up.is_credited,
            Err(error) => error.refuses_store_purchase(),
        };
        if is_answered {
            let key = purchase.key();
            self.store.run(move |books| store_top_up::forget(books, key)).await?;
        }
        answer
    }

    /// Tops up by itself where the player has agreed to it and it is due.
    pub(super) async fn top_up_automatically(&self, run: &mut Run) -> Result<(), GatewayError> {
        let shown = run.shown;
        let begun = self.store.run(move |books| Ok((books.enrolment()?, auto_top_up::begin(books, shown)?)));
        let (enrolment, top_up) = match begun.await? {
            (enrolment, Begun::TopUp(top_up)) => (enrolment, top_up),
            (_, Begun::NotShown) => {
                run.wanted.account = true;
                return Ok(());
            }
            (_, Begun::Nothing) => {
                run.wanted.auto_top_up = false;
                return Ok(());
            }
        };
        run.wanted.auto_top_up = false;
        let id = top_up.id;
        match self.session.create_top_up(&self.trust, &enrolment, id, &top_up.request()).await {
            Ok(state) => {
                let state = TopUpState::from(state);
                run.wanted.account |= state == TopUpState::Succeeded;
                self.store.run(move |books| top_up::advance(books, id, state)).await?;
                Ok(())
            }
            Err(error) if error.is_final() => self.refuse_automatic(id, error).await,
            Err(error) if error.had_no_effect() => {
                self.store.run(move |books| top_up::discard(books, id)).await?;
                Err(error)
            }
            // The answer was lost: it is asked for again under the same name.
            Err(error) => Err(error),
        }
    }

    /// Writes down what follows from the refusal of an automatic top-up that the gateway has not got.
    async fn forget_automatic(&self, id: TopUpId, error: GatewayError) -> Result<(), GatewayError> {
        // It was given up before, and the player has agreed again meanwhile: the next one has another name.
        if error.is(ProblemKind::IdempotencyConflict) {
            return Ok(self.store.run(move |books| top_up::discard(books, id)).await?);
        }
        self.refuse_automatic(id, error).await
    }

    /// Writes down what follows from the gateway's refusal of an automatic top-up.
    async fn refuse_automatic(&self, id: TopUpId, error: GatewayError) -> Result<(), GatewayError> {
        let error = error.during("the top-up");
        Ok(self.store.run(move |books| auto_top_up::was_refused(books, id, &error)).await?)
    }

    /// Whether a top-up may be asked for again. One that the player does not agree to any more may only where the gateway
    /// has got it already.
    async fn may_ask_again(&self, enrolment: &Enrolment, top_up: &TopUp) -> Result<bool, GatewayError> {
        let known = top_up.clone();
        let is_agreed = self.store.run(move |books| Ok(auto_top_up::is_agreed(books, &known))).await?;
        if is_agreed || top_up.state != TopUpState::Created {
            return Ok(true);
        }
        Ok(!self.give_up(enrolment, top_up).await?)
    }

    /// Gives a top-up up, unless the gateway has got it already; says whether it never charges anything. The gateway looks
    /// for an earlier request of that name before it looks at the amount: so it is asked with an amount that is never
    /// charged. Where it has none, what is still on its way under that name charges nothing any more.
    async fn give_up(&self, enrolment: &Enrolment, top_up: &TopUp) -> Result<bool, GatewayError> {
        if DeliberateBug::GiveUpTopUps.is_planted() {
            return Ok(true);
        }
        let nothing = TopUpRequest { amount: Money::zero(top_up.amount.currency()), card: top_up.card };
        match self.session.create_top_up(&self.trust, enrolment, top_up.id, &nothing).await {
            Ok(_) => Err(GatewayError::NotTrusted("it answered a top-up of nothing".into())),
            Err(error) if error.is(ProblemKind::IdempotencyConflict) => Ok(false),
            Err(error) if error.is_final() => Ok(true),
            Err(error) => Err(error),
        }
    }
}
