//! A merchant's own currency, by the gateway's books.

use std::collections::BTreeMap;

use super::{Audit, failed};
use crate::Violation;
use crate::catalog::{PACK_UNITS, gems};
use crate::coverage::Coverage;

const RULE: (&str, &str) = (
    "someone may be paid in a merchant's own currency",
    "SELECT 1 FROM ledger_accounts WHERE currency = 'gems' AND balance <> 0
     AND kind NOT IN ('virtual_currency', 'user_available', 'user_reserved')",
);

impl Audit {
    /// Players have as many units as packs have brought and purchases have not used up, and nobody earns by them.
    pub(crate) fn check_units(&self, coverage: &Coverage) -> Result<(), Violation> {
        self.check_rules(&[RULE])?;
        let returned =
            "SELECT purchase, sum(amount), sum(quantity) FROM refunds WHERE purchase IS NOT NULL GROUP BY purchase";
        let mut returned = self.0.prepare(returned).map_err(failed)?;
        let returned = returned.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
        let returned: BTreeMap<Vec<u8>, (i64, i64)> = returned.and_then(Iterator::collect).map_err(failed)?;
        let mut circulating = 0;
        for receipt in self.receipts()? {
            let (micros, packs) = returned.get(&receipt.jti.as_bytes()[..]).copied().unwrap_or_default();
            if let Some(units) = receipt.credits {
                if units.micros() != i64::from(receipt.quantity) * PACK_UNITS * 1_000_000 {
                    return Err(Violation::new(format!("{} packs have brought {units}", receipt.quantity)));
                }
                circulating += units.micros() - packs * PACK_UNITS * 1_000_000;
                coverage.add("a pack of a merchant's own currency was settled");
                coverage.add_many("packs that a merchant took back".into(), packs as u64);
            }
            if receipt.total.currency() == gems()? {
                circulating -= receipt.total.micros() - micros;
                coverage.add("something was bought in a merchant's own currency");
            }
        }
        let kept = "SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE kind = 'virtual_currency'";
        let kept: i64 = self.0.query_row(kept, [], |row| row.get(0)).map_err(failed)?;
        if kept == circulating {
            return Ok(());
        }
        Err(Violation::new(format!("{kept} of a merchant's own currency circulate, and it should be {circulating}")))
    }
}
