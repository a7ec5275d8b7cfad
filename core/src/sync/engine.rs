//! The task that syncs: does what [`super::plan`] says, waits when the gateway can't be reached.

use std::sync::Arc;
use std::time::Duration;

use farthing_protocol::api::EnrolmentRequest;
use farthing_protocol::limits::BATCH_ENTRIES_MAX;
use farthing_protocol::{Money, ProblemKind};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::Instant;

use super::apply::{self, Tally};
use super::back_off::BackOff;
use super::plan::{Situation, Step, Wanted, batch_length, next_step};
use super::{Order, SyncReport};
use crate::deliberate_bug::DeliberateBug;
use crate::event::SyncState;
use crate::gateway::{GatewayError, Session, Trust};
use crate::limits;
use crate::purchase::may_spend;
use crate::state::Enrolment;
use crate::store::{Books, DocumentName, Store, Subscribers};
use crate::{Balance, WalletError, refund, tab};

/// How often a run gives back what is reserved: again where something was reserved anew before a tab was closed, but not
/// without end where the gateway refuses it.
const RELEASES_MAX: u8 = 3;

/// What the wallet's face and its sync share.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) session: Session,
    pub(crate) trust: Trust,
    pub(crate) enrolment: EnrolmentRequest,
    pub(crate) subscribers: Subscribers,
    /// Told of each purchase.
    pub(crate) purchased: Notify,
    /// Held by who has money reserved for this device, and by who closes tabs from the look at what is reserved to the
    /// gateway's word: what is reserved in between would be charged.
    pub(crate) reserve: Mutex<()>,
}

/// Syncs until the wallet closes.
pub(crate) async fn run(parts: Arc<Parts>, mut orders: mpsc::Receiver<Order>, by_itself: bool) {
    let mut back_off = BackOff::new();
    let mut again_at = by_itself.then(Instant::now);
    let mut stopped = !by_itself;
    loop {
        let mut ordered = Vec::new();
        let wanted = tokio::select! {
            order = orders.recv() => {
                let Some(order) = order else { return };
                ordered.push(order);
                // Those that came meanwhile are content with the same run.
                while let Ok(order) = orders.try_recv() {
                    ordered.push(order);
                }
                Wanted { amounts: ordered.iter().filter_map(|order| order.needed).collect(), ..Wanted::everything() }
            }
            () = at(again_at) => Wanted::everything(),
            () = parts.purchased.notified(), if again_at.is_none() && !stopped => Wanted::settlement(),
        };
        parts.show(SyncState::Running);
        let outcome = parts.sync(wanted).await;
        (again_at, stopped) = match &outcome {
            Ok(_) => {
                back_off = BackOff::new();
                parts.show(SyncState::Idle);
                (None, !by_itself)
            }
            Err(error) if error.is_transient() => {
                let delay = back_off.next(error.retry_after());
                tracing::info!(%error, ?delay, "sync failed and is tried again");
                parts.show(SyncState::Waiting { delay, attempt: back_off.attempt, error: error.clone() });
                (by_itself.then(|| Instant::now() + delay), !by_itself)
            }
            Err(error) => {
                tracing::warn!(%error, "sync stopped");
                parts.show(SyncState::Stopped { error: error.clone() });
                (None, true)
            }
        };
        for order in ordered {
            // Whoever asked may have stopped waiting.
            let _ = order.done.send(outcome.clone());
        }
    }
}

/// Ready at a time; never where there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// A run under way.
pub(super) struct Run {
    pub(super) wanted: Wanted,
    tally: Tally,
    /// Answers about other devices' purchases so far.
    pub(super) pages: u32,
    /// Entries in a batch at most: fewer once the gateway found one too large.
    batch_max: usize,
    /// How often money was known to have come in when the newest statement of this run was asked for.
    pub(super) shown: Option<u64>,
    /// How often what is reserved was given back for tabs that are to be closed: it may be refused.
    releases: u8,
}

impl Parts {
    fn show(&self, state: SyncState) {
        self.subscribers.show_sync(state);
    }

    async fn sync(&self, wanted: Wanted) -> Result<SyncReport, WalletError> {
        let mut run =
            Run { wanted, tally: Tally::default(), pages: 0, batch_max: BATCH_ENTRIES_MAX, shown: None, releases: 0 };
        loop {
            let situation = self.store.run(|books| Ok(Situation::of(&books.state))).await?;
            let Some(step) = next_step(&situation, &run.wanted) else { break };
            tracing::debug!(?step, queued = situation.queued, "sync");
            if let Err(error) = self.take(step, &mut run).await {
                return Err(self.explain(error, step).await);
            }
        }
        self.store.run(move |books| report(books, run.tally)).await
    }

    /// Does one step, and strikes it out.
    async fn take(&self, step: Step, run: &mut Run) -> Result<(), GatewayError> {
        match step {
            Step::Enrol => {
                let verified = self.session.enrol(&self.trust, &self.enrolment).await?;
                self.store.run(|books| apply::enrolment(books, verified)).await?;
                run.wanted = Wanted { amounts: std::mem::take(&mut run.wanted.amounts), ..Wanted::everything() };
            }
            Step::LookUpAccount => {
                self.look_up_account().await?;
                self.store.run(apply::check_rollback).await?;
                run.wanted.account = false;
            }
            Step::Upload => {
                self.upload(run).await?;
                run.wanted.account = false;
            }
            Step::ResumeTopUps => {
                run.wanted.account |= self.resume_top_ups().await?;
                run.wanted.top_ups = false;
            }
            Step::ResumeTabs => {
                let may_release = run.releases < RELEASES_MAX;
                let _held = self.reserve.lock().await;
                let prepare = move |books: &mut Books| tab::prepare_to_close(books, may_release);
                let mut closing = self.store.run(prepare).await?;
                if !closing.released && !closing.tabs.is_empty() {
                    // Money that came in meanwhile may be reserved for this device, and it has not heard of that.
                    self.look_up_account().await?;
                    closing = self.store.run(prepare).await?;
                }
                if closing.released {
                    // It has to be settled first; the plan comes here again then.
                    run.releases += 1;
                } else {
                    self.resume_tabs(&closing.tabs).await?;
                    run.wanted.tabs = false;
                }
            }
            Step::AskRefunds => {
                self.ask_refunds().await?;
                (run.wanted.refunds, run.wanted.account) = (false, true);
            }
            Step::FetchRefunds => self.fetch_refunds().await?,
            Step::RaiseAllowance(amount) => {
                let credits = self.store.run(|books| Ok(books.credits)).await?;
                self.raise_allowance(amount).await?;
                run.shown = Some(credits);
                run.wanted.amounts.pop();
                run.wanted.account = false;
            }
            Step::FetchCatalog => {
                self.fetch_catalog().await?;
                run.wanted.catalog = false;
            }
            Step::FetchCards => {
                let (enrolment, known) = self.store.run(|books| Ok((books.enrolment()?, books.cards_changed))).await?;
                let cards = self.session.cards(&enrolment).await?;
                // A list that was fetched while a card came or went may be without that change: it is fetched again.
                let keep = move |books: &mut Books| {
                    let is_current = books.cards_changed == known;
                    if is_current {
                        books.put_document(DocumentName::Cards, &cards)?;
                    }
                    Ok(is_current)
                };
                run.wanted.cards = !self.store.run(keep).await?;
            }
            Step::FetchPurchases => self.fetch_purchases(run).await?,
            Step::TopUpAutomatically => self.top_up_automatically(run).await?,
        }
        Ok(())
    }

    pub(crate) async fn enrolment(&self) -> Result<Enrolment, WalletError> {
        self.store.run(|books| books.enrolment()).await
    }

    async fn look_up_account(&self) -> Result<(), GatewayError> {
        let account = self.session.account(&self.trust, &self.enrolment().await?).await?;
        self.write(move |books| apply::verified_account(books, account)).await
    }

    /// Has the allowance made up, so far that `amount` fits. Where it shares out limits and is a new one, the gateway is
    /// told at once that it is here, so that what the one before left can go to the player's other devices.
    pub(crate) async fn raise_allowance(&self, amount: Option<Money>) -> Result<(), GatewayError> {
        let _held = self.reserve.lock().await;
        self.make_up_allowance(amount).await
    }

    /// The same, by who holds the reserve.
    pub(super) async fn make_up_allowance(&self, amount: Option<Money>) -> Result<(), GatewayError> {
        let held = |books: &mut Books| Ok((books.enrolment()?, limits::held(&books.state)));
        let (enrolment, mut holds) = self.store.run(held).await?;
        for _ in 0..2 {
            let account = self.session.raise_allowance(&self.trust, &enrolment, amount, holds.clone()).await?;
            self.write(move |books| apply::verified_account(books, account)).await?;
            let (_, now) = self.store.run(held).await?;
            if now == holds {
                break;
            }
            holds = now;
        }
        Ok(())
    }

    async fn fetch_catalog(&self) -> Result<(), GatewayError> {
        let tag = |books: &mut Books| {
            let known = books.state.catalog.as_ref().map(|_| books.document(DocumentName::CatalogTag)).transpose()?;
            Ok((books.enrolment()?, known.flatten().flatten()))
        };
        let (enrolment, etag): (_, Option<String>) = self.store.run(tag).await?;
        match self.session.catalog(&self.trust, &enrolment, etag).await? {
            Some(fresh) => self.write(|books| apply::catalog(books, fresh)).await,
            None => Ok(()),
        }
    }

    async fn upload(&self, run: &mut Run) -> Result<(), GatewayError> {
        let most = run.batch_max;
        let batch = move |books: &mut Books| {
            let situation = Situation::of(&books.state);
            let most = if situation.may_spend { most } else { most.min(situation.settled_unheard as usize) };
            let mut entries = books.queue(books.state.settled.seq() + 1, BATCH_ENTRIES_MAX as u32)?;
            entries.truncate(batch_length(entries.iter().map(|entry| entry.bytes().len()), most));
            books.state.uploading = entries.last().map(|last| last.entry().seq);
            Ok((books.enrolment()?, entries))
        };
        let (enrolment, entries) = self.store.run(batch).await?;
        let count = entries.len();
        let answer = self.session.upload(&self.trust, &enrolment, &entries).await;
        let settled = self.write(move |books| {
            books.state.uploading = None;
            match answer {
                Ok(answer) => apply::settlement(books, entries, answer).map(Ok),
                Err(GatewayError::NotTrusted(reason)) if DeliberateBug::DequeueUnverified.is_planted() => {
                    entries.iter().try_for_each(|entry| books.dequeue(entry))?;
                    Ok(Err(GatewayError::NotTrusted(reason)))
                }
                Err(error) => Ok(Err(error)),
            }
        });
        match settled.await? {
            Ok(tally) => {
                run.tally.settled += tally.settled;
                run.tally.rejected += tally.rejected;
                Ok(())
            }
            Err(error) if error.is(ProblemKind::BodyTooLarge) && count > 1 => {
                run.batch_max = count / 2;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Asks for the refunds that the player wants. What is refused is answered; what was done, its receipt tells.
    async fn ask_refunds(&self) -> Result<(), GatewayError> {
        let (enrolment, wishes) = self.store.run(|books| Ok((books.enrolment()?, refund::to_ask(books)?))).await?;
        for refund::Wish { purchase: name, was_asked } in wishes {
            match self.session.refund(&self.trust, &enrolment, name).await {
                Ok(receipt) => self.store.run(move |books| refund::was_done(books, &receipt)).await?,
                Err(error) if error.refuses_refund() => {
                    let not_there = error.is(ProblemKind::NotFound);
                    let why =
                        if not_there { WalletError::NotSettled } else { error.during(operation(Step::AskRefunds)) };
                    self.store.run(move |books| refund::was_refused(books, name, why)).await?;
                }
                Err(error) => {
                    if error.had_no_effect() && !was_asked {
                        self.store.run(move |books| refund::was_not_asked(books, name)).await?;
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn fetch_refunds(&self) -> Result<(), GatewayError> {
        let known = |books: &mut Books| Ok((books.enrolment()?, books.state.settled.refunds));
        let (enrolment, known) = self.store.run(known).await?;
        let refunds = self.session.refunds(&self.trust, &enrolment, known).await?;
        self.write(move |books| refund::apply(books, refunds)).await
    }

    /// Writes what a verified answer said, with the keys that verified it where they are new.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Books) -> Result<T, WalletError> + Send + 'static,
    ) -> Result<T, GatewayError> {
        let keys = self.trust.keys();
        let written = self.store.run(move |books| {
            if let Some(keys) = &keys {
                apply::key_set(books, keys)?;
            }
            job(books)
        });
        Ok(written.await?)
    }

    /// An error for the app. Where the gateway says that the device may not go on, its signed
    /// statement says why.
    async fn explain(&self, error: GatewayError, step: Step) -> WalletError {
        use ProblemKind::{AccountErased, DeviceFrozen, DeviceRevoked, JournalFork};
        let stops = [DeviceFrozen, DeviceRevoked, AccountErased, JournalFork];
        if stops.iter().any(|kind| error.is(*kind)) && self.look_up_account().await.is_ok() {
            let refusal = self.store.run(|books| Ok(may_spend(&books.state))).await;
            if let Ok(Err(refusal)) = refusal {
                return refusal;
            }
        }
        error.during(operation(step))
    }
}

fn operation(step: Step) -> &'static str {
    match step {
        Step::Enrol => "the enrolment",
        Step::LookUpAccount | Step::RaiseAllowance(_) => "the account",
        Step::Upload => "the settlement",
        Step::ResumeTopUps | Step::TopUpAutomatically => "the top-up",
        Step::ResumeTabs => "the tab",
        Step::AskRefunds | Step::FetchRefunds => "the refund",
        Step::FetchCatalog => "the catalog",
        Step::FetchCards => "the cards",
        Step::FetchPurchases => "the purchases of other devices",
    }
}

fn report(books: &mut Books, tally: Tally) -> Result<SyncReport, WalletError> {
    may_spend(&books.state)?;
    let balance: Balance = books.balance();
    Ok(SyncReport { settled: tally.settled, rejected: tally.rejected, waiting: books.state.queued(), balance })
}

impl WalletError {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            WalletError::GatewayUnavailable { retry_after } => *retry_after,
            _ => None,
        }
    }
}
