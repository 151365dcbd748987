//! The right to refresh a token: the system's lock on a file, in which stands until when it holds.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign_core::sync::lock;
use countersign_core::{Result, Wait};
use countersign_oauth2::{Lease, Leasing, TokenKey};
use fs4::{FileExt, TryLockError};

use crate::folder::{Place, failed};

/// How often whoever waits looks whether a lease has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// Takes the lease of a key for so long, or says how to wait for it. The system takes it back from a process that dies; from one that
/// hangs, the next process does once its time is over.
pub(crate) fn lease(place: &Place, key: &TokenKey, time: Duration) -> Result<Leasing> {
    // Leases are taken under the lock, so that no two processes replace one lease file.
    let _lock = place.lock()?;
    let path = place.beside(&format!(".lease-{}", name(key)?));
    let mut file = place.open(&path)?;
    if !try_lock(&file, &path)? {
        if until(&mut file).is_none_or(|until| until > now()) {
            return Ok(Leasing::Busy(Wait::new(End::of(path))));
        }
        // The holder keeps its lock on a file that has no name any more.
        fs::remove_file(&path).map_err(|why| failed("remove", &path, &why))?;
        file = place.open(&path)?;
        if !try_lock(&file, &path)? {
            return Ok(Leasing::Busy(Wait::new(End::of(path))));
        }
    }
    write_until(&mut file, now() + time).map_err(|why| failed("write", &path, &why))?;
    Ok(Leasing::Held(Lease::new(move || drop(file))))
}

/// One of 256 names: keys that share one wait for each other, which does no harm, and the number of files has an end.
fn name(key: &TokenKey) -> Result<String> {
    Ok(crate::store::key_name(key)?.chars().take(2).collect())
}

fn try_lock(file: &File, path: &Path) -> Result<bool> {
    match FileExt::try_lock(file) {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(why)) => Err(failed("lock", path, &why)),
    }
}

/// Since the Unix epoch.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Until when a lease holds. None where it cannot be read: its holder is just about to write it, or the system lets nobody else read it.
fn until(file: &mut File) -> Option<Duration> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok().map(Duration::from_millis)
}

fn write_until(file: &mut File, until: Duration) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", until.as_millis())
}

/// The end of somebody's lease. A thread looks out for it, so that no thread of an async runtime blocks.
struct End {
    path: PathBuf,
    watch: Option<Arc<Mutex<Watch>>>,
}

#[derive(Default)]
struct Watch {
    is_over: bool,
    waker: Option<Waker>,
}

impl End {
    const fn of(path: PathBuf) -> Self {
        Self { path, watch: None }
    }
}

impl Future for End {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let watch = match &self.watch {
            Some(watch) => Arc::clone(watch),
            None => {
                let watch = Arc::new(Mutex::new(Watch { is_over: false, waker: Some(cx.waker().clone()) }));
                let (path, watching) = (self.path.clone(), Arc::clone(&watch));
                let started =
                    thread::Builder::new().name("countersign-lease".into()).spawn(move || look_out(&path, &watching));
                if started.is_err() {
                    // The system has no thread left: ask again at once.
                    return Poll::Ready(());
                }
                self.watch = Some(Arc::clone(&watch));
                watch
            }
        };
        let mut watch = lock(&watch);
        if watch.is_over {
            return Poll::Ready(());
        }
        watch.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Until the lease is over, or nobody waits for that any more.
fn look_out(path: &Path, watch: &Arc<Mutex<Watch>>) {
    while Arc::strong_count(watch) > 1 && !is_over(path) {
        thread::sleep(PAUSE);
    }
    let waker = {
        let mut watch = lock(watch);
        watch.is_over = true;
        watch.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// What cannot be told counts as over: whoever asks for the lease then is told why.
fn is_over(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else { return true };
    // Ours for a moment at most; a shared lock lets others look too.
    match FileExt::try_lock_shared(&file) {
        Err(TryLockError::WouldBlock) => until(&mut file).is_some_and(|until| until <= now()),
        Ok(()) | Err(TryLockError::Error(_)) => true,
    }
}
