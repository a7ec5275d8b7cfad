//! What a device's next allowance says of the limits.

use farthing_protocol::api::{ApprovalRecord, ApprovalState};
use farthing_protocol::{
    Approval, Currency, DeviceState, LimitPeriod, Money, PeriodShare, SpendingLimits, SpendingShare, Timestamp,
};

use super::approval::SHOWN_MAX;
use super::room::{Held, Standing, held, room};
use super::rule::in_force;
use super::window::window;
use crate::deliberate_bug::DeliberateBug;
use crate::store::{Device, SpendingRule, StoreError, Tables};

/// What limits an account, read once for all currencies.
pub(crate) struct Rules {
    rules: Vec<SpendingRule>,
    utc_offset_minutes: i16,
}

impl Rules {
    pub(crate) fn read(tables: &dyn Tables, device: &Device) -> Result<Self, StoreError> {
        let rules = tables.spending_rules(device.account)?;
        let guardianship = if rules.is_empty() { None } else { tables.guardianship(device.account)? };
        Ok(Rules { rules, utc_offset_minutes: guardianship.map_or(0, |known| known.utc_offset_minutes) })
    }

    /// Whether any limit was ever set: then what is spent is counted.
    pub(crate) fn were_set(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The stricter of the player's and the guardian's limits.
    pub(crate) fn limits(&self, currency: Currency, now: Timestamp) -> SpendingLimits {
        let rules = self.rules.iter().filter(|rule| rule.currency == currency);
        rules.fold(SpendingLimits::default(), |limits, rule| limits.stricter(&in_force(rule, now)))
    }

    /// How the limit of a period stands.
    pub(crate) fn standing(
        &self,
        tables: &dyn Tables,
        device: &Device,
        (period, limit): (LimitPeriod, Money),
        now: Timestamp,
    ) -> Result<Option<Standing>, StoreError> {
        let Some(window) = window(period, now, self.utc_offset_minutes) else { return Ok(None) };
        let spent = tables.spent(device.account, limit.currency(), window.slots())?;
        Ok(Some(Standing { limit: limit.micros(), spent, window }))
    }

    /// What a device's next allowance says; nothing where there is no limit.
    pub(crate) fn share(
        &self,
        tables: &dyn Tables,
        device: &Device,
        (currency, needed): (Currency, i64),
        now: Timestamp,
    ) -> Result<Option<SpendingShare>, StoreError> {
        let mut limits = self.limits(currency, now);
        if device.asks_to_buy {
            limits.ask_above = Some(Money::zero(currency));
        }
        if DeliberateBug::AskNobody.is_planted() {
            limits.ask_above = None;
        }
        let mut of_periods = of_periods(&limits);
        if DeliberateBug::OnlyDays.is_planted() {
            of_periods.retain(|(period, _)| *period == LimitPeriod::Day);
        }
        if of_periods.is_empty() && limits.ask_above.is_none() {
            return Ok(None);
        }
        let mut share = SpendingShare { ask_above: limits.ask_above, ..SpendingShare::default() };
        if limits.ask_above.is_some() {
            let approvals = approved(tables, device)?.into_iter();
            let approvals = approvals.filter(|record| record.total.currency() == currency && record.expires_at > now);
            let approval = |record: ApprovalRecord| Approval {
                id: record.id,
                sku: record.sku,
                quantity: record.quantity,
                total: record.total,
                expires_at: record.expires_at,
            };
            share.approvals = approvals.map(approval).collect();
        }
        if of_periods.is_empty() {
            return Ok(Some(share));
        }
        let (others, active_devices) = others(tables, device, currency, now)?;
        let drawn = tables.drawn(device.id, currency)?.drawn.total;
        let mut least: Option<(i64, PeriodShare)> = None;
        for (period, limit) in of_periods {
            let Some(standing) = self.standing(tables, device, (period, limit), now)? else { continue };
            let room = room(&standing, &others, active_devices, needed);
            if least.as_ref().is_none_or(|(known, _)| room < *known) {
                let drawn_max = Money::from_micros(drawn.micros().saturating_add(room), currency);
                least = Some((room, PeriodShare { drawn_max, limit, period, resets: standing.window.until }));
            }
        }
        share.periods = least.map(|(_, share)| share);
        Ok(Some(share))
    }
}

/// What a guardian has approved for a device.
fn approved(tables: &dyn Tables, device: &Device) -> Result<Vec<ApprovalRecord>, StoreError> {
    if DeliberateBug::ApproveForAll.is_planted() {
        let mut all = tables.approvals_of(device.account, SHOWN_MAX)?;
        all.retain(|record| record.state == ApprovalState::Approved);
        return Ok(all);
    }
    tables.approved_for(device.id)
}

/// The limits that are for a period.
pub(crate) fn of_periods(limits: &SpendingLimits) -> Vec<(LimitPeriod, Money)> {
    let all = [(LimitPeriod::Day, limits.day), (LimitPeriod::Week, limits.week), (LimitPeriod::Month, limits.month)];
    all.into_iter().filter_map(|(period, limit)| limit.map(|limit| (period, limit))).collect()
}

/// What the account's other devices may still draw, by each version that they may still name; and how many devices are
/// active, with this one. From a device that was given up nothing is settled any more.
fn others(
    tables: &dyn Tables,
    device: &Device,
    currency: Currency,
    now: Timestamp,
) -> Result<(Vec<Vec<Held>>, i64), StoreError> {
    let (mut others, mut active_devices) = (Vec::new(), 1);
    if DeliberateBug::LimitForEach.is_planted() {
        return Ok((others, active_devices));
    }
    for id in tables.devices_of(device.account)? {
        let Some(other) = tables.device(id)?.filter(|other| other.id != device.id) else { continue };
        match other.state {
            DeviceState::Revoked | DeviceState::Erased => continue,
            DeviceState::Frozen { .. } => {}
            DeviceState::Active => active_devices += 1,
        }
        let by = tables.drawn(id, currency)?;
        let issued = tables.allowances_from(&other, currency, by.version)?;
        let limit = issued.values().next_back().map_or(0, |latest| latest.limit.micros());
        let drawn = by.drawn.total.micros();
        others.push(issued.values().map(|version| held(version, (limit, drawn), now)).collect());
    }
    Ok((others, active_devices))
}
