//! How the story looks: a heading for each hour of the day, figures that line up.

use std::time::Duration;

use console::{Alignment, pad_str, style};

const LABEL_WIDTH: usize = 26;
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(crate) fn title(text: &str, subtitle: &str) {
    println!("\n  {}  {}", style(text).bold(), style(subtitle).dim());
}

/// A new part of the day.
pub(crate) fn heading(number: u32, text: &str) {
    println!("\n  {} {}", style(format!("{number:>2}")).cyan().bold(), style(text).bold());
}

/// Something that went as it should.
pub(crate) fn done(text: impl AsRef<str>) {
    println!("     {} {}", style("✓").green(), text.as_ref());
}

/// Something that went wrong, as it was meant to.
pub(crate) fn refused(text: impl AsRef<str>) {
    println!("     {} {}", style("✗").yellow(), text.as_ref());
}

/// A sentence about what was just seen.
pub(crate) fn remark(text: impl AsRef<str>) {
    println!("       {}", style(text.as_ref()).dim());
}

pub(crate) fn figure(label: &str, value: impl AsRef<str>) {
    println!("       {} {}", pad_str(label, LABEL_WIDTH, Alignment::Left, None), value.as_ref());
}

/// A table whose columns line up; the first is to the left, the others to the right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) {
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]).filter_map(|row| row.get(column));
        cells.map(|cell| console::measure_text_width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let alignment = if column == 0 { Alignment::Left } else { Alignment::Right };
            pad_str(cell, *width, alignment, None).into_owned()
        });
        padded.collect::<Vec<_>>().join("   ")
    };
    println!("       {}", style(line(&header)).dim());
    for row in rows {
        println!("       {}", line(row));
    }
}

/// Some durations as one bar each, and the numbers of the shortest and the longest.
pub(crate) fn latencies(microseconds: &[u64]) {
    let (Some(least), Some(most)) = (microseconds.iter().min(), microseconds.iter().max()) else { return };
    let spark = |value: &u64| SPARKS[(value * (SPARKS.len() as u64 - 1) / (*most).max(1)) as usize];
    let bars: String = microseconds.iter().map(spark).flat_map(|bar| [bar, ' ']).collect();
    println!("       {}  {} to {}", style(bars).cyan(), milliseconds(*least), milliseconds(*most));
}

pub(crate) fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02} ms", microseconds / 1_000, microseconds % 1_000 / 10)
}

pub(crate) fn seconds(elapsed: Duration) -> String {
    format!("{}.{} s", elapsed.as_secs(), elapsed.subsec_millis() / 100)
}
