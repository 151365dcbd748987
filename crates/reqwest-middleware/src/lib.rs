//! [`countersign`] as a middleware of [`reqwest_middleware`] 0.5: every scheme, with all its round trips, native and on `wasm32`.
//!
//! ```no_run
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_reqwest_middleware::AuthMiddleware;
//! use reqwest_middleware::ClientBuilder;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
//! let client = ClientBuilder::new(client).with(AuthMiddleware::new(&auth)).build();
//! let response = client.get("https://example.com/").send().await?;
//! println!("{}", response.status());
//! # Ok(())
//! # }
//! ```
//!
//! * Each leg, token requests included, passes through the middleware that was added after this one; what was added before sees one
//!   request and one response. Whatever changes a request (another middleware's headers, say) belongs before, so that it is signed.
//! * **The client, and the middleware after this one, must follow no redirects**: they are followed here, ten at most unless a [`Session`]
//!   says otherwise, signed again within the first request's origin and without credentials elsewhere. A retry after this one sends the same
//!   signature again, which servers that know nonces refuse: put it before.
//! * A body of bytes can be sent again. A stream is sent once: where a second leg would need it, the error says `payload-required`.
//! * User info of a URL is never sent. A refusal is an ordinary 401.
//! * An error of authentication is a [`reqwest_middleware::Error::Middleware`] with a [`countersign::Error`] in it.
//!
//! # One user for one request
//!
//! A [`Session`] among a request's extensions takes the place of the middleware's:
//!
//! ```no_run
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_reqwest_middleware::{AuthMiddleware, Session};
//!
//! # async fn run(client: reqwest_middleware::ClientWithMiddleware) -> Result<(), Box<dyn std::error::Error>> {
//! let other = Authenticator::new(&AuthConfig::basic("Aladdin", "open sesame"))?;
//! let response = client.get("https://example.com/").with_extension(Session::new(&other)).send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # NTLM
//!
//! NTLM authenticates a connection, which must never serve anybody else, and a client's pool cannot promise that. Say how clients are made,
//! each for one connection: `Session::with_connections`. Its legs go past the rest of the middleware, and so do token requests where the
//! session has a client of its own for them.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

use countersign_reqwest::{Carry, send_over};
pub use countersign_reqwest::{Connection, Session};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

/// Authenticates what passes through it. Clones share what was learnt, and the connections that are kept.
#[derive(Clone, Debug)]
pub struct AuthMiddleware {
    session: Session,
}

impl AuthMiddleware {
    /// Authenticates one user. `auth` is an `&Authenticator`, or a `&Session` for more.
    pub fn new(auth: impl Into<Session>) -> Self {
        Self { session: auth.into() }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl Middleware for AuthMiddleware {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let session = extensions.get::<Session>().unwrap_or(&self.session).clone();
        let mut rest = Rest { next, extensions };
        send_over(&mut rest, request, session).await.map_err(|Failed(why)| why)
    }
}

/// The middleware that is left, and the client.
struct Rest<'a> {
    next: Next<'a>,
    extensions: &'a mut Extensions,
}

impl Carry for Rest<'_> {
    type Error = Failed;

    async fn carry(&mut self, leg: Request) -> std::result::Result<Response, Failed> {
        self.next.clone().run(leg, self.extensions).await.map_err(|why| {
            // By its own name, and without a signature or a key that the URL's query may hold.
            match why {
                Error::Reqwest(why) => Failed::from(countersign_reqwest::not_sent(why)),
                why => Failed(why),
            }
        })
    }

    fn is_timeout(Failed(why): &Failed) -> bool {
        why.is_timeout()
    }
}

struct Failed(Error);

impl From<countersign_reqwest::Error> for Failed {
    fn from(why: countersign_reqwest::Error) -> Self {
        Self(match why {
            countersign_reqwest::Error::Http(why) => Error::Reqwest(why),
            countersign_reqwest::Error::Auth(why) => Error::middleware(why),
            why => Error::middleware(why),
        })
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
