use countersign_core::Secret;

use super::{Client, TokenEndpoint};

/// JWT bearer (RFC 7523 section 2.1): an assertion for a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JwtBearer {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where the assertion is sent.
    pub token: TokenEndpoint,
    /// The assertion: a signed JWT.
    pub assertion: Secret,
}

impl JwtBearer {
    /// For a public client.
    #[must_use]
    pub fn new(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        assertion: impl Into<Secret>,
    ) -> Self {
        Self {
            client: Client::new(client_id),
            token: TokenEndpoint::new(access_token_url),
            assertion: assertion.into(),
        }
    }
}
