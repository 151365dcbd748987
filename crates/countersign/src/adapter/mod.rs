//! What adapters of HTTP clients share, free of I/O: a [`Journey`] is one caller's request from its first leg to the caller's reply, with
//! every challenge, token request, redirect and proxy on the way; [`Tunnel`] opens a tunnel through a proxy; a [`Session`] is what a caller
//! says besides, and [`Kept`] holds connections that were authenticated.
//!
//! An adapter is a loop over the journey's steps:
//!
//! ```
//! use countersign::adapter::{Journey, Plan};
//! use countersign::{AuthConfig, Authenticator, Error, Payload, Step};
//! use http::{Request, Response};
//!
//! // Stands for a client that follows no redirect.
//! fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Error> {
//!     let mut response = Response::new(request.uri().path().as_bytes().to_vec());
//!     if request.uri().path() == "/old" {
//!         *response.status_mut() = http::StatusCode::FOUND;
//!         response.headers_mut().insert("location", http::HeaderValue::from_static("/new"));
//!     }
//!     Ok(response)
//! }
//!
//! fn run(auth: &Authenticator, request: Request<Payload>) -> Result<Response<Vec<u8>>, Error> {
//!     let (mut journey, mut step) = Journey::start(auth, &Plan::new(), request)?;
//!     let mut last = Response::default();
//!     loop {
//!         step = match step {
//!             Step::Send(request) => {
//!                 last = send(request)?;
//!                 journey.on_response(&last)?
//!             }
//!             Step::Wait(wait) => {
//!                 wait.block();
//!                 journey.resume()?
//!             }
//!             Step::Done => return Ok(last),
//!         };
//!     }
//! }
//!
//! let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
//! let response = run(&auth, Request::get("https://example.com/old").body(Payload::empty())?)?;
//! assert_eq!(response.body(), b"/new");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod journey;
mod kept;
mod plan;
mod session;
#[cfg(test)]
mod tests;
mod through;
mod trace;
mod tunnel;

pub use error::Error;
pub use journey::Journey;
pub use kept::Kept;
pub use plan::{MostRedirects, Plan};
pub use session::Session;
pub use tunnel::Tunnel;
