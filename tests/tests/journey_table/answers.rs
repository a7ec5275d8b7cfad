//! What the wallet answers, as the table writes it.

use std::fmt::Debug;

use farthing_core::{
    ApprovalRecord, AutoTopUpConsent, Balance, Card, Catalog, Creator, Limits, Money, OwnedItem, Pass, Purchase,
    PurchaseState, SpendingLimits, Split, SupportFile, SyncReport, SyncState, Tab, TabState, Tip, TipMessage, TopUp,
    TopUpAdvice, TopUpState, WalletError, WalletEvent,
};
use serde_json::{Map, Value, json};

pub(crate) fn list<T>(values: &[T], answer: impl Fn(&T) -> Value) -> Value {
    values.iter().map(answer).collect()
}

pub(crate) fn purchase(purchase: &Purchase) -> Value {
    let state = match &purchase.state {
        PurchaseState::Settled { split, .. } => json!({ "split": shares(split) }),
        PurchaseState::Refunded { split, amount, quantity, .. } => {
            json!({ "split": shares(split), "amount": amount.to_string(), "quantity": quantity })
        }
        PurchaseState::Rejected { reason } => json!({ "reason": word(reason) }),
        _ => json!({}),
    };
    json!({
        "id": purchase.id.to_string(),
        "kind": word(&purchase.kind),
        "sku": purchase.sku.to_string(),
        "quantity": purchase.quantity,
        "total": purchase.total.to_string(),
        "tip": purchase.tip.as_ref().map(tip),
        "state": named(&purchase.state, state),
        "is_from_another_device": purchase.is_from_another_device,
    })
}

fn tip(tip: &Tip) -> Value {
    json!({ "creator": tip.creator.to_string(), "message": tip.message.as_ref().map(TipMessage::as_str) })
}

pub(crate) fn creator(creator: &Creator) -> Value {
    json!({ "id": creator.id.to_string(), "name": creator.name })
}

fn shares(split: &Split) -> Value {
    json!({
        "processor": split.processor.to_string(),
        "platform": split.platform.to_string(),
        "developer": split.developer.to_string(),
    })
}

pub(crate) fn limits(limits: &Limits) -> Value {
    let text = |amount: Option<Money>| amount.map(|amount| amount.to_string());
    let set = |limits: &SpendingLimits| {
        json!({
            "purchase": text(limits.purchase),
            "day": text(limits.day),
            "week": text(limits.week),
            "month": text(limits.month),
            "ask_above": text(limits.ask_above),
        })
    };
    let lines = list(&limits.limits, |line| {
        let used = list(&line.used, |used| {
            let (limit, settled) = (used.limit.to_string(), used.used.to_string());
            json!({ "period": word(&used.period), "limit": limit, "used": settled })
        });
        let currency = line.currency.code();
        json!({ "currency": currency, "player": set(&line.player), "guardian": set(&line.guardian), "used": used })
    });
    json!({ "has_guardian": limits.has_guardian, "limits": lines })
}

pub(crate) fn approval(approval: &ApprovalRecord) -> Value {
    json!({
        "id": approval.id.to_string(),
        "sku": approval.sku.to_string(),
        "quantity": approval.quantity,
        "total": approval.total.to_string(),
        "state": word(&approval.state),
    })
}

pub(crate) fn pass(pass: &Pass) -> Value {
    json!({
        "sku": pass.sku.to_string(),
        "state": word(&pass.state),
        "seconds": pass.ends_at.as_second() - pass.starts_at.as_second(),
        "grace_seconds": pass.grace_ends_at.as_second() - pass.ends_at.as_second(),
        "renewal": pass.renewal.map(|price| price.to_string()),
    })
}

pub(crate) fn inventory(items: &[OwnedItem]) -> Value {
    items.iter().map(|item| (item.sku.to_string(), item.quantity.into())).collect::<Map<_, _>>().into()
}

pub(crate) fn balance(balance: &Balance) -> Value {
    let lines = balance.currencies.iter().map(|line| {
        let amounts = json!({
            "total": line.total.to_string(),
            "offline_spendable": line.offline_spendable.to_string(),
            "pending": line.pending.to_string(),
        });
        (line.total.currency().code().to_owned(), amounts)
    });
    lines.collect::<Map<_, _>>().into()
}

pub(crate) fn catalog(catalog: &Catalog) -> Value {
    let items = list(&catalog.items, |item| {
        json!({
            "sku": item.sku.to_string(),
            "title": item.title,
            "description": item.description,
            "price": item.price.to_string(),
            "prices": list(&item.prices, |other| other.price.to_string().into()),
            "kind": word(&item.kind),
            "credits": item.credits.map(|credits| credits.to_string()),
            "contents": list(&item.contents, |it| json!({ "sku": it.sku.to_string(), "quantity": it.quantity })),
        })
    });
    let currencies = list(
        &catalog.currencies,
        |currency| json!({ "code": currency.code.to_string(), "exponent": currency.exponent, "title": currency.title }),
    );
    json!({ "merchant": catalog.merchant, "version": catalog.version, "currencies": currencies, "items": items })
}

pub(crate) fn support_file(file: &SupportFile) -> Value {
    json!({ "name": file.name, "content": file.content })
}

pub(crate) fn card(card: &Card) -> Value {
    json!({
        "id": card.id.to_string(),
        "brand": word(&card.brand),
        "last_four": card.last_four,
        "expiry_month": card.expiry_month,
        "expiry_year": card.expiry_year,
        "state": word(&card.state),
    })
}

pub(crate) fn top_up(top_up: &TopUp) -> Value {
    let state = match &top_up.state {
        TopUpState::RequiresAction { url } => json!({ "url": url }),
        TopUpState::Failed { code } => json!({ "code": word(code) }),
        TopUpState::Disputed { held } => json!({ "held": held.to_string() }),
        TopUpState::ChargedBack { amount } => json!({ "amount": amount.to_string() }),
        _ => json!({}),
    };
    json!({
        "id": top_up.id.to_string(),
        "amount": top_up.amount.to_string(),
        "card": top_up.card.to_string(),
        "state": named(&top_up.state, state),
        "is_automatic": top_up.is_automatic,
    })
}

pub(crate) fn auto_top_up(consent: &AutoTopUpConsent) -> Value {
    let setting = &consent.setting;
    json!({
        "below": setting.below.to_string(),
        "amount": setting.amount.to_string(),
        "card": setting.card.to_string(),
        "monthly_cap": setting.monthly_cap.to_string(),
        "charged_this_month": consent.charged_this_month.to_string(),
        "pause": consent.pause.as_ref().map(word),
        "waits": consent.waits_until.is_some(),
    })
}

pub(crate) fn tab(tab: &Tab) -> Value {
    let state = match &tab.state {
        TabState::RequiresAction { url } => json!({ "url": url }),
        TabState::Closed { charged } => json!({ "charged": charged.to_string() }),
        TabState::Failed { code } => json!({ "code": word(code) }),
        TabState::Disputed { held } => json!({ "held": held.to_string() }),
        TabState::ChargedBack { amount } => json!({ "amount": amount.to_string() }),
        _ => json!({}),
    };
    json!({
        "id": tab.id.to_string(),
        "limit": tab.limit.to_string(),
        "card": tab.card.to_string(),
        "owed": tab.owed.to_string(),
        "state": named(&tab.state, state),
    })
}

pub(crate) fn top_up_advice(advice: &TopUpAdvice) -> Value {
    json!({
        "amount": advice.amount.to_string(),
        "fee": advice.fee.to_string(),
        "fee_per_million": advice.fee_per_million,
    })
}

pub(crate) fn sync_report(report: &SyncReport) -> Value {
    json!({
        "settled": report.settled,
        "rejected": report.rejected,
        "waiting": report.waiting,
        "balance": balance(&report.balance),
    })
}

pub(crate) fn sync_state(state: &SyncState) -> Value {
    let data = match state {
        SyncState::Waiting { attempt, error: cause, .. } => json!({ "attempt": attempt, "error": error(cause) }),
        SyncState::Stopped { error: cause } => json!({ "error": error(cause) }),
        _ => json!({}),
    };
    named(state, data)
}

pub(crate) fn event(event: &WalletEvent) -> Value {
    let data = match event {
        WalletEvent::Purchased { purchase, sku } => json!({ "purchase": purchase.to_string(), "sku": sku.to_string() }),
        WalletEvent::Settled { purchase } => json!({ "purchase": purchase.to_string() }),
        WalletEvent::Rejected { purchase, sku, reason, revoked } => json!({
            "purchase": purchase.to_string(), "sku": sku.to_string(), "reason": word(reason), "revoked": revoked,
        }),
        WalletEvent::PurchaseRefunded { purchase, sku, amount, quantity, revoked } => json!({
            "purchase": purchase.to_string(), "sku": sku.to_string(), "amount": amount.to_string(),
            "quantity": quantity, "revoked": revoked,
        }),
        WalletEvent::PurchasesArrived { count } => json!({ "count": count }),
        WalletEvent::UsageNearLimit { sku, spent, limit } => {
            json!({ "sku": sku.to_string(), "spent": spent.to_string(), "limit": limit.to_string() })
        }
        WalletEvent::PassEnding { sku, renewal, .. } => {
            json!({ "sku": sku.to_string(), "renewal": renewal.map(|price| price.to_string()) })
        }
        WalletEvent::PassNotRenewed { sku, error: cause, .. } => {
            json!({ "sku": sku.to_string(), "error": cause.as_ref().map(error) })
        }
        WalletEvent::PassEnded { sku } => json!({ "sku": sku.to_string() }),
        WalletEvent::BalanceChanged { balance: now } => json!({ "balance": balance(now) }),
        WalletEvent::CatalogChanged { version } => json!({ "version": version }),
        WalletEvent::TopUpChanged { top_up: now } => json!({ "top_up": top_up(now) }),
        WalletEvent::AutoTopUpPaused { reason } => json!({ "reason": word(reason) }),
        WalletEvent::TabChanged { tab: now } => json!({ "tab": tab(now) }),
        WalletEvent::Frozen { fork_seq } => json!({ "fork_seq": fork_seq }),
        WalletEvent::SyncChanged { state } => json!({ "state": sync_state(state) }),
        _ => json!({}),
    };
    named(event, data)
}

pub(crate) fn error(error: &WalletError) -> Value {
    use WalletError as E;
    let mut data = match error {
        E::InsufficientFunds { available, needed } => {
            json!({ "available": available.to_string(), "needed": needed.to_string() })
        }
        E::OfflineLimitReached { limit, remaining } => {
            json!({ "limit": limit.to_string(), "remaining": remaining.to_string() })
        }
        E::SpendingLimitReached { period, limit, remaining, .. } => {
            json!({ "period": word(period), "limit": limit.to_string(), "remaining": remaining.to_string() })
        }
        E::ApprovalRequired { approval, sku, total } => {
            json!({ "approval": approval.to_string(), "sku": sku.to_string(), "total": total.to_string() })
        }
        E::UsageCapReached { sku, cap, .. } => json!({ "sku": sku.to_string(), "cap": cap.to_string() }),
        E::UnknownItem { sku } => json!({ "sku": sku }),
        E::AlreadyOwned { sku } => json!({ "sku": sku.to_string() }),
        E::InsufficientItems { sku, owned, needed } => {
            json!({ "sku": sku.to_string(), "owned": owned, "needed": needed })
        }
        E::QueueFull { limit } => json!({ "limit": limit }),
        E::CardInvalid { field } => json!({ "field": field.to_string() }),
        E::CardDeclined { code, top_up } => json!({ "code": word(code), "top_up": top_up.to_string() }),
        E::TopUpCapReached { cap, most, room } => {
            json!({ "cap": word(cap), "most": most.to_string(), "room": room.to_string() })
        }
        E::AgeRestricted { needs_guardian } => json!({ "needs_guardian": needs_guardian }),
        E::Offline { operation } => json!({ "operation": operation.to_string() }),
        E::DeviceFrozen { fork_seq } => json!({ "fork_seq": fork_seq }),
        E::UnsettledEntries { count } => json!({ "count": count }),
        E::InvalidArgument { field, reason } => json!({ "field": field.to_string(), "reason": reason }),
        _ => json!({}),
    };
    data["transient"] = error.is_transient().into();
    data["message"] = error.to_string().into();
    named(error, data)
}

/// Data with the name of its variant.
fn named(variant: &impl Debug, mut data: Value) -> Value {
    data["is"] = word(variant).into();
    data
}

/// The name of a variant: `WrongPrice` is `wrong_price`.
fn word(variant: &impl Debug) -> String {
    let text = format!("{variant:?}");
    let name = text.chars().take_while(char::is_ascii_alphanumeric);
    let snake = name.flat_map(|letter| {
        let gap = letter.is_ascii_uppercase().then_some('_');
        gap.into_iter().chain([letter.to_ascii_lowercase()])
    });
    snake.skip(1).collect()
}
