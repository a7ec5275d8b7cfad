use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const LIMIT: i64 = 1_000;

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

fn day(now: i64) -> Window {
    let from = now.div_euclid(DAY) * DAY;
    Window { from: at(from), until: at(from + DAY) }
}

fn standing(spent: i64) -> Standing {
    Standing { limit: LIMIT, spent, window: day(0) }
}

fn holds(micros: i64) -> Vec<Held> {
    vec![Held { micros, until: at(DAY) }]
}

#[test]
fn one_device_gets_all_that_is_left() {
    assert_eq!(room(&standing(0), &[], 1, 0), 1_000);
    assert_eq!(room(&standing(999), &[], 1, 0), 1);
    assert_eq!(room(&standing(1_500), &[], 1, 0), 0, "a limit that was lowered is passed already");
}

#[test]
fn several_devices_get_equal_parts_and_more_where_one_needs_it() {
    assert_eq!(room(&standing(400), &[vec![], vec![]], 3, 0), 200);
    assert_eq!(room(&standing(400), &[vec![], vec![]], 3, 350), 350);
    assert_eq!(room(&standing(400), &[holds(200), vec![]], 3, 9_999), 400);
}

#[test]
fn what_another_device_may_still_draw_is_not_given_out_again() {
    assert_eq!(room(&standing(0), &[holds(1_000)], 2, 0), 0);
    let before = vec![Held { micros: 1_000, until: at(-1) }];
    assert_eq!(room(&standing(0), &[before], 2, 0), 500, "it ended before the window began");
    let two = vec![Held { micros: 100, until: at(DAY) }, Held { micros: 700, until: at(DAY) }];
    assert_eq!(room(&standing(0), &[two], 2, 0), 300, "the larger of the versions that it may still name");
}

/// A device as the gateway knows it, and as it is.
#[derive(Clone, Default)]
struct Model {
    /// Each version: what may ever have been drawn, and when it was issued and ends.
    versions: Vec<(i64, i64, i64)>,
    settled: i64,
    /// The version that was named last.
    named: usize,
    /// The version that the device has heard of.
    heard: Option<usize>,
    heard_time: i64,
    /// What it bought and has not sent: amount, version, time.
    queue: Vec<(i64, usize, i64)>,
}

impl Model {
    fn drawn(&self) -> i64 {
        self.settled + self.queue.iter().map(|(amount, ..)| amount).sum::<i64>()
    }

    fn held(&self) -> Vec<Held> {
        let live = self.versions.iter().skip(self.named);
        live.map(|(most, _, until)| Held { micros: (most - self.settled).max(0), until: at(*until) }).collect()
    }
}

#[derive(Clone, Debug)]
enum Action {
    /// A device buys offline, with its clock off by so many hours.
    Buy {
        device: usize,
        amount: i64,
        clock: i64,
    },
    /// It sends what it bought and hears of a new version, unless the answer is lost.
    Sync {
        device: usize,
        needed: i64,
        is_heard: bool,
    },
    Pass {
        hours: i64,
    },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        4 => (0_usize..4, 1_i64..400, -48_i64..=48)
            .prop_map(|(device, amount, clock)| Action::Buy { device, amount, clock }),
        3 => (0_usize..4, prop_oneof![Just(0_i64), 1_i64..1_200], prop::bool::weighted(0.8))
            .prop_map(|(device, needed, is_heard)| Action::Sync { device, needed, is_heard }),
        1 => (1_i64..30).prop_map(|hours| Action::Pass { hours }),
    ];
    prop::collection::vec(action, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever devices do offline, and whatever their clocks show: what the gateway counts in a day is within the limit,
    /// and so is all that was bought in the days so far.
    #[test]
    fn no_limit_is_passed_on_any_number_of_offline_devices(actions in actions()) {
        let (mut devices, mut now) = (vec![Model::default(); 4], 10 * DAY);
        let mut spent = std::collections::BTreeMap::<i64, i64>::new();
        let mut bought = 0;
        for action in actions {
            match action {
                Action::Pass { hours } => now += hours * HOUR,
                Action::Buy { device, amount, clock } => {
                    let device = &mut devices[device];
                    let Some(version) = device.heard else { continue };
                    let (most, _, until) = device.versions[version];
                    let shown = (now + clock * HOUR).max(device.heard_time);
                    if shown <= until && device.drawn() + amount <= most {
                        device.queue.push((amount, version, shown));
                        bought += amount;
                    }
                }
                Action::Sync { device, needed, is_heard } => {
                    for (amount, version, shown) in std::mem::take(&mut devices[device].queue) {
                        let model = &mut devices[device];
                        let (most, issued, until) = model.versions[version];
                        prop_assert!(version >= model.named && shown <= until && model.settled + amount <= most);
                        (model.named, model.settled) = (version, model.settled + amount);
                        *spent.entry(shown.max(issued).min(now).div_euclid(DAY)).or_default() += amount;
                    }
                    if let Some(heard) = devices[device].heard {
                        devices[device].named = heard;
                    }
                    let others: Vec<_> =
                        devices.iter().enumerate().filter(|(place, _)| *place != device).map(|(_, d)| d.held()).collect();
                    let today = *spent.get(&now.div_euclid(DAY)).unwrap_or(&0);
                    let standing = Standing { limit: LIMIT, spent: today, window: day(now) };
                    let room = room(&standing, &others, 4, needed);
                    let model = &mut devices[device];
                    model.versions.push((model.settled + room, now, now + 3 * DAY));
                    if is_heard {
                        model.heard = Some(model.versions.len() - 1);
                        model.heard_time = now;
                    }
                }
            }
            prop_assert!(spent.values().all(|sum| *sum <= LIMIT), "{spent:?}");
            let days = now.div_euclid(DAY) - 10 + 1;
            prop_assert!(bought <= days * LIMIT, "{bought} in {days} days");
        }
    }
}
