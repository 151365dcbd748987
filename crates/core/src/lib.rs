//! What every countersign scheme is built from: the request as a scheme sees it, the clock and randomness it may use,
//! and the result that it returns.
//!
//! A scheme never performs I/O. It is asked what authenticates a request ([`Scheme::compute`]), or to hold a conversation
//! with the server ([`Dialogue`]); sending is always the caller's. Most programs want the facade crate `countersign`, which
//! re-exports all of this; depend on this crate to write a scheme of your own.
//!
//! # Example: a scheme of your own
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_core::{Context, Dialogue, Exchange, Once, Payload, Result, Scheme, Signed, Step};
//! use http::request::Parts;
//! use http::{HeaderName, HeaderValue, Request};
//!
//! /// Sends the time of the request, for a server that asks for nothing more.
//! #[derive(Debug)]
//! struct Clock;
//!
//! impl Scheme for Clock {
//!     fn compute(&self, _: &Parts, _: &Payload, ctx: &Context) -> Result<Signed> {
//!         Ok(Signed::default().with_header(HeaderName::from_static("x-time"), HeaderValue::from(ctx.unix_time())))
//!     }
//!
//!     fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
//!         Once::boxed(self, request)
//!     }
//! }
//!
//! let ctx = Context::at(1_700_000_000);
//! let request = Request::get("https://example.com/").body(Payload::empty())?;
//! let (_exchange, step) = Exchange::start(Arc::new(Clock), request, &ctx)?;
//! let Step::Send(request) = step else { panic!("{step:?}") };
//! assert_eq!(request.headers()["x-time"], "1700000000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rooms
//!
//! * The request: [`Payload`], [`target`] (host, path, origin), [`query`] (edit a query), [`encode`] (percent, hex, base64).
//! * The world: [`Context`] is one moment's clock and randomness; [`Secret`] is what must not leak.
//! * The result: [`Signed`], or an [`Error`] whose [`ErrorKind`] programs can branch on.
//! * The conversation: [`Exchange`] drives a [`Dialogue`], which answers with [`Step`]s.
//! * What servers ask: [`challenge`] reads it.
//! * The server's side: [`verify`] is what verifiers share; [`replay`] remembers the nonces that they have seen.
//! * For schemes: [`config`], [`recent`], [`sync`], and with features of their names `sha256` (hash and MAC) and `timestamp`.
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`, and the caller gives both.
//! * `serde`: `Serialize` and `Deserialize` for [`Secret`], and the helpers of [`config`].
//! * `sha256`, `timestamp`: the modules of these names.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod challenge;
pub mod config;
pub mod encode;
pub mod query;
pub mod recent;
pub mod replay;
#[cfg(feature = "sha256")]
pub mod sha256;
pub mod sync;
pub mod target;
#[cfg(feature = "timestamp")]
pub mod timestamp;
pub mod verify;

mod context;
mod dialogue;
mod error;
mod exchange;
mod payload;
mod scheme;
mod secret;
mod signed;
mod wait;

pub use context::Context;
pub use dialogue::{Dialogue, Reply, Step};
pub use error::{Error, ErrorKind, Quoted, Result};
pub use exchange::{Exchange, Once};
pub use payload::Payload;
pub use scheme::Scheme;
pub use secret::Secret;
pub use signed::Signed;
pub use wait::{Wait, block_on};
