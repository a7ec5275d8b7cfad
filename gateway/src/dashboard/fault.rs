//! The switchboard of faults, as the testers' API has them (sandbox only).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use farthing_faults::FaultSet;
use farthing_protocol::DeviceId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::access::Visitor;
use super::address::Asked;
use super::audit::{Action, Note};
use super::form::Form;
use super::format as show;
use super::page::{Failure, Page, Section, render, see};
use crate::gateway::Gateway;
use crate::store::{StoreError, Tables};

/// What was just done.
#[derive(Deserialize)]
pub(super) struct View {
    done: Option<String>,
    device: Option<String>,
}

#[derive(Template)]
#[template(path = "faults.html")]
struct FaultsPage {
    page: Page,
    sets: Vec<Ordered>,
    /// In the form's field.
    device: String,
}

/// The faults of a device, or of all.
struct Ordered {
    device: Option<DeviceId>,
    faults: Vec<(String, String)>,
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    visitor: Visitor,
    Asked(View { done, device }): Asked<View>,
) -> Result<Response, Failure> {
    only_sandbox(&gateway)?;
    let sets = gateway.shared.faults.listed().into_iter().map(|(device, faults)| Ordered {
        device,
        faults: members(&faults).into_iter().map(|(name, value)| (show::words(&name), described(&value))).collect(),
    });
    let sets = sets.collect();
    let page = Page::new(&gateway, visitor, Section::Faults, "Faults").after(done.as_deref());
    render(&FaultsPage { page, sets, device: device.unwrap_or_default() })
}

/// Orders one fault beside those that are ordered for the device, or for all.
pub(super) async fn order(State(gateway): State<Gateway>, visitor: Visitor, form: Form) -> Result<Response, Failure> {
    only_sandbox(&gateway)?;
    let device = device(&gateway, form.get("device")).await?;
    let known = gateway.shared.faults.listed().into_iter().find(|(of, _)| *of == device);
    let mut set = known.map(|(_, faults)| members(&faults)).unwrap_or_default();
    let (name, value) = fault(&form)?;
    let detail = format!("{name}: {}", described(&value));
    set.insert(name, value);
    let wrong = |error: serde_json::Error| Failure::not_that(format!("The fault is not right: {error}."));
    let faults: FaultSet = serde_json::from_value(Value::Object(set)).map_err(wrong)?;
    faults.check(device.is_some()).map_err(|error| Failure::not_that(error.reason))?;
    note(&gateway, visitor, Action::OrderFaults, device, Some(detail)).await?;
    gateway.shared.order_faults(device, faults);
    Ok(see("/faults?done=ordered"))
}

pub(super) async fn lift(State(gateway): State<Gateway>, visitor: Visitor, form: Form) -> Result<Response, Failure> {
    only_sandbox(&gateway)?;
    let device = device(&gateway, form.get("device")).await?;
    note(&gateway, visitor, Action::LiftFaults, device, None).await?;
    gateway.shared.lift_faults(device);
    Ok(see("/faults?done=lifted"))
}

fn only_sandbox(gateway: &Gateway) -> Result<(), Failure> {
    if gateway.shared.merchant.are_for_tests() { Ok(()) } else { Err(Failure::not_found("sandbox")) }
}

/// The device that a form names, if it names one.
async fn device(gateway: &Gateway, text: &str) -> Result<Option<DeviceId>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let no_such = || Failure::not_found("device");
    let id: DeviceId = text.parse().map_err(|_| no_such())?;
    let known = gateway.shared.store.read(move |tables| tables.device(id)).await?;
    Ok(Some(known.ok_or_else(no_such)?.id))
}

/// The fault that a form describes, as the API would be sent it.
fn fault(form: &Form) -> Result<(String, Value), Failure> {
    let number = |field: &str, needed: &str| {
        form.get(field).parse::<i64>().map_err(|_| Failure::not_that(format!("Give {needed} as a whole number.")))
    };
    let mut fault = match form.get("fault") {
        "latency" => json!({"milliseconds": number("value", "the milliseconds")?}),
        "drop" | "lose_response" => json!({}),
        "error" => json!({"status": number("value", "the status (500 or 503)")?}),
        "decline" => json!({"code": form.get("value")}),
        "reject" => json!({"reason": form.get("value")}),
        "ask_to_buy" if form.get("value").is_empty() => json!({}),
        "ask_to_buy" => json!({"answer": form.get("value")}),
        "freeze" => return Ok(("freeze".to_owned(), json!(true))),
        "clock_skew_seconds" => {
            return Ok(("clock_skew_seconds".to_owned(), json!(number("value", "the seconds")?)));
        }
        _ => return Err(Failure::not_that("There is no such fault.")),
    };
    if !form.get("resource").is_empty() {
        fault["resource"] = json!(form.get("resource"));
    }
    if !form.get("count").is_empty() {
        fault["count"] = json!(number("count", "how often it happens")?);
    }
    Ok((form.get("fault").to_owned(), fault))
}

async fn note(
    gateway: &Gateway,
    visitor: Visitor,
    action: Action,
    device: Option<DeviceId>,
    detail: Option<String>,
) -> Result<(), StoreError> {
    let now = gateway.shared.clock.unskewed();
    let subject = device.map_or_else(|| "all devices".to_owned(), |device| device.to_string());
    let write = move |tables: &dyn Tables| {
        let (who, subject) = (Some(visitor.name.as_str()), Some(subject.clone()));
        Note { who, action, subject, detail: detail.clone() }.done(tables, now)
    };
    gateway.shared.store.write(write).await
}

/// The faults of a set by name, those that are not ordered left out.
fn members(faults: &FaultSet) -> Map<String, Value> {
    match serde_json::to_value(faults) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// A fault's particulars in words.
fn described(fault: &Value) -> String {
    match fault {
        Value::Object(members) if members.is_empty() => "until it is lifted".to_owned(),
        Value::Object(members) => {
            let particulars = members.iter().map(|(name, value)| match value {
                Value::String(text) => format!("{name} {text}"),
                value => format!("{name} {value}"),
            });
            particulars.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) => "until it is lifted".to_owned(),
        value => value.to_string(),
    }
}
