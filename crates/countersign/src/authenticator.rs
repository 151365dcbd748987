use std::fmt;
use std::sync::Arc;

use countersign_core::{Context, Exchange, Payload, Result, Scheme, Signed, Step};
use http::Request;
use http::request::Parts;

use crate::{AuthConfig, Builder};

/// An [`AuthConfig`] made ready: keys read, tokens and challenges remembered.
///
/// Create one per config and share it: clones are cheap, and clones and threads share what was learnt from the server.
///
/// ```
/// use countersign::{AuthConfig, Authenticator, Context};
///
/// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
/// let request = auth.sign_request(http::Request::get("https://api.example.com/").body(())?, &Context::now())?;
/// assert_eq!(request.headers()["authorization"], "Bearer mF_9.B5f-4.1JqM");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Authenticator {
    pub(crate) scheme: Arc<dyn Scheme>,
    pub(crate) clock: Option<Clock>,
    /// Which of the schemes has an OAuth 2 grant.
    #[cfg(feature = "oauth2")]
    pub(crate) session: Option<Arc<crate::oauth2::Session>>,
}

pub(crate) type Clock = Arc<dyn Fn() -> Context + Send + Sync>;

impl Authenticator {
    /// Checks the config, reads its keys, and prepares what every request needs.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) when the config contradicts itself, lacks a credential, or
    /// inherits; [`InvalidKey`](crate::ErrorKind::InvalidKey) when a key cannot be read;
    /// [`UnsupportedAlgorithm`](crate::ErrorKind::UnsupportedAlgorithm) when it names an algorithm that this build does not have.
    pub fn new(config: &AuthConfig) -> Result<Self> {
        Builder::new(config).build()
    }

    /// An authenticator with more than a config can say: a store for its tokens.
    pub fn builder(config: &AuthConfig) -> Builder<'_> {
        Builder::new(config)
    }

    /// A scheme of your own.
    pub fn from_scheme(scheme: impl Scheme) -> Self {
        Self::from_arc(Arc::new(scheme))
    }

    /// Wraps a scheme that you also hold yourself.
    #[must_use]
    pub fn from_arc(scheme: Arc<dyn Scheme>) -> Self {
        Self {
            scheme,
            clock: None,
            #[cfg(feature = "oauth2")]
            session: None,
        }
    }

    /// Takes time and randomness from here in [`Authenticator::drive`], in [`Authenticator::drive_async`], and in the adapters of HTTP
    /// clients: to explain what they sign, to fix the time in tests, or to run where there is no system clock.
    ///
    /// ```
    /// use countersign::{AuthConfig, Authenticator, Context};
    ///
    /// let auth = Authenticator::new(&AuthConfig::bearer("t"))?.with_clock(|| Context::now().explaining());
    /// assert!(auth.context().is_explaining());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Context + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// The moment that [`Authenticator::drive`] would use now: of [`Authenticator::with_clock`], else the system's. In a build
    /// without the feature `system` and without such a clock it is the year 1970, without randomness: give a clock there.
    #[must_use]
    pub fn context(&self) -> Context {
        match &self.clock {
            Some(clock) => clock(),
            #[cfg(feature = "system")]
            None => Context::now(),
            #[cfg(not(feature = "system"))]
            None => Context::at(0),
        }
    }

    /// Whether both are clones of one: of one user, who share what was learnt. Two that were made of one config are not.
    ///
    /// ```
    /// use countersign::{AuthConfig, Authenticator};
    ///
    /// let (one, other) = (Authenticator::new(&AuthConfig::None)?, Authenticator::new(&AuthConfig::None)?);
    /// assert!(one.shares_with(&one.clone()) && !one.shares_with(&other));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn shares_with(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.scheme), Arc::as_ptr(&other.scheme))
    }

    /// What authenticates this request, without changing it.
    ///
    /// # Errors
    /// As [`Scheme::compute`].
    pub fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        self.scheme.compute(parts, payload, ctx)
    }

    /// Signs a request in place, for schemes that need only one message. Pass [`Payload::Streaming`] for a body that is not at
    /// hand.
    ///
    /// # Errors
    /// When the request cannot be signed; it is then as it was. A scheme that needs the server's word first, and has none
    /// remembered, says [`NeedsExchange`](crate::ErrorKind::NeedsExchange): use [`Authenticator::drive`] or
    /// [`Authenticator::start`].
    pub fn sign(&self, parts: &mut Parts, payload: &mut Payload, ctx: &Context) -> Result<Signed> {
        self.scheme.sign(parts, payload, ctx)
    }

    /// Signs a whole request, for schemes that need only one message.
    ///
    /// # Errors
    /// As [`Authenticator::sign`].
    pub fn sign_request<B: Into<Payload>>(&self, request: Request<B>, ctx: &Context) -> Result<Request<Payload>> {
        let (mut parts, body) = request.into_parts();
        let mut payload = body.into();
        self.scheme.compute(&parts, &payload, ctx)?.apply_owned(&mut parts, &mut payload);
        Ok(Request::from_parts(parts, payload))
    }

    /// Starts one request's conversation with the server: returns it with its first step.
    ///
    /// # Errors
    /// When the request cannot be signed; nothing was sent.
    pub fn start<B: Into<Payload>>(&self, request: Request<B>, ctx: &Context) -> Result<(Exchange, Step)> {
        Exchange::start(Arc::clone(&self.scheme), request.map(Into::into), ctx)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authenticator").field(&self.scheme).finish()
    }
}
