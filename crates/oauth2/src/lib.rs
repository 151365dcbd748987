//! OAuth 2.0 for any [`http::Request`]: get tokens by every grant, add them to requests, refresh them in time. No I/O, no client
//! inside.
//!
//! A token is fetched when it is first needed, by whoever needs it first, and refreshed before it expires; however many requests
//! wait, one fetches. Through the one loop of every scheme, the token request is just another
//! [`Step::Send`](countersign_core::Step::Send):
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_core::{Context, Exchange, Payload, Step};
//! use countersign_oauth2::{Config, Grant, Signer};
//! use http::{Request, Response};
//!
//! # fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> {
//! #     let is_token_request = request.uri().path() == "/token";
//! #     let token = br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600}"#;
//! #     Ok(Response::new(if is_token_request { token.to_vec() } else { Vec::new() }))
//! # }
//! let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
//! let signer = Arc::new(Signer::new(&Config::with_grant(grant))?);
//!
//! let request = Request::get("https://api.example.com/items").body(Payload::empty())?;
//! let (mut exchange, mut step) = Exchange::start(signer, request, &Context::now())?;
//! let mut sent = 0;
//! loop {
//!     step = match step {
//!         Step::Send(request) => {
//!             sent += 1;
//!             let reply = send(request)?;
//!             exchange.on_response(&reply, &Context::now())?
//!         }
//!         Step::Wait(wait) => {
//!             wait.block(); // another exchange is fetching the token; or `wait.await`
//!             exchange.resume(&Context::now())?
//!         }
//!         Step::Done => break,
//!     };
//! }
//! assert_eq!(sent, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`Config`] says which token, or which [`Grant`] gets it.
//! * [`Signer`] keeps the token; [`TokenStore`] keeps it longer.
//! * A person in a browser: [`Signer::authorize`] gives the URL, [`Signer::callback`] takes what came back. By hand:
//!   [`AuthorizationRequest`], with PKCE, pushed if asked for.
//! * A person at another device: [`request::device_request`] and [`request::DeviceAuthorization`].
//! * [`request`] has the other endpoints: revocation, introspection, metadata.
//!
//! # What is bounded
//!
//! Token, request, refresh, request; one more token request where the server has forgotten the refresh token, and with DPoP one more
//! of each where the server wants another nonce. A second 401 is
//! the caller's. Redirects of a token endpoint are errors: let your client follow none there.
//!
//! # What it does not do
//!
//! * It opens no browser and listens on no port.
//! * Keys of `private_key_jwt` and DPoP are on P-256 (feature `jwt`); no RSA. Id tokens are kept, not verified.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authorization;
mod client;
mod config;
mod dialogue;
mod dpop;
#[cfg(feature = "jwt")]
mod jwt;
mod session;
mod signer;
mod store;
mod token;
mod turn;

pub mod request;

pub use authorization::{AuthorizationRequest, Callback, code_challenge};
pub use config::{AddTo, ClientAuthentication, CodeChallengeMethod, Config, Grant, GrantType};
pub use request::DeviceAuthorization;
pub use signer::Signer;
pub use store::{MemoryTokenStore, TokenKey, TokenStore};
pub use token::{ServerError, Token};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
