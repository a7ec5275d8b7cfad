//! What limits accounts' spending, what was spent, and what guardians were asked for.

use farthing_protocol::api::ApprovalRecord;
use farthing_protocol::{AccountId, ApprovalId, Currency, DeviceId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::named::name;
use crate::store::spending::{ApprovalRow, Guardianship, RuleRow, Spending, SpendingRule, to_json};

const APPROVALS: &str =
    "SELECT id, device, sku, quantity, total, currency, state, asked_at, expires_at, account FROM approvals WHERE";

fn read_approval(row: &Row<'_>) -> rusqlite::Result<ApprovalRow> {
    Ok(ApprovalRow {
        id: ApprovalId::from_bytes(row.get(0)?),
        device: column::device(row, 1)?,
        sku: row.get(2)?,
        quantity: row.get(3)?,
        total: column::money(row, 4, column::currency(row, 5)?)?,
        state: row.get(6)?,
        asked_at: column::time(row, 7)?,
        expires_at: column::time(row, 8)?,
    })
}

fn read_rule(row: &Row<'_>) -> rusqlite::Result<RuleRow> {
    let pending_from: Option<i64> = row.get(4)?;
    Ok(RuleRow {
        setter: row.get(0)?,
        currency: column::currency(row, 1)?,
        limits: row.get(2)?,
        pending: row.get(3)?,
        pending_from: pending_from.map(crate::clock::from_milliseconds),
    })
}

fn read_guardianship(row: &Row<'_>) -> rusqlite::Result<Guardianship> {
    let tried_at: Option<i64> = row.get(3)?;
    Ok(Guardianship {
        utc_offset_minutes: row.get(0)?,
        pin_hash: row.get(1)?,
        pin_failures: row.get(2)?,
        pin_tried_at: tried_at.map(crate::clock::from_milliseconds),
    })
}

impl Spending for Connection {
    fn guardianship(&self, account: AccountId) -> Result<Option<Guardianship>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT utc_offset_minutes, pin_hash, pin_failures, pin_tried_at FROM guardianships WHERE account = ?",
        )?;
        Ok(statement.query_row([account.as_bytes()], read_guardianship).optional()?)
    }

    fn set_guardianship(&self, account: AccountId, guardianship: &Guardianship) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO guardianships (account, utc_offset_minutes, pin_hash, pin_failures, pin_tried_at)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET utc_offset_minutes = excluded.utc_offset_minutes, pin_hash = excluded.pin_hash,
               pin_failures = excluded.pin_failures, pin_tried_at = excluded.pin_tried_at",
        )?
        .execute(params![
            account.as_bytes(),
            guardianship.utc_offset_minutes,
            guardianship.pin_hash,
            guardianship.pin_failures,
            guardianship.pin_tried_at.map(|at| at.as_millisecond()),
        ])?;
        Ok(())
    }

    fn spending_rules(&self, account: AccountId) -> Result<Vec<SpendingRule>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT setter, currency, limits, pending, pending_from FROM spending_limits WHERE account = ?",
        )?;
        let rules = statement.query_map([account.as_bytes()], read_rule)?;
        rules.map(|row| row?.rule()).collect()
    }

    fn set_spending_rule(&self, account: AccountId, rule: &SpendingRule) -> Result<(), StoreError> {
        let pending = rule.pending.map(|pending| to_json(&pending.limits)).transpose()?;
        self.prepare_cached(
            "INSERT INTO spending_limits (account, setter, currency, limits, pending, pending_from)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET limits = excluded.limits, pending = excluded.pending,
               pending_from = excluded.pending_from",
        )?
        .execute(params![
            account.as_bytes(),
            name(&rule.setter)?,
            rule.currency.code(),
            to_json(&rule.limits)?,
            pending,
            rule.pending.map(|pending| pending.from.as_millisecond()),
        ])?;
        Ok(())
    }

    fn add_spent(&self, account: AccountId, currency: Currency, slot: i64, micros: i64) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO spending (account, currency, slot, amount) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        )?
        .execute(params![account.as_bytes(), currency.code(), slot, micros])?;
        Ok(())
    }

    fn spent(&self, account: AccountId, currency: Currency, (from, until): (i64, i64)) -> Result<i64, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT coalesce(sum(amount), 0) FROM spending WHERE account = ? AND currency = ? AND slot >= ? AND slot < ?",
        )?;
        Ok(statement.query_row(params![account.as_bytes(), currency.code(), from, until], |row| row.get(0))?)
    }

    fn add_approval(&self, account: AccountId, record: &ApprovalRecord) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO approvals (id, account, device, sku, quantity, total, currency, state, asked_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            record.id.as_bytes(),
            account.as_bytes(),
            record.device.as_bytes(),
            record.sku.as_str(),
            record.quantity,
            record.total.micros(),
            record.total.currency().code(),
            name(&record.state)?,
            record.asked_at.as_millisecond(),
            record.expires_at.as_millisecond(),
        ])?;
        Ok(())
    }

    fn approval(&self, id: ApprovalId) -> Result<Option<(AccountId, ApprovalRecord)>, StoreError> {
        let mut statement = self.prepare_cached(&format!("{APPROVALS} id = ?"))?;
        let read = |row: &Row<'_>| Ok((column::account(row, 9)?, read_approval(row)?));
        let found = statement.query_row([id.as_bytes()], read).optional()?;
        found.map(|(account, row)| Ok((account, row.record()?))).transpose()
    }

    fn approvals_of(&self, account: AccountId, most: u32) -> Result<Vec<ApprovalRecord>, StoreError> {
        let mut statement = self.prepare_cached(&format!("{APPROVALS} account = ? ORDER BY id DESC LIMIT ?"))?;
        let approvals = statement.query_map(params![account.as_bytes(), most], read_approval)?;
        approvals.map(|row| row?.record()).collect()
    }

    fn approved_for(&self, device: DeviceId) -> Result<Vec<ApprovalRecord>, StoreError> {
        let mut statement =
            self.prepare_cached(&format!("{APPROVALS} device = ? AND state = 'approved' ORDER BY id"))?;
        let approvals = statement.query_map([device.as_bytes()], read_approval)?;
        approvals.map(|row| row?.record()).collect()
    }

    fn set_approval(&self, record: &ApprovalRecord) -> Result<(), StoreError> {
        self.prepare_cached("UPDATE approvals SET state = ?, expires_at = ? WHERE id = ?")?.execute(params![
            name(&record.state)?,
            record.expires_at.as_millisecond(),
            record.id.as_bytes()
        ])?;
        Ok(())
    }
}
