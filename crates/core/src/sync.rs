//! Locks whose data is whole even after a panic, and values that threads need not share.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Locks, whether or not a thread panicked while it held the lock. For data that no step leaves half-changed: each caller
/// sees to that.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// [`lock`] for reading.
pub fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// [`lock`] for writing.
pub fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Equal values, one of which each thread uses: cloning a value that counts its references is slow when other threads clone the
/// same one at that moment, since they all write to one counter.
///
/// ```
/// use countersign_core::sync::Copies;
/// use http::HeaderValue;
///
/// // Each made anew: clones of one value would share its counter.
/// let copies = Copies::new(|| HeaderValue::from_str("Bearer token"))?;
/// assert_eq!(copies.here().clone(), "Bearer token");
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Debug)]
pub struct Copies<T>([T; COPIES]);

/// More threads than this sign at once rarely; some then share a copy.
const COPIES: usize = 8;

impl<T> Copies<T> {
    /// Calls `make` for each copy.
    ///
    /// # Errors
    /// The first error of `make`.
    pub fn new<E>(mut make: impl FnMut() -> Result<T, E>) -> Result<Self, E> {
        Ok(Self([make()?, make()?, make()?, make()?, make()?, make()?, make()?, make()?]))
    }

    /// This thread's copy.
    #[must_use]
    pub fn here(&self) -> &T {
        let [first, ..] = &self.0;
        self.0.get(thread_number() % COPIES).unwrap_or(first)
    }
}

/// A number that this thread keeps; threads are numbered as they first ask.
fn thread_number() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};

    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_copy_and_another_has_its_own() {
        let mut next = 0;
        let copies = Copies::new(|| {
            next += 1;
            Ok::<_, ()>(next)
        })
        .unwrap();
        let here = *copies.here();
        assert_eq!(here, *copies.here());
        let there = std::thread::scope(|scope| scope.spawn(|| *copies.here()).join().unwrap());
        assert_ne!(here, there);
        assert_eq!(Copies::new(|| Err::<u8, _>("no")).unwrap_err(), "no");
    }
}
