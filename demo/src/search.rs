//! Looks for a text in every file of some folders, as someone who stole the disk would.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files that contain any of these texts.
pub(crate) fn files_with(folders: &[&Path], texts: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if texts.iter().any(|text| contains(&fs::read(&path).unwrap_or_default(), text.as_bytes())) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/file"), b"\0\x014242\xff").unwrap();
        fs::write(folder.path().join("other"), b"424").unwrap();
        let found = files_with(&[folder.path()], &["1881", "4242"]).unwrap();
        assert_eq!(found, [folder.path().join("deep/file")]);
        assert!(files_with(&[folder.path()], &["4243"]).unwrap().is_empty());
    }
}
