//! A simulated machine for tests.
//!
//! - [`Disk`]: everything that SQLite keeps below a folder goes through it. It fails the k-th call, is full, dies in the
//!   midst of a write, and on a power cut loses what was not synced.
//! - [`randomness`]: what the system gives as random bytes and as the time of day comes from a seed, so that a run can
//!   be repeated byte for byte. Linux on x86_64 only; elsewhere it says that it can't.
//!
//! Both work below the product, which runs as it ships: SQLite's default file system and two functions of
//! the C library are replaced in the process of the test.

mod disk;
mod image;
pub mod randomness;
mod vfs;

pub use disk::{Call, Disk, Fault};
