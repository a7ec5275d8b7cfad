//! What a seed makes of a world.

use farthing_machine::Fault;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::days::{
    approvals_of_a_guardian, backup_that_is_older, durable_items_of_two_phones, limits_of_two_phones, pass_to_its_end,
    prices_that_outlive_an_allowance, shop_of_bundles_and_gems,
};
use super::money::{
    balance_that_runs_low, charge_that_is_taken_back, consent, decision, pack_of_a_store, tab_to_its_end,
};
use super::{CARDS, GOOD_CARD, Mood, PHONES, Step, Weather};
use crate::catalog::{BASIC, METERS, SKUS};
use crate::limits::Period;

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
    limits: u32,
    /// What limits are set to, mostly.
    limit_cents: u32,
    passes: u32,
    tabs: u32,
    auto_top_ups: u32,
    packs: u32,
    disputes: u32,
    /// Bundles, and a currency of the merchant's own.
    shop: u32,
    guardians: u32,
    /// What costs more, guardians want to be asked for, mostly.
    ask_above_cents: u32,
    /// Whether guardians also limit as players do: then each of them does each time.
    guardians_limit: bool,
}

impl Themes {
    fn guardian_s_limit(&self) -> Option<u32> {
        self.guardians_limit.then_some(self.limit_cents)
    }
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
        limits: theme(4),
        passes: theme(6),
        tabs: theme(6),
        auto_top_ups: theme(6),
        shop: theme(8),
        packs: theme(5),
        disputes: theme(4),
        guardians: theme(6),
        limit_cents: random.random_range(60..300),
        ask_above_cents: random.random_range(10..95),
        guardians_limit: random.random_bool(0.3),
    };
    let first_two_are_one_player_s = seed.is_multiple_of(3);
    let mut steps: Vec<Step> = (0..PHONES)
        .flat_map(|phone| {
            [
                Step::Sync { phone },
                Step::AddCard { phone, card: 0 },
                Step::TopUp { phone, cents: 500 + 1_500 * phone as u32, euros: false },
            ]
        })
        .collect();
    let mut days = days(&themes);
    // What is laid down takes as much away from what chance brings, and adds as much to the run.
    let mut laid_down = 0_usize;
    while steps.len() - laid_down / 2 < length {
        let before = steps.len();
        // Chance alone never comes to the one day on which an allowance has ended and the prices have not.
        if themes.time > 0 && random.random_bool(0.01) {
            steps.extend(prices_that_outlive_an_allowance(&mut random));
        }
        days.retain(|(chance, from, day)| {
            let comes = steps.len() > length * from / 2 && random.random_bool(*chance);
            if comes {
                steps.extend(day(&mut random, &themes, first_two_are_one_player_s));
            }
            !comes
        });
        laid_down += steps.len() - before;
        steps.push(step(&mut random, &themes));
    }
    // Where the first two phones are one player's.
    if seed.is_multiple_of(6) {
        steps.extend(durable_items_of_two_phones(&mut random));
    }
    steps
}

/// The steps of a day, where the first two phones are one player's or not.
type Day = fn(&mut ChaCha8Rng, &Themes, bool) -> Vec<Step>;

/// The days that a world has once, each with how likely it comes before the next step, and from which half of the run on.
fn days(themes: &Themes) -> Vec<(f64, usize, Day)> {
    let approvals: Day = |random, themes, has_pair| {
        approvals_of_a_guardian(random, has_pair, (themes.ask_above_cents, themes.guardian_s_limit()))
    };
    let all: [(u32, f64, usize, Day); 9] = [
        (themes.limits, 0.04, 0, |random, themes, _| limits_of_two_phones(random, themes.limit_cents)),
        (themes.passes, 0.06, 0, |random, _, _| pass_to_its_end(random)),
        (themes.guardians, 0.06, 0, approvals),
        (themes.tabs, 0.06, 0, |random, _, has_pair| tab_to_its_end(random, has_pair)),
        (themes.auto_top_ups, 0.06, 0, |random, _, _| balance_that_runs_low(random)),
        (themes.shop, 0.06, 0, |random, _, has_pair| shop_of_bundles_and_gems(random, has_pair)),
        (themes.packs, 0.06, 0, |random, _, _| pack_of_a_store(random)),
        (themes.disputes, 0.06, 0, |random, _, _| charge_that_is_taken_back(random)),
        // Late, since what was tampered with is not compared any more.
        (themes.backups, 0.02, 1, |random, _, _| backup_that_is_older(random)),
    ];
    let come = all.into_iter().filter(|(theme, ..)| *theme > 0);
    come.map(|(_, chance, from, day)| (chance, from, day)).collect()
}

fn step(random: &mut ChaCha8Rng, themes: &Themes) -> Step {
    let phone = [0, 0, 0, 1, 1, 2][random.random_range(0..6)];
    let calls = random.random_range(0..40);
    let weighted: [(u32, Kind); 18] = [
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
        (themes.limits, Kind::Limits),
        (themes.passes, Kind::Passes),
        (themes.guardians, Kind::Guardians),
        (themes.tabs, Kind::Tabs),
        (themes.auto_top_ups, Kind::AutoTopUps),
        (themes.shop, Kind::Shop),
        (themes.packs, Kind::Packs),
        (themes.disputes, Kind::Disputes),
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
        Kind::Limits => {
            let share = if random.random_bool(0.3) { 2 } else { 1 };
            Step::Limit { phone, cents: themes.limit_cents / share }
        }
        Kind::Passes => pass(random, phone),
        Kind::Guardians => guardian(random, phone, themes),
        Kind::Tabs => tab(random, phone),
        Kind::AutoTopUps => auto_top_up(random, phone),
        Kind::Shop => shop(random, phone),
        Kind::Packs => pack(random, phone),
        Kind::Disputes => Step::BankDecides { phone, which: random.random_range(0..4), decision: decision(random) },
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
    Limits,
    Passes,
    Guardians,
    Tabs,
    AutoTopUps,
    Shop,
    Packs,
    Disputes,
}

fn player(random: &mut ChaCha8Rng, phone: usize) -> Step {
    let (sku, again) = (random.random_range(0..BASIC), random.random_bool(0.2));
    match random.random_range(0..48) {
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
        40..42 => Step::Refund { phone, which: random.random_range(0..8) },
        42 => merchant_refund(random, phone),
        _ => {
            let meter = random.random_range(0..METERS.len());
            let units = random.random_range(1..=METERS[meter].flush_after_units * 3 / 2);
            Step::Use { phone, meter, units, flush: random.random_bool(0.2) }
        }
    }
}

fn pass(random: &mut ChaCha8Rng, phone: usize) -> Step {
    match random.random_range(0..7) {
        0..2 => Step::Buy { phone, sku: BASIC - 1, quantity: 1, again: random.random_bool(0.2) },
        2..4 => Step::Renew { phone, agrees: random.random_bool(0.7) },
        4 => Step::LookBack { phone },
        _ => Step::Pass { minutes: random.random_range(60..1_500) },
    }
}

fn guardian(random: &mut ChaCha8Rng, phone: usize, themes: &Themes) -> Step {
    match random.random_range(0..8) {
        0 => {
            let share = if random.random_bool(0.3) { 2 } else { 1 };
            Step::Guard { phone, cents: themes.ask_above_cents / share, limit_cents: themes.guardian_s_limit() }
        }
        1..4 => Step::Answer {
            phone,
            which: random.random_range(0..4),
            approve: random.random_bool(0.7),
            knows_pin: random.random_bool(0.9),
        },
        4..6 => Step::Buy { phone, sku: random.random_range(0..2), quantity: random.random_range(1..3), again: false },
        _ => Step::Buy { phone, sku: random.random_range(0..BASIC), quantity: 1, again: true },
    }
}

fn tab(random: &mut ChaCha8Rng, phone: usize) -> Step {
    match random.random_range(0..10) {
        0..4 => {
            let card = [GOOD_CARD, random.random_range(0..CARDS.len())][random.random_range(0..2)];
            let (cents, euros) = (random.random_range(50..3_000), random.random_bool(0.2));
            Step::OpenTab { phone, card, cents, euros }
        }
        4..7 => Step::CloseTab { phone, which: random.random_range(0..3) },
        7 => Step::AnswerBank { phone, confirm: random.random_bool(0.7) },
        8 => Step::Pass { minutes: random.random_range(60..9_000) },
        _ => Step::Buy { phone, sku: 1, quantity: random.random_range(1..25), again: false },
    }
}

fn auto_top_up(random: &mut ChaCha8Rng, phone: usize) -> Step {
    match random.random_range(0..10) {
        0..3 => Step::AutoTopUp { phone, consent: Some(consent(random)) },
        3 => Step::AutoTopUp { phone, consent: None },
        4 => Step::AnswerBank { phone, confirm: random.random_bool(0.7) },
        5 => Step::PassToNext { period: Period::Month, minutes: random.random_range(1..1_440) },
        6..8 => Step::Sync { phone },
        _ => Step::Buy { phone, sku: 1, quantity: random.random_range(1..15), again: false },
    }
}

fn shop(random: &mut ChaCha8Rng, phone: usize) -> Step {
    let again = random.random_bool(0.1);
    match random.random_range(0..8) {
        0..5 => {
            let (sku, quantity) = (random.random_range(BASIC..SKUS.len()), random.random_range(1..3));
            Step::Buy { phone, sku, quantity, again }
        }
        5 => Step::Consume { phone, sku: random.random_range(BASIC..SKUS.len()), quantity: 1, again },
        6 => Step::Refund { phone, which: random.random_range(0..4) },
        _ => merchant_refund(random, phone),
    }
}

fn pack(random: &mut ChaCha8Rng, phone: usize) -> Step {
    let which = random.random_range(0..6);
    match random.random_range(0..8) {
        0..3 => Step::BuyPack { phone, is_named: random.random_bool(0.4), is_forged: random.random_bool(0.1) },
        3..5 => Step::HandOver { phone, which },
        _ => Step::StoreDecides { which, is_refund: random.random_bool(0.6) },
    }
}

fn merchant_refund(random: &mut ChaCha8Rng, phone: usize) -> Step {
    let quantity = if random.random_bool(0.4) { Some(random.random_range(0..4)) } else { None };
    let (which, quarters) = (random.random_range(0..8), random.random_range(0..4));
    Step::MerchantRefund { phone, which, quarters, quantity, again: random.random_bool(0.3) }
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
        path: None,
    }
}
