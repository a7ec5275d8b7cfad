//! The chart of `docs/economics.md`: what twenty quarters cost on each route, one by one and as one charge. An SVG whose
//! colours are seen on light and on dark pages alike.

use std::fmt::Write;

use crate::DataError;
use crate::route::Routes;
use crate::table::{compared, percent, tenths};

const WIDTH: i64 = 800;
/// Where the bars begin, and how long the longest is.
const LEFT: i64 = 320;
const LONGEST: i64 = 402;
const TOP: i64 = 66;
const ROW: i64 = 40;
const BAR: i64 = 13;
/// Text on white and on black: at least 4.5 to 1 on either.
const TEXT: &str = "#767676";
const ALONE: &str = "#d9822b";
const TOGETHER: &str = "#2a9d8f";

/// Draws it.
///
/// # Errors
/// [`DataError`].
pub fn draw(routes: &Routes) -> Result<String, DataError> {
    let shown: Vec<_> = routes.routes.iter().filter(|route| route.chart).collect();
    let mut rows = Vec::new();
    for route in shown {
        let (alone, together) = compared(routes, route)?;
        rows.push((route, alone, together));
    }
    let most = rows.iter().flat_map(|(_, alone, together)| [alone, together]);
    let most = most.map(|cost| tenths(cost.fees.micros(), cost.bought.micros())).max().unwrap_or(0).max(1);
    let height = TOP + ROW * i64::try_from(rows.len()).map_err(|_| DataError::OutOfRange)? + 26;

    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <title>What twenty purchases of 0.25 cost in fees, on each funding route</title>\n\
         <desc>Two bars for each route: each purchase a charge of its own, and all of them as one charge of 5.00.</desc>\n\
         <g fill=\"{TEXT}\">\n\
         <text x=\"0\" y=\"16\" font-size=\"15\" font-weight=\"600\">Fees of twenty purchases of 0.25, of what was bought</text>\n\
         <text x=\"18\" y=\"42\">each a charge of its own (outlined: too small to be taken)</text>\n\
         <text x=\"420\" y=\"42\">one charge of 5.00</text>\n\
         </g>\n\
         <rect x=\"0\" y=\"31\" width=\"12\" height=\"12\" fill=\"{ALONE}\"/>\n\
         <rect x=\"402\" y=\"31\" width=\"12\" height=\"12\" fill=\"{TOGETHER}\"/>\n"
    );
    for (place, (route, alone, together)) in (0_i64..).zip(&rows) {
        let y = TOP + place * ROW;
        for (text, size, down) in [(&route.name, 13, 11), (&route.region, 11, 25)] {
            let (y, text) = (y + down, escaped(text));
            let _ = writeln!(svg, "<text x=\"0\" y=\"{y}\" font-size=\"{size}\" fill=\"{TEXT}\">{text}</text>");
        }
        for (cost, top, colour) in [(alone, y, ALONE), (together, y + BAR + 1, TOGETHER)] {
            let share = tenths(cost.fees.micros(), cost.bought.micros());
            let length = (share * LONGEST / most).max(1);
            let fill = if cost.is_taken {
                format!("fill=\"{colour}\"")
            } else {
                format!("fill=\"{colour}\" fill-opacity=\"0.15\" stroke=\"{colour}\" stroke-dasharray=\"3 2\"")
            };
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{length}\" height=\"{BAR}\" {fill}/>\n\
                 <text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"{TEXT}\">{}</text>",
                LEFT + length + 6,
                top + 10,
                percent(cost.fees.micros(), cost.bought.micros())
            );
        }
    }
    let _ = writeln!(
        svg,
        "<text x=\"0\" y=\"{}\" font-size=\"11\" fill=\"{TEXT}\">List prices; dates and sources are in \
         economics/routes.toml.</text>\n</svg>",
        height - 6
    );
    Ok(svg)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ROUTES;

    #[test]
    fn each_charted_route_has_two_bars_in_proportion() {
        let routes = Routes::parse(ROUTES).unwrap();
        let svg = draw(&routes).unwrap();
        let charted = routes.routes.iter().filter(|route| route.chart).count();
        assert_eq!(svg.matches("height=\"13\"").count(), 2 * charted);
        // The longest are 134 %: a card charge beside a store's 10 %. The 9 % of one charge by card are 27 of 402.
        assert!(svg.contains("width=\"402\"") && svg.contains(">134.0 %<") && svg.contains("width=\"27\""), "{svg}");
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn names_can_not_break_it() {
        assert_eq!(escaped("A & <B>"), "A &amp; &lt;B&gt;");
    }
}
