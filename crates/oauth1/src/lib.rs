//! OAuth 1.0a (RFC 5849) for any [`http::Request`]: every signature method and placement, the three-legged flow, and the
//! provider's side. No I/O.
//!
//! # Example
//!
//! ```
//! use countersign_oauth1::{Config, Context, Payload, Scheme as _, Signer, http};
//!
//! let config = Config::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44").with_token("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00");
//! let signer = Signer::new(&config)?;
//!
//! let request = http::Request::get("http://photos.example.net/photos?file=vacation.jpg&size=original");
//! let (mut parts, mut payload) = request.body(Payload::empty())?.into_parts();
//! // A program signs with `Context::now()`; here time and nonce are those of OAuth Core 1.0, appendix A.5.
//! let ctx = Context::at(1_191_242_096).with_nonce("kllo9940pd9333jh");
//! signer.sign(&mut parts, &mut payload, &ctx)?;
//! let authorization = parts.headers["authorization"].to_str()?;
//! assert!(authorization.ends_with("oauth_signature=\"tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`Config`] says whose keys sign, by which [`SignatureMethod`], and where the signature goes ([`AddTo`]).
//! * [`flow`] gets a token: temporary credentials, the user's consent, token credentials; also xAuth and OAuth Echo.
//! * [`verify`] is the provider's side: who signed a request, and whether the signature is right.
//! * With [`Context::explaining`], the result keeps the signature base string: the first thing to compare when a provider answers
//!   `invalid_signature`.
//!
//! # Errors you can meet
//!
//! | kind | when |
//! | --- | --- |
//! | [`InvalidConfig`](ErrorKind::InvalidConfig) | an empty consumer key, or a text that no header can hold |
//! | [`InvalidKey`](ErrorKind::InvalidKey) | an RSA method without a key, or with one that cannot be read |
//! | [`UnsupportedAlgorithm`](ErrorKind::UnsupportedAlgorithm) | a method that this build does not know, or RSA without the feature `rsa` |
//! | [`InvalidRequest`](ErrorKind::InvalidRequest) | a URI without host |
//! | [`PayloadRequired`](ErrorKind::PayloadRequired) | a form body, or one to hash, is streamed |
//! | [`Randomness`](ErrorKind::Randomness) | no nonce could be drawn |
//!
//! # What it does not do
//!
//! * A multipart or JSON body is not signed, except by its hash (`include_body_hash`); RFC 5849 signs only form bodies.
//! * RSA signatures are blinded; the blinding factor is the system's randomness, not the context's. It does not reach the result.
//! * Nothing checks that PLAINTEXT is sent over TLS. What it sends is wiped when the last request that has it is dropped, except in
//!   a URI.
//!
//! # Known server quirks
//!
//! * Some sign an empty `oauth_token`: `add_empty_params_to_signature`. A few read header values without decoding them:
//!   `encode_header_params` off.
//! * NetSuite demands `realm` (the account) and a method with SHA-256. Magento demands SHA-256 since 2.4.4.
//! * A proxy that changes `Host`, port or scheme breaks signatures: they are of the URI that the provider believes it has.
//!
//! # Beside Postman
//!
//! Postman draws an 11-character nonce; here it is 32 hex digits. Postman sends a request unsigned, silently, when the consumer key
//! is missing; here that is an error.
//!
//! # Features
//!
//! * `system` (default): [`Context::now`], the system's clock and randomness. Without it the crate builds for
//!   `wasm32-unknown-unknown`.
//! * `serde`: `Serialize` and `Deserialize` for [`Config`].
//! * `rsa`: the methods RSA-SHA1, RSA-SHA256 and RSA-SHA512. It needs the system's randomness.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod canonical;
mod config;
mod method;
mod parameters;
mod placement;
mod protocol;
mod signature;
mod signer;

pub mod flow;
pub mod verify;

pub use config::{AddTo, Config};
/// What every scheme is built from: the crate `countersign-core`.
#[doc(no_inline)]
pub use countersign_core as scheme;
#[doc(no_inline)]
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};
#[doc(no_inline)]
pub use http;
pub use method::SignatureMethod;
pub use signer::Signer;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
