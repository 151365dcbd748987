//! HTTP authentication for any client: one [`AuthConfig`], applied to any [`http::Request`].
//!
//! Nothing here sends anything. You sign, you send, and for schemes in which the server answers back you hand the reply to
//! an [`Exchange`], which says what to send next.
//!
//! # Sign one request
//!
//! ```
//! # #[cfg(all(feature = "serde", feature = "basic"))] {
//! use countersign::{AuthConfig, Authenticator, Context};
//!
//! // A config is data: write it in code, or read it from a file.
//! let config: AuthConfig = serde_json::from_str(r#"{ "type": "basic", "username": "Aladdin", "password": "open sesame" }"#)?;
//! let auth = Authenticator::new(&config)?;
//!
//! let request = http::Request::post("https://api.example.com/items").body("{}")?;
//! let request = auth.sign_request(request, &Context::now())?;
//! assert_eq!(request.headers()["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Hold a conversation
//!
//! [`Authenticator::drive`] and [`Authenticator::drive_async`] run the whole conversation over your client; `send` stands for
//! it:
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Error, Payload};
//! use http::{Request, Response};
//!
//! fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Error> {
//!     Ok(Response::new(Vec::new()))
//! }
//!
//! let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
//! let request = Request::get("https://api.example.com/items").body(())?;
//! let response = auth.drive(request, send)?;
//! assert!(response.status().is_success());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Written out, it is this loop, which serves every scheme, those of a single message too:
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Context, Payload, Step};
//! # use http::{Request, Response};
//! # fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> {
//! #     Ok(Response::new(Vec::new()))
//! # }
//! # let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
//! # let request = Request::get("https://api.example.com/items").body(())?;
//! # let ctx = Context::now();
//!
//! let (mut exchange, mut step) = auth.start(request, &ctx)?;
//! let mut last = None;
//! loop {
//!     step = match step {
//!         Step::Send(request) => {
//!             let reply = last.insert(send(request)?);
//!             exchange.on_response(&*reply, &ctx)?
//!         }
//!         Step::Wait(wait) => {
//!             wait.block(); // or `wait.await`
//!             exchange.resume(&ctx)?
//!         }
//!         Step::Done => break,
//!     };
//! }
//! assert!(last.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # See what was signed
//!
//! With [`Context::explaining`], [`Signed`] holds the canonical request and the string to sign: the first thing to compare
//! when a server says 403.
//!
//! # Features
//!
//! One feature per scheme, named like its module, plus `rsa` (OAuth 1's RSA methods), `serde` and `system`: all are on by default.
//! `redirect`, `adapter`, `tracing` and `sigv4a` are not. Each compiles alone. Without `system` (the system's clock and randomness) the crate builds for
//! `wasm32-unknown-unknown`; give time and randomness by [`Context::at`] and [`Context::with_random`] there.
//!
//! The crate's signatures use `http` 1 and `bytes` 1; `http` is re-exported. It needs the standard library and Rust 1.88.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authenticator;
mod builder;
mod config;
mod drive;
#[cfg(feature = "oauth2")]
mod login;
#[cfg(feature = "serde")]
mod variables;

#[cfg(feature = "adapter")]
pub mod adapter;
pub mod all;
pub mod api_key;
pub mod bearer;
#[cfg(feature = "redirect")]
pub mod redirect;

pub use authenticator::Authenticator;
pub use builder::Builder;
pub use config::AuthConfig;
pub use http;

pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};

#[cfg(feature = "aws-sigv4")]
#[doc(inline)]
pub use countersign_aws_sigv4 as aws_sigv4;
#[cfg(feature = "basic")]
#[doc(inline)]
pub use countersign_basic as basic;
/// What every scheme is built from, for writing one: the crate `countersign-core`.
#[doc(inline)]
pub use countersign_core as scheme;
#[cfg(feature = "digest")]
#[doc(inline)]
pub use countersign_digest as digest;
#[cfg(feature = "edgegrid")]
#[doc(inline)]
pub use countersign_edgegrid as edgegrid;
#[cfg(feature = "hawk")]
#[doc(inline)]
pub use countersign_hawk as hawk;
#[cfg(feature = "ntlm")]
#[doc(inline)]
pub use countersign_ntlm as ntlm;
#[cfg(feature = "oauth1")]
#[doc(inline)]
pub use countersign_oauth1 as oauth1;
#[cfg(feature = "oauth2")]
#[doc(inline)]
pub use countersign_oauth2 as oauth2;

#[cfg(all(doctest, feature = "default"))]
#[doc = include_str!("../README.md")]
mod readme {}
