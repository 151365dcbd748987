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
//! * The agent's middleware runs on every leg; its timeouts, proxy, TLS, connector and resolver count for each, those for tokens
//!   included.
//! * Redirects are followed here, and signed again within the first request's origin; what leads elsewhere is sent without credentials.
//!   The agent's `max_redirects` and `max_redirects_will_error` hold. A limit in a request's own ureq configuration cannot be read from
//!   outside: give [`MostRedirects`](countersign::adapter::MostRedirects) in the request's extensions.
//! * User info of a URL is never sent: ureq would make a Basic `Authorization` of it.
//! * A refusal is an ordinary 401. An error status is a response, whatever the agent says of statuses.
//!
//! # NTLM
//!
//! NTLM authenticates a connection, which must never serve anybody else, and an agent's pool cannot promise that. Say how connections
//! are made, in a [`Session`]:
//!
//! ```no_run
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_ureq::{RunWith as _, Session};
//!
//! let agent = ureq::Agent::new_with_defaults();
//! let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
//! let config = agent.config().clone();
//! let session = Session::new(&auth).with_connections(move || config.clone());
//! let response = agent.run_with(&session, http::Request::get("http://intranet/").body(())?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The session keeps a connection that was authenticated, and later requests go over it in one leg.
//!
//! # What it does not do
//!
//! * A body is bytes, or a [`StreamedBody`], which is opened anew for each leg. Where a scheme signs the body itself, only bytes serve.
//! * ureq opens a tunnel (`CONNECT`) through a proxy for every request, by itself and with Basic only: give user name and password in
//!   the [`ureq::Proxy`]. A proxy that asks for anything else is an error here, and so is a [`Session`] with credentials for a proxy.
//! * ureq sends no `Authorization` beyond ASCII: a realm or user name that needs it is an error here.
//! * With ureq's feature `charset`, a text that is not UTF-8 is decoded before it can be seen; the proof of a Digest server over such a
//!   body (`auth-int`) does not hold then.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
mod error;
mod run;
mod session;
mod streamed;

pub use connection::Connection;
pub use error::Error;
pub use session::Session;
pub use streamed::StreamedBody;

use countersign::Payload;
use http::{Request, Response};
use ureq::{Agent, Body};

/// Sends a request with authentication.
pub trait RunWith {
    /// Signs, sends, answers the server's challenges, and follows redirects. A refusal is an ordinary response. `auth` is a
    /// `&Authenticator`, or a `&Session` for more.
    ///
    /// # Errors
    /// [`Error::Auth`] when the request cannot be signed, a token not be had, the server fails to prove itself, or it was redirected too
    /// often; [`Error::Http`] when ureq fails. Neither shows a URL's query.
    fn run_with<B: Into<Payload>>(
        &self,
        auth: impl Into<Session>,
        request: Request<B>,
    ) -> Result<Response<Body>, Error>;
}

impl RunWith for Agent {
    fn run_with<B: Into<Payload>>(
        &self,
        auth: impl Into<Session>,
        request: Request<B>,
    ) -> Result<Response<Body>, Error> {
        run::run(self, &auth.into(), request.map(Into::into))
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
