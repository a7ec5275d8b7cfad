//! A world: a gateway, phones, and the steps of a plan taken one after the other.

mod conclusion;

use std::path::{Path, PathBuf};

use farthing_gateway::ManualClock;
use farthing_machine::Fault;
use farthing_protocol::{Digest, Timestamp};

use crate::Violation;
use crate::app_store::Store;
use crate::coverage::Coverage;
use crate::guards::Guards;
use crate::limits::{Limits, Period, day_of};
use crate::network::{Internet, Link};
use crate::operator::{End, Operator};
use crate::phone::{Phone, Setting};
use crate::plan::{PHONES, Step};

/// Clones that a world has at most.
const CLONES_MAX: usize = 3;
/// What was bought is accepted for 210 days by the sample policy; a run ends before.
const MINUTES_MAX: u32 = 150 * 1_440;

/// How a run ended.
pub(crate) struct Ending {
    pub(crate) violation: Option<Violation>,
    /// What each step did.
    pub(crate) trace: Vec<String>,
    /// Of the trace, and of every byte that was said between phones and gateway.
    pub(crate) digest: String,
}

/// Takes the steps in a new world; the folder is its own.
pub(crate) async fn run(folder: &Path, seed: u64, steps: &[Step], coverage: Coverage) -> Ending {
    let mut trace = Vec::new();
    let internet = Internet::new(coverage.clone());
    let mut world = match World::new(folder, seed, internet.clone(), coverage) {
        Ok(world) => world,
        Err(violation) => return Ending { violation: Some(violation), trace, digest: String::new() },
    };
    world.operator.register_creator().await;
    let mut outcome = Ok(());
    for (number, step) in steps.iter().enumerate() {
        let began = world.now();
        let taken = world.take(step).await;
        world.limits.note(&world.phones, began, world.now());
        let said = taken.as_ref().map_or_else(|violation| format!("VIOLATION {violation}"), Clone::clone);
        trace.extend(internet.take_log().into_iter().map(|line| format!("        {line}")));
        trace.push(format!("{number:>3} {step:?} → {said}"));
        outcome = match taken {
            Ok(_) => world.settle_down().await,
            Err(violation) => Err(violation),
        };
        if outcome.is_err() {
            break;
        }
    }
    let outcome = match outcome {
        Ok(()) => world.conclude(&mut trace).await,
        broken => broken,
    };
    if let Err(violation) = &outcome {
        trace.push(format!("    VIOLATION {violation}"));
    }
    world.end().await;
    let digest = Digest::of(&[trace.join("\n").as_bytes(), internet.said().as_bytes()].concat());
    Ending { violation: outcome.err(), trace, digest: digest.to_string() }
}

struct World {
    folder: PathBuf,
    seed: u64,
    internet: Internet,
    coverage: Coverage,
    operator: Operator,
    store: Store,
    phones: Vec<Phone>,
    limits: Limits,
    guards: Guards,
    /// One was asked for.
    has_tabs: bool,
    minutes: u32,
    /// How many requests there were when the ledger was looked at.
    requests: u64,
}

impl World {
    fn new(folder: &Path, seed: u64, internet: Internet, coverage: Coverage) -> Result<Self, Violation> {
        let start: Timestamp = "2026-06-01T08:00:00Z".parse().map_err(|_| Violation::new("no time"))?;
        let clock = ManualClock::new(start);
        let store = Store::new();
        let operator =
            Operator::new((folder.join("gateway"), store.root()), seed, clock, internet.clone(), coverage.clone())?;
        let mut world = World {
            folder: folder.to_owned(),
            seed,
            internet,
            coverage,
            operator,
            store,
            phones: Vec::new(),
            limits: Limits::default(),
            guards: Guards::default(),
            has_tabs: false,
            minutes: 0,
            requests: 0,
        };
        world.phones = (0..PHONES)
            .map(|number| {
                Phone::new(number, world.link(number), &setting(&world.folder, seed, &world.operator, &world.coverage))
            })
            .collect();
        Ok(world)
    }

    fn link(&self, number: usize) -> std::sync::Arc<Link> {
        Link::new(number, self.internet.clone())
    }

    fn now(&self) -> Timestamp {
        self.operator.now()
    }

    async fn take(&mut self, step: &Step) -> Result<String, Violation> {
        let now = self.now();
        match *step {
            Step::Buy { phone, sku, quantity, again } => self.phones[phone].buy(sku, quantity, again, now).await,
            Step::Tip { phone, cents, again } => self.phones[phone].tip(cents, again, now).await,
            Step::BuyTogether { phone, count } => self.phones[phone].buy_together(count, now).await,
            Step::Consume { phone, sku, quantity, again } => self.phones[phone].consume(sku, quantity, again).await,
            Step::Use { phone, meter, units, flush } => self.phones[phone].use_units(meter, units, flush).await,
            Step::Refund { phone, which } => self.phones[phone].refund(which).await,
            Step::MerchantRefund { phone, which, quarters, quantity, again } => {
                let (phone, operator) = (&mut self.phones[phone], &mut self.operator);
                phone.ask_merchant(operator, which, (quarters, quantity), again).await
            }
            Step::Renew { phone, agrees } => self.phones[phone].renew(agrees).await,
            Step::Limit { phone, cents } => self.limit(phone, cents).await,
            Step::Guard { phone, cents, limit_cents } => self.guard(phone, cents, limit_cents).await,
            Step::Answer { phone, which, approve, knows_pin } => {
                self.phones[phone].answer(&mut self.guards, which, approve, knows_pin).await
            }
            Step::TopUp { phone, cents, euros } => self.phones[phone].top_up(cents, euros).await,
            Step::AddCard { phone, card } => self.phones[phone].add_card(card).await,
            Step::BuyPack { phone, is_named, is_forged } => {
                self.phones[phone].buy_pack(&mut self.store, (is_named, is_forged), now).await
            }
            Step::HandOver { phone, which } => {
                let length = self.store.packs.len().max(1);
                match self.store.packs.get_mut(which % length) {
                    Some(pack) => self.phones[phone].hand_over(pack).await,
                    None => Ok("nothing was sold".into()),
                }
            }
            Step::StoreDecides { which, is_refund } => {
                let has_decided = self.store.decide(which, is_refund, now);
                self.operator.hear_store(&mut self.store).await;
                Ok(if has_decided { "decided" } else { "nothing to decide" }.into())
            }
            Step::BankDecides { phone, which, decision } => self.phones[phone].dispute(which, decision).await,
            Step::AutoTopUp { phone, consent } => self.phones[phone].set_auto_top_up(consent).await,
            Step::RemoveCard { phone } => self.phones[phone].remove_card().await,
            Step::OpenTab { phone, card, cents, euros } => {
                self.has_tabs = true;
                self.phones[phone].open_tab(card, cents, euros).await
            }
            Step::CloseTab { phone, which } => self.phones[phone].close_tab(which).await,
            Step::AnswerBank { phone, confirm } => self.phones[phone].answer_bank(confirm).await,
            Step::Sync { phone } => self.sync(phone).await,
            Step::HoldSync { phone } => self.phones[phone].hold_sync(now).await,
            Step::Release { phone } => self.phones[phone].release(now).await,
            Step::LookBack { phone } => {
                self.phones[phone].let_guard_write().await;
                self.phones[phone].look_back().await
            }
            Step::Reopen { phone } => self.phones[phone].reopen(End::InGoodOrder).await,
            Step::SecondProcess { phone } => self.phones[phone].second_process().await,
            Step::Erase { phone, force } => self.phones[phone].erase(force).await,
            Step::Kill { phone, power } => self.phones[phone].reopen(End::of(power)).await,
            Step::KillAt { phone, calls, torn, power } => {
                let phone = &mut self.phones[phone];
                phone.power = power;
                phone.break_disk(calls, death(torn));
                Ok(String::new())
            }
            Step::DiskFault { phone, calls, fault } => {
                self.phones[phone].break_disk(calls, fault);
                Ok(String::new())
            }
            Step::MendDisk { phone } => {
                self.phones[phone].mend();
                Ok(String::new())
            }
            Step::KeyStore { phone, mood } => {
                self.phones[phone].keys.set_mood(mood);
                Ok(String::new())
            }
            Step::BackUp { phone } => self.phones[phone].back_up().await,
            Step::Restore { phone } => self.phones[phone].restore().await,
            Step::Clone { phone } => self.clone_phone(phone).await,
            Step::MoveRows { phone } => self.phones[phone].move_rows().await,
            Step::Weather { phone, weather, chances } => {
                self.phones[phone].link.set(weather, chances);
                Ok(String::new())
            }
            Step::Repeat { phone, chances } => {
                self.phones[phone].link.repeat(chances).await;
                Ok(String::new())
            }
            Step::Pass { minutes } => self.pass(minutes).await,
            Step::PassToNext { period, minutes } => self.pass_to_next(period, minutes).await,
            Step::SetClock { phone, days } => {
                let set = now.as_millisecond() + i64::from(days) * 86_400_000;
                let set = Timestamp::from_millisecond(set).map_err(|_| Violation::new("no such time"))?;
                self.phones[phone].clock.set(set);
                self.phones[phone].has_true_clock = false;
                Ok(String::new())
            }
            Step::KillGateway { power } => self.restart_gateway(End::of(power)).await,
            Step::KillGatewayAt { calls, torn, power } => {
                self.operator.power = power;
                self.operator.is_faulty = true;
                self.operator.disk.fail_after(calls, death(torn));
                Ok(String::new())
            }
            Step::RestartGateway => self.restart_gateway(End::InGoodOrder).await,
            Step::GatewayDiskFault { calls, fault } => {
                self.operator.is_faulty = true;
                self.operator.disk.fail_after(calls, fault);
                Ok(String::new())
            }
            Step::ChangeCatalog { cents } => {
                if self.operator.disk.is_dead() || self.operator.is_faulty {
                    return Ok("not now".into());
                }
                self.operator.change_catalog(cents).await.map(|()| "changed".into())
            }
            Step::OrderRejection => {
                self.operator.order_rejection().await;
                Ok(String::new())
            }
        }
    }

    async fn sync(&mut self, phone: usize) -> Result<String, Violation> {
        let now = self.now();
        let phone = &mut self.phones[phone];
        // What it has heard before it began, it goes by; what is said meanwhile, only next time.
        let (account, is_fresh) = (phone.account(), !phone.link.may_answer_of_old());
        let (is_set, is_guarded) = (self.limits.is_set(&account), self.guards.is_set(&account));
        let synced = phone.sync(now).await?;
        let has_heard = is_fresh && synced == "ok";
        phone.is_limited |= is_set && has_heard;
        if is_guarded && has_heard {
            phone.go_by_guardian().await;
        }
        if phone.book.has_pass() {
            phone.look_back().await?;
        }
        Ok(synced)
    }

    async fn limit(&mut self, phone: usize, cents: u32) -> Result<String, Violation> {
        let (account, micros) = (self.phones[phone].account(), i64::from(cents) * 10_000);
        self.limits.ask(&account, micros, self.now());
        let limited = self.phones[phone].limit(micros).await?;
        if limited == "ok" {
            self.limits.set(&account);
        }
        Ok(limited)
    }

    async fn guard(&mut self, phone: usize, cents: u32, limit_cents: Option<u32>) -> Result<String, Violation> {
        let micros = |cents| i64::from(cents) * 10_000;
        let (account, limit) = (self.phones[phone].account(), limit_cents.map(micros));
        self.guards.ask(&account, micros(cents));
        if let Some(limit) = limit {
            self.limits.ask(&account, limit, self.now());
        }
        let guarded = self.phones[phone].guard(micros(cents), limit).await?;
        if guarded == "ok" {
            self.guards.set(&account);
            if limit.is_some() {
                self.limits.set(&account);
            }
        }
        Ok(guarded)
    }

    async fn restart_gateway(&mut self, how: End) -> Result<String, Violation> {
        // In good order only what is well can be closed.
        let how = if self.operator.is_faulty && how == End::InGoodOrder { End::Kill } else { how };
        self.operator.restart(how).await?;
        Ok(format!("after {how:?}"))
    }

    async fn pass(&mut self, minutes: u32) -> Result<String, Violation> {
        if self.minutes + minutes > MINUTES_MAX {
            return Ok("late enough".into());
        }
        self.minutes += minutes;
        let time = std::time::Duration::from_secs(u64::from(minutes) * 60);
        if let Ok(later) = self.now().checked_add(time) {
            self.operator.clock.set(later);
        }
        for phone in &self.phones {
            phone.clock.pass(time);
        }
        if self.has_tabs {
            self.operator.tend_tabs().await?;
        }
        Ok(String::new())
    }

    async fn pass_to_next(&mut self, period: Period, minutes: u32) -> Result<String, Violation> {
        let next = period.days(day_of(self.now())).end() + 1;
        let until = u32::try_from((next * 86_400 - self.now().as_second()) / 60).unwrap_or(0);
        self.pass(until + minutes).await
    }

    async fn clone_phone(&mut self, number: usize) -> Result<String, Violation> {
        if self.phones.len() == PHONES + CLONES_MAX {
            return Ok("enough clones".into());
        }
        let setting = setting(&self.folder, self.seed, &self.operator, &self.coverage);
        let clone_number = self.phones.len();
        let link = Link::new(clone_number, self.internet.clone());
        let mut clone = self.phones[number].clone_as(clone_number, link, &setting).await?;
        // Both go on: the clone buys and syncs at once, the original whenever its player does.
        let now = setting.now;
        clone.buy(3, 1, false, now).await?;
        clone.sync(now).await?;
        self.phones.push(clone);
        Ok("cloned".into())
    }

    /// What died is started again, and the ledger is looked at.
    async fn settle_down(&mut self) -> Result<(), Violation> {
        for phone in &mut self.phones {
            if phone.book.has_pass() {
                phone.let_passes_be_tended().await;
            }
            phone.look_at_auto_top_ups().await?;
            if phone.disk.is_dead() {
                if let Some(call) = phone.disk.hit() {
                    self.coverage.add(format!("the app died in {call:?}"));
                }
                phone.reopen(End::of(phone.power)).await?;
            }
        }
        if self.operator.disk.is_dead() {
            if let Some(call) = self.operator.disk.hit() {
                self.coverage.add(format!("the gateway died in {call:?}"));
            }
            self.operator.restart(End::of(self.operator.power)).await?;
        }
        let requests = self.internet.requests();
        if requests == self.requests {
            return Ok(());
        }
        self.requests = requests;
        self.operator.check_ledger().await
    }

    /// Lets go of everything, however the run ended.
    async fn end(&mut self) {
        for phone in &mut self.phones {
            phone.close(End::Kill).await;
        }
        self.operator.stop(End::Kill).await;
    }
}

fn setting<'a>(folder: &'a Path, seed: u64, operator: &'a Operator, coverage: &Coverage) -> Setting<'a> {
    Setting {
        folder,
        seed,
        now: operator.now(),
        publishable_key: &operator.publishable_key,
        root_key: &operator.root_key,
        back_end: operator.back_end(),
        coverage: coverage.clone(),
    }
}

fn death(torn: bool) -> Fault {
    if torn { Fault::TornDeath } else { Fault::Death }
}
