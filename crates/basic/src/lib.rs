//! The `Basic` scheme of [RFC 7617]: a user name and password with every request.
//!
//! It proves nothing that an eavesdropper could not repeat: use it over TLS only.
//!
//! # Example
//!
//! ```
//! use countersign_basic::{Config, Signer};
//! use countersign_core::{Context, Payload, Scheme as _};
//! use http::Request;
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

pub use config::Config;
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
