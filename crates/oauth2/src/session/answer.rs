use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};

use countersign_core::sync::lock;
use countersign_core::{Result, Wait};

/// What a token store will answer: `.await` it, or [`Answer::block`] for it.
///
/// ```
/// use countersign_oauth2::{MemoryTokenStore, TokenStore as _};
///
/// let store = MemoryTokenStore::default();
/// assert!(store.list().block()?.is_empty());
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[must_use = "nothing happens until it is awaited or blocked for"]
pub struct Answer<'a, T>(Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>);

impl<'a, T> Answer<'a, T> {
    /// The answer that a future comes to.
    pub fn new(future: impl Future<Output = Result<T>> + Send + 'a) -> Self {
        Self(Box::pin(future))
    }

    /// An answer that is there: of a store that blocks.
    pub fn ready(answer: Result<T>) -> Self
    where
        T: Send + 'a,
    {
        Self(Box::pin(std::future::ready(answer)))
    }

    /// Blocks this thread until the answer is there. In async code use `.await` instead.
    ///
    /// # Errors
    /// When the store fails.
    pub fn block(self) -> Result<T> {
        countersign_core::block_on(self)
    }
}

impl<T> Future for Answer<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Result<T>> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

/// Where a value will be once a [`Wait`] is over; empty if the wait was given up.
pub(crate) type Slot<T> = Arc<Mutex<Option<T>>>;

/// A value that is there, or a wait for it.
pub(crate) enum Outlook<T> {
    Now(T),
    Later(Wait, Slot<T>),
}

/// Polls once: stores that block, and those in memory, cost no wait.
pub(crate) fn outlook<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Outlook<T> {
    let mut future = Box::pin(future);
    if let Poll::Ready(value) = future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
        return Outlook::Now(value);
    }
    let slot = Slot::default();
    let filled = Arc::clone(&slot);
    Outlook::Later(Wait::new(async move { *lock(&filled) = Some(future.await) }), slot)
}
