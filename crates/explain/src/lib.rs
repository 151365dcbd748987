//! Why a server refused a signed request: what was signed, line by line, each tied to where in the request it came from; what the
//! server signed, as far as it says so; and the first difference, with its reason in words.
//!
//! ```
//! use countersign_explain::{Asked, explain};
//!
//! let request = "curl https://queue.example/ -H 'Authorization: Digest username=\"u\", realm=\"r\", nonce=\"old\", uri=\"/\", response=\"0\"'";
//! let server_says = "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Digest realm=\"r\", nonce=\"new\", stale=true\n";
//!
//! let report = explain(&Asked::new(request).with_server_says(server_says))?;
//! assert!(report.findings[0].contains("nonce"), "{report:?}");
//! # Ok::<(), countersign::Error>(())
//! ```
//!
//! It takes a request as it was sent, with its `Authorization`: as HTTP, as `curl -v` shows it, or as a curl command. AWS Signature V4
//! and OAuth 1 are calculated again, without a secret: canonical request, string to sign, base string. Digest's challenge and answer,
//! NTLM's messages and a JWT's parts are taken apart. Nothing is sent, and no clock is read but [`Asked::with_now`].
//!
//! Secrets that stand in a request (a password of Basic, a token) are not repeated; a canonical request has what was signed, which may be
//! a session token: look at a report before you publish it.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod asked;
mod aws;
mod clock;
mod digest;
mod html;
mod jwt;
mod ntlm;
mod oauth1;
mod reason;
mod report;
mod request;
mod server;
mod words;

pub use asked::{Asked, explain};
pub use aws::reasons;
pub use html::{fragment, page};
pub use report::{Line, Report, Section};
pub use request::read as read_request;
pub use server::ServerSays;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
