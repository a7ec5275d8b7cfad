//! SQLite's file system for a test: the system's own, with a [`Disk`] asked before each call and told after it.
//!
//! It becomes the default of the process with the first disk; files outside of every disk's folder go straight to the
//! system. See <https://sqlite.org/vfs.html> for what each function must do.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};

use rusqlite::ffi::{
    SQLITE_FULL, SQLITE_IOERR, SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE, SQLITE_OK, sqlite3_file, sqlite3_filename, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::disk::{Call, Disk, Verdict, WeakDisk};
use crate::image::SECTOR;

static DISKS: Mutex<Vec<WeakDisk>> = Mutex::new(Vec::new());

/// Has SQLite use a disk for all that is below its folder.
pub(crate) fn mount(disk: &Disk) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    let mut disks = disks();
    disks.retain(|known| !known.is_gone());
    disks.push(disk.downgrade());
}

fn disks() -> MutexGuard<'static, Vec<WeakDisk>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn disk_of(path: &Path) -> Option<Disk> {
    disks().iter().find_map(|disk| disk.of(path))
}

/// The system's file system, and ours over it.
struct FileSystems {
    system: *mut sqlite3_vfs,
}

// SAFETY: SQLite's list of file systems is for all threads, and the entry of the system's own is never removed.
unsafe impl Send for FileSystems {}
// SAFETY: as above; it is only read.
unsafe impl Sync for FileSystems {}

static SYSTEM: LazyLock<FileSystems> = LazyLock::new(|| {
    // SAFETY: a null name asks for the default, which SQLite is built with.
    let system = unsafe { sqlite3_vfs_find(std::ptr::null()) };
    assert!(!system.is_null(), "SQLite has no file system");
    FileSystems { system }
});

fn register() {
    let system = SYSTEM.system;
    // SAFETY: the pointer is the one that SQLite gave; the struct is plain data.
    let mut ours = unsafe { *system };
    ours.iVersion = ours.iVersion.min(2);
    ours.szOsFile += SIZE_OF_OURS;
    ours.zName = c"farthing-disk".as_ptr();
    ours.pNext = std::ptr::null_mut();
    ours.xOpen = Some(open);
    ours.xDelete = Some(delete);
    ours.xRandomness = Some(randomness);
    // SAFETY: the struct lives as long as the process does.
    let registered = unsafe { sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
    assert_eq!(registered, SQLITE_OK, "the simulated disk can't be registered");
}

/// An open file: what SQLite sees, and behind it in the same memory the system's own.
#[repr(C)]
struct File {
    methods: *const sqlite3_io_methods,
    /// The disk and the path; none for what is on no disk.
    on: Option<Box<(Disk, PathBuf)>>,
}

const SIZE_OF_OURS: c_int = size_of::<File>() as c_int;

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Without memory-mapped files, whose writes could not be seen.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// # Safety
/// `file` is one that [`open`] has set up.
unsafe fn inner(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: `szOsFile` has room for ours and the system's behind it.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// # Safety
/// `file` is one that [`open`] has set up.
unsafe fn place<'a>(file: *mut sqlite3_file) -> Option<&'a (Disk, PathBuf)> {
    // SAFETY: SQLite uses a file from one thread at a time, and until `xClose`.
    unsafe { (*file.cast::<File>()).on.as_deref() }
}

/// Calls a method of the system's file.
macro_rules! system {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let file = inner($file);
        match (*(*file).pMethods).$method {
            Some(method) => method(file $(, $argument)*),
            None => SQLITE_IOERR,
        }
    }};
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands over memory of `szOsFile` bytes, and a path that ends in zero, or null.
    unsafe {
        let ours = file.cast::<File>();
        // Without methods SQLite does not close what could not be opened.
        ours.write(File { methods: std::ptr::null(), on: None });
        let path = path(name);
        let on = path.and_then(|path| disk_of(&path).map(|disk| (disk, path)));
        if let Some((disk, _)) = &on
            && disk.judge(Call::Open) != Verdict::Go
        {
            return SQLITE_IOERR;
        }
        let Some(system_open) = (*SYSTEM.system).xOpen else { return SQLITE_IOERR };
        let opened = system_open(SYSTEM.system, name, inner(file), flags, out_flags);
        if opened != SQLITE_OK {
            return opened;
        }
        if let Some((disk, path)) = &on {
            disk.opened(path);
        }
        ours.write(File { methods: &METHODS, on: on.map(Box::new) });
        SQLITE_OK
    }
}

/// # Safety
/// `name` is null or ends in zero.
unsafe fn path(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    let name = unsafe { CStr::from_ptr(name) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite hands over a path that ends in zero.
    unsafe {
        let on = path(name).and_then(|path| disk_of(&path).map(|disk| (disk, path)));
        if let Some((disk, _)) = &on
            && disk.judge(Call::Delete) != Verdict::Go
        {
            return SQLITE_IOERR_DELETE;
        }
        let Some(system_delete) = (*SYSTEM.system).xDelete else { return SQLITE_IOERR_DELETE };
        let deleted = system_delete(SYSTEM.system, name, sync_folder);
        if let (SQLITE_OK, Some((disk, path))) = (deleted, &on) {
            disk.deleted(path);
        }
        deleted
    }
}

/// SQLite asks once in a process; the answer must be the same in each run.
unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite hands over that many bytes.
    let bytes = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), usize::try_from(length).unwrap_or(0)) };
    bytes.fill(7);
    length
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the file was set up by `open` and is not used after this.
    unsafe {
        let closed = system!(file, xClose);
        let ours = file.cast::<File>();
        if let Some((disk, path)) = (*ours).on.take().as_deref() {
            disk.closed(path);
        }
        (*ours).methods = std::ptr::null();
        closed
    }
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, length: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: the file was set up by `open`; the rest is handed through.
    unsafe {
        if place(file).is_some_and(|(disk, _)| disk.judge(Call::Read) != Verdict::Go) {
            return SQLITE_IOERR_READ;
        }
        system!(file, xRead, into, length, at)
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, length: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: the file was set up by `open`; SQLite hands over `length` bytes.
    unsafe {
        let Some((disk, path)) = place(file) else { return system!(file, xWrite, from, length, at) };
        let (written, answer) = match disk.judge(Call::Write) {
            Verdict::Go => (length, SQLITE_OK),
            Verdict::Half => (half(at, length), SQLITE_IOERR_WRITE),
            Verdict::Fail => return SQLITE_IOERR_WRITE,
            Verdict::Full => return SQLITE_FULL,
        };
        if written == 0 {
            return answer;
        }
        let done = system!(file, xWrite, from, written, at);
        if done != SQLITE_OK {
            return done;
        }
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(written).unwrap_or(0));
        disk.wrote(path, usize::try_from(at).unwrap_or(0), bytes);
        answer
    }
}

/// How much of a torn write is done: its first half, up to a whole sector. Neither a kill nor a power cut tears one.
fn half(at: sqlite3_int64, length: c_int) -> c_int {
    let middle = at + sqlite3_int64::from(length) / 2;
    let whole = middle - middle % SECTOR as sqlite3_int64 - at;
    c_int::try_from(whole.max(0)).unwrap_or(0)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, length: sqlite3_int64) -> c_int {
    // SAFETY: the file was set up by `open`.
    unsafe {
        let Some((disk, path)) = place(file) else { return system!(file, xTruncate, length) };
        if disk.judge(Call::Truncate) != Verdict::Go {
            return SQLITE_IOERR_TRUNCATE;
        }
        let done = system!(file, xTruncate, length);
        if done == SQLITE_OK {
            disk.truncated(path, usize::try_from(length).unwrap_or(0));
        }
        done
    }
}

/// The system's own sync is left out: what would survive is counted, not tried.
unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the file was set up by `open`.
    unsafe {
        let Some((disk, path)) = place(file) else { return system!(file, xSync, flags) };
        if disk.judge(Call::Sync) != Verdict::Go {
            if !disk.is_dead() {
                disk.failed_to_sync(path);
            }
            return SQLITE_IOERR_FSYNC;
        }
        disk.synced(path);
        SQLITE_OK
    }
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xFileSize, size) }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xLock, level) }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xUnlock, level) }
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, is_locked: *mut c_int) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xCheckReservedLock, is_locked) }
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xFileControl, operation, argument) }
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xSectorSize) }
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xDeviceCharacteristics) }
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    at: *mut *mut c_void,
) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xShmMap, region, size, extend, at) }
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xShmLock, offset, count, flags) }
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: handed through.
    unsafe {
        let file = inner(file);
        if let Some(barrier) = (*(*file).pMethods).xShmBarrier {
            barrier(file);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: handed through.
    unsafe { system!(file, xShmUnmap, delete) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_write_ends_where_a_sector_does() {
        // The header of SQLite's log, the head of a frame, its page, and a page of the database.
        assert_eq!([half(0, 32), half(32, 24), half(56, 4_096), half(4_096, 4_096)], [0, 0, 1_992, 2_048]);
    }
}
