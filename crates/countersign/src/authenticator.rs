use std::sync::Arc;

use countersign_core::{Context, Exchange, Payload, Result, Scheme, Signed, Step};
use http::Request;
use http::request::Parts;

use crate::AuthConfig;

/// An [`AuthConfig`] made ready: keys read, tokens and challenges remembered.
///
/// Make one for each config and share it: clones are cheap, and clones and threads share what was learnt from the server.
///
/// ```
/// use countersign::{AuthConfig, Authenticator, Context};
///
/// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
/// let request = auth.sign_request(http::Request::get("https://api.example.com/").body(())?, &Context::now())?;
/// assert_eq!(request.headers()["authorization"], "Bearer mF_9.B5f-4.1JqM");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authenticator(Arc<dyn Scheme>);

impl Authenticator {
    /// Reads the config.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) when the config contradicts itself, lacks a credential, or
    /// inherits; [`InvalidKey`](crate::ErrorKind::InvalidKey) when a key cannot be read.
    pub fn new(config: &AuthConfig) -> Result<Self> {
        Ok(Self(config.scheme()?))
    }

    /// A scheme of your own.
    pub fn from_scheme(scheme: impl Scheme) -> Self {
        Self(Arc::new(scheme))
    }

    /// A signer that you keep a hand on: an `Arc<oauth2::Signer>`, say, to give it callbacks.
    #[must_use]
    pub fn from_arc(scheme: Arc<dyn Scheme>) -> Self {
        Self(scheme)
    }

    /// What authenticates this request, without changing it.
    ///
    /// # Errors
    /// As [`Scheme::compute`].
    pub fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        self.0.compute(parts, payload, ctx)
    }

    /// Signs a request in place, as far as one message goes. Pass [`Payload::Streaming`] for a body that is not at hand.
    ///
    /// # Errors
    /// When the request cannot be signed; it is then as it was. A scheme that needs the server's word first, and has none
    /// remembered, says [`NeedsExchange`](crate::ErrorKind::NeedsExchange): use [`Authenticator::start`].
    pub fn sign(&self, parts: &mut Parts, payload: &mut Payload, ctx: &Context) -> Result<Signed> {
        self.0.sign(parts, payload, ctx)
    }

    /// Signs a whole request, as far as one message goes.
    ///
    /// # Errors
    /// As [`Authenticator::sign`].
    pub fn sign_request<B: Into<Payload>>(&self, request: Request<B>, ctx: &Context) -> Result<Request<Payload>> {
        let (mut parts, body) = request.into_parts();
        let mut payload = body.into();
        self.0.sign(&mut parts, &mut payload, ctx)?;
        Ok(Request::from_parts(parts, payload))
    }

    /// Starts one request's conversation with the server: returns it with its first step.
    pub fn start<B: Into<Payload>>(&self, request: Request<B>, ctx: &Context) -> (Exchange, Step) {
        Exchange::start(Arc::clone(&self.0), request.map(Into::into), ctx)
    }
}
