//! HTTP authentication for any client: one [`AuthConfig`], applied to any [`http::Request`], over as many round trips as the scheme
//! needs.
//!
//! Nothing here sends anything. You give a `send`, which stands for your HTTP client:
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
//! let response = auth.drive(request, send)?; // or `drive_async`
//! assert!(response.status().is_success());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For reqwest, tower and hyper, and ureq there is one line instead, in the crates `countersign-reqwest`,
//! `countersign-reqwest-middleware`, `countersign-tower` and `countersign-ureq`: they follow redirects safely, keep NTLM's connections and
//! answer proxies too.
//!
//! * [Schemes](#schemes)
//! * [Sign one request](#sign-one-request)
//! * [The loop by hand](#the-loop-by-hand)
//! * [A token for a service that runs for months](#a-token-for-a-service-that-runs-for-months)
//! * [Why the 403?](#why-the-403)
//! * [A scheme of your own](#a-scheme-of-your-own)
//! * [Without a system: WebAssembly](#without-a-system-webassembly)
//! * [Features, versions, limits](#features-versions-limits)
//!
//! # Schemes
//!
//! | `type` in JSON | constructor | messages | server's side |
//! | --- | --- | --- | --- |
//! | `none`, `inherit` | [`AuthConfig::None`], [`AuthConfig::Inherit`] | one | |
//! | `api-key` (header, query, cookie) | [`AuthConfig::api_key`] | one | |
//! | `bearer` | [`AuthConfig::bearer`] | one | |
//! | `all`, several of these at once | [`AuthConfig::all`] | as its own | |
//! | `basic` | [`AuthConfig::basic`](AuthConfig#method.basic) | one | |
//! | `digest` | [`AuthConfig::digest`](AuthConfig#method.digest) | two, then one | `digest::verify` |
//! | `oauth1` | [`AuthConfig::oauth1`](AuthConfig#method.oauth1) | one | `oauth1::verify` |
//! | `oauth2` | [`AuthConfig::oauth2`](AuthConfig#method.oauth2) | one, and one for each token | |
//! | `hawk` | [`AuthConfig::hawk`](AuthConfig#method.hawk) | one, two where the clocks differ | `hawk::verify` |
//! | `aws-sigv4` | [`AuthConfig::aws_sigv4`](AuthConfig#method.aws_sigv4) | one | `aws_sigv4::verify` |
//! | `ntlm` | [`AuthConfig::ntlm`](AuthConfig#method.ntlm) | three, on one connection | |
//! | `edgegrid` | [`AuthConfig::edgegrid`](AuthConfig#method.edgegrid) | one | `edgegrid::verify` |
//!
//! Each is a crate of its own too (`countersign-digest`, …), for programs that need one. What a config may contain is in each `Config`.
//!
//! # Sign one request
//!
//! A scheme of one message needs no conversation:
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
//! A scheme that needs the server's word first says [`ErrorKind::NeedsExchange`] here; it never sends a request unsigned.
//!
//! # The loop by hand
//!
//! To read replies as streams, or with a time limit. It serves every scheme, those of a single message too:
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Context, Payload, Step};
//! # use http::{Request, Response};
//! # fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> {
//! #     Ok(Response::new(Vec::new()))
//! # }
//! # let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
//! # let request = Request::get("https://api.example.com/items").body(())?;
//!
//! let (mut exchange, mut step) = auth.start(request, &Context::now())?;
//! let mut last = None;
//! loop {
//!     step = match step {
//!         Step::Send(request) => {
//!             let reply = last.insert(send(request)?);
//!             exchange.on_response(&*reply, &Context::now())?
//!         }
//!         Step::Wait(wait) => {
//!             wait.block(); // or `wait.await`
//!             exchange.resume(&Context::now())?
//!         }
//!         Step::Done => break,
//!     };
//! }
//! assert!(last.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two more things that `drive` does: where `send` fails, [`Exchange::on_send_failed`] says whether the scheme can go on; and where
//! [`Exchange::connection_bound`], all legs go over one new connection, which nobody else may get afterwards.
//!
//! # A token for a service that runs for months
//!
//! Make one [`Authenticator`] and share its clones: one request fetches a token, the others wait for it, and it is refreshed before it
//! expires. A store keeps it over restarts, and for several processes (crates `countersign-file-store` and `countersign-redis`):
//!
//! ```
//! # #[cfg(feature = "oauth2")] {
//! use std::sync::Arc;
//!
//! use countersign::oauth2::{Grant, MemoryTokenStore};
//! use countersign::{AuthConfig, Authenticator};
//!
//! let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
//! let store = Arc::new(MemoryTokenStore::default());
//! let auth = Authenticator::builder(&AuthConfig::oauth2(grant)).with_store(store).build()?;
//! # assert!(auth.session().is_some());
//! # }
//! # Ok::<(), countersign::Error>(())
//! ```
//!
//! Where a person must consent, `Authenticator::login` returns the URL to open and `Authenticator::finish` takes the URL that comes back.
//!
//! # Why the 403?
//!
//! With [`Context::explaining`], [`Signed`] holds the canonical request and the string to sign: the first thing to compare when a
//! server says 403.
//!
//! ```
//! # #[cfg(feature = "hawk")] {
//! use countersign::{AuthConfig, Authenticator, Context, Payload};
//!
//! let auth = Authenticator::new(&AuthConfig::hawk("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))?;
//! let (mut parts, ()) = http::Request::get("https://example.com:8000/resource/1?b=1&a=2").body(())?.into_parts();
//! let ctx = Context::at(1_353_832_234).with_nonce("j4h3g2").explaining();
//! let signed = auth.sign(&mut parts, &mut Payload::empty(), &ctx)?;
//! let text = "hawk.1.header\n1353832234\nj4h3g2\nGET\n/resource/1?b=1&a=2\nexample.com\n8000\n\n\n";
//! assert_eq!(signed.string_to_sign(), Some(text));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A scheme of your own
//!
//! Implement [`Scheme`] and give it to [`Authenticator::from_scheme`]: everything above works with it. [`scheme`] is the crate that all
//! schemes here are built from.
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign::scheme::Once;
//! use countersign::{Authenticator, Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Secret, Signed};
//! use http::request::Parts;
//! use http::{HeaderName, HeaderValue, Request};
//!
//! /// Sends a shared secret's name and the time.
//! #[derive(Debug)]
//! struct Timed(Secret);
//!
//! impl Scheme for Timed {
//!     fn compute(&self, _: &Parts, _: &Payload, ctx: &Context) -> Result<Signed> {
//!         let value = format!("{} {}", self.0.expose(), ctx.unix_time());
//!         let value = HeaderValue::try_from(value).map_err(|_| Error::new(ErrorKind::InvalidConfig, "no header can hold the secret"))?;
//!         Ok(Signed::default().with_header(HeaderName::from_static("x-timed"), value))
//!     }
//!
//!     fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
//!         Once::boxed(self, request)
//!     }
//! }
//!
//! let auth = Authenticator::from_scheme(Timed("hunter2".into()));
//! let request = auth.sign_request(Request::get("https://api.example.com/").body(())?, &Context::at(1))?;
//! assert_eq!(request.headers()["x-timed"], "hunter2 1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Without a system: WebAssembly
//!
//! Without the feature `system` the crate has no clock and no randomness of its own, and builds for `wasm32-unknown-unknown`: give both by
//! [`Context::at`] and [`Context::with_random`], or for [`Authenticator::drive`] and the adapters by [`Authenticator::with_clock`]. The npm
//! package `countersign-wasm` is made so.
//!
//! # Features, versions, limits
//!
//! * One feature per scheme, named like its module, plus `rsa` (OAuth 1's RSA methods), `serde` and `system`: all are on by default.
//!   `redirect`, `adapter`, `tracing` and `sigv4a` are not. Each compiles alone, and none changes what another does.
//! * The signatures use `http` 1 and `bytes` 1, and no other crate's types; `http` is re-exported.
//! * It needs Rust 1.88. A newer one is asked for only in a new minor version.
//! * It needs the standard library: there is no `no_std` build.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authenticator;
mod builder;
mod config;
mod drive;
#[cfg(feature = "oauth2")]
mod login;

#[cfg(feature = "adapter")]
pub mod adapter;
pub mod all;
pub mod api_key;
pub mod bearer;
#[cfg(feature = "redirect")]
pub mod redirect;
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub mod variables;

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
