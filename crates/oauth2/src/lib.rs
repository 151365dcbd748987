//! OAuth 2.0 for any [`http::Request`]: get tokens by every grant, add them to requests, refresh them before they expire. No I/O, no
//! client inside.
//!
//! A token is fetched when it is first needed, by whoever needs it first, and refreshed before it expires; however many requests
//! wait, one fetches. Through the one loop of every scheme, the token request is just another [`Step::Send`]:
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_oauth2::http::{Request, Response};
//! use countersign_oauth2::{Config, Context, Exchange, Grant, Payload, Session, Step};
//!
//! # fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> {
//! #     let is_token_request = request.uri().path() == "/token";
//! #     let token = br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600}"#;
//! #     Ok(Response::new(if is_token_request { token.to_vec() } else { Vec::new() }))
//! # }
//! let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
//! let session = Arc::new(Session::new(&Config::of(grant))?);
//!
//! let request = Request::get("https://api.example.com/items").body(Payload::empty())?;
//! let (mut exchange, mut step) = Exchange::start(session, request, &Context::now())?;
//! let mut sent = 0;
//! loop {
//!     step = match step {
//!         Step::Send(request) => {
//!             sent += 1;
//!             let reply = send(request)?;
//!             exchange.on_response(&reply, &Context::now())?
//!         }
//!         Step::Wait(wait) => {
//!             wait.block(); // another exchange is fetching the token, or a store is asked; or `wait.await`
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
//! * [`Session`] keeps the token; a [`TokenStore`] keeps it longer, and for several processes.
//! * A person in a browser: [`Session::login`] returns the URL, [`Session::finish`] takes what came back.
//! * A person at another device: [`server::device_request`], then [`Session::poll`].
//! * [`server`] has the other endpoints: revocation, introspection, metadata.
//! * Errors of a server's have a [`ServerError`] as their cause: status, `error`, `error_description`, `Retry-After`. Where only a
//!   person can help, the kind is [`ErrorKind::NeedsAuthorization`].
//!
//! # What is bounded
//!
//! Token, request, refresh, request; one more token request where the server has forgotten the refresh token or the store has
//! another, and with DPoP one more of each where the server wants another nonce. A second 401 is the caller's. Redirects of a token
//! endpoint are errors: let your client follow none there. A token endpoint that fails is left alone for as long as it asks
//! (`Retry-After`), else for a second, two, four, up to a minute; meanwhile its error is returned at once.
//!
//! # Errors you can meet
//!
//! | kind | when, and what to do |
//! | --- | --- |
//! | [`InvalidConfig`](ErrorKind::InvalidConfig) | neither token nor grant, an endpoint of plain http, a missing credential |
//! | [`NeedsExchange`](ErrorKind::NeedsExchange) | `sign` without a token: fetch it through an exchange |
//! | [`NeedsAuthorization`](ErrorKind::NeedsAuthorization) | a person must consent: [`Session::login`] |
//! | [`TokenRequestFailed`](ErrorKind::TokenRequestFailed) | the server refused, or its reply is not one; the cause is a [`ServerError`] |
//! | [`StateMismatch`](ErrorKind::StateMismatch) | a callback that does not belong to this login: somebody else's, or an attack |
//! | [`StoreFailed`](ErrorKind::StoreFailed) | the token store is away |
//!
//! # What it does not do
//!
//! * It opens no browser and listens on no port: the crate `countersign-native` does.
//! * Keys of `private_key_jwt` and DPoP are on P-256 (feature `jwt`); no RSA. Id tokens are kept, not verified.
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`] and [`Token`].
//! * `jwt`: keys on the curve P-256, for `private_key_jwt` and DPoP.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod form;
mod proof;
mod session;

pub mod server;

pub use http;

pub use config::{
    ActorToken, AddTo, AuthorizationCode, Client, ClientAuthentication, ClientCredentials, CodeChallengeMethod, Config,
    Consent, DeviceCode, DpopKey, Grant, GrantType, Implicit, JwtBearer, Password, RefreshToken, TokenEndpoint,
    TokenExchange,
};
/// What every scheme is built from: the crate `countersign-core`.
#[doc(no_inline)]
pub use countersign_core as scheme;
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};
pub use server::{AuthorizationRequest, DeviceAuthorization, ServerError, Token};
pub use session::{Answer, Lease, Leasing, MemoryTokenStore, Session, TokenKey, TokenStore};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
