//! What a player has used by the unit, counted beside the real thing.

use std::collections::BTreeMap;

use farthing_core::{Purchase, PurchaseKind, PurchaseState};

use crate::Violation;
use crate::catalog::{METERS, MeteredItem};
use crate::limits::day_of;

/// The meters of one wallet.
#[derive(Default)]
pub(crate) struct Meters([Count; METERS.len()]);

#[derive(Clone, Copy, Default)]
struct Count {
    /// Units that the app was told are counted, but for those that the end of a process has taken.
    used: u64,
    /// Units of which it was told neither that they are nor that they are not.
    doubtful: u64,
    /// Units that are on disk for sure.
    written: u64,
    /// The process has ended since the wallet was looked at.
    has_ended: bool,
}

impl Meters {
    /// Units are counted.
    pub(crate) fn used(&mut self, meter: usize, units: u32) {
        self.0[meter].used += u64::from(units);
    }

    /// They may be.
    pub(crate) fn may_be_used(&mut self, meter: usize, units: u32) {
        self.0[meter].doubtful += u64::from(units);
    }

    /// The wallet says that a meter's units are on disk.
    pub(crate) fn flushed(&mut self, meter: usize) {
        let count = &mut self.0[meter];
        count.written = count.written.max(count.used.saturating_sub(less_than_a_micro(&METERS[meter])));
    }

    /// All meters' units are on disk.
    pub(crate) fn all_flushed(&mut self) {
        (0..METERS.len()).for_each(|meter| self.flushed(meter));
    }

    /// The process has ended.
    pub(crate) fn ended(&mut self) {
        self.0.iter_mut().for_each(|count| count.has_ended = true);
    }

    /// Compares with what the wallet shows. No more is charged than was used, and no more than its price; what is lost is
    /// lost to the end of a process, and no more than may be in memory. Returns what was seen.
    pub(crate) fn check(&mut self, shown: &[Purchase]) -> Result<Vec<&'static str>, Violation> {
        let mut seen = Vec::new();
        for (meter, count) in METERS.iter().zip(&mut self.0) {
            let entries = shown.iter().filter(|known| known.kind == PurchaseKind::Usage);
            let entries: Vec<&Purchase> = entries.filter(|known| known.sku.as_str() == meter.sku).collect();
            let units: u64 = entries.iter().map(|entry| u64::from(entry.quantity)).sum();
            seen.extend(count.check(meter, units)?);
            check_price(meter, &entries, units)?;
        }
        Ok(seen)
    }
}

impl Count {
    fn check(&mut self, meter: &MeteredItem, units: u64) -> Result<Option<&'static str>, Violation> {
        let Count { used, doubtful, written, has_ended } = *self;
        let sku = meter.sku;
        if units > used + doubtful {
            return Err(Violation::new(format!("{units} units of {sku} are charged, and {used} were used")));
        }
        if units < written {
            return Err(Violation::new(format!("{written} units of {sku} were written, and {units} are there")));
        }
        let unwritten = used.saturating_sub(units);
        if unwritten > u64::from(meter.flush_after_units) {
            return Err(Violation::new(format!("{unwritten} units of {sku} were in memory only")));
        }
        *self = match has_ended {
            true => Count { used: units, written: units, ..Count::default() },
            false => Count { written: units, ..*self },
        };
        Ok((has_ended && unwritten > 0).then_some("units in memory were lost to the end of a process"))
    }
}

/// What was written costs what so many units cost, rounded down once, and no day costs more than its cap.
fn check_price(meter: &MeteredItem, entries: &[&Purchase], units: u64) -> Result<(), Violation> {
    let charged: i128 = entries.iter().map(|entry| i128::from(entry.total.micros())).sum();
    let price = i128::from(units) * i128::from(meter.micros) / i128::from(meter.per_units);
    if charged != price {
        return Err(Violation::new(format!("{units} units of {} cost {charged}, and not {price}", meter.sku)));
    }
    let Some(cap) = meter.daily_cap else { return Ok(()) };
    let mut days: BTreeMap<i64, i64> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !matches!(entry.state, PurchaseState::Rejected { .. })) {
        *days.entry(day_of(entry.purchased_at)).or_default() += entry.total.micros();
    }
    match days.into_values().max() {
        Some(day) if day > cap => Err(Violation::new(format!("a day of {} cost {day} above its cap", meter.sku))),
        _ => Ok(()),
    }
}

/// Units at most that cost nothing yet, and so are in no entry.
fn less_than_a_micro(meter: &MeteredItem) -> u64 {
    u64::try_from((i64::from(meter.per_units) - 1) / meter.micros).unwrap_or(0)
}
