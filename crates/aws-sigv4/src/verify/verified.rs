use std::fmt;

use countersign_core::Secret;
use countersign_core::replay::ReplayKey;

use super::Claim;

/// A request that was checked: who signed it, and for what.
#[derive(Clone)]
#[non_exhaustive]
pub struct Verified {
    /// The access key id.
    pub access_key_id: String,
    /// The region of the credential scope.
    pub region: String,
    /// The service of the credential scope, by its signing name.
    pub service: String,
    /// When it was signed, in seconds since the Unix epoch. Its day is the credential scope's.
    pub signed_at: u64,
    /// Whether the signature was in the query.
    pub is_presigned: bool,
    /// The session token of temporary credentials: whoever issued them says whether it goes with the key, and has not expired.
    pub session_token: Option<Secret>,
    /// Whether the session token is signed, so that it came from whoever signed the request.
    pub session_token_is_signed: bool,
    /// The headers that are signed, in lower case, sorted.
    pub signed_headers: Vec<String>,
    /// What is signed of the body: 64 hex digits that a body at hand was seen to have, or a marker such as `UNSIGNED-PAYLOAD`. A
    /// marker for signed chunks is yours to follow up.
    pub payload_hash: String,
    /// The signature, which a chain of signed chunks begins with.
    pub signature: String,
    seen_at: u64,
    expires_at: u64,
}

impl Verified {
    pub(super) fn new(
        claim: &Claim<'_>,
        signed_headers: Vec<String>,
        payload_hash: String,
        (seen_at, expires_at): (u64, u64),
    ) -> Self {
        // A presigned URL's token is a parameter of the query that is signed.
        let is_listed = claim.is_presigned() || signed_headers.iter().any(|name| name == "x-amz-security-token");
        Self {
            access_key_id: claim.id().to_owned(),
            region: claim.region().to_owned(),
            service: claim.service().to_owned(),
            signed_at: claim.time,
            is_presigned: claim.is_presigned(),
            session_token: claim.session_token().map(Secret::from),
            session_token_is_signed: claim.session_token().is_some() && is_listed,
            signed_headers,
            payload_hash,
            signature: claim.signature.clone().into_owned(),
            seen_at,
            expires_at,
        }
    }

    /// What is unique about this request: its signature. For a [`NonceStore`](countersign_core::replay::NonceStore), where a request may
    /// count only once. A presigned URL is made to be used more than once.
    #[must_use]
    pub fn replay_key(&self) -> ReplayKey<'_> {
        ReplayKey::new("aws-sigv4", &self.access_key_id, &self.signature, self.seen_at)
    }

    /// Until when the request counts, in seconds since the Unix epoch.
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }
}

/// Without signature and token: together with the rest they are a credential.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("service", &self.service)
            .field("signed_at", &self.signed_at)
            .field("is_presigned", &self.is_presigned)
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}
