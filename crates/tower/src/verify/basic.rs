use std::fmt;
use std::future::Future;

use countersign::basic::verify::{Claim, Verifier};
use countersign::scheme::verify::Refusal;
use countersign::{Context, Payload};
use http::request::Parts;

use super::{Looking, Verify};
use crate::BoxError;

/// A user name and password with every request (RFC 7617): over TLS only.
///
/// What is looked up is whatever you know of a user whose password is right; it lands in the request's extensions.
///
/// ```
/// use countersign::basic::verify::{Claim, Verifier};
/// use countersign_tower::verify::{Basic, VerifyLayer};
///
/// #[derive(Clone)]
/// struct User(String);
///
/// let users = Basic::new(Verifier::new("WallyWorld")?, |claim: Claim| async move {
///     // Your database, and its password hash: let an unknown name cost as much as a wrong password.
///     let is_right = claim.id() == "Aladdin" && *claim.password() == "open sesame".into();
///     Ok(is_right.then(|| User(claim.id().to_owned())))
/// });
/// let layer = VerifyLayer::new(users);
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Basic<F> {
    verifier: Verifier,
    check: F,
}

impl<F, T, Checking> Basic<F>
where
    F: Fn(Claim) -> Checking + Send + Sync + 'static,
    Checking: Future<Output = Result<Option<T>, BoxError>> + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Asks `check` who it is; `None` for an unknown user or a wrong password.
    #[must_use]
    pub const fn new(verifier: Verifier, check: F) -> Self {
        Self { verifier, check }
    }
}

impl<F, T, Checking> Verify for Basic<F>
where
    F: Fn(Claim) -> Checking + Send + Sync + 'static,
    Checking: Future<Output = Result<Option<T>, BoxError>> + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    type Key = T;
    type Verified = T;

    fn find(&self, parts: &Parts, _: &Payload, _: &Context) -> Result<Looking<T>, Refusal> {
        Ok(Box::pin((self.check)(self.verifier.read(parts)?)))
    }

    fn verify(&self, _: &Parts, _: &Payload, user: Option<&T>, _: &Context) -> Result<T, Refusal> {
        user.cloned().ok_or_else(|| self.verifier.refusal(None))
    }
}

impl<F> fmt::Debug for Basic<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Basic").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
