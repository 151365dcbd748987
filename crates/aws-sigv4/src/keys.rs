//! The keys of one signer, by the scope that each one signs for.

use std::sync::{Arc, RwLock};

use countersign_core::recent::Recent;
#[cfg(not(feature = "sigv4a"))]
use countersign_core::{Error, ErrorKind};
use countersign_core::{Result, Secret, sync};

use crate::Config;
use crate::scope::Scope;
use crate::signature::{ALGORITHM, Hex64, SigningKey};

/// What signs.
pub(crate) enum Keys {
    /// SigV4: a MAC key for each day, region and service.
    V4(KeyCache),
    /// SigV4A: one key pair for all.
    #[cfg(feature = "sigv4a")]
    V4a(Arc<crate::sigv4a::KeyPair>),
}

impl Keys {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        if config.region_set.is_none() {
            return Ok(Self::V4(KeyCache::new()));
        }
        #[cfg(feature = "sigv4a")]
        return crate::sigv4a::KeyPair::derive(&config.access_key_id, &config.secret_access_key)
            .map(|pair| Self::V4a(Arc::new(pair)));
        #[cfg(not(feature = "sigv4a"))]
        Err(Error::new(
            ErrorKind::UnsupportedAlgorithm,
            "`region_set` asks for SigV4A, which this build does not have: switch on the feature `sigv4a`",
        ))
    }

    /// The algorithm's name, first line of the string to sign.
    pub(crate) const fn algorithm(&self) -> &'static str {
        match self {
            Self::V4(_) => ALGORITHM,
            #[cfg(feature = "sigv4a")]
            Self::V4a(_) => crate::sigv4a::ALGORITHM,
        }
    }

    /// What signs for this scope.
    pub(crate) fn of(&self, secret: &Secret, scope: &Scope<'_>) -> Key {
        match self {
            Self::V4(cache) => Key::V4(cache.key(secret, scope)),
            #[cfg(feature = "sigv4a")]
            Self::V4a(pair) => Key::V4a(scope.text(), Arc::clone(pair)),
        }
    }

    /// The MAC key for this scope; `None` for SigV4A, which has none.
    pub(crate) fn mac(&self, secret: &Secret, scope: &Scope<'_>) -> Option<Arc<ScopedKey>> {
        match self {
            Self::V4(cache) => Some(cache.key(secret, scope)),
            #[cfg(feature = "sigv4a")]
            Self::V4a(_) => None,
        }
    }
}

/// What signs for one scope.
pub(crate) enum Key {
    V4(Arc<ScopedKey>),
    #[cfg(feature = "sigv4a")]
    V4a(String, Arc<crate::sigv4a::KeyPair>),
}

impl Key {
    /// The scope's text: `20150830/us-east-1/service/aws4_request`.
    pub(crate) fn scope(&self) -> &str {
        match self {
            Self::V4(key) => &key.scope,
            #[cfg(feature = "sigv4a")]
            Self::V4a(scope, _) => scope,
        }
    }

    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> Signature {
        match self {
            Self::V4(key) => Signature::Mac(key.key.sign_hex(string_to_sign)),
            #[cfg(feature = "sigv4a")]
            Self::V4a(_, pair) => Signature::Der(pair.sign(string_to_sign)),
        }
    }
}

/// A signature in hex.
pub(crate) enum Signature {
    Mac(Hex64),
    /// Of SigV4A: an ECDSA signature in DER, whose length varies.
    #[cfg(feature = "sigv4a")]
    Der(String),
}

impl Signature {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Mac(hex) => hex.as_str(),
            #[cfg(feature = "sigv4a")]
            Self::Der(hex) => hex,
        }
    }
}

/// A derived key with the text of the scope that it was derived for.
pub(crate) struct ScopedKey {
    name: Name,
    /// `20150830/us-east-1/service/aws4_request`.
    pub(crate) scope: String,
    pub(crate) key: SigningKey,
}

/// What a key is derived for.
#[derive(Clone, PartialEq)]
struct Name {
    date: String,
    region: String,
    service: String,
}

impl Name {
    fn is_of(&self, scope: &Scope<'_>) -> bool {
        self.service == scope.service
            && self.region == scope.region.unwrap_or_default()
            && self.date == scope.timestamp.date()
    }
}

impl ScopedKey {
    fn derive(secret: &Secret, scope: &Scope<'_>) -> Self {
        let (date, region) = (scope.timestamp.date(), scope.region.unwrap_or_default());
        Self {
            name: Name { date: date.to_owned(), region: region.to_owned(), service: scope.service.to_owned() },
            scope: scope.text(),
            key: SigningKey::derive(secret, date, region, scope.service),
        }
    }

    pub(crate) fn region(&self) -> &str {
        &self.name.region
    }

    pub(crate) fn service(&self) -> &str {
        &self.name.service
    }
}

/// Derived keys by day, region and service, shared between threads. A client talks to few regions and services a day.
pub(crate) struct KeyCache(RwLock<Recent<Name, Arc<ScopedKey>>>);

impl KeyCache {
    /// More than AWS has regions, so that a client of one service in all of them derives each key once a day.
    const MOST: usize = 64;

    const fn new() -> Self {
        Self(RwLock::new(Recent::new(Self::MOST)))
    }

    /// The key for this scope, derived if it is the first of its day.
    fn key(&self, secret: &Secret, scope: &Scope<'_>) -> Arc<ScopedKey> {
        if let Some(key) = sync::read(&self.0).find(|name| name.is_of(scope)) {
            return Arc::clone(key);
        }
        // Without the lock: two threads may derive the same key at the same time, but none waits while another derives one.
        let key = Arc::new(ScopedKey::derive(secret, scope));
        sync::write(&self.0).insert(key.name.clone(), Arc::clone(&key));
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Timestamp;

    fn scope(time: u64, region: &str) -> Scope<'_> {
        Scope { timestamp: Timestamp::new(time).unwrap(), region: Some(region), service: "s3" }
    }

    fn kept(cache: &KeyCache) -> usize {
        sync::read(&cache.0).iter().count()
    }

    #[test]
    fn a_key_is_derived_once_a_day() {
        let (cache, secret) = (KeyCache::new(), Secret::from("secret"));
        for (time, region, count) in [(0, "a", 1), (86_399, "a", 1), (86_400, "a", 2), (86_400, "b", 3), (0, "a", 3)] {
            let scope = scope(time, region);
            let key = cache.key(&secret, &scope);
            let derived = SigningKey::derive(&secret, scope.timestamp.date(), region, "s3");
            assert_eq!((key.key.sign(b""), key.scope.as_str()), (derived.sign(b""), scope.text().as_str()));
            assert_eq!(kept(&cache), count);
        }
    }

    #[test]
    fn many_regions_in_turn_are_derived_once() {
        let (cache, secret) = (KeyCache::new(), Secret::from("secret"));
        let regions: Vec<String> = (0..KeyCache::MOST).map(|number| format!("region-{number}")).collect();
        let keys: Vec<_> = regions.iter().map(|region| cache.key(&secret, &scope(0, region))).collect();
        for (region, key) in regions.iter().zip(&keys) {
            assert!(Arc::ptr_eq(key, &cache.key(&secret, &scope(0, region))), "{region} is derived again");
        }
        for day in 1..=1000 {
            cache.key(&secret, &scope(day * 86_400, "a"));
            assert_eq!(kept(&cache), KeyCache::MOST);
        }
    }

    #[test]
    fn scopes_that_run_together_are_not_confused() {
        let (cache, secret) = (KeyCache::new(), Secret::from("secret"));
        for (region, service) in [("ab", "c"), ("a", "bc"), ("abc", ""), ("b", "ac")] {
            let scope = Scope { region: Some(region), service, ..scope(0, "") };
            assert_eq!(cache.key(&secret, &scope).scope, format!("19700101/{region}/{service}/aws4_request"));
        }
    }
}
