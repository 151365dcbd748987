use std::sync::Arc;

use countersign_core::challenge::{Side, params};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step};
use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::challenge::Challenge;
use crate::session::Session;
use crate::signer::{Sent, Signer};
use crate::{Qop, canonical};

/// The most requests of one conversation: one, its answer, and a renewal; or one, and an answer to proxy and server each.
const MOST_REQUESTS: u8 = 3;

pub(crate) struct Conversation {
    signer: Arc<Signer>,
    /// Unsigned, as the caller gave it: it may have to be sent again.
    parts: Parts,
    payload: Payload,
    requests: u8,
    server: Asked,
    proxy: Asked,
    sent: Sent,
    signed: Option<Signed>,
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

impl Conversation {
    pub(crate) fn boxed(signer: Arc<Signer>, request: Request<Payload>) -> Box<dyn Dialogue> {
        let (parts, payload) = request.into_parts();
        Box::new(Self {
            signer,
            parts,
            payload,
            requests: 0,
            server: Asked::NotYet,
            proxy: Asked::NotYet,
            sent: Sent::default(),
            signed: None,
        })
    }

    /// The side's challenge answered, or none when its refusal is final.
    fn challenged(&mut self, side: Side, reply: Reply<'_>, ctx: &Context) -> Result<Option<Request<Payload>>> {
        let refused = self.last_sent(side);
        let asked = match side {
            Side::Server => &mut self.server,
            Side::Proxy => &mut self.proxy,
        };
        let challenge = Challenge::strongest(reply.headers, side, &self.parts.uri, self.signer.accepted);
        let next = match (*asked, &challenge) {
            (Asked::NotYet, _) => Some(Asked::Answered),
            (Asked::Answered, Ok(challenge)) if challenge.stale => Some(Asked::Renewed),
            (Asked::Answered | Asked::Renewed, _) => None,
        };
        let (Some(next), true) = (next, self.requests < MOST_REQUESTS) else {
            if let Some(refused) = refused {
                self.signer.sessions.forget(&refused);
            }
            return Ok(None);
        };
        *asked = next;
        let session = self.signer.sessions.adopt(side, &self.parts, challenge?, &self.signer.credentials, ctx)?;
        if self.payload.bytes().is_none() {
            let why = "the server asks for Digest, and a streamed body cannot be sent again: the next request will be signed at once";
            return Err(Error::new(ErrorKind::PayloadRequired, why));
        }
        // The other side keeps the session that it was last sent.
        let mut known = [Side::Proxy, Side::Server].map(|other| self.last_sent(other));
        match (side, &mut known) {
            (Side::Proxy, [known, _]) | (Side::Server, [_, known]) => *known = Some(session),
        }
        let (signed, sent) = self.signer.answer_to(known, &self.parts, &self.payload, ctx)?;
        Ok(Some(self.send(signed, sent)))
    }

    fn last_sent(&self, side: Side) -> Option<Arc<Session>> {
        self.sent.iter().find(|(other, ..)| *other == side).map(|(_, session, _)| Arc::clone(session))
    }

    fn send(&mut self, signed: Signed, sent: Sent) -> Request<Payload> {
        let (mut parts, mut payload) = (self.parts.clone(), self.payload.clone());
        signed.apply(&mut parts, &mut payload);
        self.requests += 1;
        self.sent = sent;
        self.signed = Some(signed);
        Request::from_parts(parts, payload)
    }

    /// The request as it is, but for the answer of an earlier signing: its count was used.
    fn send_unsigned(&mut self) -> Request<Payload> {
        let mut parts = self.parts.clone();
        let is_digest = |value: &http::HeaderValue| {
            value.as_bytes().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"Digest "))
        };
        if parts.headers.get(AUTHORIZATION).is_some_and(is_digest) {
            parts.headers.remove(AUTHORIZATION);
        }
        self.requests += 1;
        Request::from_parts(parts, self.payload.clone())
    }

    /// Reads what the server says of itself after an answer: its proof, and its next nonce (RFC 7616 section 3.5).
    fn accepted(&self, reply: Reply<'_>) -> Result<()> {
        for (side, session, nc) in self.sent.iter() {
            let Some(info) = reply.headers.get(side.informs_in()) else { continue };
            let info = Info::read(info.as_bytes());
            if let Some(rspauth) = &info.rspauth {
                self.check(session, *nc, rspauth, &info, reply)?;
            }
            if let Some(nonce) = info.nextnonce.filter(|nonce| !nonce.is_empty()) {
                self.signer.sessions.renew(session, &nonce, &self.signer.credentials);
            }
        }
        Ok(())
    }

    fn check(&self, session: &Session, nc: u32, rspauth: &[u8], info: &Info, reply: Reply<'_>) -> Result<()> {
        let uri = canonical::uri(&self.parts.method, &self.parts.uri);
        let same_qop = info.qop.as_deref().is_none_or(|qop| Qop::named(qop) == session.challenge.qop);
        if same_qop && session.is_proven_by(rspauth, nc, &uri, reply.body) {
            return Ok(());
        }
        self.signer.sessions.forget(session);
        let why = "the server's proof (`rspauth`) is wrong: it does not know the password";
        Err(Error::new(ErrorKind::ServerNotAuthentic, why))
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        Ok(Step::Send(match self.signer.answer(&self.parts, &self.payload, ctx)? {
            Some((signed, sent)) => self.send(signed, sent),
            None => self.send_unsigned(),
        }))
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        match Side::asking(reply.status) {
            Some(_) if self.signer.disable_retry => Ok(Step::Done),
            Some(side) => Ok(self.challenged(side, reply, ctx)?.map_or(Step::Done, Step::Send)),
            None => self.accepted(reply).map(|()| Step::Done),
        }
    }

    /// With `auth-int` the server's proof covers its body too.
    fn reads_body(&self) -> bool {
        self.sent.iter().any(|(_, session, _)| session.challenge.qop == Some(Qop::AuthInt))
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
struct Info {
    rspauth: Option<Vec<u8>>,
    nextnonce: Option<Vec<u8>>,
    qop: Option<Vec<u8>>,
}

impl Info {
    fn read(value: &[u8]) -> Self {
        let mut info = Self::default();
        for param in params(value) {
            let place = match param.name {
                name if name.eq_ignore_ascii_case("rspauth") => &mut info.rspauth,
                name if name.eq_ignore_ascii_case("nextnonce") => &mut info.nextnonce,
                name if name.eq_ignore_ascii_case("qop") => &mut info.qop,
                _ => continue,
            };
            place.get_or_insert_with(|| param.value().into_owned());
        }
        info
    }
}
