//! What the gateway promises over HTTP and at its command line, in one program: linking one for each file took longer than
//! running them. (What is traced is a program of its own, since tracing is set up once for a process.)
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't set up its world, or meets what it doesn't expect, fails by panicking"
)]

mod access;
mod app_store;
mod authorisation;
mod bad_input;
mod browser;
mod bundles;
mod catalogs;
mod configuration;
mod dashboard;
mod dashboard_pages;
mod dashboard_refunds;
mod databases;
mod device;
mod disputes;
mod durables;
mod elsewhere;
mod fake;
mod google_play;
mod large_payouts;
mod limits;
mod money;
mod observation;
mod operator;
mod passes;
mod payouts;
mod player_refunds;
mod privacy;
mod purchases;
mod refunds;
mod revocation;
mod rotation;
mod rows;
mod rules;
mod settlement;
mod spending;
mod stripe;
mod tabs;
mod tips;
mod usage;
mod users;
mod virtual_currencies;
mod webhooks;
