use countersign_core::{Context, Payload, Reply, Result, Secret};
use http::Request;

use super::introspection::about_token;
use super::reply::success;
use crate::config::{Grant, endpoint};

/// Asks a server to forget a token (RFC 7009 section 2.1); the reply goes to [`revoked`]. `hint` is `access_token` or
/// `refresh_token`.
///
/// # Errors
/// [`InvalidConfig`](countersign_core::ErrorKind::InvalidConfig) when `revocation_url` may not be used.
pub fn revocation_request(
    grant: &Grant,
    revocation_url: &str,
    token: &Secret,
    hint: Option<&str>,
    ctx: &Context,
) -> Result<Request<Payload>> {
    about_token(grant, endpoint("revocation_url", revocation_url, grant.client())?, token, hint, ctx)
}

/// Reads the reply to [`revocation_request`], received now. Any success is one, whatever its body: a server need not have known the
/// token (RFC 7009 section 2.2).
///
/// # Errors
/// [`TokenRequestFailed`](countersign_core::ErrorKind::TokenRequestFailed) when the server refuses.
pub fn revoked<'a>(reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<()> {
    let reply = reply.into();
    if reply.status.is_success() { Ok(()) } else { success(reply, ctx).map(|_| ()) }
}
