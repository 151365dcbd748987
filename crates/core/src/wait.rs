use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

/// The turn of one exchange, for which others [`Wait`]: it fetches what they all need. It ends when this value is dropped,
/// so a conversation that is given up on half-way lets the next one in.
///
/// ```
/// use countersign_core::Turn;
///
/// let turn = Turn::new();
/// let wait = turn.wait();
/// let other = std::thread::spawn(move || wait.wait());
/// drop(turn);
/// other.join().expect("the waiter was let go");
/// ```
pub struct Turn(Arc<Shared>);

/// Another exchange's [`Turn`]: a `Future` that needs no runtime, and that also blocks. When it is over, ask the exchange
/// again with [`Exchange::resume`](crate::Exchange::resume): the result may be there, or the turn may now be ours.
#[must_use = "nothing goes on until the wait is over"]
pub struct Wait {
    shared: Arc<Shared>,
    /// Where this future's waker stands in the list, once it was polled.
    place: Option<usize>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Default)]
struct State {
    over: bool,
    wakers: Vec<Waker>,
}

impl Shared {
    /// Nothing in here can panic while the lock is held, so a poisoned state is a good one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Begins a turn.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// A way to wait for the end of this turn.
    pub fn wait(&self) -> Wait {
        Wait { shared: Arc::clone(&self.0), place: None }
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let wakers = {
            let mut state = self.0.lock();
            state.over = true;
            std::mem::take(&mut state.wakers)
        };
        self.0.over.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wait {
    /// Blocks this thread until the turn is over.
    pub fn wait(&self) {
        let state = self.shared.lock();
        drop(self.shared.over.wait_while(state, |state| !state.over).unwrap_or_else(PoisonError::into_inner));
    }

    /// Blocks this thread until the turn is over, or for this long; tells whether it is over.
    #[must_use]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        // A timeout that no clock can count is no timeout.
        if Instant::now().checked_add(timeout).is_none() {
            self.wait();
            return true;
        }
        let waited = self.shared.over.wait_timeout_while(self.shared.lock(), timeout, |state| !state.over);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut state = this.shared.lock();
        if state.over {
            return Poll::Ready(());
        }
        match this.place.and_then(|place| state.wakers.get_mut(place)) {
            Some(waker) => waker.clone_from(cx.waker()),
            None => {
                this.place = Some(state.wakers.len());
                state.wakers.push(cx.waker().clone());
            }
        }
        Poll::Pending
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("over", &self.shared.lock().over).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_future_is_woken_once_however_often_it_was_polled() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = TaskContext::from_waker(&waker);
        let turn = Turn::new();
        let mut wait = turn.wait();
        for _ in 0..3 {
            assert!(Pin::new(&mut wait).poll(&mut cx).is_pending());
        }
        drop(turn);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(Pin::new(&mut wait).poll(&mut cx).is_ready());
    }

    #[test]
    fn a_timeout_ends_the_wait_and_not_the_turn() {
        let turn = Turn::new();
        let wait = turn.wait();
        assert!(!wait.wait_timeout(Duration::from_millis(1)));
        drop(turn);
        assert!(wait.wait_timeout(Duration::from_millis(1)));
        assert!(wait.wait_timeout(Duration::MAX));
        wait.wait();
    }
}
