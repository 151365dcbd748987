use std::fmt;
use std::future::Future;

use countersign::oauth1::SignatureMethod;
use countersign::oauth1::verify::{Keys, Verified, Verifier};
use countersign::scheme::replay::ReplayKey;
use countersign::scheme::verify::Refusal;
use countersign::{Context, Error, Payload};
use http::request::Parts;

use super::{Looking, Verify};
use crate::BoxError;

/// OAuth 1 (RFC 5849). A request's body is collected where it is a form, whose parameters are signed, or where its hash is signed.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign::oauth1::verify::{Keys, Verifier};
/// use countersign::scheme::replay::MemoryNonceStore;
/// use countersign_tower::verify::{Consumer, OAuth1, VerifyLayer};
///
/// let oauth1 = OAuth1::new(Verifier::new(), |consumer: Consumer| async move {
///     // Your database: `None` where the consumer is unknown, or the token is, or is another consumer's.
///     let is_known = consumer.key == "dpf43f3p2l4k3l03" && consumer.token.is_none();
///     Ok(is_known.then(|| Keys::new("kd94hf93k423kf44")))
/// });
/// let layer = VerifyLayer::new(oauth1).with_nonce_store(Arc::new(MemoryNonceStore::default()));
/// ```
pub struct OAuth1<F> {
    verifier: Verifier,
    find: F,
}

/// Who a request says that it is from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Consumer {
    /// The consumer key.
    pub key: String,
    /// The token, where there is one: it must be known, and be this consumer's.
    pub token: Option<String>,
    /// How it is signed.
    pub signature_method: SignatureMethod,
}

impl<F, Finding> OAuth1<F>
where
    F: Fn(Consumer) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Keys>, BoxError>> + Send + 'static,
{
    /// Looks up the keys of a consumer and its token by `find`.
    #[must_use]
    pub const fn new(verifier: Verifier, find: F) -> Self {
        Self { verifier, find }
    }
}

impl<F, Finding> Verify for OAuth1<F>
where
    F: Fn(Consumer) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Keys>, BoxError>> + Send + 'static,
{
    type Key = Keys;
    type Verified = Verified;

    fn find(&self, parts: &Parts, payload: &Payload, _: &Context) -> Result<Looking<Keys>, Refusal> {
        let claim = self.verifier.read(parts, payload)?;
        Ok(Box::pin((self.find)(Consumer {
            key: claim.id().to_owned(),
            token: claim.token().map(str::to_owned),
            signature_method: claim.signature_method().clone(),
        })))
    }

    fn verify(
        &self,
        parts: &Parts,
        payload: &Payload,
        keys: Option<&Keys>,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        self.verifier.verify(self.verifier.read(parts, payload)?, keys, payload, ctx)
    }

    fn replay_key<'a>(&self, verified: &'a Verified) -> Option<(ReplayKey<'a>, u64)> {
        Some((verified.replay_key(), verified.expires_at()))
    }

    fn refusal(&self, error: Error, _: &Context) -> Refusal {
        self.verifier.refusal(error)
    }
}

impl<F> fmt::Debug for OAuth1<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth1").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
