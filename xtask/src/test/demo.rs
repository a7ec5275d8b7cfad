//! Plays the demo and compares the summary that it writes with what a day of that kind must come to.

use std::fs;

use anyhow::Context;
use serde_json::{Value, json};

use crate::demo;
use crate::terminal::{self, Terminal};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let (demo, summary) = demo::prepare(workspace, terminal)?;
    if !terminal.run("the demo", demo)?.success {
        return Ok(false);
    }
    let text = fs::read_to_string(&summary).with_context(|| format!("the demo wrote no {}", summary.display()))?;
    let summary = serde_json::from_str(&text).context("the demo's summary is no JSON")?;
    let wrong = deviations(&summary);
    for deviation in &wrong {
        println!("{} {deviation}", terminal::mark(false));
    }
    Ok(wrong.is_empty())
}

/// What is not as it must be.
fn deviations(summary: &Value) -> Vec<String> {
    let expected = [
        ("purchases", json!(20)),
        ("settled", json!(20)),
        ("rejected", json!(0)),
        ("lost", json!(0)),
        ("charges", json!(1)),
        ("killed_and_recovered", json!(true)),
        ("pan_found", json!(false)),
    ];
    let mut wrong: Vec<_> = expected
        .into_iter()
        .filter(|(key, value)| &summary[*key] != value)
        .map(|(key, value)| format!("{key} is {}, not {value}", summary[key]))
        .collect();
    if !is_zero_in_each_currency(&summary["trial_balance"]) {
        wrong.push(format!("trial_balance is {}, not zero in each currency", summary["trial_balance"]));
    }
    wrong
}

/// At least one currency, and nothing but zeros.
fn is_zero_in_each_currency(totals: &Value) -> bool {
    let Some(totals) = totals.as_array() else { return false };
    let is_zero = |total: &Value| {
        let amount = total["amount"].as_str().unwrap_or_default();
        amount.contains('0') && amount.bytes().all(|digit| matches!(digit, b'0' | b'.'))
    };
    !totals.is_empty() && totals.iter().all(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_good_day() -> Value {
        json!({
            "purchases": 20, "settled": 20, "rejected": 0, "lost": 0, "charges": 1,
            "fees": {"amount": "0.45", "currency": "USD"},
            "trial_balance": [{"amount": "0.00", "currency": "USD"}, {"amount": "0", "currency": "JPY"}],
            "killed_and_recovered": true, "pan_found": false,
        })
    }

    #[test]
    fn a_good_day_has_no_deviation() {
        assert_eq!(deviations(&a_good_day()), Vec::<String>::new());
    }

    #[test]
    fn each_figure_that_is_off_is_named() {
        for (key, value, says) in [
            ("purchases", json!(21), "purchases is 21, not 20"),
            ("settled", json!("20"), "settled is \"20\", not 20"),
            ("lost", json!(1), "lost is 1, not 0"),
            ("charges", json!(20), "charges is 20, not 1"),
            ("killed_and_recovered", json!(false), "killed_and_recovered is false, not true"),
            ("pan_found", Value::Null, "pan_found is null, not false"),
        ] {
            let mut day = a_good_day();
            day[key] = value;
            assert_eq!(deviations(&day), [says]);
        }
    }

    #[test]
    fn a_trial_balance_is_zero_in_every_currency_and_has_one() {
        for bad in [
            json!([]),
            json!("0"),
            json!([{"amount": "0.00", "currency": "USD"}, {"amount": "0.000001", "currency": "EUR"}]),
            json!([{"amount": "-0.25", "currency": "USD"}]),
            json!([{"amount": "", "currency": "USD"}]),
            json!([{"currency": "USD"}]),
        ] {
            let mut day = a_good_day();
            day["trial_balance"] = bad.clone();
            assert_eq!(deviations(&day).len(), 1, "{bad}");
        }
    }
}
