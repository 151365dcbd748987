//! The server's side: a layer that lets only authenticated requests through to a service, under axum, hyper or tonic.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{Extension, Router, routing::get};
//! use countersign::hawk::verify::{Credentials, Verified, Verifier};
//! use countersign::scheme::replay::MemoryNonceStore;
//! use countersign_tower::verify::{Hawk, VerifyLayer};
//!
//! let hawk = Hawk::new(Verifier::new(), |id: String| async move {
//!     // Your database; an error is answered with 503.
//!     Ok((id == "dh37fgj492je").then(|| Credentials::new("werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn")))
//! });
//! let app: Router = Router::new()
//!     .route("/", get(|Extension(who): Extension<Verified>| async move { format!("hello {}", who.id) }))
//!     .layer(VerifyLayer::new(hawk).with_nonce_store(Arc::new(MemoryNonceStore::default())));
//! ```
//!
//! | scheme | what is looked up | what lands in the extensions | proof of the reply |
//! | --- | --- | --- | --- |
//! | [`AwsSigV4`] | the secret of an [`AccessKey`] | `aws_sigv4::verify::Verified` | |
//! | [`Basic`] | the user of name and password | your own type | |
//! | [`Bearer`] | what a token stands for | your own type, or `oauth2::server::Introspection` | |
//! | [`Digest`] | the account of a [`DigestUser`] | `digest::verify::Verified` | `Authentication-Info` |
//! | [`EdgeGrid`] | the secret of an [`EdgeGridClient`] | `edgegrid::verify::Verified` | |
//! | [`Hawk`] | the credentials of an id | `hawk::verify::Verified` | `Server-Authorization`, if asked for |
//! | [`OAuth1`] | the keys of a [`Consumer`] and its token | `oauth1::verify::Verified` | |
//!
//! Each has a feature of its own, `verify-…`. A scheme of your own implements [`Verify`].
//!
//! # What is answered
//!
//! * 401 with the scheme's challenges, for whatever is refused;
//! * 413 where a body that must be collected is too long;
//! * 503 where a key cannot be looked up, or the nonce store is away or full: nobody is let in then.
//!
//! The reply has no body, and [`Refused`] in its extensions for a log.
//!
//! # Where it stands
//!
//! What is signed is the request as the client sent it. Put the layer outside of what changes it: a router that strips a prefix
//! ([`VerifyLayer::with_uri`] says how to undo that), a layer that decompresses bodies. Behind a proxy that rewrites host or port, tell
//! the scheme's verifier by `for_origin`.
//!
//! A body is collected only where its signature covers it, and for Hawk and AWS Signature V4 only after the signature was
//! seen to be right; all other bodies stay streams. Trailers of a collected body are dropped.
//!
//! # Who is told apart
//!
//! The schemes answer an unknown name and a wrong signature alike, and with the same work. Your look-up should take the same time for both.

#[cfg(feature = "verify-aws-sigv4")]
mod aws_sigv4;
#[cfg(feature = "verify-basic")]
mod basic;
#[cfg(feature = "verify-bearer")]
mod bearer;
#[cfg(feature = "verify-digest")]
mod digest;
#[cfg(feature = "verify-edgegrid")]
mod edgegrid;
#[cfg(feature = "verify-hawk")]
mod hawk;
#[cfg(feature = "verify-bearer")]
mod introspection;
mod layer;
#[cfg(feature = "verify-oauth1")]
mod oauth1;
mod refused;
mod scheme;
mod service;

#[cfg(feature = "verify-aws-sigv4")]
pub use aws_sigv4::{AccessKey, AwsSigV4};
#[cfg(feature = "verify-basic")]
pub use basic::Basic;
#[cfg(feature = "verify-bearer")]
pub use bearer::Bearer;
#[cfg(feature = "verify-digest")]
pub use digest::{Digest, DigestUser};
#[cfg(feature = "verify-edgegrid")]
pub use edgegrid::{EdgeGrid, EdgeGridClient};
#[cfg(feature = "verify-hawk")]
pub use hawk::Hawk;
#[cfg(feature = "verify-bearer")]
pub use introspection::{Introspecting, Introspector};
pub use layer::VerifyLayer;
#[cfg(feature = "verify-oauth1")]
pub use oauth1::{Consumer, OAuth1};
pub use refused::Refused;
pub use scheme::{Looking, Proof, Verify};
pub use service::VerifyService;
