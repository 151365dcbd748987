//! A person's consent: in a browser, or at another device.

use std::sync::Arc;

use countersign_core::{Context, Dialogue, Payload, Reply, Result};
use http::Request;

use super::Session;
use super::dialogue::{Conversation, Wanted};
use super::flight::How;
use crate::server::{AuthorizationRequest, Callback, DeviceAuthorization};

impl Session {
    /// Asks for a person's consent: the URL to send them to. [`Session::finish`] takes the answer. Nothing is remembered here: keep the
    /// request until its callback comes, in the person's own web session, say; any number may be open.
    ///
    /// Where the grant has a `par_url`, send [`Session::push_request`] first.
    ///
    /// # Errors
    /// As [`AuthorizationRequest::new`].
    pub fn login(&self, ctx: &Context) -> Result<AuthorizationRequest> {
        let grant = self.required_grant()?;
        AuthorizationRequest::bound(grant, self.prover.thumbprint(ctx)?.as_deref(), ctx)
    }

    /// [`Session::login`] with another `callback_url` than the grant's: for a native program, which listens on a port of loopback that it
    /// knows only then (RFC 8252 section 7.3).
    ///
    /// ```
    /// use countersign_core::Context;
    /// use countersign_oauth2::{AuthorizationCode, Config, Session};
    ///
    /// let grant = AuthorizationCode::new("https://as/auth", "https://as/token", "app", "http://127.0.0.1/callback");
    /// let login = Session::new(&Config::of(grant))?.login_at("http://127.0.0.1:49152/callback", &Context::now())?;
    /// assert!(login.url().contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback"));
    /// # Ok::<(), countersign_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`AuthorizationRequest::new`].
    pub fn login_at(&self, callback_url: &str, ctx: &Context) -> Result<AuthorizationRequest> {
        let mut grant = self.required_grant()?.clone();
        if let Some(consent) = grant.consent_mut() {
            callback_url.clone_into(&mut consent.callback_url);
        }
        AuthorizationRequest::bound(&grant, self.prover.thumbprint(ctx)?.as_deref(), ctx)
    }

    /// The request that sends a login's parameters ahead (RFC 9126), with DPoP's proof where the grant has a key (RFC 9449 section
    /// 10.1). `None` where the grant has no `par_url`. Its reply goes to [`Session::pushed`].
    ///
    /// # Errors
    /// As [`AuthorizationRequest::push_request`].
    pub fn push_request(&self, login: &AuthorizationRequest, ctx: &Context) -> Result<Option<Request<Payload>>> {
        let grant = self.required_grant()?;
        let has_url = matches!(grant, crate::Grant::AuthorizationCode(grant) if grant.par_url.as_ref().is_some_and(|url| !url.is_empty()));
        has_url.then(|| self.prover.prove(login.push_request(grant, ctx)?, ctx)).transpose()
    }

    /// Reads the reply to [`Session::push_request`], received now. Where the server wants a DPoP nonce first, the error's cause
    /// [`is`](crate::ServerError::is) `use_dpop_nonce`, and the next request has it.
    ///
    /// # Errors
    /// As [`AuthorizationRequest::pushed`].
    pub fn pushed<'a>(
        &self,
        login: &mut AuthorizationRequest,
        reply: impl Into<Reply<'a>>,
        ctx: &Context,
    ) -> Result<()> {
        let (grant, reply) = (self.required_grant()?, reply.into());
        if let crate::Grant::AuthorizationCode(grant) = grant
            && let Some(Ok(uri)) = grant.par_url.as_ref().map(|url| url.trim().parse())
        {
            self.prover.learn(&uri, reply.headers);
        }
        login.pushed(grant, reply, ctx)
    }

    /// Takes the URL that the browser came back on. Returns the conversation that redeems it and keeps the token, in place of whatever
    /// was there, for [`Exchange::converse`](countersign_core::Exchange::converse).
    ///
    /// # Errors
    /// As [`AuthorizationRequest::callback`]; nothing is changed.
    pub fn finish(
        self: &Arc<Self>,
        login: &AuthorizationRequest,
        callback: &str,
        ctx: &Context,
    ) -> Result<Box<dyn Dialogue>> {
        let wanted = match login.callback(callback, ctx)? {
            Callback::Code(code) => Wanted::Login(How::Code(Box::new((login.clone(), code)))),
            Callback::Token(token) => Wanted::This(token),
        };
        Ok(Box::new(Conversation::new(Arc::clone(self), None, wanted)))
    }

    /// A conversation that asks once whether the person at another device is done, and keeps the token if they are. Else it fails with
    /// an error that [`DeviceAuthorization::goes_on`] knows.
    #[must_use]
    pub fn poll(self: &Arc<Self>, device: &DeviceAuthorization) -> Box<dyn Dialogue> {
        let wanted = Wanted::Login(How::Device(Box::new(device.clone())));
        Box::new(Conversation::new(Arc::clone(self), None, wanted))
    }

    fn required_grant(&self) -> Result<&crate::Grant> {
        use countersign_core::{Error, ErrorKind};

        self.grant().ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "the config has no `grant`"))
    }
}
