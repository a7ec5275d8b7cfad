//! A file of faults: when, whom, what.

use std::collections::{BTreeMap, BTreeSet};

use farthing_protocol::DeviceId;
use serde::{Deserialize, Serialize};

use crate::fault_set::{FaultSet, Resource};

/// The version of the format.
pub const VERSION: u32 = 1;
/// An afternoon of a tester's orders.
pub const STEPS_MAX: usize = 200;
/// A day: farther off nobody waits.
const MILLISECONDS_MAX: u64 = 86_400_000;
const REQUESTS_MAX: u32 = 1_000_000;
const NAME_BYTES_MAX: usize = 64;
/// A day each second.
const TIME_RATE_MAX: u32 = 86_400;

/// A file of faults that a gateway or a test's transport plays. Played twice against the same sequence of requests it
/// does the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultScript {
    /// 1.
    #[schema(minimum = 1, maximum = 1, example = 1)]
    pub version: u32,
    /// What steps with a probability draw from.
    #[serde(default)]
    pub seed: u32,
    /// How many times as fast as ever the gateway's clock runs while the script is played. The script's own time is
    /// not sped up.
    #[serde(default = "ever", skip_serializing_if = "is_ever")]
    #[schema(default = 1, minimum = 1, maximum = 86_400)]
    pub time_rate: u32,
    /// Which devices the names in the steps are. Each name that is not here becomes the next device that asks for
    /// something and has no name, in the order in which the steps name them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, DeviceId>,
    /// What happens. Of steps that begin at once the later one in the file comes later.
    #[schema(max_items = 200)]
    pub steps: Vec<FaultStep>,
}

/// At some time some faults begin: they take the place of those before for that device, or for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultStep {
    /// When it begins, counted from the script's start; at once where neither this nor `after` is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 86_400_000)]
    pub at_milliseconds: Option<u64>,
    /// Or after how many requests it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterRequests>,
    /// Whose faults they are; those of all where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64, example = "phone")]
    pub device: Option<String>,
    /// What happens from then on; an empty set ends what was before.
    pub faults: FaultSet,
    /// How long, unless others take their place before. Left out, there is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 86_400_000)]
    pub for_milliseconds: Option<u64>,
    /// How many of a hundred requests meet each fault, drawn from the seed; all of them where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 99)]
    pub probability_percent: Option<u8>,
}

/// A number of requests: those of the step's device, or of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterRequests {
    /// Only those of this resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// How many; the next one meets the faults. A request that is made again counts again.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub requests: u32,
}

/// What is wrong with a script. Nothing is played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FaultScriptError {
    /// Which member, such as `steps[3].faults.drop.count`.
    pub field: String,
    /// Why.
    pub reason: String,
}

impl FaultScriptError {
    fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        FaultScriptError { field: field.into(), reason: reason.into() }
    }
}

fn ever() -> u32 {
    1
}

fn is_ever(rate: &u32) -> bool {
    *rate == 1
}

impl FaultScript {
    /// A script with these steps and no more.
    pub fn new(steps: Vec<FaultStep>) -> Self {
        FaultScript { version: VERSION, seed: 0, time_rate: 1, devices: BTreeMap::new(), steps }
    }

    /// The names of devices, in the order in which the steps have them.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.steps.iter().filter_map(|step| step.device.as_deref()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Checks what the types alone don't say.
    ///
    /// # Errors
    /// [`FaultScriptError`]: the first member that is wrong.
    pub fn check(&self) -> Result<(), FaultScriptError> {
        if self.version != VERSION {
            return Err(FaultScriptError::new("version", format!("This gateway plays version {VERSION}.")));
        }
        if !(1..=TIME_RATE_MAX).contains(&self.time_rate) {
            return Err(FaultScriptError::new("time_rate", format!("A time rate is 1 to {TIME_RATE_MAX}.")));
        }
        if self.steps.len() > STEPS_MAX {
            return Err(FaultScriptError::new("steps", format!("A script has at most {STEPS_MAX} steps.")));
        }
        let names = self.names();
        if let Some(stranger) = self.devices.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(FaultScriptError::new(format!("devices.{stranger}"), "No step has this name."));
        }
        if self.devices.values().collect::<BTreeSet<_>>().len() < self.devices.len() {
            return Err(FaultScriptError::new("devices", "Two names are one device."));
        }
        let wrong = |(number, step): (usize, &FaultStep)| {
            let (field, reason) = step.check().err()?;
            Some(FaultScriptError::new(format!("steps[{number}].{field}"), reason))
        };
        self.steps.iter().enumerate().find_map(wrong).map_or(Ok(()), Err)
    }
}

impl FaultStep {
    fn check(&self) -> Result<(), (String, String)> {
        let wrong = |field: &str, reason: &str| Err((field.to_owned(), reason.to_owned()));
        match (&self.after, self.at_milliseconds) {
            (Some(_), Some(_)) => return wrong("after", "A step begins at a time or after requests, not both."),
            (Some(after), None) if !(1..=REQUESTS_MAX).contains(&after.requests) => {
                return wrong("after.requests", "Requests are counted from 1 to a million.");
            }
            (None, Some(MILLISECONDS_MAX..)) => return wrong("at_milliseconds", "A step begins within a day."),
            _ => {}
        }
        if self.device.as_ref().is_some_and(|name| !(1..=NAME_BYTES_MAX).contains(&name.len())) {
            return wrong("device", "A device's name has 1 to 64 bytes.");
        }
        if self.for_milliseconds.is_some_and(|duration| !(1..=MILLISECONDS_MAX).contains(&duration)) {
            return wrong("for_milliseconds", "A step lasts 1 millisecond to a day.");
        }
        let is_random = self.probability_percent.is_some();
        if self.probability_percent.is_some_and(|percent| !(1..=99).contains(&percent)) {
            return wrong("probability_percent", "A probability is 1 to 99 percent; leave it out for all requests.");
        }
        if is_random && (self.faults.freeze || self.faults.clock_skew_seconds.is_some()) {
            return wrong(
                "probability_percent",
                "A device is frozen or not, and there is one clock: neither is drawn.",
            );
        }
        let checked = self.faults.check(self.device.is_some());
        checked.map_err(|error| (format!("faults.{}", error.field), error.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_told_as_it_was_written() {
        let written = r#"{"version":1,"seed":7,"time_rate":60,"devices":{"phone":"01a20da0-79c5-766f-986c-0f5ba27a3a4c"},"steps":[{"at_milliseconds":5,"device":"phone","faults":{"drop":{}},"for_milliseconds":9,"probability_percent":30},{"after":{"resource":"journal","requests":2},"faults":{}}]}"#;
        let script: FaultScript = serde_json::from_str(written).unwrap();
        script.check().unwrap();
        assert_eq!(serde_json::to_string(&script).unwrap(), written);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (script, field) in [
            (r#"{"version":2,"steps":[]}"#, "version"),
            (r#"{"version":1,"time_rate":0,"steps":[]}"#, "time_rate"),
            (r#"{"version":1,"devices":{"phone":"01a20da0-79c5-766f-986c-0f5ba27a3a4c"},"steps":[]}"#, "devices.phone"),
            (r#"{"version":1,"steps":[{"faults":{}},{"faults":{"drop":{"count":0}}}]}"#, "steps[1].faults.drop.count"),
            (r#"{"version":1,"steps":[{"at_milliseconds":1,"after":{"requests":1},"faults":{}}]}"#, "steps[0].after"),
            (r#"{"version":1,"steps":[{"after":{"requests":0},"faults":{}}]}"#, "steps[0].after.requests"),
            (r#"{"version":1,"steps":[{"device":"","faults":{}}]}"#, "steps[0].device"),
            (r#"{"version":1,"steps":[{"for_milliseconds":0,"faults":{}}]}"#, "steps[0].for_milliseconds"),
            (r#"{"version":1,"steps":[{"probability_percent":100,"faults":{}}]}"#, "steps[0].probability_percent"),
            (
                r#"{"version":1,"steps":[{"probability_percent":5,"faults":{"freeze":true}}]}"#,
                "steps[0].probability_percent",
            ),
            (
                r#"{"version":1,"steps":[{"device":"phone","faults":{"clock_skew_seconds":1}}]}"#,
                "steps[0].faults.clock_skew_seconds",
            ),
        ] {
            let script: FaultScript = serde_json::from_str(script).unwrap();
            assert_eq!(script.check().unwrap_err().field, field, "{script:?}");
        }
        let steps = vec![FaultStep::default(); STEPS_MAX + 1];
        assert_eq!(FaultScript::new(steps).check().unwrap_err().field, "steps");
        assert!(serde_json::from_str::<FaultScript>(r#"{"version":1,"steps":[{"faults":{},"atms":1}]}"#).is_err());
    }
}
