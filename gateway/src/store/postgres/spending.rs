//! What limits accounts' spending, what was spent, and what guardians were asked for.

use farthing_protocol::api::ApprovalRecord;
use farthing_protocol::{AccountId, ApprovalId, Currency, DeviceId};
use sqlx::postgres::PgRow;
use sqlx::{Row, query};

use super::column::{self, number, uuid};
use super::transaction::Transaction;
use crate::store::StoreError;
use crate::store::named::name;
use crate::store::spending::{ApprovalRow, Guardianship, RuleRow, Spending, SpendingRule, to_json};

fn read_approval(row: &PgRow) -> Result<ApprovalRecord, StoreError> {
    let row = ApprovalRow {
        id: column::approval(row, 0)?,
        device: column::device(row, 1)?,
        sku: row.try_get(2)?,
        quantity: number(row, 3)?,
        total: column::money(row, 4, column::currency(row, 5)?)?,
        state: row.try_get(6)?,
        asked_at: column::time(row, 7)?,
        expires_at: column::time(row, 8)?,
    };
    row.record()
}

fn read_rule(row: &PgRow) -> Result<SpendingRule, StoreError> {
    let pending_from: Option<i64> = row.try_get(4)?;
    let row = RuleRow {
        setter: row.try_get(0)?,
        currency: column::currency(row, 1)?,
        limits: row.try_get(2)?,
        pending: row.try_get(3)?,
        pending_from: pending_from.map(crate::clock::from_milliseconds),
    };
    row.rule()
}

fn read_guardianship(row: &PgRow) -> Result<Guardianship, StoreError> {
    let tried_at: Option<i64> = row.try_get(3)?;
    Ok(Guardianship {
        utc_offset_minutes: number(row, 0)?,
        pin_hash: row.try_get(1)?,
        pin_failures: number(row, 2)?,
        pin_tried_at: tried_at.map(crate::clock::from_milliseconds),
    })
}

impl Spending for Transaction {
    fn guardianship(&self, account: AccountId) -> Result<Option<Guardianship>, StoreError> {
        let select = query(
            "SELECT utc_offset_minutes, pin_hash, pin_failures, pin_tried_at FROM guardianships WHERE account = $1",
        );
        self.one(select.bind(uuid(account.as_bytes())))?.as_ref().map(read_guardianship).transpose()
    }

    fn set_guardianship(&self, account: AccountId, guardianship: &Guardianship) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO guardianships (account, utc_offset_minutes, pin_hash, pin_failures, pin_tried_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account) DO UPDATE SET utc_offset_minutes = excluded.utc_offset_minutes,
               pin_hash = excluded.pin_hash, pin_failures = excluded.pin_failures,
               pin_tried_at = excluded.pin_tried_at",
        );
        let upsert = upsert
            .bind(uuid(account.as_bytes()))
            .bind(i64::from(guardianship.utc_offset_minutes))
            .bind(&guardianship.pin_hash)
            .bind(i64::from(guardianship.pin_failures))
            .bind(guardianship.pin_tried_at.map(|at| at.as_millisecond()));
        self.execute(upsert)?;
        Ok(())
    }

    fn spending_rules(&self, account: AccountId) -> Result<Vec<SpendingRule>, StoreError> {
        let select =
            query("SELECT setter, currency, limits, pending, pending_from FROM spending_limits WHERE account = $1");
        self.all(select.bind(uuid(account.as_bytes())))?.iter().map(read_rule).collect()
    }

    fn set_spending_rule(&self, account: AccountId, rule: &SpendingRule) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO spending_limits (account, setter, currency, limits, pending, pending_from)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account, setter, currency) DO UPDATE SET limits = excluded.limits,
               pending = excluded.pending, pending_from = excluded.pending_from",
        );
        let upsert = upsert
            .bind(uuid(account.as_bytes()))
            .bind(name(&rule.setter)?)
            .bind(rule.currency.code().to_owned())
            .bind(to_json(&rule.limits)?)
            .bind(rule.pending.map(|pending| to_json(&pending.limits)).transpose()?)
            .bind(rule.pending.map(|pending| pending.from.as_millisecond()));
        self.execute(upsert)?;
        Ok(())
    }

    fn add_spent(&self, account: AccountId, currency: Currency, slot: i64, micros: i64) -> Result<(), StoreError> {
        let upsert = query(
            "INSERT INTO spending (account, currency, slot, amount) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account, currency, slot) DO UPDATE SET amount = spending.amount + excluded.amount",
        );
        let upsert = upsert.bind(uuid(account.as_bytes())).bind(currency.code().to_owned()).bind(slot).bind(micros);
        self.execute(upsert)?;
        Ok(())
    }

    fn spent(&self, account: AccountId, currency: Currency, (from, until): (i64, i64)) -> Result<i64, StoreError> {
        let select = query(
            "SELECT coalesce(sum(amount), 0)::bigint FROM spending
             WHERE account = $1 AND currency = $2 AND slot >= $3 AND slot < $4",
        );
        let select = select.bind(uuid(account.as_bytes())).bind(currency.code().to_owned()).bind(from).bind(until);
        Ok(self.one(select)?.map_or(Ok(0), |row| row.try_get(0))?)
    }

    fn add_approval(&self, account: AccountId, record: &ApprovalRecord) -> Result<(), StoreError> {
        let insert = query(
            "INSERT INTO approvals (id, account, device, sku, quantity, total, currency, state, asked_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        );
        let insert = insert
            .bind(uuid(record.id.as_bytes()))
            .bind(uuid(account.as_bytes()))
            .bind(uuid(record.device.as_bytes()))
            .bind(record.sku.as_str())
            .bind(i64::from(record.quantity))
            .bind(record.total.micros())
            .bind(record.total.currency().code().to_owned())
            .bind(name(&record.state)?)
            .bind(record.asked_at.as_millisecond())
            .bind(record.expires_at.as_millisecond());
        self.execute(insert)?;
        Ok(())
    }

    fn approval(&self, id: ApprovalId) -> Result<Option<(AccountId, ApprovalRecord)>, StoreError> {
        let select = query(
            "SELECT id, device, sku, quantity, total, currency, state, asked_at, expires_at, account FROM approvals
             WHERE id = $1",
        );
        let row = self.one(select.bind(uuid(id.as_bytes())))?;
        row.map(|row| Ok((column::account(&row, 9)?, read_approval(&row)?))).transpose()
    }

    fn approvals_of(&self, account: AccountId, most: u32) -> Result<Vec<ApprovalRecord>, StoreError> {
        let select = query(
            "SELECT id, device, sku, quantity, total, currency, state, asked_at, expires_at FROM approvals
             WHERE account = $1 ORDER BY id DESC LIMIT $2",
        );
        self.all(select.bind(uuid(account.as_bytes())).bind(i64::from(most)))?.iter().map(read_approval).collect()
    }

    fn approved_for(&self, device: DeviceId) -> Result<Vec<ApprovalRecord>, StoreError> {
        let select = query(
            "SELECT id, device, sku, quantity, total, currency, state, asked_at, expires_at FROM approvals
             WHERE device = $1 AND state = 'approved' ORDER BY id",
        );
        self.all(select.bind(uuid(device.as_bytes())))?.iter().map(read_approval).collect()
    }

    fn set_approval(&self, record: &ApprovalRecord) -> Result<(), StoreError> {
        let update = query("UPDATE approvals SET state = $1, expires_at = $2 WHERE id = $3");
        let update = update.bind(name(&record.state)?).bind(record.expires_at.as_millisecond());
        self.execute(update.bind(uuid(record.id.as_bytes())))?;
        Ok(())
    }
}
