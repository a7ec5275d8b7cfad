//! What the documentation shows is so: its Rust code compiles, and its entry is an entry.

use farthing_protocol::{DeviceId, EncodedEntry, Entry, JournalPosition};

/// The code of each page, one function for each; see `build.rs`. It is compiled, not run: there is no
/// gateway at the addresses that it names.
#[allow(dead_code, unused_imports, unused_variables, clippy::print_stdout, reason = "the code is there to be read")]
mod pages {
    use std::sync::Arc;

    use farthing_core::*;

    include!(concat!(env!("OUT_DIR"), "/documentation.rs"));
}

const PROTOCOL: &str = include_str!("../../docs/protocol.md");

#[test]
fn the_entry_in_the_protocol_page_follows_its_genesis_and_has_its_hash() {
    let (_, json) = PROTOCOL.split_once("```json\n").unwrap();
    let (json, _) = json.split_once("```").unwrap();
    let entry: Entry = serde_json::from_str(json).unwrap();

    let (_, device) = PROTOCOL.split_once("first entry of device `").unwrap();
    let (device, _) = device.split_once('`').unwrap();
    let device: DeviceId = device.parse().unwrap();
    assert_eq!(entry.previous, JournalPosition::genesis(device, 1).head);

    let encoded = EncodedEntry::new(entry).unwrap();
    assert!(PROTOCOL.contains(&format!("hash is `{}`", encoded.hash())), "{}", encoded.hash());
    assert!(PROTOCOL.contains(&format!("{} bytes", encoded.bytes().len())), "{} bytes", encoded.bytes().len());
}
