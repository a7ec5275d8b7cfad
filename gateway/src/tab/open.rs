//! A card authorises a limit, which is then in the balance.

use std::collections::BTreeSet;
use std::sync::Arc;

use farthing_protocol::api::TopUpRequest;
use farthing_protocol::{CapReached, DeviceId, DeviceState, IdempotencyKey, Timestamp, TopUpCap};
use uuid::Uuid;

use super::{State, size};
use crate::allowance;
use crate::deliberate_bug::DeliberateBug;
use crate::gateway::Shared;
use crate::ledger::{LedgerAccount, Transaction};
use crate::processor::{Capture, ChargeStatus, Wanted};
use crate::rules::authentication;
use crate::store::{StoreError, Tab, Tables};
use crate::top_up::{Chargeable, chargeable};

/// What became of a wish to open a tab.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It is written down, now or by an earlier request with this key.
    Tab(Tab),
    /// The key was used for another limit or card.
    OtherRequest,
    /// The account has a tab in this currency already, or owes what one could not be charged.
    HasOne,
    /// A card can't be asked for it.
    Not(Chargeable),
    /// There is no such device.
    NoSuchDevice,
}

/// Writes a tab down, before a card is asked.
pub(crate) async fn begin(
    shared: &Arc<Shared>,
    device: DeviceId,
    key: IdempotencyKey,
    request: TopUpRequest,
) -> Result<Begun, StoreError> {
    let (shared_, now) = (shared.clone(), shared.clock.now());
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared_.device(tables, device)? else { return Ok(Begun::NoSuchDevice) };
        let (account, limit) = (device.account, request.amount);
        if let Some(known) = tables.tab_by_key(account, &key)? {
            let same = known.limit == limit && known.card == request.card;
            return Ok(if same { Begun::Tab(known) } else { Begun::OtherRequest });
        }
        match chargeable(tables, &shared_, &device, &request, now)? {
            Chargeable::Yes => {}
            not => return Ok(Begun::Not(not)),
        }
        if tables.has_tab(account, limit.currency())? && !DeliberateBug::SecondTab.is_planted() {
            return Ok(Begun::HasOne);
        }
        let (config, last) = (&shared_.config, tables.last_tab(account, limit.currency())?);
        if let Some(most) = size::most(config.tabs, config.top_up.minimum.of(limit.currency()), last)
            && limit.micros() > most.micros()
        {
            let reached = CapReached { cap: TopUpCap::Tab, most, room: most };
            return Ok(Begun::Not(Chargeable::CapReached(reached)));
        }
        let tab = Tab {
            id: Uuid::now_v7(),
            account,
            device: device.id,
            key: key.clone(),
            card: request.card,
            limit,
            fee: shared_.config.processors.fees().fee(limit),
            state: State::Created,
        };
        tables.add_tab(&tab, now)?;
        let policy = shared_.config.rules.authentication.as_ref();
        authentication::count(tables, policy, account, (tab.id, limit))?;
        Ok(Begun::Tab(tab))
    };
    shared.store.write(write).await
}

/// Asks the processor whether a tab is authorised, as long as that is not known; returns it, and the cardholder's page
/// where there is one.
pub(crate) async fn resolve(shared: &Arc<Shared>, tab: Tab) -> Result<(Tab, Option<String>), StoreError> {
    if !tab.state.is_undecided() {
        return Ok((tab, None));
    }
    let said = ask(shared, &tab).await?;
    let (shared_, id, now, word) = (shared.clone(), tab.id, shared.clock.now(), said.clone());
    let tab = shared.store.write(move |tables| apply(tables, &shared_, id, &word, now)).await?;
    match said {
        ChargeStatus::RequiresAction { page } if tab.state == State::RequiresAction => Ok((tab, Some(page))),
        _ => Ok((tab, None)),
    }
}

async fn ask(shared: &Arc<Shared>, tab: &Tab) -> Result<ChargeStatus, StoreError> {
    let Tab { id, account, device, card, limit, .. } = *tab;
    shared.ask_for_charge(Wanted { id, account, device, card, amount: limit, capture: Capture::Manual }).await
}

/// Writes down what the processor said; once it is authorised, the limit is in the balance.
fn apply(
    tables: &dyn Tables,
    shared: &Shared,
    id: Uuid,
    said: &ChargeStatus,
    now: Timestamp,
) -> Result<Tab, StoreError> {
    let mut tab = tables.tab(id)?.ok_or(StoreError::Damaged("a tab is gone"))?;
    if !tab.state.is_undecided() {
        return Ok(tab);
    }
    authentication::hear(tables, shared.config.rules.authentication.as_ref(), tab.account, id, said)?;
    tab.state = match said {
        ChargeStatus::RequiresAction { .. } => State::RequiresAction,
        ChargeStatus::Processing => State::Processing,
        ChargeStatus::Succeeded { .. } => State::Open,
        ChargeStatus::Declined { code } => State::Failed { code: *code, due: None },
    };
    tables.set_tab_state(id, tab.state)?;
    if tab.state == State::Open {
        let net = tab.limit.minus(tab.fee).map_err(|_| StoreError::Unbalanced("a fee in another currency"))?;
        let opened = Transaction::new("tab", id.as_bytes())
            .debit(LedgerAccount::card_authorised(tab.account), net)
            .debit(LedgerAccount::processor_fees_prepaid(tab.account), tab.fee)
            .credit(LedgerAccount::user_available(tab.account), tab.limit)?;
        tables.post(&opened, now)?;
        let device = shared.device(tables, tab.device)?.ok_or(StoreError::Damaged("a device is gone"))?;
        if device.state == DeviceState::Active {
            allowance::make_up(tables, shared, &device, None, &BTreeSet::new(), now)?;
        }
        tables.raise_revision(tab.account)?;
    }
    Ok(tab)
}
