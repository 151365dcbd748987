use std::fmt;
use std::sync::Arc;

use countersign::Context;
use countersign::scheme::replay::NonceStore;
use http::Uri;
use http::request::Parts;
use tower_layer::Layer;

use super::{Verify, VerifyService};

/// How long a body may be that is collected, in bytes, unless the layer says otherwise.
const BODY_LIMIT: usize = 2 << 20;

/// Lets only authenticated requests through to a service; see the [module](super).
///
/// Clones, and the services that it makes, share scheme and nonce store.
pub struct VerifyLayer<V> {
    pub(super) shared: Arc<Shared<V>>,
}

pub(super) struct Shared<V> {
    pub(super) scheme: Arc<V>,
    pub(super) nonces: Option<Arc<dyn NonceStore>>,
    pub(super) body_limit: usize,
    pub(super) clock: Option<Arc<Clock>>,
    pub(super) uri: Option<Arc<SentUri>>,
}

type Clock = dyn Fn() -> Context + Send + Sync;
type SentUri = dyn Fn(&Parts) -> Option<Uri> + Send + Sync;

impl<V: Verify> VerifyLayer<V> {
    /// Lets through what this scheme verifies. A signed request can be repeated by whoever sees it, until it is too old: see
    /// [`VerifyLayer::with_nonce_store`].
    #[must_use]
    pub fn new(scheme: V) -> Self {
        let scheme = Arc::new(scheme);
        Self { shared: Arc::new(Shared { scheme, nonces: None, body_limit: BODY_LIMIT, clock: None, uri: None }) }
    }

    /// Lets each signed request through once, whichever process gets it that shares the store. While the store is away or full,
    /// nothing is let through: status 503.
    ///
    /// Presigned URLs of AWS are made to be used more than once, and are not remembered. Basic and bearer have no nonce.
    #[must_use]
    pub fn with_nonce_store(self, nonces: Arc<dyn NonceStore>) -> Self {
        self.with(|shared| shared.nonces = Some(nonces))
    }

    /// The longest body that is collected, in bytes, in place of 2 MiB: of requests whose signature covers it, and of replies that
    /// are proved. A longer request is answered with status 413; a longer reply goes out without proof.
    #[must_use]
    pub fn with_body_limit(self, bytes: usize) -> Self {
        self.with(|shared| shared.body_limit = bytes)
    }

    /// The URI that a client sent, where a router in between has changed it, as axum's `nest` does:
    /// `.with_uri(|parts| parts.extensions.get::<OriginalUri>().map(|uri| uri.0.clone()))`. What is signed is the URI that was sent.
    #[must_use]
    pub fn with_uri(self, uri: impl Fn(&Parts) -> Option<Uri> + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.uri = Some(Arc::new(uri)))
    }

    /// Time and randomness by this clock, in place of the system's: for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Context + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.clock = Some(Arc::new(clock)))
    }

    fn with(mut self, set: impl FnOnce(&mut Shared<V>)) -> Self {
        // What was given to services before stays as it was.
        set(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<V> Shared<V> {
    pub(super) fn context(&self) -> Context {
        self.clock.as_ref().map_or_else(Context::now, |clock| clock())
    }
}

impl<S, V> Layer<S> for VerifyLayer<V> {
    type Service = VerifyService<S, V>;

    fn layer(&self, inner: S) -> VerifyService<S, V> {
        VerifyService::new(inner, Arc::clone(&self.shared))
    }
}

// By hand: the scheme itself need not be `Clone`.
impl<V> Clone for Shared<V> {
    fn clone(&self) -> Self {
        Self {
            scheme: Arc::clone(&self.scheme),
            nonces: self.nonces.clone(),
            body_limit: self.body_limit,
            clock: self.clock.clone(),
            uri: self.uri.clone(),
        }
    }
}

impl<V> Clone for VerifyLayer<V> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<V> fmt::Debug for VerifyLayer<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyLayer")
            .field("has_nonce_store", &self.shared.nonces.is_some())
            .field("body_limit", &self.shared.body_limit)
            .finish_non_exhaustive()
    }
}
