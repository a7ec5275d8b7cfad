//! What was paid, beside what the catalog says.

use std::collections::BTreeMap;

use super::{Audit, failed};
use crate::Violation;
use crate::catalog::{country, price};
use crate::coverage::Coverage;
use crate::phone::Statement;

impl Audit {
    /// Each price is the one that held for the player at the time that the receipt has: of a sale, of a country, of an account's
    /// first days.
    pub(crate) fn check_prices(&self, statements: &[Statement], coverage: &Coverage) -> Result<(), Violation> {
        let devices: BTreeMap<&[u8], &str> =
            statements.iter().map(|known| (&known.device[..], &known.account[..])).collect();
        for receipt in self.receipts()? {
            let Some(player) = devices.get(&receipt.device.as_bytes()[..]) else { continue };
            let opened_at = "SELECT created_at FROM accounts WHERE id = ?1";
            let opened_at = self.0.query_row(opened_at, [receipt.sub.as_bytes()], |row| row.get(0)).map_err(failed)?;
            let at = receipt.purchased_at.as_millisecond();
            let (sku, paid) = (receipt.sku.as_str(), receipt.unit_price.micros());
            let Some(due) = price(sku, country(player), opened_at, at) else { continue };
            if paid != due {
                return Err(Violation::new(format!("{sku} was sold for {paid}, and should have been for {due}")));
            }
            coverage.add(format!("{sku} was sold for {paid}"));
        }
        Ok(())
    }
}
