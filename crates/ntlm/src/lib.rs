//! NTLM over HTTP ([MS-NTHT]), with the messages of [MS-NLMP]: three messages on one connection prove a Windows password. No I/O.
//!
//! It proves that the client knows the NT hash of the password. With a server that sends its time, it also proves that none of the
//! three messages was changed on the way and, with channel bindings, that the client speaks to the server whose TLS certificate it
//! sees. It says nothing about the request itself: use it over TLS.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_ntlm::http::{Request, Response};
//! use countersign_ntlm::{Config, Context, Exchange, Payload, Signer, Step};
//!
//! let signer = Arc::new(Signer::new(&Config::new("DOMAIN\\User", "Password"))?);
//! let request = Request::get("http://intranet.example/").body(Payload::empty())?;
//!
//! // All requests go over one connection, which nobody else uses: `exchange.connection_bound()` says so.
//! let (mut exchange, step) = Exchange::start(signer, request, &Context::now())?;
//! let Step::Send(negotiate) = step else { panic!("{step:?}") };
//! assert!(negotiate.headers()["authorization"].to_str()?.starts_with("NTLM TlRMTVNTUAAB"));
//!
//! let challenge = "NTLM TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";
//! let reply = Response::builder().status(401).header("www-authenticate", challenge).body("")?;
//! let step = exchange.on_response(&reply, &Context::now())?;
//! let Step::Send(authenticate) = step else { panic!("{step:?}") };
//! assert!(authenticate.headers()["authorization"].to_str()?.starts_with("NTLM TlRMTVNTUAAD"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does
//!
//! * [`Signer`] holds the conversation with a server, with a proxy, or with both in turn, under the names `NTLM` and `Negotiate`.
//! * NTLMv2, with an integrity code where the server sends its time; NTLMv1 only where [`Config::version`] names it.
//! * Channel bindings (extended protection): from [`Config::tls_server_end_point`], else from the certificate that the caller's
//!   connection shows, [`Context::with_peer_certificate`]. [`tls_server_end_point`] computes them.
//! * A session key is exchanged only where the server agrees to sign or seal, as MS-NLMP section 3.1.5.1.2 says: the integrity code
//!   is made under it.
//! * For a transport of your own: [`Signer::negotiate`] and [`Signer::authenticate`] make the messages.
//!
//! # Errors you can meet
//!
//! | kind | when |
//! | --- | --- |
//! | [`InvalidConfig`](ErrorKind::InvalidConfig) | an empty user name; a certificate hash that is not hex; a name that is too long, or that is not ASCII for a server without Unicode |
//! | [`InvalidKey`](ErrorKind::InvalidKey) | an NT hash that is not 32 hex digits |
//! | [`InvalidRequest`](ErrorKind::InvalidRequest) | HTTP/2 or HTTP/3; no host; a server certificate that cannot be read |
//! | [`NeedsExchange`](ErrorKind::NeedsExchange) | it was asked to sign without an exchange |
//! | [`NoChallenge`](ErrorKind::NoChallenge) | the server asks neither for NTLM nor for Negotiate |
//! | [`InvalidChallenge`](ErrorKind::InvalidChallenge) | the server's message cannot be read, or the connection is not kept open |
//! | [`UnsupportedAlgorithm`](ErrorKind::UnsupportedAlgorithm) | no session security with [`Version::Ntlmv1Session`]; a server certificate with an unknown signature algorithm |
//! | [`Randomness`](ErrorKind::Randomness) | no challenge or key could be drawn |
//!
//! A 401 after the proof is not an error: it is the last reply of the exchange, and yours. The server refused the password, or it did
//! not get the proof on the connection that it had asked on.
//!
//! # What it does not do
//!
//! It does not sign or seal what follows, and it has no Kerberos: under `Negotiate` it sends NTLM's messages as they are, and
//! answers in SPNEGO where the server does. It never sends the LM hash. The OEM code pages are not known here: where a
//! server does not agree to Unicode, names must be ASCII.
//!
//! # Known server quirks
//!
//! * gss-ntlmssp refuses a first message without a version: one is always sent.
//! * The first message is sent without the body; a server that does not ask after all gets the whole request then.
//! * HTTP/2 shares connections between requests, so it is refused: ask the client for HTTP/1.1.
//! * A server or proxy that closes the connection between the messages cannot be proved anything. Where its reply announces that
//!   (`Connection: close`), the exchange ends with an error that says so.
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`].
//!
//! [MS-NTHT]: https://learn.microsoft.com/openspecs/windows_protocols/ms-ntht/
//! [MS-NLMP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod certificate;
mod config;
mod der;
mod dialogue;
mod message;
mod signature;
mod signer;
mod spnego;
mod target_info;

#[cfg(test)]
mod tests;

pub use certificate::tls_server_end_point;
pub use config::{Config, Version};
/// What every scheme is built from: the crate `countersign-core`.
#[doc(no_inline)]
pub use countersign_core as scheme;
#[doc(no_inline)]
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};
#[doc(no_inline)]
pub use http;
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
