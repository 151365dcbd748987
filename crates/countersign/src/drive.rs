use countersign_core::{Error, ErrorKind, Exchange, Payload, Step};
use http::{Request, Response};

use crate::Authenticator;

impl Authenticator {
    /// Sends a request and whatever else the scheme takes, blocking: `send` sends one request, follows no redirect, and reads the
    /// reply whole. A refusal in the end is a response.
    ///
    /// ```
    /// use countersign::{AuthConfig, Authenticator, Error, Payload};
    /// use http::{Request, Response};
    ///
    /// // Stands for your HTTP client.
    /// fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Error> {
    ///     Ok(Response::new(format!("{} {}", request.method(), request.uri()).into_bytes()))
    /// }
    ///
    /// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
    /// let request = Request::get("https://api.example.com/items").body(()).map_err(|_| unreachable!())?;
    /// let response = auth.drive(request, send)?;
    /// assert_eq!(response.body(), b"GET https://api.example.com/items");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// To read replies as streams, or to wait with a timeout, write the loop by hand: the crate's documentation shows it.
    ///
    /// # Errors
    /// Those of `send`; the scheme's own, by way of `From`. [`ErrorKind::InvalidRequest`] for a scheme that authenticates a
    /// connection (NTLM): a pooled connection would carry one user's identity to the next request. Use
    /// [`Authenticator::drive_on_connection`] for those.
    pub fn drive<B, T, E>(
        &self,
        request: Request<B>,
        send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<Response<T>, E>
    where
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        self.drive_over(Connection::Pooled, request, send)
    }

    /// [`Authenticator::drive`] for every scheme, NTLM included. The caller promises that `send` uses one new connection for all
    /// the requests of this call, and gives it to nobody else afterwards: the server takes whatever comes over it for this
    /// user's.
    ///
    /// # Errors
    /// Those of `send`; the scheme's own, by way of `From`.
    pub fn drive_on_connection<B, T, E>(
        &self,
        request: Request<B>,
        send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<Response<T>, E>
    where
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        self.drive_over(Connection::Own, request, send)
    }

    fn drive_over<B, T, E>(
        &self,
        connection: Connection,
        request: Request<B>,
        send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<Response<T>, E>
    where
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        let (drive, step) = Drive::start(self, connection, request)?;
        drive.run(step, send)?.ok_or_else(|| nothing_sent().into())
    }

    /// [`Authenticator::drive`] for an async `send`, on any runtime. Dropped half-way, it leaves nothing undone: another
    /// request that waits for this one's token takes over.
    ///
    /// ```
    /// use countersign::{AuthConfig, Authenticator, Error, Payload};
    /// use http::{Request, Response};
    ///
    /// async fn get(auth: &Authenticator, uri: &str) -> Result<Response<Vec<u8>>, Error> {
    ///     let request = Request::get(uri).body(()).map_err(|_| unreachable!())?;
    ///     // The closure stands for your HTTP client.
    ///     auth.drive_async(request, |request: Request<Payload>| async { Ok(Response::new(Vec::new())) }).await
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Authenticator::drive`].
    pub async fn drive_async<B, T, E, F>(
        &self,
        request: Request<B>,
        send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<Response<T>, E>
    where
        F: Future<Output = Result<Response<T>, E>>,
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        self.drive_async_over(Connection::Pooled, request, send).await
    }

    /// [`Authenticator::drive_on_connection`] for an async `send`.
    ///
    /// # Errors
    /// As [`Authenticator::drive_on_connection`].
    pub async fn drive_async_on_connection<B, T, E, F>(
        &self,
        request: Request<B>,
        send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<Response<T>, E>
    where
        F: Future<Output = Result<Response<T>, E>>,
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        self.drive_async_over(Connection::Own, request, send).await
    }

    async fn drive_async_over<B, T, E, F>(
        &self,
        connection: Connection,
        request: Request<B>,
        send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<Response<T>, E>
    where
        F: Future<Output = Result<Response<T>, E>>,
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        let (drive, step) = Drive::start(self, connection, request)?;
        drive.run_async(step, send).await?.ok_or_else(|| nothing_sent().into())
    }
}

/// What the caller's `send` promises of its connection.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Connection {
    /// Nothing: it may be shared with other requests.
    Pooled,
    /// It is new, and nobody else's.
    Own,
}

/// What both drivers do between two requests.
pub(crate) struct Drive<'a, T> {
    auth: &'a Authenticator,
    exchange: Exchange,
    last: Option<Response<T>>,
}

impl<'a, T: AsRef<[u8]>> Drive<'a, T> {
    fn start<B: Into<Payload>>(
        auth: &'a Authenticator,
        connection: Connection,
        request: Request<B>,
    ) -> Result<(Self, Step), Error> {
        let (exchange, step) = auth.start(request, &auth.context())?;
        if exchange.connection_bound() && connection == Connection::Pooled {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "this scheme authenticates a connection, which must not be shared: use `drive_on_connection`, `drive_async_on_connection`, or an adapter",
            ));
        }
        Ok((Self { auth, exchange, last: None }, step))
    }

    /// A conversation that is not about a request of the caller's.
    #[cfg(feature = "oauth2")]
    pub(crate) fn converse(
        auth: &'a Authenticator,
        dialogue: Box<dyn countersign_core::Dialogue>,
    ) -> Result<(Self, Step), Error> {
        let (exchange, step) = Exchange::converse(dialogue, &auth.context())?;
        Ok((Self { auth, exchange, last: None }, step))
    }

    fn sent<E: From<Error>>(&mut self, outcome: Result<Response<T>, E>) -> Result<Step, E> {
        match outcome {
            Ok(response) => {
                let reply = self.last.insert(response);
                Ok(self.exchange.on_response(&*reply, &self.auth.context())?)
            }
            // The scheme may go on without a leg of its own; else the failure is the caller's.
            Err(why) => match self.exchange.on_send_failed(&self.auth.context()) {
                Some(step) => Ok(step?),
                None => Err(why),
            },
        }
    }

    pub(crate) fn run<E: From<Error>>(
        mut self,
        mut step: Step,
        mut send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<Option<Response<T>>, E> {
        loop {
            step = match step {
                Step::Send(request) => self.sent(send(request))?,
                Step::Wait(wait) => {
                    wait.block();
                    self.exchange.resume(&self.auth.context())?
                }
                Step::Done => return Ok(self.last),
            };
        }
    }

    pub(crate) async fn run_async<E: From<Error>, F: Future<Output = Result<Response<T>, E>>>(
        mut self,
        mut step: Step,
        mut send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<Option<Response<T>>, E> {
        loop {
            step = match step {
                Step::Send(request) => self.sent(send(request).await)?,
                Step::Wait(wait) => {
                    wait.await;
                    self.exchange.resume(&self.auth.context())?
                }
                Step::Done => return Ok(self.last),
            };
        }
    }
}

fn nothing_sent() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the scheme ended the exchange before anything was sent")
}

#[cfg(all(test, feature = "digest"))]
mod tests {
    use std::pin::pin;
    use std::task::{Context as TaskContext, Poll, Waker};

    use http::{HeaderValue, StatusCode};

    use super::*;
    use crate::AuthConfig;

    fn server(request: &Request<Payload>) -> Response<Vec<u8>> {
        let mut response = Response::new(Vec::new());
        if !request.headers().contains_key("authorization") {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response
                .headers_mut()
                .insert("www-authenticate", HeaderValue::from_static("Digest realm=\"r\", nonce=\"n\""));
        }
        response
    }

    #[test]
    fn both_drivers_answer_a_challenge() {
        let auth = || Authenticator::new(&AuthConfig::digest("u", "p")).unwrap();
        let request = || Request::get("http://h/").body(()).unwrap();
        let mut sent = 0;
        let response = auth().drive(request(), |request| {
            sent += 1;
            Ok::<_, Error>(server(&request))
        });
        assert_eq!((response.unwrap().status(), sent), (StatusCode::OK, 2));

        let auth = auth();
        let driving =
            auth.drive_async(request(), |request: Request<Payload>| async move { Ok::<_, Error>(server(&request)) });
        let Poll::Ready(response) = pin!(driving).poll(&mut TaskContext::from_waker(Waker::noop())) else { panic!() };
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }

    #[test]
    fn the_clock_is_the_authenticators() {
        let auth = Authenticator::new(&AuthConfig::hawk("id", "key")).unwrap();
        let auth = auth.with_clock(|| countersign_core::Context::at(1_353_832_234).with_nonce("j4h3g2"));
        let send = |request: Request<Payload>| {
            Ok::<_, Error>(Response::new(request.headers()["authorization"].as_bytes().to_vec()))
        };
        let response = auth.drive(Request::get("http://h/").body(()).unwrap(), send).unwrap();
        let header = String::from_utf8_lossy(response.body()).into_owned();
        assert!(header.contains("1353832234") && header.contains("j4h3g2"), "{header}");
    }

    #[cfg(feature = "ntlm")]
    #[test]
    fn a_scheme_of_one_connection_is_refused_over_a_pool() {
        let auth = Authenticator::new(&AuthConfig::ntlm("u", "p")).unwrap();
        let request = || Request::get("http://h/").body(()).unwrap();
        let mut sent = 0;
        let mut send = |_: Request<Payload>| {
            sent += 1;
            Ok::<_, Error>(Response::new(Vec::new()))
        };
        let refused = auth.drive(request(), &mut send).unwrap_err();
        assert!(refused.to_string().contains("drive_on_connection"), "{refused}");
        assert!(auth.drive_on_connection(request(), &mut send).is_ok());
        assert_eq!(sent, 1);
    }

    #[cfg(feature = "oauth2")]
    #[test]
    fn a_token_that_is_still_good_serves_while_the_endpoint_is_away() {
        use std::sync::Arc;

        use crate::oauth2;

        let grant = oauth2::Grant::client_credentials("https://as.example/token", "id", "secret");
        let session = Arc::new(oauth2::Session::new(&oauth2::Config::of(grant)).unwrap());
        let reply = Response::new(br#"{"access_token":"t","token_type":"Bearer","expires_in":100}"#.to_vec());
        let ctx = countersign_core::Context::at(1000);
        session.keep(oauth2::Token::from_reply(&reply, &ctx).unwrap(), &ctx).block().unwrap();
        // 20 seconds before its end the token is due, and the endpoint does not answer.
        let auth = Authenticator::from_arc(session).with_clock(|| countersign_core::Context::at(1080));
        let mut legs = Vec::new();
        let response = auth.drive(Request::get("https://api.example/").body(()).unwrap(), |request| {
            legs.push(request.uri().host().unwrap_or_default().to_owned());
            if request.uri().host() == Some("as.example") {
                return Err(Error::new(ErrorKind::InvalidRequest, "no route"));
            }
            Ok(Response::new(request.headers()["authorization"].as_bytes().to_vec()))
        });
        assert_eq!(response.unwrap().body(), b"Bearer t");
        assert_eq!(legs, ["as.example", "api.example"]);
    }
}
