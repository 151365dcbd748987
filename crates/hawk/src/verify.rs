//! The server's side: checks requests, bewits and messages, and proves replies.
//!
//! # Example
//!
//! ```
//! use countersign_hawk::scheme::replay::MemoryNonceStore;
//! use countersign_hawk::verify::{Credentials, Verifier};
//! use countersign_hawk::{Config, Context, Payload, SERVER_AUTHORIZATION, Scheme as _, Signer, http};
//!
//! let signer = Signer::new(&Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))?;
//! let (mut parts, ()) = http::Request::get("https://example.com/").body(())?.into_parts();
//! signer.sign(&mut parts, &mut Payload::empty(), &Context::now())?;
//!
//! // Once per server.
//! let verifier = Verifier::new();
//! let nonces = MemoryNonceStore::default();
//! // For each request; finding the key is yours, and may be async.
//! let claim = verifier.read(&parts)?;
//! let known = [("dh37fgj492je", Credentials::new("werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))];
//! let key = known.iter().find(|(id, _)| *id == claim.id()).map(|(_, key)| key);
//! let verified = verifier.verify(claim, key, &Payload::empty(), &Context::now())?;
//! nonces.remember_now(&verified.replay_key(), verified.expires_at())?;
//!
//! // The reply proves the server in turn.
//! let proof = verified.server_authorization("text/plain", b"hello", "")?;
//! let reply = http::Response::builder().header("content-type", "text/plain").header(SERVER_AUTHORIZATION, proof);
//! signer.check_response(&parts, &reply.body("hello")?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is not signed
//!
//! Whoever can change a request on its way can change all this, and it still passes:
//!
//! * every header but Host; of Host and method, whether letters are in upper or lower case;
//! * the body, and with it its media type, where the client sends no `hash`: [`Verifier::with_payload_hash`] demands one. With a
//!   `hash`, the parameters, the blanks and the case of `Content-Type` are still not signed;
//! * `http` or `https`: only the port is signed;
//! * the id: it only says which key to try. Where two ids have the same key, a request of one passes as the other's;
//! * how the `Authorization` header is written: the order of its attributes, blanks, needless escapes, case of `Hawk`;
//! * with a bewit: GET or HEAD, all headers but Host, the body, where in the query the bewit stands, how its name is percent-encoded;
//! * of a message: nothing.
//!
//! # Behind a proxy
//!
//! Host and port are signed. Where a proxy rewrites them, tell the verifier which origin it stands for: [`Verifier::for_origin`].
//! Path and query are signed as they were sent: where a router strips a prefix (axum's `nest`), give back what the client sent
//! (`OriginalUri`).

mod bewit;
mod message;
mod verified;

use std::borrow::Cow;
use std::fmt;

use countersign_core::target::{Origin, default_port, split_port};
use countersign_core::verify::{self, refused, rejected, unreadable};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret, target};
use http::HeaderValue;
use http::request::Parts;

pub use bewit::{BewitClaim, VerifiedBewit};
pub use countersign_core::verify::Refusal;
pub use message::{MessageClaim, VerifiedMessage};
pub use verified::Verified;

use crate::Algorithm;
use crate::attributes::{Attributes, push_attribute};
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::response::REQUEST;
use crate::signature::{Key, is_same};
use crate::signer::header_value;

/// Checks requests in two stages: [`Verifier::read`] says whose key to find, [`Verifier::verify`] checks with it.
///
/// The checks stand in this order: form, MAC, time, body; the nonce is for the caller's
/// [`NonceStore`](countersign_core::replay::NonceStore). An unknown id, a wrong MAC and an empty key are refused alike: with the same
/// text, and after the same work for keys of SHA-256. (A MAC of SHA-1 takes a little less: where keys of both are in use, the time
/// tells that an id has one of SHA-1.)
#[derive(Clone, Debug)]
pub struct Verifier {
    clock_skew: u64,
    default_port: u16,
    origin: Option<Origin>,
    needs_payload_hash: bool,
}

/// A key, and what it is used with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// The key. An empty one fits no request.
    pub key: Secret,
    /// The algorithm: SHA-256 unless set.
    pub algorithm: Algorithm,
}

impl Credentials {
    /// A key for SHA-256.
    #[must_use]
    pub fn new(key: impl Into<Secret>) -> Self {
        Self { key: key.into(), algorithm: Algorithm::Sha256 }
    }

    /// The same key for this algorithm.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }
}

/// What a request says of itself. Nothing of it is believed yet.
pub struct Claim<'a> {
    attributes: Attributes<'a>,
    target: Target<'a>,
    parts: &'a Parts,
    time: u64,
}

impl Claim<'_> {
    /// Whose key is to be found.
    #[must_use]
    pub fn id(&self) -> &str {
        self.attributes.text("id")
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// Takes a clock skew of 60 seconds, and requests whose body is not signed; stands for any host.
    #[must_use]
    pub const fn new() -> Self {
        Self { clock_skew: 60, default_port: 443, origin: None, needs_payload_hash: false }
    }

    /// How far the signed time may be from ours, in seconds, either way.
    #[must_use]
    pub const fn with_clock_skew(mut self, seconds: u64) -> Self {
        self.clock_skew = seconds;
        self
    }

    /// Demands that requests sign their body. A hash that is there is checked all the same.
    #[must_use]
    pub const fn with_payload_hash(mut self) -> Self {
        self.needs_payload_hash = true;
        self
    }

    /// The port that is meant where neither the Host header nor the URI names one: 443 unless set, which is right for `https`.
    #[must_use]
    pub const fn with_default_port(mut self, port: u16) -> Self {
        self.default_port = port;
        self
    }

    /// Stands for this origin, whatever host and port the request names: for servers behind a proxy that rewrites them, and so
    /// that a request to another host of the same machine does not count.
    #[must_use]
    pub fn for_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Reads what a request says of itself.
    ///
    /// # Errors
    /// [`ErrorKind::NoCredentials`] when there is no Hawk header; [`ErrorKind::InvalidRequest`] when it cannot be read, when the
    /// Host header and the URI differ, or when Host, Content-Type or Authorization is given twice.
    pub fn read<'a>(&self, parts: &'a Parts) -> Result<Claim<'a>, Refusal> {
        self.claim(parts).map_err(refuse)
    }

    fn claim<'a>(&self, parts: &'a Parts) -> Result<Claim<'a>> {
        let header = verify::authorization(parts, "Hawk")?;
        verify::no_doubles(parts)?;
        let attributes = Attributes::of_header(header.as_bytes(), &REQUEST, ErrorKind::InvalidRequest)?;
        if let Some(missing) = ["id", "ts", "nonce", "mac"].iter().find(|name| attributes.text(name).is_empty()) {
            return Err(unreadable(format!("the Hawk header has no `{missing}`")));
        }
        // It would be taken for signed.
        if attributes.text("app").is_empty() && !attributes.text("dlg").is_empty() {
            return Err(unreadable("the Hawk header has a `dlg`, which is only signed together with `app`"));
        }
        let time = seconds(attributes.text("ts"));
        let time = time.ok_or_else(|| unreadable("`ts` of the Hawk header is not a number of seconds"))?;
        let (host, port) = self.place(parts)?;
        let target = Target::new(parts.method.as_str(), &parts.uri, host, port);
        Ok(Claim { attributes, target, parts, time })
    }

    /// The host and port that a request is addressed to.
    fn place<'a>(&self, parts: &'a Parts) -> Result<(Cow<'a, str>, u16)> {
        let host = verify::host(parts, self.origin.as_ref())?;
        let scheme = self.origin.as_ref().map(Origin::scheme).or_else(|| parts.uri.scheme_str());
        let port = split_port(&host).1.or_else(|| default_port(scheme?)).unwrap_or(self.default_port);
        let host = match host {
            Cow::Borrowed(host) => Cow::Borrowed(split_port(host).0),
            Cow::Owned(host) => Cow::Owned(split_port(&host).0.to_owned()),
        };
        Ok((host, port))
    }

    /// Checks a claim with the key of its id; `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] for what is refused; [`ErrorKind::PayloadRequired`] when the body is signed and streamed. A request that
    /// is right but for its time gets a challenge that says and proves ours, so that the client can sign again.
    pub fn verify(
        &self,
        claim: Claim<'_>,
        key: Option<&Credentials>,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        let Claim { attributes, target, parts, time } = claim;
        let artifacts = Artifacts {
            ts: attributes.text("ts"),
            nonce: attributes.text("nonce"),
            hash: attributes.text("hash"),
            ext: attributes.text("ext"),
            app: attributes.text("app"),
            dlg: attributes.text("dlg"),
        };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Header, &target, &artifacts);
        let key = fitting(key, &text, attributes.text("mac"))?;
        self.check_time(&key, time, ctx)?;
        self.check_payload(&key, parts, payload, artifacts.hash).map_err(refuse)?;
        let expires_at = time.saturating_add(self.clock_skew);
        Ok(Verified::new(attributes.text("id"), &artifacts, target, key, (ctx.unix_time(), expires_at)))
    }

    fn check_payload(&self, key: &Key, parts: &Parts, payload: &Payload, hash: &str) -> Result<()> {
        if hash.is_empty() {
            return if self.needs_payload_hash { Err(refused("the request's body is not signed")) } else { Ok(()) };
        }
        let Some(bytes) = payload.bytes() else {
            return Err(Error::new(ErrorKind::PayloadRequired, "the body's hash is signed, and the body is streamed"));
        };
        if !is_same(&key.payload_hash(&target::media_type(&parts.headers), bytes), hash) {
            return Err(refused("the request's body is not the signed one"));
        }
        Ok(())
    }

    /// Only a client that has the key is told our time.
    fn check_time(&self, key: &Key, time: u64, ctx: &Context) -> Result<(), Refusal> {
        let now = ctx.unix_time();
        if time.abs_diff(now) <= self.clock_skew {
            return Ok(());
        }
        let (mut challenge, ts) = (String::new(), now.to_string());
        push_attribute(&mut challenge, "Hawk ts", &ts);
        push_attribute(&mut challenge, ", tsm", &key.timestamp_mac(&ts));
        push_attribute(&mut challenge, ", error", "Stale timestamp");
        let error = refused("the request's time is too far from the server's");
        Err(Refusal::new(error).with_challenges([header_value(challenge)?]))
    }
}

/// The key, if this is its MAC of the text.
fn fitting(credentials: Option<&Credentials>, text: &str, mac: &str) -> Result<Key, Refusal> {
    let usable = credentials.filter(|credentials| !credentials.key.is_empty());
    let key = usable.and_then(|credentials| Key::new(&credentials.algorithm, credentials.key.expose()).ok());
    // The same work for all, and nothing fits the stand-in.
    let (key, is_real) = key.map_or_else(|| (Key::stand_in(), false), |key| (key, true));
    if key.is_mac(text, mac) && is_real { Ok(key) } else { Err(refuse(rejected())) }
}

fn refuse(error: Error) -> Refusal {
    Refusal::new(error).with_challenges([HeaderValue::from_static("Hawk")])
}

/// Digits and nothing else.
fn seconds(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Shows whose claim it is, and no more.
impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id()).finish_non_exhaustive()
    }
}
