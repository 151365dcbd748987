use std::sync::Arc;

use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Scheme as _, Signed, Step};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{Request, StatusCode, Uri};
use subtle::ConstantTimeEq as _;

use crate::Signer;
use crate::attributes::Attributes;

/// One request, and a second one where the server's clock differs; at the end the server's own proof.
pub(crate) struct Conversation {
    signer: Arc<Signer>,
    /// Unsigned, as the caller gave it: it may have to be sent again.
    request: Request<Payload>,
    state: State,
    signed: Option<Signed>,
}

enum State {
    Unsent,
    /// Sent by our idea of the server's clock.
    Sent(Parts),
    /// Sent again by the server's word.
    SentAgain(Parts),
    Over,
}

impl Conversation {
    pub(crate) const fn new(signer: Arc<Signer>, request: Request<Payload>) -> Self {
        Self { signer, request, state: State::Unsent, signed: None }
    }

    fn send(&mut self, ctx: &Context, state: fn(Parts) -> State) -> Result<Step> {
        let (mut parts, mut payload) = self.request.clone().into_parts();
        let signed = self.signer.sign(&mut parts, &mut payload, ctx)?;
        self.signed = Some(signed);
        self.state = state(parts.clone());
        Ok(Step::Send(Request::from_parts(parts, payload)))
    }

    /// The last reply: the caller's, once the server has proved itself as far as is asked of it.
    fn finish(&self, sent: &Parts, reply: Reply<'_>) -> Result<Step> {
        let required = self.signer.config.require_server_authorization && reply.status != StatusCode::UNAUTHORIZED;
        if !required && !reply.headers.contains_key(crate::SERVER_AUTHORIZATION) {
            return Ok(Step::Done);
        }
        self.signer.check_response(sent, reply.headers, required.then_some(reply.body))?;
        Ok(Step::Done)
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        self.send(ctx, State::Sent)
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Sent(sent) if reply.status == StatusCode::UNAUTHORIZED && self.signer.config.timestamp.is_none() => {
                if self.signer.follow_clock(&sent.uri, reply, ctx)? {
                    self.send(ctx, State::SentAgain)
                } else {
                    self.finish(&sent, reply)
                }
            }
            State::Sent(sent) | State::SentAgain(sent) => self.finish(&sent, reply),
            State::Unsent | State::Over => Ok(Step::Done),
        }
    }

    fn reads_body(&self) -> bool {
        self.signer.config.require_server_authorization
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}

impl Signer {
    /// Reads the server's time from its challenge, if it has one, and remembers how far it is from ours.
    fn follow_clock(&self, uri: &Uri, reply: Reply<'_>, ctx: &Context) -> Result<bool, Error> {
        let known = ["ts", "tsm", "error"];
        let read = |value| Attributes::read(value, &known, ErrorKind::InvalidChallenge).ok().flatten();
        // A challenge that cannot be read says nothing of the time: the 401 is the caller's.
        let values = reply.headers.get_all(WWW_AUTHENTICATE).iter();
        let Some(challenge) = values.filter_map(|value| read(value.as_bytes())).find(|read| read.get("ts").is_some())
        else {
            return Ok(false);
        };
        let (ts, tsm) = (challenge.text("ts"), challenge.text("tsm"));
        if !bool::from(self.key.timestamp_mac(ts).as_bytes().ct_eq(tsm.as_bytes())) {
            const WHY: &str = "the time in the server's challenge is not proved: its `tsm` is missing or wrong";
            return Err(Error::new(ErrorKind::ServerNotAuthentic, WHY));
        }
        let invalid = |_| Error::new(ErrorKind::InvalidChallenge, "`ts` of the server's challenge is no time");
        let theirs: i64 = ts.parse().map_err(invalid)?;
        self.remember(uri, theirs.saturating_sub(i64::try_from(ctx.unix_time()).unwrap_or(i64::MAX)));
        Ok(true)
    }
}
