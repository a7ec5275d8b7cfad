//! Faults that testers order from a sandbox, for one device or for all, one by one or as a script: what a bad network,
//! a bank that declines or a gateway in trouble does to an app.
//!
//! What may be ordered and which of it meets a request is decided in `farthing-faults` (pure); [`Faults`] keeps the
//! rules and tells them the time. The effects are where each belongs: `http::fault_injection` (latency, drop, error,
//! lost answer), the sandbox processor (decline), the settlement (reject), the clock (skew, time rate), and wherever a
//! device's state is looked up (freeze, ask to buy).
//!
//! All of it is in memory only: a gateway that starts again has none.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use farthing_faults::{
    Answer, Arrival, FaultScript, FaultScriptError, FaultSet, Playback, Recording, Resource, Rules, StepState,
};
use farthing_protocol::api::DeclineCode;
use farthing_protocol::{DeviceId, DeviceState, RejectionReason};

use crate::clock::Clock;
use crate::gateway::Shared;
use crate::store::Device;

impl Shared {
    /// Puts faults in the place of the device's, or of those of all.
    pub(crate) fn order_faults(&self, device: Option<DeviceId>, faults: FaultSet) {
        tracing::info!(device = ?device, ?faults, "faults are ordered");
        self.faults.replace(device, faults);
    }

    /// Lifts the faults of a device, or every fault.
    pub(crate) fn lift_faults(&self, device: Option<DeviceId>) {
        tracing::info!(device = ?device, "faults are lifted");
        self.faults.lift(device);
    }
}

/// The faults that are ordered.
pub(crate) struct Faults {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Rules,
    /// The script that is played, and when it began.
    playback: Option<(Playback, Duration)>,
    /// The orders that are written down, and since when.
    recording: Option<(Recording, Duration)>,
}

/// What is played.
pub(crate) struct Played {
    pub(crate) script: FaultScript,
    pub(crate) elapsed_milliseconds: u64,
    pub(crate) steps: Vec<StepState>,
}

impl Played {
    fn of(playback: &Playback, elapsed_milliseconds: u64) -> Self {
        let script = FaultScript { devices: playback.devices().clone(), ..playback.script().clone() };
        Played { script, elapsed_milliseconds, steps: playback.states() }
    }
}

impl Faults {
    pub(crate) fn new(clock: Clock) -> Self {
        Faults { clock, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn milliseconds_since(&self, start: Duration) -> u64 {
        u64::try_from(self.clock.elapsed().saturating_sub(start).as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether there is none, now or later.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.state();
        state.rules.is_empty() && state.playback.is_none()
    }

    /// Every set that is not used up; `None` names the one of all devices.
    pub(crate) fn listed(&self) -> Vec<(Option<DeviceId>, FaultSet)> {
        let mut state = self.state();
        self.advance(&mut state);
        state.rules.listed()
    }

    /// Puts a set in the place of the device's, or of that of all.
    pub(crate) fn replace(&self, device: Option<DeviceId>, faults: FaultSet) {
        let mut state = self.state();
        self.advance(&mut state);
        self.order(&mut state, device, faults);
        self.clock.skew_by(state.rules.clock_skew_seconds());
    }

    /// Lifts the faults of a device, or every fault.
    pub(crate) fn lift(&self, device: Option<DeviceId>) {
        let mut state = self.state();
        self.advance(&mut state);
        if device.is_none() {
            let devices = state.rules.listed().into_iter().filter_map(|(device, _)| device);
            for device in devices.collect::<Vec<_>>() {
                self.order(&mut state, Some(device), FaultSet::default());
            }
        }
        self.order(&mut state, device, FaultSet::default());
        self.clock.skew_by(state.rules.clock_skew_seconds());
    }

    /// Orders faults, and writes that down where orders are.
    fn order(&self, state: &mut State, device: Option<DeviceId>, faults: FaultSet) {
        if let Some((recording, start)) = &mut state.recording
            && !recording.write(self.milliseconds_since(*start), device, faults.clone())
        {
            tracing::warn!("an order of faults has no room in the recording");
        }
        state.rules.replace(device, faults);
    }

    /// Plays a script from its start, in the place of all that was ordered before.
    pub(crate) fn play(&self, script: FaultScript) -> Result<Played, FaultScriptError> {
        let (time_rate, mut playback, mut rules) = (script.time_rate, Playback::new(script)?, Rules::default());
        let mut state = self.state();
        playback.advance(&mut rules, 0);
        let played = Played::of(&playback, 0);
        self.clock.run(time_rate);
        self.clock.skew_by(rules.clock_skew_seconds());
        (state.rules, state.playback) = (rules, Some((playback, self.clock.elapsed())));
        Ok(played)
    }

    /// What is played, and how far.
    pub(crate) fn played(&self) -> Option<Played> {
        let mut state = self.state();
        self.advance(&mut state);
        let (playback, start) = state.playback.as_ref()?;
        Some(Played::of(playback, self.milliseconds_since(*start)))
    }

    /// Ends the script, and lifts every fault.
    pub(crate) fn end_script(&self) {
        self.state().playback = None;
        self.clock.run(1);
        self.lift(None);
    }

    /// Begins to write orders down. What is ordered already comes first.
    pub(crate) fn record(&self) {
        let mut state = self.state();
        self.advance(&mut state);
        let mut recording = Recording::default();
        for (device, faults) in state.rules.listed() {
            recording.write(0, device, faults);
        }
        state.recording = Some((recording, self.clock.elapsed()));
    }

    /// The orders since [`Faults::record`], if it was called.
    pub(crate) fn recorded(&self) -> Option<FaultScript> {
        self.state().recording.as_ref().map(|(recording, _)| recording.script())
    }

    /// Lets the script's steps begin and end whose time has come.
    fn advance(&self, state: &mut State) {
        if let Some((playback, start)) = &mut state.playback {
            playback.advance(&mut state.rules, self.milliseconds_since(*start));
            self.clock.skew_by(state.rules.clock_skew_seconds());
        }
    }

    /// What meets a request before it is carried out.
    pub(crate) fn arrive(&self, device: Option<DeviceId>, resource: Option<Resource>) -> Arrival {
        let mut state = self.state();
        let State { rules, playback, .. } = &mut *state;
        let Some((playback, start)) = playback else { return rules.arrive(device, resource) };
        let arrival = playback.arrive(rules, device, resource, self.milliseconds_since(*start));
        self.clock.skew_by(rules.clock_skew_seconds());
        arrival
    }

    /// Whether the answer to a request that was carried out is lost.
    pub(crate) fn loses_answer(&self, device: Option<DeviceId>, resource: Option<Resource>) -> bool {
        self.state().rules.loses_answer(device, resource)
    }

    /// Why the device's new top-up is declined, if it is.
    pub(crate) fn decline(&self, device: DeviceId) -> Option<DeclineCode> {
        let code = self.state().rules.decline(device);
        if let Some(code) = code {
            tracing::info!(%device, ?code, "a fault declines a top-up");
        }
        code
    }

    /// Why the device's new purchase is rejected, if it is.
    pub(crate) fn reject(&self, device: DeviceId) -> Option<RejectionReason> {
        let reason = self.state().rules.reject(device);
        if let Some(reason) = reason {
            tracing::info!(%device, ?reason, "a fault rejects a purchase");
        }
        reason
    }

    /// Whether a guardian approves what the device asks for just now; nothing where nobody answers.
    pub(crate) fn answer(&self, device: DeviceId) -> Option<bool> {
        let answer = self.state().rules.answer(device);
        if let Some(answer) = answer {
            tracing::info!(%device, ?answer, "a fault answers for a guardian");
        }
        answer.map(|answer| answer == Answer::Approve)
    }

    /// The device as it is with the faults: its purchases need an approval; or frozen as if its next entry had forked. What the
    /// database has of it stays, so that lifting the fault frees it.
    pub(crate) fn freeze(&self, mut device: Device) -> Device {
        device.asks_to_buy = self.state().rules.asks_to_buy(device.id);
        if device.state == DeviceState::Active && self.state().rules.freezes(device.id) {
            tracing::info!(device = %device.id, "a fault freezes a device");
            device.state = DeviceState::Frozen { fork_seq: device.journal.seq + 1 };
        }
        device
    }
}
