//! [`countersign`] as a [`tower`](https://docs.rs/tower) layer: every scheme, with all its round trips, around any
//! `Service<http::Request<B>>`.
//!
//! ```no_run
//! use bytes::Bytes;
//! use countersign::{AuthConfig, Authenticator};
//! use countersign_tower::AuthLayer;
//! use http_body_util::Full;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower::{ServiceBuilder, ServiceExt as _};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
//! let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
//! let client = ServiceBuilder::new().layer(AuthLayer::new(&auth)).service(client);
//! let response = client.oneshot(http::Request::get("http://example.com/").body(Full::default())?).await?;
//! println!("{}", response.status());
//! # Ok(())
//! # }
//! ```
//!
//! * Layers below this one (timeouts, limits, retries) count for each leg, token requests included; layers above for the whole.
//! * The service must follow no redirects by itself: it would carry a signature to where it does not hold, and a key out of its origin.
//!   [`AuthLayer::with_most_redirects`] follows them here, signed again within the first request's origin, without credentials elsewhere.
//! * User info of a URL is dropped, at first and in `Location`.
//! * A refusal is an ordinary 401.
//!
//! # Bodies
//!
//! A request's body type is `From<Bytes>`, as `Full<Bytes>`, `axum::body::Body` and `reqwest::Body` are: token requests and second legs
//! are made of bytes. A body of known length is collected, up to [`AuthLayer::with_body_limit`], and can be sent again; any other is
//! streamed, once: where a second leg would need it the error says `payload-required`. Response bodies stay streams.
//!
//! # NTLM
//!
//! NTLM authenticates a connection, which must never serve anybody else, and a service's pool cannot promise that. Give the connector
//! that makes your client's connections: [`AuthLayer::with_connector`]. The layer keeps what was authenticated, and later requests go
//! over it in one leg. They do not pass through the service.
//!
//! Over TLS, [`AuthLayer::with_connector_and_certificate`] binds the proof to the server's certificate, which servers may demand.
//!
//! # Proxies
//!
//! [`AuthLayer::with_proxy`] answers the 407 of a proxy that plain requests go through; a [`Tunnel`] is the connector for it, and opens
//! tunnels (`CONNECT`) for `https://` URLs.
//!
//! # Features
//!
//! * `connections` (default): [`AuthLayer::with_connector`] and [`Tunnel`], which need hyper and run connections on tokio.
//! * `verify-aws-sigv4`, `verify-basic`, `verify-bearer`, `verify-digest`, `verify-edgegrid`, `verify-hawk`, `verify-oauth1`: the server's side, in the module
//!   `verify`; `verify` is the part that they share.
//! * `tracing`: spans of exchanges and their legs.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(feature = "connections")]
mod connection;
mod error;
mod layer;
mod run;
mod service;
#[cfg(feature = "connections")]
mod tunnel;

#[cfg(feature = "verify")]
#[cfg_attr(docsrs, doc(cfg(feature = "verify")))]
pub mod verify;

pub use body::ResponseBody;
pub use error::{BoxError, Error};
pub use layer::AuthLayer;
pub use service::AuthService;
#[cfg(feature = "connections")]
pub use tunnel::{Tunnel, Tunnelled};

#[cfg(all(doctest, feature = "connections"))]
#[doc = include_str!("../README.md")]
mod readme {}
