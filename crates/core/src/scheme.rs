use std::fmt;
use std::sync::Arc;

use http::Request;
use http::request::Parts;

use crate::{Context, Dialogue, Payload, Result, Signed};

/// An authentication scheme with its credentials. Create one per config; share it between requests and threads.
pub trait Scheme: fmt::Debug + Send + Sync + 'static {
    /// Computes what authenticates this request. Changes nothing, so nothing can be half-written.
    ///
    /// # Errors
    /// When the request, the config or the randomness does not allow it, and
    /// [`NeedsExchange`](crate::ErrorKind::NeedsExchange) when the scheme needs the server's word first.
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed>;

    /// A new conversation, which owns its request. Schemes of one message return [`Once::boxed`](crate::Once::boxed).
    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue>;

    /// Computes and applies. After an error the request is as it was.
    ///
    /// # Errors
    /// As [`Scheme::compute`].
    fn sign(&self, parts: &mut Parts, payload: &mut Payload, ctx: &Context) -> Result<Signed> {
        let signed = self.compute(parts, payload, ctx)?;
        signed.apply(parts, payload);
        Ok(signed)
    }
}
