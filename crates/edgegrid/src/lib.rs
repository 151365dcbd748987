//! Akamai EdgeGrid (`EG1-HMAC-SHA256`) for any [`http::Request`], with credentials from `.edgerc` files or the environment, and the
//! server's side. No I/O.
//!
//! # Example
//!
//! ```
//! use countersign_edgegrid::{Config, Context, Payload, Scheme as _, Signer, http::Request};
//!
//! // Or `Config::from_edgerc(&std::fs::read_to_string(path)?, "default")?`.
//! let config = Config::new("akab-access-token", "akab-client-token", "the client secret=");
//! let signer = Signer::new(&config)?;
//!
//! let request = Request::get("https://akab-host.luna.akamaiapis.net/identity-management/v3/user-profile");
//! let (mut parts, mut payload) = request.body(Payload::empty())?.into_parts();
//! signer.sign(&mut parts, &mut payload, &Context::now())?;
//! let authorization = parts.headers["authorization"].to_str()?;
//! assert!(authorization.starts_with("EG1-HMAC-SHA256 client_token=akab-client-token;access_token=akab-access-token;timestamp="));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does
//!
//! * [`Config`] says whose credentials sign, and what; [`Config::from_edgerc`] and [`Config::from_env`] read Akamai's own places.
//! * [`Signer`] signs. With [`Context::explaining`], the result keeps the text that was signed: compare it with the one in Akamai's
//!   error.
//! * [`verify`] is the server's side.
//!
//! # Errors you can meet
//!
//! | kind | when |
//! | --- | --- |
//! | [`InvalidConfig`](ErrorKind::InvalidConfig) | an empty token or secret, or a text that cannot stand in the header; an `.edgerc` file that cannot be read |
//! | [`InvalidRequest`](ErrorKind::InvalidRequest) | no host to sign: a relative URI without a Host header; a header to sign that occurs twice or is not UTF-8; a time after the year 9999 |
//! | [`PayloadRequired`](ErrorKind::PayloadRequired) | a POST whose body is streamed |
//! | [`Randomness`](ErrorKind::Randomness) | no nonce could be drawn |
//!
//! # What it does not do
//!
//! * Only a POST's body is signed, and of that the first `max_body` bytes. EdgeGrid defines it so.
//! * A redirect needs a new signature: sign the new request, and only within the host.
//!
//! # Known server quirks
//!
//! * Akamai accepts a time that is off by up to 30 seconds. Keep the machine's clock right: a 401 does not say the server's time.
//! * A header to sign that occurs twice is an error here: each of Akamai's own clients signs something else then.
//!
//! # Beside Akamai's clients
//!
//! * Its Node client silently reads the file when only some of the environment's variables are set; here that is an error. It
//!   reads only the first four of them, and never `max_body`.
//! * Its Python client keeps quotes, and a `;` after a value, as part of the value; here, as in the Node client, quotes are removed.
//!   The Node client ends a value without quotes at a `;`; here the `;` is part of it, as in the Python client.
//!
//! # Beside Postman
//!
//! Compared with postman-runtime 7.56.1. Equal are the text that is signed, the nonce (a version-4 UUID), and the base URL, of which
//! only the host is signed. These differ:
//!
//! | | Postman | here |
//! | --- | --- | --- |
//! | a token or the secret is missing | silently sent unsigned | `invalid-config` |
//! | a token holds `;` | sent as it is | `invalid-config` |
//! | a Host header, and no base URL | the URI's host is signed | the header is signed, as it is sent |
//! | a header to sign occurs twice | left out | `invalid-request` |
//! | a header to sign is blank | `name:` is signed | left out, as an empty one |
//! | a multipart form that is POSTed | not hashed | hashed, as every POST |
//! | a maximum body size of 0 | 131,072 | `invalid-config` |
//! | `headers_to_sign` | one text, separated by commas | a list |
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`].

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod canonical;
mod config;
mod edgerc;
mod signature;
mod signer;
mod timestamp;

pub mod verify;

pub use config::Config;
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
