//! Akamai EdgeGrid (`EG1-HMAC-SHA256`) for any [`http::Request`], with credentials from `.edgerc` files or the environment, and the
//! server's side. No I/O.
//!
//! ```
//! use countersign_core::{Context, Payload, Scheme as _};
//! use countersign_edgegrid::{Config, Signer};
//! use http::Request;
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
//! * [`Config`] says whose credentials sign, and what; [`Config::from_edgerc`] and [`Config::from_env`] read Akamai's own places.
//! * [`verify`] is the server's side.
//! * With [`Context::explaining`](countersign_core::Context::explaining), the result keeps the text that was signed: compare it with
//!   the one in Akamai's error.
//!
//! # What it does not do
//!
//! * Only a POST's body is signed, and of that the first `max_body` bytes. So EdgeGrid has it.
//! * A redirect needs a new signature: sign the new request, and only within the host.
//!
//! # Known server quirks
//!
//! * Akamai takes a time up to 30 seconds off. Keep the machine's clock right: a 401 does not say the server's time.
//! * A header to sign that occurs twice is an error here: Akamai's own clients differ in what they make of it.
//!
//! # Beside Akamai's clients
//!
//! * Its Node client goes on to the file, in silence, when only some of the environment's variables are there; here that is an
//!   error. It reads only the first four of them, and not `max_body` at all.
//! * Its Python client leaves quotes and a `;` behind a value in the value; here, as in the Node client, quotes are taken off. The
//!   Node client ends a value without quotes at a `;`; here that is part of it, as in the Python client.
//!
//! # Beside Postman
//!
//! Compared with postman-runtime 7.56.1. The same: the text that is signed, a version-4 UUID as nonce, a base URL of which only the
//! host is signed. Not the same:
//!
//! | | Postman | here |
//! | --- | --- | --- |
//! | a token or the secret is missing | sent unsigned, in silence | `invalid-config` |
//! | a token holds `;` | sent as it is | `invalid-config` |
//! | a Host header, and no base URL | the URI's host is signed | the header is signed, as it is sent |
//! | a header to sign occurs twice | left out | `invalid-request` |
//! | a header to sign is blank | `name:` is signed | left out, as an empty one |
//! | a multipart form that is POSTed | not hashed | hashed, as every POST |
//! | a maximum body size of 0 | 131,072 | `invalid-config` |
//! | `headers_to_sign` | one text, parted by commas | a list |

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
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
