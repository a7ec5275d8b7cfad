//! Credits what a store has sold, once.

use std::collections::BTreeSet;
use std::sync::Arc;

use farthing_protocol::{AccountId, DeviceId, DeviceState, Timestamp};

use super::postings::credited;
use super::{Sale, Seller};
use crate::allowance;
use crate::gateway::Shared;
use crate::store::{SoldPack, StoreError, Tables};
use crate::webhook::{Event, announce};

/// A pack that a store has sold, and nobody has given back as far as is known.
#[derive(Clone, Debug)]
pub(crate) struct Bought {
    pub(crate) seller: Seller,
    /// The store's own name for the purchase.
    pub(crate) name: String,
    pub(crate) product: String,
    pub(crate) sale: Sale,
    /// When the store said so, by its own clock.
    pub(crate) told_at: Timestamp,
    /// Whether somebody has consumed it already.
    pub(crate) is_consumed: bool,
}

/// What became of a purchase.
#[derive(Debug)]
pub(crate) enum Credited {
    /// It is in the balance, now or by an earlier request.
    Done(Box<SoldPack>),
    /// It has credited another account.
    Taken,
    /// The store has given its price back.
    Refunded,
    /// It was consumed by somebody else, who may have granted something for it.
    Consumed,
    /// The account was erased: nobody could use it. A store that is not told of a credit gives the price back.
    Erased,
    /// There is no such device.
    NoSuchDevice,
}

impl Credited {
    /// What a purchase that is known is to an account.
    pub(super) fn of(pack: SoldPack, account: AccountId) -> Self {
        if pack.account != account {
            return Credited::Taken;
        }
        if pack.reversal.is_some() { Credited::Refunded } else { Credited::Done(pack.into()) }
    }
}

/// Puts a pack into the balance of a device's account, unless that was done before.
pub(crate) async fn credit(shared: &Arc<Shared>, device: DeviceId, bought: Bought) -> Result<Credited, StoreError> {
    let (shared_, now) = (shared.clone(), shared.clock.now());
    let write = move |tables: &dyn Tables| {
        let Some(device) = shared_.device(tables, device)? else { return Ok((Credited::NoSuchDevice, false)) };
        let Bought { seller, name, product, sale, told_at, is_consumed } = bought.clone();
        if let Some(known) = tables.sold_pack(seller, &name)? {
            return Ok((Credited::of(known, device.account), false));
        }
        if tables.erased_at(device.account)?.is_some() {
            return Ok((Credited::Erased, false));
        }
        // The store's word that it was given back may be older than that it is sold: then it was sold again.
        if tables.store_revocation(seller, &name)?.is_some_and(|revoked_at| revoked_at >= told_at) {
            return Ok((Credited::Refunded, false));
        }
        if is_consumed {
            return Ok((Credited::Consumed, false));
        }
        let (id, account) = (seller.top_up(&name), device.account);
        let consume_at = (seller == Seller::GooglePlay).then_some(now);
        let pack = SoldPack {
            seller,
            name,
            id,
            account,
            device: device.id,
            product,
            sale,
            reversal: None,
            told_at,
            consume_at,
            attempts: 0,
        };
        tables.add_sold_pack(&pack, now)?;
        tables.post(&credited(seller, account, id, &sale)?, now)?;
        if device.state == DeviceState::Active {
            allowance::make_up(tables, &shared_, &device, None, &BTreeSet::new(), now)?;
        }
        tables.raise_revision(account)?;
        let event = || Ok(Event::TopUpSucceeded { account, top_up: id, amount: sale.amount });
        announce(tables, account, event, now)?;
        Ok((Credited::Done(pack.into()), true))
    };
    let (credited, is_new) = shared.store.write(write).await?;
    if is_new {
        shared.metrics.topped_up("succeeded");
    }
    Ok(credited)
}
