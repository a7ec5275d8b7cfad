//! Worlds from seeds.
//!
//! A seed makes a plan of steps; a world takes them with the real wallet and the real gateway code, on
//! simulated disks, clocks, key stores and networks. After each step and at the end promises are checked: money is
//! conserved, what `buy` returned is there, each entry settles once, no reserve leaks, and what a wallet shows is what the
//! gateway's books say. The same seed is the same run, byte for byte.
#![allow(clippy::print_stdout, reason = "the program that runs this speaks on its standard output")]

mod app_store;
mod audit;
mod auto_top_ups;
mod book;
mod catalog;
mod clock;
mod coverage;
mod disputes;
mod guards;
mod key_store;
mod limits;
mod meters;
mod network;
mod operator;
mod passes;
mod phone;
mod plan;
mod run;
mod tabs;
mod world;

use std::fmt;

pub use run::{Bug, Outcome, REQUIRED, shrink, simulate};

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(String);

impl Violation {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Violation(what.into())
    }

    /// What was broken, without the figures: the same for runs that fail alike.
    pub fn kind(&self) -> String {
        self.0.chars().filter(|letter| !letter.is_ascii_digit()).take(40).collect()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
