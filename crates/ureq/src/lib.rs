//! [`countersign`] for [`ureq`] 3: every scheme, with all its round trips, over an [`Agent`].
//!
//! ```no_run
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_ureq::RunWith as _;
//! use http::Request;
//!
//! let agent = ureq::Agent::new_with_defaults();
//! let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
//! let mut response = agent.run_with(&auth, Request::get("https://example.com/").body(())?)?;
//! println!("{} {}", response.status(), response.body_mut().read_to_string()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * The agent's middleware runs on every leg; its timeouts, proxy and TLS count for each.
//! * Redirects are followed here, ten at most, and signed again within the first request's origin; what leads elsewhere is sent without
//!   credentials. The agent's own redirects are not used.
//! * NTLM gets a connection of its own: a fresh agent of the same configuration, without the agent's cookies.
//! * A refusal is an ordinary 401. An error status is a response, whatever the agent says of statuses.
//!
//! # What it does not do
//!
//! Bodies are bytes: what ureq would stream cannot be signed, nor sent again.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::fmt;

use countersign::scheme::target::Origin;
use countersign::{Authenticator, Exchange, Payload, Reply, Step, redirect};
use http::{Request, Response};
use ureq::{Agent, Body};

/// The longest reply that is read whole on a scheme's behalf, in bytes: a little more than schemes take.
const MOST_READ: u64 = (1 << 20) + 1;

/// How much of a reply that nobody reads is taken off a connection, so that the next leg can use it, in bytes.
const MOST_DRAINED: u64 = 64 * 1024;

/// Sends a request with authentication.
pub trait RunWith {
    /// Signs, sends, answers the server's challenges, and follows redirects. A refusal is an ordinary response.
    ///
    /// # Errors
    /// [`Error::Auth`] when the request cannot be signed, a token not be had, or the server fails to prove itself; [`Error::Http`]
    /// when ureq fails, or a request was redirected too often.
    fn run_with<B: Into<Payload>>(&self, auth: &Authenticator, request: Request<B>) -> Result<Response<Body>, Error>;
}

/// What can go wrong before there is a response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Authentication.
    Auth(countersign::Error),
    /// Sending.
    Http(ureq::Error),
}

impl RunWith for Agent {
    fn run_with<B: Into<Payload>>(&self, auth: &Authenticator, request: Request<B>) -> Result<Response<Body>, Error> {
        let mut request = request.map(Into::into);
        let origin = Origin::of(request.uri());
        for _ in 0..=redirect::MOST {
            let response = if origin.as_ref().is_none_or(|origin| origin.holds(request.uri())) {
                converse(self, auth, &request)?
            } else {
                send(self, request.clone())?
            };
            match redirect::follow(&request, response.status(), response.headers())? {
                None => return Ok(response),
                Some(next) => {
                    drain(response);
                    request = next;
                }
            }
        }
        Err(Error::Http(ureq::Error::TooManyRedirects))
    }
}

/// One request's conversation, from its first leg to the caller's response.
fn converse(agent: &Agent, auth: &Authenticator, request: &Request<Payload>) -> Result<Response<Body>, Error> {
    let (mut exchange, mut step) = auth.start(request.clone(), &auth.context())?;
    // Sent one after the other over a pool of their own, all legs go over one connection.
    let own = exchange.connection_bound().then(|| Agent::new_with_config(agent.config().clone()));
    let agent = own.as_ref().unwrap_or(agent);
    let mut last = None;
    loop {
        step = match step {
            Step::Send(request) => {
                if let Some(response) = last.take() {
                    drain(response);
                }
                match send(agent, request) {
                    Ok(response) => {
                        let (response, next) = reply(auth, &mut exchange, response)?;
                        last = Some(response);
                        next
                    }
                    // The scheme may go on without a leg of its own; else the failure is the caller's.
                    Err(why) => exchange.on_send_failed(&auth.context()).ok_or(why)??,
                }
            }
            Step::Wait(wait) => {
                wait.block();
                exchange.resume(&auth.context())?
            }
            Step::Done => {
                let nothing =
                    || countersign::Error::new(countersign::ErrorKind::InvalidRequest, "the scheme sent nothing");
                return last.ok_or_else(|| nothing().into());
            }
        };
    }
}

/// Hands a response to the scheme, its body only if it is asked for.
fn reply(
    auth: &Authenticator,
    exchange: &mut Exchange,
    response: Response<Body>,
) -> Result<(Response<Body>, Step), Error> {
    let (parts, mut body) = response.into_parts();
    if !exchange.reads_body() {
        let step = exchange.on_response(Reply::new(parts.status, &parts.headers, &[]), &auth.context())?;
        return Ok((Response::from_parts(parts, body), step));
    }
    let bytes = body.with_config().limit(MOST_READ).read_to_vec()?;
    let step = exchange.on_response(Reply::new(parts.status, &parts.headers, &bytes), &auth.context())?;
    Ok((Response::from_parts(parts, Body::builder().data(bytes)), step))
}

/// One leg, with the agent's configuration but for redirects and statuses.
fn send(agent: &Agent, request: Request<Payload>) -> Result<Response<Body>, Error> {
    let streamed = || {
        let why = "ureq is given bytes to send, and this body is streamed";
        Error::Auth(countersign::Error::new(countersign::ErrorKind::PayloadRequired, why))
    };
    let (parts, payload) = request.into_parts();
    let body = payload.bytes().map(|bytes| bytes.to_vec()).ok_or_else(streamed)?;
    // ureq takes a GET with an empty body for one without.
    let request =
        agent.configure_request(Request::from_parts(parts, body)).http_status_as_error(false).max_redirects(0);
    Ok(agent.run(request.build())?)
}

/// Takes the rest of a reply off its connection; if there is too much, or it fails, ureq closes the connection.
fn drain(response: Response<Body>) {
    let (_, mut body) = response.into_parts();
    let _ = body.with_config().limit(MOST_DRAINED).read_to_vec();
}

impl From<countersign::Error> for Error {
    fn from(why: countersign::Error) -> Self {
        Self::Auth(why)
    }
}

impl From<ureq::Error> for Error {
    fn from(why: ureq::Error) -> Self {
        Self::Http(why)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth(why) => why.fmt(f),
            Self::Http(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Auth(why) => std::error::Error::source(why),
            Self::Http(why) => std::error::Error::source(why),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
