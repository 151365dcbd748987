//! Tokens in a file: one JSON document, for its owner alone, never half-written.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as Io, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use countersign::oauth2::{Token, TokenKey, TokenStore};
use countersign::{Error, ErrorKind, Result, Secret};
use serde::{Deserialize, Serialize};

/// Keeps tokens in a file that several processes may share.
///
/// A new state is written beside the file and put in its place in one step, so a crash in the middle leaves the old one. A lock file
/// keeps two processes from undoing each other's change.
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

/// Held while the file is changed; given back on drop.
struct Lock(PathBuf);

impl Lock {
    /// After this long a lock is one that a crash left behind.
    const STALE: Duration = Duration::from_secs(30);
    const PATIENCE: Duration = Duration::from_secs(60);

    fn take(path: &Path) -> Result<Self> {
        let path = path.with_extension("lock");
        let begun = SystemTime::now();
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(why) if why.kind() == Io::AlreadyExists => {}
                Err(why) => return Err(failed("lock", &path, &why)),
            }
            let age = |since: SystemTime| since.elapsed().unwrap_or_default();
            let is_stale =
                fs::metadata(&path).and_then(|file| file.modified()).is_ok_and(|time| age(time) > Self::STALE);
            if is_stale
                && let Err(why) = fs::remove_file(&path)
                && why.kind() != Io::NotFound
            {
                return Err(failed("unlock", &path, &why));
            }
            if age(begun) > Self::PATIENCE {
                let message = format!("{} is held by another process", path.display());
                return Err(Error::new(ErrorKind::InvalidConfig, message));
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If it cannot be removed, it is stale soon.
        let _ = fs::remove_file(&self.0);
    }
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
        let new = self.path.with_extension("new");
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

impl TokenStore for FileTokenStore {
    fn load(&self, key: &TokenKey) -> Result<Option<Token>> {
        Ok(self.read()?.tokens.into_iter().find(|entry| entry.key == *key).map(|entry| entry.token))
    }

    fn replace(&self, key: &TokenKey, expected_refresh: Option<&Secret>, new: Option<&Token>) -> Result<bool> {
        if let Some(dir) = self.path.parent() {
            fs::create_dir_all(dir).map_err(|why| failed("make", dir, &why))?;
        }
        let _lock = Lock::take(&self.path)?;
        let mut document = self.read()?;
        let old = document.tokens.iter().position(|entry| entry.key == *key);
        let old = old.map(|index| document.tokens.remove(index).token);
        if old.and_then(|token| token.refresh_token).as_ref() != expected_refresh {
            return Ok(false);
        }
        document.tokens.extend(new.map(|token| Entry { key: key.clone(), token: token.clone() }));
        self.write(&document)?;
        Ok(true)
    }

    fn list(&self) -> Result<Vec<TokenKey>> {
        Ok(self.read()?.tokens.into_iter().map(|entry| entry.key).collect())
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
        assert!(store.load(&key("a")).unwrap().is_none());
        assert!(store.replace(&key("a"), None, Some(&token("r1"))).unwrap());
        assert!(store.replace(&key("b"), None, Some(&token("r1"))).unwrap());
        assert_eq!(store.load(&key("a")).unwrap(), Some(token("r1")));
        // Another process's rotation is not undone.
        assert!(!store.replace(&key("a"), Some(&"r0".into()), Some(&token("r2"))).unwrap());
        assert!(store.replace(&key("a"), Some(&"r1".into()), Some(&token("r2"))).unwrap());
        assert!(store.replace(&key("b"), Some(&"r1".into()), None).unwrap());
        assert_eq!(store.list().unwrap(), [key("a")]);
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
        store.replace(&key("a"), None, Some(&token("r1"))).unwrap();
        fs::write(store.path.with_extension("new"), "{\"tok").unwrap();
        assert_eq!(store.load(&key("a")).unwrap(), Some(token("r1")));
        assert!(store.replace(&key("a"), Some(&"r1".into()), Some(&token("r2"))).unwrap());
        fs::write(&store.path, "{\"tokens\":[{\"hunter2\"").unwrap();
        let error = store.load(&key("a")).unwrap_err().to_string();
        assert!(error.contains("line 1") && !error.contains("hunter2"), "{error}");
        fs::remove_dir_all(store.path.parent().unwrap()).unwrap();
    }

    #[test]
    fn processes_do_not_lose_each_others_tokens() {
        let store = store("many");
        std::thread::scope(|scope| {
            for index in 0..16 {
                let store = &store;
                scope.spawn(move || assert!(store.replace(&key(&index.to_string()), None, Some(&token("r"))).unwrap()));
            }
        });
        assert_eq!(store.list().unwrap().len(), 16);
        fs::remove_dir_all(store.path.parent().unwrap()).unwrap();
    }
}
