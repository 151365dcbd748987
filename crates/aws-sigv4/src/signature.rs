use std::sync::{Arc, PoisonError, RwLock};

use countersign_core::Secret;
use countersign_core::encode::hex_in;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::scope::Scope;

/// The name of the algorithm, first line of every string to sign.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The SHA-256 of the empty text, in hex.
pub(crate) const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Sixty-four hex digits.
#[derive(Clone, Copy)]
pub(crate) struct Hex64([u8; 64]);

impl Hex64 {
    /// Of 32 bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut buf = [b'0'; 64];
        let _ = hex_in(bytes, &mut buf);
        Self(buf)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Reads 64 hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| text.as_bytes().try_into().ok().map(Self))?
    }
}

/// The SHA-256 of this text, in hex.
pub(crate) fn sha256_hex(text: &[u8]) -> Hex64 {
    Hex64::of(&Sha256::digest(text))
}

/// A key derived for one day, region and service, with its MAC begun: wiped on drop.
#[derive(Clone)]
pub(crate) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`.
    /// Source: "Create a signed AWS API request", step 4, AWS Identity and Access Management User Guide.
    pub(crate) fn derive(secret: &Secret, scope: &Scope<'_>) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose().as_bytes());
        let mut mac = begin(&first);
        for part in [scope.timestamp.date(), scope.region.unwrap_or_default(), scope.service, "aws4_request"] {
            mac.update(part.as_bytes());
            let key = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
            mac = begin(&*key);
        }
        Self(mac)
    }

    /// The signature of a string to sign.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> Hex64 {
        let mut mac = self.0.clone();
        mac.update(string_to_sign);
        Hex64::of(&mac.finalize().into_bytes())
    }
}

/// HMAC takes a key of any length; `Hmac::new_from_slice` says so with a `Result` all the same.
fn begin(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// Derived keys by day, region and service, shared between threads.
///
/// A client talks to few regions and services a day; past [`KeyCache::MOST`] the oldest key goes.
#[derive(Default)]
pub(crate) struct KeyCache(RwLock<Vec<Arc<Entry>>>);

struct Entry {
    date: [u8; 8],
    region: String,
    service: String,
    key: SigningKey,
}

impl KeyCache {
    const MOST: usize = 16;

    /// The key for this scope.
    pub(crate) fn key(&self, secret: &Secret, scope: &Scope<'_>) -> SigningKey {
        self.entry(secret, scope).key.clone()
    }

    /// The signature of a string to sign, without a copy of the key.
    pub(crate) fn sign(&self, secret: &Secret, scope: &Scope<'_>, string_to_sign: &[u8]) -> Hex64 {
        self.entry(secret, scope).key.sign(string_to_sign)
    }

    /// What is kept for this scope, derived if it is the first of its day.
    fn entry(&self, secret: &Secret, scope: &Scope<'_>) -> Arc<Entry> {
        let date = scope.timestamp.date().as_bytes();
        let fits = |entry: &Entry| {
            entry.date == date && entry.region == scope.region.unwrap_or_default() && entry.service == scope.service
        };
        // Nothing below panics while the lock is held, so a poisoned cache is a whole one.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.iter().find(|entry| fits(entry)) {
            return Arc::clone(entry);
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.iter().find(|entry| fits(entry)) {
            return Arc::clone(entry);
        }
        if known.len() >= Self::MOST {
            known.remove(0);
        }
        let entry = Arc::new(Entry {
            date: date.try_into().unwrap_or_default(),
            region: scope.region.unwrap_or_default().to_owned(),
            service: scope.service.to_owned(),
            key: SigningKey::derive(secret, scope),
        });
        known.push(Arc::clone(&entry));
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Timestamp;

    #[test]
    fn the_documented_key() {
        // "Deriving the signing key", AWS General Reference: the key for 2012-02-15, us-east-1, iam. Its bytes are compared
        // by what they sign, as the key itself is not kept.
        let secret = Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let scope =
            Scope { timestamp: Timestamp::new(1_329_264_000).unwrap(), region: Some("us-east-1"), service: "iam" };
        let published =
            countersign_core::encode::hex_decode("f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
        let expected = SigningKey(begin(&published.unwrap()));
        assert_eq!(scope.timestamp.date(), "20120215");
        assert_eq!(SigningKey::derive(&secret, &scope).sign(b"x").as_str(), expected.sign(b"x").as_str());
    }

    #[test]
    fn a_key_is_derived_once_a_day() {
        let (cache, secret) = (KeyCache::default(), Secret::from("secret"));
        let scope =
            |time, region| Scope { timestamp: Timestamp::new(time).unwrap(), region: Some(region), service: "s3" };
        for (time, region, kept) in [(0, "a", 1), (86_399, "a", 1), (86_400, "a", 2), (86_400, "b", 3), (0, "a", 3)] {
            let key = cache.key(&secret, &scope(time, region));
            assert_eq!(key.sign(b"").as_str(), SigningKey::derive(&secret, &scope(time, region)).sign(b"").as_str());
            assert_eq!(cache.0.read().unwrap().len(), kept);
        }
        for day in 0..100 {
            cache.key(&secret, &scope(day * 86_400, "a"));
        }
        assert_eq!(cache.0.read().unwrap().len(), KeyCache::MOST);
    }

    #[test]
    fn the_hash_states_of_a_key_are_wiped() {
        // `Hmac` is two of these states and has no mark of its own; without the features `zeroize` this does not compile.
        const fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>() {}
        const { wiped_on_drop::<Sha256>() }
    }

    #[test]
    fn the_empty_hash_is_that_of_nothing() {
        assert_eq!(sha256_hex(b"").as_str(), EMPTY_SHA256);
    }
}
