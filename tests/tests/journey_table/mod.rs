//! The journeys of `tests/journeys/journeys.json`, which Kotlin and Swift run too: what a call gives, and how it
//! fails, is the same in each language. `tests/journeys/README.md` says how to read and to write them.
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod phone;

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use phone::Phone;

const TABLE: &str = include_str!("../../journeys/journeys.json");
/// The calls that cross into Kotlin and Swift.
const BINDINGS: &str = include_str!("../../../bindings/src/wallet.rs");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Journey {
    journey: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    call: String,
    #[serde(default)]
    with: Map<String, Value>,
    /// What it gives, as far as it is looked at; `null` is an answer too.
    #[serde(default, deserialize_with = "some")]
    gives: Option<Value>,
    /// How it fails, as far as it is looked at.
    fails: Option<Value>,
    /// Under which name its answer is kept for later steps.
    keep: Option<String>,
}

fn some<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

fn table() -> Vec<Journey> {
    serde_json::from_str(TABLE).unwrap()
}

#[tokio::test]
async fn each_journey_goes_as_it_is_written() {
    for Journey { journey, steps } in table() {
        let mut phone = Phone::new();
        let mut kept = Map::new();
        for (number, step) in steps.into_iter().enumerate() {
            let place = format!("{journey}, step {}, {}", number + 1, step.call);
            let with = filled(&Value::Object(step.with), &kept);
            let expected = step.gives.as_ref().map(|gives| filled(gives, &kept));
            let answer = phone.call(&step.call, &with, expected.as_ref()).await;
            let (answer, expected) = match (answer, step.fails) {
                (Ok(answer), None) => (answer, expected),
                (Err(error), Some(fails)) => (answers::error(&error), Some(filled(&fails, &kept))),
                (Ok(answer), Some(_)) => panic!("{place}: it gave {answer} where it should fail"),
                (Err(error), None) => panic!("{place}: {error}"),
            };
            if let Some(difference) = expected.and_then(|expected| difference(&expected, &answer)) {
                panic!("{place}: {difference}");
            }
            if let Some(name) = step.keep {
                kept.insert(name, answer);
            }
        }
    }
}

#[test]
fn each_call_that_crosses_into_other_languages_is_in_a_journey() {
    let table = table();
    let called: BTreeSet<_> = table.iter().flat_map(|journey| &journey.steps).map(|step| step.call.as_str()).collect();
    let declared = BINDINGS.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("pub async fn ").or_else(|| line.strip_prefix("pub fn "))?;
        Some(match rest.split(['(', '<']).next()? {
            "listen" => "events",
            "shut_down" => "close",
            // Those of a purchase and those of its refunds in one.
            "receipts" => "refund_receipts",
            other => other,
        })
    });
    let declared: BTreeSet<_> = declared.collect();
    assert!(declared.len() > 15, "the calls are not found any more: {declared:?}");
    assert_eq!(declared.difference(&called).collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// A value with each `$name.member` replaced by what was kept. In a list, a member is a place, from 0 on.
fn filled(value: &Value, kept: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) if text.starts_with('$') => {
            let mut names = text[1..].split('.');
            let first = names.next().and_then(|name| kept.get(name));
            names
                .fold(first, |value, name| value.and_then(|value| member(value, name)))
                .unwrap_or_else(|| panic!("{text} was not kept"))
                .clone()
        }
        Value::Array(values) => values.iter().map(|value| filled(value, kept)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, kept))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    if let Ok(place) = name.parse::<usize>() { value.get(place) } else { value.get(name) }
}

/// Where an answer is not as expected, if it is not. `"*"` is anything but null; members that are not named
/// may be anything, but an empty object means that there is none; lists have equal lengths.
fn difference(expected: &Value, answer: &Value) -> Option<String> {
    match (expected, answer) {
        (Value::String(any), answer) if any == "*" && !answer.is_null() => None,
        (Value::Object(expected), Value::Object(members)) if expected.is_empty() == members.is_empty() => {
            expected.iter().find_map(|(name, expected)| {
                let found = difference(expected, members.get(name).unwrap_or(&Value::Null))?;
                Some(format!("{name}: {found}"))
            })
        }
        (Value::Array(expected), Value::Array(values)) if expected.len() == values.len() => {
            expected.iter().zip(values).find_map(|(expected, value)| difference(expected, value))
        }
        (expected, answer) if expected == answer => None,
        _ => Some(format!("{answer} and not {expected}")),
    }
}
