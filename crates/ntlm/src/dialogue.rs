use std::sync::Arc;

use countersign_core::challenge::{Side, in_headers};
use countersign_core::encode::{base64_decode, push_base64};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Version};

use crate::Signer;
use crate::spnego;

/// The most requests of one conversation: two openings, a proof, and the same for a proxy before the server.
const MOST_REQUESTS: u8 = 6;

pub(crate) struct Conversation {
    signer: Arc<Signer>,
    /// As the caller gave it: it is sent up to three times.
    original: Request<Payload>,
    state: State,
    /// Who asks: the server, until a proxy does.
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

/// The name that NTLM's messages travel under.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Mechanism {
    Ntlm,
    Negotiate,
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
    pub(crate) fn new(signer: Arc<Signer>, original: Request<Payload>) -> Self {
        let negotiate = signer.negotiate();
        let (state, side, mechanism) = (State::Opened, Side::Server, Mechanism::Ntlm);
        Self { signer, original, state, side, mechanism, negotiate, requests: 0, signed: None }
    }

    /// The opening. It is sent without the body, which the server would not use (curl does the same).
    fn open(&mut self, state: State) -> Result<Request<Payload>> {
        self.state = state;
        let message = self.negotiate.clone();
        let mut request = self.request(&message)?;
        if has_body(&self.original) && !self.signer.disable_retry {
            *request.body_mut() = Payload::empty();
            request.headers_mut().remove(TRANSFER_ENCODING);
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(request)
    }

    /// The request with a message to the side that asks.
    fn request(&mut self, message: &[u8]) -> Result<Request<Payload>> {
        let mut value = format!("{} ", self.mechanism.name());
        push_base64(&mut value, message);
        let value = HeaderValue::try_from(value)
            .map_err(|err| Error::new(ErrorKind::InvalidConfig, "not a header value").with_source(err))?;
        let signed = Signed::default().with_header(self.side.answers_in(), value);
        let (mut parts, mut payload) = self.original.clone().into_parts();
        signed.apply(&mut parts, &mut payload);
        self.signed = Some(signed);
        self.requests += 1;
        Ok(Request::from_parts(parts, payload))
    }

    fn challenged(&mut self, headers: &HeaderMap, ctx: &Context) -> Result<Request<Payload>> {
        let Offer { token, bare } = Offer::read(headers, self.side)?;
        if let Some((mechanism, token)) = token {
            if closes(headers) {
                const WHY: &str = "the connection was closed between two NTLM messages, which must share it: the reply with the challenge \
                                   says `Connection: close`; server and proxies must keep it open";
                return Err(Error::new(ErrorKind::InvalidChallenge, WHY));
            }
            self.mechanism = mechanism;
            let wrapped = spnego::response_token(&token);
            let (parts, _) = self.original.clone().into_parts();
            let mut proof = self.signer.authenticate(&self.negotiate, wrapped.unwrap_or(&token), &parts, ctx)?;
            if wrapped.is_some() {
                proof = spnego::wrapped(&proof);
            }
            self.state = State::Proved;
            return self.request(&proof);
        }
        match bare {
            // The server did not look at the opening, or reads the other name only: once more, as it asks.
            Some(mechanism) if self.state == State::Opened => {
                self.mechanism = mechanism;
                self.open(State::Reopened)
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
    fn start(&mut self, _: &Context) -> Result<Step> {
        if matches!(self.original.version(), Version::HTTP_2 | Version::HTTP_3) {
            let message =
                "NTLM authenticates a connection, which HTTP/2 and HTTP/3 share between requests: use HTTP/1.1";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        self.open(State::Opened).map(Step::Send)
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        let Some(side) = Side::asking(reply.status) else {
            // Nobody asked, and the body was not sent: now the whole request, as it is.
            let stayed_behind = matches!(self.state, State::Opened | State::Reopened) && has_body(&self.original);
            if stayed_behind && !self.signer.disable_retry {
                self.state = State::Unasked;
                self.requests += 1;
                self.signed = None;
                return Ok(Step::Send(self.original.clone()));
            }
            return Ok(Step::Done);
        };
        if self.signer.disable_retry || self.requests >= MOST_REQUESTS {
            return Ok(Step::Done);
        }
        if side != self.side {
            // A proxy before the server, or the server behind a proxy that is content now.
            self.side = side;
            self.mechanism = Mechanism::Ntlm;
            return self.open(State::Opened).map(Step::Send);
        }
        if matches!(self.state, State::Proved | State::Unasked) {
            return Ok(Step::Done);
        }
        self.challenged(reply.headers, ctx).map(Step::Send)
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
        // A broken challenge of another scheme does not matter here.
        for challenge in in_headers(headers, &side.asks_in()).flatten() {
            let Some(mechanism) =
                [Mechanism::Ntlm, Mechanism::Negotiate].into_iter().find(|known| challenge.is(known.name()))
            else {
                continue;
            };
            match challenge.token68() {
                Some(token) if offer.token.is_none() => {
                    let token = base64_decode(token.as_bytes()).ok_or_else(|| {
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

/// Whether the sender closes the connection after this message (RFC 9112 section 9.6).
fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    values.map(<[u8]>::trim_ascii).any(|option| option.eq_ignore_ascii_case(b"close"))
}

fn has_body(request: &Request<Payload>) -> bool {
    request.body().bytes().is_none_or(|bytes| !bytes.is_empty())
}
