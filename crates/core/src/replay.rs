//! What a verifier remembers so that no signature counts twice.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Remembers the nonces that a server has seen. Implement it over the storage that a service's instances share;
/// [`MemoryNonceStore`] serves a single process.
pub trait NonceStore: Send + Sync {
    /// Remembers `key` (the client's name and nonce, as the scheme joins them) until `expires_at`; false if it is known.
    /// Both times are in seconds since the Unix epoch. Looking up and remembering are one step, so that of two requests
    /// with one nonce only one gets in.
    fn remember(&self, key: &str, expires_at: u64, now: u64) -> bool;
}

/// Keeps nonces in memory until they expire, and at most `capacity` of them: past that the oldest go first.
///
/// ```
/// use countersign_core::replay::{MemoryNonceStore, NonceStore as _};
///
/// let store = MemoryNonceStore::new(10_000);
/// assert!(store.remember("client nonce", 1060, 1000));
/// assert!(!store.remember("client nonce", 1061, 1001));
/// assert!(store.remember("client nonce", 1121, 1061));
/// ```
#[derive(Debug)]
pub struct MemoryNonceStore {
    seen: Mutex<Seen>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Seen {
    known: HashSet<String>,
    /// As they came, so roughly by expiry: an entry waits at most as long as those before it.
    order: VecDeque<(u64, String)>,
}

impl MemoryNonceStore {
    /// Remembers at most `capacity` nonces at once.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { seen: Mutex::default(), capacity: capacity.max(1) }
    }
}

impl Default for MemoryNonceStore {
    /// A hundred thousand nonces: some ten megabytes when full.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl NonceStore for MemoryNonceStore {
    fn remember(&self, key: &str, expires_at: u64, now: u64) -> bool {
        // No step below can panic half-way, so a poisoned set is a whole one.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.order.len() >= self.capacity || seen.order.front().is_some_and(|(until, _)| *until < now) {
            let Some((_, old)) = seen.order.pop_front() else { break };
            seen.known.remove(&old);
        }
        if !seen.known.insert(key.to_owned()) {
            return false;
        }
        seen.order.push_back((expires_at, key.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_it_is_full() {
        let store = MemoryNonceStore::new(2);
        assert!(store.remember("a", 100, 0) && store.remember("b", 100, 0) && store.remember("c", 100, 0));
        assert!(!store.remember("c", 100, 0));
    }
}
