use std::sync::Arc;

use countersign_core::sync::lock;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step, challenge};
use http::header::WWW_AUTHENTICATE;
use http::{Request, StatusCode};

use super::Session;
use super::answer::{Outlook, Slot, outlook};
use super::flight::{Acquired, How, Lead, Outcome, Prepared, Refused, Unfit};
use crate::config::Grant;
use crate::proof::wants_nonce;
use crate::server::{ServerError, Token, grant_request, refresh_request};

/// At most: token, request, refresh, request; one more token request where a refresh token is not known any more, and one where the
/// store has another; and with DPoP one more of each where the server wants another nonce.
pub(super) struct Conversation {
    session: Arc<Session>,
    /// Unsigned, as the caller gave it. None where only the token is wanted.
    original: Option<Request<Payload>>,
    wanted: Wanted,
    state: State,
    /// A token that the server refused: there is no second time.
    refused: Option<Arc<Token>>,
    signed: Option<Signed>,
    /// What was done a second time: a token request for DPoP's nonce, the request for it, a refresh with another refresh token.
    again: Again,
}

/// Which token is wanted.
pub(super) enum Wanted {
    /// One that can be used now.
    Valid,
    /// Another than this.
    Another(Option<Arc<Token>>),
    /// What a person consented to.
    Login(How),
    /// This one, which came in a callback.
    This(Token),
}

#[derive(Default)]
struct Again {
    token_proof: bool,
    proof: bool,
    refresh: bool,
}

enum State {
    Unsent,
    /// The store is asked what there is.
    Preparing(Slot<Prepared>),
    /// A token request is out.
    Fetching(Lead, How),
    /// The store is given the new token.
    Settling(Slot<Result<Arc<Token>>>),
    /// Another exchange's token request is out.
    Waiting(Outcome),
    /// The request itself is out.
    Sent(Arc<Token>),
    Over,
}

impl Conversation {
    pub(super) fn new(session: Arc<Session>, original: Option<Request<Payload>>, wanted: Wanted) -> Self {
        let again = Again::default();
        Self { session, original, wanted, state: State::Unsent, refused: None, signed: None, again }
    }

    fn go_on(&mut self, ctx: &Context) -> Result<Step> {
        match &mut self.wanted {
            Wanted::Login(how) => {
                let how = how.clone();
                let lead = Lead::alone(&lock(&self.session.state));
                return self.fetch(lead, how, ctx);
            }
            Wanted::This(token) => {
                let (token, lead) = (token.clone(), Lead::alone(&lock(&self.session.state)));
                return self.settle(lead, How::Callback, token, ctx);
            }
            Wanted::Valid | Wanted::Another(_) => {}
        }
        let unfit = match (&self.wanted, &self.refused) {
            (Wanted::Another(Some(token)), _) => Some(Unfit { token: Arc::clone(token), is_refused: false }),
            (_, Some(token)) => Some(Unfit { token: Arc::clone(token), is_refused: true }),
            _ => None,
        };
        match self.session.acquire(unfit.as_ref(), ctx) {
            Acquired::Use(token) => self.send(token, ctx),
            Acquired::Wait(wait, outcome) => {
                self.state = State::Waiting(outcome);
                Ok(Step::Wait(wait))
            }
            Acquired::Lead(lead) => {
                let preparing = Arc::clone(&self.session).prepare(lead, unfit, ctx.clone());
                match outlook(preparing) {
                    Outlook::Now(prepared) => self.prepared(prepared, ctx),
                    Outlook::Later(wait, slot) => {
                        self.state = State::Preparing(slot);
                        Ok(Step::Wait(wait))
                    }
                }
            }
        }
    }

    fn prepared(&mut self, prepared: Prepared, ctx: &Context) -> Result<Step> {
        match prepared {
            Prepared::Use(token) => self.send(token, ctx),
            Prepared::Fetch(lead, how) => self.fetch(lead, how, ctx),
            Prepared::Again => self.go_on(ctx),
            // After a refusal the reply that says so is the caller's.
            Prepared::Fail(why) if self.refused.is_some() && why.kind() == ErrorKind::NeedsAuthorization => {
                self.state = State::Over;
                Ok(Step::Done)
            }
            Prepared::Fail(why) => Err(why),
        }
    }

    fn fetch(&mut self, lead: Lead, how: How, ctx: &Context) -> Result<Step> {
        match self.token_request(&how, ctx) {
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

    fn token_request(&self, how: &How, ctx: &Context) -> Result<Request<Payload>> {
        let grant = self.grant()?;
        let request = match how {
            How::Refresh(refresh) => refresh_request(grant, refresh, ctx),
            How::Grant => grant_request(grant, ctx),
            How::Code(code) => code.0.code_request(grant, &code.1, ctx),
            How::Device(device) => device.poll_request(grant, ctx),
            How::Callback => Err(Error::new(ErrorKind::InvalidConfig, "the implicit grant has no token request")),
        };
        self.session.prover.prove(request?, ctx)
    }

    fn grant(&self) -> Result<&Grant> {
        self.session.grant().ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "the config has no `grant`"))
    }

    fn send(&mut self, token: Arc<Token>, ctx: &Context) -> Result<Step> {
        // Without a grant there is no second time.
        let original = if self.session.grant().is_some() { self.original.clone() } else { self.original.take() };
        let Some(original) = original else {
            self.state = State::Over;
            return Ok(Step::Done);
        };
        let (mut parts, mut payload) = original.into_parts();
        let signed = self.session.place(&parts, &token, ctx)?;
        signed.apply(&mut parts, &mut payload);
        self.signed = Some(signed);
        self.state = State::Sent(token);
        Ok(Step::Send(Request::from_parts(parts, payload)))
    }

    /// A body that is streamed is gone.
    fn send_again(&self) -> Result<()> {
        match self.original.as_ref().map(Request::body) {
            Some(Payload::Streaming) => {
                const WHY: &str =
                    "the server wants another token or proof, and the body is streamed: send the request once more";
                Err(Error::new(ErrorKind::PayloadRequired, WHY))
            }
            _ => Ok(()),
        }
    }

    fn on_token(&mut self, lead: Lead, how: How, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        let url = self.grant()?.token_endpoint().map(|endpoint| endpoint.access_token_url.trim().parse());
        let has_nonce = matches!(url, Some(Ok(uri)) if self.session.prover.learn(&uri, reply.headers));
        let why = match Token::from_reply(reply, ctx) {
            Ok(token) => return self.settle(lead, how, token, ctx),
            Err(why) => why,
        };
        let is = |error: &str| ServerError::cause_of(&why).is_some_and(|cause| cause.is(error));
        if has_nonce && is("use_dpop_nonce") && !std::mem::replace(&mut self.again.token_proof, true) {
            return self.fetch(lead, how, ctx);
        }
        match how {
            How::Refresh(sent) if is("invalid_grant") => {
                let refused = Refused { sent, why, is_first: !std::mem::replace(&mut self.again.refresh, true) };
                let reconsidering = Arc::clone(&self.session).reconsider(lead, refused, ctx.clone());
                match outlook(reconsidering) {
                    Outlook::Now(prepared) => self.prepared(prepared, ctx),
                    Outlook::Later(wait, slot) => {
                        self.state = State::Preparing(slot);
                        Ok(Step::Wait(wait))
                    }
                }
            }
            How::Refresh(_) | How::Grant => {
                self.session.back_off(&why, ctx);
                self.without(lead, why, ctx)
            }
            How::Code(_) | How::Device(_) | How::Callback => Err(why),
        }
    }

    fn settle(&mut self, lead: Lead, how: How, token: Token, ctx: &Context) -> Result<Step> {
        match outlook(Arc::clone(&self.session).settle(lead, how, token, ctx.clone())) {
            Outlook::Now(token) => self.send(token?, ctx),
            Outlook::Later(wait, slot) => {
                self.state = State::Settling(slot);
                Ok(Step::Wait(wait))
            }
        }
    }

    /// No new token: the old one serves as long as it is good, unless another was asked for.
    fn without(&mut self, lead: Lead, why: Error, ctx: &Context) -> Result<Step> {
        let old = lead.old.clone().filter(|_| self.original.is_some());
        lead.fail(&why);
        match old {
            Some(token) => self.send(token, ctx),
            None => Err(why),
        }
    }

    /// Whether the server refused for DPoP's nonce, for the first time.
    fn wants_nonce(&mut self, reply: Reply<'_>) -> bool {
        if let Some(original) = &self.original {
            self.session.prover.learn(original.uri(), reply.headers);
        }
        reply.status == StatusCode::UNAUTHORIZED
            && wants_nonce(reply.headers)
            && !std::mem::replace(&mut self.again.proof, true)
    }

    /// Whether another token may help (RFC 6750 section 3.1).
    fn is_refused(&self, reply: Reply<'_>) -> bool {
        if reply.status != StatusCode::UNAUTHORIZED || self.refused.is_some() || self.session.grant().is_none() {
            return false;
        }
        let mut has_error = false;
        for challenge in challenge::in_headers(reply.headers, &WWW_AUTHENTICATE).filter_map(Result::ok) {
            if let Some(error) = challenge.param("error") {
                has_error = true;
                if *error == *b"invalid_token" {
                    return true;
                }
            }
        }
        self.session.config.refresh_on_bare_401 && !has_error
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        self.go_on(ctx)
    }

    fn resume(&mut self, ctx: &Context) -> Result<Step> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Waiting(outcome) => match lock(&outcome).clone() {
                Some(Err(failure)) => Err(failure.into_error()),
                // However short its life: it was fetched for this request too.
                Some(Ok(token)) if self.refused.as_ref().is_none_or(|refused| !refused.is_same(&token)) => {
                    self.send(token, ctx)
                }
                _ => self.go_on(ctx),
            },
            State::Preparing(slot) => match lock(&slot).take() {
                Some(prepared) => self.prepared(prepared, ctx),
                None => self.go_on(ctx),
            },
            State::Settling(slot) => match lock(&slot).take() {
                Some(token) => self.send(token?, ctx),
                None => self.go_on(ctx),
            },
            State::Unsent | State::Fetching(..) | State::Sent(_) | State::Over => self.go_on(ctx),
        }
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Fetching(lead, how) => self.on_token(lead, how, reply, ctx),
            State::Sent(token) if self.wants_nonce(reply) => {
                self.send_again()?;
                self.send(token, ctx)
            }
            State::Sent(token) if self.is_refused(reply) => {
                let unfit = Unfit { token: Arc::clone(&token), is_refused: true };
                let _set_aside = lock(&self.session.state).valid(Some(&unfit), ctx);
                self.refused = Some(token);
                self.send_again()?;
                self.go_on(ctx)
            }
            _ => Ok(Step::Done),
        }
    }

    /// The token endpoint cannot be reached: the old token serves as long as it is good. Who waits shares the failure, and does not
    /// try one after the other.
    fn on_send_failed(&mut self, ctx: &Context) -> Option<Result<Step>> {
        const WHY: &str = "the token endpoint cannot be reached";
        let State::Fetching(lead, how) = std::mem::replace(&mut self.state, State::Over) else { return None };
        if how.is_login() {
            return None;
        }
        let why = Error::new(ErrorKind::TokenRequestFailed, WHY);
        self.session.back_off(&why, ctx);
        let old = lead.old.clone().filter(|_| self.original.is_some());
        lead.fail(&why);
        old.map(|token| self.send(token, ctx))
    }

    fn reads_body(&self) -> bool {
        matches!(self.state, State::Fetching(..))
    }

    fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }
}
