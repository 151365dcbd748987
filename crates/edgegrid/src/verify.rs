//! The server's side: checks a signed request. For tests and stand-ins of Akamai's APIs.
//!
//! ```
//! use countersign_core::{Context, Payload, Scheme as _, Secret};
//! use countersign_edgegrid::{Config, Signer, verify::Verifier};
//! use http::Request;
//!
//! let signer = Signer::new(&Config::new("access", "client", "secret"))?;
//! let (mut parts, mut payload) = Request::post("https://akab.example/ccu").body(Payload::from("{}"))?.into_parts();
//! signer.sign(&mut parts, &mut payload, &Context::now())?;
//!
//! let verifier = Verifier::new(|client_token: &str, access_token: &str| {
//!     ((client_token, access_token) == ("client", "access")).then(|| Secret::from("secret"))
//! });
//! verifier.verify(&parts, &payload, &Context::now())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use countersign_core::replay::{MemoryNonceStore, NonceStore};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret, target};
use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq as _;

use crate::canonical::{self, Target};
use crate::config::max_body;
use crate::signature::{Key, LENGTH};
use crate::timestamp::unix_time;

/// Checks signatures, given a way to find the client secret of a client token and an access token.
pub struct Verifier<F> {
    secret: F,
    nonces: Box<dyn NonceStore>,
    /// How far the signed time may be from ours, in seconds, either way: 30 unless set, as Akamai.
    pub clock_skew: u64,
    /// The scheme of the URIs that are signed, for requests whose own is in origin form: `https` unless set.
    pub scheme: &'static str,
    /// The headers that clients sign, in order: none unless set.
    pub headers_to_sign: Vec<HeaderName>,
    /// How many bytes of a POST's body are hashed at most: 131,072 unless set. What follows is not signed.
    pub max_body: u64,
}

/// Who signed a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The client.
    pub client_token: String,
    /// Its access token.
    pub access_token: String,
}

impl<F: Fn(&str, &str) -> Option<Secret>> Verifier<F> {
    /// `secret` finds the client secret of a client token and an access token; `None` where either is unknown.
    #[must_use]
    pub fn new(secret: F) -> Self {
        let nonces = Box::new(MemoryNonceStore::default());
        Self { secret, nonces, clock_skew: 30, scheme: "https", headers_to_sign: Vec::new(), max_body: max_body() }
    }

    /// Remembers nonces in this store instead of the process's memory.
    #[must_use]
    pub fn with_nonce_store(mut self, store: impl NonceStore + 'static) -> Self {
        self.nonces = Box::new(store);
        self
    }

    /// Checks a request as it came in.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidRequest`] when there is no signature, or one that cannot be read; [`ErrorKind::PayloadRequired`] when
    ///   a POST's body is streamed.
    /// * [`ErrorKind::Rejected`] for unknown tokens, a signature that differs, a time outside [`Verifier::clock_skew`], or a nonce
    ///   seen before.
    pub fn verify(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Verified> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or_else(|| unreadable("it is not signed"))?;
        if values.next().is_some() {
            return Err(unreadable("it has two Authorization headers"));
        }
        let header =
            str::from_utf8(value.as_bytes()).map_err(|_| unreadable("its Authorization header is not UTF-8"))?;
        let (unsigned, signature) =
            header.split_once("signature=").ok_or_else(|| unreadable("its Authorization header has no signature"))?;
        let fields =
            unsigned.strip_prefix("EG1-HMAC-SHA256 ").ok_or_else(|| unreadable("it is not of EG1-HMAC-SHA256"))?;
        let field = |name: &str| {
            let mut values =
                fields.split(';').filter_map(|field| field.split_once('=')).filter(|(known, _)| *known == name);
            match (values.next(), values.next()) {
                (Some((_, value)), None) if !value.is_empty() => Ok(value),
                _ => Err(unreadable(&format!("its Authorization header has no single `{name}`"))),
            }
        };
        let (client_token, access_token) = (field("client_token")?, field("access_token")?);
        let (timestamp, nonce) = (field("timestamp")?, field("nonce")?);
        let time =
            unix_time(timestamp).ok_or_else(|| unreadable("its time is not of the form 20140321T19:34:21+0000"))?;
        if time.abs_diff(ctx.unix_time()) > self.clock_skew {
            return Err(rejected("its time is too far from ours"));
        }

        let path_and_query = target::path_and_query(&parts.uri);
        let target = Target {
            scheme: parts.uri.scheme_str().unwrap_or(self.scheme),
            host: target::host(parts)?,
            path_and_query: &path_and_query,
        };
        let content = canonical::content(parts, payload, self.max_body)?;
        let mut text = String::with_capacity(512);
        canonical::push_request(&mut text, parts, target, &self.headers_to_sign, content)?;
        text.push_str(unsigned);
        let secret = (self.secret)(client_token, access_token).ok_or_else(|| rejected("its tokens are unknown"))?;
        let mut expected = [0; LENGTH];
        let expected = Key::new(&secret)?.signature_in(timestamp, &text, &mut expected)?;
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return Err(rejected("its signature is not that of this request"));
        }
        let key = format!("{client_token};{nonce}");
        if !countersign_core::replay::remember_ready(
            &*self.nonces,
            &key,
            time.saturating_add(self.clock_skew),
            ctx.unix_time(),
        ) {
            return Err(rejected("its nonce was seen before"));
        }
        Ok(Verified { client_token: client_token.to_owned(), access_token: access_token.to_owned() })
    }
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request cannot be verified: {why}"))
}

fn rejected(why: &str) -> Error {
    Error::new(ErrorKind::Rejected, format!("the request is refused: {why}"))
}

impl<F> fmt::Debug for Verifier<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("clock_skew", &self.clock_skew).finish_non_exhaustive()
    }
}
