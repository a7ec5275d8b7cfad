//! What of a file would survive a power cut.

use rand::Rng;

/// What hardware writes whole or not at all.
pub(crate) const SECTOR: usize = 512;

/// A change that is not known to be on the medium.
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

/// A file as the medium has it, and the changes that only the system knows of.
#[derive(Default)]
pub(crate) struct Image {
    synced: Vec<u8>,
    pending: Vec<Change>,
    /// As many of the pending changes were there when a sync failed: the system may have dropped them.
    doubtful: usize,
}

impl Image {
    /// A file that has been on the medium for long.
    pub(crate) fn of(content: Vec<u8>) -> Self {
        Image { synced: content, ..Image::default() }
    }

    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        self.pending.push(Change::Write { at, bytes: bytes.to_vec() });
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.pending.push(Change::Truncate { length });
    }

    /// A sync that succeeded. What an earlier one failed on may be lost all the same: the system has told of it once.
    pub(crate) fn sync(&mut self, random: &mut impl Rng) {
        let doubtful = std::mem::take(&mut self.doubtful);
        for (place, change) in std::mem::take(&mut self.pending).into_iter().enumerate() {
            if place >= doubtful || random.random_bool(0.5) {
                apply(&mut self.synced, &change);
            }
        }
    }

    /// A sync that failed.
    pub(crate) fn fail_to_sync(&mut self) {
        self.doubtful = self.pending.len();
    }

    /// The process that saw a sync fail has ended. What the next one makes of bytes that the system shows and the medium
    /// may not have (a failed sync, then a crash, then a power cut) is not simulated: no database survives it.
    pub(crate) fn forget_doubts(&mut self) {
        self.doubtful = 0;
    }

    /// What is there after a power cut: what was synced, and of the rest some sectors, in any order.
    pub(crate) fn after_power_cut(mut self, random: &mut impl Rng) -> Vec<u8> {
        // Often nothing or everything has reached the medium, sometimes some of it.
        let share = [0.0, 0.5, 0.9, 1.0][random.random_range(0..4)];
        for change in self.pending {
            match change {
                Change::Write { at, bytes } => {
                    let mut from = 0;
                    while from < bytes.len() {
                        let to = bytes.len().min(from + SECTOR - (at + from) % SECTOR);
                        if random.random_bool(share) {
                            put(&mut self.synced, at + from, &bytes[from..to]);
                        }
                        from = to;
                    }
                }
                Change::Truncate { .. } => {
                    if random.random_bool(share) {
                        apply(&mut self.synced, &change);
                    }
                }
            }
        }
        self.synced
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => put(content, *at, bytes),
        Change::Truncate { length } => content.resize(*length, 0),
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    content[at..at + bytes.len()].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn what_was_synced_survives_and_the_rest_may_not() {
        let mut outcomes = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut image = Image::of(b"old".to_vec());
            image.write(0, b"new");
            image.sync(&mut random);
            image.write(3, b"er");
            outcomes.insert(image.after_power_cut(&mut random));
        }
        assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), [b"new".to_vec(), b"newer".to_vec()]);
    }

    #[test]
    fn a_long_write_may_be_torn_between_sectors_only() {
        let mut torn = 0;
        for seed in 0..200 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut image = Image::of(vec![0; 2_048]);
            image.write(100, &[1; 1_500]);
            let after = image.after_power_cut(&mut random);
            let sectors: Vec<_> = [(100, 512), (512, 1_024), (1_024, 1_536), (1_536, 1_600)]
                .map(|(from, to)| {
                    after[from..to].iter().map(|byte| u32::from(*byte)).sum::<u32>() as usize / (to - from)
                })
                .to_vec();
            torn += usize::from(sectors.contains(&0) && sectors.contains(&1));
            assert!(after[..100].iter().all(|byte| *byte == 0));
        }
        assert!(torn > 20);
    }

    #[test]
    fn what_a_sync_failed_on_is_in_doubt_also_after_the_next_one() {
        let mut outcomes = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut image = Image::of(b"..".to_vec());
            image.write(0, b"a");
            image.fail_to_sync();
            image.write(1, b"b");
            image.sync(&mut random);
            outcomes.insert(image.after_power_cut(&mut random));
        }
        assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), [b".b".to_vec(), b"ab".to_vec()]);
    }
}
