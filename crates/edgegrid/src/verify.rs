//! The server's side: checks signed requests. For tests, and for stand-ins of Akamai's APIs.
//!
//! # Example
//!
//! ```
//! use countersign_edgegrid::scheme::replay::MemoryNonceStore;
//! use countersign_edgegrid::verify::Verifier;
//! use countersign_edgegrid::{Config, Context, ErrorKind, Payload, Scheme as _, Secret, Signer, http};
//!
//! let signer = Signer::new(&Config::new("access", "client", "the client secret="))?;
//! let request = http::Request::post("https://akab.example/ccu").body(Payload::from("{}"))?;
//! let (mut parts, mut payload) = request.into_parts();
//! signer.sign(&mut parts, &mut payload, &Context::now())?;
//!
//! // Once per server.
//! let (verifier, nonces) = (Verifier::new(), MemoryNonceStore::default());
//! // For each request. Finding the secret is yours, and may be async: `None` where a token is unknown, or they are not one client's.
//! let claim = verifier.read(&parts)?;
//! let secret = ((claim.id(), claim.access_token()) == ("client", "access")).then(|| Secret::from("the client secret="));
//! let verified = verifier.verify(claim, secret.as_ref(), &payload, &Context::now())?;
//! assert_eq!(verified.client_token, "client");
//!
//! // A nonce counts once.
//! nonces.remember_now(&verified.replay_key(), verified.expires_at())?;
//! let again = nonces.remember_now(&verified.replay_key(), verified.expires_at());
//! assert_eq!(again.unwrap_err().kind(), ErrorKind::Rejected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is not signed
//!
//! Whoever can change a request on its way can change all this, and it still passes:
//!
//! * every header but Host and those of [`Verifier::with_headers_to_sign`]; of these, white space at the ends, how much of it stands
//!   within, and whether an empty one is there at all;
//! * the body of every method but POST; of a POST's body what follows the first [`Verifier::with_max_body`] bytes. See
//!   [`Verified::payload_is_signed`];
//! * letter case of the method;
//! * where the URI is absolute and there is a Host header: the letter case of the URI's host, and whether it names its scheme's own
//!   port. The Host header is signed as it is;
//! * with [`Verifier::for_origin`], scheme and host as the request names them.
//!
//! The whole `Authorization` header is signed, byte for byte.
//!
//! # Behind a proxy
//!
//! Scheme and host are signed, letter for letter. Where a proxy rewrites them, tell the verifier which origin it stands for:
//! [`Verifier::for_origin`]. Path and query are signed as they were sent: where a router strips a prefix (axum's `nest`), give back
//! what the client sent (`OriginalUri`).

mod claim;
mod verified;

use countersign_core::target::Origin;
use countersign_core::verify::{refused, rejected};
use countersign_core::{Context, Payload, Result, Secret, target};
use http::HeaderName;
use http::request::Parts;
use http::uri::Scheme;

pub use claim::Claim;
pub use countersign_core::verify::Refusal;
pub use verified::Verified;

use crate::canonical::{self, Target};
use crate::config::max_body;
use crate::signature::Key;

/// Checks requests in two stages: [`Verifier::read`] says whose secret to find, [`Verifier::verify`] checks with it.
///
/// The checks stand in this order: form, MAC, time; the nonce is for the caller's
/// [`NonceStore`](countersign_core::replay::NonceStore). Unknown tokens, a wrong MAC and an empty secret are refused alike: with the
/// same kind and text, and after the same work.
#[derive(Clone, Debug)]
pub struct Verifier {
    clock_skew: u64,
    scheme: Scheme,
    origin: Option<Origin>,
    headers_to_sign: Vec<HeaderName>,
    max_body: u64,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// A verifier with a clock skew of 30 seconds, as Akamai's, for clients that sign no headers and the first 131,072 bytes of a
    /// POST's body; it stands for any host.
    #[must_use]
    pub fn new() -> Self {
        Self { clock_skew: 30, scheme: Scheme::HTTPS, origin: None, headers_to_sign: Vec::new(), max_body: max_body() }
    }

    /// How far the signed time may be from the context's, in seconds, either way.
    #[must_use]
    pub const fn with_clock_skew(mut self, seconds: u64) -> Self {
        self.clock_skew = seconds;
        self
    }

    /// The scheme that is meant where the request's URI names none, as in HTTP/1.1: `https` unless set.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// The headers that clients sign, in their order.
    #[must_use]
    pub fn with_headers_to_sign(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.headers_to_sign = names.into_iter().collect();
        self
    }

    /// How many bytes of a POST's body are hashed at most. What follows is not signed.
    #[must_use]
    pub const fn with_max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// Stands for this origin, whatever scheme and host the request names: for servers behind a proxy that rewrites them, and so
    /// that a request to another host of the same machine does not count. Clients must have signed its host in lower case, and
    /// its port only where it is not the scheme's own.
    #[must_use]
    pub fn for_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Reads what a request says of itself.
    ///
    /// # Errors
    /// * [`ErrorKind::NoCredentials`](countersign_core::ErrorKind::NoCredentials) when there is no `Authorization` of
    ///   `EG1-HMAC-SHA256`.
    /// * [`ErrorKind::InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) when it cannot be read, when Host header and URI
    ///   name different hosts, and for two `Authorization`, `Host` or `Content-Type` headers.
    pub fn read<'a>(&self, parts: &'a Parts) -> Result<Claim<'a>, Refusal> {
        Claim::read(parts, self.origin.as_ref()).map_err(Refusal::new)
    }

    /// Checks a claim with the client secret of its tokens; `None` where they are unknown.
    ///
    /// # Errors
    /// * [`ErrorKind::Rejected`](countersign_core::ErrorKind::Rejected) for what is refused.
    /// * [`ErrorKind::InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) when a header to sign occurs twice or is not UTF-8.
    /// * [`ErrorKind::PayloadRequired`](countersign_core::ErrorKind::PayloadRequired) when a POST's body is streamed.
    pub fn verify(
        &self,
        claim: Claim<'_>,
        secret: Option<&Secret>,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        let parts = claim.parts;
        let content = canonical::content(parts, payload, self.max_body)?;
        let path_and_query = target::path_and_query(&parts.uri);
        let scheme = self.origin.as_ref().map(Origin::scheme).or_else(|| parts.uri.scheme_str());
        let target = Target {
            scheme: scheme.unwrap_or(self.scheme.as_str()),
            host: &claim.host,
            path_and_query: &path_and_query,
        };
        let mut text = String::with_capacity(512);
        canonical::push_request(&mut text, parts, target, &self.headers_to_sign, content)?;
        text.push_str(claim.unsigned);

        check_signature(&claim, secret, &text)?;
        if claim.time.abs_diff(ctx.unix_time()) > self.clock_skew {
            return Err(refused("the request's time is too far from the server's").into());
        }
        let whole = payload.bytes().is_some_and(|bytes| bytes.len() == content.len());
        Ok(Verified {
            client_token: claim.client_token.to_owned(),
            access_token: claim.access_token.to_owned(),
            payload_is_signed: canonical::signs_body(parts) && whole,
            nonce: claim.nonce.to_owned(),
            seen_at: ctx.unix_time(),
            expires_at: claim.time.saturating_add(self.clock_skew),
        })
    }
}

fn check_signature(claim: &Claim<'_>, secret: Option<&Secret>, text: &str) -> Result<()> {
    let key = secret.filter(|secret| !secret.is_empty()).map(Key::new);
    // The same work for all, and nothing fits the stand-in.
    let (key, is_known) = key.map_or_else(|| (Key::stand_in(), false), |key| (key, true));
    if key.is_signature(claim.timestamp, text, claim.signature) && is_known { Ok(()) } else { Err(rejected()) }
}
