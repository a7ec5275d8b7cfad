//! `cargo xtask size`: what the wallet adds to an app.

use std::fmt;
use std::fs;

use crate::shipped;
use crate::terminal::Terminal;
use crate::workspace::Workspace;

/// What an app may have to carry, in megabytes of 10⁶ bytes.
const BAR_MB: f64 = 4.0;
/// Where the chore fails. The bar was set for a wallet without limits, refunds, meters, passes, tips, stores, tabs and
/// automatic top-ups; what these add is known (ADR 8), and nothing more gets in unnoticed.
const GATE_MB: f64 = 4.97;

/// The library that Kotlin and Swift call, linked and stripped as an app would ship it.
#[derive(Debug)]
pub(crate) struct LibrarySize {
    pub(crate) bytes: u64,
}

impl LibrarySize {
    /// In megabytes of 10⁶ bytes, to two places.
    pub(crate) fn megabytes(&self) -> f64 {
        (self.bytes / 10_000) as f64 / 100.0
    }

    /// False above the gate.
    pub(crate) fn holds(&self) -> bool {
        self.megabytes() <= GATE_MB
    }
}

impl fmt::Display for LibrarySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.megabytes();
        write!(f, "library, stripped: {size:.2} MB, bar {BAR_MB:.1} MB: ")?;
        if size <= BAR_MB {
            write!(f, "holds, {:.2} MB to spare", BAR_MB - size)
        } else {
            let over = (size / BAR_MB - 1.0) * 100.0;
            let verdict = if self.holds() { "missed, inside the gate" } else { "missed, beyond the gate" };
            write!(f, "{verdict}: {over:.1} % too large")
        }
    }
}

/// Builds for size, measures and prints.
pub(crate) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let size = measure(workspace, terminal)?;
    println!("{size}");
    Ok(size.holds())
}

/// Builds the library in the profile that apps ship, and looks at its file.
///
/// # Errors
/// When it doesn't compile.
pub(crate) fn measure(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<LibrarySize> {
    let built = shipped::build(workspace, terminal)?;
    let bytes = fs::metadata(built.library("farthing_ffi")?)?.len();
    Ok(LibrarySize { bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_gate_does_not_hold() {
        for (bytes, holds, says) in [
            (3_999_999, true, "3.99 MB, bar 4.0 MB: holds, 0.01 MB to spare"),
            (4_100_000, true, "missed, inside the gate: 2.5 % too large"),
            (4_979_999, true, "inside the gate"),
            (4_980_000, false, "missed, beyond the gate: 24.5 % too large"),
        ] {
            let size = LibrarySize { bytes };
            assert_eq!(size.holds(), holds, "{size}");
            assert!(size.to_string().contains(says), "{size}");
        }
    }
}
