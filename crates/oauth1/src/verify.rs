//! The provider's side: who signed a request, and whether the signature is right.
//!
//! # Example
//!
//! ```
//! use countersign_oauth1::scheme::replay::MemoryNonceStore;
//! use countersign_oauth1::verify::{Keys, Verifier};
//! use countersign_oauth1::{Config, Context, ErrorKind, Payload, Scheme as _, Signer, http};
//!
//! let signer = Signer::new(&Config::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44"))?;
//! let request = http::Request::get("https://photos.example.net/photos?size=original");
//! let (mut parts, mut payload) = request.body(Payload::empty())?.into_parts();
//! signer.sign(&mut parts, &mut payload, &Context::now())?;
//!
//! // Once per server.
//! let (verifier, nonces) = (Verifier::new(), MemoryNonceStore::default());
//! // For each request. Finding the keys is yours, and may be async: `None` where the consumer is unknown, or the token is unknown or
//! // another consumer's.
//! let claim = verifier.read(&parts, &payload)?;
//! let keys = (claim.id() == "dpf43f3p2l4k3l03" && claim.token().is_none()).then(|| Keys::new("kd94hf93k423kf44"));
//! let verified = verifier.verify(claim, keys.as_ref(), &payload, &Context::now())?;
//! assert_eq!(verified.consumer_key, "dpf43f3p2l4k3l03");
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
//! Whatever else of a request changes, the signature no longer fits. These may change on the way (RFC 5849 section 3.4.1):
//!
//! * every header but the parameters of `Authorization: OAuth`; of that header the realm, the order and the spacing;
//! * a body that is not a form, unless its hash is signed: see [`Verified::body_is_signed`];
//! * whether a parameter stands in the header, the query or a form body, the order of parameters, and how they are
//!   percent-encoded; pairs without name and value, and whether `a` or `a=` is written;
//! * letter case of method, scheme and host; the port, if it is the scheme's own; whether an empty path or `/` is written; the
//!   version of HTTP;
//! * with PLAINTEXT everything but the consumer key, the token and the method: it proves the secrets by sending them.
//!
//! # Where it stands
//!
//! * The nonce is the caller's to remember, as above; without it, a request can be replayed for twice the clock skew.
//! * Host, port and scheme are those that the client signed. Behind a proxy that changes them, name the public origin:
//!   [`Verifier::for_origin`]. A framework that changes the path of nested routes has the original URI somewhere (axum's `nest`:
//!   `OriginalUri`): verify that.
//! * An RSA signature takes longer to check with a longer key. For an unknown consumer one of 2,048 bits is taken.

use std::fmt;
use std::sync::LazyLock;

use countersign_core::challenge::push_quoted;
use countersign_core::replay::ReplayKey;
use countersign_core::target::Origin;
use countersign_core::verify::{Refusal, refused, rejected};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Signed};
use http::HeaderValue;
use http::request::Parts;

use crate::{SignatureMethod, signature};

mod claim;
mod keys;

pub use claim::Claim;
pub use keys::Keys;

/// Checks signatures by one policy. It holds no keys and no nonces, and looks nothing up.
#[derive(Clone)]
pub struct Verifier {
    clock_skew: u64,
    origin: Option<Origin>,
    plaintext_off_tls: bool,
    challenge: HeaderValue,
}

impl Verifier {
    /// A verifier whose clock may differ by 300 seconds from the client's, either way.
    #[must_use]
    pub const fn new() -> Self {
        Self { clock_skew: 300, origin: None, plaintext_off_tls: false, challenge: HeaderValue::from_static("OAuth") }
    }

    /// How far the signed time may be from the context's, in seconds, either way.
    #[must_use]
    pub const fn with_clock_skew(mut self, seconds: u64) -> Self {
        self.clock_skew = seconds;
        self
    }

    /// Takes requests that were signed for this origin, whatever `Host` and URI say: for a server behind a proxy that changes them.
    /// Without it, they are signed for the host that `Host` and the URI's authority agree on, and for `https` where the URI names
    /// no scheme.
    #[must_use]
    pub fn for_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Takes PLAINTEXT even where neither the origin nor the request's URI says that it came over TLS: whoever listened has the
    /// secrets (RFC 5849 section 3.4.4). The consumer's [`Keys`] must name the method all the same.
    #[must_use]
    pub const fn with_plaintext_off_tls(mut self) -> Self {
        self.plaintext_off_tls = true;
        self
    }

    /// Names a realm in the challenge of refusals: `OAuth realm="…"`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for control characters, which no header can hold.
    pub fn with_realm(mut self, realm: &str) -> Result<Self> {
        let mut challenge = b"OAuth realm=".to_vec();
        push_quoted(&mut challenge, realm.as_bytes());
        self.challenge = HeaderValue::from_bytes(&challenge).map_err(|err| {
            Error::new(ErrorKind::InvalidConfig, "the realm holds what no header can hold").with_source(err)
        })?;
        Ok(self)
    }

    /// Reads who says that they signed a request. The payload is needed because parameters may be in a form body.
    ///
    /// # Errors
    /// * [`ErrorKind::NoCredentials`] when there is no signature.
    /// * [`ErrorKind::InvalidRequest`] when a protocol parameter is missing, occurs twice or cannot be read, when the form body
    ///   cannot be read, when `Host` and the URI name different hosts, and for two `Authorization`, `Host` or `Content-Type` headers.
    /// * [`ErrorKind::UnsupportedAlgorithm`] for an unknown method.
    /// * [`ErrorKind::PayloadRequired`] when a form body is streamed.
    /// * [`ErrorKind::Rejected`] for PLAINTEXT where it is not taken.
    pub fn read<'a>(&self, parts: &'a Parts, payload: &'a Payload) -> Result<Claim<'a>, Refusal> {
        Claim::read(self, parts, payload).map_err(|error| self.refusal(error))
    }

    /// Checks a claim with the keys of its consumer and token; `None` where either is unknown. `payload` is the one that the claim
    /// was read from.
    ///
    /// # Errors
    /// * [`ErrorKind::Rejected`]. Unknown keys, a method that they do not name, an empty secret and a wrong signature are told
    ///   apart by nothing: neither kind, nor text, nor work. A time outside the clock skew, and a body that differs from its hash,
    ///   are told to those whose signature is right.
    /// * [`ErrorKind::PayloadRequired`] when a hashed body is streamed.
    pub fn verify(
        &self,
        claim: Claim<'_>,
        keys: Option<&Keys>,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        self.check(&claim, keys, payload, ctx).map_err(|error| self.refusal(error))
    }

    /// What must have been signed, for whoever looks for the difference: the base string. Neither signature nor time is checked.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the payload is not the one that the claim was read from.
    pub fn explain(&self, claim: &Claim<'_>, payload: &Payload) -> Result<Signed, Refusal> {
        let base_string = claim.base_string(payload).map_err(|error| self.refusal(error))?;
        Ok(Signed::default().with_string_to_sign(base_string))
    }

    fn check(&self, claim: &Claim<'_>, keys: Option<&Keys>, payload: &Payload, ctx: &Context) -> Result<Verified> {
        let base_string = claim.base_string(payload)?;
        if !is_signed(claim, keys, &base_string) {
            return Err(rejected());
        }
        if claim.time().abs_diff(ctx.unix_time()) > self.clock_skew {
            return Err(refused("the timestamp is too far from the server's time"));
        }
        let body_is_signed = claim.check_body(payload)?;
        let owned = |name| claim.optional(name).map(str::to_owned);
        let token = claim.token().map(str::to_owned);
        // A nonce is unique for a timestamp and a token (RFC 5849 section 3.3); the length keeps one from running into the next.
        let shown = token.as_deref().unwrap_or_default();
        let nonce = format!("{}:{}:{shown}:{}", claim.time(), shown.len(), claim.nonce());
        Ok(Verified {
            consumer_key: claim.id().to_owned(),
            token,
            signature_method: claim.signature_method().clone(),
            callback: owned("oauth_callback"),
            verifier: owned("oauth_verifier"),
            body_is_signed,
            nonce,
            seen_at: ctx.unix_time(),
            expires_at: claim.time().saturating_add(self.clock_skew),
        })
    }

    /// What to answer when the nonce store refuses what was verified, or when keys cannot be looked up.
    #[must_use]
    pub fn refusal(&self, error: Error) -> Refusal {
        Refusal::new(error).with_challenges([self.challenge.clone()])
    }
}

/// Whether the keys are usable, and the signature is theirs. Where they are not, the same work is done with others.
fn is_signed(claim: &Claim<'_>, keys: Option<&Keys>, base_string: &str) -> bool {
    static STAND_IN: LazyLock<Keys> = LazyLock::new(Keys::stand_in);
    let usable = keys.filter(|keys| keys.can_verify(claim.signature_method(), claim.token().is_some()));
    let (keys, are_usable) = usable.map_or_else(|| (&*STAND_IN, false), |keys| (keys, true));
    are_usable & signature::is_of(keys, claim.signature_method(), base_string.as_bytes(), claim.signature().as_bytes())
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("clock_skew", &self.clock_skew)
            .field("origin", &self.origin)
            .field("plaintext_off_tls", &self.plaintext_off_tls)
            .finish_non_exhaustive()
    }
}

/// Who signed a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The consumer.
    pub consumer_key: String,
    /// The token, if there is one.
    pub token: Option<String>,
    /// The method.
    pub signature_method: SignatureMethod,
    /// `oauth_callback`, in a request for temporary credentials.
    pub callback: Option<String>,
    /// `oauth_verifier`, in a request for token credentials. That it is the right one is the caller's to check.
    pub verifier: Option<String>,
    /// Whether the signature covers the body: it is a form, its signed hash was seen to be right, or there is none. With PLAINTEXT
    /// nothing is covered, whatever this says.
    pub body_is_signed: bool,
    nonce: String,
    seen_at: u64,
    expires_at: u64,
}

impl Verified {
    /// What is unique about the request: give it to a [`NonceStore`](countersign_core::replay::NonceStore), and refuse the request if
    /// that has seen it.
    #[must_use]
    pub fn replay_key(&self) -> ReplayKey<'_> {
        ReplayKey::new("oauth1", &self.consumer_key, &self.nonce, self.seen_at)
    }

    /// When the request no longer verifies, so that its nonce may be forgotten, in seconds since the Unix epoch.
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }
}

#[cfg(test)]
mod tests;
