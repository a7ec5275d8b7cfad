//! What happens in a world: a list of steps, all of it decided by the seed before the first one is taken. A step holds
//! its own chances, so that a list with some steps left out is still a run that can be repeated.

use farthing_machine::Fault;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Phones in a world, each with an account of its own; clones come on top.
pub(crate) const PHONES: usize = 3;

/// What the items are, with what the sample catalog says of them.
pub(crate) const SKUS: [&str; 6] = ["extra_life", "golden_key", "arrow", "hint", "sword_of_dawn", "map_of_the_depths"];

/// Who can be tipped, and what the wallet calls tips to them.
pub(crate) const CREATOR: &str = "ana";
pub(crate) const TIP: &str = "tip:ana";

/// One thing that a player, a phone, the network, the operator or fate does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// `again` asks for an earlier purchase once more, under its key.
    Buy {
        phone: usize,
        sku: usize,
        quantity: u32,
        again: bool,
    },
    /// A tip of so many cents and a micro; `again` as above.
    Tip {
        phone: usize,
        cents: u32,
        again: bool,
    },
    /// Purchases that arrive at the same moment and share a commit.
    BuyTogether {
        phone: usize,
        count: u32,
    },
    Consume {
        phone: usize,
        sku: usize,
        quantity: u32,
        again: bool,
    },
    /// Asks for the price of one of the newest purchases back.
    Refund {
        phone: usize,
        which: usize,
    },
    TopUp {
        phone: usize,
        cents: u32,
        euros: bool,
    },
    AddCard {
        phone: usize,
        card: usize,
    },
    RemoveCard {
        phone: usize,
    },
    Sync {
        phone: usize,
    },
    /// A sync whose batch is answered, but the answer is on its way until `Release`.
    HoldSync {
        phone: usize,
    },
    Release {
        phone: usize,
    },
    LookBack {
        phone: usize,
    },
    /// The wallet closes and opens in good order.
    Reopen {
        phone: usize,
    },
    SecondProcess {
        phone: usize,
    },
    Erase {
        phone: usize,
        force: bool,
    },
    /// The app is killed now; with `power`, the phone's battery is out.
    Kill {
        phone: usize,
        power: bool,
    },
    /// The same at a moment that the disk's calls decide.
    KillAt {
        phone: usize,
        calls: u64,
        torn: bool,
        power: bool,
    },
    DiskFault {
        phone: usize,
        calls: u64,
        fault: Fault,
    },
    MendDisk {
        phone: usize,
    },
    KeyStore {
        phone: usize,
        mood: Mood,
    },
    BackUp {
        phone: usize,
    },
    Restore {
        phone: usize,
    },
    Clone {
        phone: usize,
    },
    /// Someone exchanges two rows of the database.
    MoveRows {
        phone: usize,
    },
    Weather {
        phone: usize,
        weather: Weather,
        chances: u64,
    },
    /// The network delivers requests again that it has delivered before.
    Repeat {
        phone: usize,
        chances: u64,
    },
    /// Time passes for all.
    Pass {
        minutes: u32,
    },
    SetClock {
        phone: usize,
        days: i32,
    },
    KillGateway {
        power: bool,
    },
    KillGatewayAt {
        calls: u64,
        torn: bool,
        power: bool,
    },
    RestartGateway,
    GatewayDiskFault {
        calls: u64,
        fault: Fault,
    },
    ChangeCatalog {
        cents: u32,
    },
    /// The next purchase that the gateway settles is rejected.
    OrderRejection,
}

/// How the key store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// It answers nothing: the phone is locked.
    Locked,
    /// It keeps nothing new.
    Forgetful,
}

/// How the network is. Each fate is so likely, in per cent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) not_sent: u8,
    pub(crate) request_lost: u8,
    pub(crate) answer_lost: u8,
    pub(crate) late: u8,
    pub(crate) doubled: u8,
    pub(crate) request_garbled: u8,
    pub(crate) answer_garbled: u8,
    pub(crate) old_answer: u8,
    pub(crate) anothers_answer: u8,
    pub(crate) portal: u8,
    pub(crate) unavailable: u8,
}

/// What a seed makes likely: a run that does a little of everything rarely goes deep anywhere.
#[derive(Clone, Copy)]
struct Themes {
    crashes: u32,
    disk: u32,
    network: u32,
    time: u32,
    backups: u32,
    gateway: u32,
    keys: u32,
    rejections: u32,
}

/// The plan of a seed.
pub(crate) fn plan(seed: u64, length: usize) -> Vec<Step> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut theme = |most: u32| if random.random_bool(0.4) { random.random_range(1..=most) } else { 0 };
    let themes = Themes {
        crashes: theme(16),
        disk: theme(12),
        network: theme(20),
        time: theme(12),
        backups: theme(8),
        gateway: theme(10),
        keys: theme(8),
        rejections: theme(6),
    };
    let mut steps: Vec<Step> = (0..PHONES)
        .flat_map(|phone| {
            [
                Step::Sync { phone },
                Step::AddCard { phone, card: 0 },
                Step::TopUp { phone, cents: 500 + 1_500 * phone as u32, euros: false },
            ]
        })
        .collect();
    while steps.len() < length {
        // Chance alone never comes to the one day on which an allowance has ended and the prices have not.
        if themes.time > 0 && random.random_bool(0.01) {
            steps.extend(prices_that_outlive_an_allowance(&mut random));
        }
        steps.push(step(&mut random, &themes));
    }
    steps
}

/// Prices are published hours after an allowance was issued, and then a phone has no network for as long as an allowance
/// lasts.
fn prices_that_outlive_an_allowance(random: &mut ChaCha8Rng) -> [Step; 8] {
    let phone = random.random_range(0..PHONES);
    let hours_later = random.random_range(5..20);
    [
        Step::Weather { phone, weather: Weather::default(), chances: random.random() },
        Step::Sync { phone },
        Step::Pass { minutes: hours_later * 60 },
        Step::ChangeCatalog { cents: random.random_range(1..300) },
        Step::Sync { phone },
        Step::Weather { phone, weather: Weather { not_sent: 100, ..Weather::default() }, chances: random.random() },
        Step::Pass { minutes: 30 * 1_440 - hours_later * 60 + 120 },
        Step::Buy { phone, sku: 0, quantity: 1, again: false },
    ]
}

fn step(random: &mut ChaCha8Rng, themes: &Themes) -> Step {
    let phone = [0, 0, 0, 1, 1, 2][random.random_range(0..6)];
    let calls = random.random_range(0..40);
    let weighted: [(u32, Kind); 10] = [
        (40, Kind::Player),
        (16, Kind::Sync),
        (themes.crashes, Kind::Crash),
        (themes.disk, Kind::Disk),
        (themes.network, Kind::Network),
        (themes.time, Kind::Time),
        (themes.backups, Kind::Backup),
        (themes.gateway, Kind::Gateway),
        (themes.keys, Kind::Keys),
        (themes.rejections, Kind::Rejection),
    ];
    let kind = weighted.choose_weighted(random, |(weight, _)| *weight).map_or(Kind::Player, |(_, kind)| *kind);
    match kind {
        Kind::Player => player(random, phone),
        Kind::Sync => match random.random_range(0..10) {
            0 => Step::HoldSync { phone },
            1 => Step::Release { phone },
            _ => Step::Sync { phone },
        },
        Kind::Crash => match random.random_range(0..6) {
            0 => Step::Kill { phone, power: false },
            1 => Step::Kill { phone, power: true },
            _ => Step::KillAt { phone, calls, torn: random.random(), power: random.random() },
        },
        Kind::Disk => match random.random_range(0..4) {
            0 => Step::MendDisk { phone },
            _ => Step::DiskFault { phone, calls, fault: disk_fault(random) },
        },
        Kind::Network => match random.random_range(0..3) {
            0 => Step::Repeat { phone, chances: random.random() },
            _ => Step::Weather { phone, weather: weather(random), chances: random.random() },
        },
        Kind::Time => match random.random_range(0..4) {
            0 => Step::Pass { minutes: random.random_range(1..600) },
            1 => Step::Pass { minutes: random.random_range(1_440..36 * 1_440) },
            _ => Step::SetClock { phone, days: random.random_range(-3_650..3_650) },
        },
        Kind::Backup => match random.random_range(0..8) {
            0..3 => Step::BackUp { phone },
            3..6 => Step::Restore { phone },
            6 => Step::Clone { phone },
            _ => Step::MoveRows { phone },
        },
        Kind::Gateway => match random.random_range(0..7) {
            0 => Step::RestartGateway,
            1 => Step::KillGateway { power: random.random() },
            2 => Step::GatewayDiskFault { calls: random.random_range(0..120), fault: disk_fault(random) },
            3 => Step::ChangeCatalog { cents: random.random_range(1..300) },
            _ => Step::KillGatewayAt {
                calls: random.random_range(0..120),
                torn: random.random(),
                power: random.random(),
            },
        },
        Kind::Keys => Step::KeyStore {
            phone,
            mood: [Mood::Well, Mood::Well, Mood::Locked, Mood::Forgetful][random.random_range(0..4)],
        },
        Kind::Rejection => Step::OrderRejection,
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Player,
    Sync,
    Crash,
    Disk,
    Network,
    Time,
    Backup,
    Gateway,
    Keys,
    Rejection,
}

fn player(random: &mut ChaCha8Rng, phone: usize) -> Step {
    let (sku, again) = (random.random_range(0..SKUS.len()), random.random_bool(0.2));
    match random.random_range(0..42) {
        // Of what would be bought, some is given to a creator.
        0..17 => match random.random_range(1..4) {
            quantity if (sku + quantity) % 5 == 0 => Step::Tip { phone, cents: 7 * (sku + quantity) as u32, again },
            quantity => Step::Buy { phone, sku, quantity: quantity as u32, again },
        },
        17 => Step::Buy { phone, sku, quantity: random.random_range(4..30), again },
        18..22 => Step::BuyTogether { phone, count: random.random_range(2..5) },
        22..29 => Step::Consume { phone, sku, quantity: random.random_range(1..3), again },
        29..33 => Step::TopUp { phone, cents: random.random_range(50..2_000), euros: random.random_bool(0.2) },
        33 => Step::AddCard { phone, card: random.random_range(0..4) },
        34 => Step::RemoveCard { phone },
        35 => Step::SecondProcess { phone },
        36 => Step::Erase { phone, force: random.random_bool(0.3) },
        37 => Step::Reopen { phone },
        38..40 => Step::LookBack { phone },
        _ => Step::Refund { phone, which: random.random_range(0..8) },
    }
}

fn disk_fault(random: &mut ChaCha8Rng) -> Fault {
    [Fault::Error, Fault::Error, Fault::Full, Fault::Broken][random.random_range(0..4)]
}

fn weather(random: &mut ChaCha8Rng) -> Weather {
    if random.random_bool(0.3) {
        return Weather::default();
    }
    if random.random_bool(0.15) {
        return Weather { not_sent: 100, ..Weather::default() };
    }
    // A few things at once go wrong, not all of them.
    let mut chance = || if random.random_bool(0.35) { random.random_range(5..40) } else { 0 };
    Weather {
        not_sent: chance(),
        request_lost: chance(),
        answer_lost: chance(),
        late: chance(),
        doubled: chance(),
        request_garbled: chance(),
        answer_garbled: chance(),
        old_answer: chance(),
        anothers_answer: chance(),
        portal: chance(),
        unavailable: chance(),
    }
}
