//! Top-ups: a card is charged, the balance rises, once for each idempotency key.
//!
//! ```text
//! Created ──▶ RequiresAction ──▶ Processing ──▶ Succeeded
//!    └───────────────┴────────────────┴───────▶ Failed(decline code)
//! ```
//!
//! `Created` is on disk before the processor is asked, so that after a crash the processor is
//! asked again under the same name, and never charges twice. The step to `Succeeded` and the
//! money in the ledger are one transaction, and it is taken once: nothing leaves an end state.

mod charge;
mod state;

pub(crate) use charge::{Begun, Chargeable, begin, chargeable, resolve};
use state::step;

pub(crate) use state::State;
