//! What is for sale in these worlds.

use farthing_protocol::{Currency, Money};

use crate::plan::{FLUSH_AFTER_SECONDS, METERS, PASS, PASS_TERMS, PassItem};

/// What a gateway sells that nobody told what to sell.
const SAMPLE: &str = include_str!("../../../gateway/src/catalog.toml");

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
    lines.join("\n") + &items
}

/// An amount as TOML has it.
fn toml_amount(amount: Money) -> String {
    let major = amount.micros() / 1_000_000;
    format!("{{ amount = \"{major}.{:06}\", currency = \"USD\" }}", amount.micros() % 1_000_000)
}
