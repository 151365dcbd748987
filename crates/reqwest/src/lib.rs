//! [`countersign`] for [`reqwest`]: every scheme, with all its round trips, native and on `wasm32`.
//!
//! ```no_run
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_reqwest::SendWith as _;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
//! let response = client.get("https://example.com/").send_with(&auth).await?;
//! println!("{}", response.status());
//! # Ok(())
//! # }
//! ```
//!
//! * The client's timeouts, proxies, TLS and cookies count for each leg, token requests included; a timeout of the request itself too.
//! * **Give a client that follows no redirects**, as above. They are followed here, ten at most unless a [`Session`] says otherwise, signed
//!   again within the first request's origin and without credentials elsewhere. A client that follows them itself drops
//!   `Authorization` at another host, but no other header, carries signatures to where they do not hold, and cannot be told not to:
//!   a reply that it fetched from another origin, or a challenge from another URL, is an error here.
//! * User info of a URL is never sent. reqwest makes a Basic `Authorization` of it as the request is built, so that header is dropped.
//! * A refusal is an ordinary 401.
//! * A streamed body is sent once: where a second leg would need it, the error says `payload-required`.
//! * On `wasm32` there is no system clock for signatures: give one by `Authenticator::with_clock`. NTLM is not for browsers.
//!
//! # NTLM
//!
//! NTLM authenticates a connection, which must never serve anybody else, and a client's pool cannot promise that. Say how clients are
//! built, each for one connection: `Session::with_connections`. A connection that was authenticated is kept, and later requests of the same
//! user to the same origin go over it in one leg.
//!
//! ```no_run
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_reqwest::{SendWith as _, Session};
//! use reqwest::Client;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
//! let session = Session::new(&auth).with_connections(Client::builder);
//! let response = client.get("http://intranet/").send_with(&session).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Proxies
//!
//! `Session::with_proxy` answers the 407 of a proxy that plain requests go through, by Basic, Digest or NTLM. The tunnels that `https://` URLs
//! take are opened by reqwest itself, and with Basic only: give `reqwest::Proxy::basic_auth`. A proxy that asks for Digest or NTLM there is
//! an error, which names `countersign_tower::Tunnel`: a connector for hyper.
//!
//! # Features
//!
//! * `tls-info`: NTLM over TLS is bound to the server's certificate, which servers may demand (extended protection).
//! * `tracing`: spans of exchanges and their legs.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod carry;
#[cfg(not(target_arch = "wasm32"))]
mod connection;
mod error;
#[cfg(not(target_arch = "wasm32"))]
mod gate;
mod run;
mod session;

pub use carry::Carry;
pub use error::{Error, not_sent};
pub use session::{Connection, Session};

use reqwest::{Request, RequestBuilder, Response};

/// `Send`, where futures go to other threads: everywhere but on `wasm32`.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send> MaybeSend for T {}

/// `Send`, where futures go to other threads: everywhere but on `wasm32`.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T> MaybeSend for T {}

/// Sends a request with authentication.
pub trait SendWith {
    /// Signs, sends, answers the server's challenges, and follows redirects. A refusal is an ordinary response. `auth` is an
    /// `&Authenticator`, or a `&Session` for more.
    ///
    /// # Errors
    /// [`Error::Auth`] when the request cannot be signed, a token not be had, the server fails to prove itself, or it was redirected too
    /// often; [`Error::Http`] when reqwest fails. Neither shows a URL's query.
    fn send_with(self, auth: impl Into<Session>) -> impl Future<Output = Result<Response, Error>> + MaybeSend;
}

impl SendWith for RequestBuilder {
    fn send_with(self, auth: impl Into<Session>) -> impl Future<Output = Result<Response, Error>> + MaybeSend {
        let session = auth.into();
        let (mut client, request) = self.build_split();
        async move { run::run(&mut client, request.map_err(error::without_query)?, session).await }
    }
}

/// [`SendWith::send_with`] for a request that is built, with each leg carried by `carrier`: what stands before a client, as a chain of
/// middleware does. Token requests of a session with a client for them, and NTLM's connections, go past it.
///
/// # Errors
/// As [`SendWith::send_with`], in the carrier's words.
pub async fn send_over<C: Carry>(
    carrier: &mut C,
    request: Request,
    auth: impl Into<Session>,
) -> Result<Response, C::Error> {
    run::run(carrier, request, auth.into()).await
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
