//! What cards were charged by themselves, by the gateway's books.

use std::collections::BTreeMap;

use super::ledger::Purses;
use super::{Audit, failed};
use crate::Violation;
use crate::coverage::Coverage;
use crate::phone::Statement;

impl Audit {
    /// Each card that was charged by itself was charged while the balance was below what the player agreed to, and none by
    /// a top-up that its wallet has given up, unless the request was still on its way then; returns what such requests
    /// have brought, in micros, by account and currency.
    pub(crate) fn check_auto_top_ups(
        &self,
        statements: &[Statement],
        coverage: &Coverage,
    ) -> Result<Purses, Violation> {
        let mut late = Purses::new();
        let mut below: BTreeMap<Vec<u8>, (&Statement, i64)> = BTreeMap::new();
        for statement in statements {
            for seen in &statement.auto_top_ups {
                let Some((id, account)) = self.charged(&seen.top_up.id.to_string())? else { continue };
                if seen.is_gone {
                    if !statement.may_arrive_late {
                        return Err(Violation::new("a card was charged by a top-up that its wallet has given up"));
                    }
                    coverage.add("a request that was still on its way charged what its wallet had given up");
                    let amount = seen.top_up.amount;
                    *late.entry((account, amount.currency().code().to_owned())).or_default() += amount.micros();
                } else if let Some(micros) = seen.below {
                    below.insert(id, (statement, micros));
                }
            }
        }
        self.walk(|posting, purses| {
            let is_credit = posting.transaction == "top_up" && posting.account == "user_available";
            let Some((statement, micros)) = below.get(&posting.reference).filter(|_| is_credit) else { return Ok(()) };
            let purse = |owner: &Vec<u8>| purses.get(&(owner.clone(), posting.currency.clone())).copied();
            let there = purse(&posting.owner).unwrap_or(0) + purse(&statement.device).unwrap_or(0);
            if there >= *micros {
                return Err(Violation::new(format!("a card was charged by itself while {there} was there")));
            }
            coverage.add("a card was charged by itself below what was agreed to");
            Ok(())
        })?;
        Ok(late)
    }

    /// The top-up of a name, and whose it is, where it was charged.
    fn charged(&self, key: &str) -> Result<Option<(Vec<u8>, Vec<u8>)>, Violation> {
        let charged = "SELECT id, account FROM top_ups WHERE idempotency_key = ?1 AND state = 'succeeded'";
        let mut charged = self.0.prepare(charged).map_err(failed)?;
        let mut rows = charged.query_map([key], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        rows.next().transpose().map_err(failed)
    }
}
