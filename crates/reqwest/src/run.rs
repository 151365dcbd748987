use std::time::Duration;

use bytes::Bytes;
use countersign::adapter::{Journey, Plan};
use countersign::scheme::target::Origin;
use countersign::{Error as AuthError, ErrorKind, Payload, Reply, Step};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Request, StatusCode, Uri};
use reqwest::{Body, Client, Response, Url};

#[cfg(not(target_arch = "wasm32"))]
use crate::connection::Connection;
use crate::error::without_query;
use crate::{Carry, Error, Session, body};

pub(crate) async fn run<C: Carry>(
    carrier: &mut C,
    request: reqwest::Request,
    session: Session,
) -> Result<Response, C::Error> {
    let timeout = request.timeout().copied();
    let url = request.url().clone();
    let (mut parts, body) = Request::<Body>::try_from(request).map_err(without_query)?.into_parts();
    drop_user_info(&mut parts.headers);
    let (payload, stream) = body::keep(body).await.map_err(without_query)?;
    let known = (parts.uri.clone(), url);
    let plan = session.plan(Plan::new());
    let request = Request::from_parts(parts, payload);
    let (journey, mut step) = Journey::start(session.authenticator(), &plan, request).map_err(Error::Auth)?;
    let mut run = Run {
        session,
        timeout,
        known,
        journey,
        stream,
        last: None,
        #[cfg(not(target_arch = "wasm32"))]
        own: None,
    };
    loop {
        step = match step {
            Step::Send(request) => {
                run.make_way().await?;
                match run.on_own_connection(request)? {
                    Step::Send(request) => run.leg(carrier, request).await?,
                    step => step,
                }
            }
            Step::Wait(wait) => {
                wait.await;
                run.journey.resume().map_err(Error::Auth)?
            }
            Step::Done => return Ok(run.end()?),
        };
    }
}

struct Run {
    session: Session,
    /// The request's own, for each leg.
    timeout: Option<Duration>,
    /// The caller's URL, in both forms: most legs ask for it.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(dead_code, reason = "requests of a browser are built from the one form only")
    )]
    known: (Uri, Url),
    journey: Journey,
    /// The caller's body, where it is not bytes and not sent yet.
    stream: Option<Body>,
    last: Option<Response>,
    #[cfg(not(target_arch = "wasm32"))]
    own: Option<Connection>,
}

/// A reply, its body read where the scheme asks for it.
enum Received {
    Open(Response),
    Read {
        status: StatusCode,
        headers: HeaderMap,
        bytes: Bytes,
        /// As the caller may get it.
        response: Option<Response>,
    },
}

impl Run {
    async fn leg<C: Carry>(&mut self, carrier: &mut C, request: Request<Payload>) -> Result<Step, C::Error> {
        let asked = request.uri().clone();
        let request = self.with_body(request)?;
        let url = request.url().clone();
        let sent = match self.own_client() {
            Some(client) => client.clone().carry(request).await.map_err(C::Error::from),
            None => carrier.carry(request).await,
        };
        let outcome = match sent {
            Ok(response) => self.whole((asked, url), response).await.map_err(C::Error::from),
            Err(why) => {
                self.leg_failed();
                Err(why)
            }
        };
        match outcome {
            Ok(Received::Open(response)) => {
                let reply = Reply::new(response.status(), response.headers(), &[]);
                let step = self.journey.on_response(reply).map_err(Error::Auth)?;
                self.last = Some(response);
                Ok(step)
            }
            Ok(Received::Read { status, headers, bytes, response }) => {
                let step = self.journey.on_response(Reply::new(status, &headers, &bytes)).map_err(Error::Auth)?;
                self.last = response;
                Ok(step)
            }
            // The scheme may go on without a leg of its own; else the failure is the caller's.
            Err(why) => match self.journey.on_send_failed() {
                Some(step) => Ok(step.map_err(Error::Auth)?),
                None if C::is_timeout(&why) => Err(why),
                None => Err(self.journey.why_closed().map_or(why, |why| Error::Auth(why).into())),
            },
        }
    }

    /// The client of a leg that goes past the caller's.
    fn own_client(&self) -> Option<&Client> {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(own) = self.own.as_ref().filter(|_| self.journey.connection_bound()) {
            return Some(&own.client);
        }
        self.session.token_client().filter(|_| self.journey.is_own_leg())
    }

    fn with_body(&mut self, request: Request<Payload>) -> Result<reqwest::Request, Error> {
        let (mut parts, payload) = request.into_parts();
        if self.journey.reads_body() {
            // A proof is over what is sent, not over what reqwest decodes.
            parts.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let body = match payload.bytes() {
            Some(bytes) => Body::from(bytes.clone()),
            None => self.stream.take().ok_or_else(Journey::body_is_gone)?,
        };
        let mut request = self.built(parts, body).map_err(without_query)?;
        *request.timeout_mut() = self.timeout;
        Ok(request)
    }

    /// reqwest's own request, without parsing a URL that is known.
    fn built(&self, parts: Parts, body: Body) -> reqwest::Result<reqwest::Request> {
        #[cfg(not(target_arch = "wasm32"))]
        if parts.uri == self.known.0 && !has_user_info(&self.known.1) && parts.extensions.is_empty() {
            let mut request = reqwest::Request::new(parts.method, self.known.1.clone());
            *request.version_mut() = parts.version;
            *request.headers_mut() = parts.headers;
            *request.body_mut() = Some(body);
            return Ok(request);
        }
        reqwest::Request::try_from(Request::from_parts(parts, body))
    }

    /// Reads a response's body, where the scheme asks for it.
    async fn whole(&mut self, (asked, url): (Uri, Url), response: Response) -> Result<Received, Error> {
        if *response.url() != url {
            self.check_origin(&asked, &response)?;
        }
        #[cfg(not(target_arch = "wasm32"))]
        self.see_connection(&response)?;
        if !self.journey.reads_body_of(Reply::new(response.status(), response.headers(), &[])) {
            return Ok(Received::Open(response));
        }
        let (status, headers) = (response.status(), response.headers().clone());
        if cfg!(target_arch = "wasm32") && !self.journey.is_own_leg() {
            const WHY: &str = "the server's proof covers its reply's body, which cannot be read twice in a browser";
            return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
        }
        let most = self.session.most_read(&self.journey);
        let (response, bytes) = body::read(response, most).await?;
        Ok(Received::Read { status, headers, bytes, response })
    }

    /// Whether the client followed a redirect by itself to where it may not lead.
    fn check_origin(&self, asked: &Uri, response: &Response) -> Result<(), Error> {
        let Ok(came_from) = response.url().as_str().parse::<Uri>() else { return Ok(()) };
        let same_url = asked.path() == came_from.path() && asked.query() == came_from.query();
        let is_challenge = matches!(response.status().as_u16(), 401 | 407);
        let same = Origin::of(asked).is_none_or(|origin| origin.holds(&came_from));
        if same && (same_url || !(is_challenge || self.journey.is_own_leg())) {
            return Ok(());
        }
        const WHY: &str = "the client followed a redirect by itself, to where these credentials do not belong: build it with `redirect(Policy::none())`, and redirects are followed here";
        Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into())
    }

    /// Takes the rest of the last reply off its connection.
    async fn make_way(&mut self) -> Result<(), Error> {
        let Some(response) = self.last.take() else { return Ok(()) };
        let bound = self.journey.connection_bound();
        let most = self.journey.most_drained();
        if response.content_length().is_some_and(|length| length > most) && !bound {
            return Ok(());
        }
        let drained = body::read(response, most).await;
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(own) = self.own.as_ref().filter(|_| bound && drained.is_ok()) {
            own.rests();
        }
        match drained {
            Err(Error::Auth(_)) if bound => Err(Journey::too_long_to_drain().into()),
            Err(why) if bound => Err(self.journey.why_closed().map_or(why, Error::from)),
            _ => Ok(()),
        }
    }
}

#[cfg(target_arch = "wasm32")]
impl Run {
    fn on_own_connection(&mut self, request: Request<Payload>) -> Result<Step, Error> {
        if self.journey.connection_bound() {
            const WHY: &str = "NTLM authenticates a connection, and in a browser connections are the browser's";
            return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
        }
        Ok(Step::Send(request))
    }

    fn leg_failed(&self) {}

    fn end(self) -> Result<Response, Error> {
        Ok(self.last.ok_or_else(Journey::nothing_sent)?)
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Run {
    /// Takes a connection, where the scheme needs one and has none yet.
    fn on_own_connection(&mut self, request: Request<Payload>) -> Result<Step, Error> {
        let step = Step::Send(request);
        if !self.journey.connection_bound() || self.own.is_some() {
            return Ok(step);
        }
        let (connection, is_kept) = self.session.connection(&self.journey)?;
        self.own = Some(connection);
        if is_kept { Ok(self.journey.on_kept_connection(step)?) } else { Ok(step) }
    }

    fn see_connection(&mut self, response: &Response) -> Result<(), Error> {
        let Some(own) = self.own.as_mut().filter(|_| self.journey.connection_bound()) else { return Ok(()) };
        if own.has_changed(response) {
            self.journey.connection_was_lost();
        }
        #[cfg(feature = "tls-info")]
        self.journey.set_peer_certificate(Connection::certificate(response));
        Ok(())
    }

    fn leg_failed(&self) {
        if let Some(own) = self.own.as_ref().filter(|_| self.journey.connection_bound()) {
            own.is_over();
        }
    }

    fn end(self) -> Result<Response, Error> {
        let response = self.last.ok_or_else(Journey::nothing_sent)?;
        Ok(match (self.own, self.journey.home()) {
            (Some(own), Some(home)) if self.journey.is_proven() && self.journey.connection_bound() => {
                own.kept_after(response, self.session, home.clone())
            }
            _ => response,
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn has_user_info(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// reqwest makes a Basic `Authorization` of a URL's user info, as the request is built.
fn drop_user_info(headers: &mut HeaderMap) {
    let is_basic =
        |value: &HeaderValue| value.as_bytes().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Basic "));
    if headers.get(AUTHORIZATION).is_some_and(is_basic) {
        headers.remove(AUTHORIZATION);
    }
}
