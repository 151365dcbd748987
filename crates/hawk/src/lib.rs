//! [Hawk] for any [`http::Request`]: signed headers and payloads, bewits, the server's proof, clock skew, and the server's side.
//! No I/O.
//!
//! # Example
//!
//! ```
//! use countersign_hawk::{Config, Context, Payload, Scheme as _, Signer, http::Request};
//!
//! let mut config = Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn");
//! config.ext = Some("some-app-ext-data".into());
//! let signer = Signer::new(&config)?;
//!
//! let request = Request::get("http://example.com:8000/resource/1?b=1&a=2");
//! let (mut parts, mut payload) = request.body(Payload::empty())?.into_parts();
//! // A program signs with `Context::now()`; here time and nonce are those of the specification's example.
//! signer.sign(&mut parts, &mut payload, &Context::at(1_353_832_234).with_nonce("j4h3g2"))?;
//! let authorization = parts.headers["authorization"].to_str()?;
//! assert!(authorization.ends_with("mac=\"6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE=\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does
//!
//! * [`Signer`] signs. Through an [`Exchange`] it also follows the server's clock: a 401 that proves its time (`ts`, `tsm`) is answered
//!   once, and the offset is remembered for the origin.
//! * A `Server-Authorization` header is checked by every exchange that meets one. [`Config::require_server_authorization`] demands
//!   it, with the hash of the body. By hand: [`Signer::check_response`].
//! * [`Signer::bewit`] makes URLs that expire. [`Signer::message`] signs what is not an HTTP request.
//! * [`verify`] is the server's side.
//!
//! # Errors you can meet
//!
//! | kind | when |
//! | --- | --- |
//! | [`InvalidConfig`](ErrorKind::InvalidConfig) | an empty id or key, or a text that cannot stand in the header |
//! | [`UnsupportedAlgorithm`](ErrorKind::UnsupportedAlgorithm) | another algorithm than `sha256` and `sha1` |
//! | [`InvalidRequest`](ErrorKind::InvalidRequest) | no host or port to sign: a relative URI without a Host header; or two Content-Type headers where the body is signed |
//! | [`PayloadRequired`](ErrorKind::PayloadRequired) | `include_payload_hash`, and the body is streamed |
//! | [`ServerNotAuthentic`](ErrorKind::ServerNotAuthentic) | the reply, or the time in the challenge, is not proved by the key |
//! | [`Randomness`](ErrorKind::Randomness) | no nonce could be drawn |
//!
//! A 401 that the server means is not an error: it is the last reply of the exchange, and yours.
//!
//! # What it does not do
//!
//! * No Oz: `app` and `dlg` are signed and sent, tickets are not made.
//! * No algorithm other than `sha256` and `sha1`, like the reference implementation.
//!
//! # Known server quirks
//!
//! * The reference server and mohawk refuse any `"` or `\` in a header, so an `ext` that has them is signed and sent as the
//!   specification says, and refused by them.
//! * The reference client signs an IPv6 address without its brackets, the reference server with them, so the two never agree. Here
//!   they are signed, as its server does.
//! * `tsm` proves that the server once said `ts`, not when: an attacker who replays an old 401 can set the client's clock back until
//!   the next true one. [`Config::timestamp`] turns following off.
//! * A proxy that changes Host or port breaks the MAC.
//!
//! # Beside Postman
//!
//! * With the payload hash on, Postman leaves it out for an empty body; here the empty body is hashed, as the reference client does.
//! * Postman's nonce has six characters; here it is 16 hex digits. `user` does nothing there either.
//! * Postman silently sends a request unsigned when id or key is missing; here that is an error.
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`].
//!
//! [Hawk]: https://github.com/mozilla/hawk/blob/main/API.md

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod bewit;
mod canonical;
mod config;
mod dialogue;
mod message;
mod response;
mod signature;
mod signer;

pub mod verify;

use http::HeaderName;

pub use config::{Algorithm, Config};
/// What every scheme is built from: the crate `countersign-core`.
#[doc(no_inline)]
pub use countersign_core as scheme;
#[doc(no_inline)]
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};
#[doc(no_inline)]
pub use http;
pub use message::Message;
pub use signer::Signer;

/// The header in which a server proves itself.
pub const SERVER_AUTHORIZATION: HeaderName = HeaderName::from_static("server-authorization");

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
