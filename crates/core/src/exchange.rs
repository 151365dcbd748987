use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Request, StatusCode};

use crate::{Context, Error, Payload, Scheme, Signed, Wait};

/// One request's conversation with a server: send what it gives, tell it what came back.
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
///     send: impl Fn(Request<Payload>) -> Response<Vec<u8>>,
/// ) -> Result<Option<Response<Vec<u8>>>, Error> {
///     let (mut exchange, mut step) = Exchange::start(scheme, request, &Context::now());
///     let mut response = None;
///     loop {
///         match step {
///             Step::Send(request) => {
///                 let reply = response.insert(send(request));
///                 step = exchange.on_response(reply.status(), reply.headers(), reply.body(), &Context::now());
///             }
///             Step::Wait(turn) => {
///                 turn.wait();
///                 step = exchange.resume(&Context::now());
///             }
///             Step::Done => return Ok(response),
///             Step::Failed(why) => return Err(why),
///         }
///     }
/// }
/// ```
pub struct Exchange {
    original: Request<Payload>,
    dialogue: Box<dyn Dialogue>,
}

/// What to do next.
#[derive(Debug)]
#[must_use]
#[expect(clippy::large_enum_variant, reason = "one at a time; a Box would reach every user's loop")]
pub enum Step {
    /// Send this request, and come back with its reply to [`Exchange::on_response`].
    Send(Request<Payload>),
    /// Another exchange is fetching what this one needs: wait for it, then call [`Exchange::resume`].
    Wait(Wait),
    /// The last reply is the caller's.
    Done,
    /// Nothing more can be done; the last reply, if there is one, is still the caller's to read.
    Failed(Error),
}

/// A server's reply as a scheme sees it.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The body; may be empty unless [`Exchange::reads_body`].
    pub body: &'a [u8],
}

/// A scheme's side of an [`Exchange`]: a small state machine that ends within a fixed number of steps, whatever the server
/// sends. `original` is always the unsigned request.
pub trait Dialogue: Send {
    /// The first step.
    fn start(&mut self, original: &Request<Payload>, ctx: &Context) -> Step;

    /// The step after a reply. Whatever the server sent, this returns and never panics.
    fn on_response(&mut self, original: &Request<Payload>, reply: Reply<'_>, ctx: &Context) -> Step;

    /// The step after a [`Step::Wait`] is over. Unless the scheme says otherwise, it starts again.
    fn resume(&mut self, original: &Request<Payload>, ctx: &Context) -> Step {
        self.start(original, ctx)
    }

    /// Whether the next reply's body must be read (a token endpoint's answer).
    fn reads_body(&self) -> bool {
        false
    }

    /// Whether every request of this conversation must use one connection (NTLM).
    fn connection_bound(&self) -> bool {
        false
    }

    /// How the last request was signed.
    fn signed(&self) -> Option<&Signed> {
        None
    }
}

impl Exchange {
    /// Starts the conversation: returns it with its first step.
    pub fn start(scheme: Arc<dyn Scheme>, original: Request<Payload>, ctx: &Context) -> (Self, Step) {
        let mut dialogue = scheme.dialogue();
        let step = dialogue.start(&original, ctx);
        (Self { original, dialogue }, step)
    }

    /// The step after a reply. `body` may be empty unless [`Exchange::reads_body`].
    pub fn on_response(&mut self, status: StatusCode, headers: &HeaderMap, body: &[u8], ctx: &Context) -> Step {
        self.dialogue.on_response(&self.original, Reply { status, headers, body }, ctx)
    }

    /// The step after a [`Step::Wait`] is over.
    pub fn resume(&mut self, ctx: &Context) -> Step {
        self.dialogue.resume(&self.original, ctx)
    }

    /// Whether the next reply's body must be read before [`Exchange::on_response`] (a token endpoint's answer).
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.dialogue.reads_body()
    }

    /// Whether every request of this conversation must use one connection (NTLM).
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
        f.debug_struct("Exchange")
            .field("method", self.original.method())
            .field("signed", &self.signed())
            .finish_non_exhaustive()
    }
}

/// The conversation of a scheme that says all in one message.
#[derive(Debug)]
pub struct Once<S> {
    scheme: Arc<S>,
    signed: Option<Signed>,
}

impl<S: Scheme> Once<S> {
    /// Boxed, as [`Scheme::dialogue`] returns it.
    #[must_use]
    pub fn boxed(scheme: Arc<S>) -> Box<dyn Dialogue> {
        Box::new(Self { scheme, signed: None })
    }
}

impl<S: Scheme> Dialogue for Once<S> {
    fn start(&mut self, original: &Request<Payload>, ctx: &Context) -> Step {
        let (mut parts, mut payload) = original.clone().into_parts();
        match self.scheme.sign(&mut parts, &mut payload, ctx) {
            Ok(signed) => {
                self.signed = Some(signed);
                Step::Send(Request::from_parts(parts, payload))
            }
            Err(why) => Step::Failed(why),
        }
    }

    fn on_response(&mut self, _: &Request<Payload>, _: Reply<'_>, _: &Context) -> Step {
        Step::Done
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}
