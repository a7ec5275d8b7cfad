//! Stand-ins for app stores, ours: they are not the stores.
//!
//! [`AppStore`] signs what Apple's App Store signs, in its shape, by certificates that it makes itself and that carry
//! Apple's marks. [`GooglePlay`] answers as the Play Developer API does, and keeps what was bought, consumed and given
//! back. A [`Counter`] sells what both have to apps, over HTTP; `farthing-stand-in-stores` is one in a process of its own.
#![allow(clippy::unwrap_used, reason = "a test that can't set up its world has failed")]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

mod app_store;
mod counter;
mod google_play;

pub use app_store::{AppStore, Flaw};
pub use counter::Counter;
pub use google_play::{GooglePlay, Trouble};

/// Milliseconds since 1970.
type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// This machine's clock, as [`Counter::open`] takes it.
pub fn machine_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}
