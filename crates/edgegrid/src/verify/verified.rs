use countersign_core::replay::ReplayKey;

/// A request that was checked: who signed it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The client.
    pub client_token: String,
    /// Its access token.
    pub access_token: String,
    /// Whether the whole body is signed: that of a POST, when it is no longer than
    /// [`Verifier::with_max_body`](super::Verifier::with_max_body) says.
    pub payload_is_signed: bool,
    pub(super) nonce: String,
    pub(super) seen_at: u64,
    pub(super) expires_at: u64,
}

impl Verified {
    /// What a [`NonceStore`](countersign_core::replay::NonceStore) must not have seen.
    #[must_use]
    pub fn replay_key(&self) -> ReplayKey<'_> {
        ReplayKey::new("edgegrid", &self.client_token, &self.nonce, self.seen_at)
    }

    /// How long that must be remembered: until this time, in seconds since the Unix epoch.
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }
}
