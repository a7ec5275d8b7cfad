//! Orders a payout, and concludes it.

use farthing_protocol::{CreatorId, Currency, IdempotencyKey, Money, Timestamp};
use uuid::Uuid;

use crate::ledger::{LedgerAccount, Payee, Transaction, minor_unit, owed};
use crate::store::{Payout, PayoutState, StoreError, Tables};

/// What is to be paid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) merchant: String,
    /// The creator whose tips are paid out; `None` for what is payable to the merchant.
    pub(crate) creator: Option<CreatorId>,
    pub(crate) key: IdempotencyKey,
    pub(crate) currency: Currency,
    /// `None` for as much as there is.
    pub(crate) amount: Option<Money>,
}

/// What became of an order.
#[derive(Debug)]
pub(crate) enum Ordering {
    /// It is on its way.
    Payout(Payout),
    /// It was ordered before.
    Known(Payout),
    /// The key was used for another payee, amount or currency.
    OtherRequest,
    /// It can't be paid out, for this reason.
    Refused(String),
}

/// What became of a conclusion.
#[derive(Debug)]
pub(crate) enum Concluding {
    /// The payout is concluded so, now or before.
    Payout(Payout),
    /// It was concluded otherwise before.
    Otherwise(Payout),
    NoSuchPayout,
}

impl Request {
    fn payee(&self) -> Payee {
        match &self.creator {
            Some(creator) => Payee::Creator(creator.clone()),
            None => Payee::Merchant(self.merchant.clone()),
        }
    }
}

/// Takes some thousands of very many changes that a payout would have to cover, those after a transaction; returns the
/// last of them, or `None` where the rest can be left to the order. It makes no payout, and may stop after any of them.
pub(crate) fn prepare(tables: &dyn Tables, request: &Request, after: Option<Uuid>) -> Result<Option<Uuid>, StoreError> {
    let (payee, currency) = (request.payee(), request.currency);
    if tables.payout_by_key(&request.merchant, &request.key)?.is_some() {
        return Ok(None);
    }
    let payable = owed(tables.balance(&payee.payable(), currency)?)?;
    if decide(payable, request.amount).is_err() {
        return Ok(None);
    }
    tables.cover_ahead(&payee, currency, after)
}

/// Takes what is to be paid out from what is payable.
pub(crate) fn order(tables: &dyn Tables, request: &Request, now: Timestamp) -> Result<Ordering, StoreError> {
    let Request { merchant, creator, key, currency, amount } = request;
    if let Some(known) = tables.payout_by_key(merchant, key)? {
        let is_same = known.amount.currency() == *currency && known.asked == *amount && known.creator == *creator;
        return Ok(if is_same { Ordering::Known(known) } else { Ordering::OtherRequest });
    }
    let payee = request.payee();
    let payable = owed(tables.balance(&payee.payable(), *currency)?)?;
    let (paid, remaining) = match decide(payable, *amount) {
        Ok(decided) => decided,
        Err(reason) => return Ok(Ordering::Refused(reason)),
    };
    let payout = Payout {
        id: Uuid::now_v7(),
        merchant: merchant.clone(),
        creator: creator.clone(),
        key: key.clone(),
        asked: *amount,
        amount: paid,
        remaining,
        state: PayoutState::InTransit,
        created_at: now,
        concluded_at: None,
    };
    let transaction = Transaction::new("payout", payout.id.as_bytes())
        .debit(payee.payable(), paid)
        .credit(payee.in_transit(), paid)?;
    tables.post(&transaction, now)?;
    tables.add_payout(&payout)?;
    Ok(Ordering::Payout(payout))
}

/// How much of what is payable is paid out, and what remains. A bank pays whole minor units; what is below one stays.
fn decide(payable: Money, asked: Option<Money>) -> Result<(Money, Money), String> {
    let currency = payable.currency();
    let decimals = currency.exponent().filter(|decimals| *decimals <= 6);
    let Some(decimals) = decimals else { return Err(format!("{currency} is no currency that a bank pays.")) };
    let unit = minor_unit(currency);
    let all = Money::from_micros(payable.micros() - payable.micros().rem_euclid(unit), currency);
    let amount = asked.unwrap_or(all);
    if amount.micros() % unit != 0 {
        return Err(format!("A bank pays {currency} with at most {decimals} decimals."));
    }
    if !amount.is_positive() {
        return Err(format!("There is nothing to pay out: {payable} is payable."));
    }
    match payable.minus(amount) {
        Ok(remaining) if !remaining.is_negative() => Ok((amount, remaining)),
        _ => Err(format!("Only {payable} is payable.")),
    }
}

/// Notes that a payout has arrived, or that it came back and is payable again.
pub(crate) fn conclude(
    tables: &dyn Tables,
    id: Uuid,
    state: &PayoutState,
    now: Timestamp,
) -> Result<Concluding, StoreError> {
    let Some(payout) = tables.payout(id)? else { return Ok(Concluding::NoSuchPayout) };
    if payout.state != PayoutState::InTransit {
        let is_same = payout.state.name() == state.name();
        return Ok(if is_same { Concluding::Payout(payout) } else { Concluding::Otherwise(payout) });
    }
    let (kind, to) = match state {
        PayoutState::InTransit => return Ok(Concluding::Payout(payout)),
        PayoutState::Paid => ("payout_paid", LedgerAccount::bank()),
        PayoutState::Failed(_) => ("payout_failed", payout.payee().payable()),
    };
    let transaction = Transaction::new(kind, id.as_bytes())
        .debit(payout.payee().in_transit(), payout.amount)
        .credit(to, payout.amount)?;
    tables.post(&transaction, now)?;
    tables.conclude_payout(id, state, now)?;
    Ok(Concluding::Payout(Payout { state: state.clone(), concluded_at: Some(now), ..payout }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn whole_minor_units_are_paid_and_the_rest_stays() {
        assert_eq!(decide(usd("4.309999"), None), Ok((usd("4.30"), usd("0.009999"))));
        assert_eq!(decide(usd("4.309999"), Some(usd("1.25"))), Ok((usd("1.25"), usd("3.059999"))));
        let yen = |text| Money::parse(text, Currency::JPY).unwrap();
        assert_eq!(decide(yen("310.5"), None), Ok((yen("310"), yen("0.5"))));
    }

    #[test]
    fn what_is_not_payable_is_not_paid() {
        for (payable, asked) in [
            ("5", Some("5.01")),
            ("5", Some("1.001")),
            ("5", Some("0")),
            ("5", Some("-1")),
            ("0.009999", None),
            ("0", None),
            ("-3", None),
            ("-3", Some("1")),
        ] {
            assert!(decide(usd(payable), asked.map(usd)).is_err(), "{payable} {asked:?}");
        }
        let gems = Money::parse("5", "gems".parse().unwrap()).unwrap();
        assert!(decide(gems, None).is_err());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_by_rounding(payable: i64, asked: Option<i64>) {
            let money = |micros| Money::from_micros(micros, Currency::EUR);
            if let Ok((paid, remaining)) = decide(money(payable), asked.map(money)) {
                prop_assert_eq!(paid.plus(remaining), Ok(money(payable)));
                prop_assert!(paid.is_positive() && !remaining.is_negative() && paid.is_whole_minor_units(2));
                prop_assert!(asked.is_some() || remaining.micros() < 10_000);
            }
        }
    }
}
