use std::fmt;
use std::future::Future;

use countersign::digest::verify::{Account, Verified, Verifier};
use countersign::digest::{Algorithm, Qop};
use countersign::scheme::replay::ReplayKey;
use countersign::scheme::verify::Refusal;
use countersign::{Context, Error, Payload};
use http::header::{HeaderName, HeaderValue};
use http::{request, response};

use super::{Looking, Proof, Verify};
use crate::BoxError;

/// Digest (RFC 7616). A request's body is collected where the client answers with `auth-int`; replies have an `Authentication-Info`,
/// which covers their body then too.
///
/// Without a nonce store, an answer that somebody overheard can be sent again for as long as its nonce lasts.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign::digest::verify::{Account, MemoryNonceStore, Verifier};
/// use countersign_tower::verify::{Digest, DigestUser, VerifyLayer};
///
/// // A secret key of your own, which all instances of the service share.
/// let verifier = Verifier::new("users@example.org", &[7; 32])?;
/// let digest = Digest::new(verifier, |user: DigestUser| async move {
///     // Your database.
///     Ok((user.name == "Mufasa").then(|| Account::new("Mufasa", "Circle of Life")))
/// });
/// let layer = VerifyLayer::new(digest).with_nonce_store(Arc::new(MemoryNonceStore::default()));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Digest<F> {
    verifier: Verifier,
    find: F,
}

/// Who answers a challenge of Digest, and in which form.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DigestUser {
    /// The user's name, or its [`userhash`](Verifier::userhash).
    pub name: String,
    /// Whether it is the hash.
    pub is_hashed: bool,
    /// The algorithm of the answer, and of the hash.
    pub algorithm: Algorithm,
}

impl<F, Finding> Digest<F>
where
    F: Fn(DigestUser) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Account>, BoxError>> + Send + 'static,
{
    /// Looks up the account of a user by `find`.
    #[must_use]
    pub const fn new(verifier: Verifier, find: F) -> Self {
        Self { verifier, find }
    }
}

impl<F, Finding> Verify for Digest<F>
where
    F: Fn(DigestUser) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Account>, BoxError>> + Send + 'static,
{
    type Key = Account;
    type Verified = Verified;

    fn find(&self, parts: &request::Parts, _: &Payload, ctx: &Context) -> Result<Looking<Account>, Refusal> {
        let claim = self.verifier.read(parts, ctx)?;
        let user =
            DigestUser { name: claim.id().to_owned(), is_hashed: claim.is_hashed(), algorithm: claim.algorithm() };
        Ok(Box::pin((self.find)(user)))
    }

    fn verify(
        &self,
        parts: &request::Parts,
        payload: &Payload,
        account: Option<&Account>,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        self.verifier.verify(self.verifier.read(parts, ctx)?, account, payload, ctx)
    }

    fn replay_key<'a>(&self, verified: &'a Verified) -> Option<(ReplayKey<'a>, u64)> {
        Some((verified.replay_key(), verified.expires_at()))
    }

    fn refusal(&self, error: Error, ctx: &Context) -> Refusal {
        self.verifier.refusal(error, ctx)
    }

    fn proof(&self, verified: &Verified) -> Proof {
        if verified.qop == Qop::AuthInt { Proof::OverBody } else { Proof::WithoutBody }
    }

    fn prove(
        &self,
        verified: &Verified,
        _: &response::Parts,
        body: &[u8],
    ) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
        Ok(Some((HeaderName::from_static("authentication-info"), verified.authentication_info(body)?)))
    }
}

impl<F> fmt::Debug for Digest<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
