//! Which fault meets a request: a function of the rules, of their counters and of who asks for what.
//!
//! A device's own faults come before those of all. Of one request a latency and one other fault are
//! used up, in this order: drop, error, lost answer.

use std::collections::BTreeMap;
use std::time::Duration;

use farthing_protocol::api::DeclineCode;
use farthing_protocol::{DeviceId, RejectionReason};

use crate::chance::Chance;
use crate::fault_set::{
    Answer, AskToBuy, Decline, Drop, ErrorAnswer, FaultSet, Latency, LoseResponse, Reject, Resource,
};

/// The faults of each device and of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    all: Ordered,
    devices: BTreeMap<DeviceId, Ordered>,
}

/// A set at work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ordered {
    faults: FaultSet,
    /// Which step of a script ordered it, if one did.
    step: Option<usize>,
    /// How likely its faults are; certain where there is none.
    chance: Option<Chance>,
}

/// What meets a request before it is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// First it waits this long.
    pub latency: Option<Duration>,
    /// Then this happens.
    pub fate: Fate,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out.
    CarriedOut,
    /// It gets no answer.
    Dropped,
    /// It is answered with this status.
    Failed {
        /// 500 or 503.
        status: u16,
    },
}

/// A fault that is for some requests only, and ends after so many.
trait Limited: Clone {
    fn resource(&self) -> Option<Resource>;
    fn count(&mut self) -> &mut Option<u32>;
}

macro_rules! limited {
    ($($name:ident: $self:ident => $resource:expr;)*) => {
        $(impl Limited for $name {
            fn resource(&$self) -> Option<Resource> {
                $resource
            }

            fn count(&mut self) -> &mut Option<u32> {
                &mut self.count
            }
        })*
    };
}
limited! {
    Latency: self => self.resource;
    Drop: self => self.resource;
    ErrorAnswer: self => self.resource;
    LoseResponse: self => self.resource;
    Decline: self => None;
    Reject: self => None;
    AskToBuy: self => None;
}

impl Rules {
    /// Whether there is no fault.
    pub fn is_empty(&self) -> bool {
        self.all.faults.is_empty() && self.devices.is_empty()
    }

    /// Every set that is not used up; `None` names the one of all devices.
    pub fn listed(&self) -> Vec<(Option<DeviceId>, FaultSet)> {
        let all = (!self.all.faults.is_empty()).then(|| (None, self.all.faults.clone()));
        let devices = self.devices.iter().map(|(device, ordered)| (Some(*device), ordered.faults.clone()));
        all.into_iter().chain(devices).collect()
    }

    /// Puts a set in the place of the device's, or of that of all.
    pub fn replace(&mut self, device: Option<DeviceId>, faults: FaultSet) {
        self.put(device, Ordered { faults, step: None, chance: None });
    }

    /// As [`Rules::replace`], by a step of a script.
    pub(crate) fn begin(&mut self, device: Option<DeviceId>, step: usize, faults: FaultSet, chance: Option<Chance>) {
        self.put(device, Ordered { faults, step: Some(step), chance });
    }

    /// Ends what a step of a script ordered, if nothing has taken its place.
    pub(crate) fn end(&mut self, step: usize) {
        if self.all.step == Some(step) {
            self.all = Ordered::default();
        }
        self.devices.retain(|_, ordered| ordered.step != Some(step));
    }

    fn put(&mut self, device: Option<DeviceId>, ordered: Ordered) {
        match device {
            None => self.all = ordered,
            Some(device) if ordered.faults.is_empty() => _ = self.devices.remove(&device),
            Some(device) => _ = self.devices.insert(device, ordered),
        }
    }

    /// By how many seconds the clock is off.
    pub fn clock_skew_seconds(&self) -> i64 {
        self.all.faults.clock_skew_seconds.unwrap_or(0)
    }

    /// Whether the device is frozen.
    pub fn freezes(&self, device: DeviceId) -> bool {
        self.all.faults.freeze || self.devices.get(&device).is_some_and(|ordered| ordered.faults.freeze)
    }

    /// What meets a request before it is carried out.
    pub fn arrive(&mut self, device: Option<DeviceId>, resource: Option<Resource>) -> Arrival {
        let latency = self.take(device, resource, |faults| &mut faults.latency);
        let latency = latency.map(|fault| Duration::from_millis(fault.milliseconds.into()));
        let fate = if self.take(device, resource, |faults| &mut faults.drop).is_some() {
            Fate::Dropped
        } else if let Some(fault) = self.take(device, resource, |faults| &mut faults.error) {
            Fate::Failed { status: fault.status }
        } else {
            Fate::CarriedOut
        };
        Arrival { latency, fate }
    }

    /// Whether the answer to a request that was carried out is lost.
    pub fn loses_answer(&mut self, device: Option<DeviceId>, resource: Option<Resource>) -> bool {
        self.take(device, resource, |faults| &mut faults.lose_response).is_some()
    }

    /// Why the device's new top-up is declined, if it is.
    pub fn decline(&mut self, device: DeviceId) -> Option<DeclineCode> {
        self.take(Some(device), None, |faults| &mut faults.decline).map(|fault| fault.code)
    }

    /// Why the device's new purchase is rejected, if it is.
    pub fn reject(&mut self, device: DeviceId) -> Option<RejectionReason> {
        self.take(Some(device), None, |faults| &mut faults.reject).map(|fault| fault.reason)
    }

    /// Whether the device's purchases need an approval.
    pub fn asks_to_buy(&self, device: DeviceId) -> bool {
        let own = self.devices.get(&device).is_some_and(|ordered| ordered.faults.ask_to_buy.is_some());
        own || self.all.faults.ask_to_buy.is_some()
    }

    /// What a guardian answers the device that asks for an approval just now, if anything.
    pub fn answer(&mut self, device: DeviceId) -> Option<Answer> {
        let own = self.devices.get_mut(&device).and_then(|ordered| ordered.faults.ask_to_buy.as_mut());
        let fault = own.or(self.all.faults.ask_to_buy.as_mut())?;
        let answer = fault.answer?;
        match fault.after {
            Some(left) if left > 0 => {
                fault.after = Some(left - 1);
                None
            }
            _ => self.take(Some(device), None, |faults| &mut faults.ask_to_buy).map(|_| answer),
        }
    }

    /// The first fault that is for this request, counted down.
    fn take<F: Limited>(
        &mut self,
        device: Option<DeviceId>,
        resource: Option<Resource>,
        fault: fn(&mut FaultSet) -> &mut Option<F>,
    ) -> Option<F> {
        let own = device.and_then(|device| self.devices.get_mut(&device));
        let taken = own
            .into_iter()
            .chain([&mut self.all])
            .find_map(|ordered| count_down(fault(&mut ordered.faults), resource, ordered.chance.as_mut()));
        self.devices.retain(|_, ordered| !ordered.faults.is_empty());
        taken
    }
}

/// The fault, if it is for this request and chance does not spare it. Its last time takes it away.
fn count_down<F: Limited>(slot: &mut Option<F>, resource: Option<Resource>, chance: Option<&mut Chance>) -> Option<F> {
    let fault = slot.as_mut().filter(|fault| fault.resource().is_none_or(|only| resource == Some(only)))?;
    if chance.is_some_and(|chance| !chance.draw()) {
        return None;
    }
    let taken = fault.clone();
    if let Some(count) = fault.count() {
        *count = count.saturating_sub(1);
        if *count == 0 {
            *slot = None;
        }
    }
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: DeviceId = DeviceId::from_bytes([1; 16]);
    const TABLET: DeviceId = DeviceId::from_bytes([2; 16]);
    const JOURNAL: Option<Resource> = Some(Resource::Journal);

    fn rules(sets: &[(Option<DeviceId>, &str)]) -> Rules {
        let mut rules = Rules::default();
        for (device, faults) in sets {
            rules.replace(*device, serde_json::from_str(faults).unwrap());
        }
        rules
    }

    fn fate(rules: &mut Rules, device: Option<DeviceId>) -> Fate {
        rules.arrive(device, JOURNAL).fate
    }

    #[test]
    fn a_fault_with_a_count_ends_and_one_without_stays() {
        let mut rules = rules(&[(Some(PHONE), r#"{"drop":{"count":2}}"#), (None, r#"{"latency":{"milliseconds":7}}"#)]);
        for expected in [Fate::Dropped, Fate::Dropped, Fate::CarriedOut, Fate::CarriedOut] {
            let latency = Some(Duration::from_millis(7));
            assert_eq!(rules.arrive(Some(PHONE), JOURNAL), Arrival { latency, fate: expected });
        }
        assert_eq!(rules.listed().len(), 1, "what is used up is gone");
    }

    #[test]
    fn a_fault_meets_its_device_only_and_comes_before_that_of_all() {
        let own = (Some(PHONE), r#"{"error":{"status":500,"count":1}}"#);
        let mut rules = rules(&[own, (None, r#"{"error":{"status":503,"count":2}}"#)]);
        assert_eq!(fate(&mut rules, Some(PHONE)), Fate::Failed { status: 500 });
        assert_eq!(fate(&mut rules, Some(TABLET)), Fate::Failed { status: 503 });
        assert_eq!(fate(&mut rules, None), Fate::Failed { status: 503 });
        assert_eq!(fate(&mut rules, Some(PHONE)), Fate::CarriedOut);
        assert!(rules.is_empty());
    }

    #[test]
    fn a_fault_of_one_resource_waits_for_it() {
        let mut rules = rules(&[(None, r#"{"drop":{"resource":"top-ups","count":1}}"#)]);
        assert_eq!(fate(&mut rules, Some(PHONE)), Fate::CarriedOut);
        assert_eq!(rules.arrive(Some(PHONE), None).fate, Fate::CarriedOut);
        let top_up = Resource::of_path("/v1/top-ups/01a20da0-79c5-766f-986c-0f5ba27a3a4c");
        assert_eq!(rules.arrive(Some(PHONE), top_up).fate, Fate::Dropped);
        assert_eq!(rules.arrive(Some(PHONE), top_up).fate, Fate::CarriedOut);
    }

    #[test]
    fn of_several_faults_one_is_used_up_at_a_time() {
        let faults = r#"{"drop":{"count":1},"error":{"status":503,"count":1},"lose_response":{"count":1}}"#;
        let mut rules = rules(&[(Some(PHONE), faults)]);
        assert_eq!(fate(&mut rules, Some(PHONE)), Fate::Dropped);
        assert_eq!(fate(&mut rules, Some(PHONE)), Fate::Failed { status: 503 });
        assert_eq!(fate(&mut rules, Some(PHONE)), Fate::CarriedOut);
        assert!(rules.loses_answer(Some(PHONE), JOURNAL));
        assert!(!rules.loses_answer(Some(PHONE), JOURNAL));
    }

    #[test]
    fn a_guardian_answers_after_a_while_and_so_often() {
        let faults = r#"{"ask_to_buy":{"answer":"approve","after":1,"count":2}}"#;
        let mut rules = rules(&[(Some(PHONE), faults), (None, r#"{"ask_to_buy":{}}"#)]);
        assert!(rules.asks_to_buy(PHONE) && rules.asks_to_buy(TABLET));
        assert_eq!(rules.answer(TABLET), None, "nobody answers");
        let answers: Vec<_> = (0..4).map(|_| rules.answer(PHONE)).collect();
        assert_eq!(answers, [None, Some(Answer::Approve), Some(Answer::Approve), None]);
        rules.replace(None, FaultSet::default());
        assert!(!rules.asks_to_buy(PHONE) && rules.is_empty());
    }

    #[test]
    fn declines_rejections_and_freezes_are_the_devices() {
        let faults =
            r#"{"decline":{"code":"lost_card","count":1},"reject":{"reason":"wrong_price","count":1},"freeze":true}"#;
        let mut rules = rules(&[(Some(PHONE), faults)]);
        assert_eq!((rules.decline(TABLET), rules.reject(TABLET), rules.freezes(TABLET)), (None, None, false));
        assert_eq!((rules.decline(PHONE), rules.decline(PHONE)), (Some(DeclineCode::LostCard), None));
        assert_eq!((rules.reject(PHONE), rules.reject(PHONE)), (Some(RejectionReason::WrongPrice), None));
        assert!(rules.freezes(PHONE));
        rules.replace(Some(PHONE), FaultSet::default());
        assert!(!rules.freezes(PHONE) && rules.is_empty());
    }
}
