//! What a tester ordered, as a script.

use farthing_protocol::DeviceId;

use crate::fault_set::FaultSet;
use crate::script::{FaultScript, FaultStep, STEPS_MAX};

/// Orders since some moment.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    devices: Vec<DeviceId>,
    steps: Vec<FaultStep>,
}

impl Recording {
    /// Writes an order down: so many milliseconds after the recording began, for a device or for all. Returns whether
    /// there was room for it: a script has at most [`STEPS_MAX`] steps.
    pub fn write(&mut self, at_milliseconds: u64, device: Option<DeviceId>, faults: FaultSet) -> bool {
        if self.steps.len() == STEPS_MAX {
            return false;
        }
        let device = device.map(|device| self.name(device));
        self.steps.push(FaultStep { at_milliseconds: Some(at_milliseconds), device, faults, ..FaultStep::default() });
        true
    }

    /// The script that orders the same. Devices are `device-1`, `device-2` and so on.
    pub fn script(&self) -> FaultScript {
        FaultScript::new(self.steps.clone())
    }

    fn name(&mut self, device: DeviceId) -> String {
        let known = self.devices.iter().position(|known| *known == device);
        let place = known.unwrap_or_else(|| {
            self.devices.push(device);
            self.devices.len() - 1
        });
        format!("device-{}", place + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_become_steps_and_devices_get_names() {
        let (phone, tablet) = (DeviceId::from_bytes([1; 16]), DeviceId::from_bytes([2; 16]));
        let drop: FaultSet = serde_json::from_str(r#"{"drop":{"count":1}}"#).unwrap();
        let mut recording = Recording::default();
        for (at, device) in [(0, Some(tablet)), (5, None), (9, Some(phone)), (12, Some(tablet))] {
            assert!(recording.write(at, device, drop.clone()));
        }
        let script = recording.script();
        script.check().unwrap();
        let names: Vec<_> = script.steps.iter().map(|step| (step.at_milliseconds, step.device.as_deref())).collect();
        let expected =
            [(Some(0), Some("device-1")), (Some(5), None), (Some(9), Some("device-2")), (Some(12), Some("device-1"))];
        assert_eq!(names, expected);
    }

    #[test]
    fn what_has_no_room_is_told() {
        let mut recording = Recording::default();
        assert!((0..STEPS_MAX).all(|_| recording.write(0, None, FaultSet::default())));
        assert!(!recording.write(0, None, FaultSet::default()));
        recording.script().check().unwrap();
    }
}
