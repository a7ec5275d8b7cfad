//! The page and its chart in the checkout are what the data give: `cargo xtask economics` makes them anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use farthing_economics::page::{self, CHART, PAGE};
use farthing_economics::route::Routes;
use farthing_economics::scenario::Scenario;
use farthing_economics::{MONTH, ROUTES};

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

#[test]
fn the_page_is_what_the_data_give() {
    let routes = Routes::parse(ROUTES).unwrap();
    let scenario = Scenario::parse(MONTH, &routes).unwrap();
    let page = read(PAGE);
    assert!(page == page::fill(&page, &routes, &scenario).unwrap(), "{PAGE}: run `cargo xtask economics`");
}

#[test]
fn the_chart_is_what_the_data_give() {
    let routes = Routes::parse(ROUTES).unwrap();
    assert!(read(CHART) == page::chart(&routes).unwrap(), "{CHART}: run `cargo xtask economics`");
}
