use std::fmt;

use http::{HeaderMap, Request, Response, StatusCode};

use crate::{Context, Payload, Result, Signed, Wait, payload};

/// A scheme's side of an [`Exchange`](crate::Exchange): a small state machine that ends within a fixed number of steps,
/// whatever the server sends.
///
/// It owns the request, and keeps a copy only if it may have to send it again.
pub trait Dialogue: Send {
    /// The first step.
    ///
    /// # Errors
    /// When the request cannot be signed.
    fn start(&mut self, ctx: &Context) -> Result<Step>;

    /// The step after a reply. Whatever the server sent, this returns and never panics.
    ///
    /// # Errors
    /// When the scheme cannot go on.
    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step>;

    /// The step after a [`Step::Wait`] is over. Unless the scheme says otherwise, it starts again.
    ///
    /// # Errors
    /// As [`Dialogue::start`].
    fn resume(&mut self, ctx: &Context) -> Result<Step> {
        self.start(ctx)
    }

    /// The request of the last [`Step::Send`] could not be sent: the step that goes on without it, or `None` where the failure
    /// is the caller's.
    fn on_send_failed(&mut self, _: &Context) -> Option<Result<Step>> {
        None
    }

    /// Whether the next reply's body must be read (a token endpoint's answer).
    fn reads_body(&self) -> bool {
        false
    }

    /// Whether the body of this reply, which is here without it, must be read: [`Dialogue::reads_body`], unless its head shows
    /// that nothing in the body is asked for (a reply without the proof that would cover it).
    fn reads_body_of(&self, _head: Reply<'_>) -> bool {
        self.reads_body()
    }

    /// Whether every request of this conversation must use one connection of one user (NTLM).
    fn connection_bound(&self) -> bool {
        false
    }

    /// How the last request was signed.
    fn signed(&self) -> Option<&Signed> {
        None
    }
}

/// What to do next. There will be no fourth: a loop of three arms is complete.
#[must_use]
#[expect(clippy::large_enum_variant, reason = "one at a time; a Box would reach every user's loop")]
pub enum Step {
    /// Send this request, and come back with its reply to [`Exchange::on_response`](crate::Exchange::on_response).
    Send(Request<Payload>),
    /// What this exchange needs is being fetched: wait for it, then call [`Exchange::resume`](crate::Exchange::resume).
    Wait(Wait),
    /// The last reply is the caller's.
    Done,
}

/// Shows method, host and path of a request, and the names of its headers: a query and a body may hold credentials.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(request) => f.debug_tuple("Send").field(&payload::Shown(request)).finish(),
            Self::Wait(wait) => f.debug_tuple("Wait").field(wait).finish(),
            Self::Done => f.write_str("Done"),
        }
    }
}

/// A server's reply as a scheme sees it. Made from a `&http::Response` whose body can be read as bytes, or of its parts.
///
/// ```
/// use countersign_core::Reply;
/// use http::{HeaderMap, Response, StatusCode};
///
/// let response = Response::builder().status(401).body(Vec::new())?;
/// let reply = Reply::from(&response);
/// assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
///
/// // A body that is left to the caller, for schemes that do not read it:
/// let reply = Reply::new(StatusCode::OK, &HeaderMap::new(), b"");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Reply<'a> {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The body; may be empty unless [`Exchange::reads_body`](crate::Exchange::reads_body).
    pub body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// A reply of its parts.
    #[must_use]
    pub const fn new(status: StatusCode, headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self { status, headers, body }
    }
}

impl<'a, B: AsRef<[u8]>> From<&'a Response<B>> for Reply<'a> {
    fn from(response: &'a Response<B>) -> Self {
        Self::new(response.status(), response.headers(), response.body().as_ref())
    }
}

impl<'a, B: AsRef<[u8]>> From<&'a mut Response<B>> for Reply<'a> {
    fn from(response: &'a mut Response<B>) -> Self {
        Self::from(&*response)
    }
}

/// Shows the status, the names of the headers and the length of the body: a token endpoint's reply holds a token.
impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("headers", &payload::Names(self.headers))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
