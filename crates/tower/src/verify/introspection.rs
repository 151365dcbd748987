use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use countersign::oauth2::Grant;
use countersign::oauth2::server::{Introspection, introspection_request};
use countersign::scheme::sync::lock;
use countersign::{Context, Payload, Reply, Secret};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, Request, Response};
use sha2::{Digest as _, Sha256};

use crate::BoxError;

/// How many tokens' answers are kept.
const KEPT: usize = 10_000;

/// Asks an authorization server what a token stands for (RFC 7662), for [`Bearer`](super::Bearer).
///
/// An answer is kept for as long as the server says (`Cache-Control`), and never beyond the token's `exp`. Answers that say nothing of
/// it are not kept, unless [`Introspector::with_cache`] says for how long: a token that is revoked stays good here until then.
///
/// A token that is bound to a key or certificate (`cnf`) is refused: as a bearer token it would prove nothing.
///
/// ```
/// use bytes::Bytes;
/// use countersign::oauth2::Grant;
/// use countersign_tower::verify::{Bearer, Introspector, VerifyLayer};
/// use http::{Request, Response};
///
/// // How this server is known to the authorization server.
/// let us = Grant::client_credentials("https://as.example.com/token", "things", "gX1fBat3bV");
/// let introspector = Introspector::new(&us, "https://as.example.com/introspect", |request: Request<Bytes>| async move {
///     // Your HTTP client: one with a timeout, that follows no redirects.
///     # let _ = request;
///     Ok(Response::new(Bytes::from_static(br#"{"active":true,"sub":"Z5O3upPC88QrAjx00dis"}"#)))
/// });
/// // Handlers find a `countersign::oauth2::server::Introspection` in the request's extensions.
/// let layer = VerifyLayer::new(Bearer::new(move |token| introspector.ask(token)));
/// ```
pub struct Introspector<F>(Arc<Shared<F>>);

struct Shared<F> {
    grant: Grant,
    url: String,
    send: F,
    cache: Duration,
    known: Mutex<HashMap<[u8; 32], Known>>,
    clock: fn() -> Context,
}

/// An answer, and until when it counts, in seconds since the Unix epoch.
struct Known {
    answer: Option<Introspection>,
    until: u64,
}

/// What a server knows of a token; `None` where it is not to be let in.
pub type Introspecting = Pin<Box<dyn Future<Output = Result<Option<Introspection>, BoxError>> + Send>>;

impl<F, Sending> Introspector<F>
where
    F: Fn(Request<Bytes>) -> Sending + Send + Sync + 'static,
    Sending: Future<Output = Result<Response<Bytes>, BoxError>> + Send,
{
    /// Asks at this URL, as the client of `grant`, through `send`.
    #[must_use]
    pub fn new(grant: &Grant, introspection_url: &str, send: F) -> Self {
        Self(Arc::new(Shared {
            grant: grant.clone(),
            url: introspection_url.to_owned(),
            send,
            cache: Duration::ZERO,
            known: Mutex::default(),
            clock: Context::now,
        }))
    }

    /// Keeps answers for so long where the server says nothing of it.
    #[must_use]
    pub fn with_cache(self, time: Duration) -> Self {
        self.with(|shared| shared.cache = time)
    }

    /// Time by this clock, in place of the system's: for tests.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Context) -> Self {
        self.with(|shared| shared.clock = clock)
    }

    /// Only while it is built: nobody shares it yet.
    fn with(mut self, set: impl FnOnce(&mut Shared<F>)) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.0) {
            set(shared);
        }
        self
    }

    /// What the server knows of a token; `None` when it is not active, or bound.
    #[must_use]
    pub fn ask(&self, token: Secret) -> Introspecting {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { shared.ask(&token).await })
    }
}

impl<F, Sending> Shared<F>
where
    F: Fn(Request<Bytes>) -> Sending + Send + Sync + 'static,
    Sending: Future<Output = Result<Response<Bytes>, BoxError>> + Send,
{
    async fn ask(&self, token: &Secret) -> Result<Option<Introspection>, BoxError> {
        let name = <[u8; 32]>::from(Sha256::digest(token.expose()));
        let ctx = (self.clock)();
        if let Some(known) = lock(&self.known).get(&name).filter(|known| known.until > ctx.unix_time()) {
            return Ok(known.answer.clone());
        }
        let request = introspection_request(&self.grant, &self.url, token, Some("access_token"), &ctx)?;
        let request = request.map(|body| match body {
            Payload::Bytes(bytes) => bytes,
            _ => Bytes::new(),
        });
        let (parts, body) = (self.send)(request).await?.into_parts();
        let ctx = (self.clock)();
        let answer = Introspection::from_reply(Reply::new(parts.status, &parts.headers, &body), &ctx)?;
        let exp = answer.exp.unwrap_or(u64::MAX);
        let may_pass = answer.active && exp > ctx.unix_time() && !answer.is_bound;
        let may_pass = may_pass && answer.nbf.is_none_or(|from| from <= ctx.unix_time());
        let answer = may_pass.then_some(answer);
        let time = lifetime(&parts.headers).unwrap_or(self.cache).as_secs();
        let until = ctx.unix_time().saturating_add(time).min(if answer.is_some() { exp } else { u64::MAX });
        self.keep(name, Known { answer: answer.clone(), until }, ctx.unix_time());
        Ok(answer)
    }

    fn keep(&self, name: [u8; 32], known: Known, now: u64) {
        let mut all = lock(&self.known);
        if known.until <= now {
            all.remove(&name);
            return;
        }
        if all.len() >= KEPT {
            all.retain(|_, known| known.until > now);
        }
        // What does not fit is asked again.
        if all.len() < KEPT {
            all.insert(name, known);
        }
    }
}

/// How long the server lets its answer be kept (RFC 9111 section 5.2.2); `None` where it says nothing.
fn lifetime(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut directives =
        values.flat_map(|value| value.split(',')).map(|text| text.trim().to_ascii_lowercase()).peekable();
    directives.peek()?;
    let mut lifetime = None;
    for directive in directives {
        match directive.split_once('=') {
            Some(("max-age", seconds)) => lifetime = seconds.trim_matches('"').parse().ok().map(Duration::from_secs),
            None if ["no-store", "no-cache"].contains(&directive.as_str()) => return Some(Duration::ZERO),
            _ => {}
        }
    }
    lifetime
}

impl<F> Clone for Introspector<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Without tokens.
impl<F> fmt::Debug for Introspector<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector")
            .field("grant", &self.0.grant)
            .field("cache", &self.0.cache)
            .finish_non_exhaustive()
    }
}
