//! Days that chance alone never comes to.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{GOOD_CARD, PHONES, Step, Weather};
use crate::catalog::{DURABLES, METERS, PACK, PASS, SKUS};
use crate::limits::Period;

/// The phones of one player, in the worlds that have such.
pub(super) const PAIR: [usize; 2] = [0, 1];

/// Prices are published hours after an allowance was issued, and then a phone has no network for as long as an allowance
/// lasts.
pub(super) fn prices_that_outlive_an_allowance(random: &mut ChaCha8Rng) -> [Step; 8] {
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

/// A backup is restored once the key store has been told of more than is in it.
pub(super) fn backup_that_is_older(random: &mut ChaCha8Rng) -> Vec<Step> {
    let phone = random.random_range(0..PHONES);
    let mut steps = vec![Step::Weather { phone, weather: Weather::default(), chances: 0 }, Step::Sync { phone }];
    steps.push(Step::BackUp { phone });
    steps.extend((0..6).map(|_| Step::Buy { phone, sku: 2, quantity: 1, again: false }));
    steps.extend([Step::LookBack { phone }, Step::Restore { phone }, Step::Sync { phone }]);
    steps
}

/// Limits are set while both phones of a player have a network; the answer to what one of them has bought before may have
/// been lost. In the next day, week or month the limits are shared out between the phones, and then neither has a network,
/// and both spend; in a longer period on several of its days, with a network between them.
pub(super) fn limits_of_two_phones(random: &mut ChaCha8Rng, cents: u32) -> Vec<Step> {
    let weather = |phone, weather| Step::Weather { phone, weather, chances: 0 };
    let fair = |phone| weather(phone, Weather::default());
    let mut steps: Vec<Step> = PAIR.map(fair).to_vec();
    if random.random_bool(0.4) {
        steps.push(spend(random, PAIR[1]));
        steps.push(weather(PAIR[1], Weather { answer_lost: 100, ..Weather::default() }));
        steps.extend([Step::Sync { phone: PAIR[1] }, fair(PAIR[1])]);
    }
    steps.push(Step::Limit { phone: PAIR[0], cents });
    steps.extend([1, 0].map(|phone| Step::Sync { phone: PAIR[phone] }));
    // Of a day's limit there are one and a half in a week's, and two in a month's.
    let (period, days) =
        [(Period::Day, 1), (Period::Day, 1), (Period::Week, 4), (Period::Month, 4)][random.random_range(0..4)];
    steps.push(Step::PassToNext { period, minutes: random.random_range(1..1_440) });
    for day in 0..days {
        if day > 0 {
            let most = if period == Period::Month { 7 } else { 1 };
            steps.push(Step::Pass { minutes: 1_440 * random.random_range(1..=most) });
        }
        // Each has to say that it goes by its new share before the other can have more.
        let syncs = random.random_range(0..4);
        steps.extend((0..syncs).map(|_| Step::Sync { phone: PAIR[random.random_range(0..2)] }));
        steps.extend(PAIR.map(|phone| weather(phone, Weather { not_sent: 100, ..Weather::default() })));
        let purchases = if days > 1 { 8 } else { 10 };
        steps.extend((0..purchases).map(|place| spend(random, PAIR[place % 2])));
        steps.extend(PAIR.map(fair));
        steps.extend(PAIR.map(|phone| Step::Sync { phone }));
    }
    steps
}

/// A pass is bought, with a network or without; and then it is given back, or renewed, or it ends and the clock is set back
/// to when it lasted, or it was bought by a clock that was ahead.
pub(super) fn pass_to_its_end(random: &mut ChaCha8Rng) -> Vec<Step> {
    let (phone, sku) = (random.random_range(0..PHONES), place(PASS));
    let weather = |not_sent| Step::Weather { phone, weather: Weather { not_sent, ..Weather::default() }, chances: 0 };
    let (buy, sync) = (Step::Buy { phone, sku, quantity: 1, again: false }, Step::Sync { phone });
    let mut steps = vec![weather(0), Step::AddCard { phone, card: 0 }];
    steps.extend([Step::TopUp { phone, cents: 900, euros: false }, sync.clone()]);
    if random.random_bool(0.5) {
        steps.push(weather(100));
    }
    let ends = random.random_range(0..5);
    if ends == 4 {
        steps.extend([weather(100), Step::SetClock { phone, days: random.random_range(2..25) }]);
    }
    steps.push(buy.clone());
    if random.random_bool(0.3) {
        steps.push(Step::Kill { phone, power: random.random() });
    }
    match ends {
        0 => {
            let which = random.random_range(0..2);
            let refund = match random.random_range(0..2) {
                0 => Step::Refund { phone, which },
                _ => Step::MerchantRefund { phone, which, quarters: 0, quantity: None, again: false },
            };
            steps.extend([weather(0), sync.clone(), refund, buy, sync.clone()]);
        }
        1 | 2 => {
            steps.extend([Step::Renew { phone, agrees: random.random_bool(0.8) }, weather(0), sync.clone()]);
            if random.random_bool(0.4) {
                steps.extend([Step::ChangeCatalog { cents: random.random_range(1..300) }, sync.clone()]);
            }
            // The reminder comes four hours before the end, an hour before the renewal at least.
            steps.extend([Step::Pass { minutes: random.random_range(1_205..1_290) }, sync.clone()]);
            steps.push(Step::Pass { minutes: random.random_range(100..400) });
            if random.random_bool(0.3) {
                steps.push(weather(100));
            }
            steps.extend([sync.clone(), Step::Kill { phone, power: random.random() }, sync.clone()]);
        }
        3 => {
            steps.extend([weather(100), Step::Pass { minutes: random.random_range(1_440..2_400) }]);
            steps.extend([Step::LookBack { phone }, Step::SetClock { phone, days: -random.random_range(2..400) }]);
            steps.extend([Step::Reopen { phone }, Step::LookBack { phone }]);
        }
        _ => steps.extend([Step::SetClock { phone, days: 0 }, buy]),
    }
    steps.extend([weather(0), sync]);
    steps
}

/// A guardian wants to be asked for what is dear. The player asks for something, is answered, and then has no network and
/// buys it more often than that; so does the player's other phone, where there is one, and has not asked.
pub(super) fn approvals_of_a_guardian(
    random: &mut ChaCha8Rng,
    has_pair: bool,
    (cents, limit_cents): (u32, Option<u32>),
) -> Vec<Step> {
    let child = if has_pair { PAIR[0] } else { random.random_range(0..PHONES) };
    let phones = if has_pair { PAIR } else { [child, child] };
    let parent = phones[1];
    let weather = |phone, not_sent| {
        let weather = Weather { not_sent, ..Weather::default() };
        Step::Weather { phone, weather, chances: 0 }
    };
    let dear = |phone| Step::Buy { phone, sku: 1, quantity: 1, again: false };
    let mut steps: Vec<Step> = phones.map(|phone| weather(phone, 0)).to_vec();
    steps.push(Step::AddCard { phone: child, card: 0 });
    steps.extend([Step::TopUp { phone: child, cents: 1_500, euros: false }, Step::Sync { phone: parent }]);
    steps.push(Step::Guard { phone: parent, cents, limit_cents });
    steps.extend(phones.map(|phone| Step::Sync { phone }));
    steps.push(dear(child));
    if random.random_bool(0.3) {
        steps.push(Step::Answer { phone: parent, which: 0, approve: true, knows_pin: false });
    }
    let approve = random.random_bool(0.8);
    steps.push(Step::Answer { phone: parent, which: 0, approve, knows_pin: true });
    if random.random_bool(0.2) {
        steps.push(Step::Pass { minutes: random.random_range(30..1_600) });
    }
    steps.extend(phones.map(|phone| Step::Sync { phone }));
    steps.extend(phones.map(|phone| weather(phone, 100)));
    steps.extend([dear(parent), dear(child), dear(child)]);
    steps.extend(phones.map(|phone| weather(phone, 0)));
    steps.extend(phones.map(|phone| Step::Sync { phone }));
    steps
}

/// Neither phone of a player has a network, and both buy what is owned once; then one of them is the first to tell.
pub(super) fn durable_items_of_two_phones(random: &mut ChaCha8Rng) -> Vec<Step> {
    let first = random.random_range(0..2);
    let sword = place(DURABLES[0]);
    let weather = |phone, not_sent| {
        let weather = Weather { not_sent, ..Weather::default() };
        Step::Weather { phone, weather, chances: 0 }
    };
    let mut steps: Vec<Step> = PAIR.map(|phone| weather(phone, 0)).to_vec();
    steps.extend(PAIR.map(|phone| Step::AddCard { phone, card: 0 }));
    steps.extend(PAIR.map(|phone| Step::TopUp { phone, cents: 2_500, euros: false }));
    steps.extend(PAIR.map(|phone| Step::Sync { phone }));
    steps.extend(PAIR.map(|phone| weather(phone, 100)));
    steps.extend(PAIR.map(|phone| Step::Buy { phone, sku: sword, quantity: 1, again: false }));
    steps.extend(PAIR.map(|phone| weather(phone, 0)));
    // The first hears of nothing new: the second is given back, and both still own it.
    steps.extend([first, 1 - first, first].map(|place| Step::Sync { phone: PAIR[place] }));
    steps
}

/// A player buys packs of the merchant's own currency, and what that buys; and bundles, of which some is used and some goes back.
/// The player's other phone has bought some of it, too, and neither knew.
pub(super) fn shop_of_bundles_and_gems(random: &mut ChaCha8Rng, has_pair: bool) -> Vec<Step> {
    let phone = if has_pair { PAIR[0] } else { random.random_range(0..PHONES) };
    let other = if has_pair { PAIR[1] } else { phone };
    let buy = |phone, item: &str, quantity| Step::Buy { phone, sku: place(item), quantity, again: false };
    let consume = |item: &str, quantity| Step::Consume { phone, sku: place(item), quantity, again: false };
    let weather = |phone, not_sent| {
        let weather = Weather { not_sent, ..Weather::default() };
        Step::Weather { phone, weather, chances: 0 }
    };
    let sync = Step::Sync { phone };
    let mut steps = vec![weather(phone, 0), weather(other, 0), Step::AddCard { phone, card: GOOD_CARD }];
    steps.extend([Step::TopUp { phone, cents: 1_900, euros: false }, sync.clone(), Step::Sync { phone: other }]);
    if random.random_bool(0.5) {
        steps.push(weather(phone, 100));
    }
    // What a pack brings is not there before it is settled.
    steps.extend([
        buy(phone, PACK, [1, 2, 3, 3][random.random_range(0..4)]),
        buy(phone, "firework", 1),
        weather(phone, 0),
    ]);
    if random.random_bool(0.3) {
        let lost = Weather { answer_lost: 100, ..Weather::default() };
        steps.extend([Step::Weather { phone, weather: lost, chances: 0 }, sync.clone(), weather(phone, 0)]);
    }
    steps.extend([sync.clone(), weather(phone, 100)]);
    steps.extend([buy(phone, "firework", random.random_range(1..4)), buy(phone, "ember_cloak", 1)]);
    steps.extend([buy(phone, "picnic", random.random_range(1..4)), buy(phone, "explorer_set", 1)]);
    match random.random_range(0..4) {
        0 => steps.push(consume("hint", random.random_range(1..9))),
        1 => steps.push(consume("extra_life", random.random_range(1..5))),
        2 => steps.push(consume("firework", 1)),
        _ => {}
    }
    if other != phone {
        steps.push(weather(other, 100));
        steps.extend(["lantern", "ember_cloak", "explorer_set"].map(|item| buy(other, item, 1)));
        steps.push(weather(other, 0));
        if random.random() {
            steps.push(Step::Sync { phone: other });
        }
    }
    if random.random_bool(0.3) {
        steps.push(Step::Kill { phone, power: random.random() });
    }
    steps.extend([weather(phone, 0), sync.clone(), Step::Sync { phone: other }]);
    for which in 0..3 {
        if random.random_bool(0.5) {
            steps.push(Step::Refund { phone, which });
        } else {
            let quantity = if random.random() { Some(random.random_range(1..3)) } else { None };
            steps.push(Step::MerchantRefund {
                phone,
                which,
                quarters: random.random_range(0..3),
                quantity,
                again: false,
            });
        }
    }
    // The merchant takes a pack back: the fifth, before the firework, the cloak and two bundles.
    let quantity = Some(random.random_range(1..3));
    steps.push(Step::MerchantRefund { phone, which: 4, quarters: 2, quantity, again: random.random_bool(0.2) });
    steps.push(sync);
    steps
}

/// The place of an item.
fn place(item: &str) -> usize {
    SKUS.iter().position(|sku| *sku == item).unwrap_or_default()
}

pub(super) fn spend(random: &mut ChaCha8Rng, phone: usize) -> Step {
    let quantity = random.random_range(1..4);
    match random.random_range(0..6) {
        0 => Step::Tip { phone, cents: random.random_range(5..60), again: false },
        1 => {
            let meter = random.random_range(0..METERS.len());
            Step::Use { phone, meter, units: random.random_range(100..500), flush: false }
        }
        kind => Step::Buy { phone, sku: [0, 0, 3, 1][kind - 2], quantity, again: false },
    }
}
