use std::fs;
#[cfg(unix)]
use std::path::Path;
use std::time::{Duration, Instant};

use countersign_core::ErrorKind;
use countersign_oauth2::{Grant, Leasing, Token, TokenKey, TokenStore as _};
use tempfile::TempDir;

use crate::FileTokenStore;

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
    assert_eq!((mode(store.place.path()), mode(store.place.folder())), (0o600, 0o700));
    let before = fs::read(store.place.path()).unwrap();
    for bad in [0o666, 0o644, 0o640, 0o604, 0o601, 0o620] {
        fs::set_permissions(store.place.path(), fs::Permissions::from_mode(bad)).unwrap();
        let why = store.load(&key("a")).block().unwrap_err();
        assert_eq!(why.kind(), ErrorKind::StoreFailed);
        assert!(why.to_string().contains("open to other users"), "{why}");
        assert!(store.list().block().is_err());
        assert!(store.replace(&key("a"), Some(&token("r1")), None).block().is_err());
        assert_eq!(
            (mode(store.place.path()), fs::read(store.place.path()).unwrap()),
            (bad, before.clone()),
            "it is as it was"
        );
    }
    fs::set_permissions(store.place.path(), fs::Permissions::from_mode(0o600)).unwrap();
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
        std::os::unix::fs::symlink(&victim, store.place.path().with_file_name("tokens.json.new")).unwrap();
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
    let Leasing::Busy(wait) = lease(&FileTokenStore::new(store.place.path())) else { panic!("two hold it") };
    drop(held);
    wait.block();
    assert!(matches!(lease(&store), Leasing::Held(_)));
}

/// Of a process that hangs: it has the lock for as long as it lives.
#[test]
fn a_lease_ends_with_its_time_and_is_one_per_key() {
    let (store, _dir) = store();
    let lease = |client: &str, millis| store.lease(&key(client), Duration::from_millis(millis)).block().unwrap();
    let hanging = lease("a", 60);
    // Another key has another lease, but for one key in 256.
    let others = (0..8).map(|client| lease(&client.to_string(), 1000));
    assert!(others.filter(|leasing| matches!(leasing, Leasing::Held(_))).count() >= 6);
    let Leasing::Busy(wait) = lease("a", 1000) else { panic!("two hold it") };
    let begun = Instant::now();
    wait.block();
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    let Leasing::Held(taken) = lease("a", 60_000) else { panic!("nobody can take it") };
    // What the first does now is nothing to the second.
    drop(hanging);
    let Leasing::Busy(mut wait) = lease("a", 1000) else { panic!("two hold it") };
    assert!(!wait.block_timeout(Duration::from_millis(60)));
    drop(taken);
    wait.block();
    assert!(matches!(lease("a", 1000), Leasing::Held(_)));
}

/// On a runtime of one thread, whoever waits must leave it to whoever works.
#[test]
fn waiting_for_a_lease_blocks_no_thread() {
    use std::task::{Context, Waker};

    let (store, _dir) = store();
    let held = store.lease(&key("a"), Duration::from_secs(60)).block().unwrap();
    let Leasing::Busy(wait) = store.lease(&key("a"), Duration::from_secs(60)).block().unwrap() else { panic!() };
    let mut wait = Box::pin(wait);
    assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(held);
    countersign_core::block_on(wait);
}

#[test]
fn a_crash_leaves_the_old_state_and_a_broken_file_says_where() {
    let (store, _dir) = store();
    store.replace(&key("a"), None, Some(&token("r1"))).block().unwrap();
    // What a crash in the middle of writing leaves beside it.
    fs::write(store.place.path().with_file_name(".tmpAbC123"), "{\"tok").unwrap();
    assert_eq!(store.load(&key("a")).block().unwrap(), Some(token("r1")));
    assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).block().unwrap());
    fs::write(store.place.path(), "{\"tokens\":[{\"hunter2\"").unwrap();
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
