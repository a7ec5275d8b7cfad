//! An account's limits, and what its guardian is asked for: support may set, answer, and forget a PIN.

use axum::extract::State;
use axum::response::Response;
use farthing_protocol::api::{ApprovalState, LimitsResponse};
use farthing_protocol::{AccountId, ApprovalId, Currency, Money, SpendingLimits};

use super::access::Visitor;
use super::address::Named;
use super::audit::{Action, Note};
use super::form::Form;
use super::format as show;
use super::page::{Failure, see};
use crate::gateway::Gateway;
use crate::spending::approval::answer as write_answer;
use crate::spending::set::set_as_guardian;
use crate::store::{Guardianship, Tables};

/// One line of the table: whose limits, in which currency, and what they are.
pub(super) struct LimitLine {
    pub(super) who: &'static str,
    pub(super) currency: String,
    pub(super) amounts: Vec<(&'static str, Money)>,
}

/// The limits that there are, for people.
pub(super) fn lines(limits: &LimitsResponse) -> Vec<LimitLine> {
    let line = |who, currency: Currency, set: &SpendingLimits| {
        let all = [
            ("a purchase", set.purchase),
            ("a day", set.day),
            ("a week", set.week),
            ("a month", set.month),
            ("asks above", set.ask_above),
        ];
        let amounts = all.into_iter().filter_map(|(name, amount)| amount.map(|amount| (name, amount))).collect();
        LimitLine { who, currency: currency.code().to_owned(), amounts }
    };
    let of_currency = limits.limits.iter().flat_map(|of| {
        let pending = of.pending.map(|pending| line("the player, later", of.currency, &pending.limits));
        [line("the player", of.currency, &of.player), line("a guardian", of.currency, &of.guardian)]
            .into_iter()
            .filter(|line| !line.amounts.is_empty())
            .chain(pending)
    });
    of_currency.collect()
}

/// How far a request is, and whether that is good, bad or neither.
pub(super) fn state(state: &ApprovalState) -> (&'static str, &'static str) {
    match state {
        ApprovalState::Pending => ("waits for an answer", "warning"),
        ApprovalState::Approved => ("approved", "good"),
        ApprovalState::Declined => ("declined", ""),
        ApprovalState::Used => ("bought", "good"),
        ApprovalState::Expired => ("expired", ""),
    }
}

/// Answers in a guardian's place.
pub(super) async fn answer(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(account): Named<AccountId>,
    form: Form,
) -> Result<Response, Failure> {
    let id: ApprovalId = form.get("approval").parse().map_err(|_| Failure::not_found("request"))?;
    let approve = match form.get("answer") {
        "approve" => true,
        "decline" => false,
        _ => return Err(Failure::not_that("The answer is to approve or to decline.")),
    };
    let (now, noted_at) = (gateway.shared.clock.now(), gateway.shared.clock.unskewed());
    let write = move |tables: &dyn Tables| {
        let Some(record) = write_answer(tables, account, (id, approve), now)? else { return Ok(None) };
        let wanted = if approve { ApprovalState::Approved } else { ApprovalState::Declined };
        let is_done = record.state == wanted;
        if is_done {
            let action = if approve { Action::ApprovePurchase } else { Action::DeclinePurchase };
            let detail = Some(format!("{} × {} for {}", record.quantity, record.sku, record.total));
            Note { who: Some(&visitor.name), action, subject: Some(account.to_string()), detail }
                .done(tables, noted_at)?;
        }
        Ok(Some(is_done))
    };
    match gateway.shared.store.write(write).await? {
        Some(true) => Ok(see(&format!("/accounts/{account}?done=answered"))),
        Some(false) => Err(Failure::not_that("It was answered before, or is too old. Nothing was changed.")),
        None => Err(Failure::not_found("request")),
    }
}

/// Sets a guardian's limits in their place.
pub(super) async fn set(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(account): Named<AccountId>,
    form: Form,
) -> Result<Response, Failure> {
    let currency =
        show::currency(form.get("currency")).ok_or_else(|| Failure::not_that("There is no such currency."))?;
    let amount = |name: &str| match form.get(name) {
        "" => Ok(None),
        text => match Money::parse(text, currency) {
            Ok(amount) if !amount.is_negative() => Ok(Some(amount)),
            _ => Err(Failure::not_that("Limits are amounts such as 5.00, and none is below zero.")),
        },
    };
    let limits = SpendingLimits {
        purchase: amount("purchase")?,
        day: amount("day")?,
        week: amount("week")?,
        month: amount("month")?,
        ask_above: amount("ask_above")?,
    };
    let noted_at = gateway.shared.clock.unskewed();
    let write = move |tables: &dyn Tables| {
        if tables.account_record(account)?.is_none() {
            return Ok(false);
        }
        if tables.guardianship(account)?.is_none() {
            tables.set_guardianship(account, &Guardianship::new(None))?;
        }
        set_as_guardian(tables, account, currency, limits)?;
        let amounts: Vec<_> = limits.amounts().map(|amount| amount.to_string()).collect();
        let detail =
            Some(format!("{currency}: {}", if amounts.is_empty() { "none".into() } else { amounts.join(", ") }));
        let subject = Some(account.to_string());
        Note { who: Some(&visitor.name), action: Action::SetLimits, subject, detail }.done(tables, noted_at)?;
        Ok(true)
    };
    if !gateway.shared.store.write(write).await? {
        return Err(Failure::not_found("account"));
    }
    Ok(see(&format!("/accounts/{account}?done=limited")))
}

/// Forgets a guardian's PIN: the next one that is given is theirs.
pub(super) async fn forget_pin(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(account): Named<AccountId>,
) -> Result<Response, Failure> {
    let noted_at = gateway.shared.clock.unskewed();
    let write = move |tables: &dyn Tables| {
        let Some(known) = tables.guardianship(account)?.filter(|known| known.pin_hash.is_some()) else {
            return Ok(false);
        };
        let forgotten = Guardianship { pin_hash: None, pin_failures: 0, pin_tried_at: None, ..known };
        tables.set_guardianship(account, &forgotten)?;
        let subject = Some(account.to_string());
        Note { who: Some(&visitor.name), action: Action::ForgetPin, subject, detail: None }.done(tables, noted_at)?;
        Ok(true)
    };
    if !gateway.shared.store.write(write).await? {
        return Err(Failure::not_that("There is no PIN. Nothing was changed."));
    }
    Ok(see(&format!("/accounts/{account}?done=forgotten")))
}
