use super::{Client, ClientAuthentication, TokenEndpoint};

/// The client's own credentials (RFC 6749 section 4.4): a service, without a person.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientCredentials {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where it proves itself, and how.
    pub token: TokenEndpoint,
}

impl ClientCredentials {
    /// A client that proves itself so.
    #[must_use]
    pub fn new(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        client_authentication: ClientAuthentication,
    ) -> Self {
        let token = TokenEndpoint { client_authentication, ..TokenEndpoint::new(access_token_url) };
        Self { client: Client::new(client_id), token }
    }
}
