//! Card charges since their cardholders last proved who they are.

use farthing_protocol::{AccountId, Money};
use sqlx::{Row, query};
use uuid::Uuid;

use super::column::{self, number, uuid};
use super::transaction::Transaction;
use crate::rules::authentication::{Authentication, Authentications, Since, since};
use crate::store::StoreError;

impl Authentications for Transaction {
    fn charged_since_authentication(&self, account: AccountId) -> Result<Vec<Since>, StoreError> {
        let select = query("SELECT amount, currency, count FROM authentication_counters WHERE account = $1");
        let rows = self.all(select.bind(uuid(account.as_bytes())))?;
        rows.iter().map(|row| Ok(since(row.try_get(0)?, column::currency(row, 1)?, number(row, 2)?))).collect()
    }

    fn count_charge(&self, account: AccountId, amount: Money) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO authentication_counters AS known (account, currency, amount, count) VALUES ($1, $2, $3, 1)
             ON CONFLICT (account, currency) DO UPDATE SET amount = known.amount + excluded.amount,
                                                           count = known.count + 1",
        );
        let currency = amount.currency();
        let insert = insert.bind(uuid(account.as_bytes())).bind(currency.code());
        self.execute(insert.bind(amount.micros()))?;
        Ok(())
    }

    fn forget_charges(&self, account: AccountId) -> Result<(), StoreError> {
        let delete = query("DELETE FROM authentication_counters WHERE account = $1");
        self.execute(delete.bind(uuid(account.as_bytes())))?;
        Ok(())
    }

    fn authentication(&self, payment: Uuid) -> Result<Authentication, StoreError> {
        let select = query("SELECT is_required, was_asked FROM authentications WHERE payment = $1");
        let Some(row) = self.one(select.bind(uuid(payment.as_bytes())))? else { return Ok(Authentication::default()) };
        Ok(Authentication { is_required: row.try_get(0)?, was_asked: row.try_get(1)? })
    }

    fn note_authentication(&self, payment: Uuid, is_required: bool, was_asked: bool) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO authentications AS known (payment, is_required, was_asked) VALUES ($1, $2, $3)
             ON CONFLICT (payment) DO UPDATE SET is_required = known.is_required OR excluded.is_required,
                                                 was_asked = known.was_asked OR excluded.was_asked",
        );
        self.execute(insert.bind(uuid(payment.as_bytes())).bind(is_required).bind(was_asked))?;
        Ok(())
    }
}
