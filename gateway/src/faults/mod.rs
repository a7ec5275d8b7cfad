//! Faults that testers order from a sandbox, for one device or for all: what a bad network, a bank
//! that declines or a gateway in trouble does to an app.
//!
//! [`FaultSet`] is what may be ordered, [`rules`] decides which of it meets a request (pure: rules
//! and counters in, verdict out), and [`Faults`] keeps the rules. The effects are where each belongs:
//! `http::fault_injection` (latency, drop, error, lost answer), the sandbox processor (decline), the
//! settlement (reject), the clock (skew), and wherever a device's state is looked up (freeze).
//!
//! All of it is in memory only: a gateway that starts again has none.

mod fault_set;
pub(crate) mod rules;

use std::sync::{Mutex, MutexGuard, PoisonError};

use farthing_protocol::api::DeclineCode;
use farthing_protocol::{DeviceId, DeviceState, RejectionReason};

pub(crate) use self::fault_set::{FaultSet, Resource};
use self::rules::{Arrival, Rules};
use crate::store::Device;

/// The faults that are ordered.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Rules>);

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules().is_empty()
    }

    /// Every set that is not used up; `None` names the one of all devices.
    pub(crate) fn listed(&self) -> Vec<(Option<DeviceId>, FaultSet)> {
        self.rules().listed()
    }

    /// Puts a set in the place of the device's, or of that of all.
    pub(crate) fn replace(&self, device: Option<DeviceId>, faults: FaultSet) {
        self.rules().replace(device, faults);
    }

    /// Lifts the faults of a device, or every fault.
    pub(crate) fn lift(&self, device: Option<DeviceId>) {
        let mut rules = self.rules();
        match device {
            Some(_) => rules.replace(device, FaultSet::default()),
            None => *rules = Rules::default(),
        }
    }

    /// By how many seconds the clock is off.
    pub(crate) fn clock_skew_seconds(&self) -> i64 {
        self.rules().clock_skew_seconds()
    }

    /// What meets a request before it is carried out.
    pub(crate) fn arrive(&self, device: Option<DeviceId>, resource: Option<Resource>) -> Arrival {
        self.rules().arrive(device, resource)
    }

    /// Whether the answer to a request that was carried out is lost.
    pub(crate) fn loses_answer(&self, device: Option<DeviceId>, resource: Option<Resource>) -> bool {
        self.rules().loses_answer(device, resource)
    }

    /// Why the device's new top-up is declined, if it is.
    pub(crate) fn decline(&self, device: DeviceId) -> Option<DeclineCode> {
        let code = self.rules().decline(device);
        if let Some(code) = code {
            tracing::info!(%device, ?code, "a fault declines a top-up");
        }
        code
    }

    /// Why the device's new purchase is rejected, if it is.
    pub(crate) fn reject(&self, device: DeviceId) -> Option<RejectionReason> {
        let reason = self.rules().reject(device);
        if let Some(reason) = reason {
            tracing::info!(%device, ?reason, "a fault rejects a purchase");
        }
        reason
    }

    /// The device as it is with the faults: frozen as if its next entry had forked. What the
    /// database has of it stays, so that lifting the fault frees it.
    pub(crate) fn freeze(&self, mut device: Device) -> Device {
        if device.state == DeviceState::Active && self.rules().freezes(device.id) {
            tracing::info!(device = %device.id, "a fault freezes a device");
            device.state = DeviceState::Frozen { fork_seq: device.journal.seq + 1 };
        }
        device
    }
}
