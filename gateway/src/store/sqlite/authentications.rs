//! Card charges since their cardholders last proved who they are.

use farthing_protocol::{AccountId, Money};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::column;
use crate::rules::authentication::{Authentication, Authentications, Since, since};
use crate::store::StoreError;

impl Authentications for Connection {
    fn charged_since_authentication(&self, account: AccountId) -> Result<Vec<Since>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT amount, currency, count FROM authentication_counters WHERE account = ?")?;
        let read = |row: &Row<'_>| Ok(since(row.get(0)?, column::currency(row, 1)?, row.get(2)?));
        Ok(statement.query_map([account.as_bytes()], read)?.collect::<Result<_, _>>()?)
    }

    fn count_charge(&self, account: AccountId, amount: Money) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO authentication_counters (account, currency, amount, count) VALUES (?, ?, ?, 1)
             ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, count = count + 1",
        )?
        .execute(params![account.as_bytes(), amount.currency().code(), amount.micros()])?;
        Ok(())
    }

    fn forget_charges(&self, account: AccountId) -> Result<(), StoreError> {
        self.prepare_cached("DELETE FROM authentication_counters WHERE account = ?")?.execute([account.as_bytes()])?;
        Ok(())
    }

    fn authentication(&self, payment: Uuid) -> Result<Authentication, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT is_required, was_asked FROM authentications WHERE payment = ?")?;
        let read = |row: &Row<'_>| Ok(Authentication { is_required: row.get(0)?, was_asked: row.get(1)? });
        Ok(statement.query_row([payment.as_bytes()], read).optional()?.unwrap_or_default())
    }

    fn note_authentication(&self, payment: Uuid, is_required: bool, was_asked: bool) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO authentications (payment, is_required, was_asked) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET is_required = max(is_required, excluded.is_required),
                                       was_asked = max(was_asked, excluded.was_asked)",
        )?
        .execute(params![payment.as_bytes(), is_required, was_asked])?;
        Ok(())
    }
}
