//! What a signer and its conversations share.

use std::fmt;

use countersign_core::challenge::Side;
use countersign_core::{Context, Payload, Result, Secret, Signed};
use http::request::Parts;

use crate::challenge::Accepted;
use crate::memory::{Both, Drawn, Sessions};

/// One user of any number of servers.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) credentials: Credentials,
    pub(crate) accepted: Accepted,
    pub(crate) disable_retry: bool,
    pub(crate) sessions: Sessions,
}

/// Whose password, and the client nonce where the config sets one.
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Secret,
    pub(crate) client_nonce: Option<String>,
}

impl Client {
    /// Answers the proxy and the server.
    pub(crate) fn answer(
        &self,
        drawn: &Both<Drawn>,
        parts: &Parts,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Signed> {
        let mut signed = Signed::default();
        for (side, drawn) in [Side::Proxy, Side::Server].into_iter().zip(drawn) {
            let Some(Drawn { session, nc, .. }) = drawn else { continue };
            let answer = session.answer(*nc, parts, payload, ctx.is_explaining())?;
            signed = signed.with_header(side.answers_in(), answer.value);
            if let Some(text) = answer.canonical_request {
                signed = signed.with_canonical_request(text);
            }
            if let Some(text) = answer.string_to_sign {
                signed = signed.with_string_to_sign(text);
            }
        }
        Ok(signed)
    }
}

impl Credentials {
    /// The config's, else the context's, into `buf`.
    pub(crate) fn cnonce<'a>(&'a self, ctx: &'a Context, buf: &'a mut [u8; 32]) -> Result<&'a [u8]> {
        match &self.client_nonce {
            Some(nonce) => Ok(nonce.as_bytes()),
            None => Ok(ctx.nonce_in(buf)?.as_bytes()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}
