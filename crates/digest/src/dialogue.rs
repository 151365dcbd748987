use std::borrow::Cow;
use std::sync::Arc;

use countersign_core::challenge::{Side, params};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Uri};

use crate::canonical;
use crate::challenge::Challenge;
use crate::client::Client;
use crate::memory::{Both, Drawn};
use crate::qop::Protection;

/// The most requests of one conversation: one, its answer, and a renewal; or one, and an answer to proxy and server each.
const MOST_REQUESTS: u8 = 3;

/// One request's conversation; `S` is the signer, which this room need not know.
struct Conversation<S> {
    signer: Arc<S>,
    request: Kept,
    requests: u8,
    server: Asked,
    proxy: Asked,
    sent: Both<Drawn>,
    signed: Option<Signed>,
}

/// The request, unsigned, as the caller gave it.
enum Kept {
    /// It may have to be sent again.
    Whole(Parts, Payload),
    /// It was sent for the last time: where it went is asked for.
    Target(Method, Uri),
}

/// How far the conversation with one side is.
#[derive(Clone, Copy)]
enum Asked {
    /// No challenge came in this conversation; what was sent is from memory, if anything was.
    NotYet,
    /// Its challenge was answered.
    Answered,
    /// The answer was stale, and the next challenge was answered: there is no third.
    Renewed,
}

pub(crate) fn boxed<S: AsRef<Client> + Send + Sync + 'static>(
    signer: Arc<S>,
    request: Request<Payload>,
) -> Box<dyn Dialogue> {
    let (parts, payload) = request.into_parts();
    Box::new(Conversation {
        signer,
        request: Kept::Whole(parts, payload),
        requests: 0,
        server: Asked::NotYet,
        proxy: Asked::NotYet,
        sent: [None, None],
        signed: None,
    })
}

impl<S: AsRef<Client> + Send + Sync> Conversation<S> {
    fn client(&self) -> &Client {
        (*self.signer).as_ref()
    }

    /// The answer to the side's challenge, or nothing when its refusal is final.
    fn challenged(&mut self, side: Side, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        let challenge = Challenge::strongest(reply.headers, side, self.client().accepted);
        let asked = match side {
            Side::Server => &mut self.server,
            Side::Proxy => &mut self.proxy,
        };
        let next = match (*asked, &challenge) {
            (Asked::NotYet, _) => Asked::Answered,
            (Asked::Answered, Ok(challenge)) if challenge.stale => Asked::Renewed,
            (Asked::Answered | Asked::Renewed, _) => return Ok(self.refused(side)),
        };
        let Kept::Whole(parts, payload) = &self.request else { return Ok(self.refused(side)) };
        *asked = next;
        let client: &Client = (*self.signer).as_ref();
        let space = client.sessions.adopt(side, parts, &challenge?, &client.credentials, ctx)?;
        if payload.bytes().is_none() {
            let why = "the server asks for Digest, and a streamed body cannot be sent again: the next request will be signed at once";
            return Err(Error::new(ErrorKind::PayloadRequired, why));
        }
        // The other side keeps the space that it was last answered from.
        let mut spaces = self.sent.each_ref().map(|drawn| drawn.as_ref().map(|drawn| drawn.space));
        match (side, &mut spaces) {
            (Side::Proxy, [asking, _]) | (Side::Server, [_, asking]) => *asking = Some(space),
        }
        let drawn = client.sessions.draw(spaces, payload)?;
        self.send(drawn, ctx)
    }

    /// The reply is the caller's, and what was refused is not tried again.
    fn refused(&self, side: Side) -> Step {
        let [proxy, server] = &self.sent;
        let refused = match side {
            Side::Proxy => proxy,
            Side::Server => server,
        };
        if let Some(refused) = refused {
            self.client().sessions.forget(refused);
        }
        Step::Done
    }

    /// The request with the answers; as it is where there are none.
    fn send(&mut self, drawn: Both<Drawn>, ctx: &Context) -> Result<Step> {
        let Kept::Whole(parts, payload) = &self.request else { return Err(sent_already()) };
        let signed = if drawn.iter().any(Option::is_some) {
            Some(self.client().answer(&drawn, parts, payload, ctx)?)
        } else {
            None
        };
        self.requests += 1;
        let (mut parts, mut payload) = self.take()?;
        match &signed {
            Some(signed) => signed.apply(&mut parts, &mut payload),
            None => remove_own(&mut parts),
        }
        (self.sent, self.signed) = (drawn, signed);
        Ok(Step::Send(Request::from_parts(parts, payload)))
    }

    /// The request to send: a copy only where it may have to be sent again.
    fn take(&mut self) -> Result<(Parts, Payload)> {
        let Kept::Whole(parts, payload) = &self.request else { return Err(sent_already()) };
        if self.requests < MOST_REQUESTS && !self.client().disable_retry {
            return Ok((parts.clone(), payload.clone()));
        }
        let target = Kept::Target(parts.method.clone(), parts.uri.clone());
        match std::mem::replace(&mut self.request, target) {
            Kept::Whole(parts, payload) => Ok((parts, payload)),
            Kept::Target(..) => Err(sent_already()),
        }
    }

    /// Reads what the server says of itself after an answer: its proof, and its next nonce (RFC 7616 section 3.5).
    fn accepted(&self, reply: Reply<'_>) -> Result<()> {
        for (side, drawn) in [Side::Proxy, Side::Server].into_iter().zip(&self.sent) {
            let (Some(drawn), Some(info)) = (drawn, reply.headers.get(side.informs_in())) else { continue };
            let info = Info::read(info.as_bytes());
            if !self.is_proven(drawn, &info, reply.body) {
                self.client().sessions.forget(drawn);
                let why = "the server's proof (`rspauth`) is wrong: it does not know the password";
                return Err(Error::new(ErrorKind::ServerNotAuthentic, why));
            }
            if let Some(nonce) = info.nextnonce.filter(|nonce| !nonce.is_empty()) {
                self.client().sessions.renew(drawn, &nonce);
            }
        }
        Ok(())
    }

    /// Whether the server's proof is right, or there is none.
    fn is_proven(&self, drawn: &Drawn, info: &Info<'_>, body: &[u8]) -> bool {
        let Some(rspauth) = &info.rspauth else { return true };
        let (method, uri) = match &self.request {
            Kept::Whole(parts, _) => (&parts.method, &parts.uri),
            Kept::Target(method, uri) => (method, uri),
        };
        info.qop.as_deref().is_none_or(|qop| Protection::named(qop) == drawn.session.qop)
            && drawn.session.is_proven_by(rspauth, drawn.nc, &canonical::uri(method, uri), body)
    }
}

/// Removes the answer of an earlier signing: its count was used.
fn remove_own(parts: &mut Parts) {
    let is_digest =
        |value: &HeaderValue| value.as_bytes().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"Digest "));
    if parts.headers.get(AUTHORIZATION).is_some_and(is_digest) {
        parts.headers.remove(AUTHORIZATION);
    }
}

fn sent_already() -> Error {
    Error::new(ErrorKind::InvalidRequest, "this exchange has sent its request for the last time")
}

impl<S: AsRef<Client> + Send + Sync> Dialogue for Conversation<S> {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        let Kept::Whole(parts, payload) = &self.request else { return Err(sent_already()) };
        let client = self.client();
        let drawn = client.sessions.known(parts, payload, &client.credentials, ctx)?;
        self.send(drawn, ctx)
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        match Side::asking(reply.status) {
            Some(_) if self.client().disable_retry => Ok(Step::Done),
            Some(side) => self.challenged(side, reply, ctx),
            None => self.accepted(reply).map(|()| Step::Done),
        }
    }

    /// With `auth-int` the server's proof covers its body too.
    fn reads_body(&self) -> bool {
        self.sent.iter().flatten().any(|drawn| drawn.session.qop == Some(Protection::AuthInt))
    }

    /// Only beside a proof.
    fn reads_body_of(&self, head: Reply<'_>) -> bool {
        let proof = |side: Side| Some(Info::read(head.headers.get(side.informs_in())?.as_bytes()).rspauth.is_some());
        self.reads_body() && [Side::Server, Side::Proxy].into_iter().any(|side| proof(side) == Some(true))
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}

/// `Authentication-Info`, as far as it can be read.
#[derive(Default)]
struct Info<'a> {
    rspauth: Option<Cow<'a, [u8]>>,
    nextnonce: Option<Cow<'a, [u8]>>,
    qop: Option<Cow<'a, [u8]>>,
}

impl<'a> Info<'a> {
    fn read(value: &'a [u8]) -> Self {
        let mut info = Self::default();
        for param in params(value) {
            let place = match param.name {
                name if name.eq_ignore_ascii_case("rspauth") => &mut info.rspauth,
                name if name.eq_ignore_ascii_case("nextnonce") => &mut info.nextnonce,
                name if name.eq_ignore_ascii_case("qop") => &mut info.qop,
                _ => continue,
            };
            place.get_or_insert_with(|| param.value());
        }
        info
    }
}
