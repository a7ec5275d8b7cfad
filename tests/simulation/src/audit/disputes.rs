//! What banks have taken back, by the gateway's ledger.

use std::collections::BTreeMap;

use super::{Audit, failed};
use crate::Violation;

/// Each rule selects what breaks it.
const RULES: [(&str, &str); 2] = [
    (
        "something is held of a charge that stands",
        "SELECT 1 FROM disputes WHERE (state = 'won' AND held > 0) <>
         (SELECT count(*) FROM ledger_transactions WHERE kind = 'dispute_release' AND reference = payment)",
    ),
    (
        "a charge was taken back twice",
        "SELECT 1 FROM ledger_transactions WHERE kind LIKE 'dispute%' GROUP BY kind, reference HAVING count(*) > 1",
    ),
];

/// A dispute as the gateway keeps it, in micros.
struct Kept {
    account: Vec<u8>,
    currency: String,
    amount: i64,
    held: i64,
}

impl Audit {
    /// Of each charge that a bank has taken back that is held which was there and not reserved, and comes back where the charge
    /// stands.
    pub(crate) fn check_disputes(&self) -> Result<(), Violation> {
        self.check_rules(&RULES)?;
        let disputes = "SELECT payment, account, currency, amount, held FROM disputes";
        let mut disputes = self.0.prepare(disputes).map_err(failed)?;
        let disputes = disputes.query_map([], |row| {
            let (account, currency) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, Kept { account, currency, amount: row.get(3)?, held: row.get(4)? }))
        });
        let disputes: BTreeMap<Vec<u8>, Kept> = disputes.and_then(Iterator::collect).map_err(failed)?;
        self.walk(|posting, purses| {
            let Some(Kept { account, currency, amount, held }) = disputes.get(&posting.reference) else {
                return Ok(());
            };
            let is_user_s = posting.account == "user_available";
            let moved = posting.amount;
            match &posting.transaction[..] {
                "dispute" => {
                    let there = purses.get(&(account.clone(), currency.clone())).copied().unwrap_or_default();
                    if *held != there.min(*amount) {
                        let what = format!("{held} is held of a charge of {amount}, and {there} was there");
                        return Err(Violation::new(what));
                    }
                }
                "dispute_hold" if is_user_s && moved != *held => {
                    return Err(Violation::new(format!(
                        "{moved} went out of a balance for a dispute that holds {held}"
                    )));
                }
                "dispute_release" if is_user_s && moved != -held => {
                    return Err(Violation::new(format!("{moved} came back of what was held: {held}")));
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(())
    }
}
