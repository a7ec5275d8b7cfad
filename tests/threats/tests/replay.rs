//! Old batches against a running gateway, over HTTP. `farthing-threats replay` does it a million times.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]
#![allow(clippy::print_stdout, reason = "what was tried is told")]

use farthing_tests::in_memory;
use farthing_threats::replay::{Replay, run};

#[tokio::test(flavor = "multi_thread")]
async fn replayed_entries_are_answered_as_before_and_never_settled_twice() {
    in_memory();
    let binary = env!("CARGO_BIN_EXE_farthing-threats").into();
    let tally = run(Replay { binary, command: "gateway", entries: 20_000 }, |_| {}).await;
    println!("{tally}");
    assert!(tally.is_clean() && tally.replayed >= 20_000, "{tally}");
}
