use std::sync::Arc;

use countersign_core::challenge::challenges;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Scheme as _, Signed, Step};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{Request, StatusCode, Uri};

use crate::attributes::{Attributes, MOST};
use crate::response::Proof;
use crate::signature::is_same;
use crate::{SERVER_AUTHORIZATION, Signer};

/// One request, and a second one where the server's clock differs; at the end the server's own proof.
pub(crate) struct Conversation {
    signer: Arc<Signer>,
    /// Unsigned, as the caller gave it. It is kept for the second request, and because the server's proof is of it too.
    parts: Parts,
    /// Not kept where no second request can be.
    payload: Option<Payload>,
    state: State,
    signed: Option<Signed>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    Unsent,
    /// Sent by our idea of the server's clock.
    Sent,
    /// Sent again by the server's word.
    SentAgain,
    Over,
}

impl Conversation {
    pub(crate) fn new(signer: Arc<Signer>, request: Request<Payload>) -> Self {
        let (parts, payload) = request.into_parts();
        Self { signer, parts, payload: Some(payload), state: State::Unsent, signed: None }
    }

    fn send(&mut self, ctx: &Context) -> Result<Step> {
        let is_last = self.state != State::Unsent || self.signer.config.timestamp.is_some();
        let payload = if is_last { self.payload.take() } else { self.payload.clone() };
        let (mut parts, mut payload) = (self.parts.clone(), payload.unwrap_or_default());
        self.signed = Some(self.signer.sign(&mut parts, &mut payload, ctx)?);
        self.state = if self.state == State::Unsent { State::Sent } else { State::SentAgain };
        Ok(Step::Send(Request::from_parts(parts, payload)))
    }

    /// The last reply: the caller's, once the server has proved itself as far as is asked of it.
    fn finish(&mut self, reply: Reply<'_>) -> Result<Step> {
        self.state = State::Over;
        let required = self.signer.config.require_server_authorization && reply.status != StatusCode::UNAUTHORIZED;
        if !required && !reply.headers.contains_key(SERVER_AUTHORIZATION) {
            return Ok(Step::Done);
        }
        let own = self.signed.as_ref().and_then(|signed| signed.headers().first());
        if let Some((_, own)) = own {
            let proof = if required { Proof::Body } else { Proof::Headers };
            self.signer.check(&self.parts, own, reply, proof)?;
        }
        Ok(Step::Done)
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        if self.state != State::Unsent {
            return Err(Error::new(ErrorKind::InvalidRequest, "this exchange has begun already"));
        }
        self.send(ctx)
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        match self.state {
            State::Unsent | State::Over => return Ok(Step::Done),
            State::Sent if reply.status == StatusCode::UNAUTHORIZED && self.signer.config.timestamp.is_none() => {
                if self.signer.follow_clock(&self.parts.uri, reply, ctx)? {
                    return self.send(ctx);
                }
            }
            State::Sent | State::SentAgain => {}
        }
        self.finish(reply)
    }

    fn reads_body(&self) -> bool {
        self.signer.config.require_server_authorization
    }

    fn reads_body_of(&self, head: Reply<'_>) -> bool {
        self.reads_body() && head.headers.contains_key(SERVER_AUTHORIZATION)
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}

impl Signer {
    /// Reads the server's time from its challenge, if it has one, and remembers how far it is from ours.
    fn follow_clock(&self, uri: &Uri, reply: Reply<'_>, ctx: &Context) -> Result<bool> {
        // A challenge that cannot be read says nothing of the time: the 401 is the caller's.
        let values = reply.headers.get_all(WWW_AUTHENTICATE).iter().filter(|value| value.len() <= MOST);
        let challenges = values.flat_map(|value| challenges(value.as_bytes())).filter_map(Result::ok);
        let challenges = challenges.filter(|it| it.is("Hawk"));
        let mut read =
            challenges.filter_map(|it| Attributes::of(&it, &["ts", "tsm", "error"], ErrorKind::InvalidChallenge).ok());
        let Some(challenge) = read.find(|read| read.get("ts").is_some()) else { return Ok(false) };
        let ts = challenge.text("ts");
        if !is_same(&self.key.timestamp_mac(ts), challenge.text("tsm")) {
            const WHY: &str = "the time in the server's challenge is not proved: its `tsm` is missing or wrong";
            return Err(Error::new(ErrorKind::ServerNotAuthentic, WHY));
        }
        let invalid = |_| Error::new(ErrorKind::InvalidChallenge, "`ts` of the server's challenge is not a time");
        let theirs: i64 = ts.parse().map_err(invalid)?;
        self.remember(uri, theirs.saturating_sub(i64::try_from(ctx.unix_time()).unwrap_or(i64::MAX)));
        Ok(true)
    }
}
