//! A map's worth of state cut into pieces with a lock each, so that no lock is global on the hot path.

use parking_lot::{Mutex, MutexGuard};

/// A power of two.
const SHARDS: usize = 64;

pub(crate) struct Sharded<T>(Box<[Mutex<T>]>);

impl<T: Default> Sharded<T> {
    pub(crate) fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }
}

impl<T> Sharded<T> {
    /// The piece that `key` belongs to. Keys are numbered in order, so they are spread by multiplication
    /// (Fibonacci hashing) and not by their low bits alone.
    pub(crate) fn lock(&self, key: i64) -> MutexGuard<'_, T> {
        let spread = key.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0[(spread >> (u64::BITS - SHARDS.ilog2())) as usize].lock()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.0.iter().map(Mutex::lock)
    }

    /// The number of pieces, for bounds that are kept per piece.
    pub(crate) const fn pieces() -> usize {
        SHARDS
    }
}
