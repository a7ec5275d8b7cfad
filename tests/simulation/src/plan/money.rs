//! Days on which money comes in: by a tab, by itself, by an app store; or is taken back.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::days::{PAIR, spend};
use super::{CARDS, CONFIRMED_CARD, Consent, Decision, FAILING_CARD, GOOD_CARD, PHONES, SLOW_CARD, Step, Weather};
use crate::limits::Period;

/// Where top-ups are asked for.
const TOP_UPS: &str = "/v1/top-ups";
const STORE_TOP_UPS: &str = "/v1/store-top-ups";

/// A tab is opened and more is spent than the player has, with a network or without; and then it is closed, in fair weather
/// or not, or nobody closes it before its card's authorisation lapses. Where the card can't be charged, the player pays what
/// is due, and opens a smaller one.
pub(super) fn tab_to_its_end(random: &mut ChaCha8Rng, has_pair: bool) -> Vec<Step> {
    let phone = if has_pair { PAIR[random.random_range(0..2)] } else { random.random_range(0..PHONES) };
    let weather = |weather| Step::Weather { phone, weather, chances: 0 };
    let fair = || weather(Weather::default());
    let lost = |answer_lost| weather(Weather { answer_lost, ..Weather::default() });
    let (sync, close) = (Step::Sync { phone }, Step::CloseTab { phone, which: random.random_range(0..2) });
    let card = [GOOD_CARD, GOOD_CARD, CONFIRMED_CARD, FAILING_CARD, FAILING_CARD, SLOW_CARD][random.random_range(0..6)];
    let cents = random.random_range(300..3_000);
    let open = |card, cents| Step::OpenTab { phone, card, cents, euros: false };
    let mut steps = vec![fair(), sync.clone()];
    match random.random_bool(0.3) {
        true => steps.extend([lost(100), open(card, cents), fair(), sync.clone()]),
        false => steps.push(open(card, cents)),
    }
    if card == CONFIRMED_CARD {
        steps.extend([Step::AnswerBank { phone, confirm: random.random_bool(0.8) }, sync.clone()]);
    }
    if has_pair && random.random_bool(0.6) {
        let other = PAIR[usize::from(phone == PAIR[0])];
        steps.extend([
            Step::Weather { phone: other, weather: Weather::default(), chances: 0 },
            Step::Sync { phone: other },
        ]);
        steps.extend([Step::OpenTab { phone: other, card: GOOD_CARD, cents, euros: false }, spend(random, other)]);
        steps.push(Step::Sync { phone: other });
    }
    if random.random_bool(0.5) {
        steps.push(weather(Weather { not_sent: 100, ..Weather::default() }));
    }
    // Few of them fit when their turn comes, and so little is left of the player's own.
    for most in [30, 30, 15, 8, 4, 2] {
        steps.push(Step::Buy { phone, sku: 1, quantity: random.random_range(1..=most), again: false });
    }
    steps.push(Step::Tip { phone, cents: random.random_range(5..60), again: false });
    if random.random_bool(0.3) {
        steps.push(Step::Kill { phone, power: random.random() });
    }
    match random.random_range(0..4) {
        0 => steps.extend([fair(), sync.clone(), close.clone()]),
        1 => {
            let chances = random.random();
            let weather = Weather { request_lost: 30, answer_lost: 20, ..Weather::default() };
            steps.extend([fair(), sync.clone(), Step::Weather { phone, weather, chances }, close.clone()]);
            if random.random_bool(0.5) {
                // What comes in now is to be spent, and not for the tab.
                steps.extend([lost(100), Step::TopUp { phone, cents: 900, euros: false }]);
            }
            if random.random_bool(0.4) {
                steps.push(Step::Kill { phone, power: random.random() });
            }
            steps.extend([fair(), sync.clone()]);
        }
        _ => steps.extend([Step::Pass { minutes: random.random_range(8_700..12_000) }, fair(), sync.clone()]),
    }
    if card == FAILING_CARD {
        let old_answer = if random.random_bool(0.5) { 70 } else { 0 };
        let weather = Weather { old_answer, ..Weather::default() };
        steps.extend([Step::Weather { phone, weather, chances: random.random() }, sync.clone(), fair(), close.clone()]);
        steps.extend([open(GOOD_CARD, cents), Step::TopUp { phone, cents: cents + 50, euros: false }, close]);
        steps.push(open(GOOD_CARD, cents));
        // Half of the last one at most, and never less than a card is charged.
        steps.push(open(GOOD_CARD, (cents / 2).max(50)));
    }
    steps.extend([open(GOOD_CARD, cents), sync]);
    steps
}

/// The player lets the wallet charge a card by itself, and spends; the answer to what it charges may be lost, and then they may
/// take back what they agreed to before the wallet hears more. They go on until the month has no room, and into the next.
pub(super) fn balance_that_runs_low(random: &mut ChaCha8Rng) -> Vec<Step> {
    let phone = random.random_range(0..PHONES);
    let weather = |weather| Step::Weather { phone, weather, chances: 0 };
    let fair = || weather(Weather::default());
    let sync = Step::Sync { phone };
    let below = random.random_range(300..900);
    let amount = random.random_range(200..700);
    let cap = amount * random.random_range(1..4) + random.random_range(0..100);
    let card = [GOOD_CARD, GOOD_CARD, GOOD_CARD, CONFIRMED_CARD, SLOW_CARD][random.random_range(0..5)];
    let agree = Step::AutoTopUp { phone, consent: Some(Consent { card, below, amount, cap, euros: false }) };
    let spend = |random: &mut ChaCha8Rng| {
        [30, 15, 8, 4, 2, 1].map(|most| Step::Buy {
            phone,
            sku: 1,
            quantity: random.random_range(1..=most),
            again: false,
        })
    };
    let mut steps = vec![fair(), sync.clone(), agree.clone()];
    let is_cut_off = random.random_bool(0.5);
    if is_cut_off {
        steps.push(weather(Weather { not_sent: 100, ..Weather::default() }));
    }
    steps.extend(spend(random));
    if random.random_bool(0.5) {
        // What is charged is on its way when the player takes it back.
        let lost = if random.random_bool(0.5) {
            Weather { answer_lost: 60, path: Some(TOP_UPS), ..Weather::default() }
        } else {
            Weather { request_lost: 40, late: 40, path: Some(TOP_UPS), ..Weather::default() }
        };
        steps.push(Step::Weather { phone, weather: lost, chances: random.random() });
        steps.extend([sync.clone(), sync.clone()]);
        if random.random_bool(0.4) {
            steps.push(Step::Kill { phone, power: random.random() });
        }
        if random.random_bool(0.6) {
            steps.push(Step::AutoTopUp { phone, consent: None });
        }
        if random.random_bool(0.3) {
            steps.push(Step::Repeat { phone, chances: random.random() });
        }
    }
    steps.extend([fair(), sync.clone()]);
    if random.random_bool(0.4) {
        steps.push(Step::Repeat { phone, chances: random.random() });
    }
    steps.extend([agree, sync.clone()]);
    for _ in 0..3 {
        steps.extend(spend(random).into_iter().skip(random.random_range(0..4)));
        steps.push(sync.clone());
        if card == CONFIRMED_CARD {
            steps.extend([Step::AnswerBank { phone, confirm: random.random_bool(0.8) }, sync.clone()]);
        }
    }
    if random.random_bool(0.5) {
        steps.push(Step::PassToNext { period: Period::Month, minutes: random.random_range(1..1_440) });
        steps.extend([sync.clone(), Step::Buy { phone, sku: 1, quantity: 3, again: false }, sync]);
    }
    steps
}

/// What a player may agree to.
pub(super) fn consent(random: &mut ChaCha8Rng) -> Consent {
    let card = [GOOD_CARD, GOOD_CARD, random.random_range(0..CARDS.len())][random.random_range(0..3)];
    let amount = random.random_range(50..900);
    Consent {
        card,
        below: random.random_range(50..1_500),
        amount,
        cap: amount * random.random_range(1..5),
        euros: random.random_bool(0.1),
    }
}

/// A pack of balance is bought in an app store, and the answer may be lost; much of it is spent, and then the store gives its price back,
/// and may take it again. Somebody else hands it over, too. The price of another one goes back before anyone has.
pub(super) fn pack_of_a_store(random: &mut ChaCha8Rng) -> Vec<Step> {
    let phone = random.random_range(0..PHONES);
    let other = (phone + random.random_range(1..PHONES)) % PHONES;
    let weather = |weather| Step::Weather { phone, weather, chances: 0 };
    let fair = || weather(Weather::default());
    let (sync, which) = (Step::Sync { phone }, random.random_range(0..3));
    let buy = |is_named| Step::BuyPack { phone, is_named, is_forged: false };
    let mut steps = vec![fair(), sync.clone()];
    match random.random_range(0..3) {
        0 => steps.push(weather(Weather { answer_lost: 100, path: Some(STORE_TOP_UPS), ..Weather::default() })),
        1 => steps.push(weather(Weather { not_sent: 100, ..Weather::default() })),
        _ => {}
    }
    steps.push(buy(random.random()));
    if random.random_bool(0.4) {
        steps.push(Step::Kill { phone, power: random.random() });
    }
    if random.random_bool(0.5) {
        steps.push(Step::HandOver { phone: other, which });
    }
    if random.random_bool(0.3) {
        steps.push(Step::StoreDecides { which, is_refund: true });
    }
    steps.extend([fair(), sync.clone()]);
    for most in [20, 8, 4, 2] {
        steps.push(Step::Buy { phone, sku: 1, quantity: random.random_range(1..=most), again: false });
    }
    if random.random() {
        steps.push(sync.clone());
    }
    steps.extend([Step::StoreDecides { which, is_refund: true }, Step::HandOver { phone, which }, sync.clone()]);
    if random.random() {
        steps.extend([Step::StoreDecides { which, is_refund: false }, sync.clone()]);
    }
    steps.push(weather(Weather { not_sent: 100, ..Weather::default() }));
    steps.push(buy(random.random()));
    if random.random() {
        steps.push(Step::StoreDecides { which: which + 1, is_refund: true });
    }
    steps.extend([fair(), sync, Step::HandOver { phone: other, which: which + 1 }]);
    steps
}

/// A bank takes back what a card was charged, when some of it is spent, and decides; and then it is asked once more.
pub(super) fn charge_that_is_taken_back(random: &mut ChaCha8Rng) -> Vec<Step> {
    let phone = random.random_range(0..PHONES);
    let weather = |not_sent| Step::Weather { phone, weather: Weather { not_sent, ..Weather::default() }, chances: 0 };
    let (sync, bank) = (Step::Sync { phone }, |decision| Step::BankDecides { phone, which: 0, decision });
    let mut steps = vec![weather(0), Step::AddCard { phone, card: GOOD_CARD }];
    steps.extend([Step::TopUp { phone, cents: random.random_range(400..3_000), euros: false }, sync.clone()]);
    if random.random() {
        steps.push(weather(100));
    }
    for most in [12, 4] {
        steps.push(Step::Buy { phone, sku: 1, quantity: random.random_range(1..=most), again: false });
    }
    steps.extend([bank(Decision::TakesBack), Step::Buy { phone, sku: 1, quantity: 1, again: false }]);
    if random.random_bool(0.3) {
        steps.push(Step::Kill { phone, power: random.random() });
    }
    steps.extend([weather(0), sync.clone(), bank(decision(random)), sync.clone(), bank(decision(random)), sync]);
    steps
}

pub(super) fn decision(random: &mut ChaCha8Rng) -> Decision {
    [Decision::TakesBack, Decision::LetsStand, Decision::Keeps][random.random_range(0..3)]
}
