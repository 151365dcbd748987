//! Servers' own halves of the schemes: each lets one user in, and counts.

mod aws_sigv4;
mod digest;
pub mod ntlm;
mod oauth2;

pub use self::aws_sigv4::AwsSigv4;
pub use self::digest::Digest;
pub use self::ntlm::Ntlm;
pub use self::oauth2::Oauth2;

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue, Request, Response};

use crate::stand_in::Place;

/// The user that every guard lets in, and the password.
pub const USER: &str = "Mufasa";
/// See [`USER`].
pub const PASSWORD: &str = "Circle of Life";

/// Stands before a server.
pub trait Guard: Send + Sync {
    /// The answer to a request that is not let in, or that is the scheme's own; `None` lets it in.
    fn answer(&self, place: Place, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>>;

    /// What was counted.
    fn tally(&self) -> &Tally;
}

/// What came by.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests in all, the scheme's own included.
    pub requests: AtomicU64,
    /// Requests that were let in.
    pub let_in: AtomicU64,
    /// Requests with credentials that were not let in, for whatever reason but an old nonce or token.
    pub refused: AtomicU64,
    /// Digest: credentials whose nonce count had been used before.
    pub repeated: AtomicU64,
    /// OAuth 2: tokens that were issued.
    pub tokens: AtomicU64,
}

impl Tally {
    /// One more.
    pub fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// How many.
    #[must_use]
    pub fn of(count: &AtomicU64) -> u64 {
        count.load(Ordering::Relaxed)
    }
}

/// A response.
///
/// # Panics
/// When the status is none.
#[must_use]
pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.into()).unwrap()
}

/// A response with one header more.
///
/// # Panics
/// When the value is none.
#[must_use]
pub fn with(mut response: Response<Vec<u8>>, name: &'static str, value: impl AsRef<[u8]>) -> Response<Vec<u8>> {
    let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
    response.headers_mut().append(HeaderName::from_static(name), value);
    response
}

/// A header's text; empty where there is none.
#[must_use]
pub fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap_or("not ASCII"))
}
