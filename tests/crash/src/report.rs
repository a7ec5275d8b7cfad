//! What was done and what was found: for the person who watches, and as JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::expected::{Kind, Violation};
use crate::line::Midst;

/// What was counted. A run that kills nothing in the midst of anything is seen by it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Tally {
    pub(crate) wallet_kills: u64,
    pub(crate) gateway_kills: u64,
    /// What wallets were in the midst of when they were killed; several things at once count each.
    pub(crate) wallets_killed_in: BTreeMap<Midst, u64>,
    /// What wallets were in the midst of when their gateway was killed.
    pub(crate) gateways_killed_in: BTreeMap<Midst, u64>,
    /// Wallets that went through all of their lives and were settled to the last cent.
    pub(crate) wallets: u64,
    /// Lives of wallets that ended as they were told to.
    pub(crate) wallets_closed: u64,
    pub(crate) purchases: u64,
    pub(crate) consumed: u64,
    pub(crate) top_ups: u64,
    pub(crate) refusals: u64,
    /// Purchases that were not answered and were found made, or not.
    pub(crate) unanswered_purchases_made: u64,
    pub(crate) unanswered_purchases_not_made: u64,
    /// Top-ups that were not answered and were found begun; sync resumes them.
    pub(crate) unanswered_top_ups_made: u64,
    pub(crate) settlements_checked: u64,
    pub(crate) receipts_verified: u64,
}

impl Tally {
    pub(crate) fn kills(&self) -> u64 {
        self.wallet_kills + self.gateway_kills
    }

    pub(crate) fn wallet_killed(&mut self, midst: Vec<Midst>) {
        self.wallet_kills += 1;
        midst.into_iter().for_each(|kind| *self.wallets_killed_in.entry(kind).or_default() += 1);
    }

    pub(crate) fn gateway_killed(&mut self, midst: Vec<Midst>) {
        self.gateway_kills += 1;
        midst.into_iter().for_each(|kind| *self.gateways_killed_in.entry(kind).or_default() += 1);
    }

    pub(crate) fn unanswered_purchase(&mut self, was_made: bool) {
        match was_made {
            true => self.unanswered_purchases_made += 1,
            false => self.unanswered_purchases_not_made += 1,
        }
    }

    /// Adds what another has counted.
    pub(crate) fn add(&mut self, other: Tally) {
        self.wallet_kills += other.wallet_kills;
        self.gateway_kills += other.gateway_kills;
        add_all(&mut self.wallets_killed_in, other.wallets_killed_in);
        add_all(&mut self.gateways_killed_in, other.gateways_killed_in);
        self.wallets += other.wallets;
        self.wallets_closed += other.wallets_closed;
        self.purchases += other.purchases;
        self.consumed += other.consumed;
        self.top_ups += other.top_ups;
        self.refusals += other.refusals;
        self.unanswered_purchases_made += other.unanswered_purchases_made;
        self.unanswered_purchases_not_made += other.unanswered_purchases_not_made;
        self.unanswered_top_ups_made += other.unanswered_top_ups_made;
        self.settlements_checked += other.settlements_checked;
        self.receipts_verified += other.receipts_verified;
    }
}

fn add_all(sums: &mut BTreeMap<Midst, u64>, other: BTreeMap<Midst, u64>) {
    other.into_iter().for_each(|(kind, count)| *sums.entry(kind).or_default() += count);
}

/// Violations of one job, and where to look.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) job: u64,
    /// Which of the job's gateways it was, from 0.
    pub(crate) era: u64,
    pub(crate) round: u64,
    /// What is left on disk: databases, keys, logs, what was said.
    pub(crate) folder: PathBuf,
    pub(crate) violations: Vec<Violation>,
}

/// All that a run has to say.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) jobs: u64,
    pub(crate) milliseconds: u128,
    pub(crate) kills: u64,
    #[serde(flatten)]
    pub(crate) tally: Tally,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) wrong: usize,
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new((seed, jobs): (u64, u64), elapsed: Duration, tally: Tally, findings: Vec<Finding>) -> Self {
        let count = |kind| {
            let violations = findings.iter().flat_map(|finding| &finding.violations);
            violations.filter(|violation| violation.kind == kind).count()
        };
        Report {
            seed,
            jobs,
            milliseconds: elapsed.as_millis(),
            kills: tally.kills(),
            lost: count(Kind::Lost),
            doubled: count(Kind::Doubled),
            wrong: count(Kind::Wrong),
            tally,
            findings,
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        Ok(std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// Tells it to a person. The last line is for those who look for one.
    pub(crate) fn print(&self) {
        let tally = &self.tally;
        println!("seed {}, {} jobs, {} ms\n", self.seed, self.jobs, self.milliseconds);
        println!("  killed in the midst of   wallet  gateway");
        for kind in Midst::ALL {
            let count = |counts: &BTreeMap<Midst, u64>| counts.get(&kind).copied().unwrap_or_default();
            let (wallets, gateways) = (count(&tally.wallets_killed_in), count(&tally.gateways_killed_in));
            println!("  {:<22} {wallets:>8} {gateways:>8}", kind.name());
        }
        println!("\n  wallets settled to the last micro    {:>8}", tally.wallets);
        println!("  wallets closed in between            {:>8}", tally.wallets_closed);
        println!("  purchases                            {:>8}", tally.purchases);
        println!("  items used                           {:>8}", tally.consumed);
        println!("  top-ups                              {:>8}", tally.top_ups);
        println!("  refusals                             {:>8}", tally.refusals);
        println!("  purchases cut off, found made        {:>8}", tally.unanswered_purchases_made);
        println!("  purchases cut off, found not made    {:>8}", tally.unanswered_purchases_not_made);
        println!("  top-ups cut off and resumed          {:>8}", tally.unanswered_top_ups_made);
        println!("  ledgers compared                     {:>8}", tally.settlements_checked);
        println!("  receipts verified                    {:>8}", tally.receipts_verified);
        for Finding { job, era, round, folder, violations } in &self.findings {
            println!("\n  seed {}, job {job}, gateway {era}, round {round}; kept in {}", self.seed, folder.display());
            for Violation { kind, text } in violations {
                println!("    {kind:?}: {text}");
            }
        }
        println!("\n{}", self.last_line());
    }

    fn last_line(&self) -> String {
        let Report { kills, tally, lost, doubled, wrong, .. } = self;
        let (wallets, gateways, purchases) = (tally.wallet_kills, tally.gateway_kills, tally.purchases);
        format!(
            "kills: {kills} (wallet {wallets}, gateway {gateways}), purchases {purchases}, lost {lost}, \
             doubled {doubled}, wrong {wrong}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expected::{doubled, lost};

    #[test]
    fn the_last_line_has_the_figures() {
        let mut tally = Tally { purchases: 7, ..Tally::default() };
        tally.wallet_killed(vec![Midst::Buy, Midst::Sync]);
        let mut other = Tally::default();
        other.wallet_killed(vec![Midst::Buy]);
        other.gateway_killed(vec![Midst::Start]);
        tally.add(other);
        assert_eq!(tally.wallets_killed_in.get(&Midst::Buy), Some(&2));
        let violations = vec![lost("a"), lost("b"), doubled("c")];
        let finding = Finding { job: 0, era: 0, round: 3, folder: "/kept".into(), violations };
        let report = Report::new((5, 2), Duration::ZERO, tally, vec![finding]);
        assert!(!report.is_good());
        assert_eq!(report.last_line(), "kills: 3 (wallet 2, gateway 1), purchases 7, lost 2, doubled 1, wrong 0");
    }
}
