//! Faults that happen to some requests only, the same ones each time.

use farthing_protocol::Digest;

/// How likely a set's faults are, and the draws that decide.
///
/// The n-th draw of a step is the first four bytes of the SHA-256 of `seed/step/n` in decimal, big-endian, modulo 100:
/// it needs no generator's state, and any language can tell it beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chance {
    seed: u32,
    step: usize,
    percent: u8,
    draws: u64,
}

impl Chance {
    /// The chance of a script's step, nothing drawn yet.
    pub fn new(seed: u32, step: usize, percent: u8) -> Self {
        Chance { seed, step, percent, draws: 0 }
    }

    /// Whether it happens this time.
    pub fn draw(&mut self) -> bool {
        let Chance { seed, step, percent, draws } = *self;
        self.draws += 1;
        let digest = Digest::of(format!("{seed}/{step}/{draws}").as_bytes());
        let [first, second, third, fourth, ..] = *digest.as_bytes();
        u32::from_be_bytes([first, second, third, fourth]) % 100 < u32::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u32, step: usize, percent: u8) -> Vec<bool> {
        let mut chance = Chance::new(seed, step, percent);
        (0..1_000).map(|_| chance.draw()).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        assert_eq!(draws(1, 2, 50), draws(1, 2, 50));
        assert_ne!(draws(1, 2, 50), draws(2, 2, 50));
        assert_ne!(draws(1, 2, 50), draws(1, 3, 50));
    }

    #[test]
    fn about_so_many_of_a_hundred_happen() {
        for percent in [1, 30, 50, 99] {
            let happened = draws(7, 0, percent).iter().filter(|happens| **happens).count();
            assert!(happened.abs_diff(usize::from(percent) * 10) < 50, "{happened} of 1000 at {percent} %");
        }
    }
}
