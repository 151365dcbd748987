//! What a verifier remembers so that no signature counts twice.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Mutex;

use crate::{Error, ErrorKind, Result, sync};

/// What is unique about one verified request: the client and its nonce.
///
/// `Display` is the text to store: scheme, length of the client's name, name, nonce, separated by colons.
///
/// ```
/// use countersign_core::replay::ReplayKey;
///
/// assert_eq!(ReplayKey::new("hawk", "dh37", "j4h3g2", 1_353_832_234).to_string(), "hawk:4:dh37:j4h3g2");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ReplayKey<'a> {
    scheme: &'static str,
    client: &'a str,
    nonce: &'a str,
    seen_at: u64,
}

impl<'a> ReplayKey<'a> {
    /// A client's nonce, as a scheme's verifier saw it at this time (seconds since the Unix epoch).
    #[must_use]
    pub const fn new(scheme: &'static str, client: &'a str, nonce: &'a str, seen_at: u64) -> Self {
        Self { scheme, client, nonce, seen_at }
    }

    /// Whose nonce it is.
    #[must_use]
    pub const fn client(&self) -> &'a str {
        self.client
    }

    /// When the request was verified, in seconds since the Unix epoch.
    #[must_use]
    pub const fn seen_at(&self) -> u64 {
        self.seen_at
    }
}

impl fmt::Display for ReplayKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.scheme, self.client.len(), self.client, self.nonce)
    }
}

/// The answer of a [`NonceStore`].
pub type Remembering<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Remembers the nonces that a server has seen. Implement it over the storage that a service's instances share;
/// [`MemoryNonceStore`] serves a single process. A store that blocks returns a future that is ready.
pub trait NonceStore: Send + Sync {
    /// Remembers `key` until `expires_at` (seconds since the Unix epoch). Looking up and remembering are one step, so that of two
    /// requests with one nonce only one gets in.
    ///
    /// The future fails with [`ErrorKind::Rejected`] when the key is known, and with [`ErrorKind::StoreFailed`] when the store is away or
    /// has no room: the request is to be refused then too.
    fn remember<'a>(&'a self, key: &'a ReplayKey<'_>, expires_at: u64) -> Remembering<'a>;
}

/// Keeps nonces in memory until they expire.
///
/// It never forgets one that has not expired: when it is full of those, it refuses new ones. No client can fill more than its
/// share (a quarter, unless set), so that a flood of one does not shut out the others. A nonce takes some 100 bytes.
///
/// ```
/// use countersign_core::replay::{MemoryNonceStore, ReplayKey};
///
/// let store = MemoryNonceStore::new(10_000);
/// let key = |now| ReplayKey::new("hawk", "client", "nonce", now);
/// assert!(store.remember_now(&key(1000), 1060).is_ok());
/// assert!(store.remember_now(&key(1001), 1061).is_err());
/// assert!(store.remember_now(&key(1062), 1122).is_ok());
/// ```
#[derive(Debug)]
pub struct MemoryNonceStore {
    seen: Mutex<Seen>,
    capacity: usize,
    share: usize,
    /// Keyed by the process: nobody can choose nonces whose hashes are equal.
    hasher: [RandomState; 2],
}

#[derive(Debug, Default)]
struct Seen {
    /// By the key's hash: two hashes of 64 bits, so that a new nonce is not taken for a known one. A known one is always found.
    known: HashMap<u128, Entry>,
    /// What expires when. An entry that was renewed stands in two lists; the older one is then not its own.
    expiring: BTreeMap<u64, Vec<u128>>,
    /// How many entries each client has.
    shares: HashMap<u128, usize>,
}

#[derive(Debug)]
struct Entry {
    expires_at: u64,
    client: u128,
}

impl MemoryNonceStore {
    /// Remembers at most `capacity` nonces at once, a quarter of them for any one client.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let hasher = [RandomState::new(), RandomState::new()];
        Self { seen: Mutex::default(), capacity: capacity.max(1), share: (capacity / 4).max(1), hasher }
    }

    /// Remembers at most `share` nonces for any one client.
    #[must_use]
    pub const fn with_share(mut self, share: usize) -> Self {
        self.share = share;
        self
    }

    /// [`NonceStore::remember`] without a future, for servers that are not async.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] when the key is known, [`ErrorKind::StoreFailed`] when there is no room.
    pub fn remember_now(&self, key: &ReplayKey<'_>, expires_at: u64) -> Result<()> {
        let (id, client) = (self.hash(&(key.scheme, key.client, key.nonce)), self.hash(&(key.scheme, key.client)));
        // No step below can panic half-way.
        let mut seen = sync::lock(&self.seen);
        if seen.known.get(&id).is_some_and(|entry| entry.expires_at >= key.seen_at) {
            return Err(Error::new(ErrorKind::Rejected, "the request was seen before: its nonce is used"));
        }
        seen.forget_expired(key.seen_at);
        if seen.known.len() >= self.capacity {
            return Err(Error::new(ErrorKind::StoreFailed, "the nonce store is full of nonces that have not expired"));
        }
        if seen.shares.get(&client).is_some_and(|count| *count >= self.share) {
            return Err(Error::new(ErrorKind::StoreFailed, "the client's share of the nonce store is full"));
        }
        seen.add(id, Entry { expires_at, client });
        Ok(())
    }

    fn hash(&self, key: &impl std::hash::Hash) -> u128 {
        let [one, two] = &self.hasher;
        u128::from(one.hash_one(key)) << 64 | u128::from(two.hash_one(key))
    }
}

impl Seen {
    fn add(&mut self, id: u128, entry: Entry) {
        *self.shares.entry(entry.client).or_default() += 1;
        self.expiring.entry(entry.expires_at).or_default().push(id);
        if let Some(old) = self.known.insert(id, entry) {
            self.release(old.client);
        }
    }

    /// A bounded number per call, and more than are added: no call pays for a million.
    fn forget_expired(&mut self, now: u64) {
        const MOST: usize = 64;
        for _ in 0..MOST {
            let Some(mut list) = self.expiring.first_entry().filter(|list| *list.key() < now) else { return };
            let expired_at = *list.key();
            let id = list.get_mut().pop();
            if list.get().is_empty() {
                list.remove();
            }
            let Some(id) = id else { continue };
            if self.known.get(&id).is_some_and(|entry| entry.expires_at == expired_at)
                && let Some(entry) = self.known.remove(&id)
            {
                self.release(entry.client);
            }
        }
    }

    fn release(&mut self, client: u128) {
        if let Some(count) = self.shares.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.shares.remove(&client);
            }
        }
    }
}

impl Default for MemoryNonceStore {
    /// A million nonces, a quarter of them for any one client: some hundred megabytes when full.
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

impl NonceStore for MemoryNonceStore {
    fn remember<'a>(&'a self, key: &'a ReplayKey<'_>, expires_at: u64) -> Remembering<'a> {
        Box::pin(std::future::ready(self.remember_now(key, expires_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remember(
        store: &MemoryNonceStore,
        client: &str,
        nonce: &str,
        expires_at: u64,
        now: u64,
    ) -> Result<(), ErrorKind> {
        store.remember_now(&ReplayKey::new("test", client, nonce, now), expires_at).map_err(|err| err.kind())
    }

    #[test]
    fn a_full_store_refuses_and_forgets_nothing() {
        let store = MemoryNonceStore::new(2).with_share(2);
        assert_eq!(remember(&store, "a", "1", 100, 0), Ok(()));
        assert_eq!(remember(&store, "b", "1", 100, 0), Ok(()));
        assert_eq!(remember(&store, "c", "1", 100, 0), Err(ErrorKind::StoreFailed));
        for client in ["a", "b"] {
            assert_eq!(remember(&store, client, "1", 100, 0), Err(ErrorKind::Rejected), "{client}");
        }
        assert_eq!(remember(&store, "c", "1", 200, 101), Ok(()));
    }

    #[test]
    fn one_client_cannot_shut_out_another() {
        let store = MemoryNonceStore::new(8);
        let taken = (0..8).filter(|nonce| remember(&store, "flood", &nonce.to_string(), 100, 0).is_ok()).count();
        assert_eq!(taken, 2);
        assert_eq!(remember(&store, "other", "0", 100, 0), Ok(()));
        assert_eq!(remember(&store, "flood", "9", 200, 101), Ok(()));
    }

    #[test]
    fn a_renewed_nonce_does_not_go_with_its_old_time() {
        let store = MemoryNonceStore::new(100);
        assert_eq!(remember(&store, "a", "1", 10, 0), Ok(()));
        assert_eq!(remember(&store, "a", "1", 100, 20), Ok(()));
        assert_eq!(remember(&store, "a", "2", 100, 50), Ok(()));
        assert_eq!(remember(&store, "a", "1", 100, 60), Err(ErrorKind::Rejected));
        let seen = sync::lock(&store.seen);
        assert_eq!((seen.known.len(), seen.shares.values().sum::<usize>()), (2, 2));
    }

    #[test]
    fn many_expired_nonces_go_a_few_per_call() {
        let store = MemoryNonceStore::new(10_000).with_share(10_000);
        for nonce in 0..1000 {
            assert_eq!(remember(&store, "a", &nonce.to_string(), 10, 0), Ok(()));
        }
        for nonce in 0..20 {
            assert_eq!(remember(&store, "b", &nonce.to_string(), 1000, 11), Ok(()));
        }
        let seen = sync::lock(&store.seen);
        assert_eq!((seen.known.len(), seen.shares.len(), seen.expiring.len()), (20, 1, 1));
    }

    #[test]
    fn lengths_keep_names_and_nonces_apart() {
        let text = |client, nonce| ReplayKey::new("t", client, nonce, 0).to_string();
        assert_ne!(text("a:1", "b"), text("a", "1:b"));
    }
}
