//! Allowances that were issued, and what has been drawn on them.

use std::collections::BTreeMap;

use farthing_protocol::{Allowance, Currency, DeviceId, Drawn};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::store::StoreError;
use crate::store::allowances::{Allowances, DrawnBy, pricing_column};
use crate::store::devices::Device;
use crate::store::spending::{from_json, to_json};

const COLUMNS: &str =
    "version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by, currency, spending,
     pricing";

/// An allowance, and what it says of limits and of prices as JSON.
type Columns = (Allowance, Option<String>, Option<String>);

fn read(row: &Row<'_>, device: &Device) -> rusqlite::Result<Columns> {
    let currency = column::currency(row, 7)?;
    let allowance = Allowance {
        account: device.account,
        device: device.id,
        key: device.key,
        epoch: device.journal.epoch,
        version: row.get(0)?,
        limit: column::money(row, 1, currency)?,
        count_limit: row.get(2)?,
        purchase_max: column::money(row, 3, currency)?,
        issued_at: column::time(row, 4)?,
        expires_at: column::time(row, 5)?,
        settle_by: column::time(row, 6)?,
        spending: None,
        pricing: Default::default(),
    };
    Ok((allowance, row.get(8)?, row.get(9)?))
}

fn with_terms((allowance, spending, pricing): Columns) -> Result<Allowance, StoreError> {
    let spending = spending.as_deref().map(from_json).transpose()?;
    let pricing = pricing.as_deref().map(from_json).transpose()?.unwrap_or_default();
    Ok(Allowance { spending, pricing, ..allowance })
}

impl Allowances for Connection {
    fn latest_allowances(&self, device: &Device) -> Result<BTreeMap<Currency, Allowance>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM allowances AS issued WHERE device = ? AND version =
               (SELECT max(version) FROM allowances WHERE device = issued.device AND currency = issued.currency)"
        ))?;
        let allowances = statement.query_map([device.id.as_bytes()], |row| read(row, device))?;
        let allowances = allowances.map(|row| with_terms(row?));
        allowances.map(|allowance| allowance.map(|allowance| (allowance.limit.currency(), allowance))).collect()
    }

    fn allowances_from(
        &self,
        device: &Device,
        currency: Currency,
        version: u64,
    ) -> Result<BTreeMap<u64, Allowance>, StoreError> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM allowances WHERE device = ? AND currency = ? AND version >= ?"
        ))?;
        let allowances =
            statement.query_map(params![device.id.as_bytes(), currency.code(), version], |row| read(row, device))?;
        let allowances = allowances.map(|row| with_terms(row?));
        allowances.map(|allowance| allowance.map(|allowance| (allowance.version, allowance))).collect()
    }

    fn add_allowance(&self, allowance: &Allowance) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO allowances
               (device, currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by,
                spending, pricing)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            allowance.device.as_bytes(),
            allowance.limit.currency().code(),
            allowance.version,
            allowance.limit.micros(),
            allowance.count_limit,
            allowance.purchase_max.micros(),
            allowance.issued_at.as_millisecond(),
            allowance.expires_at.as_millisecond(),
            allowance.settle_by.as_millisecond(),
            allowance.spending.as_ref().map(to_json).transpose()?,
            pricing_column(&allowance.pricing)?,
        ])?;
        Ok(())
    }

    fn drawn(&self, device: DeviceId, currency: Currency) -> Result<DrawnBy, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT total, count, version FROM drawn WHERE device = ? AND currency = ?")?;
        let read = |row: &Row<'_>| {
            let drawn = Drawn { total: column::money(row, 0, currency)?, count: row.get(1)? };
            Ok(DrawnBy { drawn, version: row.get(2)? })
        };
        let drawn = statement.query_row(params![device.as_bytes(), currency.code()], read).optional()?;
        Ok(drawn.unwrap_or_else(|| DrawnBy::nothing(currency)))
    }

    fn all_drawn(&self, device: DeviceId) -> Result<Vec<Drawn>, StoreError> {
        let mut statement =
            self.prepare_cached("SELECT total, count, currency FROM drawn WHERE device = ? ORDER BY currency")?;
        let drawn = statement.query_map([device.as_bytes()], |row| {
            let currency = column::currency(row, 2)?;
            Ok(Drawn { total: column::money(row, 0, currency)?, count: row.get(1)? })
        })?;
        Ok(drawn.collect::<Result<_, _>>()?)
    }

    fn set_drawn(&self, device: DeviceId, by: &DrawnBy) -> Result<(), StoreError> {
        self.prepare_cached(
            "INSERT INTO drawn (device, currency, total, count, version) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET total = excluded.total, count = excluded.count, version = excluded.version",
        )?
        .execute(params![
            device.as_bytes(),
            by.drawn.total.currency().code(),
            by.drawn.total.micros(),
            by.drawn.count,
            by.version,
        ])?;
        Ok(())
    }
}
