//! NTLM over HTTP ([MS-NTHT]), with the messages of [MS-NLMP]: a proof of a Windows password that takes three legs on one
//! connection.
//!
//! It proves that the client knows the NT hash of the password; with a server that sends its time, also that none of the three
//! messages was changed on the way, and, with channel bindings, that the client speaks to the server whose TLS certificate it
//! sees. It says nothing about the request itself: use it over TLS.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_core::{Context, Exchange, Payload, Reply, Step};
//! use countersign_ntlm::{Config, Signer};
//! use http::{HeaderMap, HeaderValue, Request, StatusCode};
//!
//! let signer = Arc::new(Signer::new(&Config::new("DOMAIN\\User", "Password"))?);
//! let request = Request::get("http://intranet.example/").body(Payload::empty())?;
//!
//! // All legs on one connection: `exchange.connection_bound()` says so.
//! let (mut exchange, step) = Exchange::start(signer, request, &Context::now())?;
//! let Step::Send(negotiate) = step else { panic!("{step:?}") };
//! assert!(negotiate.headers()["authorization"].to_str()?.starts_with("NTLM TlRMTVNTUAAB"));
//!
//! let mut headers = HeaderMap::new();
//! let challenge = "NTLM TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";
//! headers.insert("www-authenticate", HeaderValue::from_static(challenge));
//! let step = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &headers, b""), &Context::now())?;
//! let Step::Send(authenticate) = step else { panic!("{step:?}") };
//! assert!(authenticate.headers()["authorization"].to_str()?.starts_with("NTLM TlRMTVNTUAAD"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//!
//! It does not sign or seal what follows, and it has no Kerberos: under `Negotiate` it sends NTLM's messages as they are, and
//! answers in SPNEGO where the server does. It does not send the LM hash, ever. The OEM code pages are not known here: where a
//! server does not agree to Unicode, names must be ASCII.
//!
//! # Known server quirks
//!
//! * gss-ntlmssp refuses an opening without a version: one is always sent.
//! * A body stays behind on the first leg; a server that does not ask after all gets the whole request then.
//! * HTTP/2 shares connections between requests, so it is refused: ask the client for HTTP/1.1.
//!
//! [MS-NTHT]: https://learn.microsoft.com/openspecs/windows_protocols/ms-ntht/
//! [MS-NLMP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod signer;

mod dialogue;
mod message;
mod signature;
mod spnego;

#[cfg(test)]
mod tests;

pub use config::{Config, Version};
pub use message::Challenge;
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
