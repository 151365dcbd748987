use std::fmt;
use std::sync::{Arc, Mutex};

use countersign_core::sync::lock;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Scheme, Signed, query};
use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;

use crate::authorization::{AuthorizationRequest, Callback};
use crate::client::endpoint;
use crate::config::{AddTo, Config, GrantType};
use crate::dialogue::Conversation;
use crate::dpop::{DPOP, Prover};
use crate::request::{refresh_request, token_request};
use crate::session::Session;
use crate::store::TokenStore;
use crate::token::Token;

/// Adds a token to requests, and keeps it fresh: one fetches it, however many wait. Share one for each config.
pub struct Signer {
    config: Config,
    pub(crate) session: Session,
    pub(crate) prover: Prover,
    /// The header of the token that was last placed.
    header: Mutex<Option<(Arc<Token>, HeaderValue)>>,
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when there is neither token nor grant, when a token or prefix cannot stand in a header, or when
    /// the grant lacks an endpoint or has one of plain http.
    pub fn new(config: &Config) -> Result<Self> {
        Self::build(config, None)
    }

    /// Reads the config; tokens are kept in a store.
    ///
    /// # Errors
    /// As [`Signer::new`].
    pub fn with_store(config: &Config, store: Arc<dyn TokenStore>) -> Result<Self> {
        Self::build(config, Some(store))
    }

    fn build(config: &Config, store: Option<Arc<dyn TokenStore>>) -> Result<Self> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        let token = config.access_token.clone().filter(|token| !token.is_empty()).map(Token::new);
        if token.is_none() && config.grant.is_none() {
            return Err(invalid("there is neither an `access_token` nor a `grant` to get one"));
        }
        if let Some(grant) = &config.grant {
            if grant.grant_type != GrantType::Implicit {
                endpoint("access_token_url", &grant.access_token_url, grant)?;
            }
            let browses = matches!(grant.grant_type, GrantType::AuthorizationCode | GrantType::Implicit);
            let others = [
                ("auth_url", &grant.auth_url, browses),
                ("device_url", &grant.device_url, false),
                ("par_url", &grant.par_url, false),
            ];
            for (field, url, required) in others {
                let url = url.as_deref().unwrap_or_default();
                if required || !url.is_empty() {
                    endpoint(field, url, grant)?;
                }
            }
        }
        let session = Session::new(config.grant.as_deref().cloned(), token.clone(), store);
        let signer = Self { session, prover: Prover::default(), header: Mutex::default(), config: config.clone() };
        token.map(|token| signer.header(&token)).transpose()?;
        Ok(signer)
    }

    /// The token that would be used now, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn token(&self, ctx: &Context) -> Result<Option<Token>> {
        Ok(self.session.current(ctx)?.map(|token| Token::clone(&token)))
    }

    /// Forgets the token, here and in the store. Gives it back, to be revoked.
    ///
    /// # Errors
    /// When the store fails.
    pub fn forget(&self) -> Result<Option<Token>> {
        Ok(self.session.forget()?.map(|token| Token::clone(&token)))
    }

    /// Uses this token from now on, and keeps it in the store.
    ///
    /// # Errors
    /// When it cannot stand in a header, or the store fails.
    pub fn keep(&self, token: Token) -> Result<()> {
        self.header(&token)?;
        self.session.keep(token).map(|_| ())
    }

    /// The request that gets a token without a person, whether one is needed or not: a refresh where `refresh` asks for one. Its reply
    /// goes to [`Signer::accept`]. An [`Exchange`](countersign_core::Exchange) does this by itself.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the grant needs a person; [`ErrorKind::NeedsExchange`] when there is no refresh token.
    pub fn token_request(&self, refresh: bool, ctx: &Context) -> Result<Request<Payload>> {
        let grant = self.session.grant();
        let grant = grant.ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "the config has no `grant`"))?;
        let mut request = if refresh {
            let token = self.session.refresh_token()?;
            let token = token.ok_or_else(|| Error::new(ErrorKind::NeedsExchange, "there is no refresh token"))?;
            refresh_request(grant, &token, ctx)?
        } else {
            token_request(grant, ctx)?
        };
        self.prover.prove(grant, &mut request, ctx)?;
        Ok(request)
    }

    /// Asks for a person's consent: the URL to open. [`Signer::callback`] takes the answer to the last one asked.
    ///
    /// # Errors
    /// As [`AuthorizationRequest::new`].
    pub fn authorize(&self, ctx: &Context) -> Result<AuthorizationRequest> {
        self.session.ask(ctx)
    }

    /// Takes the URL that the browser came back on. Gives the token request to send, whose reply goes to [`Signer::accept`]; none
    /// for the implicit grant, whose token is in the URL.
    ///
    /// # Errors
    /// As [`AuthorizationRequest::callback`]; [`ErrorKind::StateMismatch`] when nothing was asked for.
    pub fn callback(&self, url: &str, ctx: &Context) -> Result<Option<Request<Payload>>> {
        let pending = self
            .session
            .pending()
            .ok_or_else(|| Error::new(ErrorKind::StateMismatch, "a callback came, and no consent was asked for"))?;
        match pending.callback(url, ctx)? {
            Callback::Code(code) => {
                let mut request = pending.token_request(&code, ctx)?;
                self.session.grant().map_or(Ok(()), |grant| self.prover.prove(grant, &mut request, ctx))?;
                Ok(Some(request))
            }
            Callback::Token(token) => self.keep(token).map(|()| None),
        }
    }

    /// Takes the reply to a token request, and uses its token from now on.
    ///
    /// With DPoP, a server may want a nonce first: the error's [`ServerError`](crate::ServerError) then is `use_dpop_nonce`, and the
    /// request that [`Signer::callback`] gives for the same URL from now on has it.
    ///
    /// # Errors
    /// As [`Token::from_reply`].
    pub fn accept<'a>(&self, reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<()> {
        let reply = reply.into();
        if let Some(Ok(uri)) = self.session.grant().map(|grant| grant.access_token_url.parse()) {
            self.prover.learn(&uri, reply.headers);
        }
        let mut token = Token::from_reply(reply, ctx)?;
        // No new refresh token in the reply keeps the old (RFC 6749 section 6).
        token.refresh_token = match token.refresh_token {
            Some(new) => Some(new),
            None => self.session.refresh_token()?,
        };
        self.keep(token)
    }

    fn header(&self, token: &Token) -> Result<HeaderValue> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        let text = token.access_token.expose();
        if [text, &self.config.header_prefix].iter().any(|text| text.chars().any(char::is_control)) {
            return Err(invalid("token or `header_prefix` hold control characters, which no header can hold"));
        }
        let text = match self.config.header_prefix.trim() {
            _ if token.token_type.eq_ignore_ascii_case("DPoP") => ["DPoP", text].join(" "),
            "" => text.to_owned(),
            prefix => [prefix, text].join(" "),
        };
        HeaderValue::from_maybe_shared(text.into_bytes()).map_err(|_| invalid("the token cannot stand in a header"))
    }

    fn cached_header(&self, token: &Arc<Token>) -> Result<HeaderValue> {
        let mut cached = lock(&self.header);
        if let Some((_, header)) = cached.as_ref().filter(|(known, _)| Arc::ptr_eq(known, token)) {
            return Ok(header.clone());
        }
        let header = self.header(token)?;
        *cached = Some((Arc::clone(token), header.clone()));
        Ok(header)
    }

    /// The token where it goes, and nowhere else (RFC 6750 section 2: one method a request).
    pub(crate) fn place(&self, parts: &Parts, token: &Arc<Token>, ctx: &Context) -> Result<Signed> {
        let signed = self.place_token(parts, token)?;
        let grant = self.session.grant();
        let proof = self.prover.proof(grant, &parts.method, &parts.uri, Some(&token.access_token), ctx)?;
        Ok(match proof {
            Some(proof) => signed.with_header(DPOP, proof),
            None => signed,
        })
    }

    fn place_token(&self, parts: &Parts, token: &Arc<Token>) -> Result<Signed> {
        let is_token = |name: &[u8]| name == b"access_token";
        match self.config.add_to {
            AddTo::Header => {
                let signed = Signed::default().with_header(AUTHORIZATION, self.cached_header(token)?);
                let has_stale = parts.uri.query().is_some_and(|query| query.contains("access_token="));
                if has_stale { Ok(signed.with_uri(query::replace(&parts.uri, is_token, &[])?)) } else { Ok(signed) }
            }
            AddTo::Query => {
                let uri = query::replace(&parts.uri, is_token, &[("access_token", token.access_token.expose())])?;
                Ok(Signed::default().with_uri(uri).without_header(AUTHORIZATION))
            }
        }
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, _: &Payload, ctx: &Context) -> Result<Signed> {
        let Some(token) = self.session.current(ctx)? else {
            const WHY: &str = "there is no token yet: get one through an exchange, which fetches it";
            return Err(Error::new(ErrorKind::NeedsExchange, WHY));
        };
        self.place(parts, &token, ctx)
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(self, request))
    }
}

/// Shows how tokens are got and where they go, never one.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.config).finish_non_exhaustive()
    }
}
