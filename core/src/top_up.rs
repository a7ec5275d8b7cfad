//! Top-ups: a card is charged once, whatever happens on the way.
//!
//! 1. The top-up is written down with its name (`Created`). The name is its idempotency key.
//! 2. The gateway is asked. Asking again under the same name never charges twice, so after a
//!    lost answer or a kill sync simply asks again.
//! 3. The gateway's answer is written down: `RequiresAction` (the player confirms on the bank's
//!    page), `Processing`, `Succeeded` or `Failed`. Sync asks on until it is one of the last two.
//!
//! A bank may take back what it has charged: that the account's statement tells ([`dispute`]).
//!
//! A request that certainly did not arrive, or that the gateway refused, leaves nothing behind.

use farthing_protocol::api::{self, DeclineCode, TopUpRequest};
use farthing_protocol::{CardId, Currency, Money, Timestamp, TopUpId};
use serde::{Deserialize, Serialize};

use crate::event::WalletEvent;
use crate::store::Books;
use crate::store::sealed::{Key, Range, TOP_UPS};
use crate::{WalletError, auto_top_up, dispute};

/// Top-ups that are looked back on; older ones are in the gateway's ledger.
const LISTED_MAX: u32 = 100;

/// A charge of a card that raises the balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUp {
    /// Its name, which is also its idempotency key at the gateway.
    pub id: TopUpId,
    /// How much.
    pub amount: Money,
    /// From which card.
    pub card: CardId,
    /// When it was begun, by trusted time.
    pub created_at: Timestamp,
    /// How far it is.
    pub state: TopUpState,
    /// Whether the wallet made it by itself, as the player has agreed ([`crate::Wallet::set_auto_top_up`]).
    #[serde(default)]
    pub is_automatic: bool,
}

/// How far a top-up is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TopUpState {
    /// It is not known yet whether the gateway has got it. Sync finds out: wait for the event,
    /// and do not begin another one meanwhile.
    Created,
    /// The player must confirm on the bank's page (3-D Secure): open it in a browser, then sync.
    RequiresAction {
        /// The page.
        url: String,
    },
    /// The bank has not decided yet. Sync asks again.
    Processing,
    /// The money is in the balance.
    Succeeded,
    /// The card was not charged.
    Failed {
        /// Why, as far as the bank says.
        code: DeclineCode,
    },
    /// The cardholder's bank has taken the charge back until it has decided: the player, or whoever has the card, disputes
    /// it. If it lets it stand, this is `Succeeded` again, and what is held is in the balance.
    Disputed {
        /// What is held of the balance meanwhile: as much of the charge as was neither spent nor reserved for a device.
        held: Money,
    },
    /// The bank has taken the charge back for good.
    ChargedBack {
        /// What went out of the balance with it.
        amount: Money,
    },
}

impl TopUpState {
    /// Whether the card was charged or was not: sync does not ask after it any more. A bank may take back much later what
    /// has succeeded.
    pub fn is_final(&self) -> bool {
        !matches!(self, TopUpState::Created | TopUpState::RequiresAction { .. } | TopUpState::Processing)
    }
}

impl From<api::TopUpState> for TopUpState {
    fn from(state: api::TopUpState) -> Self {
        match state {
            api::TopUpState::RequiresAction { url } => TopUpState::RequiresAction { url },
            api::TopUpState::Processing => TopUpState::Processing,
            api::TopUpState::Succeeded => TopUpState::Succeeded,
            api::TopUpState::Failed { decline_code } => TopUpState::Failed { code: decline_code },
        }
    }
}

impl TopUp {
    /// What the gateway is asked, the same each time.
    pub(crate) fn request(&self) -> TopUpRequest {
        TopUpRequest { amount: self.amount, card: self.card }
    }

    /// The outcome for the caller of `top_up`: a declined card is an error there.
    pub(crate) fn outcome(self) -> Result<TopUp, WalletError> {
        match self.state {
            TopUpState::Failed { code } => Err(WalletError::CardDeclined { code, top_up: self.id }),
            _ => Ok(self),
        }
    }
}

/// Checks that a card can be charged this amount, as far as the wallet can tell; `field` is what the app calls it.
pub(crate) fn check_amount(field: &str, amount: Money) -> Result<(), WalletError> {
    let invalid = |reason: String| Err(WalletError::invalid(field, reason));
    let Some(exponent) = amount.currency().exponent() else {
        return invalid(format!("is in {}, which no card is charged in", amount.currency()));
    };
    if !amount.is_positive() {
        return invalid("must be above zero".into());
    }
    if !amount.is_whole_minor_units(exponent) {
        let smallest = Money::from_micros(smallest_charge(amount.currency()), amount.currency());
        return invalid(format!("must be in whole steps of {smallest}, as a card is charged"));
    }
    Ok(())
}

/// The smallest amount that a card is charged in a currency, in micros.
pub(crate) fn smallest_charge(currency: Currency) -> i64 {
    let decimals = 6_u32.saturating_sub(currency.exponent().unwrap_or(6));
    10_i64.checked_pow(decimals).unwrap_or(1)
}

/// Writes down a new top-up, before anyone is asked.
pub(crate) fn create(books: &mut Books, amount: Money, card: CardId, is_automatic: bool) -> Result<TopUp, WalletError> {
    books.enrolment()?;
    let (id, created_at) = (TopUpId::generate(), books.now());
    let top_up = TopUp { id, amount, card, created_at, state: TopUpState::Created, is_automatic };
    put(books, &top_up)?;
    Ok(top_up)
}

/// Writes down what the gateway said, and tells the app when that is news.
pub(crate) fn advance(books: &mut Books, id: TopUpId, state: TopUpState) -> Result<TopUp, WalletError> {
    let mut top_up = find(books, id)?.ok_or_else(|| WalletError::invalid("top_up", "is not one of this wallet"))?;
    if top_up.state != state && !top_up.state.is_final() {
        top_up.state = state;
        put(books, &top_up)?;
        books.tell(WalletEvent::TopUpChanged { top_up: top_up.clone() });
        if top_up.state == TopUpState::Succeeded {
            books.credits += 1;
        }
        auto_top_up::hear(books, &top_up)?;
    }
    Ok(top_up)
}

/// Forgets a top-up that the gateway certainly does not have.
pub(crate) fn discard(books: &Books, id: TopUpId) -> Result<(), WalletError> {
    books.database.delete(TOP_UPS, Key::Bytes(id.as_bytes()))
}

/// The newest top-ups as the player sees them, newest first.
pub(crate) fn listed(books: &Books) -> Result<Vec<TopUp>, WalletError> {
    let disputed = dispute::known(books);
    let newest = read_range(books, Range::Last(LISTED_MAX))?;
    Ok(newest.into_iter().map(|top_up| dispute::shown(disputed, top_up)).collect())
}

/// All of them, the oldest first.
pub(crate) fn all(books: &Books) -> Result<Vec<TopUp>, WalletError> {
    read_range(books, Range::First(u32::MAX))
}

/// Those that are not done yet, the oldest first.
pub(crate) fn unfinished(books: &Books) -> Result<Vec<TopUp>, WalletError> {
    let mut top_ups = all(books)?;
    top_ups.retain(|top_up| !top_up.state.is_final());
    Ok(top_ups)
}

fn read_range(books: &Books, range: Range) -> Result<Vec<TopUp>, WalletError> {
    let mut top_ups = Vec::new();
    books.database.scan(TOP_UPS, range, |_, row| {
        top_ups.push(read(row)?);
        Ok(())
    })?;
    Ok(top_ups)
}

/// One top-up.
pub(crate) fn find(books: &Books, id: TopUpId) -> Result<Option<TopUp>, WalletError> {
    let row = books.database.get(TOP_UPS, Key::Bytes(id.as_bytes()))?;
    row.map(|row| read(&row)).transpose()
}

fn put(books: &Books, top_up: &TopUp) -> Result<(), WalletError> {
    let row = serde_json::to_vec(top_up).map_err(WalletError::internal)?;
    books.database.put(TOP_UPS, Key::Bytes(top_up.id.as_bytes()), &row)
}

fn read(row: &[u8]) -> Result<TopUp, WalletError> {
    serde_json::from_slice(row)
        .map_err(|_| WalletError::StorageDamaged { reason: "a row of top_ups can't be read".into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_before_there_were_automatic_ones_is_the_player_s_own() {
        let (id, card) = (TopUpId::generate(), CardId::generate());
        let row = format!(
            r#"{{"id":"{id}","amount":{{"amount":"5.00","currency":"USD"}},"card":"{card}",
            "created_at":"2026-06-01T08:00:00Z","state":{{"state":"succeeded"}}}}"#
        );
        let top_up = read(row.as_bytes()).unwrap();
        assert_eq!((top_up.id, top_up.is_automatic), (id, false));
    }

    #[test]
    fn only_what_a_card_can_be_charged_is_asked_for() {
        let money = |amount: &str, currency: &str| Money::parse(amount, currency.parse().unwrap()).unwrap();
        assert_eq!(check_amount("amount", money("5.00", "USD")), Ok(()));
        for (amount, currency) in [("0", "USD"), ("-1", "USD"), ("5.001", "USD"), ("1.5", "JPY"), ("5", "gems")] {
            let error = check_amount("amount", money(amount, currency)).unwrap_err();
            assert!(matches!(error, WalletError::InvalidArgument { .. }), "{amount} {currency}");
        }
        let error = check_amount("amount", money("5.001", "USD")).unwrap_err().to_string();
        assert!(error.contains("whole steps of 0.01 USD"), "{error}");
    }
}
