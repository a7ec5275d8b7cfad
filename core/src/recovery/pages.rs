//! The rows of a broken database, page by page.
//!
//! SQLite finds rows through b-trees; where those are broken, it finds none. Here each page is
//! looked at by itself, in the file and in the write-ahead log, also those that no tree leads to
//! any more (<https://www.sqlite.org/fileformat2.html>). What comes out may be old or garbage:
//! the seal tells which rows are genuine, and for what place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::log;
use crate::WalletError;
use crate::folder;
use crate::store::sealed::Key;

const PAGE_SIZE: usize = 4_096;
/// The first page begins with the header of the file.
const FILE_HEADER: usize = 100;
/// No row of ours is larger; a length above it is garbage.
const ROW_BYTES_MAX: usize = 16 << 20;

/// Calls `each` with whatever may be a row: its key and its sealed value. Older versions of a row
/// come before newer ones, as far as the file tells.
pub(super) fn each_row(
    database: &Path,
    mut each: impl FnMut(Key<'_>, &[u8]) -> Result<(), WalletError>,
) -> Result<(), WalletError> {
    let mut pages = Pages::open(database).map_err(folder::unavailable)?;
    for number in 1..=pages.in_file {
        pages.rows_of(number, &mut each)?;
    }
    // A commit's pages are read once all of them are there: a long row goes on in another page.
    let mut changed = BTreeSet::new();
    for frame in std::mem::take(&mut pages.frames) {
        pages.newest.insert(frame.page, frame.at);
        changed.insert(frame.page);
        if frame.commits {
            for number in std::mem::take(&mut changed) {
                pages.rows_of(number, &mut each)?;
            }
        }
    }
    for number in changed {
        pages.rows_of(number, &mut each)?;
    }
    Ok(())
}

/// The pages of a database as they were at one moment: those of the file, and in their place
/// those of the log up to there.
struct Pages {
    size: usize,
    file: Option<File>,
    in_file: u32,
    log: Option<File>,
    frames: Vec<log::Frame>,
    newest: BTreeMap<u32, u64>,
}

impl Pages {
    fn open(database: &Path) -> io::Result<Self> {
        let (mut file, mut log) = (open(database)?, open(&folder::log_of(database))?);
        let size = page_size(file.as_mut(), log.as_mut())?;
        let bytes = file.as_ref().map_or(Ok(0), |file| file.metadata().map(|metadata| metadata.len()))?;
        let in_file = u32::try_from(bytes.div_ceil(size as u64)).unwrap_or(u32::MAX);
        let frames = log.as_mut().map_or_else(|| Ok(Vec::new()), |log| log::frames(log, size))?;
        Ok(Pages { size, file, in_file, log, frames, newest: BTreeMap::new() })
    }

    /// A page; zeros in place of what the file does not have.
    fn read(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let (file, at) = match self.newest.get(&number) {
            Some(at) => (self.log.as_mut(), *at),
            None => (self.file.as_mut(), u64::from(number.saturating_sub(1)) * self.size as u64),
        };
        let mut page = Vec::with_capacity(self.size);
        if let Some(file) = file {
            file.seek(SeekFrom::Start(at))?;
            file.take(self.size as u64).read_to_end(&mut page)?;
        }
        page.resize(self.size, 0);
        Ok(page)
    }

    fn rows_of(
        &mut self,
        number: u32,
        each: &mut impl FnMut(Key<'_>, &[u8]) -> Result<(), WalletError>,
    ) -> Result<(), WalletError> {
        let page = self.read(number).map_err(folder::unavailable)?;
        let start = if number == 1 { FILE_HEADER } else { 0 };
        for cell in cells(&page, start) {
            let record = self.record(&page, &cell).map_err(folder::unavailable)?;
            if let Some((key, sealed)) = record.as_deref().and_then(|record| row(record, cell.number)) {
                each(key, sealed)?;
            }
        }
        Ok(())
    }

    /// A cell's record, with what of it is in other pages; `None` where it is garbage.
    fn record(&mut self, page: &[u8], cell: &Cell) -> io::Result<Option<Vec<u8>>> {
        let local = local_bytes(self.size, cell.length, cell.number.is_some());
        let Some(first) = page.get(cell.at..cell.at + local) else { return Ok(None) };
        let mut record = first.to_vec();
        let mut next = bytes_at(page, cell.at + local).map(u32::from_be_bytes);
        while record.len() < cell.length {
            let Some(number) = next.filter(|number| *number != 0 && self.has(*number)) else { return Ok(None) };
            let page = self.read(number)?;
            let content = page.get(4..).unwrap_or_default();
            record.extend_from_slice(&content[..content.len().min(cell.length - record.len())]);
            next = bytes_at(&page, 0).map(u32::from_be_bytes);
        }
        Ok(Some(record))
    }

    fn has(&self, number: u32) -> bool {
        number <= self.in_file || self.newest.contains_key(&number)
    }
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}

/// The size of a page, as the file says, or the log, or as it is everywhere.
fn page_size(file: Option<&mut File>, log: Option<&mut File>) -> io::Result<usize> {
    let mut header = Vec::new();
    if let Some(file) = file {
        file.take(FILE_HEADER as u64).read_to_end(&mut header)?;
    }
    let mut log_header = Vec::new();
    if let Some(log) = log {
        log.take(log::HEADER as u64).read_to_end(&mut log_header)?;
    }
    let by_file =
        bytes_at(&header, 16).map(u16::from_be_bytes).map(|size| if size == 1 { 65_536 } else { size.into() });
    let by_log = bytes_at(&log_header, 8).map(|size| u32::from_be_bytes(size) as usize);
    let is_valid = |size: &usize| size.is_power_of_two() && (512..=65_536).contains(size);
    Ok(by_file.filter(is_valid).or(by_log.filter(is_valid)).unwrap_or(PAGE_SIZE))
}

/// Where a row begins in a page.
struct Cell {
    at: usize,
    length: usize,
    /// The row's number, where its table has numbers for keys.
    number: Option<i64>,
}

/// The cells of a page that may hold rows; none where it is something else.
fn cells(page: &[u8], start: usize) -> Vec<Cell> {
    // A leaf of numbered rows; a leaf, and a branch, of rows by other keys.
    let (pointers, child, is_numbered) = match page.get(start) {
        Some(0x0d) => (start + 8, 0, true),
        Some(0x0a) => (start + 8, 0, false),
        Some(0x02) => (start + 12, 4, false),
        _ => return Vec::new(),
    };
    let count = bytes_at(page, start + 3).map_or(0, u16::from_be_bytes).into();
    let cell = |pointer: usize| {
        let at = usize::from(u16::from_be_bytes(bytes_at(page, pointers + 2 * pointer)?)) + child;
        let (length, at) = varint(page, at)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= ROW_BYTES_MAX)?;
        let (number, at) =
            if is_numbered { varint(page, at).map(|(number, at)| (Some(number), at))? } else { (None, at) };
        Some(Cell { at, length, number })
    };
    (0..count).filter_map(cell).collect()
}

/// How much of a record is in its cell.
fn local_bytes(page: usize, length: usize, is_numbered: bool) -> usize {
    let most = if is_numbered { page - 35 } else { (page - 12) * 64 / 255 - 23 };
    if length <= most {
        return length;
    }
    let least = (page - 12) * 32 / 255 - 23;
    let even = least + (length - least) % (page - 4);
    if even <= most { even } else { least }
}

/// The key and the sealed value of a record: two columns, the key absent where it is the row's number.
fn row(record: &[u8], number: Option<i64>) -> Option<(Key<'_>, &[u8])> {
    let (header, at) = varint(record, 0)?;
    let (key_type, at) = varint(record, at)?;
    let (sealed_type, at) = varint(record, at)?;
    if usize::try_from(header).ok()? != at {
        return None;
    }
    let (key, sealed_at) = match number {
        Some(number) if key_type == 0 => (Key::Number(number), at),
        None => {
            let end = at.checked_add(blob_length(key_type)?)?;
            (Key::Bytes(record.get(at..end)?), end)
        }
        _ => return None,
    };
    let sealed = record.get(sealed_at..sealed_at.checked_add(blob_length(sealed_type)?)?)?;
    Some((key, sealed))
}

fn blob_length(serial_type: i64) -> Option<usize> {
    let is_blob = serial_type >= 12 && serial_type % 2 == 0;
    if is_blob { usize::try_from((serial_type - 12) / 2).ok() } else { None }
}

/// A number of one to nine bytes, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut value = 0_u64;
    for place in 0..9 {
        let byte = *bytes.get(at + place)?;
        if place == 8 {
            return Some(((value << 8 | u64::from(byte)).cast_signed(), at + 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value.cast_signed(), at + place + 1));
        }
    }
    None
}

fn bytes_at<const LENGTH: usize>(bytes: &[u8], at: usize) -> Option<[u8; LENGTH]> {
    bytes.get(at..at.checked_add(LENGTH)?)?.try_into().ok()
}
