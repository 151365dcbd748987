//! The `Basic` scheme of [RFC 7617]: a user name and password with every request.
//!
//! It proves nothing that an eavesdropper could not repeat: use it over TLS only.
//!
//! # Example
//!
//! ```
//! use countersign_basic::http::Request;
//! use countersign_basic::{Config, Context, Payload, Scheme as _, Signer};
//!
//! let signer = Signer::new(&Config::new("Aladdin", "open sesame"))?;
//!
//! let (mut parts, body) = Request::post("https://example.com/items").body("{}")?.into_parts();
//! let mut payload = Payload::from(body);
//! signer.sign(&mut parts, &mut payload, &Context::now())?;
//!
//! assert_eq!(parts.headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`verify`] is the server's side.
//!
//! # Errors
//!
//! [`Signer::new`] refuses a colon in the user name, and control characters in either field, with
//! [`ErrorKind::InvalidConfig`]: a server would read them as something else. Signing itself cannot fail.
//!
//! # What it does not do
//!
//! It does not wait for a challenge, and it does not ask in which character set the server reads (RFC 7617 section 2.1): it
//! sends UTF-8, as browsers and curl do today. It does not normalise to NFC: what is typed is what is sent.
//!
//! [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod signer;

pub mod verify;

pub use config::Config;
/// What every scheme is built from: the crate `countersign-core`.
#[doc(no_inline)]
pub use countersign_core as scheme;
/// The words that all schemes share: of the crate `countersign-core`.
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};
/// The crate of the requests that are signed, in the version that this one takes.
pub use http;
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
