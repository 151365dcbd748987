//! AWS Signature Version 4 for any [`http::Request`]: in the `Authorization` header or as a presigned URL.
//!
//! It proves that the sender knows a secret access key, and that method, path, query, the signed headers and (unless told
//! otherwise) the body are as they were signed, within minutes of the signed time. Source: "AWS Signature Version 4 for API
//! requests" in the AWS Identity and Access Management User Guide, and "Authenticating Requests" in the Amazon S3 API
//! Reference.
//!
//! # Example
//!
//! ```
//! use countersign_aws_sigv4::{Config, Signer};
//! use countersign_core::{Context, Payload, Scheme as _};
//! use http::Request;
//!
//! let signer = Signer::new(&Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;
//!
//! let uri = "https://examplebucket.s3.eu-west-1.amazonaws.com/a/key.txt";
//! let (mut parts, body) = Request::put(uri).header("content-type", "text/plain").body("Hello")?.into_parts();
//! let mut payload = Payload::from(body);
//! let signed = signer.sign(&mut parts, &mut payload, &Context::at(1_440_938_160).explaining())?;
//!
//! // Region and service were read from the host; a 403 is solved by comparing this with what the server quotes.
//! assert!(signed.string_to_sign().is_some_and(|text| text.contains("20150830/eu-west-1/s3/aws4_request")));
//! assert_eq!(parts.headers["x-amz-date"], "20150830T123600Z");
//! assert!(parts.headers.contains_key("authorization"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Decided where AWS leaves room
//!
//! * The path of S3 is signed as it is; every other service's is normalised first (dot segments, repeated slashes), but sent
//!   as it is. Send clean paths.
//! * All headers are signed but [`UNSIGNED_HEADERS`]; [`Config::unsigned_headers`] and [`Config::signed_headers`] change that.
//! * The time is the [`Context`]'s; a given `X-Amz-Date` is replaced.
//! * `X-Amz-Content-Sha256` is sent to S3 only, unless asked for; one that the request already has is taken as the hash.
//!
//! # Errors you can meet
//!
//! | kind | when |
//! | --- | --- |
//! | [`InvalidConfig`](ErrorKind::InvalidConfig) | an empty key id or secret, `/` or a line end in region or service, an expiry outside 1 to 604,800 seconds |
//! | [`InvalidRequest`](ErrorKind::InvalidRequest) | a URI without host, a header to sign that is not UTF-8 |
//! | [`PayloadRequired`](ErrorKind::PayloadRequired) | the body's hash is signed, and the body is streamed: use [`PayloadSigning::Unsigned`], signed chunks, or give the hash |
//! | [`UnsupportedAlgorithm`](ErrorKind::UnsupportedAlgorithm) | a region set without the feature `sigv4a` |
//!
//! A 403 is not an error: it is the server's reply, and yours. `SignatureDoesNotMatch` quotes the canonical request that the server
//! made: compare it with [`Signed::canonical_request`].
//!
//! # What it does not do
//!
//! It does not read AWS profiles, instance metadata or the environment: credentials are given. It does not send a `Host`
//! header of its own: the client does, and what it will send is what is signed.
//!
//! # Known server quirks
//!
//! * AWS refuses a clock that is off by more than five minutes (S3: fifteen).
//! * Some S3 look-alikes sort parameters of one name by name only, not by value: avoid repeated names there.
//! * AWS IoT wants the session token outside the signature: [`Config::unsigned_session_token`].
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`].
//! * `sigv4a`: signatures that hold for several regions, on P-256.
//! * `event-stream`: whole event-stream messages, with their checksums.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod canonical;
pub mod chunk;
mod config;
pub mod event_stream;
mod headers;
mod hosts;
mod keys;
mod payload;
mod placement;
pub mod post_policy;
mod prepared;
mod scope;
mod seed;
mod signature;
mod signer;
#[cfg(feature = "sigv4a")]
mod sigv4a;
pub mod verify;

pub use config::{AddTo, Config, PayloadSigning};
/// What every scheme is built from: the crate `countersign-core`.
#[doc(no_inline)]
pub use countersign_core as scheme;
#[doc(no_inline)]
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};
pub use headers::UNSIGNED_HEADERS;
#[doc(no_inline)]
pub use http;
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
