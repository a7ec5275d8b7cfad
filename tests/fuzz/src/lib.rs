//! What must hold for each decoder, whatever it is given.
//!
//! A [`Target`] has a check that panics when a promise is broken: more than "it does not crash". What is
//! read is written and read again as the same, a signature covers every byte, limits hold. `cargo xtask fuzz`
//! lets libFuzzer look for bytes that break one. What it has found becomes a file in `regressions/`, and a
//! plain `cargo test` runs those and the seeds in `corpus/` for ever.
#![allow(clippy::unwrap_used, reason = "a check fails by panicking")]

mod batch;
mod document;
mod entry;
mod file;
mod money;
mod token;

/// Whether a decoder took what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was read.
    Read,
    /// It was refused with an error.
    Refused,
}

/// A decoder and what must hold for it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the fuzz target and of its folders.
    pub name: &'static str,
    /// Gives bytes to the decoder; panics when a promise is broken.
    pub check: fn(&[u8]) -> Verdict,
}

/// Every decoder of the wire and of the operator's files.
pub const TARGETS: [Target; 14] = [
    Target { name: "money", check: money::check },
    Target { name: "entry", check: entry::check },
    Target { name: "batch", check: batch::check },
    Target { name: "batch_request", check: batch::check_request },
    Target { name: "settlement", check: document::settlement },
    Target { name: "statement", check: document::statement },
    Target { name: "allowance", check: document::allowance },
    Target { name: "catalog", check: document::catalog },
    Target { name: "receipt", check: document::receipt },
    Target { name: "key_set", check: token::key_set },
    Target { name: "dpop_proof", check: token::dpop_proof },
    Target { name: "problem", check: document::problem },
    Target { name: "catalog_toml", check: file::catalog },
    Target { name: "gateway_toml", check: file::gateway },
];

/// Runs the check of the target of that name.
///
/// # Panics
/// When a promise is broken, or there is no such target.
pub fn check(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    (target.check)(bytes);
}
