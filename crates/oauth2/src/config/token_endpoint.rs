use std::fmt;

use countersign_core::Secret;

/// The token endpoint, and how the client proves itself there: what all grants but implicit share.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenEndpoint {
    /// Its URL: `https`, or on loopback, unless [`Client::allow_insecure`](crate::Client::allow_insecure).
    pub access_token_url: String,
    /// How the client authenticates itself.
    pub client_authentication: ClientAuthentication,
    /// Binds tokens to a key (DPoP, RFC 9449): a stolen token is then of no use. Needs the feature `jwt`.
    pub dpop: Option<DpopKey>,
    /// A refresh token that is at hand: all that the refresh grant has; the other grants use it before anything else.
    pub refresh_token: Option<Secret>,
    /// Further parameters of each token request.
    pub token_request_params: Vec<(String, Secret)>,
}

/// How a client authenticates itself (RFC 6749 section 2.3, RFC 7523 section 2.2), with what it takes.
///
/// In JSON the field `client_authentication` names the method (`header`, `body`, `client_secret_jwt`, `private_key_jwt` or
/// `none`) and stands beside `client_secret`, `private_key` and `key_id`. Left out, it is `header`; without a `client_secret` it is
/// `none`, except for client credentials, which need a secret.
#[derive(Clone, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// Not at all: a public client, which sends only its id, in the body.
    #[default]
    None,
    /// HTTP Basic with this secret; id and secret are percent-encoded first.
    Header(Secret),
    /// Id and secret in the body.
    Body(Secret),
    /// A JWT under this secret (HS256).
    ClientSecretJwt(Secret),
    /// A JWT under the client's private key (ES256). Needs the feature `jwt`.
    PrivateKeyJwt {
        /// The key, of the curve P-256: PEM in PKCS#8, not encrypted.
        private_key: Secret,
        /// The key's id (`kid`), where the server wants it.
        key_id: Option<String>,
    },
}

/// The key that tokens are bound to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum DpopKey {
    /// Drawn when it is first needed. Tokens do not outlive the process then: with a token store, give a key.
    #[default]
    Drawn,
    /// This one, of the curve P-256: PEM in PKCS#8, not encrypted.
    Given(Secret),
}

impl TokenEndpoint {
    /// This token endpoint, for a public client.
    #[must_use]
    pub fn new(access_token_url: impl Into<String>) -> Self {
        Self {
            access_token_url: access_token_url.into(),
            client_authentication: ClientAuthentication::None,
            dpop: None,
            refresh_token: None,
            token_request_params: Vec::new(),
        }
    }
}

impl ClientAuthentication {
    /// The method's name, as JSON has it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Header(_) => "header",
            Self::Body(_) => "body",
            Self::ClientSecretJwt(_) => "client_secret_jwt",
            Self::PrivateKeyJwt { .. } => "private_key_jwt",
        }
    }
}

/// Shows the method.
impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
