//! Every table that has rows of users.

use super::Belonging::{Account, Device, LedgerAccount, LedgerPosting, LedgerTransaction, Payment};
use super::Erasure::{Deleted, Stays};
use super::{Belonging, Class, Column, Table, columns, table};

pub(super) const TABLES: &[Table] = &[
    table(
        "accounts",
        "Who the user is, for their merchant.",
        Account("id"),
        Stays,
        columns! {
            Pseudonym: id;
            Operation: merchant;
            Record: revision, created_at, erased_at;
            Text: user_name;
            Secret: user_index;
            Sealed: user_sealed;
        },
    ),
    table(
        "account_keys",
        "The key that seals what says who the user is.",
        Account("id"),
        Deleted,
        columns! {
            Pseudonym: id;
            Secret: sealed;
            Operation: vault_key;
        },
    ),
    table(
        "devices",
        "The user's devices and how far their journals are settled.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: id, account, key, enrolment_token;
            Record: epoch, state, seq, head, fork_seq, fork_settled, fork_presented, created_at;
        },
    ),
    table(
        "entries",
        "What was bought, with its receipt.",
        Device("device"),
        Stays,
        columns! {
            Pseudonym: device, purchase;
            Record: seq, hash, rejection;
            // What was said with a tip is in its receipt.
            Text: receipt;
        },
    ),
    table(
        "drawn",
        "What was spent of a device's allowances.",
        Device("device"),
        Stays,
        columns! {
            Pseudonym: device;
            Record: currency, total, count, version;
        },
    ),
    table(
        "allowances",
        "What a device may spend.",
        Device("device"),
        Stays,
        columns! {
            Pseudonym: device;
            Record: currency, version, spend_limit, count_limit, purchase_max, issued_at, expires_at, settle_by, spending, pricing;
        },
    ),
    table(
        "passes",
        "How long a device's passes last.",
        Device("device"),
        Stays,
        columns! {
            Pseudonym: device;
            Record: sku, starts_at, ends_at, grace_seconds;
        },
    ),
    table(
        "sold_packs",
        "What app stores have sold the user.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: name, id, account, device;
            Record: seller, product, currency, amount, price, fee, taken, held, held_fee, told_at, created_at;
            Operation: consume_at, attempts;
        },
    ),
    table(
        "items",
        "What a device has left of what was bought.",
        Device("device"),
        Stays,
        columns! {
            Pseudonym: device;
            Record: sku, quantity;
        },
    ),
    table(
        "durables",
        "What the user owns for ever, and which device bought it.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: account, device;
            Record: sku, quantity;
        },
    ),
    table(
        "meters",
        "What was used of metered items.",
        Device("device"),
        Stays,
        columns! {
            Pseudonym: device;
            Record: epoch, sku, currency, unit_price, per_units, units, total, day, day_total;
        },
    ),
    table(
        "cards",
        "The user's cards.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: id, account;
            Operation: brand, last_four, expiry_month, expiry_year, vault_key;
            Secret: sealed;
            Record: created_at;
            Sealed: details;
        },
    ),
    table(
        "top_ups",
        "What cards were charged.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: id, account, device, card;
            Text: idempotency_key;
            Record: amount, currency, state, decline_code, created_at;
        },
    ),
    table(
        "withdrawn_top_ups",
        "Top-ups that a wallet has given up, which charge nothing.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: account;
            Text: idempotency_key;
            Record: withdrawn_at;
        },
    ),
    table(
        "authentications",
        "Charges that needed strong authentication.",
        Payment("payment"),
        Stays,
        columns! {
            Pseudonym: payment;
            Record: is_required, was_asked;
        },
    ),
    table(
        "authentication_counters",
        "Charges since the last one.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: account;
            Record: currency, amount, count;
        },
    ),
    table(
        "tabs",
        "What cards have authorised.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: id, account, device, card;
            Text: idempotency_key;
            Record: amount, currency, fee, state, decline_code, due, paid_from_balance, created_at;
        },
    ),
    table(
        "refunds",
        "What went back.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: id, account, purchase, top_up;
            Text: idempotency_key, reason, receipt;
            Record: amount, currency, processor, platform, developer, state, created_at, quantity, number;
        },
    ),
    table(
        "disputes",
        "Charges that the user's bank took back.",
        Account("account"),
        Stays,
        columns! {
            Pseudonym: id, name, account, payment;
            Record: amount, currency, fee, held, held_fee, state, created_at;
        },
    ),
    table(
        "processor_customers",
        "What the processor calls the user.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: account;
            Sealed: customer;
        },
    ),
    table(
        "processor_payments",
        "What the processor calls a charge.",
        Payment("id"),
        Stays,
        columns! {
            Pseudonym: id, payment;
            Record: asked_at;
        },
    ),
    table(
        "sandbox_charges",
        "Charges of test cards.",
        Payment("top_up"),
        Stays,
        columns! {
            Pseudonym: top_up;
            Secret: authentication;
            Record: status, answer;
        },
    ),
    table(
        "guardianships",
        "Who guards the user's spending.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: account;
            Record: utc_offset_minutes, pin_failures, pin_tried_at;
            Secret: pin_hash;
        },
    ),
    table(
        "spending_limits",
        "Limits of the user's spending.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: account;
            Record: setter, currency, limits, pending, pending_from;
        },
    ),
    table(
        "spending",
        "What was spent, for the limits.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: account;
            Record: currency, slot, amount;
        },
    ),
    table(
        "approvals",
        "What a guardian was asked for.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: id, account, device;
            Record: sku, quantity, total, currency, state, asked_at, expires_at;
        },
    ),
    table(
        "webhook_messages",
        "What the merchant was told of the user.",
        Account("account"),
        Deleted,
        columns! {
            Pseudonym: id, account;
            Operation: endpoint;
            Record: revision, created_at, state, attempts, next_at, problem;
            Text: body;
        },
    ),
    Table {
        sqlite: columns! { Operation: id; },
        ..table(
            "ledger_accounts",
            "The user's money in the books.",
            LedgerAccount,
            Stays,
            columns! {
                Record: kind, currency, balance;
                Pseudonym: owner;
            },
        )
    },
    table(
        "ledger_transactions",
        "Movements of the user's money.",
        LedgerTransaction,
        Stays,
        columns! {
            Pseudonym: id, reference;
            Record: kind, at;
        },
    ),
    Table {
        sqlite: columns! { Operation: ledger_account; },
        postgres: columns! { Record: kind, currency, at; Pseudonym: owner; Operation: payout; },
        ..table(
            "ledger_postings",
            "What they came to in each account of the books.",
            LedgerPosting,
            Stays,
            columns! {
                Pseudonym: ledger_transaction;
                Record: amount;
            },
        )
    },
    table(
        "audit_log",
        "What was done by hand to the user's account. It names accounts and devices, never users.",
        Belonging::Text("coalesce(subject, '') || ' ' || coalesce(detail, '')"),
        Stays,
        columns! {
            Pseudonym: id, subject;
            Record: at, action, outcome, detail;
            Operation: administrator;
        },
    ),
];
