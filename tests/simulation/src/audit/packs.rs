//! What app stores have sold, by the gateway's books.

use std::collections::BTreeMap;

use super::ledger::Purses;
use super::{Audit, failed};
use crate::Violation;
use crate::app_store::{Pack, Store};
use crate::catalog::STORE_PACK_MICROS;
use crate::coverage::Coverage;
use crate::phone::Statement;

/// A pack as the gateway keeps it.
struct Kept {
    id: Vec<u8>,
    account: Vec<u8>,
    is_taken_back: bool,
}

impl Audit {
    /// Each pack was credited once, to who bought it, and taken back where its price went back; returns what packs have
    /// brought, in micros, by account and currency.
    pub(crate) fn check_packs(
        &self,
        store: &Store,
        statements: &[Statement],
        coverage: &Coverage,
    ) -> Result<Purses, Violation> {
        let kept = self.sold_packs()?;
        if kept.keys().any(|name| !store.packs.iter().any(|pack| pack.id == *name && !pack.is_forged)) {
            return Err(Violation::new("a pack was credited that the store has not sold"));
        }
        for pack in store.packs.iter().filter(|pack| !pack.is_forged) {
            match kept.get(&pack.id) {
                Some(kept) => self.check_pack(pack, kept, statements, coverage)?,
                None => check_uncredited(pack, statements, coverage)?,
            }
        }
        let mut brought = Purses::new();
        let mut standing: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
        self.walk(|posting, purses| {
            if posting.account != "user_available" || !posting.transaction.starts_with("store_") {
                return Ok(());
            }
            let purse = (posting.owner.clone(), posting.currency.clone());
            let there = purses.get(&purse).copied().unwrap_or_default();
            let stands = standing.entry(posting.reference.clone()).or_default();
            let due = match (&posting.transaction[..], &mut *stands) {
                ("store_top_up", 0) | ("store_refund_reversed", 1) => None,
                ("store_refund", 2) => Some(there.min(STORE_PACK_MICROS)),
                _ => return Err(Violation::new("a pack was credited or taken back twice")),
            };
            if due.is_some_and(|due| due != posting.amount) || due.is_none() && posting.amount < -STORE_PACK_MICROS {
                let amount = posting.amount;
                return Err(Violation::new(format!("{amount} of a pack was moved, and {there} was there")));
            }
            if due.is_some_and(|due| due < STORE_PACK_MICROS) {
                coverage.add("a pack was taken back of which some was spent or reserved");
            }
            *stands = if due.is_some() { 1 } else { 2 };
            *brought.entry(purse).or_default() -= posting.amount;
            Ok(())
        })?;
        Ok(brought)
    }

    fn check_pack(
        &self,
        pack: &Pack,
        kept: &Kept,
        statements: &[Statement],
        coverage: &Coverage,
    ) -> Result<(), Violation> {
        if pack.bought_for.is_some_and(|account| account.as_bytes()[..] != kept.account[..]) {
            return Err(Violation::new("a pack has credited another account than it was bought for"));
        }
        for statement in statements {
            if self.account_of(statement)? == kept.account && !pack.handed_over_by.contains(&statement.account) {
                return Err(Violation::new("a pack has credited an account that has not handed it over"));
            }
        }
        if kept.is_taken_back != pack.is_refunded {
            return Err(Violation::new("what a store has said last of a pack is not gone by"));
        }
        let charged = "SELECT coalesce(-sum(amount), 0) FROM ledger_postings
                       JOIN ledger_transactions ON ledger_transaction = ledger_transactions.id
                       JOIN ledger_accounts ON ledger_account = ledger_accounts.id
                       WHERE ledger_transactions.kind = 'store_top_up' AND ledger_accounts.kind = 'user_available'
                       AND reference = ?1";
        let credited: i64 = self.look_up(charged, &kept.id)?;
        if credited != STORE_PACK_MICROS {
            return Err(Violation::new(format!("{credited} was credited for a pack")));
        }
        coverage.add("a pack of a store was credited");
        if pack.was_refunded && !pack.is_refunded {
            coverage.add("a pack whose price was taken from the player again is there again");
        }
        if pack.handed_over_by.len() > 1 {
            coverage.add("a pack that several accounts have handed over was credited to one");
        }
        Ok(())
    }

    fn sold_packs(&self) -> Result<BTreeMap<String, Kept>, Violation> {
        let mut kept = self.0.prepare("SELECT name, id, account, held IS NOT NULL FROM sold_packs").map_err(failed)?;
        let kept = kept.query_map([], |row| {
            Ok((row.get(0)?, Kept { id: row.get(1)?, account: row.get(2)?, is_taken_back: row.get(3)? }))
        });
        kept.and_then(Iterator::collect).map_err(failed)
    }
}

/// Nobody has got a pack: then nobody has it in a wallet that goes on by itself, or its price went back.
fn check_uncredited(pack: &Pack, statements: &[Statement], coverage: &Coverage) -> Result<(), Violation> {
    if pack.was_refunded {
        coverage.add("a pack whose price went back before it was handed over has credited nobody");
        return Ok(());
    }
    let keeps = |statement: &Statement| pack.kept_by.contains(&statement.account) && !statement.may_be_confused;
    if pack.bought_for.is_none() && statements.iter().any(keeps) {
        return Err(Violation::new("a pack that a wallet has kept was credited to nobody"));
    }
    Ok(())
}
