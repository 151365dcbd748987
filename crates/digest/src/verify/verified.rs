use std::fmt;

use countersign_core::challenge::push_quoted;
use countersign_core::replay::ReplayKey;
use countersign_core::{Error, ErrorKind, Result};
use http::HeaderValue;

use crate::Qop;
use crate::algorithm::Function;
use crate::canonical::{a2, between, response};
use crate::signature::Hash;

/// An answer that is right. That it is new is for the caller's [`NonceStore`](countersign_core::replay::NonceStore) to say.
#[derive(Clone)]
#[non_exhaustive]
pub struct Verified {
    /// Who it is: the account's name.
    pub username: String,
    /// What the answer covers: with [`Qop::AuthInt`] the body too.
    pub qop: Qop,
    pub(super) function: Function,
    /// After `H(A1):nonce:`.
    pub(super) prefix: Hash,
    pub(super) uri: String,
    pub(super) nc: String,
    pub(super) cnonce: Vec<u8>,
    /// Nonce and count.
    pub(super) used: String,
    pub(super) verified_at: u64,
    pub(super) expires_at: u64,
}

impl Verified {
    /// What must not be seen a second time: user, nonce and count.
    #[must_use]
    pub fn replay_key(&self) -> ReplayKey<'_> {
        ReplayKey::new("digest", &self.username, &self.used, self.verified_at)
    }

    /// Until when it must be remembered, in seconds since the Unix epoch: then the nonce expires.
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// The `Authentication-Info` of the reply, which proves that the server knows the password too (RFC 7616 section 3.5).
    /// With [`Qop::AuthInt`] it covers the reply's body.
    ///
    /// # Errors
    /// None that the caller can cause: what goes into the header came out of one.
    pub fn authentication_info(&self, body: &[u8]) -> Result<HeaderValue> {
        let body = (self.qop == Qop::AuthInt).then_some(body);
        let (a2, _) = a2(self.function, "", &self.uri, body, false);
        let between = between(&self.cnonce, self.qop.as_str());
        let (proof, _) = response(&self.prefix, Some((self.nc.as_bytes(), &between)), &a2, None);
        let mut value = format!("qop={}, nc={}, cnonce=", self.qop, self.nc).into_bytes();
        push_quoted(&mut value, &self.cnonce);
        value.extend_from_slice(b", rspauth=");
        push_quoted(&mut value, proof.as_bytes());
        header_value(value)
    }
}

pub(super) fn header_value(value: Vec<u8>) -> Result<HeaderValue> {
    HeaderValue::from_maybe_shared(bytes::Bytes::from(value))
        .map_err(|err| Error::new(ErrorKind::InvalidRequest, "not a header value").with_source(err))
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("username", &self.username)
            .field("qop", &self.qop)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
