use std::fmt;
use std::future::Future;

use countersign::edgegrid::verify::{Verified, Verifier};
use countersign::scheme::replay::ReplayKey;
use countersign::scheme::verify::Refusal;
use countersign::{Context, Payload, Secret};
use http::request::Parts;

use super::{Looking, Verify};
use crate::BoxError;

/// Akamai EdgeGrid. The body of a POST is collected, since its hash is signed.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign::Secret;
/// use countersign::edgegrid::verify::Verifier;
/// use countersign::scheme::replay::MemoryNonceStore;
/// use countersign_tower::verify::{EdgeGrid, EdgeGridClient, VerifyLayer};
///
/// let edgegrid = EdgeGrid::new(Verifier::new(), |client: EdgeGridClient| async move {
///     // Your database: `None` where a token is unknown, or they are not one client's.
///     let is_known = client.client_token == "client" && client.access_token == "access";
///     Ok(is_known.then(|| Secret::from("the client secret=")))
/// });
/// let layer = VerifyLayer::new(edgegrid).with_nonce_store(Arc::new(MemoryNonceStore::default()));
/// ```
pub struct EdgeGrid<F> {
    verifier: Verifier,
    find: F,
}

/// Who a request says that it is from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EdgeGridClient {
    /// The client's token.
    pub client_token: String,
    /// The access token, which must be this client's.
    pub access_token: String,
}

impl<F, Finding> EdgeGrid<F>
where
    F: Fn(EdgeGridClient) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Secret>, BoxError>> + Send + 'static,
{
    /// Looks up the secret of a client by `find`.
    #[must_use]
    pub const fn new(verifier: Verifier, find: F) -> Self {
        Self { verifier, find }
    }
}

impl<F, Finding> Verify for EdgeGrid<F>
where
    F: Fn(EdgeGridClient) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Secret>, BoxError>> + Send + 'static,
{
    type Key = Secret;
    type Verified = Verified;

    fn find(&self, parts: &Parts, _: &Payload, _: &Context) -> Result<Looking<Secret>, Refusal> {
        let claim = self.verifier.read(parts)?;
        Ok(Box::pin((self.find)(EdgeGridClient {
            client_token: claim.id().to_owned(),
            access_token: claim.access_token().to_owned(),
        })))
    }

    fn verify(
        &self,
        parts: &Parts,
        payload: &Payload,
        secret: Option<&Secret>,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        self.verifier.verify(self.verifier.read(parts)?, secret, payload, ctx)
    }

    fn replay_key<'a>(&self, verified: &'a Verified) -> Option<(ReplayKey<'a>, u64)> {
        Some((verified.replay_key(), verified.expires_at()))
    }
}

impl<F> fmt::Debug for EdgeGrid<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeGrid").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
