use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What an exchange waits for before it can go on: another exchange that is fetching the token which both need, or a token
/// store that answers later.
///
/// It is a `Future` that needs no runtime, and it can block a thread instead. When it is over, call
/// [`Exchange::resume`](crate::Exchange::resume): what was waited for may be there now, or it may be this exchange's task to
/// fetch it.
///
/// ```
/// use std::time::Duration;
///
/// use countersign_core::Wait;
///
/// Wait::new(async {}).block();
///
/// let mut never = Wait::new(std::future::pending());
/// assert!(!never.block_timeout(Duration::from_millis(1)));
/// ```
#[must_use = "nothing goes on until the wait is over"]
pub struct Wait(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Wait {
    /// Waits for the end of `future`.
    pub fn new(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }

    /// Blocks this thread until the wait is over. In async code use `.await` instead.
    pub fn block(mut self) {
        block_on(self.0.as_mut());
    }

    /// Blocks this thread until the wait is over, or until `timeout` has passed; returns whether it is over.
    #[must_use]
    pub fn block_timeout(&mut self, timeout: Duration) -> bool {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => block_until(self.0.as_mut(), deadline),
            // `Instant` cannot hold this deadline: wait without one.
            None => {
                block_on(self.0.as_mut());
                true
            }
        }
    }
}

/// Blocks this thread until a future is over; needs no runtime. Not for async code, which awaits.
///
/// ```
/// assert_eq!(countersign_core::block_on(async { 7 }), 7);
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls `future` on this thread, which sleeps in between; returns whether it ended before the deadline.
fn block_until(future: Pin<&mut dyn Future<Output = ()>>, deadline: Instant) -> bool {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    while future.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending() {
        match deadline.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => thread::park_timeout(left),
            _ => return false,
        }
    }
    true
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn another_thread_ends_a_block() {
        let is_over = Arc::new(AtomicBool::new(false));
        let (seen, main) = (Arc::clone(&is_over), thread::current());
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            seen.store(true, Ordering::SeqCst);
            main.unpark();
        });
        let ended = Arc::clone(&is_over);
        let future =
            std::future::poll_fn(move |_| if ended.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending });
        Wait::new(future).block();
        assert!(is_over.load(Ordering::SeqCst));
        other.join().unwrap();
    }

    #[test]
    fn a_timeout_ends_the_block_and_not_the_wait() {
        let mut polls = 0;
        let mut wait = Wait::new(std::future::poll_fn(move |_| {
            polls += 1;
            if polls > 1 { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert!(!wait.block_timeout(Duration::ZERO));
        assert!(wait.block_timeout(Duration::MAX));
    }
}
