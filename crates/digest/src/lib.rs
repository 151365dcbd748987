//! The `Digest` scheme of [RFC 7616] (and [RFC 2069], [RFC 2617]): proves knowledge of a password without sending it.
//!
//! It does not encrypt, and a weak password can be guessed from one answer: use it over TLS. Both sides are here: [`Signer`]
//! answers challenges, [`verify`] makes and checks them.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_digest::http::{Request, Response};
//! use countersign_digest::{Config, Context, Exchange, Payload, Signer, Step};
//!
//! let signer = Arc::new(Signer::new(&Config::new("Mufasa", "Circle Of Life"))?);
//! let ctx = Context::at(0).with_nonce("0a4f113b");
//! let request = Request::get("http://www.nowhere.org/dir/index.html").body(Payload::empty())?;
//!
//! // The first request goes out as it is, and the server refuses it.
//! let (mut exchange, step) = Exchange::start(signer, request, &ctx)?;
//! assert!(matches!(step, Step::Send(_)));
//! let reply = Response::builder().status(401).header(
//!     "www-authenticate",
//!     r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#,
//! );
//!
//! // The second one answers; RFC 2617 section 3.5 computes the same.
//! let step = exchange.on_response(&reply.body(b"")?, &ctx)?;
//! let Step::Send(request) = step else { panic!("{step:?}") };
//! let answer = request.headers()["authorization"].to_str()?;
//! assert!(answer.contains(r#"response="6629fae49393a05397450978507c4ef1""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The signer now knows the server's nonce: further requests to the same origin are signed at once.
//!
//! # What it does
//!
//! MD5, SHA-256 and SHA-512-256, each with and without `-sess`; `qop` of `auth`, `auth-int`, or none (RFC 2069). Of several
//! challenges it answers the strongest. It follows `stale`, `nextnonce`, `domain`, `userhash` and `charset`, checks the
//! server's `rspauth`, and answers proxies (407). A conversation has at most three requests; a second refusal that is not
//! `stale` is the caller's reply.
//!
//! # What it remembers
//!
//! A signer keeps the last challenge of each realm, for the last 1,024 realms and origins; a nonce never goes to another origin. No
//! nonce count is used twice, by however many threads, and a nonce that comes back is counted on, also after its realm was
//! forgotten: the counts of the last 16,384 nonces are kept. Of a `domain` the first 64 paths count.
//!
//! # Errors
//!
//! | kind | when |
//! | --- | --- |
//! | `unsupported-algorithm`, `unsupported-qop` | the config names one that Digest does not know; or the server offers no other than such, or than the config allows |
//! | `invalid-config` | control characters in a text of the config, a count of 0, `-sess` with a preset nonce and no `qop` |
//! | `needs-exchange` | a request is to be signed at once, and no challenge is known for it |
//! | `no-challenge` | a 401 or 407 has no Digest challenge |
//! | `invalid-challenge` | it has one that cannot be read, or lacks `realm` or `nonce` |
//! | `payload-required` | the body is streamed, and is to be sent again or hashed |
//! | `server-not-authentic` | the server's `rspauth` is wrong |
//! | `randomness` | the system has no random bytes for a client nonce |
//!
//! A wrong password is no error: the second 401 is the caller's reply.
//!
//! # What it does not do
//!
//! It keeps no session across processes. It does not normalise names and passwords (RFC 7616 section 4 asks for NFC): what is
//! typed is hashed, in UTF-8. It does not answer a server's `auth-int` over a streamed body.
//!
//! # Known server quirks
//!
//! * Some devices refuse an `algorithm` that they did not send, and quotes around `qop`, `nc` or `algorithm`: none is sent.
//! * Apache httpd has MD5 only, and sends the next nonce in `Authentication-Info` where `AuthDigestNonceLifetime` is 0:
//!   requests in parallel then refuse each other.
//! * A user name beyond ASCII goes out as `username*` only to servers that offer `charset=UTF-8`; to others as raw UTF-8, which
//!   some clients (ureq among them) do not send in a header.
//!
//! # Features
//!
//! * `system` (default): `Context::now`, the system's clock and randomness.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`].
//!
//! [RFC 7616]: https://www.rfc-editor.org/rfc/rfc7616
//! [RFC 2617]: https://www.rfc-editor.org/rfc/rfc2617
//! [RFC 2069]: https://www.rfc-editor.org/rfc/rfc2069

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm;
mod config;
mod qop;
mod signer;

mod canonical;
mod challenge;
mod client;
mod counts;
mod dialogue;
mod header;
mod memory;
mod place;
mod session;
mod signature;

pub mod verify;

pub use algorithm::Algorithm;
pub use config::Config;
pub use qop::Qop;
pub use signer::Signer;

#[doc(no_inline)]
pub use countersign_core as scheme;
#[doc(no_inline)]
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step,
};
#[doc(no_inline)]
pub use http;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
