use std::io::Read as _;

use countersign::adapter::{Journey, Plan};
use countersign::{Error as AuthError, ErrorKind, Payload, Reply, Step, Wait};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use http::{Method, Request, Response, Version};
use ureq::{Agent, AsSendBody, Body, SendBody, Timeout};

use crate::connection::{Connection, kept_after};
use crate::error::not_sent;
use crate::{Error, Session, StreamedBody};

pub(crate) fn run(agent: &Agent, session: &Session, request: Request<Payload>) -> Result<Response<Body>, Error> {
    let config = agent.config();
    let mut plan = Plan::new().with_most_redirects(usize::try_from(config.max_redirects()).unwrap_or(usize::MAX));
    if !config.max_redirects_will_error() {
        plan = plan.with_last_redirect_as_reply();
    }
    if session.proxy().is_some() {
        const WHY: &str = "ureq opens a tunnel through its proxy for every request, by itself and with Basic only: give user name and password in the `ureq::Proxy`; for Digest and NTLM use `countersign_tower::Tunnel`";
        return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
    }
    let plan = session.plan(plan);
    let (journey, step) = Journey::start(session.authenticator(), &plan, request)?;
    Run { agent, session, journey, own: None, last: None }.finish(step)
}

struct Run<'a> {
    agent: &'a Agent,
    session: &'a Session,
    journey: Journey,
    /// The connection of this journey alone, where its scheme needs one.
    own: Option<Connection>,
    last: Option<Response<Body>>,
}

impl Run<'_> {
    fn finish(mut self, mut step: Step) -> Result<Response<Body>, Error> {
        loop {
            step = match step {
                Step::Send(request) if self.own.is_none() && self.journey.connection_bound() => {
                    let (connection, is_kept) = self.session.connection(&self.journey)?;
                    self.own = Some(connection);
                    let step = Step::Send(request);
                    if is_kept { self.journey.on_kept_connection(step)? } else { step }
                }
                Step::Send(request) => self.leg(request)?,
                Step::Wait(wait) => {
                    self.wait(wait)?;
                    self.journey.resume()?
                }
                Step::Done => return self.end(),
            };
        }
    }

    fn leg(&mut self, request: Request<Payload>) -> Result<Step, Error> {
        let bound = self.journey.connection_bound();
        if let Some(response) = self.last.take() {
            self.drain(response)?;
        }
        let (agent, made) = match &self.own {
            Some(own) if bound => (&own.agent, own.made()),
            _ if self.journey.is_own_leg() => (self.session.token_client().unwrap_or(self.agent), 0),
            _ => (self.agent, 0),
        };
        let outcome = send(agent, request, self.journey.reads_body()).and_then(|response| self.whole(response));
        if bound && made != 0 && self.own.as_ref().is_some_and(|own| own.made() != made) {
            self.journey.connection_was_lost();
        }
        match outcome {
            Ok((response, bytes)) => {
                let step = self.journey.on_response(Reply::new(response.status(), response.headers(), &bytes))?;
                self.last = Some(match bytes.is_empty() {
                    true => response,
                    false => with_bytes(response, bytes),
                });
                Ok(step)
            }
            // The scheme may go on without a leg of its own; else the failure is the caller's.
            Err(why) => match self.journey.on_send_failed() {
                Some(step) => Ok(step?),
                None if ended(&why) => Err(self.journey.why_closed().map_or(why, Error::from)),
                None => Err(why),
            },
        }
    }

    /// Reads a response's body, where the scheme asks for it.
    fn whole(&self, mut response: Response<Body>) -> Result<(Response<Body>, Vec<u8>), Error> {
        let bound = self.journey.connection_bound();
        if bound && response.version() == Version::HTTP_10 {
            // Closed after each reply; ureq keeps none of that version.
            response.headers_mut().append(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        if !self.journey.reads_body_of(Reply::new(response.status(), response.headers(), &[])) {
            return Ok((response, Vec::new()));
        }
        let most = self.session.most_read(&self.journey);
        let bytes = response.body_mut().with_config().limit(most).read_to_vec().map_err(|why| match why {
            ureq::Error::BodyExceedsLimit(_) => Journey::too_long_to_read(most).into(),
            why => not_sent(why),
        })?;
        Ok((response, bytes))
    }

    /// Takes the rest of a reply off its connection. If there is too much, or it fails, ureq closes the connection, which only matters
    /// where the next leg must use it.
    fn drain(&self, response: Response<Body>) -> Result<(), Error> {
        let bound = self.journey.connection_bound();
        let mut reader = response.into_body().into_reader();
        let (mut buf, mut drained) = ([0; 8192], 0);
        while drained < self.journey.most_drained() {
            match reader.read(&mut buf) {
                Ok(0) => return Ok(()),
                Ok(read) => drained += read as u64,
                Err(why) if bound => {
                    let why = Error::Http(ureq::Error::Io(why));
                    return Err(self.journey.why_closed().map_or(why, Error::from));
                }
                Err(_) => return Ok(()),
            }
        }
        if bound { Err(Journey::too_long_to_drain().into()) } else { Ok(()) }
    }

    fn wait(&self, mut wait: Wait) -> Result<(), Error> {
        match self.agent.config().timeouts().global {
            Some(timeout) if !wait.block_timeout(timeout) => Err(not_sent(ureq::Error::Timeout(Timeout::Global))),
            Some(_) => Ok(()),
            None => {
                wait.block();
                Ok(())
            }
        }
    }

    fn end(self) -> Result<Response<Body>, Error> {
        let response = self.last.ok_or_else(Journey::nothing_sent)?;
        Ok(match (self.own, self.journey.home()) {
            (Some(own), Some(origin)) if self.journey.is_proven() && self.journey.connection_bound() => {
                kept_after(response, own, self.session, origin)
            }
            _ => response,
        })
    }
}

/// Whether a leg failed because its connection ended.
fn ended(why: &Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(why, Error::Http(ureq::Error::Io(why)) if [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof].contains(&why.kind()))
}

/// One leg, with the agent's configuration but for redirects and statuses.
fn send(agent: &Agent, request: Request<Payload>, covers_body: bool) -> Result<Response<Body>, Error> {
    let (mut parts, payload) = request.into_parts();
    if parts.headers.get(AUTHORIZATION).is_some_and(|value| value.to_str().is_err()) {
        let why = "ureq sends no `Authorization` with bytes beyond ASCII, as this realm or user name would need";
        return Err(AuthError::new(ErrorKind::InvalidRequest, why).into());
    }
    if covers_body {
        // The proof is over what is sent, not over what ureq decodes.
        parts.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    let Some(bytes) = payload.bytes() else {
        let body = parts.extensions.remove::<StreamedBody>().ok_or_else(|| {
            let why = "the body is streamed, and nothing says where it comes from: put a `StreamedBody` in the request's extensions";
            AuthError::new(ErrorKind::PayloadRequired, why)
        })?;
        if let Some(length) = body.length {
            parts.headers.insert(CONTENT_LENGTH, length.into());
        }
        let body = (body.open)().map_err(|why| not_sent(ureq::Error::Io(why)))?;
        return with_body(agent, Request::from_parts(parts, SendBody::from_owned_reader(body)));
    };
    if bytes.is_empty() && !matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        // Without a body, not with an empty one, which would be announced.
        return with_body(agent, Request::from_parts(parts, ()));
    }
    with_body(agent, Request::from_parts(parts, bytes.as_ref()))
}

fn with_body<S: AsSendBody>(agent: &Agent, request: Request<S>) -> Result<Response<Body>, Error> {
    let request = agent.configure_request(request);
    agent.run(request.http_status_as_error(false).max_redirects(0).build()).map_err(not_sent)
}

/// A response whose body was read.
fn with_bytes(response: Response<Body>, bytes: Vec<u8>) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let mut builder = Body::builder();
    if let Some(mime_type) = body.mime_type() {
        builder = builder.mime_type(mime_type);
    }
    Response::from_parts(parts, builder.data(bytes))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_ureq_cannot_send_is_said() {
        let mut request = Request::get("http://127.0.0.1:1/").body(Payload::empty()).unwrap();
        let value = HeaderValue::from_bytes(b"Digest username=\"\xfc\"").unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
        let why = send(&Agent::new_with_defaults(), request, false).unwrap_err();
        assert!(why.to_string().contains("ureq sends no `Authorization` with bytes beyond ASCII"), "{why}");
        let request = Request::post("http://127.0.0.1:1/").body(Payload::Streaming).unwrap();
        let Error::Auth(why) = send(&Agent::new_with_defaults(), request, false).unwrap_err() else { panic!() };
        assert_eq!(why.kind(), ErrorKind::PayloadRequired);
    }
}
