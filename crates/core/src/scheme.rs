use std::fmt;
use std::sync::Arc;

use http::request::Parts;

use crate::{Context, Dialogue, Payload, Result, Signed};

/// An authentication scheme with its credentials: one a config, shared by all requests and threads.
pub trait Scheme: fmt::Debug + Send + Sync + 'static {
    /// Computes what authenticates this request. Changes nothing, so nothing can be half-written.
    ///
    /// # Errors
    /// When the request, the config or the randomness does not allow it, and
    /// [`NeedsExchange`](crate::ErrorKind::NeedsExchange) when the scheme needs the server's word first.
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed>;

    /// A new conversation, for one request. One-message schemes return [`Once::boxed`](crate::Once::boxed).
    fn dialogue(self: Arc<Self>) -> Box<dyn Dialogue>;

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
