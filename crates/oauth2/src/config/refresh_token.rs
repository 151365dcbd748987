use countersign_core::Secret;

use super::{Client, TokenEndpoint};

/// A refresh token that was got elsewhere (RFC 6749 section 6). It stands in [`TokenEndpoint::refresh_token`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RefreshToken {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where the token is refreshed, and the token.
    pub token: TokenEndpoint,
}

impl RefreshToken {
    /// For a public client.
    #[must_use]
    pub fn new(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        refresh_token: impl Into<Secret>,
    ) -> Self {
        let token = TokenEndpoint { refresh_token: Some(refresh_token.into()), ..TokenEndpoint::new(access_token_url) };
        Self { client: Client::new(client_id), token }
    }
}
