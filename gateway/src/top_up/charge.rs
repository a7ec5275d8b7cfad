//! Begins a top-up, asks the processor, and writes down what it says.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use farthing_protocol::api::TopUpRequest;
use farthing_protocol::limits::DPOP_NONCE_LIFETIME;
use farthing_protocol::{AccountId, CapReached, DeviceId, DeviceState, IdempotencyKey, Money, Timestamp, TopUpId};
use uuid::Uuid;

use super::{State, step};
use crate::allowance;
use crate::config::{Config, FeeSchedule};
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{DayFigures, LedgerAccount, Transaction, minor_unit};
use crate::processor::{Capture, ChargeStatus, Wanted};
use crate::rules::age::{self, Gate};
use crate::rules::{authentication, cap};
use crate::store::{Device, StoreError, Tables, TopUp};
use crate::vault::check::has_expired;
use crate::webhook::{Event, announce};

/// How long a withdrawn key is remembered at least: by then no request is taken any more that was sent before.
const WITHDRAWN_FOR: Duration = DPOP_NONCE_LIFETIME.saturating_mul(2);

/// What became of a wish to top up.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It is written down, now or by an earlier request with this key.
    TopUp(TopUp),
    /// The key was used for another amount or card.
    OtherRequest,
    /// A card can't be charged for it.
    Not(Chargeable),
    /// There is no such device.
    NoSuchDevice,
}

/// Whether a device may have a card charged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chargeable {
    Yes,
    /// The amount can't be charged, for this reason.
    BadAmount(String),
    /// The account has no such card.
    NoSuchCard,
    /// The card has expired.
    CardExpired,
    /// The device may not ask.
    MayNot(DeviceState),
    /// The user is too young.
    TooYoung,
    /// The user is so young that a guardian has to set a PIN first.
    NeedsGuardian,
    /// The account would hold or load more than it may, or have a larger tab.
    CapReached(CapReached),
}

/// Writes a top-up down, before anyone is asked for money.
pub(crate) async fn begin(
    shared: &Arc<Shared>,
    device: DeviceId,
    key: IdempotencyKey,
    request: TopUpRequest,
) -> Result<Begun, StoreError> {
    let (shared_, now) = (shared.clone(), shared.clock.now());
    let key = match IdempotencyKey::new(TopUpId::generate().to_string()) {
        Ok(another) if DeliberateBug::ChargeAgain.is_planted() => another,
        _ => key,
    };
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared_.device(tables, device)? else { return Ok(Begun::NoSuchDevice) };
        if let Some(known) = tables.top_up_by_key(device.account, &key)? {
            let same = known.amount == request.amount && known.card == request.card;
            return Ok(if same { Begun::TopUp(known) } else { Begun::OtherRequest });
        }
        if request.amount.is_zero() {
            // Whoever asks for nothing has given it up: what is still on its way under this key charges nothing either.
            let forgets_before = now.checked_sub(WITHDRAWN_FOR).unwrap_or(Timestamp::MIN);
            tables.withdraw_top_up(device.account, &key, now, forgets_before)?;
        } else if tables.is_top_up_withdrawn(device.account, &key)? && !DeliberateBug::ChargeWithdrawn.is_planted() {
            return Ok(Begun::OtherRequest);
        }
        match chargeable(tables, &shared_, &device, &request, now)? {
            Chargeable::Yes => {}
            not => return Ok(Begun::Not(not)),
        }
        let rules = &shared_.config.rules;
        if let Some(reached) = cap::check(tables, &rules.caps, device.account, request.amount, now)? {
            return Ok(Begun::Not(Chargeable::CapReached(reached)));
        }
        let top_up = TopUp {
            id: TopUpId::generate(),
            account: device.account,
            device: device.id,
            key: key.clone(),
            card: request.card,
            amount: request.amount,
            state: State::Created,
        };
        tables.add_top_up(&top_up, now)?;
        let counted = (Uuid::from_bytes(*top_up.id.as_bytes()), top_up.amount);
        authentication::count(tables, rules.authentication.as_ref(), top_up.account, counted)?;
        Ok(Begun::TopUp(top_up))
    };
    shared.store.write(write).await
}

/// Whether a device may have a card charged an amount.
pub(crate) fn chargeable(
    tables: &dyn Tables,
    shared: &Shared,
    device: &Device,
    request: &TopUpRequest,
    now: Timestamp,
) -> Result<Chargeable, StoreError> {
    if device.state != DeviceState::Active {
        return Ok(Chargeable::MayNot(device.state.clone()));
    }
    if let Err(reason) = check_amount(&shared.config, request.amount) {
        return Ok(Chargeable::BadAmount(reason));
    }
    match age::check(tables, &shared.persons, &shared.config.rules.age, device.account)? {
        Gate::Open => {}
        Gate::TooYoung => return Ok(Chargeable::TooYoung),
        Gate::NeedsGuardian => return Ok(Chargeable::NeedsGuardian),
    }
    let Some(stored) = shared.persons.card(tables, device.account, request.card)? else {
        return Ok(Chargeable::NoSuchCard);
    };
    let has_expired = has_expired(stored.card.expiry_month, stored.card.expiry_year, now);
    Ok(if has_expired { Chargeable::CardExpired } else { Chargeable::Yes })
}

/// Whether a card can be charged this amount, by the operator's policy.
fn check_amount(config: &Config, amount: Money) -> Result<(), String> {
    let currency = amount.currency();
    let Some(exponent) = currency.exponent() else {
        return Err(format!("{currency} is a virtual currency: no card can be charged in it."));
    };
    let (minimum, maximum) = (config.top_up.minimum.of(currency), config.top_up.maximum.of(currency));
    if amount.micros() < minimum.micros() || amount.micros() > maximum.micros() {
        return Err(format!("A card is charged from {minimum} to {maximum} at once."));
    }
    if !amount.is_whole_minor_units(exponent) {
        return Err(format!("A card is charged amounts of at most {exponent} decimals in {currency}."));
    }
    Ok(())
}

/// Asks the processor how far a top-up is, as long as it is open; returns it, and the
/// cardholder's page where there is one.
pub(crate) async fn resolve(shared: &Arc<Shared>, top_up: TopUp) -> Result<(TopUp, Option<String>), StoreError> {
    if !top_up.state.is_open() {
        return Ok((top_up, None));
    }
    let said = ask(shared, &top_up).await?;
    let (shared_, id, now, word) = (shared.clone(), top_up.id, shared.clock.now(), said.clone());
    let top_up = shared.store.write(move |tables| apply(tables, &shared_, id, &word, now)).await?;
    if !top_up.state.is_open() {
        shared.metrics.topped_up(top_up.state.name());
    }
    match said {
        ChargeStatus::RequiresAction { page } if top_up.state == State::RequiresAction => Ok((top_up, Some(page))),
        _ => Ok((top_up, None)),
    }
}

async fn ask(shared: &Arc<Shared>, top_up: &TopUp) -> Result<ChargeStatus, StoreError> {
    let TopUp { account, device, card, amount, .. } = *top_up;
    let id = Uuid::from_bytes(*top_up.id.as_bytes());
    shared.ask_for_charge(Wanted { id, account, device, card, amount, capture: Capture::Automatic }).await
}

/// Writes down what the processor said. Two requests may come here at once with the same word;
/// the second finds the top-up where the first has left it.
fn apply(
    tables: &dyn Tables,
    shared: &Shared,
    id: TopUpId,
    said: &ChargeStatus,
    now: Timestamp,
) -> Result<TopUp, StoreError> {
    let mut top_up = tables.top_up(id)?.ok_or(StoreError::Damaged("a top-up is gone"))?;
    let payment = Uuid::from_bytes(*id.as_bytes());
    if top_up.state.is_open() {
        authentication::hear(tables, shared.config.rules.authentication.as_ref(), top_up.account, payment, said)?;
    }
    let Some(step) = step(top_up.state, said) else { return Ok(top_up) };
    top_up.state = step.state;
    tables.set_top_up_state(id, step.state)?;
    if step.credits {
        let ChargeStatus::Succeeded { fee } = said else {
            return Err(StoreError::Damaged("a credit without a charge"));
        };
        let fee = fee.unwrap_or_else(|| shared.config.processors.fees().fee(top_up.amount));
        let transaction = credit(shared.processor.name(), top_up.account, id, top_up.amount, fee)?;
        tables.post(&transaction, now)?;
        let device = shared.device(tables, top_up.device)?.ok_or(StoreError::Damaged("a device is gone"))?;
        if device.state == DeviceState::Active {
            allowance::make_up(tables, shared, &device, None, &BTreeSet::new(), now)?;
        }
        tables.raise_revision(top_up.account)?;
    }
    let TopUp { account, amount, state, .. } = top_up;
    match state {
        State::Succeeded => {
            announce(tables, account, || Ok(Event::TopUpSucceeded { account, top_up: id, amount }), now)?;
        }
        State::Failed(decline_code) => {
            let event = || Ok(Event::TopUpFailed { account, top_up: id, amount, decline_code });
            announce(tables, account, event, now)?;
        }
        _ => {}
    }
    Ok(top_up)
}

fn credit(
    processor: &str,
    account: AccountId,
    id: TopUpId,
    amount: Money,
    fee: Money,
) -> Result<Transaction, StoreError> {
    let net = amount.minus(fee).map_err(|_| StoreError::Unbalanced("a fee in another currency"))?;
    // No price bears more than itself: what a fee is above its charge is the platform's.
    let borne = if fee.micros() > amount.micros() { amount } else { fee };
    let excess = fee.minus(borne).map_err(|_| StoreError::Unbalanced("a fee in another currency"))?;
    Transaction::new("top_up", id.as_bytes())
        .debit(LedgerAccount::card_clearing(processor), net)
        .debit(LedgerAccount::processor_fees_prepaid(account), borne)
        .debit(LedgerAccount::platform_revenue(), excess)
        .credit(LedgerAccount::user_available(account), amount)
        .map(|transaction| {
            transaction.counting(DayFigures { count: 1, volume: amount, fees: fee, fees_one_by_one: fee })
        })
}

impl FeeSchedule {
    /// What the processor takes of a charge, rounded half up to the minor unit. Of a charge below
    /// the policy's minimum it may be more than the charge itself.
    pub fn fee(&self, amount: Money) -> Money {
        let currency = amount.currency();
        let unit = i128::from(minor_unit(currency));
        let exactly =
            self.percentage.exactly_of(amount.micros()) + i128::from(self.fixed.of(currency).micros()) * 1_000_000;
        let unit_parts = unit * 1_000_000;
        let rounded = (exactly + unit_parts / 2) / unit_parts * unit;
        let micros = i64::try_from(rounded).unwrap_or(i64::MAX).max(0);
        Money::from_micros(micros, currency)
    }
}

#[cfg(test)]
#[path = "charge_tests.rs"]
mod tests;
