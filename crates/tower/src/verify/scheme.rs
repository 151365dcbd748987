use std::future::Future;
use std::pin::Pin;

use countersign::scheme::replay::ReplayKey;
use countersign::scheme::verify::Refusal;
use countersign::{Context, Error, Payload};
use http::header::{HeaderName, HeaderValue};
use http::{request, response};

use crate::BoxError;

/// A key that is being looked up; `None` where nobody has the name.
pub type Looking<K> = Pin<Box<dyn Future<Output = Result<Option<K>, BoxError>> + Send>>;

/// What a [`VerifyLayer`](super::VerifyLayer) asks of a scheme. The schemes of this module implement it; so may one of your own.
///
/// The layer calls [`Verify::find`], waits for the key, and calls [`Verify::verify`]. Both see [`Payload::Streaming`] at first. The
/// one that says [`PayloadRequired`](countersign::ErrorKind::PayloadRequired) is called again with the whole body: no body is
/// collected that the scheme does not cover.
pub trait Verify: Send + Sync + 'static {
    /// What a request is checked with.
    type Key: Send + Sync + 'static;
    /// Who it was: lands in the request's extensions.
    type Verified: Clone + Send + Sync + 'static;

    /// Reads who a request says that it is from, and begins to look up their key.
    ///
    /// # Errors
    /// A [`Refusal`] when there are no credentials, or none that can be read.
    fn find(&self, parts: &request::Parts, payload: &Payload, ctx: &Context) -> Result<Looking<Self::Key>, Refusal>;

    /// Checks the request with the key that was found. The parts are those that [`Verify::find`] saw.
    ///
    /// # Errors
    /// A [`Refusal`].
    fn verify(
        &self,
        parts: &request::Parts,
        payload: &Payload,
        key: Option<&Self::Key>,
        ctx: &Context,
    ) -> Result<Self::Verified, Refusal>;

    /// What must not be seen a second time, and until when that must be remembered; `None` where every request may be repeated.
    fn replay_key<'a>(&self, verified: &'a Self::Verified) -> Option<(ReplayKey<'a>, u64)> {
        let _ = verified;
        None
    }

    /// What to answer when the nonce store refused.
    fn refusal(&self, error: Error, ctx: &Context) -> Refusal {
        let _ = ctx;
        error.into()
    }

    /// Whether replies are proved, and what the proof covers.
    fn proof(&self, verified: &Self::Verified) -> Proof {
        let _ = verified;
        Proof::None
    }

    /// The header that proves the reply. The body is empty unless [`Verify::proof`] said [`Proof::OverBody`].
    ///
    /// # Errors
    /// When there can be none.
    fn prove(
        &self,
        verified: &Self::Verified,
        reply: &response::Parts,
        body: &[u8],
    ) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
        let _ = (verified, reply, body);
        Ok(None)
    }
}

/// What the server's own proof covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// There is none.
    None,
    /// Not the reply's body.
    WithoutBody,
    /// The reply's body, which is collected for it.
    OverBody,
}
