use countersign_core::Secret;

use super::{Client, Consent, TokenEndpoint};

/// Authorization code with PKCE (RFC 6749 section 4.1, RFC 7636): a person in a browser.
///
/// ```
/// use countersign_oauth2::{AuthorizationCode, Config};
///
/// let mut grant = AuthorizationCode::new("https://as/auth", "https://as/token", "app", "http://127.0.0.1/callback");
/// grant.client.scope = Some("openid offline_access".to_owned());
/// let config = Config::of(grant);
/// # let _ = config;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthorizationCode {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where the code is redeemed.
    pub token: TokenEndpoint,
    /// Where the person is asked.
    pub consent: Consent,
    /// The endpoint of pushed authorization requests (RFC 9126): given, the parameters go there first.
    pub par_url: Option<String>,
    /// PKCE's method.
    pub code_challenge_method: CodeChallengeMethod,
    /// PKCE's verifier, in place of a drawn one: 43 to 128 of `A-Z a-z 0-9 - . _ ~`.
    pub code_verifier: Option<Secret>,
}

/// PKCE's methods (RFC 7636 section 4.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum CodeChallengeMethod {
    /// The verifier's SHA-256.
    #[default]
    S256,
    /// The verifier itself: only for servers that know no other.
    #[cfg_attr(feature = "serde", serde(rename = "plain"))]
    Plain,
}

impl AuthorizationCode {
    /// For a public client. Set [`TokenEndpoint::client_authentication`] for one that has a secret or a key.
    #[must_use]
    pub fn new(
        auth_url: impl Into<String>,
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        callback_url: impl Into<String>,
    ) -> Self {
        Self {
            client: Client::new(client_id),
            token: TokenEndpoint::new(access_token_url),
            consent: Consent::new(auth_url, callback_url),
            par_url: None,
            code_challenge_method: CodeChallengeMethod::S256,
            code_verifier: None,
        }
    }
}
