use std::fmt;
use std::future::Future;

use countersign::aws_sigv4::verify::{Verified, Verifier};
use countersign::scheme::replay::ReplayKey;
use countersign::scheme::verify::Refusal;
use countersign::{Context, Error, ErrorKind, Payload, Secret};
use http::request::Parts;

use super::{Looking, Verify};
use crate::BoxError;

/// AWS Signature V4, in the header or in the query. A request's body is collected where the signature covers its hash.
///
/// A nonce store makes each signature count once, but a client that signs the same request twice within a second signs it alike, and
/// the second is refused then. Presigned URLs are not remembered.
///
/// ```
/// use countersign::Secret;
/// use countersign::aws_sigv4::verify::Verifier;
/// use countersign_tower::verify::{AccessKey, AwsSigV4, VerifyLayer};
///
/// let sigv4 = AwsSigV4::new(Verifier::new().with_payload_hash(), |key: AccessKey| async move {
///     // Your database; and the scope must be yours.
///     let is_known = key.id == "AKIDEXAMPLE" && key.service == "things" && key.region == "eu-west-1";
///     Ok(is_known.then(|| Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")))
/// });
/// let layer = VerifyLayer::new(sigv4);
/// ```
pub struct AwsSigV4<F> {
    verifier: Verifier,
    find: F,
}

/// The key that a request says it is signed with, and for what.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AccessKey {
    /// The access key id.
    pub id: String,
    /// The region of the credential scope.
    pub region: String,
    /// The service of the credential scope, by its signing name.
    pub service: String,
    /// The session token of temporary credentials: that it goes with the key is yours to say.
    pub session_token: Option<Secret>,
}

impl<F, Finding> AwsSigV4<F>
where
    F: Fn(AccessKey) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Secret>, BoxError>> + Send + 'static,
{
    /// Looks up the secret access key by `find`.
    #[must_use]
    pub const fn new(verifier: Verifier, find: F) -> Self {
        Self { verifier, find }
    }
}

impl<F, Finding> Verify for AwsSigV4<F>
where
    F: Fn(AccessKey) -> Finding + Send + Sync + 'static,
    Finding: Future<Output = Result<Option<Secret>, BoxError>> + Send + 'static,
{
    type Key = Secret;
    type Verified = Verified;

    fn find(&self, parts: &Parts, _: &Payload, _: &Context) -> Result<Looking<Secret>, Refusal> {
        let claim = self.verifier.read(parts)?;
        Ok(Box::pin((self.find)(AccessKey {
            id: claim.id().to_owned(),
            region: claim.region().to_owned(),
            service: claim.service().to_owned(),
            session_token: claim.session_token().map(Secret::from),
        })))
    }

    fn verify(
        &self,
        parts: &Parts,
        payload: &Payload,
        secret: Option<&Secret>,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        let verified = self.verifier.verify(self.verifier.read(parts)?, secret, payload, ctx)?;
        // The signature is right for the hash that a header says; that the body has it, is to be seen.
        let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if payload.bytes().is_none() && is_hash(&verified.payload_hash) {
            return Err(
                Error::new(ErrorKind::PayloadRequired, "the body's hash is signed, and the body is streamed").into()
            );
        }
        Ok(verified)
    }

    fn replay_key<'a>(&self, verified: &'a Verified) -> Option<(ReplayKey<'a>, u64)> {
        (!verified.is_presigned).then(|| (verified.replay_key(), verified.expires_at()))
    }
}

impl<F> fmt::Debug for AwsSigV4<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSigV4").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
