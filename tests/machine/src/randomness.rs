//! Random bytes and the time of day, from a seed.
//!
//! Defining `syscall`, `getrandom` and `clock_gettime` in a program puts ours before the C library's, for everything
//! that is linked into it. They ask the system itself until a seed is set.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use linux::{free, seed};

/// Whether this machine can have its randomness from a seed.
pub const IS_SUPPORTED: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// Has all that follows come from a seed. Here it can't: see [`IS_SUPPORTED`].
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn seed(_: u64) {}

/// Gives the randomness back to the system.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn free() {}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use std::arch::asm;
    use std::ffi::{c_int, c_long, c_uint, c_void};
    use std::sync::{Mutex, PoisonError};

    use rand::RngCore;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    const SYS_CLOCK_GETTIME: c_long = 228;
    const SYS_GETRANDOM: c_long = 318;
    const CLOCK_REALTIME: c_int = 0;
    /// The standard library asks so for the keys of its hash maps. Every thread asks once, whenever it
    /// begins, so these get a constant rather than a place in the sequence.
    const GRND_INSECURE: c_uint = 4;
    /// The time of day in a seeded process: 2026-06-01T08:00:00Z.
    const TIME_OF_DAY: i64 = 1_780_300_800;

    static SEEDED: Mutex<Option<ChaCha8Rng>> = Mutex::new(None);

    /// Has all random bytes of this process come from a seed from now on, and stops the time of day.
    pub fn seed(seed: u64) {
        *SEEDED.lock().unwrap_or_else(PoisonError::into_inner) = Some(ChaCha8Rng::seed_from_u64(seed));
    }

    /// Gives randomness and time of day back to the system.
    pub fn free() {
        *SEEDED.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Fills the bytes from the seed; false when there is none.
    fn fill(bytes: &mut [u8], flags: c_uint) -> bool {
        let mut seeded = SEEDED.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(random) = seeded.as_mut() else { return false };
        if flags & GRND_INSECURE != 0 {
            bytes.fill(1);
        } else {
            random.fill_bytes(bytes);
        }
        true
    }

    fn is_seeded() -> bool {
        SEEDED.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// # Safety
    /// As for the system call itself.
    unsafe fn ask_system(number: c_long, arguments: [c_long; 6]) -> c_long {
        let answer: c_long;
        // SAFETY: the registers are those of the kernel's interface on x86_64.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") number => answer,
                in("rdi") arguments[0],
                in("rsi") arguments[1],
                in("rdx") arguments[2],
                in("r10") arguments[3],
                in("r8") arguments[4],
                in("r9") arguments[5],
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack),
            );
        }
        answer
    }

    /// The C library's way to tell an error.
    fn told(answer: c_long) -> c_long {
        if (-4095..0).contains(&answer) {
            // SAFETY: the C library gives each thread a place for its error number.
            unsafe { *__errno_location() = -answer as c_int };
            return -1;
        }
        answer
    }

    unsafe extern "C" {
        fn __errno_location() -> *mut c_int;
    }

    #[repr(C)]
    struct TimeSpecification {
        seconds: i64,
        nanoseconds: i64,
    }

    // SAFETY: it does what the C library's function of that name does, or fills the bytes itself.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn syscall(
        number: c_long,
        first: c_long,
        second: c_long,
        third: c_long,
        fourth: c_long,
        fifth: c_long,
        sixth: c_long,
    ) -> c_long {
        if number == SYS_GETRANDOM && is_seeded() {
            // SAFETY: the caller hands over that many bytes.
            return unsafe { getrandom(first as *mut c_void, second as usize, third as c_uint) as c_long };
        }
        // SAFETY: as the caller promises.
        told(unsafe { ask_system(number, [first, second, third, fourth, fifth, sixth]) })
    }

    // SAFETY: it does what the C library's function of that name does, or fills the bytes itself.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn getrandom(bytes: *mut c_void, length: usize, flags: c_uint) -> isize {
        if length > 0 {
            // SAFETY: the caller hands over that many bytes.
            let slice = unsafe { std::slice::from_raw_parts_mut(bytes.cast::<u8>(), length) };
            if fill(slice, flags) {
                return length as isize;
            }
        }
        // SAFETY: as the caller promises.
        told(unsafe { ask_system(SYS_GETRANDOM, [bytes as c_long, length as c_long, flags.into(), 0, 0, 0]) }) as isize
    }

    // SAFETY: it does what the C library's function of that name does, or tells a time of its own.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut TimeSpecification) -> c_int {
        if clock == CLOCK_REALTIME && is_seeded() {
            // SAFETY: the caller hands over a place for a time.
            unsafe { time.write(TimeSpecification { seconds: TIME_OF_DAY, nanoseconds: 0 }) };
            return 0;
        }
        // SAFETY: as the caller promises.
        told(unsafe { ask_system(SYS_CLOCK_GETTIME, [clock.into(), time as c_long, 0, 0, 0, 0]) }) as c_int
    }
}
