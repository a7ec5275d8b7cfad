//! Gives money back: the price of a purchase into the player's balance, or unspent balance to the card.
//!
//! A refund is written down, with its postings, before a processor is asked; asked again under the same name, it sends
//! the money once. What it can't send goes into the balance again.

mod by_player;
mod card;
mod duplicate;
mod purchase;

use farthing_protocol::{IdempotencyKey, Money};

pub(crate) use by_player::{Asked, Refusal as PlayerRefusal, refund_by_player};
pub(crate) use card::{of_charge, refund_top_up, resolve};
pub(crate) use duplicate::refund_duplicate;
pub(crate) use purchase::{refund_in, refund_purchase};

use crate::store::Refund;

/// Characters of a reason: a sentence or two.
pub(crate) const REASON_MAX: usize = 500;

/// What a merchant wants to give back.
#[derive(Clone, Debug)]
pub(crate) struct Wish<Of> {
    pub(crate) of: Of,
    pub(crate) key: IdempotencyKey,
    /// How much; all that is left where it is not said.
    pub(crate) amount: Option<Money>,
    pub(crate) reason: String,
}

/// What became of a wish to give money back.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It is written down, now or by an earlier request with this key.
    Refund(Box<Refund>),
    /// The key was used for another refund.
    OtherRequest,
    /// There is no such purchase, or no such charge that succeeded.
    NotThere,
    /// Not so much can go back, for this reason.
    BadAmount(String),
    /// Not so many can be taken back, for this reason.
    BadQuantity(String),
}

/// The amount to give back: what was asked for, or all that can go back.
fn amount(asked: Option<Money>, refundable: Money, of: &str) -> Result<Money, String> {
    if !refundable.is_positive() {
        return Err(format!("There is nothing left of {of} to give back."));
    }
    let amount = asked.unwrap_or(refundable);
    if amount.currency() != refundable.currency() {
        return Err(format!("It was paid in {}.", refundable.currency()));
    }
    if !amount.is_positive() || amount.micros() > refundable.micros() {
        return Err(format!("From {of} up to {refundable} can go back."));
    }
    Ok(amount)
}
