//! Puts computed parts into a page, between `<!-- begin NAME -->` and `<!-- end NAME -->`.

use crate::route::Routes;
use crate::scenario::Scenario;
use crate::{DataError, chart, table, unusable};

/// Where the page is, in the checkout.
pub const PAGE: &str = "docs/economics.md";
/// Where its chart is.
pub const CHART: &str = "docs/economics.svg";

/// The page with its computed parts made anew.
///
/// # Errors
/// [`DataError`]; also when the page has no place for one of them.
pub fn fill(page: &str, routes: &Routes, scenario: &Scenario) -> Result<String, DataError> {
    let parts = [
        ("routes", table::routes(routes)?),
        ("pay-off", table::pay_off(routes)?),
        ("month", table::month(scenario, routes)?),
        ("notes", table::notes(routes)),
    ];
    parts.iter().try_fold(page.to_owned(), |page, (name, content)| put(&page, name, content))
}

/// The chart that belongs to the page.
///
/// # Errors
/// [`DataError`].
pub fn chart(routes: &Routes) -> Result<String, DataError> {
    chart::draw(routes)
}

fn put(page: &str, name: &str, content: &str) -> Result<String, DataError> {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let missing = || unusable(PAGE, format!("has no place for `{name}`"));
    let (before, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{content}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_put_in_place_of_the_one_before() {
        let page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
        let filled = put(page, "x", "| new |\n").unwrap();
        assert_eq!(filled, "a\n<!-- begin x -->\n\n| new |\n\n<!-- end x -->\nb\n");
        assert_eq!(put(&filled, "x", "| new |\n").unwrap(), filled);
        assert!(put(page, "y", "").unwrap_err().to_string().contains("has no place for `y`"));
    }
}
