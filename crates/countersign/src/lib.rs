//! HTTP authentication for any client: one [`AuthConfig`], applied to any [`http::Request`].
//!
//! Nothing here sends anything. You sign, you send, and for schemes in which the server answers back you hand the reply to
//! an [`Exchange`], which says what to send next.
//!
//! # Sign one request
//!
//! ```
//! # #[cfg(all(feature = "serde", feature = "basic"))] {
//! use countersign::{AuthConfig, Authenticator, Context};
//!
//! // A config is data: write it in code, or read it from a file.
//! let config: AuthConfig = serde_json::from_str(r#"{ "type": "basic", "username": "Aladdin", "password": "open sesame" }"#)?;
//! let auth = Authenticator::new(&config)?;
//!
//! let request = http::Request::post("https://api.example.com/items").body("{}")?;
//! let request = auth.sign_request(request, &Context::now())?;
//! assert_eq!(request.headers()["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Hold a conversation
//!
//! [`Authenticator::drive`] and [`Authenticator::drive_async`] send whatever the scheme takes, over your client. They are this one
//! loop, which serves every scheme, those of a single message too; `send` stands for your client:
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Context, Payload, Step};
//! use http::{Request, Response};
//!
//! fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> {
//!     Ok(Response::new(Vec::new()))
//! }
//!
//! let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
//! let request = Request::get("https://api.example.com/items").body(())?;
//!
//! let (mut exchange, mut step) = auth.start(request, &Context::now());
//! let mut response = None;
//! let response = loop {
//!     match step {
//!         Step::Send(request) => {
//!             let reply = response.insert(send(request)?);
//!             step = exchange.on_response(reply.status(), reply.headers(), reply.body(), &Context::now());
//!         }
//!         Step::Wait(turn) => {
//!             turn.wait(); // or `turn.await`
//!             step = exchange.resume(&Context::now());
//!         }
//!         Step::Done => break response,
//!         Step::Failed(why) => return Err(why.into()),
//!     }
//! };
//! assert!(response.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # See what was signed
//!
//! With [`Context::explaining`], [`Signed`] holds the canonical request and the string to sign: the first thing to compare
//! when a server says 403.
//!
//! # Features
//!
//! One a scheme, named as its module, and `serde`; all are on by default, and each compiles alone.

mod authenticator;
mod config;
mod drive;
#[cfg(feature = "serde")]
mod variables;

pub mod api_key;
pub mod bearer;
#[cfg(feature = "redirect")]
pub mod redirect;

pub use authenticator::Authenticator;
pub use config::AuthConfig;
pub use countersign_core::{
    Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Scheme, Secret, Signed, Step, Wait,
};

#[cfg(feature = "aws-sigv4")]
#[doc(inline)]
pub use countersign_aws_sigv4 as aws_sigv4;
#[cfg(feature = "basic")]
#[doc(inline)]
pub use countersign_basic as basic;
#[doc(inline)]
pub use countersign_core as core;
#[cfg(feature = "digest")]
#[doc(inline)]
pub use countersign_digest as digest;
#[cfg(feature = "edgegrid")]
#[doc(inline)]
pub use countersign_edgegrid as edgegrid;
#[cfg(feature = "hawk")]
#[doc(inline)]
pub use countersign_hawk as hawk;
#[cfg(feature = "ntlm")]
#[doc(inline)]
pub use countersign_ntlm as ntlm;
#[cfg(feature = "oauth1")]
#[doc(inline)]
pub use countersign_oauth1 as oauth1;
#[cfg(feature = "oauth2")]
#[doc(inline)]
pub use countersign_oauth2 as oauth2;

#[cfg(all(doctest, feature = "default"))]
#[doc = include_str!("../README.md")]
mod readme {}
