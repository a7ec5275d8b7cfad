//! Searches files and the memory of a process for a card, in every guise that it might wear.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A card that is planted.
#[derive(Clone, Copy, Debug)]
pub struct Planted {
    /// Its number.
    pub number: &'static str,
    /// Its verification code.
    pub cvc: &'static str,
}

/// The sandbox's American Express card. Its code has four digits, so that the code in quotes is six bytes which do
/// not turn up by chance; three digits alone would.
pub const PLANTED: Planted = Planted { number: "378282246310005", cvc: "7391" };

/// Some bytes that tell of the card.
#[derive(Clone, Debug)]
struct Needle {
    name: &'static str,
    bytes: Vec<u8>,
}

/// Where a needle was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which guise.
    pub needle: &'static str,
    /// The file, or the memory region and the address.
    pub place: String,
    /// What is around it, with other bytes as dots.
    pub around: String,
}

impl Planted {
    fn needles(self) -> Vec<Needle> {
        let (number, cvc) = (self.number, self.cvc);
        let digits: Vec<u8> = number.bytes().map(|digit| digit - b'0').collect();
        let packed =
            |digits: &[u8]| digits.chunks(2).map(|two| two[0] << 4 | two.get(1).copied().unwrap_or(15)).collect();
        let grouped = |separator: &str| [&number[..4], &number[4..10], &number[10..]].join(separator);
        let mut needles = vec![
            // Either half: what was wiped in part, or cut in two by a buffer's end, is found as well.
            ("first half", number[..8].into()),
            ("second half", number[number.len() - 8..].into()),
            ("with spaces", grouped(" ").into_bytes()),
            ("with hyphens", grouped("-").into_bytes()),
            ("UTF-16", number.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ("UTF-32", number.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
            ("digits as bytes", digits.clone()),
            ("packed decimal", packed(&digits)),
            ("packed decimal, right", packed(&[&[0], digits.as_slice()].concat())),
            ("as a number", number.parse::<u64>().unwrap().to_le_bytes()[..7].into()),
            ("hexadecimal", number.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()),
            ("a list of bytes", format!("{:?}", &number.as_bytes()[..8]).trim_matches(['[', ']']).into()),
            ("CVC in JSON", format!("\"{cvc}\"").into()),
            ("CVC, escaped", format!("\\\"{cvc}\\\"").into()),
            ("CVC after its name", format!("cvc={cvc}").into()),
        ];
        // Base64 of a text that has it: the characters of three alignments, less those that its neighbours touch.
        for skip in 0..3 {
            let body = &number.as_bytes()[skip..];
            let whole = &body[..body.len() / 3 * 3];
            needles.push(("base64", STANDARD_NO_PAD.encode(whole).into_bytes()));
            needles.push(("base64url", URL_SAFE_NO_PAD.encode(whole).into_bytes()));
            let cvc = format!("\"cvc\":\"{cvc}\"");
            let body = &cvc.as_bytes()[skip..];
            needles.push(("CVC in base64", STANDARD_NO_PAD.encode(&body[..body.len() / 3 * 3]).into_bytes()));
        }
        needles.into_iter().map(|(name, bytes)| Needle { name, bytes }).collect()
    }

    /// Every hit in some bytes.
    pub fn in_bytes(self, place: &str, bytes: &[u8], hits: &mut Vec<Hit>) {
        search(&self.needles(), place, 0, bytes, hits);
    }

    /// Every hit in the files of a folder.
    pub fn in_folder(self, folder: &Path, hits: &mut Vec<Hit>) -> u64 {
        let mut count = 0;
        for path in files(folder) {
            self.in_bytes(&path.display().to_string(), &std::fs::read(&path).unwrap(), hits);
            count += 1;
        }
        count
    }

    /// Every hit in the memory of a process, by its memory map: heap, stacks, and all that is mapped from files.
    /// Returns how many bytes were searched.
    pub fn in_memory(self, process: u32, hits: &mut Vec<Hit>) -> u64 {
        let needles = self.needles();
        let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
        let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
        let mut searched = 0;
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (range, access) = (words.next().unwrap(), words.next().unwrap());
            let name = words.nth(3).unwrap_or("anonymous");
            if !access.starts_with('r') || name.starts_with("[v") {
                continue;
            }
            let (start, end) = range.split_once('-').unwrap();
            let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            // A region may have gone since the map was read.
            if memory.seek(SeekFrom::Start(start)).and_then(|_| memory.read_exact(&mut bytes)).is_err() {
                continue;
            }
            searched += bytes.len() as u64;
            search(&needles, &format!("{name} {access}"), start, &bytes, hits);
        }
        searched
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

fn search(needles: &[Needle], place: &str, start: u64, bytes: &[u8], hits: &mut Vec<Hit>) {
    // The first two bytes decide for nearly all places at once.
    let prefix = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut may_begin = vec![false; 1 << 16];
    needles.iter().for_each(|needle| may_begin[prefix(&needle.bytes)] = true);
    const PAGE: usize = 4_096;
    for page in (0..bytes.len()).step_by(PAGE) {
        let end = (page + PAGE).min(bytes.len());
        // Most memory is zeros.
        if bytes[page..end] == [0; PAGE][..end - page] {
            continue;
        }
        for (at, two) in (page..).zip(bytes[page..(end + 1).min(bytes.len())].windows(2)) {
            if !may_begin[prefix(two)] {
                continue;
            }
            for needle in needles.iter().filter(|needle| bytes[at..].starts_with(&needle.bytes)) {
                let place = format!("{place} at {:x}", start + at as u64);
                hits.push(Hit { needle: needle.name, place, around: around(bytes, at) });
            }
        }
    }
}

fn around(bytes: &[u8], at: usize) -> String {
    let shown = &bytes[at.saturating_sub(48)..(at + 64).min(bytes.len())];
    shown.iter().map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guise_is_found() {
        for needle in PLANTED.needles() {
            let mut hits = Vec::new();
            let bytes = [&[7; 5_000], needle.bytes.as_slice(), &[7; 10]].concat();
            PLANTED.in_bytes("here", &bytes, &mut hits);
            assert!(hits.iter().any(|hit| hit.needle == needle.name && hit.place == "here at 1388"), "{needle:?}");
        }
        let mut hits = Vec::new();
        PLANTED.in_bytes("here", &[7; 10_000], &mut hits);
        assert!(hits.is_empty());
    }
}
