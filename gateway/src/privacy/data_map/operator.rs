//! Every table that has no row of a user's.

use super::Database::Postgres;
use super::{Belonging, Class, Column, Erasure, Table, columns, table};

const fn nobody_s(name: &'static str, about: &'static str, columns: &'static [Column]) -> Table {
    table(name, about, Belonging::Nobody, Erasure::Stays, columns)
}

pub(super) const TABLES: &[Table] = &[
    nobody_s(
        "name_keys",
        "The key by which users are found.",
        columns! {
            Operation: id, vault_key;
            Secret: sealed;
        },
    ),
    nobody_s(
        "vault_keys",
        "The vault's keys, by number.",
        columns! {
            Operation: number, created_at, retired_at;
            Secret: proof;
        },
    ),
    nobody_s(
        "key_sets",
        "Key sets that devices were shown.",
        columns! {
            Operation: version, keys, created_at;
        },
    ),
    nobody_s(
        "catalogs",
        "What is on sale.",
        columns! {
            Operation: version, digest, content, is_uploaded, published_at;
        },
    ),
    nobody_s(
        "creators",
        "Who can be tipped: the merchant's partners, not their users.",
        columns! {
            Operation: id, name, is_open, registered_at;
        },
    ),
    nobody_s(
        "store_revocations",
        "Stores' purchases that were given back before anyone handed them over.",
        columns! {
            Operation: seller, name, revoked_at;
        },
    ),
    nobody_s(
        "store_notifications",
        "Messages of stores that were taken.",
        columns! {
            Operation: id, taken_at;
        },
    ),
    nobody_s(
        "store_looks",
        "Up to when stores were asked.",
        columns! {
            Operation: seller, looked_until;
        },
    ),
    nobody_s(
        "webhook_endpoints",
        "Where merchants are told.",
        columns! {
            Operation: id, url, created_at, closed_at, vault_key;
            Secret: secret;
        },
    ),
    Table {
        sqlite: columns! { Operation: covers_after, covers_to; },
        postgres: columns! { Operation: mark; },
        ..nobody_s(
            "payouts",
            "What merchants were paid.",
            columns! {
                Operation: id, merchant, idempotency_key, currency, asked, amount, remaining, state, failure, creator, created_at, concluded_at;
            },
        )
    },
    Table {
        only: Some(Postgres),
        ..nobody_s(
            "payout_marks",
            "What the next payout of a merchant covers.",
            columns! { Operation: kind, owner, currency, mark; },
        )
    },
    nobody_s(
        "administrators",
        "The operator's own people.",
        columns! {
            Operation: name, role, created_at;
            Secret: password_hash;
        },
    ),
    nobody_s(
        "administrator_sessions",
        "Which of them are signed in.",
        columns! {
            Secret: token_digest;
            Operation: administrator, created_at, seen_at;
        },
    ),
    nobody_s(
        "ledger_days",
        "The books' sums of each day.",
        columns! { Operation: day, kind, currency, count, volume, fees, fees_one_by_one; },
    ),
    Table {
        only: Some(Postgres),
        ..nobody_s(
            "ledger_days_unfolded",
            "The same, not added up yet.",
            columns! { Operation: id, day, kind, currency, count, volume, fees, fees_one_by_one; },
        )
    },
    Table {
        only: Some(Postgres),
        ..nobody_s(
            "ledger_unfolded",
            "Postings to merchants' and processors' accounts, not added up yet.",
            columns! {
                Operation: id, kind, owner, currency, amount;
            },
        )
    },
    Table {
        only: Some(Postgres),
        ..nobody_s(
            "gateway",
            "Whose database it is.",
            columns! {
                Operation: one, root;
            },
        )
    },
    Table {
        only: Some(Postgres),
        ..nobody_s(
            "schema_versions",
            "Its version.",
            columns! {
                Operation: version;
            },
        )
    },
];
