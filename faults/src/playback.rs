//! How far a script is played. Its time is milliseconds since its start, which whoever plays it tells.

use std::collections::BTreeMap;

use farthing_protocol::DeviceId;
use serde::Serialize;

use crate::chance::Chance;
use crate::fault_set::Resource;
use crate::rules::{Arrival, Rules};
use crate::script::{FaultScript, FaultScriptError, FaultStep};

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It has not begun.
    Waiting,
    /// It has begun.
    Begun,
    /// Its time is over.
    Ended,
}

/// A script that is played.
#[derive(Clone, Debug)]
pub struct Playback {
    script: FaultScript,
    /// Which devices have a name by now.
    devices: BTreeMap<String, DeviceId>,
    /// One for each step.
    progress: Vec<Progress>,
}

#[derive(Clone, Debug)]
struct Progress {
    state: StepState,
    /// Requests that count for it.
    requests: u32,
    /// When it is to begin, once that is known.
    begins: Option<u64>,
    /// When it ends.
    ends: Option<u64>,
}

impl Progress {
    fn new(step: &FaultStep) -> Self {
        let begins = if step.after.is_none() { Some(step.at_milliseconds.unwrap_or(0)) } else { None };
        Progress { state: StepState::Waiting, requests: 0, begins, ends: None }
    }
}

impl Playback {
    /// A script at its start.
    ///
    /// # Errors
    /// [`FaultScriptError`]
    pub fn new(script: FaultScript) -> Result<Self, FaultScriptError> {
        script.check()?;
        let progress = script.steps.iter().map(Progress::new).collect();
        Ok(Playback { devices: script.devices.clone(), script, progress })
    }

    /// What is played.
    pub fn script(&self) -> &FaultScript {
        &self.script
    }

    /// Which devices the script's names are, as far as they are known.
    pub fn devices(&self) -> &BTreeMap<String, DeviceId> {
        &self.devices
    }

    /// How far each step is.
    pub fn states(&self) -> Vec<StepState> {
        self.progress.iter().map(|progress| progress.state).collect()
    }

    /// What meets a request that arrives now. `device` is the one that asks, if that is known.
    pub fn arrive(
        &mut self,
        rules: &mut Rules,
        device: Option<DeviceId>,
        resource: Option<Resource>,
        now: u64,
    ) -> Arrival {
        if let Some(device) = device {
            self.name(device);
        }
        self.advance(rules, now);
        let arrival = rules.arrive(device, resource);
        self.count(device, resource, now);
        arrival
    }

    /// Begins and ends the steps whose time has come.
    pub fn advance(&mut self, rules: &mut Rules, now: u64) {
        let waiting = self.progress.iter().enumerate().filter_map(|(number, progress)| {
            let begins = progress.begins.filter(|begins| progress.state == StepState::Waiting && *begins <= now)?;
            Some((begins, number))
        });
        let mut due: Vec<(u64, usize)> = waiting.collect();
        due.sort_unstable();
        for (begins, number) in due {
            self.begin(rules, number, begins);
        }
        for number in 0..self.progress.len() {
            let progress = &mut self.progress[number];
            if progress.state == StepState::Begun && progress.ends.is_some_and(|ends| ends <= now) {
                progress.state = StepState::Ended;
                rules.end(number);
            }
        }
    }

    /// A step of a device that nobody knows yet waits for it.
    fn begin(&mut self, rules: &mut Rules, number: usize, begins: u64) {
        let step = &self.script.steps[number];
        let device = match &step.device {
            None => None,
            Some(name) => match self.devices.get(name) {
                None => return,
                known => known.copied(),
            },
        };
        let chance = step.probability_percent.map(|percent| Chance::new(self.script.seed, number, percent));
        rules.begin(device, number, step.faults.clone(), chance);
        let progress = &mut self.progress[number];
        progress.state = StepState::Begun;
        progress.ends = step.for_milliseconds.map(|duration| begins.saturating_add(duration));
    }

    /// Counts a request. A step that waited for it begins before the next one.
    fn count(&mut self, device: Option<DeviceId>, resource: Option<Resource>, now: u64) {
        for (step, progress) in self.script.steps.iter().zip(&mut self.progress) {
            let Some(after) = step.after.as_ref().filter(|_| progress.begins.is_none()) else { continue };
            let is_theirs = step
                .device
                .as_ref()
                .is_none_or(|name| device.is_some_and(|device| self.devices.get(name) == Some(&device)));
            if is_theirs && after.resource.is_none_or(|only| resource == Some(only)) {
                progress.requests += 1;
                progress.begins = (progress.requests >= after.requests).then_some(now);
            }
        }
    }

    /// Gives a device that has no name the first one that is free.
    fn name(&mut self, device: DeviceId) {
        if self.devices.values().any(|known| *known == device) {
            return;
        }
        let free = self.script.names().into_iter().find(|name| !self.devices.contains_key(*name)).map(str::to_owned);
        if let Some(name) = free {
            self.devices.insert(name, device);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Fate;

    const PHONE: DeviceId = DeviceId::from_bytes([1; 16]);
    const TABLET: DeviceId = DeviceId::from_bytes([2; 16]);
    const JOURNAL: Option<Resource> = Some(Resource::Journal);

    /// A script that is played, with its rules.
    struct Stage(Playback, Rules);

    impl Stage {
        fn new(script: &str) -> Self {
            Stage(Playback::new(serde_json::from_str(script).unwrap()).unwrap(), Rules::default())
        }

        /// Whether a request to the journal is dropped.
        fn drops(&mut self, device: Option<DeviceId>, now: u64) -> bool {
            self.0.arrive(&mut self.1, device, JOURNAL, now).fate == Fate::Dropped
        }
    }

    #[test]
    fn a_step_begins_at_its_time_and_ends_after_it() {
        let steps = r#"{"version":1,"steps":[{"at_milliseconds":10,"for_milliseconds":5,"faults":{"drop":{}}}]}"#;
        let mut stage = Stage::new(steps);
        for (now, dropped) in [(0, false), (9, false), (10, true), (14, true), (15, false), (99, false)] {
            assert_eq!(stage.drops(None, now), dropped, "{now}");
        }
        assert_eq!(stage.0.states(), [StepState::Ended]);
        assert!(!Stage::new(steps).drops(None, 15), "nobody asked while it lasted");
    }

    #[test]
    fn the_end_of_a_step_leaves_what_took_its_place() {
        let mut stage = Stage::new(
            r#"{"version":1,"steps":[{"at_milliseconds":2,"faults":{"drop":{}}},{"for_milliseconds":5,"faults":{"latency":{"milliseconds":1}}}]}"#,
        );
        assert!(!stage.drops(None, 1));
        assert!(stage.drops(None, 2));
        assert!(stage.drops(None, 5));
        assert_eq!(stage.0.states(), [StepState::Begun, StepState::Ended]);
    }

    #[test]
    fn a_step_after_requests_counts_those_of_its_device_and_resource_and_meets_the_next() {
        let mut stage = Stage::new(
            r#"{"version":1,"steps":[{"device":"phone","after":{"resource":"journal","requests":2},"faults":{"drop":{"count":1}}}]}"#,
        );
        assert!(!stage.drops(Some(PHONE), 0));
        assert!(!stage.drops(Some(TABLET), 0));
        assert!(!stage.drops(None, 0));
        assert_eq!(stage.0.arrive(&mut stage.1, Some(PHONE), Some(Resource::Account), 0).fate, Fate::CarriedOut);
        assert!(!stage.drops(Some(PHONE), 0), "the second");
        assert!(!stage.drops(Some(TABLET), 0));
        assert!(stage.drops(Some(PHONE), 0), "the one after");
        assert!(!stage.drops(Some(PHONE), 0));
    }

    #[test]
    fn names_become_devices_in_the_order_in_which_these_ask() {
        let mut stage = Stage::new(
            r#"{"version":1,"steps":[{"device":"phone","faults":{"drop":{"count":1}}},{"device":"tablet","faults":{"drop":{"count":2}}}]}"#,
        );
        assert!(!stage.drops(None, 0));
        assert_eq!(stage.0.states(), [StepState::Waiting; 2]);
        let dropped = [TABLET, PHONE, TABLET, PHONE, PHONE].map(|device| stage.drops(Some(device), 0));
        assert_eq!(dropped, [true, true, false, true, false]);
        assert_eq!((stage.0.devices()["phone"], stage.0.devices()["tablet"]), (TABLET, PHONE));
        let third = DeviceId::from_bytes([3; 16]);
        assert!(!stage.drops(Some(third), 0) && stage.0.devices().len() == 2);
    }

    #[test]
    fn a_name_that_is_given_is_that_device_whoever_asks_first() {
        let script = format!(
            r#"{{"version":1,"devices":{{"phone":"{PHONE}"}},"steps":[{{"device":"phone","faults":{{"drop":{{}}}}}}]}}"#
        );
        let mut stage = Stage::new(&script);
        assert!(!stage.drops(Some(TABLET), 0));
        assert!(stage.drops(Some(PHONE), 0));
    }

    #[test]
    fn the_same_seed_drops_the_same_requests_and_another_others() {
        let dropped = |seed: u32| {
            let script = format!(
                r#"{{"version":1,"seed":{seed},"steps":[{{"faults":{{"drop":{{}}}},"probability_percent":50}}]}}"#
            );
            let mut stage = Stage::new(&script);
            (0..100).map(|now| stage.drops(None, now)).collect::<Vec<_>>()
        };
        assert_eq!(dropped(1), dropped(1));
        assert_ne!(dropped(1), dropped(2));
    }
}
