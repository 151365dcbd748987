use countersign_core::Secret;

use super::{Client, TokenEndpoint};

/// Token exchange (RFC 8693): one token for another.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenExchange {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where tokens are exchanged.
    pub token: TokenEndpoint,
    /// The token of whom the new one is to speak for.
    pub subject_token: Secret,
    /// Its type: `urn:ietf:params:oauth:token-type:access_token` unless set.
    pub subject_token_type: Option<String>,
    /// The token of who is to act, if that is somebody else.
    pub actor: Option<ActorToken>,
    /// The type of the token that is wanted.
    pub requested_token_type: Option<String>,
}

/// The token of who acts for the subject (RFC 8693 section 2.1).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActorToken {
    /// The token. In JSON `actor_token`.
    pub token: Secret,
    /// Its type, which an actor token needs. In JSON `actor_token_type`.
    pub token_type: String,
}

impl TokenExchange {
    /// For a public client.
    #[must_use]
    pub fn new(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        subject_token: impl Into<Secret>,
    ) -> Self {
        Self {
            client: Client::new(client_id),
            token: TokenEndpoint::new(access_token_url),
            subject_token: subject_token.into(),
            subject_token_type: None,
            actor: None,
            requested_token_type: None,
        }
    }
}

impl ActorToken {
    /// A token of this type.
    #[must_use]
    pub fn new(token: impl Into<Secret>, token_type: impl Into<String>) -> Self {
        Self { token: token.into(), token_type: token_type.into() }
    }
}
