use std::fmt;
use std::sync::Arc;

use http::{Method, Request};

use crate::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Scheme, Signed, Step};

/// One request's conversation with a server: send what it returns, tell it what came back.
///
/// The same loop serves every scheme:
///
/// ```
/// use std::sync::Arc;
///
/// use countersign_core::{Context, Error, Exchange, Payload, Scheme, Step};
/// use http::{Request, Response};
///
/// fn send_with(
///     scheme: Arc<dyn Scheme>,
///     request: Request<Payload>,
///     send: impl Fn(Request<Payload>) -> Result<Response<Vec<u8>>, Error>,
/// ) -> Result<Option<Response<Vec<u8>>>, Error> {
///     let (mut exchange, mut step) = Exchange::start(scheme, request, &Context::now())?;
///     let mut last = None;
///     loop {
///         step = match step {
///             Step::Send(request) => {
///                 let reply = last.insert(send(request)?);
///                 exchange.on_response(&*reply, &Context::now())?
///             }
///             Step::Wait(wait) => {
///                 wait.block();
///                 exchange.resume(&Context::now())?
///             }
///             Step::Done => return Ok(last),
///         };
///     }
/// }
/// ```
///
/// After an error nothing more can be done; the last reply, if there is one, is still the caller's to read.
pub struct Exchange {
    /// Of the request; none for a conversation without one.
    method: Option<Method>,
    dialogue: Box<dyn Dialogue>,
}

impl Exchange {
    /// Starts the conversation: returns it with its first step.
    ///
    /// # Errors
    /// When the request cannot be signed; nothing was sent.
    pub fn start(scheme: Arc<dyn Scheme>, request: Request<Payload>, ctx: &Context) -> Result<(Self, Step)> {
        let method = Some(request.method().clone());
        let mut dialogue = scheme.dialogue(request);
        let step = dialogue.start(ctx)?;
        Ok((Self { method, dialogue }, step))
    }

    /// Starts a conversation that is not about a request of the caller's: one that gets a token, say.
    ///
    /// # Errors
    /// As [`Exchange::start`].
    pub fn converse(mut dialogue: Box<dyn Dialogue>, ctx: &Context) -> Result<(Self, Step)> {
        let step = dialogue.start(ctx)?;
        Ok((Self { method: None, dialogue }, step))
    }

    /// The step after a reply: a `&http::Response` whose body can be read as bytes, or a [`Reply`]. Its body may be left empty
    /// unless [`Exchange::reads_body`].
    ///
    /// # Errors
    /// When the scheme cannot go on: what the server asked for cannot be answered, or the server failed to prove itself.
    pub fn on_response<'a>(&mut self, reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Step> {
        self.dialogue.on_response(reply.into(), ctx)
    }

    /// The step after a [`Step::Wait`] is over.
    ///
    /// # Errors
    /// As [`Exchange::start`].
    pub fn resume(&mut self, ctx: &Context) -> Result<Step> {
        self.dialogue.resume(ctx)
    }

    /// Tells the scheme that its request could not be sent. Where the scheme can go on without that leg (a token endpoint that
    /// is down, while the token at hand is still good), this is the next step; else the failure is the caller's to report, and
    /// the exchange is over.
    ///
    /// # Errors
    /// As [`Exchange::start`].
    pub fn on_send_failed(&mut self, ctx: &Context) -> Option<Result<Step>> {
        self.dialogue.on_send_failed(ctx)
    }

    /// Whether the next reply's body must be read before [`Exchange::on_response`] (a token endpoint's answer).
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.dialogue.reads_body()
    }

    /// Whether the body of this reply, of which only the head is here, must be read before [`Exchange::on_response`]. Never true
    /// where [`Exchange::reads_body`] is not; a body that need not be read can be left to the caller as a stream.
    #[must_use]
    pub fn reads_body_of(&self, head: Reply<'_>) -> bool {
        self.dialogue.reads_body_of(head)
    }

    /// Whether every request of this conversation must use one connection that no other user's requests share (NTLM).
    #[must_use]
    pub fn connection_bound(&self) -> bool {
        self.dialogue.connection_bound()
    }

    /// How the last request was signed.
    #[must_use]
    pub fn signed(&self) -> Option<&Signed> {
        self.dialogue.signed()
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("method", &self.method).field("signed", &self.signed()).finish_non_exhaustive()
    }
}

/// The dialogue of a scheme that says all in one message.
#[derive(Debug)]
pub struct Once<S> {
    scheme: Arc<S>,
    request: Option<Request<Payload>>,
    signed: Option<Signed>,
}

impl<S: Scheme> Once<S> {
    /// Boxed, as [`Scheme::dialogue`] returns it.
    #[must_use]
    pub fn boxed(scheme: Arc<S>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(Self { scheme, request: Some(request), signed: None })
    }
}

impl<S: Scheme> Dialogue for Once<S> {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        let Some(request) = self.request.take() else {
            return Err(Error::new(ErrorKind::InvalidRequest, "this exchange has sent its one request already"));
        };
        let (mut parts, mut payload) = request.into_parts();
        self.signed = Some(self.scheme.sign(&mut parts, &mut payload, ctx)?);
        Ok(Step::Send(Request::from_parts(parts, payload)))
    }

    fn on_response(&mut self, _: Reply<'_>, _: &Context) -> Result<Step> {
        Ok(Step::Done)
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}
