use std::sync::Arc;

use countersign_core::challenge::in_headers;
use countersign_core::encode::{base64_decode, push_base64};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version};

use crate::Signer;
use crate::spnego;

/// The most requests of one conversation: two openings, a proof, and the same for a proxy before the server.
const MOST_REQUESTS: u8 = 6;

pub(crate) struct Conversation {
    signer: Arc<Signer>,
    state: State,
    /// Who asks: at first, the server is taken to.
    side: Side,
    mechanism: Mechanism,
    /// The first message as it was sent; the integrity code covers it.
    negotiate: Vec<u8>,
    requests: u8,
    signed: Option<Signed>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    /// Sent an opening, without having seen what the server takes.
    Opened,
    /// Sent an opening again, in the mechanism that the server asked for.
    Reopened,
    /// Sent the proof: the next reply is the caller's.
    Proved,
    /// Sent the whole request without a proof, as nobody asked for one: the next reply is the caller's.
    Unasked,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    Server,
    Proxy,
}

/// The name that NTLM's messages travel under.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Mechanism {
    Ntlm,
    Negotiate,
}

impl Side {
    const fn asks_in(self) -> HeaderName {
        match self {
            Self::Server => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    const fn is_told_in(self) -> HeaderName {
        match self {
            Self::Server => AUTHORIZATION,
            Self::Proxy => PROXY_AUTHORIZATION,
        }
    }
}

impl Mechanism {
    const fn name(self) -> &'static str {
        match self {
            Self::Ntlm => "NTLM",
            Self::Negotiate => "Negotiate",
        }
    }
}

impl Conversation {
    pub(crate) fn new(signer: Arc<Signer>) -> Self {
        let negotiate = signer.negotiate();
        let (state, side, mechanism) = (State::Opened, Side::Server, Mechanism::Ntlm);
        Self { signer, state, side, mechanism, negotiate, requests: 0, signed: None }
    }

    /// The opening. A body stays behind, as it would be sent in vain (curl does the same).
    fn open(&mut self, original: &Request<Payload>, state: State) -> Result<Request<Payload>> {
        self.state = state;
        let message = self.negotiate.clone();
        let mut request = self.request(original, &message)?;
        if has_body(original) && !self.signer.disable_retry {
            *request.body_mut() = Payload::empty();
            request.headers_mut().remove(TRANSFER_ENCODING);
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(request)
    }

    /// The request with a message to the side that asks.
    fn request(&mut self, original: &Request<Payload>, message: &[u8]) -> Result<Request<Payload>> {
        let mut value = format!("{} ", self.mechanism.name());
        push_base64(&mut value, message);
        let value = HeaderValue::try_from(value)
            .map_err(|err| Error::new(ErrorKind::InvalidConfig, "not a header value").with_source(err))?;
        let signed = Signed::default().header(self.side.is_told_in(), value);
        let (mut parts, mut payload) = original.clone().into_parts();
        signed.apply(&mut parts, &mut payload);
        self.signed = Some(signed);
        self.requests += 1;
        Ok(Request::from_parts(parts, payload))
    }

    fn challenged(
        &mut self,
        original: &Request<Payload>,
        headers: &HeaderMap,
        ctx: &Context,
    ) -> Result<Request<Payload>> {
        let Offer { token, bare } = Offer::read(headers, self.side)?;
        if let Some((mechanism, token)) = token {
            self.mechanism = mechanism;
            let wrapped = spnego::response_token(&token);
            let (parts, payload) = original.clone().into_parts();
            let mut proof = self.signer.authenticate(&self.negotiate, wrapped.unwrap_or(&token), &parts, ctx)?;
            if wrapped.is_some() {
                proof = spnego::wrapped(&proof);
            }
            self.state = State::Proved;
            return self.request(&Request::from_parts(parts, payload), &proof);
        }
        match bare {
            // The server did not look at the opening, or reads the other name only: once more, as it asks.
            Some(mechanism) if self.state == State::Opened => {
                self.mechanism = mechanism;
                self.open(original, State::Reopened)
            }
            Some(_) => Err(Error::new(
                ErrorKind::InvalidChallenge,
                "the server asks for NTLM and does not go on from its first message: is the connection kept open?",
            )),
            None => Err(Error::new(ErrorKind::NoChallenge, "the server asks neither for NTLM nor for Negotiate")),
        }
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, original: &Request<Payload>, _: &Context) -> Step {
        if matches!(original.version(), Version::HTTP_2 | Version::HTTP_3) {
            let message =
                "NTLM authenticates a connection, which HTTP/2 and HTTP/3 share between requests: use HTTP/1.1";
            return Step::Failed(Error::new(ErrorKind::InvalidRequest, message));
        }
        self.open(original, State::Opened).map_or_else(Step::Failed, Step::Send)
    }

    fn on_response(&mut self, original: &Request<Payload>, reply: Reply<'_>, ctx: &Context) -> Step {
        let side = match reply.status {
            StatusCode::UNAUTHORIZED => Side::Server,
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Side::Proxy,
            _ => {
                // Nobody asked, and the body stayed behind: now the whole request, as it is.
                let stayed_behind = matches!(self.state, State::Opened | State::Reopened) && has_body(original);
                if stayed_behind && !self.signer.disable_retry {
                    self.state = State::Unasked;
                    self.requests += 1;
                    self.signed = None;
                    return Step::Send(original.clone());
                }
                return Step::Done;
            }
        };
        if self.signer.disable_retry || self.requests >= MOST_REQUESTS {
            return Step::Done;
        }
        if side != self.side {
            // A proxy before the server, or the server behind a proxy that is content now.
            self.side = side;
            self.mechanism = Mechanism::Ntlm;
            return self.open(original, State::Opened).map_or_else(Step::Failed, Step::Send);
        }
        if matches!(self.state, State::Proved | State::Unasked) {
            return Step::Done;
        }
        self.challenged(original, reply.headers, ctx).map_or_else(Step::Failed, Step::Send)
    }

    fn connection_bound(&self) -> bool {
        true
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}

/// What a side asks for.
struct Offer {
    /// The second message, under the first name that carries one.
    token: Option<(Mechanism, Vec<u8>)>,
    /// A name without a message; NTLM's own is preferred.
    bare: Option<Mechanism>,
}

impl Offer {
    fn read(headers: &HeaderMap, side: Side) -> Result<Self> {
        let mut offer = Self { token: None, bare: None };
        // Another scheme's broken challenge does not matter here.
        for challenge in in_headers(headers, &side.asks_in()).flatten() {
            let Some(mechanism) =
                [Mechanism::Ntlm, Mechanism::Negotiate].into_iter().find(|known| challenge.is(known.name()))
            else {
                continue;
            };
            match challenge.token68() {
                Some(token) if offer.token.is_none() => {
                    let token = base64_decode(token.as_bytes()).map_err(|_| {
                        Error::new(ErrorKind::InvalidChallenge, "the server's NTLM challenge is not base64")
                    })?;
                    offer.token = Some((mechanism, token));
                }
                None if offer.bare != Some(Mechanism::Ntlm) => offer.bare = Some(mechanism),
                _ => {}
            }
        }
        Ok(offer)
    }
}

fn has_body(request: &Request<Payload>) -> bool {
    request.body().bytes().is_none_or(|bytes| !bytes.is_empty())
}
