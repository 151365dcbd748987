use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tower_layer::Layer;
use tower_service::Service;

/// How long after a reply's end a new connection is held back.
const GRACE: Duration = Duration::from_secs(1);

/// Lets a client have one connection at a time.
///
/// A pool takes a connection back some time after its reply was read, by a task of its own, and a request that comes before that opens
/// another connection: one that the server knows no user of. So a second connection waits, while the first may still be on its way back;
/// and if that comes back, the second is not made.
#[derive(Clone)]
pub(crate) struct Gate(Arc<watch::Sender<State>>);

#[derive(Clone, Copy)]
struct State {
    /// Counts the legs that are over.
    leg: u64,
    /// Till when no connection is made.
    shut_until: Option<Instant>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State { leg: 0, shut_until: None })))
    }

    /// A leg is over; its connection will be back, or will not.
    pub(crate) fn leg_is_over(&self, will_be_back: bool) {
        self.0.send_modify(|state| {
            state.leg += 1;
            state.shut_until = will_be_back.then(|| Instant::now() + GRACE);
        });
    }

    /// A reply was read to its end: from now on its connection is on its way back.
    pub(crate) fn reply_is_over(&self) {
        self.0.send_modify(|state| state.shut_until = state.shut_until.map(|_| Instant::now() + GRACE));
    }

    /// Waits until a connection may be made.
    async fn pass(&self) -> Result<(), NotNeeded> {
        let mut states = self.0.subscribe();
        let State { leg, shut_until } = *states.borrow_and_update();
        if let Some(until) = shut_until {
            let changed = states.wait_for(|state| state.leg != leg || state.shut_until.is_none());
            if let Ok(Ok(state)) = timeout_at(until, changed).await
                && state.leg != leg
            {
                return Err(NotNeeded);
            }
        }
        self.0.send_modify(|state| state.shut_until = Some(Instant::now() + GRACE));
        Ok(())
    }
}

/// Nobody is told but the pool.
#[derive(Debug, thiserror::Error)]
#[error("the connection before is back")]
struct NotNeeded;

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner, gate: self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Gated<S> {
    inner: S,
    gate: Gate,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S, T> Service<T> for Gated<S>
where
    S: Service<T, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static,
    T: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, to: T) -> Self::Future {
        // What is ready is this one, not a clone of it.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let gate = self.gate.clone();
        Box::pin(async move {
            gate.pass().await?;
            inner.call(to).await
        })
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}
