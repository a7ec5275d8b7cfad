//! What is owned once, for ever, by the gateway's books.

use std::collections::BTreeMap;

use super::{Audit, failed};
use crate::Violation;
use crate::catalog::{DURABLES, brings};
use crate::coverage::Coverage;
use crate::phone::Statement;

/// How many purchases of an item stand, by account and item.
type Owned = BTreeMap<(Vec<u8>, String), i64>;

impl Audit {
    /// An account has paid for each durable item once, and each of its wallets shows what it owns; returns how many
    /// purchases were given back since the account owned the item before.
    pub(crate) fn check_durables(&self, statements: &[Statement], coverage: &Coverage) -> Result<u64, Violation> {
        // A bundle is not given back for what is in it, and so an account may have an item by several.
        let (mut owned, mut by_itself): (Owned, Owned) = (BTreeMap::new(), BTreeMap::new());
        for receipt in self.receipts()? {
            let gone: i64 = self.look_up(
                "SELECT coalesce(sum(quantity), 0) FROM refunds WHERE purchase = ?1",
                receipt.jti.as_bytes(),
            )?;
            let duplicates = "SELECT count(*) FROM refunds WHERE purchase = ?1 AND idempotency_key LIKE 'duplicate-%'";
            if !receipt.contents.is_empty() && self.look_up::<u64>(duplicates, receipt.jti.as_bytes())? > 0 {
                return Err(Violation::new("a bundle was given back for what is owned once"));
            }
            for sku in DURABLES.iter().filter(|sku| brings(receipt.sku.as_str(), sku) > 0) {
                let key = (receipt.sub.as_bytes().to_vec(), (*sku).to_owned());
                let stands = i64::from(receipt.quantity) - gone;
                *owned.entry(key.clone()).or_default() += stands;
                if receipt.sku.as_str() == *sku {
                    *by_itself.entry(key).or_default() += stands;
                }
            }
        }
        owned.retain(|_, purchases| *purchases > 0);
        if by_itself.values().any(|purchases| *purchases > 1) {
            return Err(Violation::new("an account has paid twice for what is owned once"));
        }
        coverage.add_many(
            "an account owns a durable item by several purchases".into(),
            owned.values().filter(|purchases| **purchases > 1).count() as u64,
        );
        let kept = "SELECT account, sku, sum(quantity) FROM durables WHERE quantity > 0 GROUP BY account, sku";
        let mut kept = self.0.prepare(kept).map_err(failed)?;
        let kept = kept.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)));
        if kept.and_then(Iterator::collect::<Result<BTreeMap<_, i64>, _>>).map_err(failed)? != owned {
            return Err(Violation::new("what accounts own for ever is not what their receipts say"));
        }
        for statement in statements {
            let account = self.account_of(statement)?;
            let theirs = owned.keys().filter(|(owner, _)| *owner == account).map(|(_, sku)| sku);
            if !theirs.eq(&statement.durables) {
                let shown = &statement.durables;
                return Err(Violation::new(format!("a wallet shows {shown:?} of what its account owns for ever")));
            }
        }
        let given_back = "SELECT count(*) FROM refunds WHERE idempotency_key LIKE 'duplicate-%'";
        self.0.query_row(given_back, [], |row| row.get(0)).map_err(failed)
    }
}
