//! The seeds, and what once broke a decoder, hold for ever; libFuzzer is not needed for that.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use farthing_fuzz::{TARGETS, Target, Verdict};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of one target; none where it has no folder.
fn files(folder_name: &str, target: &Target) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder(folder_name).join(target.name)) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What the check says of a file; a broken promise names the file.
fn verdict(target: &Target, file: &Path) -> Verdict {
    let bytes = fs::read(file).unwrap();
    std::panic::catch_unwind(|| (target.check)(&bytes))
        .unwrap_or_else(|_| panic!("{} breaks a promise of the target {}", file.display(), target.name))
}

#[test]
fn each_target_has_seeds_that_are_read_and_seeds_that_are_refused() {
    for target in &TARGETS {
        let verdicts: Vec<_> = files("corpus", target).iter().map(|file| verdict(target, file)).collect();
        assert!(verdicts.contains(&Verdict::Read), "no seed of {} is read", target.name);
        assert!(verdicts.contains(&Verdict::Refused), "no seed of {} is refused", target.name);
    }
}

#[test]
fn what_once_broke_a_promise_keeps_it_now() {
    for target in &TARGETS {
        for file in files("regressions", target) {
            verdict(target, &file);
        }
    }
}

#[test]
fn each_folder_and_each_program_is_a_target_s() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    for (name, ending, all) in [("corpus", "", true), ("regressions", "", false), ("libfuzzer/targets", ".rs", true)] {
        let Ok(entries) = fs::read_dir(folder(name)) else { continue };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<_> = names.filter(|name| name != "README.md").collect();
        let names: BTreeSet<_> = names.into_iter().map(|name| name.trim_end_matches(ending).to_owned()).collect();
        assert!(names.is_subset(&targets), "{name} has more than the targets: {names:?}");
        assert!(!all || names == targets, "{name} lacks a target: it has {names:?}");
    }
}

/// A seed that was cut short, or has a byte changed, is read or refused as well.
#[test]
fn every_seed_may_be_cut_anywhere_and_changed_anywhere() {
    for target in &TARGETS {
        for file in files("corpus", target).iter().filter(|file| fs::metadata(file).unwrap().len() < 1_000) {
            let bytes = fs::read(file).unwrap();
            for at in (0..bytes.len()).step_by(7) {
                (target.check)(&bytes[..at]);
                let mut changed = bytes.clone();
                changed[at] ^= 0x10;
                (target.check)(&changed);
            }
        }
    }
}
