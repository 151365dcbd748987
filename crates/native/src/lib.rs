//! A person's consent at a native program, in one call (RFC 8252): the browser, a listener on loopback, or the device flow.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use countersign_native::Login;
//! use countersign_oauth2::http::{Request, Response};
//! use countersign_oauth2::{AuthorizationCode, Config, Payload, Session};
//!
//! # async fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> { unimplemented!() }
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let grant = AuthorizationCode::new("https://as.example/auth", "https://as.example/token", "app", "http://127.0.0.1/callback");
//! let session = Arc::new(Session::new(&Config::of(grant))?); // `.with_store(…)` keeps the token for the next time
//!
//! if session.token(&countersign_oauth2::Context::now()).await?.is_none() {
//!     // `send` is your HTTP client: one with a timeout, that follows no redirects.
//!     Login::new(&session).with_program("Photo printer").run(send).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What happens
//!
//! 1. It listens where `callback_url` says: `http` on `127.0.0.1`, `[::1]` or `localhost`. Without a port there, on a free one: servers
//!    must allow that for native programs (RFC 8252 section 7.3).
//! 2. It tells the person which page to open ([`Login::with_notice`]), and opens it in their browser.
//! 3. When the browser comes back with the answer, it redeems the code through your client, keeps the token in the session, and shows the
//!    person a page that says so.
//!
//! Where no browser can be opened, and [`Login::or_device`] names the endpoint, the person types a code in at another device (RFC 8628). A
//! session whose grant is the device code does so at once.
//!
//! # What the listener takes
//!
//! One answer: GET, exactly the path, with our `Host` (against DNS rebinding) and our `state`. Everything else is refused, and does not end
//! the waiting: a browser's connections ahead, its search for an icon, another page's forged callback. At most 16 connections are open; the
//! oldest gives way. A request's head may have 16 KiB and take 30 seconds.
//!
//! # What is opened
//!
//! Pages only: `http` or `https` with a host, in visible ASCII. No server's word makes the system start a program or open a file.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod browser;
mod callback;
mod client;
mod device;
mod listener;
mod login;
mod page;

pub use login::{Login, Notice};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
