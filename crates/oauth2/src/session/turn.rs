//! The turn of the one exchange that is fetching a token, and how others wait for its end.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};

use countersign_core::Wait;
use countersign_core::sync::lock;

/// Held by the one exchange that is fetching a token; others wait until it is dropped. A conversation that is given up on
/// half-way so lets the next one in.
#[derive(Default)]
pub(crate) struct Turn(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    over: bool,
    wakers: Vec<Waker>,
}

impl Turn {
    /// A way to wait for the end of this turn.
    pub(crate) fn wait(&self) -> Wait {
        Wait::new(Over { state: Arc::clone(&self.0), place: None })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let wakers = {
            let mut state = lock(&self.0);
            state.over = true;
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

struct Over {
    state: Arc<Mutex<State>>,
    /// Where this future's waker stands in the list, once it was polled.
    place: Option<usize>,
}

impl Future for Over {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut state = lock(&this.state);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;
    use std::time::Duration;

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
        let turn = Turn::default();
        let mut wait = turn.wait();
        for _ in 0..3 {
            assert!(Pin::new(&mut wait).poll(&mut cx).is_pending());
        }
        drop(turn);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(Pin::new(&mut wait).poll(&mut cx).is_ready());
    }

    #[test]
    fn a_thread_that_blocks_is_let_go() {
        let turn = Turn::default();
        let mut wait = turn.wait();
        assert!(!wait.block_timeout(Duration::from_millis(1)));
        let other = std::thread::spawn(move || wait.block());
        drop(turn);
        other.join().unwrap();
    }
}
