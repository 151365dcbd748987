//! What every countersign scheme is built from: the request as a scheme sees it, the clock and randomness it may use,
//! and the result that it gives back.
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
//!         Ok(Signed::default().header(HeaderName::from_static("x-time"), HeaderValue::from(ctx.unix_time())))
//!     }
//!
//!     fn dialogue(self: Arc<Self>) -> Box<dyn Dialogue> {
//!         Once::boxed(self)
//!     }
//! }
//!
//! let ctx = Context::fixed(1_700_000_000, "");
//! let request = Request::get("https://example.com/").body(Payload::empty())?;
//! let (_exchange, step) = Exchange::start(Arc::new(Clock), request, &ctx);
//! let Step::Send(request) = step else { panic!("{step:?}") };
//! assert_eq!(request.headers()["x-time"], "1700000000");
//! # Ok::<(), http::Error>(())
//! ```
//!
//! # The rooms
//!
//! * The request: [`Payload`], [`target`] (host, path, origin), [`query`] (edit a query), [`encode`] (percent, hex, base64).
//! * The world: [`Context`] is one moment's clock and randomness; [`Secret`] is what must not leak.
//! * The result: [`Signed`], or an [`Error`] whose [`ErrorKind`] programs can branch on.
//! * The conversation: [`Exchange`] drives a [`Dialogue`], which answers with [`Step`]s.
//! * What servers ask: [`challenge`] reads it.
//! * The server's side: [`replay`] remembers the nonces that a verifier has seen.

pub mod challenge;
#[cfg(feature = "serde")]
pub mod config;
pub mod encode;
pub mod query;
pub mod replay;
pub mod target;

mod context;
mod error;
mod exchange;
mod payload;
mod scheme;
mod secret;
mod signed;
mod wait;

pub use context::Context;
pub use error::{Error, ErrorKind, Quoted, Result};
pub use exchange::{Dialogue, Exchange, Once, Reply, Step};
pub use payload::Payload;
pub use scheme::Scheme;
pub use secret::Secret;
pub use signed::Signed;
pub use wait::{Turn, Wait};
