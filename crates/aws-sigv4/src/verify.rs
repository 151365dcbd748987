//! The server's side: checks a request that was signed in its header or its query.
//!
//! Two stages, so that looking up a key may be async and is your own: [`Verifier::read`] says which key a request
//! names, [`Verifier::verify`] checks it with that key.
//!
//! # Example
//!
//! ```
//! use countersign_aws_sigv4::verify::Verifier;
//! use countersign_aws_sigv4::{Config, Context, Payload, Scheme as _, Secret, Signer, http::Request};
//!
//! let signer = Signer::new(&Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;
//! let (mut parts, ()) = Request::get("https://sqs.eu-west-1.amazonaws.com/queue").body(())?.into_parts();
//! signer.sign(&mut parts, &mut Payload::empty(), &Context::now())?;
//!
//! // Once per server.
//! let verifier = Verifier::new();
//! // For each request; finding the secret is yours, and may be async.
//! let claim = verifier.read(&parts)?;
//! let known = [("AKIDEXAMPLE", Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))];
//! let secret = known.iter().find(|(id, _)| *id == claim.id()).map(|(_, secret)| secret);
//! let verified = verifier.verify(claim, secret, &Payload::empty(), &Context::now())?;
//! assert_eq!((verified.service.as_str(), verified.region.as_str()), ("sqs", "eu-west-1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! That the scope is yours, and not that of another service or region, is for you to check: [`Verified::service`],
//! [`Verified::region`]. So is the session token of temporary credentials: [`Verified::session_token`].
//!
//! # What is not signed
//!
//! Whoever can change a request on its way can change all this, and it still passes:
//!
//! * every header that [`Verified::signed_headers`] does not list. `Host` and every header that begins with `x-amz-` must be listed, but for
//!   `X-Amz-Content-Sha256`, and in a request that is signed in its header `X-Amz-Date`, which are signed all the same, and
//!   `X-Amz-Security-Token`: [`Verified::session_token_is_signed`];
//! * of a signed header: white space around its value, how many spaces or tabs stand in a row, and whether several values stand in one
//!   header, joined by commas, or in several headers of one name;
//! * the body, where [`Verified::payload_hash`] is `UNSIGNED-PAYLOAD` or another marker: [`Verifier::with_payload_hash`] demands a hash.
//!   Of a body that is [`Payload::Streaming`] the hash is yours to check;
//! * of the query: the order of its parameters, how they are percent-encoded (`+` is a space), empty ones (`a&&b`), and whether one
//!   without a value has a `=`;
//! * of the path: for S3, how it is percent-encoded, and whether a slash is written as `%2F`; for all other services, dot segments and
//!   repeated slashes. Route by what they come to, not by the text;
//! * of the URI: scheme, user info, and whether a default port is written; where there is a `Host` header, the host's case, and
//!   whether it stands there at all;
//! * in the `Authorization` header: the order of its fields, and white space around them.
//!
//! # Replays
//!
//! The scheme has no nonce: within the clock's skew, and a presigned URL for as long as it says, the same request passes again. Where
//! that is not wanted, remember [`Verified::replay_key`] in a [`NonceStore`](countersign_core::replay::NonceStore).
//!
//! # Behind a proxy
//!
//! The host is signed. Where a proxy rewrites it, tell the verifier which origin it stands for: [`Verifier::for_origin`]. Path and query
//! are signed as they were sent: where a router strips a prefix (axum's `nest`), put back what its extractor `OriginalUri` holds
//! (`parts.uri = original.0`) before [`Verifier::read`].

mod claim;
#[cfg(test)]
mod tests;
mod verified;

use std::borrow::Cow;

use countersign_core::target::Origin;
use countersign_core::verify::{self, refused, rejected};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret, Signed, query};
use http::header::HOST;
use subtle::ConstantTimeEq as _;

pub use claim::Claim;
#[doc(no_inline)]
pub use countersign_core::verify::Refusal;
use http::request::Parts;
pub use verified::Verified;

use crate::canonical::{self, PathStyle, Query};
use crate::headers::{SignedHeaders, X_AMZ_CONTENT_SHA256, text};
use crate::payload::UNSIGNED_PAYLOAD;
use crate::placement::{push_string_to_sign, split};
use crate::signature::{ALGORITHM, Hex64, SigningKey, sha256_hex};
use crate::signer::signed_host;

/// Checks requests in two stages: [`Verifier::read`] says whose key to find, [`Verifier::verify`] checks with it.
///
/// The checks stand in this order: form, signature, time, body. An unknown key, a wrong signature and an empty secret are refused
/// alike: with the same text, and after the same work.
#[derive(Clone, Debug)]
pub struct Verifier {
    clock_skew: u64,
    origin: Option<Origin>,
    needs_payload_hash: bool,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// Takes a clock skew of 300 seconds, as AWS does, and requests whose body is not signed; stands for any host.
    #[must_use]
    pub const fn new() -> Self {
        Self { clock_skew: 300, origin: None, needs_payload_hash: false }
    }

    /// How far the signed time may be from ours, in seconds, either way. S3 takes 900. A presigned URL counts for as long as it says, but
    /// not before the signed time less this skew.
    #[must_use]
    pub const fn with_clock_skew(mut self, seconds: u64) -> Self {
        self.clock_skew = seconds;
        self
    }

    /// Demands that the signature covers a hash of the whole body: no `UNSIGNED-PAYLOAD`, no signed chunks.
    #[must_use]
    pub const fn with_payload_hash(mut self) -> Self {
        self.needs_payload_hash = true;
        self
    }

    /// Stands for this origin, whatever host the request names: for servers behind a proxy that rewrites it, and so that a request to
    /// another host of the same machine does not count. Clients must have signed the host without its default port.
    #[must_use]
    pub fn for_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Reads which key a request names, and for what. Nothing is believed yet.
    ///
    /// # Errors
    /// [`ErrorKind::NoCredentials`] when the request has no signature of SigV4; [`ErrorKind::InvalidRequest`] when it has two, or one that
    /// cannot be read or contradicts itself: a parameter or header that counts is given twice, the date is not of the scope's day,
    /// `X-Amz-Expires` is not 1 to 604,800 seconds (seven days), the signed headers are not in order or more than 1,024, or the
    /// `Host` header and the URI differ.
    pub fn read<'a>(&self, parts: &'a Parts) -> Result<Claim<'a>, Refusal> {
        let claim = Claim::read(parts)?;
        verify::no_doubles(parts)?;
        verify::host(parts, self.origin.as_ref())?;
        Ok(claim)
    }

    /// Checks a claim with the secret access key of its [`Claim::id`]; `None` where there is no such key.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] for an unknown key, a signature that does not fit, a `host` or `x-amz-*` header that is not signed (S3's
    /// rule, kept here for every service), a time outside the clock's skew, a URL that has expired, or a body that is not the
    /// signed one; [`ErrorKind::PayloadRequired`] when the body is streamed and no header says its hash.
    pub fn verify(
        &self,
        claim: Claim<'_>,
        secret: Option<&Secret>,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        let names: Vec<&str> = claim.signed_headers.split(';').collect();
        check_signed(&claim, &names)?;
        let payload_hash = payload_hash(&claim, payload)?;
        let text = string_to_sign(&claim, &self.canonical_request(&claim, &names, &payload_hash)?);
        check_signature(&claim, secret, &text)?;
        let expires_at = self.check_time(&claim, ctx.unix_time())?;
        self.check_payload(&payload_hash, payload)?;
        let signed_headers = names.into_iter().map(str::to_owned).collect();
        Ok(Verified::new(&claim, signed_headers, payload_hash.into_owned(), (ctx.unix_time(), expires_at)))
    }

    /// What must have been signed, for whoever looks for the difference: the canonical request and the string to sign. Neither signature nor
    /// time is checked.
    ///
    /// # Errors
    /// As [`Verifier::verify`], when a header that is listed as signed is not there, or when the body is needed and not given.
    pub fn explain(&self, claim: &Claim<'_>, payload: &Payload) -> Result<Signed, Refusal> {
        let names: Vec<&str> = claim.signed_headers.split(';').collect();
        let payload_hash = payload_hash(claim, payload)?;
        let canonical = self.canonical_request(claim, &names, &payload_hash)?;
        let string = string_to_sign(claim, &canonical);
        let text = |bytes| String::from_utf8(bytes).map_err(|_| refused("a signed header is not UTF-8"));
        Ok(Signed::default().with_canonical_request(text(canonical)?).with_string_to_sign(text(string)?))
    }

    /// The request as it must have been signed.
    fn canonical_request(&self, claim: &Claim<'_>, names: &[&str], payload_hash: &str) -> Result<Vec<u8>> {
        let parts = claim.parts;
        let host = match &self.origin {
            Some(origin) => Cow::Owned(origin.authority()),
            None => Cow::Borrowed(signed_host(parts)?),
        };
        let mut headers = SignedHeaders::default();
        headers.push("host", host.as_bytes());
        for (name, value) in &parts.headers {
            if name != HOST && names.binary_search(&name.as_str()).is_ok() {
                headers.push(name.as_str(), value.as_bytes());
            }
        }
        headers.sort();
        if headers.names() != *claim.signed_headers {
            return Err(refused("a header that is listed as signed is not there"));
        }
        let edit = claim.is_presigned().then(|| query::Edit::without(&parts.uri, |name| name == b"X-Amz-Signature"));
        let target = match &edit {
            Some(edit) => split(edit.path_and_query()),
            None => (parts.uri.path(), Query::of(parts.uri.query().unwrap_or_default())),
        };
        let mut text = Vec::with_capacity(1024);
        let style = PathStyle::of(claim.service());
        canonical::push_request(&mut text, parts.method.as_str(), target, style, &headers, payload_hash)?;
        Ok(text)
    }

    /// Until when the request counts, if it counts now.
    fn check_time(&self, claim: &Claim<'_>, now: u64) -> Result<u64> {
        if claim.time > now.saturating_add(self.clock_skew) {
            return Err(refused("the request is signed for a time that is yet to come"));
        }
        let expires_at = claim.time.saturating_add(claim.expires.unwrap_or(self.clock_skew));
        if now > expires_at { Err(refused("the request's signature has expired")) } else { Ok(expires_at) }
    }

    /// Whether the body has the signed hash. Where no header said a hash, the signature itself has shown it.
    fn check_payload(&self, payload_hash: &str, payload: &Payload) -> Result<()> {
        if Hex64::parse(payload_hash).is_none() {
            return if self.needs_payload_hash { Err(refused("the request's body is not signed")) } else { Ok(()) };
        }
        match payload.bytes() {
            Some(bytes) if !payload_hash.eq_ignore_ascii_case(sha256_hex(bytes).as_str()) => {
                Err(refused("the request's body is not the signed one"))
            }
            _ => Ok(()),
        }
    }
}

/// What must have been signed of a canonical request.
fn string_to_sign(claim: &Claim<'_>, canonical_request: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    push_string_to_sign(&mut text, ALGORITHM, claim.timestamp.as_str(), claim.scope(), &sha256_hex(canonical_request));
    text
}

/// Refuses headers that are not signed though they can change what the request does (`x-amz-acl`).
fn check_signed(claim: &Claim<'_>, names: &[&str]) -> Result<()> {
    if names.binary_search(&"host").is_err() {
        return Err(refused("the header `host` is not signed"));
    }
    let is_unsigned =
        |name: &str| name.starts_with("x-amz-") && !may_be_unlisted(name, claim) && names.binary_search(&name).is_err();
    if claim.parts.headers.keys().any(|name| is_unsigned(name.as_str())) {
        return Err(refused("an `x-amz-*` header is not signed: it may have been added on the way"));
    }
    Ok(())
}

/// The hash stands in the canonical request, listed or not. So does the date in the string to sign, unless it is the query's. A token
/// outside the signature is AWS IoT's custom.
fn may_be_unlisted(name: &str, claim: &Claim<'_>) -> bool {
    match name {
        "x-amz-content-sha256" => true,
        "x-amz-date" | "x-amz-security-token" => !claim.is_presigned(),
        _ => false,
    }
}

/// What stands for the body in the canonical request.
fn payload_hash<'a>(claim: &Claim<'a>, payload: &Payload) -> Result<Cow<'a, str>> {
    if claim.parts.headers.contains_key(X_AMZ_CONTENT_SHA256) {
        return Ok(Cow::Borrowed(text(&claim.parts.headers, &X_AMZ_CONTENT_SHA256).trim()));
    }
    if claim.is_presigned() && PathStyle::of(claim.service()) == PathStyle::S3 {
        return Ok(Cow::Borrowed(UNSIGNED_PAYLOAD));
    }
    let bytes = payload.bytes().ok_or_else(|| {
        Error::new(ErrorKind::PayloadRequired, "the request's body is signed, is streamed, and no header says its hash")
    })?;
    Ok(Cow::Owned(sha256_hex(bytes).as_str().to_owned()))
}

/// The same work for all: where a key is unknown or its secret empty, a stand-in of a secret's usual length is tried.
fn check_signature(claim: &Claim<'_>, secret: Option<&Secret>, string_to_sign: &[u8]) -> Result<()> {
    let usable = secret.filter(|secret| !secret.is_empty());
    let stand_in = Secret::from("a stand-in, as long as secrets are: 40..");
    let secret = usable.unwrap_or(&stand_in);
    let key = SigningKey::derive(secret, claim.timestamp.date(), claim.region(), claim.service());
    let fits = bool::from(key.sign_hex(string_to_sign).as_bytes().ct_eq(claim.signature.as_bytes()));
    if fits && usable.is_some() { Ok(()) } else { Err(rejected()) }
}
