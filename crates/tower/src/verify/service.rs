use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use countersign::scheme::verify::Refusal;
use countersign::{Error, ErrorKind, Payload};
use http::request::Parts;
use http::{Request, Response, StatusCode, response};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tower_service::Service;

use super::layer::Shared;
use super::refused::respond;
use super::{Proof, Verify};
use crate::BoxError;

/// A service that only authenticated requests reach, made by [`VerifyLayer`](super::VerifyLayer).
pub struct VerifyService<S, V> {
    inner: S,
    shared: Arc<Shared<V>>,
}

impl<S, V> VerifyService<S, V> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<V>>) -> Self {
        Self { inner, shared }
    }

    /// The service within.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, V, B, R> Service<Request<B>> for VerifyService<S, V>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send> + Clone + Send + 'static,
    V: Verify,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
    R: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // What is ready is this one, not a clone of it.
        let clone = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, clone);
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            match admit(&shared, request).await {
                Ok((request, None)) => ready.call(request).await,
                Ok((request, Some(verified))) => {
                    let reply = ready.call(request).await?;
                    Ok(prove(&shared, &verified, reply).await)
                }
                Err(refusal) => Ok(respond(refusal)),
            }
        })
    }
}

/// A request's body: as it came, or collected.
enum Held<B> {
    Stream(B),
    Whole(Bytes),
}

/// The request with who sent it in its extensions, and once more where the reply is to be proved to them; or why it is refused.
async fn admit<V, B>(shared: &Shared<V>, request: Request<B>) -> Result<(Request<B>, Option<V::Verified>), Refusal>
where
    V: Verify,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send,
{
    let (mut parts, body) = request.into_parts();
    let sent = shared.uri.as_ref().and_then(|uri| uri(&parts));
    let routed = sent.map(|sent| std::mem::replace(&mut parts.uri, sent));
    let is_empty = body.is_end_stream() || body.size_hint().exact() == Some(0);
    let mut body = if is_empty { Held::Whole(Bytes::new()) } else { Held::Stream(body) };
    let verified = check(shared, &parts, &mut body).await?;
    if let Some(routed) = routed {
        parts.uri = routed;
    }
    let proved_to = (shared.scheme.proof(&verified) != Proof::None).then(|| verified.clone());
    parts.extensions.insert(verified);
    let body = match body {
        Held::Stream(body) => body,
        Held::Whole(bytes) => B::from(bytes),
    };
    Ok((Request::from_parts(parts, body), proved_to))
}

/// Form, key, signature, time, body, nonce.
async fn check<V, B>(shared: &Shared<V>, parts: &Parts, body: &mut Held<B>) -> Result<V::Verified, Refusal>
where
    V: Verify,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send,
{
    let scheme = &*shared.scheme;
    let looking = match scheme.find(parts, &payload(body), &shared.context()) {
        Err(refusal) if is_streamed(body, &refusal) => {
            collect(body, shared.body_limit).await?;
            scheme.find(parts, &payload(body), &shared.context())?
        }
        found => found?,
    };
    let key = looking.await.map_err(|why| {
        Error::new(ErrorKind::StoreFailed, "the key of the request's sender could not be looked up").with_source(why)
    })?;
    let verified = match scheme.verify(parts, &payload(body), key.as_ref(), &shared.context()) {
        Err(refusal) if is_streamed(body, &refusal) => {
            collect(body, shared.body_limit).await?;
            // The body may have taken its time.
            scheme.verify(parts, &payload(body), key.as_ref(), &shared.context())?
        }
        verified => verified?,
    };
    if let Some(nonces) = &shared.nonces
        && let Some((replay_key, expires_at)) = scheme.replay_key(&verified)
    {
        let remembered = nonces.remember(&replay_key, expires_at).await;
        remembered.map_err(|why| scheme.refusal(why, &shared.context()))?;
    }
    Ok(verified)
}

fn payload<B>(body: &Held<B>) -> Payload {
    match body {
        Held::Stream(_) => Payload::Streaming,
        Held::Whole(bytes) => Payload::Bytes(bytes.clone()),
    }
}

fn is_streamed<B>(body: &Held<B>, refusal: &Refusal) -> bool {
    refusal.kind() == ErrorKind::PayloadRequired && matches!(body, Held::Stream(_))
}

/// Trailers are dropped: no scheme covers them.
async fn collect<B>(body: &mut Held<B>, limit: usize) -> Result<(), Refusal>
where
    B: Body<Error: Into<BoxError>>,
{
    let too_long = || Error::new(ErrorKind::LimitExceeded, "the request's body is longer than what is collected of it");
    let Held::Stream(stream) = std::mem::replace(body, Held::Whole(Bytes::new())) else { return Ok(()) };
    if stream.size_hint().lower() > limit as u64 {
        return Err(too_long().into());
    }
    match Limited::new(stream, limit).collect().await {
        Ok(whole) => *body = Held::Whole(whole.to_bytes()),
        Err(why) if why.is::<LengthLimitError>() => return Err(too_long().into()),
        Err(why) => {
            let error = Error::new(ErrorKind::InvalidRequest, "the request's body could not be read").with_source(why);
            return Err(error.into());
        }
    }
    Ok(())
}

/// Adds the server's own proof, where the scheme has one.
async fn prove<V, R>(shared: &Shared<V>, verified: &V::Verified, reply: Response<R>) -> Response<R>
where
    V: Verify,
    R: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send,
{
    let proof = shared.scheme.proof(verified);
    let (mut parts, mut body) = reply.into_parts();
    let mut covered = Bytes::new();
    match proof {
        Proof::None => return Response::from_parts(parts, body),
        Proof::WithoutBody => {}
        Proof::OverBody => {
            // One that is longer, or of unknown length, goes out as it comes, and without proof.
            if body.size_hint().upper().is_none_or(|length| length > shared.body_limit as u64) {
                return Response::from_parts(parts, body);
            }
            match body.collect().await {
                Ok(whole) => covered = whole.to_bytes(),
                Err(why) => {
                    // Where it is not collected, the connection breaks off: the client must not take it for whole either.
                    const WHY: &str = "the reply's body broke off before it could be proved";
                    let mut reply = respond(Error::new(ErrorKind::InvalidRequest, WHY).with_source(why.into()).into());
                    *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    return reply;
                }
            }
            body = R::from(covered.clone());
        }
    }
    add_proof(shared, verified, &mut parts, &covered);
    Response::from_parts(parts, body)
}

fn add_proof<V: Verify>(shared: &Shared<V>, verified: &V::Verified, parts: &mut response::Parts, covered: &[u8]) {
    // A client that wants a proof refuses a reply without one.
    if let Ok(Some((name, value))) = shared.scheme.prove(verified, parts, covered) {
        parts.headers.insert(name, value);
    }
}

impl<S: Clone, V> Clone for VerifyService<S, V> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<S: fmt::Debug, V> fmt::Debug for VerifyService<S, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
