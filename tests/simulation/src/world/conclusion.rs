//! The end of a world: fair weather, and the sums.

use super::World;
use crate::Violation;
use crate::audit::Audit;
use crate::operator::End;
use crate::phone::Statement;
use crate::plan::Weather;

/// Rounds of syncs at the end, where a card is charged by itself in each.
const ROUNDS_MAX: u32 = 12;

impl World {
    /// Fair weather, and the sums.
    pub(super) async fn conclude(&mut self, trace: &mut Vec<String>) -> Result<(), Violation> {
        self.restart_gateway(End::Kill).await?;
        self.operator.tend_tabs().await?;
        self.operator.hear_store(&mut self.store).await;
        let now = self.now();
        for phone in &mut self.phones {
            phone.link.set(Weather::default(), 0);
            phone.conclude(now).await?;
        }
        // In some worlds all tabs are closed in the end, and in some what is owed is compared of open ones.
        for phone in self.phones.iter_mut().filter(|_| self.seed % 2 == 1) {
            phone.close_all_tabs().await?;
        }
        // A bank may have said only now what it thinks of a tab that was asked for long ago.
        self.operator.tend_tabs().await?;
        // What one phone did last, another of the same player hears of with its next sync.
        // Where cards are charged by themselves meanwhile, they go on until none is.
        let (mut statements, mut rounds, mut charges) = (Vec::new(), 0, 0);
        while rounds < 2 || (charges != count(&statements) && rounds < ROUNDS_MAX) {
            charges = count(&statements);
            statements.clear();
            for phone in &mut self.phones {
                statements.extend(phone.statement().await?);
            }
            rounds += 1;
        }
        for phone in &mut self.phones {
            phone.close(End::InGoodOrder).await;
        }
        self.operator.check_ledger().await?;
        self.operator.stop(End::InGoodOrder).await;
        let audit = Audit::open(&self.operator.folder)?;
        audit.check()?;
        self.coverage
            .add_many("accounts of two phones".into(), audit.check_accounts(&statements, &self.store, &self.coverage)?);
        if audit.check_durables(&statements, &self.coverage)? > 0 {
            self.coverage.add("a durable item was bought twice and given back");
        }
        audit.check_auto_top_ups(&statements, &self.coverage)?;
        audit.check_disputes()?;
        audit.check_units(&self.coverage)?;
        audit.check_prices(&statements, &self.coverage)?;
        audit.check_passes(&statements)?;
        audit.check_elsewhere(&statements)?;
        if self.has_tabs {
            audit.check_tabs(&statements, self.now(), &self.coverage)?;
        }
        self.guards.check(&audit, &statements, &self.coverage)?;
        self.limits.check(&self.phones, &audit, &statements, &self.coverage)?;
        let (settled, rejected) = audit.entries()?;
        self.coverage.add_many("entries settled".into(), settled);
        self.coverage.add_many("entries rejected".into(), rejected);
        trace.push(format!("    {settled} entries settled, {rejected} rejected"));
        Ok(())
    }
}

/// How many top-ups there are.
fn count(statements: &[Statement]) -> u64 {
    statements.iter().map(|statement| statement.top_ups).sum()
}
