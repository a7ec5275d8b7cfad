//! The ledger, from the trial balance down to a posting.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_protocol::Money;
use serde::Deserialize;

use super::access::Visitor;
use super::address::{Asked, Named};
use super::format as show;
use super::page::{Failure, Page, ROWS_MAX, Section, render};
use super::trial_balance::{self, Counted};
use crate::gateway::Gateway;
use crate::ledger::{AccountKind, LedgerAccount};
use crate::store::{LedgerLine, ListedPosting, PostedTransaction, Tables};

/// Where the shown accounts begin: after an owner and currency.
#[derive(Deserialize)]
pub(super) struct After {
    owner: Option<String>,
    currency: Option<String>,
}

/// An account of the ledger, and where its shown postings begin.
#[derive(Deserialize)]
pub(super) struct Chosen {
    kind: String,
    #[serde(default)]
    owner: String,
    currency: String,
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct TrialBalancePage {
    page: Page,
    counted: Counted,
}

#[derive(Template)]
#[template(path = "ledger_kind.html")]
struct KindPage {
    page: Page,
    kind: AccountKind,
    lines: Vec<LedgerLine>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "ledger_account.html")]
struct AccountPage {
    page: Page,
    account: LedgerAccount,
    balance: Money,
    postings: Vec<ListedPosting>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "ledger_transaction.html")]
struct TransactionPage {
    page: Page,
    id: String,
    transaction: PostedTransaction,
}

pub(super) async fn kinds(State(gateway): State<Gateway>, visitor: Visitor) -> Result<Response, Failure> {
    let counted = trial_balance::recent(&gateway).await?;
    render(&TrialBalancePage { page: Page::new(&gateway, visitor, Section::Ledger, "Ledger"), counted })
}

pub(super) async fn accounts(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(kind): Named<String>,
    Asked(After { owner, currency }): Asked<After>,
) -> Result<Response, Failure> {
    let no_such = || Failure::not_found("kind of account");
    let kind = AccountKind::named(&kind).ok_or_else(no_such)?;
    let after = match owner.zip(currency) {
        None => None,
        Some((owner, currency)) => {
            let currency = show::currency(&currency).ok_or_else(no_such)?.code().to_owned();
            Some((LedgerAccount::named(kind.name(), &owner).ok_or_else(no_such)?, currency))
        }
    };
    let read = move |tables: &dyn Tables| {
        let after = after.as_ref().map(|(account, currency)| (account, currency.as_str()));
        tables.ledger_accounts(kind.name(), after, ROWS_MAX as u32)
    };
    let lines = gateway.shared.store.read(read).await?;
    let is_full = lines.len() == ROWS_MAX;
    let next = lines.last().filter(|_| is_full).map(|last| {
        let (owner, currency) = (last.account.owner_name(), last.balance.currency());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("owner", &owner).append_pair("currency", currency.code()).finish()
    });
    let page = Page::new(&gateway, visitor, Section::Ledger, show::words(kind.name()));
    render(&KindPage { page, kind, lines, next })
}

pub(super) async fn account(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(Chosen { kind, owner, currency, before }): Asked<Chosen>,
) -> Result<Response, Failure> {
    let no_such = || Failure::not_found("account of the ledger");
    let account = LedgerAccount::named(&kind, &owner).ok_or_else(no_such)?;
    let currency = show::currency(&currency).ok_or_else(no_such)?.code().to_owned();
    let wanted = account.clone();
    let read = move |tables: &dyn Tables| {
        let Some(balance) = tables.whole_balance(&wanted, &currency)? else { return Ok(None) };
        Ok(Some((balance, tables.postings_of(&wanted, &currency, before.as_deref(), ROWS_MAX as u32)?)))
    };
    let (balance, postings) = gateway.shared.store.read(read).await?.ok_or_else(no_such)?;
    let is_full = postings.len() == ROWS_MAX;
    let next = postings.last().filter(|_| is_full).map(|last| {
        let before = &last.transaction;
        format!("{}&before={before}", path(&account, &balance))
    });
    let page = Page::new(&gateway, visitor, Section::Ledger, show::words(account.kind.name()));
    render(&AccountPage { page, account, balance, postings, next })
}

pub(super) async fn transaction(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Named(id): Named<String>,
) -> Result<Response, Failure> {
    let wanted = id.clone();
    let transaction = gateway.shared.store.read(move |tables| tables.posted_transaction(&wanted)).await?;
    let transaction = transaction.ok_or_else(|| Failure::not_found("transaction"))?;
    let page = Page::new(&gateway, visitor, Section::Ledger, show::words(&transaction.kind));
    render(&TransactionPage { page, id, transaction })
}

/// Where an account in one currency is shown.
fn path(account: &LedgerAccount, amount: &Money) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("kind", account.kind.name()).append_pair("owner", &account.owner_name());
    query.append_pair("currency", amount.currency().code());
    format!("/ledger/account?{}", query.finish())
}

/// Where the owner of an account is shown, if that is somebody.
fn owner_path(account: &LedgerAccount) -> Option<String> {
    let owner = account.owner_name();
    match account.kind {
        AccountKind::UserReserved => Some(format!("/devices/{owner}")),
        AccountKind::UserAvailable | AccountKind::ProcessorFeesPrepaid => Some(format!("/accounts/{owner}")),
        _ => None,
    }
}

/// Where it is shown what a transaction is about.
fn reference_path(transaction: &PostedTransaction) -> String {
    let reference = transaction.reference;
    match transaction.kind.as_str() {
        "top_up" | "card_refund" | "card_refund_sent" | "card_refund_failed" => format!("/top-ups/{reference}"),
        "refund" => format!("/purchases/{reference}"),
        "reserve" | "settlement" | "release" | "revocation" => format!("/devices/{reference}"),
        _ => format!("/search?q={reference}"),
    }
}

/// What an account is for.
fn purpose(kind: &str) -> &'static str {
    match AccountKind::named(kind) {
        Some(AccountKind::CardClearing) => "What processors will pay out: charges less their fees",
        Some(AccountKind::StoreReceivable) => "What app stores will pay out: prices of packs less their fees",
        Some(AccountKind::ProcessorFeesPrepaid) => "Fees of charges, not yet spread over purchases",
        Some(AccountKind::VirtualCurrency) => "Units of merchants’ own currencies that players have",
        Some(AccountKind::UserAvailable) => "What players may reserve or withdraw",
        Some(AccountKind::UserReserved) => "What devices may still spend offline",
        Some(AccountKind::MerchantPayable) => "What developers get",
        Some(AccountKind::CreatorPayable) => "What creators get of tips",
        Some(AccountKind::PlatformRevenue) => "The platform’s shares, less what it bears of fees and losses",
        Some(AccountKind::CardAuthorised) => "What cards will be charged at the end of tabs",
        Some(AccountKind::Refunds) => "What is on its way back to cards",
        Some(AccountKind::Chargebacks) => "What banks have taken back and may return",
        Some(AccountKind::PayoutsInTransit) => "What is on its way to developers",
        Some(AccountKind::CreatorPayoutsInTransit) => "What is on its way to creators",
        Some(AccountKind::Bank) => "What was paid out",
        None => "",
    }
}
