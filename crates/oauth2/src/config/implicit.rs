use super::{Client, Consent};

/// Implicit (RFC 6749 section 4.2): the token comes in the callback's fragment. For old servers: it can be neither refreshed nor
/// bound to anything.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Implicit {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where the person is asked.
    pub consent: Consent,
}

impl Implicit {
    /// Asks at `auth_url`, and comes back to `callback_url`.
    #[must_use]
    pub fn new(auth_url: impl Into<String>, client_id: impl Into<String>, callback_url: impl Into<String>) -> Self {
        Self { client: Client::new(client_id), consent: Consent::new(auth_url, callback_url) }
    }
}
