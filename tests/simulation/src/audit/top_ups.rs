//! What cards were charged by themselves, by the gateway's books.

use std::collections::BTreeMap;

use super::{Audit, failed};
use crate::Violation;
use crate::coverage::Coverage;
use crate::phone::Statement;

impl Audit {
    /// Each card that was charged by itself was charged while the balance was below what the player agreed to, and none by
    /// a top-up that its wallet has given up, however late the request has come.
    pub(crate) fn check_auto_top_ups(&self, statements: &[Statement], coverage: &Coverage) -> Result<(), Violation> {
        let mut below: BTreeMap<Vec<u8>, (&Statement, i64)> = BTreeMap::new();
        for statement in statements {
            for seen in &statement.auto_top_ups {
                let charged = self.charged(&seen.top_up.id.to_string())?;
                if charged.is_some() && seen.is_gone {
                    return Err(Violation::new("a card was charged by a top-up that its wallet has given up"));
                }
                if let (Some(id), Some(micros)) = (charged, seen.below) {
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
        Ok(())
    }

    /// The top-up of a name, where it was charged.
    fn charged(&self, key: &str) -> Result<Option<Vec<u8>>, Violation> {
        let charged = "SELECT id FROM top_ups WHERE idempotency_key = ?1 AND state = 'succeeded'";
        let mut charged = self.0.prepare(charged).map_err(failed)?;
        let mut rows = charged.query_map([key], |row| row.get(0)).map_err(failed)?;
        rows.next().transpose().map_err(failed)
    }
}
