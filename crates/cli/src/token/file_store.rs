//! Tokens in a file: one JSON document, for its owner alone, never half-written.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as Io, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign::oauth2::{Answer, Lease, Leasing, Token, TokenKey, TokenStore};
use countersign::{Error, ErrorKind, Result, Wait};
use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};

/// Keeps tokens in a file that several processes may share.
///
/// A new state is written beside the file and put in its place in one step, so a crash in the middle leaves the old one. The system's
/// lock on a file beside it keeps two processes from undoing each other's change.
#[derive(Debug)]
pub(crate) struct FileTokenStore {
    path: PathBuf,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tokens: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: TokenKey,
    token: Token,
}

impl FileTokenStore {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn read(&self) -> Result<Document> {
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| {
                // The position only: the text around it may be a token.
                let message = format!(
                    "{} is no file of tokens (line {}, column {})",
                    self.path.display(),
                    why.line(),
                    why.column()
                );
                Error::new(ErrorKind::InvalidConfig, message)
            }),
            Err(why) if why.kind() == Io::NotFound => Ok(Document::default()),
            Err(why) => Err(failed("read", &self.path, &why)),
        }
    }

    fn write(&self, document: &Document) -> Result<()> {
        let json = serde_json::to_vec_pretty(document)
            .map_err(|why| Error::new(ErrorKind::InvalidConfig, "the tokens make no JSON").with_source(why))?;
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let new = PathBuf::from(new);
        let write = || {
            if let Err(why) = fs::remove_file(&new)
                && why.kind() != Io::NotFound
            {
                return Err(why);
            }
            let mut file = create_private(&new)?;
            file.write_all(&json)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|why| failed("write", &self.path, &why))
    }
}

/// Readable and writable to its owner alone.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn failed(what: &str, path: &Path, why: &std::io::Error) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("cannot {what} {}: {why}", path.display()))
}

impl FileTokenStore {
    fn replace_now(&self, key: &TokenKey, expected: Option<&Token>, new: Option<&Token>) -> Result<bool> {
        let _lock = self.lock(".lock")?;
        let mut document = self.read()?;
        let old = document.tokens.iter().position(|entry| entry.key == *key);
        let old = old.map(|index| document.tokens.remove(index).token);
        if !Token::are_same(old.as_ref(), expected) {
            return Ok(false);
        }
        document.tokens.extend(new.map(|token| Entry { key: key.clone(), token: token.clone() }));
        self.write(&document)?;
        Ok(true)
    }

    /// The system's lock on a file beside this one, once it is ours. It ends with the process.
    fn lock(&self, suffix: &str) -> Result<File> {
        let (file, path) = self.lock_file(suffix)?;
        FileExt::lock(&file).map_err(|why| failed("lock", &path, &why))?;
        Ok(file)
    }

    /// The file is never removed: its name is the token file's own and the suffix, so it cannot be that file.
    fn lock_file(&self, suffix: &str) -> Result<(File, PathBuf)> {
        if let Some(dir) = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            fs::create_dir_all(dir).map_err(|why| failed("make", dir, &why))?;
        }
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        let path = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|why| failed("open", &path, &why))?;
        Ok((file, path))
    }

    /// One lease for all keys of the file. The system takes it back from a process that dies.
    fn lease_now(&self) -> Result<Leasing> {
        let (file, path) = self.lock_file(".lease")?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Leasing::Held(Lease::new(move || drop(file)))),
            Err(TryLockError::WouldBlock) => {
                // Blocking is what this store does: the program has one thread.
                Ok(Leasing::Busy(Wait::new(async move {
                    let _ended = FileExt::lock(&file);
                })))
            }
            Err(TryLockError::Error(why)) => Err(failed("lock", &path, &why)),
        }
    }
}

impl TokenStore for FileTokenStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>> {
        let find = |document: Document| document.tokens.into_iter().find(|entry| entry.key == *key);
        Answer::ready(self.read().map(|document| find(document).map(|entry| entry.token)))
    }

    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool> {
        Answer::ready(self.replace_now(key, expected, new))
    }

    fn lease<'a>(&'a self, _: &'a TokenKey, _: Duration) -> Answer<'a, Leasing> {
        Answer::ready(self.lease_now())
    }

    fn list(&self) -> Answer<'_, Vec<TokenKey>> {
        Answer::ready(self.read().map(|document| document.tokens.into_iter().map(|entry| entry.key).collect()))
    }
}

#[cfg(test)]
mod tests {
    use countersign::oauth2::Grant;

    use super::*;

    fn store(name: &str) -> FileTokenStore {
        let dir = std::env::temp_dir().join(format!("countersign-tokens-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        FileTokenStore::new(dir.join("tokens.json"))
    }

    fn key(client_id: &str) -> TokenKey {
        TokenKey::of(&Grant::client_credentials("https://as/token", client_id, "s"))
    }

    fn token(refresh: &str) -> Token {
        let mut token = Token::new("t");
        token.refresh_token = Some(refresh.into());
        token
    }

    #[test]
    fn tokens_come_back_and_only_the_owner_reads_them() {
        let store = store("owner");
        assert!(store.load(&key("a")).block().unwrap().is_none());
        assert!(store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap());
        assert!(store.replace(&key("b"), None, Some(&token("r1"))).block().unwrap());
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
        // Another process's rotation is not undone.
        assert!(!store.replace(&key("a"), Some(&token("r0")), Some(&token("r2"))).block().unwrap());
        assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
        assert!(store.replace(&key("b"), Some(&token("r1")), None).block().unwrap());
        assert_eq!(store.list().block().unwrap(), [key("a")]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&store.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(store.path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_crash_leaves_the_old_state_and_a_broken_file_says_where() {
        let store = store("crash");
        store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap();
        fs::write(store.path.with_file_name("tokens.json.new"), "{\"tok").unwrap();
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
        assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
        fs::write(&store.path, "{\"tokens\":[{\"hunter2\"").unwrap();
        let error = store.load(&key("a")).block().unwrap_err().to_string();
        assert!(error.contains("line 1") && !error.contains("hunter2"), "{error}");
        fs::remove_dir_all(store.path.parent().unwrap()).unwrap();
    }

    #[test]
    fn processes_do_not_lose_each_others_tokens() {
        let store = store("many");
        std::thread::scope(|scope| {
            for index in 0..16 {
                let store = &store;
                scope.spawn(move || {
                    assert!(store.replace(&key(&index.to_string()), None, Some(&token("r"))).block().unwrap())
                });
            }
        });
        assert_eq!(store.list().block().unwrap().len(), 16);
        fs::remove_dir_all(store.path.parent().unwrap()).unwrap();
    }
}
