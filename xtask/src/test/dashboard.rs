//! The dashboard in a real browser: `tests/dashboard` starts a gateway, lets real wallets play, and clicks through it.

use super::counts::Counts;
use crate::build::build;
use crate::terminal::{Finished, Terminal};
use crate::toolchains::Tool;
use crate::workspace::{EVERYTHING, Workspace};

/// Where the pictures go. Those that were looked at are kept in `docs/dashboard`.
const SCREENSHOTS: &str = "target/dashboard";

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<Counts> {
    let node = Tool::DashboardNode.provide(workspace, terminal)?;
    let chromium = Tool::Chromium.provide(workspace, terminal)?;
    let selection = [&EVERYTHING[..], &["--bin", "farthing-gateway", "--bin", "farthing-phone"]].concat();
    let built = build(workspace, terminal, &["farthing-gateway", "farthing-phone"], &selection)?;
    let mut tests = workspace.command(node.program);
    tests.current_dir(workspace.path("tests/dashboard")).args(["--test", "--test-reporter=tap", "dashboard.test.mjs"]);
    tests.env("FARTHING_GATEWAY", built.executable("farthing-gateway")?);
    tests.env("FARTHING_PHONE", built.executable("farthing-phone")?);
    tests.env("FARTHING_CHROMIUM", chromium.program);
    tests.env("FARTHING_SCREENSHOTS", workspace.path(SCREENSHOTS));
    Ok(count(&terminal.run("the dashboard in a browser", tests)?))
}

/// What Node's test runner says at its end: `# pass 3`, `# fail 1`.
fn count(finished: &Finished) -> Counts {
    let figure = |label: &str| {
        let mut figures =
            finished.output.lines().filter_map(|line| line.strip_prefix(label)?.trim().parse::<u64>().ok());
        figures.next_back().unwrap_or(0)
    };
    Counts { passed: figure("# pass "), failed: figure("# fail ") + figure("# cancelled ") }.of_run(finished.success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_node_counts_is_what_is_told() {
        let counted = |success: bool, output: &str| {
            let counts = count(&Finished { success, output: output.into() });
            (counts.passed, counts.failed)
        };
        let end = "# tests 4\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n";
        assert_eq!(counted(false, end), (3, 1));
        assert_eq!(counted(true, &end.replace("pass 3", "pass 4").replace("fail 1", "fail 0")), (4, 0));
        assert_eq!(counted(false, "node: bad option"), (0, 1));
        assert_eq!(counted(true, ""), (0, 1), "a run without a test shows nothing");
    }
}
