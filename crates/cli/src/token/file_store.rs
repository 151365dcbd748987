//! Tokens in a file: one JSON document, for its owner alone, never half-written.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind as Io, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign::oauth2::{Answer, Lease, Leasing, Token, TokenKey, TokenStore};
use countersign::{Error, ErrorKind, Result, Wait};
use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

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
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(why) if why.kind() == Io::NotFound => return Ok(Document::default()),
            Err(why) => return Err(failed("read", &self.path, &why)),
        };
        self.must_be_private(&file)?;
        let mut json = Zeroizing::new(Vec::new());
        file.read_to_end(&mut json).map_err(|why| failed("read", &self.path, &why))?;
        serde_json::from_slice(&json).map_err(|why| {
            // The position only: the text around it may be a token.
            let (line, column) = (why.line(), why.column());
            let message = format!("{} is no file of tokens (line {line}, column {column})", self.path.display());
            Error::new(ErrorKind::StoreFailed, message)
        })
    }

    /// A file whose tokens others could have read, or written, is not used: who made it so should know, and the tokens are as good
    /// as published. It is the open file that is asked, not its name.
    #[cfg(unix)]
    fn must_be_private(&self, file: &File) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;

        let metadata = file.metadata().map_err(|why| failed("read", &self.path, &why))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(());
        }
        let path = self.path.display();
        let message =
            format!("{path} is open to other users (mode {mode:04o}): `chmod 600` it, or better get new tokens");
        Err(Error::new(ErrorKind::StoreFailed, message))
    }

    /// Elsewhere a file has the access list of its folder, which is the user's own.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same signature everywhere")]
    fn must_be_private(&self, _: &File) -> Result<()> {
        Ok(())
    }

    /// Written beside the file, for its owner alone, and put in its place in one step.
    fn write(&self, document: &Document) -> Result<()> {
        let json = serde_json::to_vec_pretty(document)
            .map_err(|why| Error::new(ErrorKind::StoreFailed, "the tokens make no JSON").with_source(why))?;
        let json = Zeroizing::new(json);
        let write = || {
            let mut new = NamedTempFile::new_in(self.folder())?;
            new.write_all(&json)?;
            new.as_file().sync_all()?;
            new.persist(&self.path).map_err(|why| why.error)
        };
        write().map(drop).map_err(|why| failed("write", &self.path, &why))
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
    }
}

fn failed(what: &str, path: &Path, why: &std::io::Error) -> Error {
    Error::new(ErrorKind::StoreFailed, format!("cannot {what} {}: {why}", path.display()))
}

/// Makes a folder and those above it, for their owner alone.
fn create_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
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
        create_folder(self.folder()).map_err(|why| failed("make", self.folder(), &why))?;
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
    use std::fs;

    use countersign::oauth2::Grant;
    use tempfile::TempDir;

    use super::*;

    /// A store in a folder that is not there yet, and goes with the test.
    fn store() -> (FileTokenStore, TempDir) {
        let dir = TempDir::new().unwrap();
        (FileTokenStore::new(dir.path().join("data").join("tokens.json")), dir)
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
    fn tokens_come_back_and_no_rotation_is_undone() {
        let (store, _dir) = store();
        assert!(store.load(&key("a")).block().unwrap().is_none());
        assert!(store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap());
        assert!(store.replace(&key("b"), None, Some(&token("r1"))).block().unwrap());
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
        // Another process's rotation is not undone.
        assert!(!store.replace(&key("a"), Some(&token("r0")), Some(&token("r2"))).block().unwrap());
        assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
        assert!(store.replace(&key("b"), Some(&token("r1")), None).block().unwrap());
        assert_eq!(store.list().block().unwrap(), [key("a")]);
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let (store, _dir) = store();
        store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap();
        assert_eq!((mode(&store.path), mode(store.folder())), (0o600, 0o700));
        let before = fs::read(&store.path).unwrap();
        for bad in [0o666, 0o644, 0o640, 0o604, 0o601, 0o620] {
            fs::set_permissions(&store.path, fs::Permissions::from_mode(bad)).unwrap();
            let why = store.load(&key("a")).block().unwrap_err();
            assert_eq!(why.kind(), ErrorKind::StoreFailed);
            assert!(why.to_string().contains("open to other users"), "{why}");
            assert!(store.list().block().is_err());
            assert!(store.replace(&key("a"), Some(&token("r1")), None).block().is_err());
            assert_eq!((mode(&store.path), fs::read(&store.path).unwrap()), (bad, before.clone()), "it is as it was");
        }
        fs::set_permissions(&store.path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
    }

    /// Names that its own parts could be taken for: nothing beside the file is written to but its locks, and no link is followed.
    #[test]
    fn a_file_may_have_any_name_and_planted_files_are_left_alone() {
        for name in ["x.lock", "x.lease", "x.new", ".tmp"] {
            let dir = TempDir::new().unwrap();
            let store = FileTokenStore::new(dir.path().join(name));
            let other = dir.path().join("x");
            fs::write(&other, "mine").unwrap();
            for refresh in ["r1", "r2"] {
                let old = store.load(&key("a")).block().unwrap();
                assert!(store.replace(&key("a"), old.as_ref(), Some(&token(refresh))).block().unwrap(), "{name}");
            }
            let lease = store.lease(&key("a"), Duration::from_secs(1)).block().unwrap();
            assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r2")), "{name}");
            drop(lease);
            assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
        }
        #[cfg(unix)]
        {
            let (store, dir) = store();
            let victim = dir.path().join("victim");
            fs::write(&victim, "mine").unwrap();
            store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap();
            std::os::unix::fs::symlink(&victim, store.path.with_file_name("tokens.json.new")).unwrap();
            assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
            assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        }
    }

    #[test]
    fn a_lease_is_held_by_one() {
        let (store, _dir) = store();
        let lease = |store: &FileTokenStore| store.lease(&key("a"), Duration::from_secs(1)).block().unwrap();
        let held = lease(&store);
        assert!(matches!(held, Leasing::Held(_)));
        let Leasing::Busy(wait) = lease(&FileTokenStore::new(store.path.clone())) else { panic!("two hold it") };
        drop(held);
        wait.block();
        assert!(matches!(lease(&store), Leasing::Held(_)));
    }

    #[test]
    fn a_crash_leaves_the_old_state_and_a_broken_file_says_where() {
        let (store, _dir) = store();
        store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap();
        // What a crash in the middle of writing leaves beside it.
        fs::write(store.path.with_file_name(".tmpAbC123"), "{\"tok").unwrap();
        assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
        assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
        fs::write(&store.path, "{\"tokens\":[{\"hunter2\"").unwrap();
        let error = store.load(&key("a")).block().unwrap_err().to_string();
        assert!(error.contains("line 1") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn processes_do_not_lose_each_others_tokens() {
        let (store, _dir) = store();
        std::thread::scope(|scope| {
            for index in 0..16 {
                let store = &store;
                scope.spawn(move || {
                    assert!(store.replace(&key(&index.to_string()), None, Some(&token("r"))).block().unwrap())
                });
            }
        });
        assert_eq!(store.list().block().unwrap().len(), 16);
    }
}
