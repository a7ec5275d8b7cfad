//! What the library and the gateway are made of: a software bill of materials each, as CycloneDX (ECMA-424),
//! in `target/sbom`. cargo-cyclonedx writes them; here they are checked against what cargo itself resolves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::terminal::{self, Terminal};
use crate::toolchains::Tool;
use crate::workspace::{Workspace, fresh_folder};

const FOLDER: &str = "target/sbom";
/// The tool writes one beside each manifest; by this name they are found again.
const WRITTEN: &str = "cyclonedx-part";
/// What is shipped.
const PACKAGES: [&str; 2] = ["farthing-ffi", "farthing-gateway"];

pub(super) fn run(workspace: &Workspace, terminal: &Terminal) -> anyhow::Result<bool> {
    let cyclonedx = Tool::CargoCyclonedx.provide(workspace, terminal)?.program;
    let mut write = workspace.command(&cyclonedx);
    write.args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", "all"]);
    write.args(["--override-filename", WRITTEN]);
    // The same sources have the same bill: neither the time of day nor a random number is in it.
    write.env("SOURCE_DATE_EPOCH", committed_at(workspace)?);
    let finished = terminal.run("bills of materials", write)?;
    let mut bills = take_away(workspace)?;
    if !finished.success {
        return Ok(false);
    }

    let folder = workspace.path(FOLDER);
    fresh_folder(&folder)?;
    let metadata = workspace.metadata()?;
    let mut holds = true;
    for name in PACKAGES {
        let bill = bills.remove(name).with_context(|| format!("cargo-cyclonedx wrote no bill of {name}"))?;
        // Where it was built is nobody's business.
        let bill = bill.replace(&workspace.path("").display().to_string(), "");
        fs::write(folder.join(format!("{name}.cdx.json")), &bill)?;
        let bill = serde_json::from_str(&bill).with_context(|| format!("the bill of {name} is no JSON"))?;
        let faults = check(&bill, &metadata, name)?;
        for fault in &faults {
            println!("  {name}: {fault}");
        }
        holds &= faults.is_empty();
        let components = bill["components"].as_array().map_or(0, Vec::len);
        println!("{} {FOLDER}/{name}.cdx.json: {components} components", terminal::mark(faults.is_empty()));
    }
    Ok(holds)
}

/// The bills that lie beside the manifests, by package; they are no longer there.
fn take_away(workspace: &Workspace) -> anyhow::Result<BTreeMap<String, String>> {
    let mut bills = BTreeMap::new();
    for (name, folder) in workspace.members()? {
        let written = folder.join(format!("{WRITTEN}.json"));
        if written.exists() {
            let bill = fs::read_to_string(&written).with_context(|| format!("{} can't be read", written.display()))?;
            fs::remove_file(&written).with_context(|| format!("{} can't be deleted", written.display()))?;
            bills.insert(name, bill);
        }
    }
    Ok(bills)
}

/// When the sources were last committed, in seconds since 1970.
fn committed_at(workspace: &Workspace) -> anyhow::Result<String> {
    let mut git = workspace.command("git");
    let output = git.args(["log", "-1", "--format=%ct"]).output().context("git can't be started")?;
    ensure!(output.status.success(), "git knows no commit: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What is wrong with a bill: it must have just what cargo resolves, each with a purl and a licence.
fn check(bill: &Value, metadata: &Value, package: &str) -> anyhow::Result<Vec<String>> {
    ensure!(bill["bomFormat"] == "CycloneDX", "the bill of {package} is no CycloneDX");
    let expected = dependencies(metadata, package)?;
    let mut found = BTreeSet::new();
    let mut faults = Vec::new();
    for component in bill["components"].as_array().into_iter().flatten() {
        let name = format!("{} {}", text(&component["name"]), text(&component["version"]));
        if !text(&component["purl"]).starts_with("pkg:cargo/") {
            faults.push(format!("{name} has no purl"));
        }
        if component["licenses"].as_array().is_none_or(Vec::is_empty) {
            faults.push(format!("{name} has no licence"));
        }
        found.insert(name);
    }
    faults.extend(expected.difference(&found).map(|name| format!("{name} is missing")));
    faults.extend(found.difference(&expected).map(|name| format!("{name} is nothing that it is built from")));
    Ok(faults)
}

/// All that a package is built from, as name and version: its dependencies and theirs, but for those of tests.
fn dependencies(metadata: &Value, package: &str) -> anyhow::Result<BTreeSet<String>> {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let names: BTreeMap<String, String> = packages
        .iter()
        .map(|package| (text(&package["id"]), format!("{} {}", text(&package["name"]), text(&package["version"]))))
        .collect();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let nodes: BTreeMap<String, &Value> = nodes.iter().map(|node| (text(&node["id"]), node)).collect();

    let start = packages.iter().find(|candidate| candidate["name"] == package);
    let start = text(&start.with_context(|| format!("cargo knows no package {package}"))?["id"]);
    let (mut reached, mut open) = (BTreeSet::from([start.clone()]), vec![start.clone()]);
    while let Some(id) = open.pop() {
        let node = nodes.get(&id).with_context(|| format!("cargo has not resolved {id}"))?;
        for dependency in list(&node["deps"]) {
            let is_built_from = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            let next = text(&dependency["pkg"]);
            if is_built_from && reached.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    reached.remove(&start);
    Ok(reached.into_iter().filter_map(|id| names.get(&id).cloned()).collect())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata() -> Value {
        let package = |name: &str| json!({ "id": name, "name": name, "version": "1.0.0" });
        let needs = |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [package("app"), package("a"), package("b"), package("c"), package("only_tests")],
            "resolve": { "nodes": [
                { "id": "app", "deps": [needs("a", Value::Null), needs("only_tests", json!("dev"))] },
                { "id": "a", "deps": [needs("b", json!("build"))] },
                { "id": "b", "deps": [] },
                { "id": "c", "deps": [] },
                { "id": "only_tests", "deps": [needs("c", Value::Null)] },
            ] },
        })
    }

    fn component(name: &str) -> Value {
        let purl = format!("pkg:cargo/{name}@1.0.0");
        json!({ "name": name, "version": "1.0.0", "purl": purl, "licenses": [{ "expression": "MIT" }] })
    }

    #[test]
    fn a_bill_has_what_cargo_resolves_and_nothing_else() -> anyhow::Result<()> {
        let bill = |components: Value| json!({ "bomFormat": "CycloneDX", "components": components });
        let right = bill(json!([component("a"), component("b")]));
        assert_eq!(check(&right, &metadata(), "app")?, [""; 0]);
        let wrong = bill(json!([component("a"), component("c")]));
        assert_eq!(
            check(&wrong, &metadata(), "app")?,
            ["b 1.0.0 is missing", "c 1.0.0 is nothing that it is built from"]
        );
        let mut bare = component("b");
        bare["licenses"] = json!([]);
        bare["purl"] = Value::Null;
        let bare = bill(json!([component("a"), bare]));
        assert_eq!(check(&bare, &metadata(), "app")?, ["b 1.0.0 has no purl", "b 1.0.0 has no licence"]);
        assert!(check(&json!({}), &metadata(), "app").is_err());
        Ok(())
    }
}
