//! One round: wallets run against a gateway, and some of them, or the gateway, are killed.

use std::fs::File;
use std::io::Write;
use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use futures_util::future::try_join_all;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::expected::{Expected, Violation, wrong};
use crate::gateway::Gateway;
use crate::line::{Answer, Line, Midst};
use crate::moment::{Meter, Moment, StartMoment, pause};
use crate::report::Tally;
use crate::victim::Place;

/// The most lines for which a gateway stays down.
const DOWN: u64 = 15;
/// Deaths at the start that a gateway dies at most before it comes back.
const DEATHS_AT_START: usize = 2;

/// What happens to whom.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// When each wallet is killed; one that is not is told to stop once the gateway stays.
    pub(crate) wallets: Vec<Option<Moment>>,
    pub(crate) gateway: Option<GatewayPlan>,
}

/// When the gateway is killed, and what happens before it is back.
#[derive(Clone, Debug)]
pub(crate) struct GatewayPlan {
    moment: Moment,
    /// What the wallets say before it is started again.
    down: u64,
    at_start: Vec<StartMoment>,
}

impl Plan {
    /// Draws what happens in a round. Of five kills about two are of a gateway; `gateway_is_due` says that
    /// they have fallen behind.
    pub(crate) fn draw(rng: &mut fastrand::Rng, wallets: usize, gateway_is_due: bool) -> Self {
        let gateway = (gateway_is_due || rng.bool()).then(|| GatewayPlan {
            moment: Moment::draw(rng),
            down: rng.u64(..DOWN),
            at_start: match rng.u8(..4) {
                0 => (0..rng.usize(1..=DEATHS_AT_START)).map(|_| StartMoment::draw(rng)).collect(),
                _ => Vec::new(),
            },
        });
        // A gateway's death is as often met by wallets that go on.
        let spares = gateway.is_some() && rng.bool();
        let wallets = (0..wallets).map(|_| (!spares).then(|| Moment::draw(rng))).collect();
        Plan { wallets, gateway }
    }
}

/// A wallet in its folder, with what it promised.
pub(crate) struct Player {
    pub(crate) place: Place,
    pub(crate) expected: Expected,
}

/// What became of one wallet's process.
pub(crate) struct Ended {
    /// What it was in the midst of, if it was killed.
    killed_in: Option<Vec<Midst>>,
    consumed: u64,
    refusals: u64,
    violations: Vec<Violation>,
}

/// Plays a round to its end: afterwards the gateway runs and no wallet does.
pub(crate) async fn play(
    plan: &Plan,
    gateway: &mut Gateway,
    players: &mut [Player],
    (seed, run): (u64, u64),
    tally: &mut Tally,
) -> anyhow::Result<Vec<Violation>> {
    let meter = Meter::new(players.len());
    let lives = players.iter_mut().zip(&plan.wallets).enumerate();
    let lives = lives.map(|(number, (player, moment))| player.live(number, *moment, &meter, (seed, run)));
    let (gateway_killed_in, ended) =
        tokio::try_join!(die(plan.gateway.as_ref(), gateway, &meter), try_join_all(lives))?;

    gateway_killed_in.into_iter().for_each(|midst| tally.gateway_killed(midst));
    let mut violations = Vec::new();
    for Ended { killed_in, consumed, refusals, violations: found } in ended {
        match killed_in {
            Some(midst) => tally.wallet_killed(midst),
            None => tally.wallets_closed += 1,
        }
        tally.consumed += consumed;
        tally.refusals += refusals;
        violations.extend(found);
    }
    Ok(violations)
}

/// Kills the gateway as planned and brings it back; says what the wallets were in the midst of at each death.
async fn die(plan: Option<&GatewayPlan>, gateway: &mut Gateway, meter: &Meter) -> anyhow::Result<Vec<Vec<Midst>>> {
    let mut deaths = Vec::new();
    if let Some(GatewayPlan { moment, down, at_start }) = plan {
        meter.lines(moment.lines).await;
        pause(moment.delay).await;
        deaths.push(meter.in_midst(None));
        gateway.kill().await?;
        let lines = meter.progress.borrow().lines;
        meter.lines(lines + down).await;
        for moment in at_start {
            gateway.kill_at_start(*moment).await?;
            deaths.push(vec![Midst::Start]);
        }
        gateway.start().await?;
    }
    meter.progress.send_modify(|progress| progress.gateway_stays = true);
    Ok(deaths)
}

impl Player {
    fn spawn(&self, seed: u64, run: u64) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(self.place.log())?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(self.place.victim(seed, run)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        command.kill_on_drop(true).spawn().context("a wallet's process can't be started")
    }

    /// Runs a wallet until it is killed, or told to stop; takes note of all that it says.
    async fn live(
        &mut self,
        number: usize,
        moment: Option<Moment>,
        meter: &Meter,
        (seed, run): (u64, u64),
    ) -> anyhow::Result<Ended> {
        let mut process = self.spawn(seed.wrapping_add(number as u64), run)?;
        let output = process.stdout.take().context("a wallet's output was not captured")?;
        let mut lines = BufReader::new(output).lines();
        let mut said = File::options().create(true).append(true).open(self.place.folder.join("said.jsonl"))?;
        writeln!(said, "# run {run}")?;

        let mut ended = Ended { killed_in: None, consumed: 0, refusals: 0, violations: Vec::new() };
        let mut heard = 0;
        // It is armed once the wallet has said as much as the moment wants.
        let mut end = Box::pin(until(moment, meter));
        let mut is_armed = moment.is_none_or(|moment| moment.lines == 0);
        let mut is_over = false;
        loop {
            let line = tokio::select! {
                biased;
                () = &mut end, if is_armed && !is_over => {
                    match moment {
                        Some(_) => process.start_kill()?,
                        None => drop(process.stdin.take()),
                    }
                    is_over = true;
                    continue;
                }
                line = lines.next_line() => line?,
            };
            let Some(text) = line else { break };
            writeln!(said, "{text}")?;
            // A kill may leave a stump, but only at the end.
            let Some(line) = Line::read(&text) else { continue };
            heard += 1;
            is_armed |= moment.is_some_and(|moment| heard >= moment.lines);
            meter.hear(number, &line);
            self.count(&line, &mut ended);
            ended.violations.extend(self.expected.hear(line).err());
        }
        let status = process.wait().await?;
        let midst = meter.ended(number);
        match moment {
            Some(_) if is_over && was_killed(status) => ended.killed_in = Some(midst),
            None if is_over && status.success() && self.expected.unanswered().is_empty() => {}
            _ => ended.violations.push(wrong(format!(
                "a wallet's process ended by itself ({status}), in the midst of {midst:?}; see {}",
                self.place.log().display()
            ))),
        }
        Ok(ended)
    }

    fn count(&self, line: &Line, ended: &mut Ended) {
        let Line::Answer { number, answer } = line else { return };
        match (answer, self.expected.unanswered().get(number).map(Midst::from)) {
            (Answer::Done, Some(Midst::Consume)) => ended.consumed += 1,
            (Answer::Refused { .. }, _) => ended.refusals += 1,
            _ => {}
        }
    }
}

/// The pause before a kill, or the time until the wallet may be told to stop.
async fn until(moment: Option<Moment>, meter: &Meter) {
    match moment {
        Some(moment) => pause(moment.delay).await,
        None => meter.gateway_stays().await,
    }
}

#[cfg(unix)]
fn was_killed(status: ExitStatus) -> bool {
    const SIGKILL: i32 = 9;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGKILL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_without_a_kill_is_never_drawn_and_a_gateway_that_is_due_is_killed() {
        let mut rng = fastrand::Rng::with_seed(3);
        let (mut gateways, mut wallets) = (0, 0);
        for _ in 0..2_000 {
            let plan = Plan::draw(&mut rng, 2, false);
            let killed = plan.wallets.iter().flatten().count();
            assert!(killed > 0 || plan.gateway.is_some());
            gateways += plan.gateway.as_ref().map_or(0, |plan| 1 + plan.at_start.len());
            wallets += killed;
            assert!(Plan::draw(&mut rng, 2, true).gateway.is_some());
        }
        assert!(gateways > 500 && wallets > 1_000, "{gateways} and {wallets}");
    }
}
