use std::path::PathBuf;
use std::time::Duration;

use countersign_core::{Error, ErrorKind, Result};
use countersign_oauth2::{Answer, Leasing, Token, TokenKey, TokenStore};
use keyring_core::Entry;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::document::{read, write};
use crate::folder::Place;
use crate::lease::lease;
use crate::store::key_name;

/// Keeps tokens in the system's keyring: Keychain, Credential Manager, Secret Service. Whoever can read the owner's files has none of them.
///
/// Which keyring it is, the program says once, at its start: `keyring::v1::Entry::store_status()` of the crate
/// [`keyring`](https://docs.rs/keyring) chooses the system's own, `keyring_core::set_default_store` any other. (Each of them brings its
/// system's libraries, which is why none is built in here.)
///
/// A keyring has neither locks nor a list. Both are in files beside each other: locks, as [`FileTokenStore`](crate::FileTokenStore) has
/// them, and the names of the tokens' clients, users and issuers.
///
/// ```
/// use countersign_file_store::KeyringTokenStore;
/// use countersign_oauth2::{Grant, Token, TokenKey, TokenStore as _};
///
/// keyring_core::set_default_store(keyring_core::mock::Store::new()?); // one of memory, for tests
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("keys.json");
/// let store = KeyringTokenStore::new("photo-printer", path);
/// let key = TokenKey::of(&Grant::client_credentials("https://as/token", "i", "s"));
/// assert!(store.replace(&key, None, Some(&Token::new("t"))).block()?);
/// assert_eq!(store.load(&key).block()?, Some(Token::new("t")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Windows takes 2,560 bytes for an entry: longer tokens are refused there, with
/// [`ErrorKind::StoreFailed`].
#[derive(Clone, Debug)]
pub struct KeyringTokenStore {
    service: String,
    place: Place,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Index {
    keys: Vec<TokenKey>,
}

impl KeyringTokenStore {
    /// Keeps tokens under this service's name; the list of them stands in a file at `index`, with its locks beside it.
    #[must_use]
    pub fn new(service: &str, index: impl Into<PathBuf>) -> Self {
        Self { service: service.to_owned(), place: Place::new(index.into()) }
    }

    fn entry(&self, key: &TokenKey) -> Result<Entry> {
        Entry::new(&self.service, &key_name(key)?).map_err(|why| failed("opened", &why))
    }

    fn load_now(entry: &Entry) -> Result<Option<Token>> {
        match entry.get_secret().map(Zeroizing::new) {
            Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|_| {
                // Without the cause, which could quote a token.
                Error::new(ErrorKind::StoreFailed, "an entry of the keyring is not a token")
            }),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(why) => Err(failed("read", &why)),
        }
    }

    fn replace_now(&self, key: &TokenKey, expected: Option<&Token>, new: Option<&Token>) -> Result<bool> {
        let _lock = self.place.lock()?;
        let entry = self.entry(key)?;
        let old = Self::load_now(&entry)?;
        if !Token::are_same(old.as_ref(), expected) {
            return Ok(false);
        }
        let mut index: Index = read(&self.place)?;
        let is_listed = index.keys.contains(key);
        match new {
            Some(token) => {
                // Listed before it is there: no entry is ever out of sight.
                if !is_listed {
                    index.keys.push(key.clone());
                    write(&self.place, &index)?;
                }
                let json = serde_json::to_vec(token)
                    .map_err(|why| Error::new(ErrorKind::StoreFailed, "the token makes no JSON").with_source(why))?;
                entry.set_secret(&Zeroizing::new(json)).map_err(|why| failed("written", &why))?;
            }
            None => {
                match entry.delete_credential() {
                    Ok(()) | Err(keyring_core::Error::NoEntry) => {}
                    Err(why) => return Err(failed("written", &why)),
                }
                if is_listed {
                    index.keys.retain(|known| known != key);
                    write(&self.place, &index)?;
                }
            }
        }
        Ok(true)
    }
}

impl TokenStore for KeyringTokenStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>> {
        Answer::ready(self.entry(key).and_then(|entry| Self::load_now(&entry)))
    }

    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool> {
        Answer::ready(self.replace_now(key, expected, new))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey, time: Duration) -> Answer<'a, Leasing> {
        Answer::ready(lease(&self.place, key, time))
    }

    fn list(&self) -> Answer<'_, Vec<TokenKey>> {
        Answer::ready(read(&self.place).map(|index: Index| index.keys))
    }
}

/// Two of the keyring's errors hold the entry's bytes, which `Debug` would show: so it is the text that is kept.
fn failed(what: &str, why: &keyring_core::Error) -> Error {
    Error::new(ErrorKind::StoreFailed, format!("the keyring cannot be {what}: {why}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Once;

    use countersign_oauth2::Grant;
    use keyring_core::mock::{Cred, Store};
    use tempfile::TempDir;

    use super::*;

    fn store() -> (KeyringTokenStore, TempDir) {
        static MOCK: Once = Once::new();
        MOCK.call_once(|| keyring_core::set_default_store(Store::new().unwrap()));
        let dir = TempDir::new().unwrap();
        // One keyring for all tests: each has a service of its own.
        (KeyringTokenStore::new(&dir.path().display().to_string(), dir.path().join("keys.json")), dir)
    }

    fn key(client_id: &str) -> TokenKey {
        TokenKey::of(&Grant::client_credentials("https://as/token", client_id, "s"))
    }

    fn token(refresh: &str) -> Token {
        let mut token = Token::new("the-access-token");
        token.refresh_token = Some(refresh.into());
        token
    }

    #[test]
    fn tokens_come_back_and_no_rotation_is_undone() {
        let (store, dir) = store();
        assert_eq!(store.load(&key("a")).block().unwrap(), None);
        for client in ["a", "b"] {
            assert!(store.replace(&key(client), None, Some(&token("r1"))).block().unwrap());
        }
        assert!(!store.replace(&key("a"), Some(&token("r0")), Some(&token("r2"))).block().unwrap());
        assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r2")));
        assert_eq!(store.list().block().unwrap(), [key("a"), key("b")]);
        assert!(store.replace(&key("b"), Some(&token("r1")), None).block().unwrap());
        assert_eq!((store.list().block().unwrap(), store.load(&key("b")).block().unwrap()), (vec![key("a")], None));
        // No token stands in a file.
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains("access") && !text.contains("r2"), "{text}");
        }
    }

    #[test]
    fn a_lease_is_held_by_one() {
        let (store, _dir) = store();
        let held = store.lease(&key("a"), Duration::from_secs(60)).block().unwrap();
        assert!(matches!(held, Leasing::Held(_)));
        assert!(matches!(store.lease(&key("a"), Duration::from_secs(60)).block().unwrap(), Leasing::Busy(_)));
    }

    #[test]
    fn what_the_keyring_says_is_told_and_no_token() {
        let (store, _dir) = store();
        store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap();
        let fail = |why| store.entry(&key("a")).unwrap().as_any().downcast_ref::<Cred>().unwrap().set_error(why);
        fail(keyring_core::Error::NoStorageAccess("it is locked".into()));
        let why = store.load(&key("a")).block().unwrap_err();
        assert_eq!(why.kind(), ErrorKind::StoreFailed);
        fail(keyring_core::Error::BadEncoding(b"the-access-token".to_vec()));
        let why = store.load(&key("a")).block().unwrap_err();
        assert!(!format!("{why:?} {why}").contains("the-access-token"), "{why:?}");
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
        store.entry(&key("a")).unwrap().set_password("{\"hunter2").unwrap();
        let why = store.load(&key("a")).block().unwrap_err();
        assert!(!format!("{why:?}").contains("hunter2"), "{why:?}");
    }
}
