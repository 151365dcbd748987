/// The client, and what it asks for: what all grants share.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Client {
    /// The client's id.
    pub client_id: String,
    /// The scopes, separated by spaces.
    pub scope: Option<String>,
    /// The resources that the token is for (RFC 8707): absolute URIs. In JSON a single text, or a list.
    pub resource: Vec<String>,
    /// The audience that the token is for, where a server asks for it.
    pub audience: Option<String>,
    /// The authorization server's issuer, if it is known: a callback's `iss` must be it (RFC 9207).
    pub issuer: Option<String>,
    /// The token's name, where several are kept for one configuration: one per user, say.
    pub token_name: Option<String>,
    /// Accepts endpoints of plain `http` that are not on loopback.
    pub allow_insecure: bool,
}

impl Client {
    /// A client of this id, which asks for nothing in particular.
    #[must_use]
    pub fn new(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), ..Self::default() }
    }
}
