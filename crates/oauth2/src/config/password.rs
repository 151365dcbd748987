use countersign_core::Secret;

use super::{Client, TokenEndpoint};

/// The user's password (RFC 6749 section 4.3). For old servers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Password {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where the password is sent.
    pub token: TokenEndpoint,
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: Secret,
}

impl Password {
    /// For a public client.
    #[must_use]
    pub fn new(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        username: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Self {
        Self {
            client: Client::new(client_id),
            token: TokenEndpoint::new(access_token_url),
            username: username.into(),
            password: password.into(),
        }
    }
}
