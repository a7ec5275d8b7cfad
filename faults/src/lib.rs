//! Faults that testers order: what a bad network, a bank that declines or a gateway in trouble does to an app.
//!
//! [`FaultSet`] is what may be ordered, [`Rules`] decides which of it meets a request, [`FaultScript`] is a file of
//! orders, [`Playback`] plays one, and [`Recording`] writes one. All of it is pure: orders, a seed, the sequence of
//! requests and the script's time go in, and verdicts come out, so that a gateway and a test's transport that play one
//! script do the same, each time.
//!
//! ```
//! use farthing_faults::{FaultScript, Fate, Playback, Resource, Rules};
//!
//! let script: FaultScript = serde_json::from_str(
//!     r#"{"version": 1, "steps": [{"at_milliseconds": 500, "faults": {"drop": {"resource": "journal", "count": 1}}}]}"#,
//! )?;
//! let (mut playback, mut rules) = (Playback::new(script)?, Rules::default());
//! let journal = Some(Resource::Journal);
//! assert_eq!(playback.arrive(&mut rules, None, journal, 499).fate, Fate::CarriedOut);
//! assert_eq!(playback.arrive(&mut rules, None, journal, 500).fate, Fate::Dropped);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chance;
mod fault_set;
mod playback;
mod recording;
mod rules;
mod script;

pub use chance::Chance;
pub use fault_set::{
    Answer, AskToBuy, Decline, Drop, ErrorAnswer, FaultSet, FaultSetError, Latency, LoseResponse, Reject, Resource,
};
pub use playback::{Playback, StepState};
pub use recording::Recording;
pub use rules::{Arrival, Fate, Rules};
pub use script::{AfterRequests, FaultScript, FaultScriptError, FaultStep, STEPS_MAX, VERSION};
