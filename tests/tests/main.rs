//! What crosses rooms, in one program: linking one for each file took longer than running them.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't set up its world, or meets what it doesn't expect, fails by panicking"
)]

mod auto_top_up;
mod back_ends;
mod bundles;
mod conservation;
mod damage;
mod days;
mod decoders;
mod disputes;
mod documentation;
mod durables;
mod elsewhere;
mod fault_scripts;
mod faults;
mod fixtures;
mod interoperability;
mod journey_table;
mod journeys;
mod limits;
mod meters;
mod passes;
mod prices;
mod refunds;
mod regulation;
mod rotation;
mod spending_limits;
mod stores;
mod stripe_mock;
mod support;
mod tabs;
mod tips;
mod tls;
mod vectors;
mod virtual_currencies;
mod wire;
