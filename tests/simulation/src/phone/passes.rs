//! What a player has for a time, and what time it is for that.

use std::time::Duration;

use farthing_core::{Clock, Pass, PassState, Purchase, SyncState, Timestamp, Wallet};

use super::{Phone, is_storage, let_tasks_run};
use crate::Violation;
use crate::catalog::PASS;
use crate::passes::Validity;

/// Looks at a wallet until its sync must be over.
const LOOKS_MAX: usize = 100_000;

/// What time it is on the phone at least, as long as this process runs and hears nothing new.
#[derive(Clone, Copy)]
pub(super) struct Floor {
    millisecond: i64,
    /// The phone's monotonic time then, and how many requests it had made.
    since: Duration,
    requests: u64,
}

impl Phone {
    /// Lets the wallet renew the pass, or no more.
    pub(crate) async fn renew(&mut self, agrees: bool) -> Result<String, Violation> {
        let Some(wallet) = self.open().await? else { return Ok("closed".into()) };
        if agrees {
            self.book.passes.may_agree();
        }
        let set = wallet.set_pass_renewal(PASS, agrees).await;
        let outcome = self.cover(if agrees { "renewal" } else { "no renewal" }, set.as_ref().err());
        match &set {
            Ok(pass) if agrees => self.book.passes.agreed_to(pass.renewal.map(|price| price.micros())),
            Ok(_) => self.book.passes.agrees_no_more(),
            Err(error) => {
                self.check_failure(error)?;
                if agrees && is_storage(error) {
                    self.book.passes.agreed_to(None);
                }
            }
        }
        self.let_passes_be_tended().await;
        self.look_back().await?;
        Ok(outcome)
    }

    /// Passes are looked after in a task of their own, once something has made it do so: until it has, nothing else is
    /// asked for, since no seed would decide which comes first.
    pub(crate) async fn let_passes_be_tended(&mut self) {
        let Some(wallet) = self.wallet.clone() else { return };
        let requests = self.link.requests();
        take_turns(&wallet).await;
        for _ in 0..LOOKS_MAX {
            // A renewal may have asked the gateway for more; behind an answer that is on its way it waits.
            if self.under_way.is_some() || wallet.sync_state() != SyncState::Running {
                break;
            }
            take_a_turn(&wallet).await;
        }
        take_turns(&wallet).await;
        if self.link.requests() > requests {
            // It has heard of the gateway's time by that.
            self.heard = None;
        }
    }

    /// The gateway has just told the time.
    pub(super) fn note_time(&mut self, now: Timestamp) {
        self.told = Some(now.as_millisecond());
        self.set_floor(now.as_millisecond());
    }

    /// The pass is as it must be, beside the purchases that are shown with it.
    pub(super) async fn look_at_pass(&mut self, wallet: &Wallet, shown: &[Purchase]) -> Result<(), Violation> {
        let pass = match wallet.pass(PASS).await {
            Ok(pass) => pass,
            Err(error) => return self.check_failure(&error),
        };
        if self.book.is_tampered {
            return Ok(());
        }
        self.book.passes.is_inexact |= self.link.may_answer_of_old();
        self.book.passes.check(shown, pass.as_ref(), self.has_true_clock)?;
        if let Some(pass) = pass {
            self.check_pass_time(&pass)?;
        }
        Ok(())
    }

    /// What has ended has ended, whatever the clock on the wall shows now.
    fn check_pass_time(&mut self, pass: &Pass) -> Result<(), Violation> {
        let Validity { ends_at, grace, .. } = pass.into();
        let seen = match pass.state {
            PassState::Active => None,
            PassState::Grace => Some(ends_at),
            PassState::Ended => Some(ends_at + grace),
        };
        self.coverage.add(format!("pass: {:?}", pass.state));
        let now = self.time_at_least();
        if now.is_some_and(|now| now >= ends_at + grace && pass.state != PassState::Ended) {
            return Err(Violation::new(format!("a pass that is over is {:?}", pass.state)));
        }
        if now.is_some_and(|now| now >= ends_at && pass.state == PassState::Active) {
            return Err(Violation::new("a pass that has ended is active"));
        }
        if let Some(at_least) = seen.max(now) {
            self.set_floor(at_least);
        }
        Ok(())
    }

    fn time_at_least(&self) -> Option<i64> {
        let floor = self.floor.filter(|floor| floor.requests == self.link.requests());
        let floor = floor.map(|floor| {
            let passed = self.clock.monotonic().saturating_sub(floor.since);
            floor.millisecond + i64::try_from(passed.as_millis()).unwrap_or(0)
        });
        floor.max(self.told)
    }

    fn set_floor(&mut self, millisecond: i64) {
        self.floor = Some(Floor { millisecond, since: self.clock.monotonic(), requests: self.link.requests() });
    }

    /// The wallet is about to close in good order, and notes what time it is for a pass that is not over; of one that is,
    /// it has noted that before.
    pub(super) async fn remember_time(&mut self, wallet: &Wallet) {
        let pass = wallet.pass(PASS).await.ok().flatten().filter(|_| !self.is_faulty);
        let over = pass.as_ref().map(Validity::from).map(|period| period.ends_at + period.grace);
        match (self.time_at_least(), over) {
            (Some(now), Some(over)) => self.set_floor(now.min(over)),
            _ => self.floor = None,
        }
    }

    /// A process begins: while there was none, no time has passed for it.
    pub(super) fn go_on_from_floor(&mut self) {
        if let Some(floor) = self.floor {
            self.set_floor(floor.millisecond);
        }
    }
}

/// Whoever waits for the wallet's writer comes as far as its answers let them.
async fn take_turns(wallet: &Wallet) {
    for _ in 0..4 {
        take_a_turn(wallet).await;
    }
}

async fn take_a_turn(wallet: &Wallet) {
    let_tasks_run().await;
    // The writer takes one job after the other: once this one has its answer, so has what came before.
    let _ = wallet.device().await;
    let_tasks_run().await;
}
