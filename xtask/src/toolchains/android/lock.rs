//! The lock file: which libraries of Android, and the SHA-256 of each one's file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use ring::digest;

/// One library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Library {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    /// `jar` or `aar`.
    pub(super) kind: String,
    sha256: String,
}

/// What a library is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Android itself, to compile against.
    Api,
    /// Android itself, to run tests on or to link resources against.
    Platform,
    /// Classes, and perhaps resources, of the app.
    Code,
}

impl Library {
    /// The name that `dependency:copy` gives its file.
    pub(super) fn file(&self) -> String {
        format!("{}.{}-{}.{}", self.group, self.artifact, self.version, self.kind)
    }

    pub(super) fn is_aar(&self) -> bool {
        self.kind == "aar"
    }

    pub(super) fn purpose(&self) -> Purpose {
        match (self.group.as_str(), self.artifact.as_str()) {
            ("org.robolectric", "android-all") if self.version == super::API => Purpose::Api,
            ("org.robolectric", "android-all" | "android-all-instrumented") => Purpose::Platform,
            _ => Purpose::Code,
        }
    }

    /// The group of the plain jar that is made from an AAR: one that no registry has.
    pub(super) fn local_group(&self) -> String {
        if self.is_aar() { format!("aar.{}", self.group) } else { self.group.clone() }
    }

    /// Compares the file that was fetched with what the lock says.
    ///
    /// # Errors
    /// When it isn't there, or is another.
    pub(super) fn verify(&self, fetched: &Path) -> anyhow::Result<()> {
        let path = fetched.join(self.file());
        let bytes = fs::read(&path).with_context(|| format!("{} was not fetched", path.display()))?;
        let sha256 = hexadecimal(digest::digest(&digest::SHA256, &bytes).as_ref());
        ensure!(
            sha256 == self.sha256,
            "{} is not the file that {} names: its SHA-256 is {sha256}. Someone changed the registry's file, or a \
             download broke off: delete it from Maven's local repository and try again",
            self.file(),
            super::LOCK
        );
        Ok(())
    }

    /// Where Maven looks for it in a repository, without its ending.
    pub(super) fn path_in_repository(&self) -> PathBuf {
        let folder = self.local_group().replace('.', "/");
        let name = format!("{}-{}", self.artifact, self.version);
        [&folder, &self.artifact, &self.version, &name].iter().collect()
    }
}

/// Reads the lock file: `group:artifact:version:type sha256` a line; a line that starts with `#` is a comment.
///
/// # Errors
/// When a line is none of these.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Library>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|(index, line)| library(line).with_context(|| format!("line {}: {line}", index + 1))).collect()
}

fn library(line: &str) -> anyhow::Result<Library> {
    let (coordinates, sha256) = line.trim().split_once(' ').context("the SHA-256 is missing")?;
    ensure!(sha256.len() == 64 && sha256.bytes().all(|digit| digit.is_ascii_hexdigit()), "that is no SHA-256");
    let coordinates: Vec<_> = coordinates.split(':').map(str::to_owned).collect();
    let [group, artifact, version, kind] =
        <[String; 4]>::try_from(coordinates).ok().context("a library is group:artifact:version:type")?;
    ensure!(kind == "jar" || kind == "aar", "the type is jar or aar");
    Ok(Library { group, artifact, version, kind, sha256: sha256.to_ascii_lowercase() })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn one(line: &str) -> anyhow::Result<Library> {
        parse(line)?.pop().context("no line")
    }

    #[test]
    fn a_line_names_a_library_and_comments_are_passed_over() -> anyhow::Result<()> {
        let libraries = parse(&format!("# a comment\n\nandroidx.core:core:1.18.0:aar {ABC}\n"))?;
        assert_eq!(libraries.len(), 1);
        assert_eq!(libraries[0].file(), "androidx.core.core-1.18.0.aar");
        assert_eq!(libraries[0].path_in_repository(), Path::new("aar/androidx/core/core/1.18.0/core-1.18.0"));
        Ok(())
    }

    #[test]
    fn a_line_that_is_no_library_is_named() {
        for line in ["androidx.core:core:1.18.0:aar", "a:b:1:zip 00", "a:b:1:jar 00", &format!("a:b:jar {ABC}")] {
            let error = parse(line).expect_err(line).to_string();
            assert_eq!(error, format!("line 1: {line}"));
        }
    }

    #[test]
    fn android_itself_is_not_a_library_of_the_app() -> anyhow::Result<()> {
        let purpose = |name: &str| one(&format!("org.robolectric:{name}:jar {ABC}")).map(|library| library.purpose());
        assert_eq!(purpose(&format!("android-all:{}", super::super::API))?, Purpose::Api);
        assert_eq!(purpose("android-all:12-robolectric-7732740")?, Purpose::Platform);
        assert_eq!(purpose("android-all-instrumented:14-robolectric-10818077-i7")?, Purpose::Platform);
        assert_eq!(purpose("robolectric:4.16.1")?, Purpose::Code);
        Ok(())
    }

    #[test]
    fn a_file_that_was_changed_is_refused() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let library = one(&format!("a:b:1:jar {ABC}"))?;
        let missing = library.verify(folder.path()).expect_err("nothing is there").to_string();
        assert!(missing.ends_with("a.b-1.jar was not fetched"), "{missing}");
        fs::write(folder.path().join("a.b-1.jar"), "abc")?;
        library.verify(folder.path())?;
        fs::write(folder.path().join("a.b-1.jar"), "abd")?;
        let changed = library.verify(folder.path()).expect_err("another file").to_string();
        assert!(changed.starts_with("a.b-1.jar is not the file that"), "{changed}");
        Ok(())
    }
}
