use std::sync::Arc;

use countersign_core::sync::lock;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step, challenge};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Request, StatusCode};

use crate::Signer;
use crate::dpop::{is_nonce_error, wants_nonce};
use crate::request::{refresh_request, token_request};
use crate::session::{Acquired, How, Lead, Outcome};
use crate::token::{ServerError, Token};

/// At most: token, request, refresh, request; and one more token request where a refresh token is not known any more.
pub(crate) struct Conversation {
    signer: Arc<Signer>,
    /// Unsigned, as the caller gave it: it may have to be sent again.
    original: Request<Payload>,
    state: State,
    /// A token that the server refused: there is no second time.
    refused: Option<Arc<Token>>,
    signed: Option<Signed>,
    /// Whether a token request, and the request itself, were sent again for DPoP's nonce: once each.
    proved_again: (bool, bool),
}

enum State {
    Unsent,
    /// A token request is out.
    Fetching(Lead, How),
    /// Another exchange's is.
    Waiting(Outcome),
    /// The request itself is out.
    Sent(Arc<Token>),
    Over,
}

impl Conversation {
    pub(crate) const fn new(signer: Arc<Signer>, original: Request<Payload>) -> Self {
        Self { signer, original, state: State::Unsent, refused: None, signed: None, proved_again: (false, false) }
    }

    fn go_on(&mut self, ctx: &Context) -> Result<Step> {
        match self.signer.session.acquire(self.refused.as_deref(), ctx)? {
            Acquired::Use(token) => self.send(token, ctx),
            Acquired::Fetch(lead, how) => self.fetch(lead, how, ctx),
            Acquired::Wait(wait, outcome) => {
                self.state = State::Waiting(outcome);
                Ok(Step::Wait(wait))
            }
            // After a refusal the reply that says so is the caller's.
            Acquired::Person if self.refused.is_some() => Ok(Step::Done),
            Acquired::Person => Err(self.signer.needs_person(ctx)),
        }
    }

    fn fetch(&mut self, lead: Lead, how: How, ctx: &Context) -> Result<Step> {
        let request = self.signer.grant().and_then(|grant| match &how {
            How::Refresh(refresh) => refresh_request(grant, refresh, ctx),
            How::Grant => token_request(grant, ctx),
        });
        let request = request.and_then(|mut request| {
            self.signer.prover.prove(self.signer.grant()?, &mut request, ctx)?;
            Ok(request)
        });
        match request {
            Ok(request) => {
                self.state = State::Fetching(lead, how);
                Ok(Step::Send(request))
            }
            Err(why) => {
                lead.fail(&why);
                Err(why)
            }
        }
    }

    fn send(&mut self, token: Arc<Token>, ctx: &Context) -> Result<Step> {
        let (mut parts, mut payload) = self.original.clone().into_parts();
        let signed = self.signer.place(&parts, &token, ctx)?;
        signed.apply(&mut parts, &mut payload);
        self.signed = Some(signed);
        self.state = State::Sent(token);
        Ok(Step::Send(Request::from_parts(parts, payload)))
    }

    fn on_token(&mut self, lead: Lead, how: How, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        let session = &self.signer.session;
        if let Ok(uri) = self.signer.grant()?.access_token_url.parse() {
            self.signer.prover.learn(&uri, reply.headers);
        }
        let why = match Token::from_reply(reply, ctx) {
            Ok(token) => {
                let token = session.fetched(lead, &how, token)?;
                return self.send(token, ctx);
            }
            Err(why) => why,
        };
        if is_nonce_error(&why, reply.headers) && !std::mem::replace(&mut self.proved_again.0, true) {
            return self.fetch(lead, how, ctx);
        }
        if let How::Refresh(refresh) = &how
            && ServerError::cause_of(&why).is_some_and(|cause| cause.error == "invalid_grant")
        {
            session.drop_refresh(refresh)?;
            if self.signer.grant()?.grant_type.needs_person() || lead.old.is_some() {
                return self.without(lead, why, ctx);
            }
            return self.fetch(lead, How::Grant, ctx);
        }
        self.without(lead, why, ctx)
    }

    /// No new token: the old one serves as long as it is good.
    fn without(&mut self, lead: Lead, why: Error, ctx: &Context) -> Result<Step> {
        let old = lead.old.clone();
        lead.fail(&why);
        match old {
            Some(token) => self.send(token, ctx),
            None => Err(why),
        }
    }

    /// Whether the server refused for DPoP's nonce, for the first time.
    fn wants_nonce(&mut self, reply: Reply<'_>) -> bool {
        self.signer.prover.learn(self.original.uri(), reply.headers);
        reply.status == StatusCode::UNAUTHORIZED
            && wants_nonce(reply.headers)
            && !std::mem::replace(&mut self.proved_again.1, true)
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        self.go_on(ctx)
    }

    fn resume(&mut self, ctx: &Context) -> Result<Step> {
        let shared = match std::mem::replace(&mut self.state, State::Over) {
            State::Waiting(outcome) => lock(&outcome).clone(),
            _ => None,
        };
        match shared {
            Some(Err(failure)) => Err(failure.into_error()),
            _ => self.go_on(ctx),
        }
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Fetching(lead, how) => self.on_token(lead, how, reply, ctx),
            State::Sent(token) if self.wants_nonce(reply) => self.send(token, ctx),
            State::Sent(token) if self.refused.is_none() && is_invalid_token(reply.status, reply.headers) => {
                self.refused = Some(token);
                if self.signer.session.grant().is_none() {
                    return Ok(Step::Done);
                }
                self.go_on(ctx)
            }
            State::Sent(_) | State::Unsent | State::Waiting(_) | State::Over => Ok(Step::Done),
        }
    }

    /// The token endpoint cannot be reached: the old token serves as long as it is good.
    fn on_send_failed(&mut self, ctx: &Context) -> Option<Result<Step>> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Fetching(lead, _) => lead.old.clone().map(|token| self.send(token, ctx)),
            _ => None,
        }
    }

    fn reads_body(&self) -> bool {
        matches!(self.state, State::Fetching(..))
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}

/// RFC 6750 section 3.1.
fn is_invalid_token(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::UNAUTHORIZED
        && challenge::in_headers(headers, &WWW_AUTHENTICATE)
            .filter_map(Result::ok)
            .any(|challenge| challenge.param("error").is_some_and(|error| *error == *b"invalid_token"))
}

impl Signer {
    fn grant(&self) -> Result<&crate::Grant> {
        self.session.grant().ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "the config has no grant"))
    }

    /// That nobody but a person can go on, with the URL that they must open.
    fn needs_person(&self, ctx: &Context) -> Error {
        match self.session.ask(ctx) {
            Ok(request) => {
                let message = format!(
                    "there is no token, and a person must consent: open {} and give the callback to `Signer::callback`",
                    request.url()
                );
                Error::new(ErrorKind::NeedsExchange, message)
            }
            // A device, or a grant that cannot be asked for.
            Err(why) => {
                let message = "there is no token, and a person must consent at another device: see `device_request`";
                Error::new(ErrorKind::NeedsExchange, message).with_source(why)
            }
        }
    }
}
