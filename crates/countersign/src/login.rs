use std::sync::Arc;

use countersign_core::{Error, ErrorKind, Payload, Result};
use http::{Request, Response};

use crate::Authenticator;
use crate::drive::Drive;
use crate::oauth2::{AuthorizationRequest, ServerError, Session};

/// A person's consent (OAuth 2). These verbs fail with [`ErrorKind::InvalidConfig`] where the config has no grant.
impl Authenticator {
    /// An authenticator over a session that was prepared further than a config and [`Authenticator::builder`] can say.
    #[must_use]
    pub fn from_session(session: Arc<Session>) -> Self {
        Self { session: Some(Arc::clone(&session)), ..Self::from_arc(session) }
    }

    /// The session of the config's OAuth 2 grant: its token, logout, the device flow. `None` where the config has no grant.
    #[must_use]
    pub fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// Asks for a person's consent: send their browser to [`AuthorizationRequest::url`], and keep the request until the browser comes
    /// back, then call [`Authenticator::finish`]. Any number of them may be open at once; kept as JSON, one can be finished by another
    /// process.
    ///
    /// `send` sends one request, blocking, as in [`Authenticator::drive`]. It is called only where the grant has a `par_url`, to which the
    /// parameters are pushed first (RFC 9126).
    ///
    /// ```
    /// use countersign::oauth2::Grant;
    /// use countersign::{AuthConfig, Authenticator, Error, Payload};
    /// use http::{Request, Response};
    ///
    /// // Stands for your HTTP client.
    /// fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Error> {
    ///     Ok(Response::new(br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"}"#.to_vec()))
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (authorize, token) = ("https://server.example.com/authorize", "https://server.example.com/token");
    /// let grant = Grant::authorization_code(authorize, token, "s6BhdRkqt3", "https://client.example.org/cb");
    /// let auth = Authenticator::new(&AuthConfig::oauth2(grant))?;
    ///
    /// let login = auth.login(send)?;
    /// assert!(login.url().starts_with("https://server.example.com/authorize?response_type=code"));
    /// # let state = login.url().split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
    /// # let callback = format!("https://client.example.org/cb?code=SplxlOBeZQQYbYS6WxSbIA&state={state}");
    /// // The browser comes back to the redirect URL; its whole URL, or what follows the host:
    /// auth.finish(&login, &callback, send)?;
    ///
    /// let request = Request::get("https://api.example.com/items").body(())?;
    /// assert_eq!(auth.sign_request(request, &auth.context())?.headers()["authorization"], "Bearer 2YotnFZFEjr1zCsicMWpAA");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `send`; as [`Session::login`] and [`Session::pushed`].
    pub fn login<T: AsRef<[u8]>, E: From<Error>>(
        &self,
        mut send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<AuthorizationRequest, E> {
        let session = self.required_session()?;
        let mut login = session.login(&self.context())?;
        for try_again in [true, false] {
            let Some(request) = session.push_request(&login, &self.context())? else { break };
            let reply = send(request)?;
            if self.is_pushed(session, &mut login, &reply, try_again)? {
                break;
            }
        }
        Ok(login)
    }

    /// [`Authenticator::login`] for an async `send`.
    ///
    /// # Errors
    /// As [`Authenticator::login`].
    pub async fn login_async<T: AsRef<[u8]>, E: From<Error>, F: Future<Output = Result<Response<T>, E>>>(
        &self,
        mut send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<AuthorizationRequest, E> {
        let session = self.required_session()?;
        let mut login = session.login(&self.context())?;
        for try_again in [true, false] {
            let Some(request) = session.push_request(&login, &self.context())? else { break };
            let reply = send(request).await?;
            if self.is_pushed(session, &mut login, &reply, try_again)? {
                break;
            }
        }
        Ok(login)
    }

    /// Whether it was pushed. Else the server wants another DPoP nonce first, which the next request has.
    fn is_pushed<T: AsRef<[u8]>>(
        &self,
        session: &Session,
        login: &mut AuthorizationRequest,
        reply: &Response<T>,
        try_again: bool,
    ) -> Result<bool> {
        match session.pushed(login, reply, &self.context()) {
            Err(why) if try_again && ServerError::cause_of(&why).is_some_and(|why| why.is("use_dpop_nonce")) => {
                Ok(false)
            }
            outcome => outcome.map(|()| true),
        }
    }

    /// Takes the URL that the browser came back on, redeems what it brings, and keeps the token in place of whatever was there.
    ///
    /// # Errors
    /// Those of `send`; as [`Session::finish`]: a callback that does not belong to this login changes nothing.
    pub fn finish<T: AsRef<[u8]>, E: From<Error>>(
        &self,
        login: &AuthorizationRequest,
        callback: &str,
        send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<(), E> {
        let dialogue = self.required_session()?.finish(login, callback, &self.context())?;
        let (drive, step) = Drive::converse(self, dialogue)?;
        drive.run(step, send).map(drop)
    }

    /// [`Authenticator::finish`] for an async `send`.
    ///
    /// # Errors
    /// As [`Authenticator::finish`].
    pub async fn finish_async<T: AsRef<[u8]>, E: From<Error>, F: Future<Output = Result<Response<T>, E>>>(
        &self,
        login: &AuthorizationRequest,
        callback: &str,
        send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<(), E> {
        let dialogue = self.required_session()?.finish(login, callback, &self.context())?;
        let (drive, step) = Drive::converse(self, dialogue)?;
        drive.run_async(step, send).await.map(drop)
    }

    fn required_session(&self) -> Result<&Arc<Session>> {
        self.session().ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "the config has no OAuth 2 grant"))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context as TaskContext, Poll, Waker};

    use http::StatusCode;

    use super::*;
    use crate::oauth2::{Config, Grant, MemoryTokenStore};
    use crate::{AuthConfig, Context};

    fn grant(par_url: Option<&str>) -> Grant {
        let mut grant = Grant::authorization_code("https://as/auth", "https://as/token", "app", "https://app/cb");
        if let Grant::AuthorizationCode(grant) = &mut grant {
            grant.par_url = par_url.map(Into::into);
        }
        grant
    }

    fn server(request: &Request<Payload>) -> Response<Vec<u8>> {
        let (status, body) = match request.uri().path() {
            "/par" => (StatusCode::CREATED, r#"{"request_uri":"urn:r:1","expires_in":60}"#),
            "/token" => (StatusCode::OK, r#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#),
            _ => (StatusCode::NOT_FOUND, ""),
        };
        let mut response = Response::new(body.as_bytes().to_vec());
        *response.status_mut() = status;
        response
    }

    fn callback(login: &AuthorizationRequest) -> String {
        format!("/cb?code=c&state={}", login.state())
    }

    #[test]
    fn a_login_of_one_process_is_finished_by_another() {
        let store = Arc::new(MemoryTokenStore::default());
        let config = AuthConfig::oauth2(grant(None));
        let auth = || Authenticator::builder(&config).with_store(store.clone()).build().unwrap();
        let send = |request| Ok::<_, Error>(server(&request));
        let login = auth().login(send).unwrap();
        auth().finish(&login, &callback(&login), send).unwrap();
        let request = auth().sign_request(Request::get("https://api/").body(()).unwrap(), &Context::now()).unwrap();
        assert_eq!(request.headers()["authorization"], "Bearer t");
    }

    #[test]
    fn a_login_is_pushed_where_the_grant_says_so() {
        let auth = Authenticator::new(&AuthConfig::oauth2(grant(Some("https://as/par")))).unwrap();
        let send = |request: Request<Payload>| std::future::ready(Ok::<_, Error>(server(&request)));
        let logging_in = async {
            let login = auth.login_async(send).await?;
            assert_eq!(login.url(), "https://as/auth?client_id=app&request_uri=urn%3Ar%3A1");
            auth.finish_async(&login, &callback(&login), send).await
        };
        let outcome = pin!(logging_in).poll(&mut TaskContext::from_waker(Waker::noop()));
        assert!(matches!(outcome, Poll::Ready(Ok(()))), "{outcome:?}");
        assert!(auth.sign_request(Request::get("https://api/").body(()).unwrap(), &Context::now()).is_ok());
    }

    #[test]
    fn a_server_may_want_a_dpop_nonce_once() {
        let auth = Authenticator::new(&AuthConfig::oauth2(grant(Some("https://as/par")))).unwrap();
        let mut sent = 0;
        let refused = auth.login(|_| {
            sent += 1;
            let mut response = Response::new(br#"{"error":"use_dpop_nonce"}"#.to_vec());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            Ok::<_, Error>(response)
        });
        assert_eq!((refused.unwrap_err().kind(), sent), (ErrorKind::TokenRequestFailed, 2));
    }

    #[test]
    fn somebody_elses_callback_changes_nothing() {
        let auth = Authenticator::new(&AuthConfig::oauth2(grant(None))).unwrap();
        let send = |request| Ok::<_, Error>(server(&request));
        let login = auth.login(send).unwrap();
        let forged = auth.finish(&login, "/cb?code=c&state=x", send).unwrap_err();
        assert_eq!(forged.kind(), ErrorKind::StateMismatch);
        let request = Request::get("https://api/").body(()).unwrap();
        assert_eq!(auth.sign_request(request, &Context::now()).unwrap_err().kind(), ErrorKind::NeedsAuthorization);
    }

    #[test]
    fn a_store_and_a_login_need_a_grant() {
        let token = AuthConfig::Oauth2(Config::new("t"));
        for config in [AuthConfig::bearer("t"), token] {
            let store = Arc::new(MemoryTokenStore::default());
            let why = Authenticator::builder(&config).with_store(store).build().unwrap_err();
            assert_eq!(why.kind(), ErrorKind::InvalidConfig);
            let auth = Authenticator::new(&config).unwrap();
            let why = auth.login(|request| Ok::<_, Error>(server(&request))).unwrap_err();
            assert_eq!(why.kind(), ErrorKind::InvalidConfig);
        }
    }

    #[test]
    fn the_grant_may_be_one_of_several() {
        let config = AuthConfig::all([AuthConfig::api_key("x-key", "k"), AuthConfig::oauth2(grant(None))]);
        let auth = Authenticator::builder(&config).with_store(Arc::new(MemoryTokenStore::default())).build().unwrap();
        let send = |request| Ok::<_, Error>(server(&request));
        let login = auth.login(send).unwrap();
        auth.finish(&login, &callback(&login), send).unwrap();
        let request = auth.sign_request(Request::get("https://api/").body(()).unwrap(), &Context::now()).unwrap();
        assert_eq!(
            (&request.headers()["authorization"], &request.headers()["x-key"]),
            (&"Bearer t".parse().unwrap(), &"k".parse().unwrap())
        );
    }
}
