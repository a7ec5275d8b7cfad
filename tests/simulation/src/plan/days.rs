//! Days that chance alone never comes to.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{DURABLES, METERS, PHONES, SKUS, Step, Weather};

/// The phones of one player, in the worlds that have such.
const PAIR: [usize; 2] = [0, 1];

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

/// Limits are set while both phones of a player have a network; the answer to what one of them has bought before may have
/// been lost. On the next day the limits are shared out between the phones, and then neither has a network, and both spend.
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
    steps.push(Step::Pass { minutes: random.random_range(1_440..2_880) });
    // Each has to say that it goes by its new share before the other can have more.
    let syncs = random.random_range(0..4);
    steps.extend((0..syncs).map(|_| Step::Sync { phone: PAIR[random.random_range(0..2)] }));
    steps.extend(PAIR.map(|phone| weather(phone, Weather { not_sent: 100, ..Weather::default() })));
    steps.extend((0..10).map(|place| spend(random, PAIR[place % 2])));
    steps.extend(PAIR.map(fair));
    steps.extend(PAIR.map(|phone| Step::Sync { phone }));
    steps
}

/// Neither phone of a player has a network, and both buy what is owned once; then one of them is the first to tell.
pub(super) fn durable_items_of_two_phones(random: &mut ChaCha8Rng) -> Vec<Step> {
    let first = random.random_range(0..2);
    let sword = SKUS.iter().position(|sku| *sku == DURABLES[0]).unwrap_or_default();
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

fn spend(random: &mut ChaCha8Rng, phone: usize) -> Step {
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
