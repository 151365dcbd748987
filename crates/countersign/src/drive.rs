use countersign_core::{Context, Error, ErrorKind, Exchange, Payload, Step};
use http::{Request, Response};

use crate::Authenticator;

/// Whose response the conversation has come to.
enum Next<T> {
    Send(Request<Payload>),
    Wait(countersign_core::Wait),
    End(Response<T>),
}

impl Authenticator {
    /// Sends a request and whatever else the scheme takes, blocking: `send` sends one request, follows no redirect, and reads the
    /// reply whole. A refusal in the end is a response.
    ///
    /// To read replies as streams, or to wait with a timeout, write the loop by hand: the crate's documentation opens with it.
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
    /// # Errors
    /// What `send` gives; the scheme's own, by way of `From`.
    pub fn drive<B, T, E>(
        &self,
        request: Request<B>,
        mut send: impl FnMut(Request<Payload>) -> Result<Response<T>, E>,
    ) -> Result<Response<T>, E>
    where
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        let (mut exchange, mut step) = self.start(request, &Context::now());
        let mut last = None;
        loop {
            step = match next(step, &mut last)? {
                Next::Send(request) => reply(&mut exchange, last.insert(send(request)?)),
                Next::Wait(wait) => {
                    wait.wait();
                    exchange.resume(&Context::now())
                }
                Next::End(response) => return Ok(response),
            };
        }
    }

    /// As [`Authenticator::drive`], for an async `send`, on any runtime. Dropped half-way, it leaves nothing undone: another
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
        mut send: impl FnMut(Request<Payload>) -> F,
    ) -> Result<Response<T>, E>
    where
        F: Future<Output = Result<Response<T>, E>>,
        B: Into<Payload>,
        T: AsRef<[u8]>,
        E: From<Error>,
    {
        let (mut exchange, mut step) = self.start(request, &Context::now());
        let mut last = None;
        loop {
            step = match next(step, &mut last)? {
                Next::Send(request) => reply(&mut exchange, last.insert(send(request).await?)),
                Next::Wait(wait) => {
                    wait.await;
                    exchange.resume(&Context::now())
                }
                Next::End(response) => return Ok(response),
            };
        }
    }
}

fn next<T, E: From<Error>>(step: Step, last: &mut Option<Response<T>>) -> Result<Next<T>, E> {
    match step {
        Step::Send(request) => Ok(Next::Send(request)),
        Step::Wait(wait) => Ok(Next::Wait(wait)),
        Step::Done => last.take().map(Next::End).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the scheme ended the exchange before anything was sent").into()
        }),
        Step::Failed(why) => Err(why.into()),
    }
}

fn reply<T: AsRef<[u8]>>(exchange: &mut Exchange, response: &Response<T>) -> Step {
    exchange.on_response(response.status(), response.headers(), response.body().as_ref(), &Context::now())
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
}
