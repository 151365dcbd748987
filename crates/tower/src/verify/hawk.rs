use std::fmt;
use std::future::Future;

use countersign::hawk::verify::{Credentials, Verified, Verifier};
use countersign::scheme::replay::ReplayKey;
use countersign::scheme::verify::Refusal;
use countersign::{Context, Error, Payload};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{request, response};

use super::{Looking, Proof, Verify};
use crate::BoxError;

/// Hawk. A request's body is collected where its hash is signed; which requests must sign it, the verifier says.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign::hawk::verify::{Credentials, Verifier};
/// use countersign::scheme::replay::MemoryNonceStore;
/// use countersign_tower::verify::{Hawk, VerifyLayer};
///
/// let hawk = Hawk::new(Verifier::new().with_payload_hash(), |id: String| async move {
///     // Your database.
///     Ok((id == "dh37fgj492je").then(|| Credentials::new("werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn")))
/// });
/// let layer = VerifyLayer::new(hawk.with_server_authorization()).with_nonce_store(Arc::new(MemoryNonceStore::default()));
/// ```
pub struct Hawk<F> {
    verifier: Verifier,
    find: F,
    proves: bool,
}

impl<F, Finding> Hawk<F>
where
    F: Fn(String) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Credentials>, BoxError>> + Send + 'static,
{
    /// Looks up the key of an id by `find`.
    #[must_use]
    pub const fn new(verifier: Verifier, find: F) -> Self {
        Self { verifier, find, proves: false }
    }

    /// Proves replies by `Server-Authorization`. It covers their body, which is collected for it, up to the layer's limit.
    #[must_use]
    pub const fn with_server_authorization(mut self) -> Self {
        self.proves = true;
        self
    }
}

impl<F, Finding> Verify for Hawk<F>
where
    F: Fn(String) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Credentials>, BoxError>> + Send + 'static,
{
    type Key = Credentials;
    type Verified = Verified;

    fn find(&self, parts: &request::Parts, _: &Payload, _: &Context) -> Result<Looking<Credentials>, Refusal> {
        Ok(Box::pin((self.find)(self.verifier.read(parts)?.id().to_owned())))
    }

    fn verify(
        &self,
        parts: &request::Parts,
        payload: &Payload,
        key: Option<&Credentials>,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        self.verifier.verify(self.verifier.read(parts)?, key, payload, ctx)
    }

    fn replay_key<'a>(&self, verified: &'a Verified) -> Option<(ReplayKey<'a>, u64)> {
        Some((verified.replay_key(), verified.expires_at()))
    }

    fn refusal(&self, error: Error, _: &Context) -> Refusal {
        Refusal::new(error).with_challenges([HeaderValue::from_static("Hawk")])
    }

    fn proof(&self, _: &Verified) -> Proof {
        if self.proves { Proof::OverBody } else { Proof::None }
    }

    fn prove(
        &self,
        verified: &Verified,
        reply: &response::Parts,
        body: &[u8],
    ) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
        let content_type = reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let value = verified.server_authorization(content_type, body, "")?;
        Ok(Some((HeaderName::from_static("server-authorization"), value)))
    }
}

impl<F> fmt::Debug for Hawk<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hawk").field("verifier", &self.verifier).field("proves", &self.proves).finish_non_exhaustive()
    }
}
