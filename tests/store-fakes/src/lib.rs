//! Stand-ins for app stores, ours: they are not the stores.
//!
//! [`AppStore`] signs what Apple's App Store signs, in its shape, by certificates that it makes itself and that carry
//! Apple's marks. [`GooglePlay`] answers as the Play Developer API does, and keeps what was bought, consumed and given
//! back.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]

mod app_store;
mod google_play;

pub use app_store::{AppStore, Flaw};
pub use google_play::{GooglePlay, Trouble};
