//! SQLite's write-ahead log: its frames, and whether some were damaged.
//!
//! SQLite reads a log up to the first frame that is not as it was written, and takes the rest for
//! what a power cut left. After a cut that is right: only the last commit can be torn, and nobody
//! was told of it. Where a *later* commit is there, a frame in the middle was damaged, and SQLite
//! would silently go on without purchases that were granted (<https://www.sqlite.org/walformat.html>).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

pub(super) const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// A page number above it is garbage: 4 TB.
const PAGES_MAX: u32 = 1 << 30;

/// How a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// There is none, or it has nothing.
    Empty,
    /// Everything in it is as it was written, but for the last commit, perhaps.
    Sound,
    /// What was committed can't be read any more.
    Damaged,
}

/// One page in a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) page: u32,
    /// Where the page begins in the log.
    pub(super) at: u64,
    /// Whether it ends a commit.
    pub(super) commits: bool,
}

/// All frames of a log, whole or not: those of earlier rounds first, since they are older.
pub(super) fn frames(log: &mut File, page_size: usize) -> io::Result<Vec<Frame>> {
    let mut header = [0; HEADER];
    let length = log.metadata()?.len();
    log.seek(SeekFrom::Start(0))?;
    if length < HEADER as u64 {
        return Ok(Vec::new());
    }
    log.read_exact(&mut header)?;
    let (mut earlier, mut current) = (Vec::new(), Vec::new());
    let step = (FRAME_HEADER + page_size) as u64;
    let mut at = HEADER as u64;
    while at + step <= length {
        let mut frame = [0; FRAME_HEADER];
        log.seek(SeekFrom::Start(at))?;
        log.read_exact(&mut frame)?;
        let page = word(&frame, 0);
        if (1..PAGES_MAX).contains(&page) {
            let round = if frame[8..16] == header[16..24] { &mut current } else { &mut earlier };
            round.push(Frame { page, at: at + FRAME_HEADER as u64, commits: word(&frame, 4) != 0 });
        }
        at += step;
    }
    earlier.append(&mut current);
    Ok(earlier)
}

/// Looks a log through.
pub(super) fn health(log: &[u8]) -> Health {
    let Some((header, frames)) = log.split_at_checked(HEADER).filter(|(_, frames)| !frames.is_empty()) else {
        return Health::Empty;
    };
    let big_endian = word(header, 0) & 1 == 1;
    let page_size = word(header, 8) as usize;
    let is_header = word(header, 0) & !1 == 0x377f_0682 && (512..=65_536).contains(&page_size);
    if !is_header || checksum(big_endian, (0, 0), &header[..24]) != sums_at(header, 24) {
        return Health::Damaged;
    }
    // Sums of a frame follow from those of the frame before, so each pair can be checked by itself.
    let (mut before, mut is_whole, mut torn) = (sums_at(header, 24), true, Torn::default());
    for frame in frames.chunks_exact(FRAME_HEADER + page_size) {
        let (head, page) = frame.split_at(FRAME_HEADER);
        let is_current = head[8..16] == header[16..24];
        let follows = checksum(big_endian, checksum(big_endian, before, &head[..8]), page) == sums_at(head, 16);
        is_whole &= is_current && follows;
        if !is_whole && is_current && torn.is_followed_by(word(head, 4) != 0, follows) {
            return Health::Damaged;
        }
        before = sums_at(head, 16);
    }
    Health::Sound
}

/// What was seen of a log since its first frame that is not whole.
#[derive(Default)]
struct Torn {
    has_commit: bool,
    just_committed: bool,
}

impl Torn {
    /// One more frame of the same round. A commit is on disk before the next one begins: one that
    /// goes on from a commit shows that this was no power cut.
    fn is_followed_by(&mut self, commits: bool, follows: bool) -> bool {
        let proven = self.has_commit && self.just_committed && follows;
        self.has_commit |= commits;
        self.just_committed = commits;
        proven
    }
}

fn checksum(big_endian: bool, start: (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let words = bytes.chunks_exact(8).map(|pair| {
        let word = |at: usize| [pair[at], pair[at + 1], pair[at + 2], pair[at + 3]];
        if big_endian {
            (u32::from_be_bytes(word(0)), u32::from_be_bytes(word(4)))
        } else {
            (u32::from_le_bytes(word(0)), u32::from_le_bytes(word(4)))
        }
    });
    words.fold(start, |(first, second), (a, b)| {
        let first = first.wrapping_add(a).wrapping_add(second);
        (first, second.wrapping_add(b).wrapping_add(first))
    })
}

fn sums_at(bytes: &[u8], at: usize) -> (u32, u32) {
    (word(bytes, at), word(bytes, at + 4))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A log of ten commits.
    fn log() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("a.db")).unwrap();
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (b)").unwrap();
        for number in 0..9 {
            connection.execute("INSERT INTO a VALUES (?1)", [number]).unwrap();
        }
        std::fs::read(folder.path().join("a.db-wal")).unwrap()
    }

    const FRAME: usize = FRAME_HEADER + 4_096;

    #[test]
    fn what_sqlite_wrote_is_sound_also_when_a_power_cut_tore_the_last_commit() {
        let mut log = log();
        assert_eq!(health(&log), Health::Sound);
        assert_eq!(health(&log[..HEADER]), Health::Empty);
        for length in [log.len() - 1, log.len() - FRAME, HEADER + FRAME / 2] {
            assert_eq!(health(&log[..length]), Health::Sound, "{length}");
        }
        *log.last_mut().unwrap() ^= 1;
        assert_eq!(health(&log), Health::Sound);
    }

    #[test]
    fn damage_before_the_last_commits_is_seen() {
        let log = log();
        let frames = (log.len() - HEADER) / FRAME;
        assert!(frames >= 10);
        for frame in 0..frames - 2 {
            for at in [0, 9, 17, FRAME_HEADER, FRAME - 1] {
                let mut damaged = log.clone();
                damaged[HEADER + frame * FRAME + at] ^= 1;
                assert_eq!(health(&damaged), Health::Damaged, "byte {at} of frame {frame}");
            }
        }
        for at in 0..HEADER {
            let mut damaged = log.clone();
            damaged[at] ^= 1;
            assert_eq!(health(&damaged), Health::Damaged, "byte {at} of the header");
        }
    }
}
