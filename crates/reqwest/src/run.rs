use std::time::Duration;

use bytes::Bytes;
use countersign::adapter::Journey;
use countersign::scheme::target::Origin;
use countersign::{Error as AuthError, ErrorKind, Payload, Reply, Step};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Request, StatusCode, Uri};
use reqwest::{Body, Client, RequestBuilder, Response};

#[cfg(not(target_arch = "wasm32"))]
use crate::connection::Connection;
use crate::{Error, Session};

/// The longest reply to a scheme's own request, in bytes: a little more than schemes take.
const MOST_READ: u64 = (1 << 20) + 1;

/// How much of a reply that nobody reads is taken off a connection, so that the next leg can use it, in bytes: of any leg, and of one
/// that must use the same connection.
const MOST_DRAINED: u64 = 64 * 1024;
const MOST_DRAINED_BOUND: u64 = 8 << 20;

pub(crate) async fn run(builder: RequestBuilder, session: Session) -> Result<Response, Error> {
    let (client, request) = builder.build_split();
    let request = request?;
    let timeout = request.timeout().copied();
    let (mut parts, body) = Request::<Body>::try_from(request)?.into_parts();
    drop_user_info(&mut parts.headers);
    let (payload, stream) = match body.as_bytes() {
        Some(bytes) => (Payload::Bytes(Bytes::copy_from_slice(bytes)), None),
        None => (Payload::Streaming, Some(body)),
    };
    let (journey, mut step) = Journey::start(&session.auth, &session.plan, Request::from_parts(parts, payload))?;
    let mut run = Run {
        client,
        session,
        timeout,
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
                    Step::Send(request) => run.leg(request).await?,
                    step => step,
                }
            }
            Step::Wait(wait) => {
                wait.await;
                run.journey.resume()?
            }
            Step::Done => return run.end(),
        };
    }
}

struct Run {
    client: Client,
    session: Session,
    /// The request's own, for each leg.
    timeout: Option<Duration>,
    journey: Journey,
    /// The caller's body, where it is not bytes and not sent yet.
    stream: Option<Body>,
    last: Option<Response>,
    #[cfg(not(target_arch = "wasm32"))]
    own: Option<Connection>,
}

/// A reply, its body read where the scheme asks for it.
struct Received {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
    /// As the caller may get it.
    response: Option<Response>,
}

impl Run {
    async fn leg(&mut self, request: Request<Payload>) -> Result<Step, Error> {
        let asked = request.uri().clone();
        let request = self.with_body(request)?;
        let outcome = match self.client().execute(request).await {
            Ok(response) => self.whole(asked, response).await,
            Err(why) => Err(Error::from(why)),
        };
        match outcome {
            Ok(Received { status, headers, bytes, response }) => {
                let step = self.journey.on_response(Reply::new(status, &headers, &bytes))?;
                self.last = response;
                Ok(step)
            }
            // The scheme may go on without a leg of its own; else the failure is the caller's.
            Err(why) => match self.journey.on_send_failed() {
                Some(step) => Ok(step?),
                None if is_no_timeout(&why) => Err(self.journey.why_closed().map_or(why, Error::from)),
                None => Err(why),
            },
        }
    }

    fn client(&self) -> &Client {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(own) = self.own.as_ref().filter(|_| self.journey.connection_bound()) {
            return &own.client;
        }
        match &self.session.token_client {
            Some(client) if self.journey.is_own_leg() => client,
            _ => &self.client,
        }
    }

    fn with_body(&mut self, request: Request<Payload>) -> Result<reqwest::Request, Error> {
        let (mut parts, payload) = request.into_parts();
        if self.journey.reads_body() {
            // A proof is over what is sent, not over what reqwest decodes.
            parts.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let body = match payload.bytes() {
            Some(bytes) => Body::from(bytes.clone()),
            None => self.stream.take().ok_or_else(sent_already)?,
        };
        let mut request = reqwest::Request::try_from(Request::from_parts(parts, body))?;
        *request.timeout_mut() = self.timeout;
        Ok(request)
    }

    /// Reads a response's body, where the scheme asks for it.
    async fn whole(&mut self, asked: Uri, response: Response) -> Result<Received, Error> {
        self.check_origin(&asked, &response)?;
        #[cfg(not(target_arch = "wasm32"))]
        self.see_connection(&response)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !self.journey.reads_body_of(Reply::new(status, &headers, &[])) {
            return Ok(Received { status, headers, bytes: Bytes::new(), response: Some(response) });
        }
        if cfg!(target_arch = "wasm32") && !self.journey.is_own_leg() {
            const WHY: &str = "the server's proof covers its reply's body, which cannot be read twice in a browser";
            return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
        }
        let most = if self.journey.is_own_leg() { MOST_READ } else { self.session.most_read };
        let (response, bytes) = read(response, most).await?;
        Ok(Received { status, headers, bytes, response })
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
        let most = if bound { MOST_DRAINED_BOUND } else { MOST_DRAINED };
        if response.content_length().is_some_and(|length| length > most) && !bound {
            return Ok(());
        }
        match read(response, most).await {
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

    fn end(self) -> Result<Response, Error> {
        self.last.ok_or_else(nothing_sent)
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
        let Some(connections) = &self.session.connections else {
            const WHY: &str = "NTLM authenticates a connection, and a client's pool shares its connections: use `Session::with_connections`";
            return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
        };
        let (connection, is_kept) = connections.take(&self.session, &self.journey)?;
        self.own = Some(connection);
        if is_kept { Ok(self.journey.on_kept_connection(step)?) } else { Ok(step) }
    }

    fn see_connection(&mut self, response: &Response) -> Result<(), Error> {
        if !self.journey.connection_bound() {
            return Ok(());
        }
        if response.version() == http::Version::HTTP_2 {
            const WHY: &str = "NTLM needs HTTP/1.1: build the clients of `Session::with_connections` with `http1_only`";
            return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
        }
        if self.own.as_mut().is_some_and(|own| own.has_changed(response)) {
            self.journey.connection_was_lost();
        }
        Ok(())
    }

    fn end(self) -> Result<Response, Error> {
        let response = self.last.ok_or_else(nothing_sent)?;
        Ok(match (self.own, self.journey.home()) {
            (Some(own), Some(home)) if self.journey.is_proven() && self.journey.connection_bound() => {
                own.kept_after(response, self.session, home.clone())
            }
            _ => response,
        })
    }
}

/// reqwest makes a Basic `Authorization` of a URL's user info, as the request is built.
fn drop_user_info(headers: &mut HeaderMap) {
    let is_basic =
        |value: &HeaderValue| value.as_bytes().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Basic "));
    if headers.get(AUTHORIZATION).is_some_and(is_basic) {
        headers.remove(AUTHORIZATION);
    }
}

#[cfg(not(target_arch = "wasm32"))]
async fn read(response: Response, most: u64) -> Result<(Option<Response>, Bytes), Error> {
    let mut response = response;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > most {
            return Err(too_long(most));
        }
    }
    let (url, bytes) = (response.url().clone(), Bytes::from(bytes));
    let (parts, _) = http::Response::<Body>::from(response).into_parts();
    Ok((Some(from_parts(url, parts, Body::from(bytes.clone()))), bytes))
}

/// In a browser there is no way to stop half-way.
#[cfg(target_arch = "wasm32")]
async fn read(response: Response, most: u64) -> Result<(Option<Response>, Bytes), Error> {
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_long(most));
    }
    // No response can be made of bytes there: only a scheme's own replies are read.
    Ok((None, response.bytes().await?))
}

/// A response of its parts, from this URL.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn from_parts(url: reqwest::Url, mut parts: http::response::Parts, body: Body) -> Response {
    use reqwest::ResponseBuilderExt as _;
    if let Ok(marked) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(marked.into_parts().0.extensions);
    }
    Response::from(http::Response::from_parts(parts, body))
}

#[cfg(not(target_arch = "wasm32"))]
fn is_no_timeout(why: &Error) -> bool {
    matches!(why, Error::Http(why) if !why.is_timeout())
}

#[cfg(target_arch = "wasm32")]
fn is_no_timeout(_: &Error) -> bool {
    true
}

fn too_long(most: u64) -> Error {
    let why = format!("a reply that must be read whole is longer than {most} bytes");
    AuthError::new(ErrorKind::LimitExceeded, why).into()
}

fn sent_already() -> Error {
    const WHY: &str = "a second request needs the body again, and it was streamed";
    AuthError::new(ErrorKind::PayloadRequired, WHY).into()
}

fn nothing_sent() -> Error {
    AuthError::new(ErrorKind::InvalidRequest, "the scheme sent nothing").into()
}
