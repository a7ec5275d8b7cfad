//! The disk that a test holds: what fails, what dies, what a power cut takes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::image::Image;
use crate::vfs;

/// What SQLite asks of a disk, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Opens or makes a file.
    Open,
    /// Reads some bytes.
    Read,
    /// Writes some bytes.
    Write,
    /// Makes a file shorter.
    Truncate,
    /// Has what was written put on the medium.
    Sync,
    /// Deletes a file.
    Delete,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One call fails with an input/output error, and has no effect.
    Error,
    /// From that call on no byte can be written, until [`Disk::mend`].
    Full,
    /// From that call on every call fails, until [`Disk::mend`].
    Broken,
    /// The process ends before the call: nothing that it asks for is done any more, until [`Disk::mend`].
    Death,
    /// The same, in the midst of a write: its first half is done, up to a whole sector.
    TornDeath,
}

/// What the file system is to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Go,
    Fail,
    Full,
    Half,
}

/// Everything that SQLite keeps below a folder.
///
/// Files are real ones in that folder; beside them the disk knows which of their bytes would survive a power cut.
/// Cloning it is cheap, and all clones are the same disk. The folder must not be inside of another disk's.
#[derive(Clone)]
pub struct Disk {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    random: ChaCha8Rng,
    calls: u64,
    armed: Option<(u64, Fault)>,
    /// A fault that lasts.
    lasting: Option<Fault>,
    hit: Option<Call>,
    images: BTreeMap<PathBuf, Image>,
    open: BTreeMap<PathBuf, usize>,
}

impl Disk {
    /// A disk for a folder, which is made when it is not there. `seed` decides what survives a power cut.
    ///
    /// # Panics
    /// When the folder can't be made.
    pub fn new(folder: &Path, seed: u64) -> Self {
        fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{} can't be made: {error}", folder.display()));
        let folder = folder.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let state = State {
            random: ChaCha8Rng::seed_from_u64(seed),
            calls: 0,
            armed: None,
            lasting: None,
            hit: None,
            images: BTreeMap::new(),
            open: BTreeMap::new(),
        };
        let disk = Disk { folder, state: Arc::new(Mutex::new(state)) };
        vfs::mount(&disk);
        disk
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Has the call after `calls` further ones go wrong. One fault waits at a time.
    pub fn fail_after(&self, calls: u64, fault: Fault) {
        let mut state = self.state();
        state.armed = Some((state.calls + calls, fault));
        state.hit = None;
    }

    /// Which call the fault met, if it met one.
    pub fn hit(&self) -> Option<Call> {
        self.state().hit
    }

    /// Whether the process that used the disk has died.
    pub fn is_dead(&self) -> bool {
        matches!(self.state().lasting, Some(Fault::Death | Fault::TornDeath))
    }

    /// The process ends now: nothing that it asks for is done any more, until [`Disk::mend`].
    pub fn die(&self) {
        self.state().lasting = Some(Fault::Death);
    }

    /// Ends every fault, also one that waits. After a death, close what was open first: what a process had open
    /// goes with it.
    pub fn mend(&self) {
        let mut state = self.state();
        state.armed = None;
        state.lasting = None;
    }

    /// The power goes: of what was not synced, some is lost. Nothing may be open.
    ///
    /// # Panics
    /// When a file is open, or can't be written.
    pub fn cut_power(&self) {
        let mut state = self.state();
        assert!(state.open.is_empty(), "files are open at a power cut: {:?}", state.open);
        for (path, image) in std::mem::take(&mut state.images) {
            if path.exists() && image.has_pending() {
                let content = image.after_power_cut(&mut state.random);
                fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
        }
    }

    /// Forgets what was pending: files were replaced from outside.
    pub fn forget(&self) {
        self.state().images.clear();
    }

    pub(crate) fn judge(&self, call: Call) -> Verdict {
        let mut state = self.state();
        let number = state.calls;
        state.calls += 1;
        if let Some((at, fault)) = state.armed
            && number >= at
            && state.lasting.is_none()
            // Only a write can be torn or meet a full disk: the fault waits for one.
            && (call == Call::Write || !matches!(fault, Fault::Full | Fault::TornDeath))
        {
            state.armed = None;
            state.hit = Some(call);
            match fault {
                Fault::Error => return Verdict::Fail,
                Fault::TornDeath => {
                    state.lasting = Some(fault);
                    return Verdict::Half;
                }
                Fault::Full | Fault::Broken | Fault::Death => state.lasting = Some(fault),
            }
        }
        match state.lasting {
            None => Verdict::Go,
            Some(Fault::Full) if call == Call::Write => Verdict::Full,
            Some(Fault::Full) => Verdict::Go,
            Some(_) => Verdict::Fail,
        }
    }

    pub(crate) fn opened(&self, path: &Path) {
        let mut state = self.state();
        let handles = state.open.entry(path.to_owned()).or_default();
        *handles += 1;
        let is_first = *handles == 1;
        let is_pending = state.images.get(path).is_some_and(Image::has_pending);
        if is_first && !is_pending {
            state.images.insert(path.to_owned(), Image::of(fs::read(path).unwrap_or_default()));
        }
    }

    pub(crate) fn closed(&self, path: &Path) {
        let mut state = self.state();
        if let Some(handles) = state.open.get_mut(path) {
            *handles -= 1;
            if *handles == 0 {
                state.open.remove(path);
                if let Some(image) = state.images.get_mut(path) {
                    image.forget_doubts();
                }
            }
        }
    }

    pub(crate) fn wrote(&self, path: &Path, at: usize, bytes: &[u8]) {
        self.change(path, |image, _| image.write(at, bytes));
    }

    pub(crate) fn truncated(&self, path: &Path, length: usize) {
        self.change(path, |image, _| image.truncate(length));
    }

    pub(crate) fn synced(&self, path: &Path) {
        self.change(path, |image, random| image.sync(random));
    }

    pub(crate) fn failed_to_sync(&self, path: &Path) {
        self.change(path, |image, _| image.fail_to_sync());
    }

    pub(crate) fn deleted(&self, path: &Path) {
        self.state().images.remove(path);
    }

    fn change(&self, path: &Path, change: impl FnOnce(&mut Image, &mut ChaCha8Rng)) {
        let mut state = self.state();
        let State { images, random, .. } = &mut *state;
        if let Some(image) = images.get_mut(path) {
            change(image, random);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn downgrade(&self) -> WeakDisk {
        WeakDisk { folder: self.folder.clone(), state: Arc::downgrade(&self.state) }
    }
}

/// A disk that may be gone.
pub(crate) struct WeakDisk {
    folder: PathBuf,
    state: Weak<Mutex<State>>,
}

impl WeakDisk {
    pub(crate) fn is_gone(&self) -> bool {
        self.state.strong_count() == 0
    }

    /// The disk, if it is there still and has the path.
    pub(crate) fn of(&self, path: &Path) -> Option<Disk> {
        let state = path.starts_with(&self.folder).then(|| self.state.upgrade()).flatten()?;
        Some(Disk { folder: self.folder.clone(), state })
    }
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
