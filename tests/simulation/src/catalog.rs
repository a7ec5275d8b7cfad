//! What is for sale in these worlds.

use farthing_protocol::{Currency, Money};

use farthing_tests::APP_STORE_PACK;

use crate::Violation;

/// What the items are: first what everybody buys, with a pass at the end of it, then what is bought where the shop has more.
pub(crate) const SKUS: [&str; 14] = [
    "extra_life",
    "golden_key",
    "arrow",
    "hint",
    "sword_of_dawn",
    "map_of_the_depths",
    PASS,
    "lantern",
    "health_potion",
    "explorer_set",
    "picnic",
    PACK,
    "firework",
    "ember_cloak",
];
/// How many of them everybody buys.
pub(crate) const BASIC: usize = 7;

/// Those of them that are owned once, for ever, by the account.
pub(crate) const DURABLES: [&str; 4] = ["sword_of_dawn", "map_of_the_depths", "lantern", "ember_cloak"];

/// What is in bundles: one has something that is owned for ever, of the other several are bought at once.
const BUNDLES: [(&str, &[(&str, u32)]); 2] = [
    ("explorer_set", &[("lantern", 1), ("hint", 5), ("health_potion", 3)]),
    ("picnic", &[("extra_life", 2), ("hint", 3)]),
];

/// The pack that brings units of the merchant's own currency, and how many.
pub(crate) const PACK: &str = "gems_15";
pub(crate) const PACK_UNITS: i64 = 15;

/// The one that is had for a time.
pub(crate) const PASS: &str = "day_pass";
/// Its terms, in seconds, and its price to begin with, in cents.
pub(crate) const PASS_TERMS: PassItem =
    PassItem { cents: 30, length_seconds: 86_400, grace_seconds: 21_600, reminder_seconds: 14_400 };

/// A pass of these worlds.
pub(crate) struct PassItem {
    pub(crate) cents: u32,
    pub(crate) length_seconds: u32,
    pub(crate) grace_seconds: u32,
    pub(crate) reminder_seconds: u32,
}

/// A metered item of these worlds, and its terms.
pub(crate) struct MeteredItem {
    pub(crate) sku: &'static str,
    /// The price of `per_units` units.
    pub(crate) micros: i64,
    pub(crate) per_units: u32,
    /// Units that may be in memory only.
    pub(crate) flush_after_units: u32,
    /// The most that a day's units may cost.
    pub(crate) daily_cap: Option<i64>,
}

/// What is used by the unit: a hundredth of a cent, short of that by a little, so that prices are rounded; and less than a
/// micro.
pub(crate) const METERS: [MeteredItem; 2] = [
    MeteredItem {
        sku: "api_calls",
        micros: 1_000_000,
        per_units: 10_007,
        flush_after_units: 250,
        daily_cap: Some(50_000),
    },
    MeteredItem { sku: "footsteps", micros: 700, per_units: 900, flush_after_units: 100, daily_cap: None },
];
/// Units wait in memory for no longer than this.
pub(crate) const FLUSH_AFTER_SECONDS: u32 = 15;

/// Who can be tipped, and what the wallet calls tips to them.
pub(crate) const CREATOR: &str = "ana";
pub(crate) const TIP: &str = "tip:ana";

/// What a gateway sells that nobody told what to sell.
const SAMPLE: &str = include_str!("../../../gateway/src/catalog.toml");

/// What a pack of the app store brings, in micros.
pub(crate) const STORE_PACK_MICROS: i64 = 5_000_000;

/// What is in the shop beside the sample's: a currency of the merchant's own, a pack of it, and what it buys.
const MORE: &str = r#"
[[currencies]]
code = "gems"
exponent = 0
title = "Gems"

[[items]]
sku = "gems_15"
title = "15 gems"
price = { amount = "0.99", currency = "USD" }
kind = "currency_pack"
credits = { amount = "15", currency = "gems" }

[[items]]
sku = "firework"
title = "Firework"
price = { amount = "3", currency = "gems" }
kind = "consumable"

[[items]]
sku = "ember_cloak"
title = "Ember cloak"
price = { amount = "12", currency = "gems" }
kind = "durable"

[[items]]
sku = "picnic"
title = "Picnic"
price = { amount = "0.45", currency = "USD" }
kind = "bundle"
contents = [{ sku = "extra_life", quantity = 2 }, { sku = "hint", quantity = 3 }]
"#;

/// Where prices are lower, and what else some items cost: hints in some days and there, arrows in an account's first days.
const TIERS: &str = "price_tiers = [{ name = \"low\", countries = [\"BR\"] }]\n\n[[items]]";
const OFFERS: [(&str, &str); 2] = [
    (
        "hint",
        "prices = [{ price = { amount = \"0.03\", currency = \"USD\" }, from = \"2026-06-01T20:00:00Z\", \
         until = \"2026-06-12T00:00:00Z\" }]\n\
         tiers = { low = { price = { amount = \"0.02\", currency = \"USD\" } } }",
    ),
    ("arrow", "introductory = { price = { amount = \"0.002\", currency = \"USD\" }, days = 3 }"),
];
/// When hints cost less, in milliseconds.
const SALE: std::ops::Range<i64> = 1_780_344_000_000..1_781_222_400_000;
const INTRODUCTION: i64 = 3 * 86_400_000;

/// The currency of the merchant's own.
pub(crate) fn gems() -> Result<Currency, Violation> {
    "gems".parse().map_err(|_| Violation::new("there are no gems"))
}

/// How many of an item one of another brings: of itself one, of what is in a bundle so many.
pub(crate) fn brings(sku: &str, item: &str) -> u32 {
    match BUNDLES.iter().find(|(bundle, _)| *bundle == sku) {
        Some((_, contents)) => contents.iter().find(|(content, _)| *content == item).map_or(0, |(_, count)| *count),
        None => u32::from(sku == item && sku != PACK),
    }
}

/// What one of an item costs in micros at a time for a player of a country, whose account was opened at another; nothing of
/// what costs the same at all times, or what the operator chooses.
pub(crate) fn price(sku: &str, country: Option<&str>, opened_at: i64, at: i64) -> Option<i64> {
    match sku {
        "hint" if country == Some("BR") => Some(20_000),
        "hint" if SALE.contains(&at) => Some(30_000),
        "hint" => Some(50_000),
        "arrow" if (opened_at..opened_at + INTRODUCTION).contains(&at) => Some(2_000),
        "arrow" => Some(5_000),
        _ => None,
    }
}

/// Where a player lives, as far as the app's back end knows.
pub(crate) fn country(player: &str) -> Option<&'static str> {
    (player == "player-2").then_some("BR")
}

/// The sample's settings, with what may be reserved and spent at once of the merchant's own currency, and a pack that the App
/// Store sells.
pub(crate) fn settings() -> String {
    let sample = include_str!("../../../gateway/src/gateway.toml");
    let settings = sample.replace("reserve = { default = \"20.00\"", "reserve = { default = \"20.00\", gems = \"20\"");
    settings.replace("purchase_max = { default = \"100.00\"", "purchase_max = { default = \"100.00\", gems = \"100\"")
        + &format!(
            "\n[processors.app_store]\nbundle_id = \"com.example.game\"\nenvironment = \"sandbox\"\n\
             fees = {{ percentage = \"15\", fixed = {{ default = \"0\" }} }}\n[processors.app_store.packs]\n\
             {APP_STORE_PACK:?} = {{ currency = \"USD\", credit = \"5.00\", price = \"4.99\" }}\n"
        )
}

/// The sample catalog, with meters of which little is lost and much is rounded, and a pass of a day.
pub(crate) fn catalog() -> String {
    let mut lines: Vec<&str> = SAMPLE.lines().collect();
    let mut items = String::new();
    // The sample's own metered item is among them.
    let without = lines.iter().position(|line| line.contains(METERS[0].sku));
    if let Some(sku) = without {
        let end = lines[sku..].iter().position(|line| line.is_empty()).map_or(lines.len(), |end| sku + end);
        lines.drain(sku - 1..end);
    }
    for meter in &METERS {
        let amount = |micros| toml_amount(Money::from_micros(micros, Currency::USD));
        let cap = meter.daily_cap.map_or(String::new(), |cap| format!(", daily_cap = {}", amount(cap)));
        items += &format!(
            "\n[[items]]\nsku = \"{}\"\ntitle = \"Units\"\ndescription = \"\"\nprice = {}\nkind = \"metered\"\n\
             meter = {{ per_units = {}, flush_after_units = {}, flush_after_seconds = {FLUSH_AFTER_SECONDS}{cap} }}\n",
            meter.sku,
            amount(meter.micros),
            meter.per_units,
            meter.flush_after_units,
        );
    }
    let PassItem { cents, length_seconds, grace_seconds, reminder_seconds } = PASS_TERMS;
    items += &format!(
        "\n[[items]]\nsku = \"{PASS}\"\ntitle = \"A day\"\ndescription = \"\"\nprice = {}\nkind = \"pass\"\n\
         pass = {{ length_seconds = {length_seconds}, grace_seconds = {grace_seconds}, may_renew = true, \
         reminder_seconds = {reminder_seconds} }}\n",
        toml_amount(Money::from_micros(i64::from(cents) * 10_000, Currency::USD)),
    );
    let catalog = lines.join("\n") + &items + MORE;
    let catalog = OFFERS.iter().fold(catalog, |catalog, (sku, offer)| {
        let item = format!("sku = \"{sku}\"\n");
        catalog.replacen(&item, &format!("{item}{offer}\n"), 1)
    });
    catalog.replacen("[[items]]", TIERS, 1)
}

/// An amount as TOML has it.
fn toml_amount(amount: Money) -> String {
    let major = amount.micros() / 1_000_000;
    format!("{{ amount = \"{major}.{:06}\", currency = \"USD\" }}", amount.micros() % 1_000_000)
}
