//! What a player sends to support.

use farthing_core as core;

/// What a player sends to support: save it, or share it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SupportFile {
    /// A name for the file.
    pub name: String,
    /// Its text, at most 2 MiB.
    pub content: String,
}

impl From<core::SupportFile> for SupportFile {
    fn from(file: core::SupportFile) -> Self {
        let core::SupportFile { name, content } = file;
        SupportFile { name, content }
    }
}
